//! Reading XML by local names, whatever prefixes and namespaces a writer chose.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Opens a reader that bears with small faults.
pub(super) fn reader(xml: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    reader
}

/// Finds an attribute by its local name.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    start.attributes().with_checks(false).flatten().find_map(|attribute| {
        let found = attribute.key.local_name();
        if found.as_ref() != name {
            return None;
        }
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some(value.into_owned())
    })
}

/// Lists the values of all attributes of a local name, such as `id` and `r:id`.
pub(super) fn attributes(start: &BytesStart<'_>, name: &str) -> Vec<String> {
    let value = |attribute: quick_xml::events::attributes::Attribute<'_>| {
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        (attribute.key.local_name().as_ref() == name).then(|| value.into_owned())
    };
    start.attributes().with_checks(false).flatten().filter_map(value).collect()
}

/// Says whether a switch such as `<w:tblHeader/>` is on.
pub(super) fn is_on(start: &BytesStart<'_>) -> bool {
    !matches!(attribute(start, "val").as_deref(), Some("0" | "false" | "off" | "none"))
}

/// Reads the text of the element just begun, up to its end.
pub(super) fn text(reader: &mut Reader<&[u8]>) -> Option<String> {
    let mut text = String::new();
    let mut depth = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Some(text),
            Event::End(_) => depth -= 1,
            Event::Eof => return Some(text),
            event => push_text(&event, &mut text),
        }
    }
}

/// Writes what an event says, if it is text.
pub(super) fn push_text(event: &Event<'_>, text: &mut String) {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(part) => {
            if let Ok(Some(letter)) = part.resolve_char_ref() {
                text.push(letter);
            } else {
                let name = part.xml10_content();
                text.push_str(quick_xml::escape::resolve_xml_entity(&name).unwrap_or_default());
            }
        }
        _ => {}
    }
}

/// Elements of a tree nested deeper than this are left out of it.
const MAX_TREE_DEPTH: usize = 60;

/// A small element with all that is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// Its local name.
    pub(super) name: String,
    /// Its attribute `val`, in which most settings stand.
    pub(super) value: Option<String>,
    /// The font that it names.
    pub(super) font: Option<String>,
    /// Its own text.
    pub(super) text: String,
    /// The elements in it.
    pub(super) inner: Vec<Tree>,
}

impl Tree {
    /// Reads the element just begun, up to its end.
    pub(super) fn read(reader: &mut Reader<&[u8]>, start: &BytesStart<'_>) -> Option<Self> {
        let mut open = vec![Self::begin(start)];
        let mut too_deep = 0_usize;
        loop {
            match reader.read_event().ok()? {
                Event::Start(_) if open.len() >= MAX_TREE_DEPTH => too_deep += 1,
                Event::Start(start) => open.push(Self::begin(&start)),
                Event::Empty(start) => {
                    let tree = Self::begin(&start);
                    open.last_mut()?.inner.push(tree);
                }
                Event::End(_) if too_deep > 0 => too_deep -= 1,
                Event::End(_) => {
                    let tree = open.pop()?;
                    match open.last_mut() {
                        Some(outer) => outer.inner.push(tree),
                        None => return Some(tree),
                    }
                }
                Event::Eof => return None,
                event => push_text(&event, &mut open.last_mut()?.text),
            }
        }
    }

    /// Reads a whole part.
    pub(super) fn of_part(source: &str) -> Option<Self> {
        let mut reader = reader(source);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => return Self::read(&mut reader, &start),
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    fn begin(start: &BytesStart<'_>) -> Self {
        let name = start.local_name().as_ref().to_owned();
        let font = (name == "rFonts").then(|| attribute(start, "ascii")).flatten();
        Self { name, value: attribute(start, "val"), font, ..Self::default() }
    }

    /// Finds the first element of a name that lies right in this one.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.inner.iter().find(|inner| inner.name == name)
    }

    /// Lists the elements of a name at any depth, in their order; none inside another of them.
    pub(super) fn all<'t>(&'t self, name: &str, found: &mut Vec<&'t Self>) {
        for inner in &self.inner {
            if inner.name == name {
                found.push(inner);
            } else {
                inner.all(name, found);
            }
        }
    }

    /// Says whether a switch is on; one that is there and says nothing is.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.value.as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

/// Passes over the element just begun, up to its end.
pub(super) fn skip(reader: &mut Reader<&[u8]>) -> Option<()> {
    let mut depth = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Some(()),
            Event::End(_) => depth -= 1,
            Event::Eof => return None,
            _ => {}
        }
    }
}
