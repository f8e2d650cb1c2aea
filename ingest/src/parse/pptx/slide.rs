//! One slide: its shapes in the order of the file, the title first.

use quick_xml::events::Event;

use crate::parse::drawing::{self, Mark, Paragraph, Table};
use crate::parse::xml;

/// A piece of a slide.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// The slide's title.
    Title(String),
    /// Running text.
    Paragraph(String),
    /// The lines of a list.
    List(Vec<String>),
    /// A table.
    Table(Table),
    /// A chart: the id of the relationship that leads to it.
    Chart(String),
    /// A SmartArt graphic: the id of the relationship that leads to its data.
    Diagram(String),
}

/// A slide.
#[derive(Debug, Default)]
pub(super) struct Slide {
    pub(super) items: Vec<Item>,
    pub(super) is_hidden: bool,
    /// Why it breaks off, if it does.
    pub(super) damage: Option<String>,
}

/// Reads the part of a slide.
pub(super) fn read(source: &str) -> Slide {
    let mut slide = Slide::default();
    let mut titles = Vec::new();
    let mut reader = xml::reader(source);
    // What the layout uses the shape for that is being read.
    let mut place = String::new();
    loop {
        let event = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(error) => {
                slide.damage = Some(error.to_string());
                break;
            }
        };
        let (start, has_content) = match event {
            Event::Start(start) => (start, true),
            Event::Empty(start) => (start, false),
            _ => continue,
        };
        match start.local_name().as_ref() {
            "sld" => slide.is_hidden = xml::attribute(&start, "show").is_some_and(|on| is_off(&on)),
            "sp" | "graphicFrame" => place.clear(),
            // One that does not say what for is for a list.
            "ph" => place = xml::attribute(&start, "type").unwrap_or_else(|| "obj".to_owned()),
            "txBody" if has_content => {
                let Some(body) = drawing::read_body(&mut reader) else { break };
                match place.as_str() {
                    "title" | "ctrTitle" => titles.push(Item::Title(drawing::flatten(&body))),
                    "dt" | "ftr" | "sldNum" | "hdr" => {}
                    place => slide.items.extend(text(&body, matches!(place, "body" | "obj"))),
                }
            }
            "tbl" if has_content => {
                let Some(table) = drawing::read_table(&mut reader) else { break };
                slide.items.push(Item::Table(table));
            }
            "chart" => slide.items.extend(xml::attribute(&start, "id").map(Item::Chart)),
            "relIds" => slide.items.extend(xml::attribute(&start, "dm").map(Item::Diagram)),
            "Fallback" if has_content && xml::skip(&mut reader).is_none() => break,
            _ => {}
        }
    }
    titles.append(&mut slide.items);
    slide.items = titles;
    slide
}

/// Makes paragraphs a list if any of them has a mark, and running text otherwise.
fn text(body: &[Paragraph], is_list: bool) -> Option<Item> {
    let has_mark = body.iter().any(|one| matches!(one.mark, Mark::Sign | Mark::Number));
    let is_list = is_list && body.len() > 1;
    let lines = drawing::lines(body, is_list);
    if lines.is_empty() {
        return None;
    }
    Some(if is_list || has_mark { Item::List(lines) } else { Item::Paragraph(lines.join("\n")) })
}

fn is_off(value: &str) -> bool {
    matches!(value, "0" | "false")
}

/// Joins what the speaker has written below slides.
pub(super) fn notes(parts: &[String]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for part in parts {
        let mut place = String::new();
        let mut reader = xml::reader(part);
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(start) | Event::Empty(start)
                    if matches!(start.local_name().as_ref(), "sp" | "ph") =>
                {
                    place = xml::attribute(&start, "type").unwrap_or_default();
                }
                Event::Start(start) if start.local_name().as_ref() == "txBody" => {
                    let Some(body) = drawing::read_body(&mut reader) else { break };
                    if place == "body" {
                        texts.extend(drawing::lines(&body, false));
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    texts.join("\n")
}
