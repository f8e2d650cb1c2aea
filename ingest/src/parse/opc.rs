//! A package of Office Open XML: an archive whose parts are found through relationships.

use quick_xml::events::Event;
use quire_domain::date::parse_moment;
use quire_domain::{Metadata, Property, Warning};

use super::archive::{Archive, folder_of, resolve};
use super::xml;
use crate::{ParseError, ParseLimits};

/// What a document states about itself.
#[derive(Default)]
pub(super) struct CoreProperties {
    pub(super) title: Option<String>,
    pub(super) metadata: Metadata,
}

/// Something that a part refers to.
#[derive(Clone, Debug)]
pub(super) struct Relationship {
    /// What the part calls it by.
    pub(super) id: String,
    /// The last word of its type.
    pub(super) kind: String,
    /// Its path in the package.
    pub(super) target: String,
}

/// An opened package.
pub(super) struct Package<'a> {
    archive: Archive<'a>,
    main: String,
    /// What the main document refers to.
    relationships: Vec<Relationship>,
    warnings: Vec<Warning>,
}

impl<'a> Package<'a> {
    /// Opens a package. Its main document is at `usual` if no relationship names it.
    pub(super) fn open(
        bytes: &'a [u8],
        limits: &ParseLimits,
        usual: &str,
    ) -> Result<Self, ParseError> {
        let archive = Archive::open(bytes, limits)?;
        let (main, relationships, warnings) = (usual.to_owned(), Vec::new(), Vec::new());
        let mut package = Self { archive, main, relationships, warnings };
        if let Some(xml) = package.archive.read("_rels/.rels")? {
            let mut targets = relationships_of(&xml, "").into_iter();
            if let Some(main) = targets.find(|target| target.kind == "officeDocument") {
                package.main = main.target;
            }
        }
        let main = package.main.clone();
        package.relationships = package.related(&main)?;
        Ok(package)
    }

    /// Reads the main document.
    pub(super) fn document(&mut self) -> Result<String, ParseError> {
        self.archive.read(&self.main)?.ok_or_else(|| {
            let reason = format!("the package has no part `{}`", self.main);
            ParseError::Malformed { reason }
        })
    }

    /// Lists what a part refers to.
    pub(super) fn related(&mut self, path: &str) -> Result<Vec<Relationship>, ParseError> {
        let folder = folder_of(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        let rels = resolve(folder, &format!("_rels/{name}.rels"));
        let xml = self.archive.read(&rels)?;
        Ok(xml.map(|xml| relationships_of(&xml, folder)).unwrap_or_default())
    }

    /// Finds what the main document refers to by an id.
    pub(super) fn relationship(&self, id: &str) -> Option<&Relationship> {
        self.relationships.iter().find(|other| other.id == id)
    }

    /// Gives the path of what the main document refers to by an id.
    pub(super) fn target(&self, id: &str) -> Option<&str> {
        self.relationship(id).map(|other| other.target.as_str())
    }

    /// Reads the first part of a kind, such as `styles`.
    pub(super) fn part(&mut self, kind: &str) -> Option<String> {
        self.parts(kind).into_iter().next()
    }

    /// Reads all parts of a kind; a part that cannot be read is warned about.
    pub(super) fn parts(&mut self, kind: &str) -> Vec<String> {
        let matching = self.relationships.iter().filter(|other| other.kind == kind);
        let mut paths: Vec<String> = Vec::new();
        for other in matching {
            if !paths.contains(&other.target) {
                paths.push(other.target.clone());
            }
        }
        paths.iter().filter_map(|path| self.read(path)).collect()
    }

    /// Reads the part at a path; one that cannot be read is warned about.
    pub(super) fn read(&mut self, path: &str) -> Option<String> {
        if let Ok(Some(xml)) = self.archive.read(path) {
            return Some(xml);
        }
        self.warn(format!("The part `{path}` could not be read."));
        None
    }

    /// Reads the bytes of the part that a relationship of the main document leads to.
    pub(super) fn referred(&mut self, id: &str) -> Option<(String, Vec<u8>)> {
        let path = self.relationship(id)?.target.clone();
        let bytes = self.archive.read_bytes(&path).ok().flatten()?;
        Some((path, bytes))
    }

    /// Warns that a part was not read.
    pub(super) fn warn(&mut self, message: String) {
        self.warnings.push(Warning::new("part_unread", message));
    }

    /// Reads the core properties: what the document states about itself.
    pub(super) fn core(&mut self) -> CoreProperties {
        let mut core = CoreProperties::default();
        let Ok(Some(xml)) = self.archive.read("docProps/core.xml") else { return core };
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
}

/// Lists what a part refers to inside the package, with targets as paths in it.
fn relationships_of(xml: &str, folder: &str) -> Vec<Relationship> {
    let mut found = Vec::new();
    let mut reader = xml::reader(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start))
                if start.local_name().as_ref() == "Relationship" =>
            {
                let is_outside = xml::attribute(&start, "TargetMode")
                    .is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
                let named = xml::attribute(&start, "Type").zip(xml::attribute(&start, "Target"));
                let Some((kind, target)) = named.filter(|_| !is_outside) else { continue };
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
