//! Numbering: the marks before list items, counted as Word counts them.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::xml;
use crate::parse::numerals::roman;

/// The deepest level that Word numbers, from 0.
pub(super) const DEEPEST_LEVEL: usize = 8;

#[derive(Clone, Debug, Default)]
struct Level {
    format: String,
    text: String,
    start: u32,
}

/// The lists of a document and how far each has been counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    definitions: HashMap<String, Vec<Level>>,
    /// The definition each list follows.
    lists: HashMap<String, String>,
    starts: HashMap<(String, usize), u32>,
    counters: HashMap<String, Vec<Option<u32>>>,
}

/// Reads the part with the numbering definitions.
pub(super) fn read(source: &str) -> Numbering {
    let mut numbering = Numbering::default();
    let mut reader = xml::reader(source);
    let (mut definition, mut list, mut level) = (String::new(), None::<String>, 0usize);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                let value = |name: &str| xml::attribute(&start, name).unwrap_or_default();
                let number = |name: &str| value(name).parse::<u32>().unwrap_or(0);
                match start.local_name().as_ref() {
                    "abstractNum" => {
                        definition = value("abstractNumId");
                        list = None;
                    }
                    "num" => list = Some(value("numId")),
                    "abstractNumId" => {
                        if let Some(list) = &list {
                            numbering.lists.insert(list.clone(), value("val"));
                        }
                    }
                    "lvl" | "lvlOverride" => level = (number("ilvl") as usize).min(DEEPEST_LEVEL),
                    "startOverride" => {
                        if let Some(list) = &list {
                            numbering.starts.insert((list.clone(), level), number("val"));
                        }
                    }
                    name @ ("numFmt" | "lvlText" | "start") if list.is_none() => {
                        let levels = numbering.definitions.entry(definition.clone()).or_default();
                        if levels.len() <= level {
                            levels.resize(level + 1, Level { start: 1, ..Level::default() });
                        }
                        match name {
                            "numFmt" => levels[level].format = value("val"),
                            "lvlText" => levels[level].text = value("val"),
                            _ => levels[level].start = number("val"),
                        }
                    }
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    numbering
}

impl Numbering {
    /// Counts one item and shows its mark, or nothing when the list has none.
    pub(super) fn mark(&mut self, list: &str, level: usize) -> Option<String> {
        let definition = self.lists.get(list)?.clone();
        let levels = self.definitions.get(&definition)?;
        let level = level.min(DEEPEST_LEVEL);
        let at = levels.get(level)?;
        if at.format == "none" {
            return None;
        }
        // Lists that follow one definition continue one another unless one starts anew.
        let restarts = self.starts.keys().any(|(other, _)| other == list);
        let key = if restarts { format!("list {list}") } else { definition };
        let counters = self.counters.entry(key).or_insert_with(|| vec![None; DEEPEST_LEVEL + 1]);
        let start = |at: usize| {
            let own = self.starts.get(&(list.to_owned(), at)).copied();
            own.or(levels.get(at).map(|level| level.start)).unwrap_or(1)
        };
        counters[level] =
            Some(counters[level].map_or(start(level), |number| number.saturating_add(1)));
        for deeper in counters.iter_mut().skip(level + 1) {
            *deeper = None;
        }
        if at.format == "bullet" {
            return Some("-".to_owned());
        }
        let mut mark = at.text.clone();
        for (upper, counter) in counters.iter().enumerate().take(level + 1) {
            let number = counter.unwrap_or_else(|| start(upper));
            let format = levels.get(upper).map_or("decimal", |level| level.format.as_str());
            mark = mark.replace(&format!("%{}", upper + 1), &show(number, format));
        }
        Some(mark.trim().to_owned()).filter(|mark| !mark.is_empty())
    }
}

fn show(number: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(number).to_lowercase(),
        "upperLetter" => letters(number),
        "lowerRoman" => roman(number).to_lowercase(),
        "upperRoman" => roman(number),
        "decimalZero" => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// Counts A to Z, then AA to ZZ, as Word does.
fn letters(number: u32) -> String {
    if number == 0 {
        return String::new();
    }
    let letter = char::from(b'A' + ((number - 1) % 26) as u8);
    let repeat = (number - 1) / 26 + 1;
    std::iter::repeat_n(letter, repeat.min(20) as usize).collect()
}
