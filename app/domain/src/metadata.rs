//! What a document says about itself beside its text: tags, aliases, dates, links, properties.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// What a document states about itself.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Metadata {
    /// Its tags without `#`, as written, each once; a nested one is `a/b`.
    pub tags: Vec<String>,
    /// Other names it goes by.
    pub aliases: Vec<String>,
    /// Its links and embeds, in the order of the text.
    pub links: Vec<Link>,
    /// When it says it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: Option<i64>,
    /// When it says it was last changed.
    pub modified_at_ms: Option<i64>,
    /// Everything else that it states, flattened: `a.b` for a value inside another.
    pub properties: Vec<Property>,
}

impl Metadata {
    /// Gives the date that the document states: when it was made, or else when it was changed.
    pub fn date_ms(&self) -> Option<i64> {
        self.created_at_ms.or(self.modified_at_ms)
    }

    /// Leaves each tag once, as it is first written; letters of either case are the same tag.
    pub fn unite_tags(&mut self) {
        let mut seen = HashSet::new();
        self.tags.retain(|tag| !tag.is_empty() && seen.insert(tag.to_lowercase()));
    }
}

/// One thing that a document states about itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// A link to another document, as written.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    /// The document's name or path as written; empty for a place in the same document.
    pub target: String,
    /// The headings named after `#`, joined by `#`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The block named after `#^`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// Whether the target is shown in place rather than only named.
    #[serde(default)]
    pub embed: bool,
    /// The words that stand in its place, if they are others than its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The line of the file, from 1, for text formats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Link {
    /// Takes the inside of `[[...]]` without its alias apart: `Note#Heading` or `Note#^block`.
    pub fn parse(written: &str) -> Self {
        let (target, place) = match written.split_once('#') {
            Some((target, place)) => (target.trim(), place.trim()),
            None => (written.trim(), ""),
        };
        let block = place.rsplit('#').next().and_then(|last| last.strip_prefix('^'));
        let heading = (block.is_none() && !place.is_empty()).then(|| place.to_owned());
        let block = block.map(str::to_owned);
        Self { target: target.to_owned(), heading, block, embed: false, text: None, line: None }
    }

    /// Gives the words that stand for the link if it has none of its own, as Obsidian does:
    /// `Note > Heading`.
    pub fn shown(&self) -> String {
        let place = self.heading.as_deref().into_iter().flat_map(|heading| heading.split('#'));
        let block = self.block.as_ref().map(|block| format!("^{block}"));
        let parts = [self.target.as_str()].into_iter().chain(place).chain(block.as_deref());
        let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
        parts.join(" > ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_taken_apart() {
        let check = |written: &str, expected: (&str, Option<&str>, Option<&str>), shown: &str| {
            let link = Link::parse(written);
            let found = (link.target.as_str(), link.heading.as_deref(), link.block.as_deref());
            assert_eq!(found, expected, "{written}");
            assert_eq!(link.shown(), shown);
        };
        check("Note", ("Note", None, None), "Note");
        check("a/Note#One#Two", ("a/Note", Some("One#Two"), None), "a/Note > One > Two");
        check("Note#^id-1", ("Note", None, Some("id-1")), "Note > ^id-1");
        check("#Here", ("", Some("Here"), None), "Here");
        check("", ("", None, None), "");
    }

    #[test]
    fn a_tag_is_there_once() {
        let tags = ["Work/Plan", "work/plan", "", "ä", "Ä"].map(str::to_owned).to_vec();
        let mut metadata = Metadata { tags, ..Metadata::default() };
        metadata.unite_tags();
        assert_eq!(metadata.tags, ["Work/Plan", "ä"]);
    }
}
