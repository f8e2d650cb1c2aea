//! Packages made by hand, for tests: whatever parts they are given.

use std::io::{Cursor, Write};

use quire_domain::{Block, BlockKind, ParsedDocument};
use zip::write::SimpleFileOptions;

/// Packs parts, each with its path.
pub(super) fn pack(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in parts {
        writer.start_file(*path, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("its bytes");
    }
    writer.finish().expect("a package").into_inner()
}

/// Writes the relationships of a part: id, kind and target.
pub(super) fn rels(links: &[(&str, &str, &str)]) -> String {
    let link = |(id, kind, target): &(&str, &str, &str)| {
        format!("<Relationship Id='{id}' Type='http://x/{kind}' Target='{target}'/>")
    };
    format!("<Relationships>{}</Relationships>", links.iter().map(link).collect::<String>())
}

/// Gives the text of a block.
pub(super) fn text_of<'a>(document: &'a ParsedDocument, block: &Block) -> &'a str {
    block.span.slice(&document.pages[block.page_index].text).expect("blocks lie in the text")
}

/// Lists the blocks as `page kind text`.
pub(super) fn shown(document: &ParsedDocument) -> Vec<String> {
    let show = |block: &Block| {
        let kind = match &block.kind {
            BlockKind::Heading(level) => format!("h{level}"),
            BlockKind::Paragraph => "p".to_owned(),
            BlockKind::List => "list".to_owned(),
            BlockKind::Table { header } if header.is_empty() => "table".to_owned(),
            BlockKind::Table { header } => format!("table[{header}]"),
            BlockKind::Code => "code".to_owned(),
            BlockKind::Note => "note".to_owned(),
        };
        let page = document.pages[block.page_index].number.unwrap_or(0);
        format!("{page} {kind} {}", text_of(document, block))
    };
    document.blocks.iter().map(show).collect()
}

/// Lists the codes of the warnings.
pub(super) fn codes(document: &ParsedDocument) -> Vec<&str> {
    document.warnings.iter().map(|warning| warning.code.as_str()).collect()
}
