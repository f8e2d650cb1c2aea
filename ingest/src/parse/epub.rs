//! Books in EPUB: a page for each file of the spine, in its order, read as hypertext.
//!
//! A chapter that has no heading of its own gets the one that the table of contents has for it. The table of contents
//! itself, pictures and fonts are left out.

mod package;

use quire_domain::{Format, ParsedDocument, Warning};

use self::package::{Book, Chapter};
use super::archive::Archive;
use super::html;
use super::paged::Paged;
use super::stored::StoredText;
use crate::{ParseError, ParseLimits};

/// Ways of hiding fonts that have nothing to do with the text.
const OF_FONTS: [&str; 2] =
    ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

/// Reads a book.
pub(super) fn parse(bytes: &[u8], limits: &ParseLimits) -> Result<ParsedDocument, ParseError> {
    let mut archive = Archive::open(bytes, limits)?;
    let locked = archive.read("META-INF/encryption.xml").ok().flatten();
    if locked.is_some_and(|xml| is_locked(&xml)) {
        return Err(ParseError::Encrypted);
    }
    let Book { title, metadata, chapters, warnings } = package::read(&mut archive)?;
    let mut document = Paged::new(title, metadata);
    document.warnings = warnings;
    for chapter in chapters {
        if let Ok(Some(source)) = archive.read(&chapter.path) {
            document.push(read_chapter(&source, &chapter));
        } else {
            let message = format!("The chapter `{}` could not be read.", chapter.path);
            document.warnings.push(Warning::new("part_unread", message));
            document.push(StoredText::default());
        }
    }
    Ok(document.finish(Format::Epub))
}

fn read_chapter(source: &str, chapter: &Chapter) -> StoredText {
    let mut stored = html::read_xhtml(source, StoredText::default());
    if stored.has_heading() || stored.size() == 0 {
        return stored;
    }
    if let Some(label) = &chapter.label {
        stored.put_under(label);
    }
    stored
}

/// Says whether anything but fonts is encrypted.
fn is_locked(encryption: &str) -> bool {
    let methods = encryption.split("EncryptionMethod").skip(1);
    let mut ways = methods.filter_map(|part| part.split("Algorithm=").nth(1));
    ways.any(|way| {
        // The value stands behind its quote, if the file is as it should be.
        let value = way.trim_start_matches(['"', '\'']);
        !OF_FONTS.iter().any(|font| value.starts_with(font))
    })
}

#[cfg(test)]
mod tests;
