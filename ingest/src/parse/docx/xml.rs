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
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Some(text),
            Event::End(_) => depth -= 1,
            Event::Eof => return Some(text),
            _ => {}
        }
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
