//! Mail, and web pages that are saved as mail (MHTML): the parts are decoded and read, never the source.
//!
//! The stored text has who wrote to whom and when, and then the message as mail programs show it. Messages that are
//! attached follow under their subjects. Attached files are not read, and said not to be.

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};
use quire_domain::{BlockKind, Format, ParsedDocument, Warning};

use super::stored::StoredText;
use super::{embedded, html};
use crate::ParseError;

/// Messages in messages are read down to this depth.
const MAX_DEPTH: usize = 8;

/// Reads a message.
pub(super) fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let message = MessageParser::default().parse(bytes).ok_or_else(|| ParseError::Malformed {
        reason: "it has no head of a mail message".to_owned(),
    })?;
    let mut stored = StoredText::default();
    stored.title = message.subject().map(str::to_owned);
    stored.metadata.created_at_ms =
        message.date().filter(|date| date.is_valid()).map(|date| date.to_timestamp() * 1_000);
    let stored = read(&message, stored, 0);
    Ok(stored.finish(Format::Mail))
}

fn read(message: &Message<'_>, mut stored: StoredText, depth: usize) -> StoredText {
    let head = head(message);
    stored.push(BlockKind::Paragraph, &head);
    // Mail that is sent as a page is shown as that page; the plain text beside it says less.
    for part in message.html_bodies() {
        stored = match &part.body {
            PartType::Html(page) => html::read(page, stored),
            PartType::Text(text) => push_plain(text, stored),
            _ => stored,
        };
    }
    let (mut pictures, mut unread) = (0, Vec::new());
    for part in message.attachments() {
        let name = part.attachment_name();
        match &part.body {
            PartType::Message(inner) if depth < MAX_DEPTH => {
                let subject = inner.subject().unwrap_or("Attached message");
                stored.push(BlockKind::Heading(1), subject);
                stored = read(inner, stored, depth + 1);
            }
            // The style of a saved page is not shown.
            PartType::Text(_) if name.is_none() => {}
            PartType::Text(text) => {
                stored.push(BlockKind::Heading(1), name.unwrap_or_default());
                stored = push_plain(text, stored);
            }
            PartType::Html(page) => stored = html::read(page, stored),
            PartType::Multipart(_) => {}
            PartType::Message(_) | PartType::Binary(_) | PartType::InlineBinary(_) => match name {
                Some(name) => unread.push(name.to_owned()),
                None => pictures += 1,
            },
        }
    }
    if pictures > 0 {
        let message =
            format!("{pictures} files inside the message, such as pictures, were not read.");
        stored.warnings.push(Warning::new("embedded_file", message));
    }
    for name in unread {
        let message = format!(
            "The attached file `{name}` was not read. Save it beside the message and add it, if it is wanted."
        );
        stored.warnings.push(Warning::new("attachment_unread", message));
    }
    stored
}

fn push_plain(text: &str, mut stored: StoredText) -> StoredText {
    let text = text.replace("\r\n", "\n");
    let (text, embedded) = embedded::strip(&text, 0);
    stored.warnings.extend(embedded::warning(&embedded));
    let mut paragraph = String::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            paragraph.push_str(line.trim_end());
            paragraph.push('\n');
            continue;
        }
        stored.push(BlockKind::Paragraph, &std::mem::take(&mut paragraph));
    }
    stored
}

/// Writes who wrote to whom, when and about what.
fn head(message: &Message<'_>) -> String {
    let mut lines = Vec::new();
    for (name, address) in [("From", message.from()), ("To", message.to()), ("Cc", message.cc())] {
        let people = address.map(people).unwrap_or_default();
        if !people.is_empty() {
            lines.push(format!("{name}: {people}"));
        }
    }
    if let Some(date) = message.date().filter(|date| date.is_valid()) {
        lines.push(format!("Date: {}", date.to_rfc3339()));
    }
    if let Some(subject) = message.subject().filter(|subject| !subject.trim().is_empty()) {
        lines.push(format!("Subject: {subject}"));
    }
    lines.join("\n")
}

fn people(address: &Address<'_>) -> String {
    let one = |one: &mail_parser::Addr<'_>| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    address.iter().map(one).filter(|one| !one.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
