//! Charts and SmartArt graphics: parts of their own that documents, sheets and slides show.

use super::xml::Tree;

/// A chart with more rows than this is read in part.
const MAX_POINTS: usize = 2_000;

/// What a chart shows, as a table: a row for each category, a column for each series.
pub(super) struct Chart {
    /// Its title; often empty.
    pub(super) title: String,
    /// The rows, the names of the series first if they have any.
    pub(super) rows: Vec<String>,
    /// Whether the first row names the series.
    pub(super) has_header: bool,
}

/// Reads the data of a chart.
pub(super) fn chart(space: &Tree) -> Option<Chart> {
    let mut titles = Vec::new();
    space.all("title", &mut titles);
    // Those of the axes lie in the plot.
    let title = titles.first().map(|title| words(title)).unwrap_or_default();
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
    let has_header = names.iter().any(|name| !name.is_empty());
    let mut rows = Vec::new();
    if has_header {
        rows.push([vec![String::new()], names].concat().join(" | "));
    }
    for row in 0..count {
        let cell = |column: &Vec<String>| column.get(row).cloned().unwrap_or_default();
        let category = vec![cell(&categories)];
        rows.push([category, columns.iter().map(cell).collect()].concat().join(" | "));
    }
    Some(Chart { title, rows, has_header })
}

/// Reads the words of a SmartArt graphic, a point after the other.
pub(super) fn diagram(data: &Tree) -> Vec<String> {
    let mut points = Vec::new();
    data.all("pt", &mut points);
    points.iter().map(|point| words(point)).filter(|words| !words.is_empty()).collect()
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

/// Lists the values that are kept of some cells, in the order of their places.
fn points(cells: Option<&Tree>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(cells) = cells {
        cells.all("v", &mut found);
    }
    found.iter().map(|value| value.text.trim().to_owned()).collect()
}
