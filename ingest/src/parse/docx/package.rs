//! The package: a ZIP archive whose parts are found through relationships.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use quick_xml::events::Event;
use quire_domain::date::parse_moment;
use quire_domain::{Metadata, Property, Warning};
use zip::ZipArchive;

use super::xml;
use crate::{ParseError, ParseLimits, encoding};

/// Growth is no concern below this size.
const HARMLESS_BYTES: u64 = 16 << 20;

/// What a Word document states about itself.
#[derive(Default)]
pub(super) struct CoreProperties {
    pub(super) title: Option<String>,
    pub(super) metadata: Metadata,
}

/// Something that a part refers to.
struct Relationship {
    id: String,
    /// The last word of its type.
    kind: String,
    /// Its path in the package.
    target: String,
}

/// An opened package that has been found to be of a bearable size.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    max_part_bytes: u64,
    document: String,
    /// What the main document refers to.
    relationships: Vec<Relationship>,
    /// The names of the entries that are written with backslashes, with those that they should have.
    renamed: HashMap<String, String>,
    warnings: Vec<Warning>,
}

impl<'a> Package<'a> {
    /// Opens a package; nothing is unpacked before its stated size is checked.
    pub(super) fn open(bytes: &'a [u8], limits: &ParseLimits) -> Result<Self, ParseError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| {
            let reason = "the directory at the end of the package is missing".to_owned();
            ParseError::Truncated { reason }
        })?;
        check_size(&mut archive, bytes.len() as u64, limits)?;
        let mut package = Self {
            archive,
            max_part_bytes: limits.max_expanded_bytes,
            document: "word/document.xml".to_owned(),
            relationships: Vec::new(),
            renamed: HashMap::new(),
            warnings: Vec::new(),
        };
        let names: Vec<String> = package.archive.file_names().flatten().map(Into::into).collect();
        for name in names.into_iter().filter(|name| name.contains('\\')) {
            package.renamed.insert(name.replace('\\', "/").to_lowercase(), name);
        }
        if let Some(xml) = package.read("_rels/.rels")? {
            let mut targets = relationships(&xml, "").into_iter();
            if let Some(main) = targets.find(|target| target.kind == "officeDocument") {
                package.document = main.target;
            }
        }
        let (folder, name) = package.document.rsplit_once('/').unwrap_or(("", &package.document));
        let folder = folder.to_owned();
        let path = format!("{folder}/_rels/{name}.rels");
        if let Some(xml) = package.read(path.trim_start_matches('/'))? {
            package.relationships = relationships(&xml, &folder);
        }
        Ok(package)
    }

    /// Reads the main document.
    pub(super) fn document(&mut self) -> Result<String, ParseError> {
        let path = self.document.clone();
        self.read(&path)?.ok_or_else(|| {
            let reason = format!("the package has no part `{path}`");
            ParseError::Malformed { reason }
        })
    }

    /// Reads the first part of a kind, such as `styles`.
    pub(super) fn part(&mut self, kind: &str) -> Option<String> {
        self.parts(kind).into_iter().next()
    }

    /// Reads all parts of a kind; a part that cannot be read is warned about.
    pub(super) fn parts(&mut self, kind: &str) -> Vec<String> {
        let matching = self.relationships.iter().filter(|other| other.kind == kind);
        let paths: Vec<String> = matching.map(|other| other.target.clone()).collect();
        let mut parts = Vec::new();
        for path in paths {
            if let Ok(Some(xml)) = self.read(&path) {
                parts.push(xml);
            } else {
                let message = format!("The part `{path}` could not be read.");
                self.warnings.push(Warning::new("part_unread", message));
            }
        }
        parts
    }

    /// Reads the bytes of the part that a relationship leads to.
    pub(super) fn referred(&mut self, id: &str) -> Option<(String, Vec<u8>)> {
        let found = self.relationships.iter().find(|other| other.id == id)?;
        let path = found.target.clone();
        let bytes = self.read_bytes(&path).ok().flatten()?;
        Some((path, bytes))
    }

    /// Warns that a part was not read.
    pub(super) fn warn(&mut self, message: String) {
        self.warnings.push(Warning::new("part_unread", message));
    }

    /// Reads the core properties: what the document states about itself.
    pub(super) fn core(&mut self) -> CoreProperties {
        let mut core = CoreProperties::default();
        let Ok(Some(xml)) = self.read("docProps/core.xml") else { return core };
        let mut reader = xml::reader(&xml);
        while let Ok(event) = reader.read_event() {
            let Event::Start(start) = event else {
                if matches!(event, Event::Eof) {
                    break;
                }
                continue;
            };
            let name = start.local_name().as_ref().to_owned();
            if !matches!(name.as_str(), "title" | "created" | "modified" | "keywords") {
                continue;
            }
            let Some(text) = xml::text(&mut reader) else { break };
            let text = text.trim();
            match name.as_str() {
                "title" if !text.is_empty() => core.title = Some(text.to_owned()),
                "created" => core.metadata.created_at_ms = parse_moment(text),
                "modified" => core.metadata.modified_at_ms = parse_moment(text),
                "keywords" if !text.is_empty() => {
                    let property = Property { name: "keywords".to_owned(), value: text.to_owned() };
                    core.metadata.properties.push(property);
                }
                _ => {}
            }
        }
        core
    }

    /// Ends reading.
    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    fn read(&mut self, path: &str) -> Result<Option<String>, ParseError> {
        let bytes = self.read_bytes(path)?;
        Ok(bytes.map(|bytes| encoding::decode_as(encoding_rs::UTF_8, &bytes).0))
    }

    fn read_bytes(&mut self, path: &str) -> Result<Option<Vec<u8>>, ParseError> {
        let path = self.renamed.get(&path.to_lowercase()).map_or(path, String::as_str);
        let Ok(file) = self.archive.by_name(path) else { return Ok(None) };
        let limit = self.max_part_bytes;
        let mut bytes = Vec::new();
        // A stated size can lie, so the limit holds for what really comes out as well.
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| ParseError::Malformed {
            reason: format!("the part `{path}` cannot be unpacked: {error}"),
        })?;
        if bytes.len() as u64 > limit {
            let (what, value) = ("bytes when unpacked", bytes.len() as u64);
            return Err(ParseError::TooLarge { what, value, limit });
        }
        Ok(Some(bytes))
    }
}

fn check_size(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    packed: u64,
    limits: &ParseLimits,
) -> Result<(), ParseError> {
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        if let Ok(file) = archive.by_index_raw(index) {
            if file.encrypted() {
                return Err(ParseError::Encrypted);
            }
            total = total.saturating_add(file.size());
        }
    }
    let limit = limits.max_expanded_bytes;
    if total > limit {
        return Err(ParseError::TooLarge { what: "bytes when unpacked", value: total, limit });
    }
    let (ratio, limit) = (total / packed.max(1), limits.max_expansion_ratio);
    if ratio > limit && total > HARMLESS_BYTES {
        let what = "times its size when unpacked";
        return Err(ParseError::TooLarge { what, value: ratio, limit });
    }
    Ok(())
}

/// Lists what a part refers to, with targets as paths in the package.
fn relationships(xml: &str, folder: &str) -> Vec<Relationship> {
    let mut found = Vec::new();
    let mut reader = xml::reader(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start))
                if start.local_name().as_ref() == "Relationship" =>
            {
                let Some((kind, target)) =
                    xml::attribute(&start, "Type").zip(xml::attribute(&start, "Target"))
                else {
                    continue;
                };
                let id = xml::attribute(&start, "Id").unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let target = resolve(folder, &target.replace('\\', "/"));
                found.push(Relationship { id, kind, target });
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn resolve(folder: &str, target: &str) -> String {
    let full = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
