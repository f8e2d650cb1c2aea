//! What styles say that matters for reading: raised text, hidden sheets and slides, numbered lists.

use std::collections::{HashMap, HashSet};

use quick_xml::events::{BytesStart, Event};

use crate::parse::xml;

/// How the items of a level of a list are marked.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    /// `1`, `a`, `A`, `i` or `I`; empty for a sign.
    pub(super) format: String,
    pub(super) suffix: String,
    pub(super) start: u32,
}

/// The styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// Styles of raised (`true`) and of lowered text.
    raised: HashMap<String, bool>,
    hidden: HashSet<String>,
    lists: HashMap<(String, usize), Level>,
}

impl Styles {
    /// Takes in the styles that a part states.
    pub(super) fn read(&mut self, source: &str) {
        let mut reader = xml::reader(source);
        let mut style = String::new();
        while let Ok(event) = reader.read_event() {
            let start = match event {
                Event::Start(start) | Event::Empty(start) => start,
                Event::Eof => return,
                _ => continue,
            };
            // Styles stand before the text.
            if start.local_name().as_ref() == "body" {
                return;
            }
            self.take(&start, &mut style);
        }
    }

    fn take(&mut self, start: &BytesStart<'_>, style: &mut String) {
        let value = |name: &str| xml::attribute(start, name);
        match start.local_name().as_ref() {
            "style" | "list-style" => *style = value("name").unwrap_or_default(),
            "text-properties" => {
                let position = value("text-position").unwrap_or_default();
                let position = position.split_whitespace().next().unwrap_or_default();
                let is_raised = match position {
                    "super" => true,
                    "sub" => false,
                    percent => match percent.trim_end_matches('%').parse::<f32>() {
                        Ok(percent) if percent != 0.0 => percent > 0.0,
                        _ => return,
                    },
                };
                self.raised.insert(style.clone(), is_raised);
            }
            "table-properties" if value("display").as_deref() == Some("false") => {
                self.hidden.insert(style.clone());
            }
            "drawing-page-properties" if value("visibility").as_deref() == Some("hidden") => {
                self.hidden.insert(style.clone());
            }
            "list-level-style-number" => {
                let level = value("level").and_then(|level| level.parse().ok()).unwrap_or(1);
                let start = value("start-value").and_then(|start| start.parse().ok()).unwrap_or(1);
                let format = value("num-format").unwrap_or_default();
                let suffix = value("num-suffix").unwrap_or_default();
                self.lists.insert((style.clone(), level), Level { format, suffix, start });
            }
            _ => {}
        }
    }

    /// Says whether text of a style is raised, or lowered.
    pub(super) fn raised(&self, style: &str) -> Option<bool> {
        self.raised.get(style).copied()
    }

    /// Says whether a sheet or a slide of a style is hidden.
    pub(super) fn is_hidden(&self, style: Option<&str>) -> bool {
        style.is_some_and(|style| self.hidden.contains(style))
    }

    /// Finds how a level of a list is numbered; nothing for signs.
    pub(super) fn level(&self, style: &str, level: usize) -> Option<&Level> {
        let found = self.lists.get(&(style.to_owned(), level))?;
        (!found.format.is_empty()).then_some(found)
    }
}
