//! Which format a file is in: told by its content first, by its name only if content is silent.

mod mail;

use quire_domain::{DocumentPath, Format};

use crate::{ParseError, encoding};

/// How far into a file the signs of a format are looked for.
const SNIFF_BYTES: usize = 4096;
/// How far into a file the sign of a PDF may stand, by the implementation notes of the specification.
const PDF_SIGN_BYTES: usize = 1024;
/// How much of a file is looked at to tell if it is text at all.
const BINARY_BYTES: usize = 64 << 10;

/// Signs of formats that are written in plain characters, but are no text to read. What follows them in a file of that
/// format follows them in no sentence.
const MARKUP: &[(&[u8], &str)] =
    &[(b"{\\rtf1\\", "an RTF document"), (b"%!PS-Adobe-", "a PostScript file")];

/// How the entries of a ZIP archive begin, its directory, and the part of an archive that was split.
const ZIP: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];

/// Signs of formats that are not read, with the name to show.
const UNREAD: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"BM", "a bitmap image"),
    (b"RIFF", "a media file"),
    (b"ID3", "an audio file"),
    (b"OggS", "a media file"),
    (b"\x1a\x45\xdf\xa3", "a video file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3\0", "a SQLite database"),
];

/// Finds the format of a file.
///
/// A file with the wrong ending is still read as what it is; the ending decides only between the
/// formats that are all plain text.
pub fn detect_format(path: &DocumentPath, bytes: &[u8]) -> Result<Format, ParseError> {
    let extension = path.extension();
    if bytes.is_empty() {
        // A new note is an empty file.
        let format = text_format(&extension).filter(|format| is_note(*format));
        return format.ok_or(ParseError::Empty);
    }
    let head = &bytes[..bytes.len().min(SNIFF_BYTES)];
    if is_pdf(&extension, bytes) {
        return Ok(Format::Pdf);
    }
    if ZIP.iter().any(|sign| head.starts_with(sign)) {
        return detect_zip(&extension, bytes);
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(compound_file(bytes));
    }
    if let Some((_, what)) = MARKUP.iter().find(|(sign, _)| head.starts_with(sign)) {
        return Err(unsupported(what));
    }
    let sample = &bytes[..bytes.len().min(BINARY_BYTES)];
    if is_certain(head) || encoding::is_binary(sample) {
        return Err(refuse_binary(&extension, head));
    }
    Ok(detect_text(&extension, head, mail::head(bytes)))
}

/// Says whether a file is a PDF: it begins with the sign of one, or has it near its beginning and objects behind it. A
/// text that only speaks of the sign is a text.
fn is_pdf(extension: &str, bytes: &[u8]) -> bool {
    const SIGN: &[u8] = b"%PDF-";
    let head = &bytes[..bytes.len().min(PDF_SIGN_BYTES)];
    let Some(at) = head.windows(SIGN.len()).position(|window| window == SIGN) else { return false };
    if extension == "pdf" {
        return true;
    }
    let after = &bytes[at..bytes.len().min(at + SNIFF_BYTES)];
    let has_objects = after.windows(4).any(|window| window == b" obj");
    let begins_line = head[..at].iter().rev().take_while(|byte| **byte != b'\n').count() == 0;
    let is_first = head[..at].iter().all(u8::is_ascii_whitespace);
    let is_named_text = text_format(extension).is_some();
    // Whoever writes of the format may show the beginning of a file, in words around it.
    has_objects && begins_line && (is_first || !is_named_text || !after.is_ascii())
}

/// The endings of the formats that are ZIP archives.
const PACKAGES: &[(&str, Format)] = &[
    ("docx", Format::Docx),
    ("docm", Format::Docx),
    ("dotx", Format::Docx),
    ("xlsx", Format::Xlsx),
    ("xlsm", Format::Xlsx),
    ("xltx", Format::Xlsx),
    ("pptx", Format::Pptx),
    ("pptm", Format::Pptx),
    ("ppsx", Format::Pptx),
    ("potx", Format::Pptx),
    ("epub", Format::Epub),
    ("odt", Format::Odt),
    ("ott", Format::Odt),
    ("ods", Format::Ods),
    ("ots", Format::Ods),
    ("odp", Format::Odp),
    ("otp", Format::Odp),
];

fn package_of(extension: &str) -> Option<Format> {
    PACKAGES.iter().find(|(ending, _)| *ending == extension).map(|(_, format)| *format)
}

/// Tells what a ZIP archive is by its parts, and by its name where parts are missing.
fn detect_zip(extension: &str, bytes: &[u8]) -> Result<Format, ParseError> {
    let named = package_of(extension);
    let mut archive = match zip::ZipArchive::new(std::io::Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(_) if named.is_some() => {
            let reason = "the directory at the end of the package is missing".to_owned();
            return Err(ParseError::Truncated { reason });
        }
        Err(_) => return Err(unsupported("a damaged or cut off ZIP archive")),
    };
    // Some writers name parts as Windows does.
    let entries = archive.file_names().flatten();
    let entries: Vec<String> = entries.map(|name| name.to_string().replace('\\', "/")).collect();
    let begins = |folder: &str| entries.iter().any(|name| name.starts_with(folder));
    let holds = |path: &str| entries.iter().any(|name| name == path);
    let media_type = media_type(&mut archive);
    let of_media_type = match media_type.trim().strip_prefix("application/") {
        Some("epub+zip") => Some(Format::Epub),
        Some(kind) => match kind.strip_prefix("vnd.oasis.opendocument.") {
            Some("text" | "text-template" | "text-master" | "text-web") => Some(Format::Odt),
            Some("spreadsheet" | "spreadsheet-template") => Some(Format::Ods),
            Some("presentation" | "presentation-template") => Some(Format::Odp),
            Some(_) => return Err(unsupported("an OpenDocument drawing, chart or formula")),
            None => None,
        },
        None => None,
    };
    if let Some(format) = of_media_type {
        return Ok(format);
    }
    if holds("xl/workbook.bin") {
        return Err(unsupported("a binary Excel workbook"));
    }
    let office = [("word/", Format::Docx), ("xl/", Format::Xlsx), ("ppt/", Format::Pptx)];
    let by_parts = office.iter().find(|(folder, _)| begins(folder)).map(|(_, format)| *format);
    if let Some(format) = by_parts {
        return Ok(format);
    }
    match named {
        Some(format @ (Format::Docx | Format::Xlsx | Format::Pptx))
            if holds("[Content_Types].xml") =>
        {
            Ok(format)
        }
        Some(format @ (Format::Odt | Format::Ods | Format::Odp)) if holds("content.xml") => {
            Ok(format)
        }
        _ if holds("META-INF/container.xml") => Ok(Format::Epub),
        Some(_) => {
            let reason = "the package holds no document of the kind that its name says".to_owned();
            Err(ParseError::Malformed { reason })
        }
        None => Err(unsupported("a ZIP archive")),
    }
}

/// Reads the media type that books and OpenDocument files state first.
fn media_type(archive: &mut zip::ZipArchive<std::io::Cursor<&[u8]>>) -> String {
    use std::io::Read;
    let mut text = String::new();
    if let Ok(file) = archive.by_name("mimetype") {
        // Whatever cannot be read there says nothing.
        let _ = file.take(100).read_to_string(&mut text);
    }
    text
}

/// Tells an encrypted Office file from the old binary formats, which share one container.
fn compound_file(bytes: &[u8]) -> ParseError {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(name.len()).any(|window| window == name) {
        return ParseError::Encrypted;
    }
    unsupported("an old binary Office file")
}

/// Says whether a file begins with a sign that no text begins with, however short the file is.
fn is_certain(head: &[u8]) -> bool {
    let is_no_text = |byte: &u8| !byte.is_ascii() || (byte.is_ascii_control() && *byte > 0x0d);
    let certain = |sign: &[u8]| sign.iter().any(|byte| *byte == 0 || is_no_text(byte));
    UNREAD.iter().any(|(sign, _)| head.starts_with(sign) && certain(sign))
}

fn refuse_binary(extension: &str, head: &[u8]) -> ParseError {
    let known = UNREAD.iter().find(|(sign, _)| head.starts_with(sign));
    match (extension, known) {
        ("pdf", None) => {
            ParseError::Malformed { reason: "the header of a PDF is missing".to_owned() }
        }
        (extension, None) if package_of(extension).is_some() => {
            let reason = "the header of a package is missing".to_owned();
            ParseError::Malformed { reason }
        }
        (extension, _) if text_format(extension).is_some() => ParseError::Binary,
        (_, Some((_, what))) => unsupported(what),
        _ => unsupported("a binary file"),
    }
}

fn detect_text(extension: &str, head: &[u8], mail_head: &[u8]) -> Format {
    let (text, _) = encoding::decode(head);
    let start = text.trim_start().get(..).unwrap_or_default();
    let start: String = start.chars().take(512).collect::<String>().to_lowercase();
    let is_html = start.starts_with("<!doctype html")
        || (start.starts_with("<html") && has_tags(&start))
        || (start.starts_with("<?xml") && start.contains("<html"));
    match text_format(extension) {
        Some(format) if is_note(format) || format == Format::Csv => format,
        _ if mail::is_mail(extension, mail_head) => Format::Mail,
        _ if is_html => Format::Html,
        Some(format) => format,
        None => Format::Text,
    }
}

/// Says whether what begins with a tag goes on with tags, and not with words about it.
fn has_tags(start: &str) -> bool {
    start.matches('<').count() >= 2
}

fn text_format(extension: &str) -> Option<Format> {
    Some(match extension {
        "md" | "markdown" | "mdown" | "mkd" => Format::Markdown,
        "csv" | "tsv" | "tab" => Format::Csv,
        "canvas" => Format::Canvas,
        "base" => Format::Base,
        "html" | "htm" | "xhtml" => Format::Html,
        "eml" | "mht" | "mhtml" => Format::Mail,
        "txt" | "text" | "log" | "rst" | "adoc" | "org" | "tex" => Format::Text,
        _ => return None,
    })
}

/// Says whether files of a format are a vault's notes, which may well be empty.
pub(crate) fn is_note(format: Format) -> bool {
    matches!(format, Format::Markdown | Format::Canvas | Format::Base)
}

fn unsupported(what: &str) -> ParseError {
    ParseError::Unsupported { what: what.to_owned() }
}

#[cfg(test)]
mod tests;
