//! Targets: places in documents that links of the page open.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::{Span, TextVersion, url_part};

/// Which document, which page of it, and which passage there.
///
/// The parts are as a link has them: whoever opens it checks them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct DocumentTarget {
    /// The document's identifier.
    pub id: String,
    /// The page, from 1; the first if absent.
    pub page: Option<u32>,
    /// Where the passage begins, in code points.
    pub start: Option<usize>,
    /// Where it ends.
    pub end: Option<usize>,
    /// The version of the text that `start` and `end` count in.
    pub version: Option<TextVersion>,
    /// The words of the passage, by which it is found in another version.
    pub quote: Option<String>,
}

impl DocumentTarget {
    /// Reads a link: `/d/{id}?page=1&start=2&end=3&version=4&quote=words#quote`.
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("/d/")?.split('#').next()?;
        let (id, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut target = Self { id: id.to_owned(), ..Self::default() };
        for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
            let value = percent_decode_str(value).decode_utf8().ok()?;
            match name {
                "page" => target.page = value.parse().ok(),
                "start" => target.start = value.parse().ok(),
                "end" => target.end = value.parse().ok(),
                "version" => target.version = value.parse().ok(),
                "quote" => target.quote = Some(value.into_owned()),
                _ => {}
            }
        }
        Some(target)
    }

    /// Writes the link.
    pub fn url(&self) -> String {
        let parts = [
            ("page", self.page.map(|page| page.to_string())),
            ("start", self.start.map(|start| start.to_string())),
            ("end", self.end.map(|end| end.to_string())),
            ("version", self.version.as_ref().map(ToString::to_string)),
            ("quote", self.quote.as_deref().map(url_part)),
        ];
        let parts =
            parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        let query = parts.collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        let anchor = if self.span().is_some() { "#quote" } else { "" };
        format!("/d/{}{mark}{query}{anchor}", self.id)
    }

    /// Gives where the passage stood, if the link says so.
    pub fn span(&self) -> Option<Span> {
        let (start, end) = (self.start?, self.end?);
        (start < end).then_some(Span { start, end })
    }

    /// Points to another page, if there is no passage.
    #[must_use]
    pub fn turned_to(&self, page: u32) -> Self {
        Self { id: self.id.clone(), page: Some(page), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_and_written_alike() {
        for url in [
            "/d/abc?page=3&start=10&end=20&version=0a1b&quote=5%20%25%20%26%20%22more%22%20%3D%20%C3%BC#quote",
            // As links of before were, which conversations keep.
            "/d/abc?page=3&start=10&end=20#quote",
            "/d/abc?start=10&end=20#quote",
            "/d/abc?page=3",
            "/d/abc",
        ] {
            let target = DocumentTarget::parse(url).expect("a link");
            assert_eq!(target.url(), url);
        }
        let whole = DocumentTarget::parse("/d/abc?start=1&end=2&quote=a%26b%3D%0Ac#quote");
        assert_eq!(whole.and_then(|target| target.quote).as_deref(), Some("a&b=\nc"));
        assert_eq!(DocumentTarget::parse("https://example.org/d/abc"), None);
    }
}
