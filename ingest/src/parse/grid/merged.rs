//! Merged cells: what one says is said for all that it covers.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Area, Grid, MAX_CELLS, Row};

/// Moving so many cells to make room costs as much as filling one in.
const MOVED_FOR_ONE: usize = 32;

/// Gives covered cells the text of the first: downwards in every row that holds text, and to the right where columns stand
/// below, which is how groups of columns are named. Gives the rows that name such groups, and whether all was filled in: there is
/// a limit on what that may cost.
pub(super) fn fill(grid: &mut Grid) -> (BTreeSet<u32>, bool) {
    let mut grouped = BTreeSet::new();
    let mut budget = MAX_CELLS;
    for area in std::mem::take(&mut grid.merged) {
        if budget == 0 {
            return (grouped, false);
        }
        let Some(text) = text_at(grid, area.first_row, area.first_column) else { continue };
        let columns = columns_below(grid, &area);
        // What is looked at counts, too: areas may lie one over the other.
        budget = budget.saturating_sub(columns.len());
        if area.last_column > area.first_column && names_group(grid, &area, columns.len()) {
            grouped.insert(area.first_row);
            for column in columns {
                put(grid, area.first_row, column, &text, &mut budget);
            }
        }
        let below = grid.rows.partition_point(|row| row.number <= area.first_row);
        let rows = grid.rows[below..].iter().take_while(|row| row.number <= area.last_row);
        let numbers: Vec<u32> = rows.map(|row| row.number).take(budget).collect();
        budget -= numbers.len();
        for number in numbers {
            put(grid, number, area.first_column, &text, &mut budget);
        }
    }
    (grouped, budget > 0)
}

/// Says whether a merged cell stands beside others, above several columns.
fn names_group(grid: &Grid, area: &Area, columns: usize) -> bool {
    let beside = row_at(grid, area.first_row).is_some_and(|row| grid.rows[row].cells.len() > 1);
    beside && area.first_row == area.last_row && columns > 1
}

/// Lists the columns under a merged cell in which something stands in the next row.
fn columns_below(grid: &Grid, area: &Area) -> Vec<u32> {
    let Some(row) = row_at(grid, area.last_row.saturating_add(1)) else { return Vec::new() };
    let Row { cells, .. } = &grid.rows[row];
    let from = cells.partition_point(|(column, _)| *column < area.first_column);
    let inside = cells[from..].iter().take_while(|(column, _)| *column <= area.last_column);
    inside.map(|(column, _)| *column).collect()
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
        if *budget == 0 {
            return;
        }
        *budget = budget.saturating_sub(1 + (cells.len() - at) / MOVED_FOR_ONE);
        cells.insert(at, (column, Rc::clone(text)));
    }
}
