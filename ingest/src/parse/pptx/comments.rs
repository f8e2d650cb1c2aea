//! Comments on slides, in both of the shapes that PowerPoint keeps them in.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::parse::opc::Package;
use crate::parse::{drawing, xml};

/// The names of those who commented, by their ids.
pub(super) type Authors = HashMap<String, String>;

/// Reads who commented.
pub(super) fn authors(package: &mut Package<'_>) -> Authors {
    let mut authors = Authors::new();
    let kinds = ["commentAuthors", "authors"];
    let parts: Vec<String> = kinds.iter().flat_map(|kind| package.parts(kind)).collect();
    for part in &parts {
        let mut reader = xml::reader(part);
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(start) | Event::Empty(start)
                    if matches!(start.local_name().as_ref(), "cmAuthor" | "author") =>
                {
                    let name = xml::attribute(&start, "name");
                    authors.extend(xml::attribute(&start, "id").zip(name));
                }
                Event::Eof => break,
                _ => {}
            }
        }
    }
    authors
}

/// Reads the comments of a part, as they are shown.
pub(super) fn read(source: &str, authors: &Authors) -> Vec<String> {
    let mut found = Vec::new();
    let mut author: Option<&String> = None;
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        let start = match event {
            Event::Start(start) => start,
            Event::Eof => break,
            _ => continue,
        };
        let text = match start.local_name().as_ref() {
            "cm" | "reply" => {
                author = xml::attribute(&start, "authorId").and_then(|id| authors.get(&id));
                continue;
            }
            "text" => xml::text(&mut reader),
            "txBody" => drawing::read_body(&mut reader).map(|body| drawing::flatten(&body)),
            _ => continue,
        };
        let text = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let by = author.map(|author| format!(" by {author}")).unwrap_or_default();
        if !text.is_empty() {
            found.push(format!("Comment{by}: {text}"));
        }
    }
    found
}
