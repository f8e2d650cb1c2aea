//! A DOCX around the XML that a fuzzer made up for its parts.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::fields::DIVIDER;

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const PARTS: &[&str] = &["styles", "numbering", "footnotes", "endnotes", "comments"];

/// Writes a package: what stands before the first zero byte is the body of the document, what
/// follows are styles, numbering and notes.
pub(crate) fn around(bytes: &[u8]) -> Vec<u8> {
    let mut parts = bytes.split(|byte| *byte == DIVIDER);
    let body = parts.next().unwrap_or_default();
    let mut package = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut put = |name: &str, pieces: &[&[u8]]| {
        package.start_file(name, options).expect("memory takes a file");
        package.write_all(&pieces.concat()).expect("memory takes bytes");
    };
    put("[Content_Types].xml", &[TYPES.as_bytes()]);
    let open = format!(r#"<w:document xmlns:w="{W}"><w:body>"#);
    put("word/document.xml", &[open.as_bytes(), body, b"</w:body></w:document>"]);
    let relation = |name: &&str| {
        let kind =
            format!("http://schemas.openxmlformats.org/officeDocument/2006/relationships/{name}");
        format!(r#"<Relationship Id="{name}" Type="{kind}" Target="{name}.xml"/>"#)
    };
    let relations: String = PARTS.iter().map(relation).collect();
    let relations = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#
    );
    put("word/_rels/document.xml.rels", &[relations.as_bytes()]);
    for (name, part) in PARTS.iter().zip(parts) {
        let (open, close) = (format!(r#"<w:{name} xmlns:w="{W}">"#), format!("</w:{name}>"));
        put(&format!("word/{name}.xml"), &[open.as_bytes(), part, close.as_bytes()]);
    }
    package.finish().expect("memory takes the end").into_inner()
}
