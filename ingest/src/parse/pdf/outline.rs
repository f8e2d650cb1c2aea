//! The outline: titles of chapters and sections with the pages they begin on.

use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Object, ObjectIdentifier, String as PdfString};

use super::strings;

/// More entries than this are not read.
const MAX_ENTRIES: usize = 50_000;
/// More levels than this are not read.
const MAX_DEPTH: usize = 32;

/// One entry of an outline.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its title.
    pub(super) title: String,
    /// Its level, from 1.
    pub(super) level: u8,
    /// The page it points to, from 0.
    pub(super) page_index: usize,
}

/// Reads the outline in its order; entries that point nowhere are left out.
pub(super) fn read(pdf: &Pdf) -> Vec<Entry> {
    let xref = pdf.xref();
    let Some(root) = xref.get::<Dict<'_>>(xref.root_id()) else { return Vec::new() };
    let Some(outlines) = root.get::<Dict<'_>>("Outlines") else { return Vec::new() };
    let pages = pdf.pages().iter().enumerate();
    let pages = pages.filter_map(|(index, page)| Some((page.raw().obj_id()?, index))).collect();
    let mut walk =
        Walk { pages, names: Names::read(&root), seen: HashSet::new(), entries: Vec::new() };
    walk.level(&outlines, 1);
    walk.entries
}

struct Walk<'a> {
    pages: HashMap<ObjectIdentifier, usize>,
    names: Names<'a>,
    seen: HashSet<ObjectIdentifier>,
    entries: Vec<Entry>,
}

impl<'a> Walk<'a> {
    fn level(&mut self, parent: &Dict<'a>, level: u8) {
        let mut next = parent.get::<Dict<'a>>("First");
        while let Some(item) = next {
            let is_new = item.obj_id().is_none_or(|id| self.seen.insert(id));
            if !is_new || self.entries.len() >= MAX_ENTRIES {
                return;
            }
            let title = item.get::<PdfString<'_>>("Title");
            let title = title.map(|title| strings::decode(title.as_bytes())).unwrap_or_default();
            let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(page_index) = self.page(&item).filter(|_| !title.is_empty()) {
                self.entries.push(Entry { title, level, page_index });
            }
            if usize::from(level) < MAX_DEPTH {
                self.level(&item, level + 1);
            }
            next = item.get::<Dict<'a>>("Next");
        }
    }

    fn page(&self, item: &Dict<'a>) -> Option<usize> {
        let destination = item
            .get::<Object<'a>>("Dest")
            .or_else(|| item.get::<Dict<'a>>("A")?.get::<Object<'a>>("D"))?;
        let array = match destination {
            Object::Array(array) => array,
            Object::Name(name) => self.names.find(name.as_str().as_bytes())?,
            Object::String(name) => self.names.find(name.as_bytes())?,
            _ => return None,
        };
        let first = array.raw_iter().next()?;
        if let Some(reference) = first.as_obj_ref() {
            return self.pages.get(&reference.into()).copied();
        }
        // Some writers give the page's number from 0 in place of a reference.
        let number = array.iter::<Object<'_>>().next()?.into_i32()?;
        usize::try_from(number).ok().filter(|index| self.pages.values().any(|page| page == index))
    }
}

/// Named destinations.
#[derive(Default)]
struct Names<'a> {
    known: HashMap<Vec<u8>, Array<'a>>,
}

impl<'a> Names<'a> {
    fn read(root: &Dict<'a>) -> Self {
        let mut names = Self::default();
        if let Some(old) = root.get::<Dict<'a>>("Dests") {
            for name in old.keys() {
                if let Some(array) = old.get::<Object<'a>>(&*name).and_then(destination) {
                    names.known.insert(name.to_vec(), array);
                }
            }
        }
        if let Some(tree) = root.get::<Dict<'a>>("Names").and_then(|names| names.get("Dests")) {
            names.node(&tree, 0);
        }
        names
    }

    fn node(&mut self, node: &Dict<'a>, depth: usize) {
        if depth > MAX_DEPTH || self.known.len() > MAX_ENTRIES {
            return;
        }
        if let Some(pairs) = node.get::<Array<'a>>("Names") {
            let mut items = pairs.iter::<Object<'a>>();
            while let (Some(name), Some(value)) = (items.next(), items.next()) {
                if let (Object::String(name), Some(array)) = (name, destination(value)) {
                    self.known.insert(name.as_bytes().to_vec(), array);
                }
            }
        }
        if let Some(kids) = node.get::<Array<'a>>("Kids") {
            for kid in kids.iter::<Dict<'a>>() {
                self.node(&kid, depth + 1);
            }
        }
    }

    fn find(&self, name: &[u8]) -> Option<Array<'a>> {
        self.known.get(name).cloned()
    }
}

fn destination(value: Object<'_>) -> Option<Array<'_>> {
    match value {
        Object::Array(array) => Some(array),
        Object::Dict(dict) => dict.get("D"),
        _ => None,
    }
}
