//! Texts of cells: those that a workbook keeps apart, and those in the cells themselves.

use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::parse::{raised, xml};

/// The texts that cells refer to by number.
#[derive(Default)]
pub(super) struct Strings(Vec<Rc<str>>);

impl Strings {
    /// Finds a text.
    pub(super) fn get(&self, number: &str) -> Option<Rc<str>> {
        self.0.get(number.trim().parse::<usize>().ok()?).map(Rc::clone)
    }
}

/// Reads the part with the texts.
pub(super) fn read(source: &str) -> Strings {
    let mut strings = Strings::default();
    let mut reader = xml::reader(source);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) if start.local_name().as_ref() == "si" => {
                let Some(text) = rich_text(&mut reader) else { return strings };
                strings.0.push(text.into());
            }
            Ok(Event::Empty(start)) if start.local_name().as_ref() == "si" => {
                strings.0.push("".into());
            }
            Ok(Event::Eof) | Err(_) => return strings,
            Ok(_) => {}
        }
    }
}

/// Reads the text of the element just begun, whose runs may be raised or lowered; how it is pronounced is left out.
pub(super) fn rich_text(reader: &mut Reader<&[u8]>) -> Option<String> {
    let mut text = String::new();
    let mut depth = 0_usize;
    let mut raised: Option<bool> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => {
                    let part = unescape(&xml::text(reader)?);
                    match raised {
                        Some(true) => raised::push_raised(&mut text, &part),
                        Some(false) => raised::push_lowered(&mut text, &part),
                        None => text.push_str(&part),
                    }
                }
                "rPh" => xml::skip(reader)?,
                "r" => {
                    raised = None;
                    depth += 1;
                }
                _ => depth += 1,
            },
            Event::Empty(start) if start.local_name().as_ref() == "vertAlign" => {
                raised = match xml::attribute(&start, "val").as_deref() {
                    Some("superscript") => Some(true),
                    Some("subscript") => Some(false),
                    _ => None,
                };
            }
            Event::End(_) if depth == 0 => return Some(text),
            Event::End(_) => depth -= 1,
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Writes signs that XML cannot hold, which stand as `_x000D_`, as themselves.
pub(super) fn unescape(text: &str) -> String {
    let mut parts = text.split("_x");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..5).and_then(|code| code.strip_suffix('_'));
        let sign =
            code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(sign) = sign {
            if !sign.is_control() || sign.is_whitespace() {
                read.push(sign);
            }
            read.push_str(&part[5..]);
        } else {
            read.push_str("_x");
            read.push_str(part);
        }
    }
    read
}
