//! The search for furniture: the outermost rows of all pages are compared, and then the next ones.

use std::collections::HashMap;

use super::MIN_PAGES;
use super::page_number;
use super::rows::{self, Cell, Edge, Row};
use super::said::Said;
use crate::parse::pdf::PageLines;
use crate::parse::pdf::headings;

/// Headers and footers of more lines than this are left in.
const MAX_LINES: usize = 4;
/// The share of the rows at one height that must be furniture before any of them is, in tenths.
const LEAST_TENTHS: usize = 6;
/// The share of all pages that must have their outermost row at that height: one in so many.
const LEAST_SHARE: usize = 5;
/// A page number anywhere at the edge must stand on one in so many pages.
const EVERYWHERE_SHARE: usize = 3;
/// Pages with at least this many lines are running text: numbers that begin above 1 may be theirs.
const DENSE_LINES: usize = 20;
/// Type so many times as large as the text is a title.
const LARGER_TYPE: f32 = 1.15;

/// Finds the rows that are furniture, from the outermost inwards.
pub(super) fn find(pages: &[PageLines]) -> Vec<Row> {
    let largest = headings::body_size(pages) as f32 / 10.0 * LARGER_TYPE;
    let mut lengths: Vec<usize> = pages.iter().map(|page| page.lines.len()).collect();
    lengths.sort_unstable();
    let is_dense = lengths.get(lengths.len() / 2).is_some_and(|length| *length >= DENSE_LINES);
    let said = Said::new(pages, largest);
    let mut found: Vec<Row> = Vec::new();
    for edge in [Edge::Top, Edge::Bottom] {
        for _ in 0..MAX_LINES {
            let outermost = rows::outermost(pages, edge, &found);
            let round = Round::new(&outermost, is_dense);
            let is_furniture = |row: &&Row| {
                let is_title = row.size > largest && !round.has_page_number(row);
                !is_title && round.is_furniture(row, &said)
            };
            let alike: Vec<&Row> = outermost.iter().filter(is_furniture).collect();
            let (all_at, alike_at) = (count_slots(&outermost), count_slots(alike.iter().copied()));
            let is_usual = |row: &Row| {
                // Pages that end early have their number higher up.
                let is_everywhere = || {
                    round.has_page_number(row)
                        && alike.len() * EVERYWHERE_SHARE
                            >= pages.len().max(MIN_PAGES * EVERYWHERE_SHARE)
                };
                if !row.in_margin {
                    return is_everywhere();
                }
                let (all, alike) = (near(&all_at, row.slot), near(&alike_at, row.slot));
                let is_usual_there = alike >= MIN_PAGES
                    && all * LEAST_SHARE >= pages.len()
                    && alike * 10 >= all * LEAST_TENTHS;
                is_usual_there || is_everywhere()
            };
            let usual = alike.iter().filter(|row| is_usual(row));
            let rows: Vec<Row> = usual.map(|row| round.described(row, &said)).collect();
            if rows.is_empty() {
                break;
            }
            found.extend(rows);
        }
    }
    found
}

/// Counts rows by their height.
fn count_slots<'a>(rows: impl IntoIterator<Item = &'a Row>) -> HashMap<i32, usize> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(row.slot).or_default() += 1;
    }
    counts
}

/// Sums what is counted at about one height.
fn near(counts: &HashMap<i32, usize>, slot: i32) -> usize {
    (slot - 1..=slot + 1).filter_map(|slot| counts.get(&slot)).sum()
}

/// The outermost rows of all pages at one edge, compared with each other.
struct Round<'a> {
    /// On how many pages each text stands at each height.
    texts: HashMap<(&'a str, i32), Pages>,
    /// On how many pages each text stands at whatever height.
    anywhere: HashMap<&'a str, Pages>,
    /// On how many pages a text stands that differs in its number only.
    templates: HashMap<&'a str, Pages>,
    /// The same for each distance between that number and the page's own.
    in_step: HashMap<(&'a str, i64), Pages>,
    /// Whether the pages are full of text.
    is_dense: bool,
}

/// How many pages something stands on; they are counted in their order.
#[derive(Default)]
struct Pages {
    count: usize,
    last: Option<usize>,
}

impl Pages {
    fn add(&mut self, page: usize) {
        self.count += usize::from(self.last != Some(page));
        self.last = Some(page);
    }
}

impl<'a> Round<'a> {
    fn new(rows: &'a [Row], is_dense: bool) -> Self {
        let (texts, anywhere, templates, in_step) = Default::default();
        let mut round = Self { texts, anywhere, templates, in_step, is_dense };
        for row in rows {
            for cell in &row.cells {
                round.texts.entry((&cell.text, row.slot)).or_default().add(row.page);
                round.anywhere.entry(&cell.text).or_default().add(row.page);
                for number in &cell.numbers {
                    let template = number.template.as_str();
                    round.templates.entry(template).or_default().add(row.page);
                    let step = number.value - row.page as i64;
                    round.in_step.entry((template, step)).or_default().add(row.page);
                }
            }
        }
        round
    }

    fn has_page_number(&self, row: &Row) -> bool {
        (0..row.cells.len()).any(|index| self.page_number(row, index).is_some())
    }

    /// Tells if every part of a row repeats words or counts along with the pages.
    fn is_furniture(&self, row: &Row, said: &Said) -> bool {
        let has_letters = |cell: &Cell| cell.text.chars().any(char::is_alphabetic);
        row.cells.iter().enumerate().all(|(index, cell)| {
            let is_content = page_number::states_amount(&cell.text)
                || cell.text.ends_with(':')
                || !has_letters(cell);
            self.page_number(row, index).is_some()
                || (!is_content && (self.repeats(row, cell) || said.before(&cell.text, row.page)))
        })
    }

    /// Tells if a text stands at one height on several pages; beside the page's number, at any.
    fn repeats(&self, row: &Row, cell: &Cell) -> bool {
        let text = cell.text.as_str();
        if self.has_page_number(row) {
            return self.anywhere.get(text).is_some_and(|pages| pages.count >= 2);
        }
        let slots = row.slot - 1..=row.slot + 1;
        let pages = slots.filter_map(|slot| self.texts.get(&(text, slot)));
        pages.map(|pages| pages.count).sum::<usize>() >= MIN_PAGES
    }

    /// Finds the number of a cell that counts along with the pages, by its place in the cell.
    fn page_number(&self, row: &Row, index: usize) -> Option<usize> {
        let cell = row.cells.get(index)?;
        let before = index.checked_sub(1).and_then(|before| row.cells.get(before));
        if before.is_some_and(|before| page_number::is_label(&before.text)) {
            return None;
        }
        cell.numbers.iter().position(|number| {
            let template = number.template.as_str();
            let step = number.value - row.page as i64;
            let pages = self.templates.get(template).map_or(0, |pages| pages.count);
            let in_step = self.in_step.get(&(template, step)).map_or(0, |pages| pages.count);
            // An excerpt begins with a later page, but tickets and invoices have numbers as well.
            let is_only = row.cells.len() == 1 && number.is_alone && number.value < 1900;
            let may_begin_later = number.is_worded || (is_only && self.is_dense);
            pages >= MIN_PAGES && in_step >= 2 && (step <= 1 || may_begin_later)
        })
    }

    /// Copies a row, and notes of each cell which number counts and if a heading says its words.
    fn described(&self, row: &Row, said: &Said) -> Row {
        let mut copy = row.clone();
        for (index, cell) in copy.cells.iter_mut().enumerate() {
            let number = self.page_number(row, index);
            cell.numbers = number.map(|at| cell.numbers.swap_remove(at)).into_iter().collect();
            cell.is_said_before = said.before(&cell.text, row.page);
        }
        copy
    }
}
