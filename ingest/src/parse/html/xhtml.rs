//! Hypertext that is written as XML, made hypertext as browsers write it.
//!
//! In XML `<title/>` is an empty title; to a reader of hypertext it opens one that holds the rest of the page.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

/// Elements that are empty in hypertext, too.
const EMPTY: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Ends the elements that XML lets end where they begin, and writes out sections of plain characters. What is no XML stays
/// as it is from there on.
pub(super) fn as_html(source: &str) -> Cow<'_, str> {
    if !source.contains("/>") && !source.contains("<![CDATA[") {
        return Cow::Borrowed(source);
    }
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut html = String::with_capacity(source.len());
    let mut from = 0;
    loop {
        let event = reader.read_event();
        let to = usize::try_from(reader.buffer_position()).unwrap_or(source.len());
        let raw = source.get(from..to).unwrap_or_default();
        match event {
            Ok(Event::Empty(start)) => match start.name().as_ref() {
                name if EMPTY.contains(&name) => html.push_str(raw),
                name => {
                    html.push_str(raw.strip_suffix("/>").unwrap_or(raw));
                    html.push_str("></");
                    html.push_str(name);
                    html.push('>');
                }
            },
            Ok(Event::CData(part)) => {
                html.push_str(&quick_xml::escape::escape(&*part.xml10_content()));
            }
            Ok(Event::Eof) | Err(_) => {
                html.push_str(source.get(from..).unwrap_or_default());
                return Cow::Owned(html);
            }
            Ok(_) => html.push_str(raw),
        }
        from = to;
    }
}
