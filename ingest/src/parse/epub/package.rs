//! What a book is made of: its title, its files in reading order, and what the table of contents calls them.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use quick_xml::events::{BytesStart, Event};
use quire_domain::date::parse_moment;
use quire_domain::{Metadata, Property, Warning};

use crate::ParseError;
use crate::parse::archive::{Archive, folder_of, resolve};
use crate::parse::xml;

/// A file of the spine.
#[derive(Clone, Debug)]
pub(super) struct Chapter {
    /// Its path in the archive.
    pub(super) path: String,
    /// What the table of contents calls it.
    pub(super) label: Option<String>,
}

/// A book.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) title: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) chapters: Vec<Chapter>,
    pub(super) warnings: Vec<Warning>,
}

/// A file of the book as the package lists it.
struct Listed {
    path: String,
    media_type: String,
    is_contents: bool,
}

/// Reads the package's list of files.
pub(super) fn read(archive: &mut Archive<'_>) -> Result<Book, ParseError> {
    let malformed =
        |what: &str| ParseError::Malformed { reason: format!("the book has no {what}") };
    let container = archive.read("META-INF/container.xml")?;
    let path = container.as_deref().and_then(root_file).ok_or_else(|| malformed("container"))?;
    let source = archive.read(&path)?.ok_or_else(|| malformed("list of its files"))?;
    let folder = folder_of(&path);
    let mut book = Book::default();
    let mut files: HashMap<String, Listed> = HashMap::new();
    let mut spine: Vec<String> = Vec::new();
    let mut contents: Option<String> = None;
    let mut creators = Vec::new();
    let mut reader = xml::reader(&source);
    while let Ok(event) = reader.read_event() {
        let (start, has_content) = match event {
            Event::Start(start) => (start, true),
            Event::Empty(start) => (start, false),
            Event::Eof => break,
            _ => continue,
        };
        let name = start.local_name().as_ref().to_owned();
        match name.as_str() {
            "item" => files.extend(listed(&start, folder)),
            "itemref" => spine.extend(xml::attribute(&start, "idref")),
            "spine" => contents = xml::attribute(&start, "toc"),
            "title" | "creator" | "date" if has_content => {
                let Some(text) = xml::text(&mut reader) else { break };
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                match name.as_str() {
                    "title" if book.title.is_none() => book.title = Some(text),
                    "creator" if !text.is_empty() => creators.push(text),
                    "date" if book.metadata.created_at_ms.is_none() => {
                        book.metadata.created_at_ms = parse_moment(&text);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if !creators.is_empty() {
        let property = Property { name: "author".to_owned(), value: creators.join(", ") };
        book.metadata.properties.push(property);
    }
    let of_older = contents.and_then(|id| files.get(&id)).map(|file| file.path.clone());
    let of_newer = files.values().find(|file| file.is_contents).map(|file| file.path.clone());
    let labels = labels(archive, of_newer.or(of_older));
    collect(&mut book, &spine, &files, &labels);
    Ok(book)
}

/// Puts the files of the spine in their order, each once.
fn collect(
    book: &mut Book,
    spine: &[String],
    files: &HashMap<String, Listed>,
    labels: &HashMap<String, String>,
) {
    for id in spine {
        let Some(file) = files.get(id) else {
            let message = format!("The file `{id}`, which the book lists, is missing from it.");
            book.warnings.push(Warning::new("part_unread", message));
            continue;
        };
        let is_text =
            matches!(file.media_type.as_str(), "application/xhtml+xml" | "text/html" | "");
        let is_known = book.chapters.iter().any(|other| other.path == file.path);
        if is_text && !file.is_contents && !is_known {
            let label = labels.get(&file.path).cloned();
            book.chapters.push(Chapter { path: file.path.clone(), label });
        }
    }
}

fn listed(start: &BytesStart<'_>, folder: &str) -> Option<(String, Listed)> {
    let value = |name: &str| xml::attribute(start, name);
    let path = path_of(&value("href")?, folder);
    let media_type = value("media-type").unwrap_or_default();
    let is_contents = value("properties").is_some_and(|all| all.split(' ').any(|one| one == "nav"));
    Some((value("id")?, Listed { path, media_type, is_contents }))
}

/// Makes a path of an address that stands in a file of a folder.
fn path_of(address: &str, folder: &str) -> String {
    let address = address.split('#').next().unwrap_or_default();
    resolve(folder, &percent_decode_str(address).decode_utf8_lossy())
}

fn root_file(container: &str) -> Option<String> {
    let mut reader = xml::reader(container);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start)
                if start.local_name().as_ref() == "rootfile" =>
            {
                return xml::attribute(&start, "full-path").map(|path| resolve("", &path));
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Reads what the table of contents calls each file, in both shapes that there are: links of hypertext, and points with a
/// label before the address.
fn labels(archive: &mut Archive<'_>, path: Option<String>) -> HashMap<String, String> {
    let mut labels = HashMap::new();
    let Some(path) = path else { return labels };
    let Ok(Some(source)) = archive.read(&path) else { return labels };
    let folder = folder_of(&path);
    let mut label = String::new();
    let mut reader = xml::reader(&source);
    while let Ok(event) = reader.read_event() {
        let start = match event {
            Event::Start(start) | Event::Empty(start) => start,
            Event::Eof => break,
            _ => continue,
        };
        let mut note = |address: &str, label: &str| {
            let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
            if !label.is_empty() {
                labels.entry(path_of(address, folder)).or_insert(label);
            }
        };
        match start.local_name().as_ref() {
            "a" => {
                if let Some(address) = xml::attribute(&start, "href") {
                    let Some(text) = xml::text(&mut reader) else { break };
                    note(&address, &text);
                }
            }
            "text" => label = xml::text(&mut reader).unwrap_or_default(),
            "content" => {
                if let Some(address) = xml::attribute(&start, "src") {
                    note(&address, &label);
                }
            }
            _ => {}
        }
    }
    labels
}
