//! Merged cells: what one says is said for all that it covers.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Area, Grid, MAX_CELLS};

/// Gives covered cells the text of the first: downwards in every row that holds text, and to the right where columns stand
/// below, which is how groups of columns are named. Gives the rows that name such groups.
pub(super) fn fill(grid: &mut Grid) -> BTreeSet<u32> {
    let mut grouped = BTreeSet::new();
    let mut budget = MAX_CELLS;
    for area in std::mem::take(&mut grid.merged) {
        let Some(text) = text_at(grid, area.first_row, area.first_column) else { continue };
        if area.last_column > area.first_column && names_group(grid, &area) {
            grouped.insert(area.first_row);
            for column in columns_below(grid, &area) {
                put(grid, area.first_row, column, &text, &mut budget);
            }
        }
        let below = grid.rows.partition_point(|row| row.number <= area.first_row);
        let rows = grid.rows[below..].iter().take_while(|row| row.number <= area.last_row);
        let numbers: Vec<u32> = rows.map(|row| row.number).take(budget).collect();
        // Rows that are looked at count, too: areas may lie one over the other.
        budget -= numbers.len();
        for number in numbers {
            put(grid, number, area.first_column, &text, &mut budget);
        }
    }
    grouped
}

/// Says whether a merged cell stands beside others, above several columns.
fn names_group(grid: &Grid, area: &Area) -> bool {
    let beside = row_at(grid, area.first_row).is_some_and(|row| grid.rows[row].cells.len() > 1);
    beside && area.first_row == area.last_row && columns_below(grid, area).len() > 1
}

/// Lists the columns under a merged cell in which something stands in the next row.
fn columns_below(grid: &Grid, area: &Area) -> Vec<u32> {
    let covered = area.first_column..=area.last_column;
    let Some(row) = row_at(grid, area.last_row.saturating_add(1)) else { return Vec::new() };
    let cells = grid.rows[row].cells.iter().map(|(column, _)| *column);
    cells.filter(|column| covered.contains(column)).collect()
}

fn row_at(grid: &Grid, number: u32) -> Option<usize> {
    grid.rows.binary_search_by_key(&number, |row| row.number).ok()
}

fn text_at(grid: &Grid, number: u32, column: u32) -> Option<Rc<str>> {
    let row = &grid.rows[row_at(grid, number)?];
    let at = row.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
    Some(Rc::clone(&row.cells[at].1))
}

/// Writes a text into a cell that has none.
fn put(grid: &mut Grid, number: u32, column: u32, text: &Rc<str>, budget: &mut usize) {
    let Some(row) = row_at(grid, number) else { return };
    let cells = &mut grid.rows[row].cells;
    if let Err(at) = cells.binary_search_by_key(&column, |(column, _)| *column) {
        cells.insert(at, (column, Rc::clone(text)));
        *budget = budget.saturating_sub(1);
    }
}
