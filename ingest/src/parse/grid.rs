//! A sheet of cells as text: its tables with the rows that name their columns, and what stands around them.
//!
//! Cells hold what is shown. Columns without any text are left out, so that the size that a sheet states costs nothing.
//! Rows are counted as the sheet counts them.

mod merged;
mod tables;

use std::rc::Rc;

use quire_domain::{BlockKind, Warning};

use super::stored::StoredText;
use crate::{ParseError, ParseLimits};
use tables::Table;

/// The most cells that are read of a workbook; a real one with so many is data for a program.
pub(super) const MAX_CELLS: usize = 2_000_000;

/// Some cells of a sheet, rows and columns from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Area {
    pub(super) first_row: u32,
    pub(super) first_column: u32,
    pub(super) last_row: u32,
    pub(super) last_column: u32,
}

/// A row with its cells that hold text, by their columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) number: u32,
    pub(super) cells: Vec<(u32, Rc<str>)>,
}

/// A sheet.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// The rows that hold text, in their order.
    pub(super) rows: Vec<Row>,
    /// Cells that are shown as one; their text stands in the first.
    pub(super) merged: Vec<Area>,
    /// Rows that the file itself says name the columns below.
    pub(super) headers: Vec<u32>,
}

impl Grid {
    /// Writes the sheet; `limits` bound its text and its columns.
    pub(super) fn write(
        mut self,
        limits: &ParseLimits,
        stored: &mut StoredText,
    ) -> Result<(), ParseError> {
        self.put_in_order();
        let left_out = self.keep_columns(limits.max_columns);
        if left_out > 0 {
            let message = format!(
                "{left_out} columns behind the first {} were left out.",
                limits.max_columns
            );
            stored.warnings.push(Warning::new("columns_left_out", message));
        }
        let (grouped, is_filled) = merged::fill(&mut self);
        if !is_filled {
            let message = "The sheet has more merged cells than are filled in; some rows lack what a merged cell says for them.";
            stored.warnings.push(Warning::new("merged_cells_left_out", message));
        }
        self.headers.sort_unstable();
        for table in tables::find(&self, &grouped) {
            write_table(&table, limits, stored)?;
        }
        Ok(())
    }

    /// Sorts rows and cells, which a file may state in any order, and joins rows of one number.
    fn put_in_order(&mut self) {
        self.rows.sort_by_key(|row| row.number);
        self.rows.dedup_by(|later, earlier| {
            let is_same = later.number == earlier.number;
            if is_same {
                earlier.cells.append(&mut later.cells);
            }
            is_same
        });
        for row in &mut self.rows {
            row.cells.retain(|(_, text)| !text.trim().is_empty());
            row.cells.sort_by_key(|(column, _)| *column);
            row.cells.dedup_by_key(|(column, _)| *column);
        }
        self.rows.retain(|row| !row.cells.is_empty());
    }

    /// Leaves out columns beyond so many that hold text, and says how many that are.
    fn keep_columns(&mut self, most: usize) -> usize {
        let columns = columns_of(&self.rows);
        let Some(last) = columns.get(most.saturating_sub(1)).copied() else { return 0 };
        for row in &mut self.rows {
            row.cells.retain(|(column, _)| *column <= last);
        }
        columns.len() - most
    }
}

/// Lists the columns that hold text.
pub(super) fn columns_of(rows: &[Row]) -> Vec<u32> {
    let mut columns = std::collections::BTreeSet::new();
    for row in rows {
        columns.extend(row.cells.iter().map(|(column, _)| *column));
    }
    columns.into_iter().collect()
}

/// Writes rows above a table as paragraphs, and its runs of rows as blocks.
fn write_table(
    table: &Table<'_>,
    limits: &ParseLimits,
    stored: &mut StoredText,
) -> Result<(), ParseError> {
    let mut budget = limits.max_text_bytes.saturating_sub(stored.size() as u64);
    let mut lines_of = |rows: &[Row]| -> Result<String, ParseError> {
        let mut text = String::new();
        for row in rows {
            let line = table.line(row);
            budget = budget.checked_sub(line.len() as u64 + 1).ok_or(ParseError::TooLarge {
                what: "bytes of text",
                value: limits.max_text_bytes + 1,
                limit: limits.max_text_bytes,
            })?;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
        Ok(text)
    };
    for row in table.above {
        stored.push(BlockKind::Paragraph, &lines_of(std::slice::from_ref(row))?);
    }
    let header = lines_of(table.header)?;
    for (number, run) in table.runs.iter().enumerate() {
        let text = lines_of(run)?;
        let rows = run.first().zip(run.last()).map(|(first, last)| (first.number, last.number));
        let text = match (number, text.is_empty(), header.is_empty()) {
            (0, false, false) => format!("{header}\n{text}"),
            // Its columns are named, and its rows stand further down.
            (0, true, false) => header.clone(),
            _ => text,
        };
        let is_line = run.is_empty() || (header.is_empty() && run.len() == 1);
        let kind = if is_line {
            BlockKind::Paragraph
        } else {
            BlockKind::Table { header: header.clone() }
        };
        stored.push_rows(kind, &text, rows);
    }
    Ok(())
}
