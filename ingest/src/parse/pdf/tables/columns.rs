//! The columns of a table without borders: where no row has text, one column ends and another begins.

use super::figures::{self, Kind};
use super::pieces::Piece;

/// A gap between columns is at least so wide, in font sizes.
const LEAST_GUTTER: f32 = 0.25;
/// One row in so many may have text across a gap.
const ROWS_FOR_ONE_ACROSS: usize = 12;
/// So many of ten cells of a column of figures are figures.
const FIGURE_TENTHS: usize = 6;
/// Edges of cells in a column may differ by so much, in font sizes.
const RAGGED: f32 = 1.0;
/// The text of a cell beside figures is no longer than this.
const LONGEST_CELL: usize = 60;

/// A column, from the left edge of its cells to the right one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) x0: f32,
    pub(super) x1: f32,
}

/// The columns of a table, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) list: Vec<Column>,
}

impl Columns {
    /// Finds the columns of rows, in type of this size.
    pub(super) fn find(rows: &[&[Piece]], size: f32) -> Self {
        let most_across = rows.len() / ROWS_FOR_ONE_ACROSS;
        let pieces = || rows.iter().flat_map(|row| row.iter());
        // At the same place, a piece begins before another ends.
        let mut edges: Vec<(f32, i32)> =
            pieces().flat_map(|piece| [(piece.x0, 1), (piece.x1, -1)]).collect();
        edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let mut columns: Vec<Column> = Vec::new();
        let mut open = 0;
        let mut start: Option<f32> = None;
        for (x, step) in edges {
            let was_open = open > most_across as i32;
            open += step;
            let is_open = open > most_across as i32;
            match (was_open, is_open) {
                (false, true) => start = Some(x),
                (true, false) => {
                    let x0 = start.take().unwrap_or(x);
                    match columns.last_mut() {
                        Some(last) if x0 - last.x1 < LEAST_GUTTER * size => last.x1 = x,
                        _ => columns.push(Column { x0, x1: x }),
                    }
                }
                _ => {}
            }
        }
        Self { list: columns }
    }

    /// Gives the column in which a place lies, or the nearest.
    pub(super) fn at(&self, x: f32) -> usize {
        let borders = self.list.windows(2).map(|pair| f32::midpoint(pair[0].x1, pair[1].x0));
        borders.take_while(|border| *border <= x).count()
    }

    /// Gives the columns that a piece stands in.
    pub(super) fn of(&self, piece: &Piece) -> std::ops::Range<usize> {
        let inset = ((piece.x1 - piece.x0) * 0.1).min(2.0);
        self.at(piece.x0 + inset)..self.at(piece.x1 - inset) + 1
    }

    /// Says whether rows are surely those of a table: figures stand below each other beside what they are figures of.
    pub(super) fn are_of_table(&self, rows: &[&[Piece]], size: f32, has_header: bool) -> bool {
        let count = self.list.len();
        let least_rows = if has_header { 2 } else { 3 };
        if count < 2 || rows.len() < least_rows {
            return false;
        }
        let cells = |column: usize| -> Vec<&Piece> {
            let is_here = |piece: &&Piece| self.at(piece.middle()) == column;
            rows.iter().flat_map(|row| row.iter().filter(is_here)).collect()
        };
        let mut figure_columns = 0;
        let mut has_amounts = false;
        for column in 1..count {
            let cells = cells(column);
            let figures = cells.iter().filter(|cell| cell.kind.is_figure()).count();
            let letters = cells.iter().map(|cell| cell.text.chars().count()).max().unwrap_or(0);
            let asks = cells.iter().filter(|cell| cell.text.ends_with(':')).count();
            if letters > LONGEST_CELL || asks * 4 > cells.len() {
                return false;
            }
            if figures * 10 >= cells.len() * FIGURE_TENTHS && figures > 0 && is_even(&cells, size) {
                figure_columns += 1;
                has_amounts |= cells.iter().filter(|cell| cell.kind == Kind::Amount).count() >= 2;
            } else if letters > LONGEST_CELL / 2 {
                return false;
            }
        }
        let labels = cells(0);
        let with_words = labels.iter().filter(|cell| cell.kind == Kind::Words).count();
        let has_labels = with_words * 2 >= rows.len() || has_header;
        let most_figures = figure_columns * 2 >= count - 1 || figure_columns >= 2;
        has_labels && has_amounts && most_figures && !self.is_contents(rows, has_header)
    }

    /// Says whether rows are those of a table of contents or the like: the only figures count up, as pages do.
    fn is_contents(&self, rows: &[&[Piece]], has_header: bool) -> bool {
        let last = self.list.len() - 1;
        let numbers: Vec<Option<u32>> = rows
            .iter()
            .filter_map(|row| row.iter().rfind(|piece| self.at(piece.middle()) == last))
            .map(|piece| figures::plain_number(&piece.text))
            .collect();
        let is_plain =
            numbers.iter().filter(|number| number.is_some()).count() * 10 >= numbers.len() * 8;
        let plain: Vec<u32> = numbers.into_iter().flatten().collect();
        let rises = plain.windows(2).filter(|pair| pair[0] <= pair[1]).count();
        let others_are_words = rows.iter().flat_map(|row| row.iter()).all(|piece| {
            let column = self.at(piece.middle());
            column == 0 || column == last || !piece.kind.is_value()
        });
        let counts_up = rises * 10 >= plain.len().saturating_sub(1) * 9;
        is_plain && others_are_words && counts_up && (plain.len() >= 3 || !has_header)
    }
}

/// Says whether the cells of a column begin, end or stand at one place.
fn is_even(cells: &[&Piece], size: f32) -> bool {
    let spread = |edge: fn(&Piece) -> f32| {
        let mut edges: Vec<f32> = cells.iter().map(|cell| edge(cell)).collect();
        edges.sort_by(f32::total_cmp);
        let middle = edges.get(edges.len() / 2).copied().unwrap_or(0.0);
        edges.iter().filter(|edge| (**edge - middle).abs() <= RAGGED * size).count()
    };
    let most = spread(|cell| cell.x0).max(spread(|cell| cell.x1)).max(spread(Piece::middle));
    most * 10 >= cells.len() * 7
}
