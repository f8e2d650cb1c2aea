//! Comments on cells: the older ones, and threads.

use std::collections::HashMap;

use quick_xml::events::Event;

use super::{read_all, strings};
use crate::parse::opc::{Package, Relationship};
use crate::parse::xml;

/// How a comment begins that stands for a thread, for programs that know no threads.
const STAND_IN: &str = "[Threaded comment]";

/// The names of those who wrote in threads, by their ids.
pub(super) type People = HashMap<String, String>;

/// Reads who wrote in threads.
pub(super) fn people(source: Option<&str>) -> People {
    let mut people = People::new();
    let mut reader = xml::reader(source.unwrap_or_default());
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start)
                if start.local_name().as_ref() == "person" =>
            {
                let name = xml::attribute(&start, "displayName");
                people.extend(xml::attribute(&start, "id").zip(name));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    people
}

/// Reads the comments on a sheet, as they are shown.
pub(super) fn read(
    related: &[Relationship],
    package: &mut Package<'_>,
    people: &People,
) -> Vec<String> {
    let mut found = Vec::new();
    for xml in read_all("comments", related, package) {
        found.extend(older(&xml));
    }
    for xml in read_all("threadedComment", related, package) {
        found.extend(threads(&xml, people));
    }
    found
}

fn older(source: &str) -> Vec<String> {
    let (mut authors, mut found) = (Vec::new(), Vec::new());
    let mut place: Option<(String, usize)> = None;
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        let start = match event {
            Event::Start(start) => start,
            Event::Eof => break,
            _ => continue,
        };
        match start.local_name().as_ref() {
            "author" => authors.push(xml::text(&mut reader).unwrap_or_default()),
            "comment" => {
                let author = xml::attribute(&start, "authorId").and_then(|id| id.parse().ok());
                let cell = xml::attribute(&start, "ref").unwrap_or_default();
                place = Some((cell, author.unwrap_or(usize::MAX)));
            }
            "text" => {
                let text = strings::rich_text(&mut reader).unwrap_or_default();
                let Some((cell, author)) = place.take() else { continue };
                if !text.trim_start().starts_with(STAND_IN) {
                    found.extend(show(&cell, authors.get(author).map(String::as_str), &text));
                }
            }
            _ => {}
        }
    }
    found
}

fn threads(source: &str, people: &People) -> Vec<String> {
    let mut found = Vec::new();
    let mut place: Option<(String, String)> = None;
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        let start = match event {
            Event::Start(start) => start,
            Event::Eof => break,
            _ => continue,
        };
        match start.local_name().as_ref() {
            "threadedComment" => {
                let value = |name: &str| xml::attribute(&start, name).unwrap_or_default();
                place = Some((value("ref"), value("personId")));
            }
            "text" => {
                let text = xml::text(&mut reader).unwrap_or_default();
                let Some((cell, person)) = place.take() else { continue };
                found.extend(show(&cell, people.get(&person).map(String::as_str), &text));
            }
            _ => {}
        }
    }
    found
}

fn show(cell: &str, author: Option<&str>, text: &str) -> Option<String> {
    let author = author.filter(|author| !author.trim().is_empty());
    // Excel writes the author's name above the words as well.
    let named = author.and_then(|author| text.trim_start().strip_prefix(author)?.strip_prefix(':'));
    let text = named.unwrap_or(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let by = author.map(|author| format!(" by {author}")).unwrap_or_default();
    (!text.is_empty()).then(|| format!("Comment on {cell}{by}: {text}"))
}
