//! Forms that another program draws (XFA): their pages only say "Please wait", and what is filled in lies apart.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Object, Stream, String as PdfString};
use quick_xml::Reader;
use quick_xml::events::Event;

/// More values than this are not read.
const MAX_VALUES: usize = 20_000;

/// Lists the names and values of a form; `None` if there is none that another program draws.
pub(super) fn read(pdf: &Pdf, says_to_wait: bool) -> Option<Vec<(String, String)>> {
    let xref = pdf.xref();
    let root = xref.get::<Dict<'_>>(xref.root_id())?;
    let form = root.get::<Dict<'_>>("AcroForm")?;
    let parts = form.get::<Object<'_>>("XFA")?;
    let is_drawn_elsewhere = root.get::<bool>("NeedsRendering").unwrap_or(false) || says_to_wait;
    if !is_drawn_elsewhere {
        return None;
    }
    let data = match parts {
        Object::Stream(whole) => Some(whole),
        Object::Array(parts) => datasets(&parts),
        _ => None,
    };
    let data = data.and_then(|data| data.decoded_data().ok().map(|data| data.to_vec()));
    Some(data.map(|data| values(&String::from_utf8_lossy(&data))).unwrap_or_default())
}

/// Finds the part with the data among names and parts that follow each other.
fn datasets<'a>(parts: &Array<'a>) -> Option<Stream<'a>> {
    let mut parts = parts.iter::<Object<'_>>();
    while let Some(name) = parts.next() {
        let part = parts.next()?;
        let is_data = |name: &PdfString<'_>| name.as_bytes() == b"datasets";
        if name.into_string().is_some_and(|name| is_data(&name)) {
            return part.into_stream();
        }
    }
    None
}

/// Lists the elements of the data that hold text.
fn values(source: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(source);
    reader.config_mut().allow_dangling_amp = true;
    let mut values: Vec<(String, String)> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut is_data = 0;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                is_data += usize::from(is_data > 0 || name == "data");
                open.push(name);
                text.clear();
            }
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
            Event::End(_) => {
                let name = open.pop().unwrap_or_default();
                if is_data > 1 && !text.trim().is_empty() && values.len() < MAX_VALUES {
                    values.push((name, text.split_whitespace().collect::<Vec<_>>().join(" ")));
                }
                text.clear();
                is_data = is_data.saturating_sub(1);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_by_its_names() {
        let source = "<xfa:datasets xmlns:xfa='x'><xfa:data><form><name>Ada &amp; Bo</name><empty/>\
            <sum>12</sum></form></xfa:data><dd>not data</dd></xfa:datasets>";
        let expected = [("name", "Ada & Bo"), ("sum", "12")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values(source), expected);
    }
}
