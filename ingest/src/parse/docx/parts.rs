//! Parts that stand somewhere in the document: documents put in, charts, and graphics made of `SmartArt`.

use quire_domain::{DocumentPath, Format};

use super::body::{Item, PartKind, Table};
use super::package::Package;
use super::xml::Tree;
use crate::{ParseLimits, encoding};

/// Documents inside documents are read down to this depth.
const MAX_DEPTH: usize = 3;
/// A chart with more rows than this is read in part.
const MAX_POINTS: usize = 2_000;

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
        Format::Docx | Format::Pdf => return None,
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

/// Reads the words of a graphic made of `SmartArt`, a point after the other.
fn diagram(data: &Tree) -> Vec<Item> {
    let mut points = Vec::new();
    data.all("pt", &mut points);
    let words = points.iter().map(|point| words(point)).filter(|words| !words.is_empty());
    words.map(Item::Listed).collect()
}

/// Joins the text of an element, a paragraph after the other.
fn words(element: &Tree) -> String {
    let mut texts = Vec::new();
    element.all("p", &mut texts);
    let paragraphs = texts.iter().map(|paragraph| {
        let mut parts = Vec::new();
        paragraph.all("t", &mut parts);
        parts.iter().map(|part| part.text.as_str()).collect::<String>()
    });
    paragraphs.filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join(" ")
}

/// Reads the data of a chart as a table: a row for each category, a column for each series.
fn chart(space: &Tree) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    let mut titles = Vec::new();
    space.all("title", &mut titles);
    // Those of the axes lie in the plot.
    let title = titles.first().map(|title| words(title)).unwrap_or_default();
    if !title.is_empty() {
        items.push(Item::Paragraph(title));
    }
    let mut series = Vec::new();
    space.all("ser", &mut series);
    let columns: Vec<Vec<String>> =
        series.iter().map(|one| points(one.child("val").or_else(|| one.child("yVal")))).collect();
    let names: Vec<String> = series
        .iter()
        .map(|one| points(one.child("tx")).into_iter().next().unwrap_or_default())
        .collect();
    let first = series.first()?;
    let categories = points(first.child("cat").or_else(|| first.child("xVal")));
    let count = columns.iter().map(Vec::len).max()?.min(MAX_POINTS);
    let mut table =
        Table { has_header: names.iter().any(|name| !name.is_empty()), ..Table::default() };
    if table.has_header {
        table.rows.push([vec![String::new()], names].concat().join(" | "));
    }
    for row in 0..count {
        let cell = |column: &Vec<String>| column.get(row).cloned().unwrap_or_default();
        let category = vec![cell(&categories)];
        table.rows.push([category, columns.iter().map(cell).collect()].concat().join(" | "));
    }
    items.push(Item::Table(table));
    Some(items)
}

/// Lists the values that are kept of some cells, in the order of their places.
fn points(cells: Option<&Tree>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(cells) = cells {
        cells.all("v", &mut found);
    }
    found.iter().map(|value| value.text.trim().to_owned()).collect()
}
