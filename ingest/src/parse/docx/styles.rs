//! Styles: which paragraphs are headings, and which are numbered by their style.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::xml;

/// What a paragraph style says that matters here.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    /// The heading level, from 1.
    pub(super) level: Option<u8>,
    /// The list it numbers by, and the level in it.
    pub(super) numbering: Option<(String, usize)>,
    based_on: Option<String>,
}

/// The styles of a document by their ids, with what they inherit filled in.
pub(super) type Styles = HashMap<String, Style>;

/// Reads the part with the styles.
pub(super) fn read(source: &str) -> Styles {
    let mut styles = Styles::new();
    let mut reader = xml::reader(source);
    let mut open: Option<(String, Style)> = None;
    let mut level_in_list = 0;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                let value = || xml::attribute(&start, "val");
                match (start.local_name().as_ref(), &mut open) {
                    ("style", _) => {
                        let id = xml::attribute(&start, "styleId").unwrap_or_default();
                        open = Some((id, Style::default()));
                        level_in_list = 0;
                    }
                    ("name", Some((_, style))) => {
                        style.level = style.level.or(level_of_name(&value().unwrap_or_default()));
                    }
                    ("basedOn", Some((_, style))) => style.based_on = value(),
                    ("outlineLvl", Some((_, style))) => {
                        style.level = value().and_then(|value| outline_level(&value));
                    }
                    ("ilvl", Some(_)) => {
                        level_in_list = value().and_then(|v| v.parse().ok()).unwrap_or(0);
                    }
                    ("numId", Some((_, style))) => {
                        style.numbering = value().map(|id| (id, level_in_list));
                    }
                    _ => {}
                }
            }
            Event::End(end) if end.local_name().as_ref() == "style" => {
                styles.extend(open.take());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    inherit(&mut styles);
    styles
}

/// Reads an outline level: 0 to 8 are headings, 9 is body text.
pub(super) fn outline_level(value: &str) -> Option<u8> {
    value.parse::<u8>().ok().filter(|level| *level < 9).map(|level| level + 1)
}

fn level_of_name(name: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name == "title" {
        return Some(1);
    }
    name.strip_prefix("heading ")?.trim().parse().ok().filter(|level| (1..=9).contains(level))
}

fn inherit(styles: &mut Styles) {
    // Chains are short; a cycle ends with the rounds.
    for _ in 0..10 {
        let before = styles.clone();
        for style in styles.values_mut() {
            let Some(base) = style.based_on.as_ref().and_then(|id| before.get(id)) else {
                continue;
            };
            style.level = style.level.or(base.level);
            style.numbering = style.numbering.take().or_else(|| base.numbering.clone());
        }
    }
}
