//! Parts that stand somewhere in the document: documents put in, charts, and graphics made of `SmartArt`.

use quire_domain::{DocumentPath, Format};

use super::body::{Item, PartKind, Table};
use super::xml::Tree;
use crate::parse::graphics::{self, Chart};
use crate::parse::opc::Package;
use crate::{ParseLimits, encoding};

/// Documents inside documents are read down to this depth.
const MAX_DEPTH: usize = 3;

/// Reads a part in the place where it stands; what cannot be read is warned about.
pub(super) fn read(
    kind: PartKind,
    id: &str,
    package: &mut Package<'_>,
    (limits, depth): (&ParseLimits, usize),
) -> Vec<Item> {
    let Some((path, bytes)) = package.referred(id) else {
        package.warn(format!("A part that the document shows (`{id}`) is missing from it."));
        return Vec::new();
    };
    let items = match kind {
        PartKind::Chunk => chunk(&path, &bytes, limits, depth),
        PartKind::Chart => tree(&bytes).and_then(|tree| chart(&tree)),
        PartKind::Diagram => tree(&bytes).map(|tree| diagram(&tree)),
    };
    items.unwrap_or_else(|| {
        package.warn(format!("The part `{path}`, which the document shows, was not read."));
        Vec::new()
    })
}

fn tree(bytes: &[u8]) -> Option<Tree> {
    Tree::of_part(&encoding::decode_as(encoding_rs::UTF_8, bytes).0)
}

/// Reads a document inside the document, whatever its format.
fn chunk(path: &str, bytes: &[u8], limits: &ParseLimits, depth: usize) -> Option<Vec<Item>> {
    let name: DocumentPath = path.parse().ok()?;
    let inner = match crate::detect_format(&name, bytes).ok()? {
        Format::Docx if depth < MAX_DEPTH => super::read(bytes, limits, depth + 1).ok()?,
        format if !format.is_text() => return None,
        _ => crate::parse(&name, bytes, limits).ok()?,
    };
    let page = inner.pages.first()?;
    let items = inner.blocks.iter().filter_map(|block| {
        let text = block.span.slice(&page.text)?.to_owned();
        Some(match &block.kind {
            quire_domain::BlockKind::Heading(level) => Item::Heading(*level, text),
            quire_domain::BlockKind::Table { header } => Item::Table(Table {
                rows: text.lines().map(str::to_owned).collect(),
                has_header: !header.is_empty(),
            }),
            quire_domain::BlockKind::Note => Item::Note(text),
            _ => Item::Paragraph(text),
        })
    });
    Some(items.collect())
}

fn diagram(data: &Tree) -> Vec<Item> {
    graphics::diagram(data).into_iter().map(Item::Listed).collect()
}

fn chart(space: &Tree) -> Option<Vec<Item>> {
    let Chart { title, rows, has_header } = graphics::chart(space)?;
    let title = Some(title).filter(|title| !title.is_empty()).map(Item::Paragraph);
    Some(title.into_iter().chain([Item::Table(Table { rows, has_header })]).collect())
}
