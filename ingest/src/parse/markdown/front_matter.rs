//! YAML front matter: what stands between two `---` lines at a file's very beginning.

use std::ops::Range;

use quire_domain::date::parse_moment;
use quire_domain::{Metadata, Property, Warning};
use serde_json::Value;

use super::links;

/// Names under which people keep when a note was made.
const CREATED: &[&str] =
    &["date", "created", "created_at", "created at", "date created", "creation date", "created-at"];
/// Names under which people keep when a note was last changed.
const MODIFIED: &[&str] = &[
    "updated",
    "modified",
    "updated_at",
    "updated at",
    "date modified",
    "last modified",
    "last_modified",
    "updated-at",
];

/// What front matter says.
#[derive(Default)]
pub(super) struct FrontMatter {
    /// Its place with both `---` lines; empty if there is none.
    pub(super) range: Range<usize>,
    /// The document's title.
    pub(super) title: Option<String>,
    /// Everything else.
    pub(super) metadata: Metadata,
    /// Says that it is not valid YAML.
    pub(super) warning: Option<Warning>,
}

/// Reads front matter; what is malformed is kept as text and warned about.
pub(super) fn read(text: &str) -> FrontMatter {
    let Some(range) = find(text) else { return FrontMatter::default() };
    let mut lines = text[range.clone()].lines();
    lines.next();
    lines.next_back();
    let yaml = lines.collect::<Vec<_>>().join("\n");
    let mut front = FrontMatter { range, ..FrontMatter::default() };
    if yaml.trim().is_empty() {
        return front;
    }
    match serde_saphyr::from_str::<Value>(&yaml) {
        Ok(Value::Object(fields)) => {
            for (name, value) in &fields {
                front.take(name, value);
            }
            front.metadata.links = links_in(&yaml);
        }
        // A comment or a bare word states nothing.
        Ok(Value::Null | Value::String(_)) => {}
        _ => {
            let message = "The front matter is not valid YAML; it was read as text.";
            front.warning = Some(Warning::new("front_matter_malformed", message));
        }
    }
    front
}

impl FrontMatter {
    fn take(&mut self, name: &str, value: &Value) {
        let key = name.trim().to_lowercase();
        let metadata = &mut self.metadata;
        let moment = || value.as_str().and_then(parse_moment);
        match key.as_str() {
            "title" => self.title = Some(flat(value)).filter(|title| !title.trim().is_empty()),
            "tags" | "tag" => {
                let plain = |tag: String| tag.trim_matches(['#', '/']).to_owned();
                metadata.tags.extend(words(value, is_between_tags).into_iter().map(plain));
            }
            "aliases" | "alias" => metadata.aliases = words(value, |c| c == ','),
            key if CREATED.contains(&key) && metadata.created_at_ms.is_none() => {
                metadata.created_at_ms = moment();
                self.keep(name, value);
            }
            key if MODIFIED.contains(&key) && metadata.modified_at_ms.is_none() => {
                metadata.modified_at_ms = moment();
                self.keep(name, value);
            }
            _ => self.keep(name, value),
        }
    }

    fn keep(&mut self, name: &str, value: &Value) {
        if let Value::Object(fields) = value {
            for (inner, value) in fields {
                self.keep(&format!("{name}.{inner}"), value);
            }
            return;
        }
        let value = flat(value);
        if !value.trim().is_empty() {
            self.metadata.properties.push(Property { name: name.to_owned(), value });
        }
    }
}

fn is_between_tags(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

/// Gives the entries of a list, or of a text that is one.
fn words(value: &Value, is_between: fn(char) -> bool) -> Vec<String> {
    let parts = match value {
        Value::Array(values) => values.iter().map(flat).collect(),
        value => flat(value).split(is_between).map(str::to_owned).collect::<Vec<_>>(),
    };
    let parts = parts.into_iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// Writes a value as one text.
fn flat(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(flat).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

/// Finds `[[links]]`; `yaml` begins on the second line of the file.
fn links_in(yaml: &str) -> Vec<quire_domain::Link> {
    let mut found = Vec::new();
    for (number, line) in (2u32..).zip(yaml.lines()) {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("[[") {
            let Some((inside, after)) = after.split_once("]]") else { break };
            let link = links::wiki(inside, false).link;
            if !inside.contains('[') && !link.target.is_empty() {
                found.push(quire_domain::Link { line: Some(number), ..link });
            }
            rest = after;
        }
    }
    found
}

fn find(text: &str) -> Option<Range<usize>> {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        match (number, line.trim_end()) {
            (0, "---") => {}
            (0, _) => return None,
            (_, "---" | "...") => return Some(0..end),
            _ => {}
        }
    }
    None
}
