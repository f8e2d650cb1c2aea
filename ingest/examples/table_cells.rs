//! Measures how tables in PDF files are read: which cells stand under their column and beside their label.
//!
//! ```text
//! cargo run --release -p quire-ingest --example table_cells -- [--missed] FOLDER...
//! ```
//!
//! `table_cells/expected.tsv` has a cell a line, written down by hand from the pages: whether it was looked at while rules
//! were made, the file, its page, the label above the row (or `-`), the label of the row, the name of the column, and the
//! value. A cell is right if one row of a table on that page has the label, and the value stands in the one column with the name.

#![expect(clippy::print_stdout, reason = "this is a tool whose output is the point")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quire_domain::{BlockKind, DocumentPath, ParsedDocument};
use quire_ingest::{ParseLimits, parse};

const EXPECTED: &str = include_str!("table_cells/expected.tsv");

/// A cell as it stands on the page.
struct Expected<'a> {
    set: &'a str,
    file: &'a str,
    page: usize,
    group: &'a str,
    label: &'a str,
    column: &'a str,
    value: &'a str,
}

/// A row of a table as it was read.
struct Row {
    group: String,
    cells: Vec<String>,
    /// The names of its columns.
    names: Vec<String>,
}

fn main() {
    let (mut folders, mut shows_missed) = (Vec::new(), false);
    for argument in std::env::args().skip(1) {
        if argument == "--missed" {
            shows_missed = true;
        } else {
            folders.push(PathBuf::from(argument));
        }
    }
    let mut documents: BTreeMap<&str, Option<ParsedDocument>> = BTreeMap::new();
    let mut counts: BTreeMap<(&str, String), (usize, usize)> = BTreeMap::new();
    for cell in EXPECTED.lines().filter_map(expected) {
        let document = documents.entry(cell.file).or_insert_with(|| read(&folders, cell.file));
        let Some(document) = document else {
            println!("{} is in none of the folders", cell.file);
            continue;
        };
        let is_right = rows(document, cell.page).iter().any(|row| holds(row, &cell));
        if !is_right && shows_missed {
            let Expected { file, page, group, label, column, value, .. } = &cell;
            println!("missed: {file} p{page}: {group} / {label} / {column} = {value}");
        }
        for name in [format!("{} p{}", cell.file, cell.page), "all".to_owned()] {
            let count = counts.entry((cell.set, name)).or_default();
            count.0 += usize::from(is_right);
            count.1 += 1;
        }
    }
    for ((set, name), (right, all)) in counts {
        println!("{set:9} {name:32} {right:4} of {all:4}");
    }
}

fn expected(line: &str) -> Option<Expected<'_>> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [set, file, page, group, label, column, value] = fields[..] else { return None };
    Some(Expected { set, file, page: page.parse().ok()?, group, label, column, value })
}

fn read(folders: &[PathBuf], file: &str) -> Option<ParsedDocument> {
    let path = folders.iter().map(|folder| folder.join(file)).find(|path| Path::is_file(path))?;
    let bytes = std::fs::read(path).ok()?;
    let name: DocumentPath = file.parse().ok()?;
    parse(&name, &bytes, &ParseLimits::default()).ok()
}

/// Lists the rows of all tables on a page.
fn rows(document: &ParsedDocument, page: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for block in document.blocks.iter().filter(|block| block.page_index + 1 == page) {
        let BlockKind::Table { header } = &block.kind else { continue };
        let text = block.span.slice(&document.pages[block.page_index].text).unwrap_or_default();
        let mark = if text.contains(" | ") { " | " } else { "  " };
        let cells = |line: &str| -> Vec<String> { line.split(mark).map(str::to_owned).collect() };
        let header: Vec<Vec<String>> = header.lines().map(cells).collect();
        let mut group = String::new();
        for line in text.lines() {
            let cells = cells(line);
            if let [alone] = &cells[..] {
                group.clone_from(alone);
            }
            let names = (0..cells.len()).map(|at| name(&header, at, cells.len())).collect();
            rows.push(Row { group: group.clone(), cells, names });
        }
    }
    rows
}

/// Puts together the name of a column; names in several lines are spread evenly over the columns.
fn name(header: &[Vec<String>], at: usize, count: usize) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for line in header {
        let named = line.len();
        let place = match named {
            _ if header.len() == 1 || named == count => Some(at),
            named if at > 0 && named > 0 && (count - 1).is_multiple_of(named) => {
                Some((at - 1) / ((count - 1) / named))
            }
            _ => None,
        };
        parts.extend(place.and_then(|place| line.get(place)).map(String::as_str));
    }
    parts.join(" ")
}

fn holds(row: &Row, cell: &Expected<'_>) -> bool {
    let is_label = row.cells.first().is_some_and(|label| words(label) == words(cell.label));
    let is_group = cell.group == "-" || words(&row.group) == words(cell.group);
    if !is_label || !is_group {
        return false;
    }
    let wanted = words(cell.column);
    let exact: Vec<usize> =
        (1..row.names.len()).filter(|at| words(&row.names[*at]) == wanted).collect();
    let near = (1..row.names.len()).filter(|at| has_in_order(&words(&row.names[*at]), &wanted));
    let found = if exact.is_empty() { near.collect() } else { exact };
    let [column] = found[..] else { return false };
    value(&row.cells[column]) == value(cell.value)
}

fn has_in_order(words: &[String], wanted: &[String]) -> bool {
    let mut words = words.iter();
    wanted.iter().all(|word| words.any(|other| other == word))
}

/// Takes the words of a text, in small letters; raised digits are plain. Columns may differ in `$` and `%` alone.
fn words(text: &str) -> Vec<String> {
    let plain = |letter: char| match "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|raised| raised == letter)
    {
        Some(digit) => char::from(b'0' + digit as u8),
        None => letter,
    };
    let text: String = text.to_lowercase().chars().map(plain).collect();
    let text = text.replace('$', " $ ").replace('%', " % ");
    let words = text.split(|letter: char| !letter.is_alphanumeric() && !"$%".contains(letter));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn value(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '$').collect()
}
