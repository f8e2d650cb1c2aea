//! Parsing: one module a format, all of which yield the same stored text and blocks.

mod base;
mod canvas;
mod csv;
mod docx;
mod epub;
mod html;
mod mail;
mod markdown;
mod odf;
mod pdf;
mod pptx;
mod text;
mod xlsx;

mod archive;
mod drawing;
mod embedded;
mod graphics;
mod grid;
mod numerals;
mod omml;
mod opc;
mod paged;
mod raised;
mod stored;
mod xml;

#[cfg(test)]
mod packed;

pub(crate) use markdown::links;

use quire_domain::{DocumentPath, Format, ParsedDocument};

use crate::format::is_note;
use crate::reader::{NoReader, PageReader};
use crate::{ParseError, ParseLimits, detect_format, encoding, language};

/// Reads a file; pages that are pictures stay unread, with a warning.
///
/// The result holds what could be read, with warnings about what could not. Blocks lie in reading
/// order inside their page's text and do not overlap.
pub fn parse(
    path: &DocumentPath,
    bytes: &[u8],
    limits: &ParseLimits,
) -> Result<ParsedDocument, ParseError> {
    parse_with(path, bytes, limits, &NoReader)
}

/// Reads a file, and has `reader` read those pages of a PDF that are pictures.
pub fn parse_with(
    path: &DocumentPath,
    bytes: &[u8],
    limits: &ParseLimits,
    reader: &dyn PageReader,
) -> Result<ParsedDocument, ParseError> {
    let format = detect_format(path, bytes)?;
    let size = bytes.len() as u64;
    if format.is_text() && size > limits.max_text_bytes {
        let limit = limits.max_text_bytes;
        return Err(ParseError::TooLarge { what: "bytes of text", value: size, limit });
    }
    let mut document = match format {
        Format::Pdf => pdf::parse(bytes, reader)?,
        Format::Docx => docx::parse(bytes, limits)?,
        Format::Xlsx => xlsx::parse(bytes, limits)?,
        Format::Pptx => pptx::parse(bytes, limits)?,
        Format::Epub => epub::parse(bytes, limits)?,
        Format::Odt | Format::Ods | Format::Odp => odf::parse(bytes, format, limits)?,
        Format::Text => text::parse(bytes),
        Format::Csv => csv::parse(path, bytes, limits)?,
        Format::Markdown => markdown::parse(bytes),
        Format::Html => html::parse(bytes),
        Format::Canvas => canvas::parse(bytes)?,
        Format::Base => base::parse(bytes)?,
        Format::Mail => mail::parse(bytes)?,
    };
    let is_blank = document.pages.iter().all(|page| page.text.trim().is_empty());
    if is_blank && !is_note(format) {
        return Err(ParseError::NoText);
    }
    document.language =
        language::detect_document_language(document.pages.iter().map(|page| page.text.as_str()));
    document.title = document.title.filter(|title| !title.trim().is_empty());
    Ok(document)
}

/// Tells the encoding that a text file is read by. Other formats, and mail, whose parts have one each, have none.
pub fn find_encoding(format: Format, bytes: &[u8]) -> Option<&'static str> {
    match format {
        Format::Mail => None,
        Format::Html => Some(
            html::stated_encoding(bytes)
                .map_or_else(|| encoding::find_name(bytes), |encoding| encoding.name()),
        ),
        format => format.is_text().then(|| encoding::find_name(bytes)),
    }
}

#[cfg(test)]
mod tests;
