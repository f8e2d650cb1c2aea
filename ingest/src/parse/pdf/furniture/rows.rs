//! The outermost row of a page: what stands at one height, at the top or at the bottom.

use super::letters;
use super::page_number::{self, Candidate};
use crate::parse::pdf::PageLines;

/// Furniture stands in this share of the page's height, above and below.
pub(super) const MARGIN: f32 = 0.14;
/// Heights are compared in steps of so many points.
const SLOT: f32 = 3.0;

/// An edge of the page.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Edge {
    /// The upper one.
    Top,
    /// The lower one.
    Bottom,
}

/// What stands at one height of a page.
#[derive(Clone)]
pub(super) struct Row {
    /// The page, from 0.
    pub(super) page: usize,
    /// Its lines, which columns may have kept apart.
    pub(super) lines: Vec<usize>,
    /// Its cells, as they are read.
    pub(super) cells: Vec<Cell>,
    /// Its height, in steps of [`SLOT`].
    pub(super) slot: i32,
    /// The size of its largest type.
    pub(super) size: f32,
    /// Whether it stands in the page's margin.
    pub(super) in_margin: bool,
}

/// One part of a row.
#[derive(Clone)]
pub(super) struct Cell {
    /// What it says.
    pub(super) text: String,
    /// The numbers in it that could be the page's.
    pub(super) numbers: Vec<Candidate>,
    /// Whether the text of its page or of one before says the same.
    pub(super) is_said_before: bool,
}

impl Cell {
    fn new(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let numbers = page_number::candidates(&text);
        Self { text, numbers, is_said_before: false }
    }

    /// Gives the words that would be lost with it, as letters: without the page's number, and none
    /// if a heading says them.
    pub(super) fn words(&self) -> String {
        if self.is_said_before {
            return String::new();
        }
        match self.numbers.first() {
            Some(number) => number.words.clone(),
            None => letters(&self.text),
        }
    }
}

/// Lists the outermost row of every page, without those that were found before.
pub(super) fn outermost(pages: &[PageLines], edge: Edge, found: &[Row]) -> Vec<Row> {
    let mut taken: Vec<Vec<usize>> = vec![Vec::new(); pages.len()];
    for row in found {
        taken[row.page].extend(&row.lines);
    }
    let rows = pages.iter().zip(&taken).enumerate();
    rows.filter_map(|(index, (page, taken))| row(index, page, edge, taken)).collect()
}

fn row(index: usize, page: &PageLines, edge: Edge, taken: &[usize]) -> Option<Row> {
    let upright = || {
        let lines = page.lines.iter().enumerate();
        lines.filter(|(at, line)| line.turns == 0 && !taken.contains(at))
    };
    let outer = match edge {
        Edge::Top => upright().map(|(_, line)| line.y).min_by(f32::total_cmp),
        Edge::Bottom => upright().map(|(_, line)| line.y).max_by(f32::total_cmp),
    }?;
    let height = page.size.1;
    let mut beside: Vec<_> = upright().filter(|(_, line)| (line.y - outer).abs() < 2.0).collect();
    beside.sort_by(|a, b| a.1.x0.total_cmp(&b.1.x0));
    Some(Row {
        page: index,
        cells: beside.iter().flat_map(|(_, line)| line.text.split("  ")).map(Cell::new).collect(),
        slot: (outer / SLOT).round() as i32,
        size: beside.iter().map(|(_, line)| line.size).fold(0.0, f32::max),
        in_margin: match edge {
            Edge::Top => outer < height * MARGIN,
            Edge::Bottom => outer > height * (1.0 - MARGIN),
        },
        lines: beside.iter().map(|(at, _)| *at).collect(),
    })
}
