//! YAML front matter: what stands between two `---` lines at a file's very beginning.

use std::ops::Range;

use quire_domain::Warning;
use serde::Deserialize;

/// What front matter says that matters here.
#[derive(Default)]
pub(super) struct FrontMatter {
    /// Its place with both `---` lines; empty where there is none.
    pub(super) range: Range<usize>,
    /// The document's title.
    pub(super) title: Option<String>,
    /// Says that it is not valid YAML.
    pub(super) warning: Option<Warning>,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    title: Option<String>,
}

/// Reads front matter; what is malformed is kept as text and warned about.
pub(super) fn read(text: &str) -> FrontMatter {
    let Some(range) = find(text) else { return FrontMatter::default() };
    let mut lines = text[range.clone()].lines();
    lines.next();
    lines.next_back();
    let yaml = lines.collect::<Vec<_>>().join("\n");
    if yaml.trim().is_empty() {
        return FrontMatter { range, ..FrontMatter::default() };
    }
    if let Ok(fields) = serde_saphyr::from_str::<Fields>(&yaml) {
        return FrontMatter { range, title: fields.title, warning: None };
    }
    let message = "The front matter is not valid YAML; it was read as text.";
    let warning = Some(Warning::new("front_matter_malformed", message));
    FrontMatter { range, title: None, warning }
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
