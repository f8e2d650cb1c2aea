//! Grids of drawn lines: their rows and columns, and which of their cells are one because no line divides them.

use crate::parse::pdf::rules::{Rule, Rules};

/// Lines that are so near, in points, meet, or are one border.
const NEAR: f32 = 2.5;
/// Rows and columns are no narrower than this, in points.
const NARROWEST: f32 = 4.0;
/// A border is drawn along this share of a cell's side.
const DRAWN: f32 = 0.6;
/// A page with more lines than this has a drawing.
const MAX_RULES: usize = 3_000;
/// A grid has no more rows or columns than these.
const MAX_ROWS: usize = 400;
const MAX_COLUMNS: usize = 60;
/// So many of ten borders inside of a table are drawn; boxes of a form have none in common.
const EVEN_TENTHS: usize = 6;

/// A grid with at least two rows and two columns.
pub(super) struct Grid {
    xs: Vec<f32>,
    ys: Vec<f32>,
    /// For each row, the region that each column belongs to.
    cells: Vec<Vec<usize>>,
    /// The first row of each region.
    first_rows: Vec<usize>,
}

impl Grid {
    /// Counts the rows.
    pub(super) fn rows(&self) -> usize {
        self.cells.len()
    }

    /// Counts the columns.
    pub(super) fn columns(&self) -> usize {
        self.xs.len() - 1
    }

    /// Counts the regions: cells, those that are one counted once.
    pub(super) fn regions(&self) -> usize {
        self.first_rows.len()
    }

    /// Lists the regions of a row by its columns.
    pub(super) fn row(&self, row: usize) -> &[usize] {
        &self.cells[row]
    }

    /// Gives the row in which a region begins.
    pub(super) fn first_row(&self, region: usize) -> usize {
        self.first_rows[region]
    }

    /// Finds the row at a height.
    pub(super) fn row_at(&self, y: f32) -> Option<usize> {
        interval(&self.ys, y)
    }

    /// Finds the region of a row at a distance from the left.
    pub(super) fn region_at(&self, row: usize, x: f32) -> Option<usize> {
        interval(&self.xs, x).map(|column| self.cells[row][column])
    }

    /// Says whether most rows have all columns: borders go through, as they do not in forms.
    pub(super) fn is_even(&self) -> bool {
        let mut drawn = 0;
        let mut all = 0;
        for row in &self.cells {
            // A row of one cell is the title of those below.
            if row.iter().all(|region| *region == row[0]) {
                continue;
            }
            all += row.len() - 1;
            drawn += row.windows(2).filter(|pair| pair[0] != pair[1]).count();
        }
        all > 0 && drawn * 10 >= all * EVEN_TENTHS
    }
}

fn interval(borders: &[f32], place: f32) -> Option<usize> {
    let at = borders.partition_point(|border| *border <= place);
    (at > 0 && at < borders.len()).then(|| at - 1)
}

/// Finds the grids of a page, from top to bottom.
pub(super) fn find(rules: &Rules) -> Vec<Grid> {
    if rules.across.len() + rules.down.len() > MAX_RULES || rules.down.is_empty() {
        return Vec::new();
    }
    let mut grids: Vec<Grid> =
        connected(rules).into_iter().filter_map(|(across, down)| grid(&across, &down)).collect();
    grids.sort_by(|a, b| a.ys[0].total_cmp(&b.ys[0]));
    grids
}

/// Gathers lines that meet.
fn connected(rules: &Rules) -> Vec<(Vec<Rule>, Vec<Rule>)> {
    let count = rules.across.len();
    let mut parents: Vec<usize> = (0..count + rules.down.len()).collect();
    for (across, a) in rules.across.iter().enumerate() {
        for (down, d) in rules.down.iter().enumerate() {
            let meets = (a.from - NEAR..=a.to + NEAR).contains(&d.at)
                && (d.from - NEAR..=d.to + NEAR).contains(&a.at);
            if meets {
                unite(&mut parents, across, count + down);
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, (Vec<Rule>, Vec<Rule>)> =
        std::collections::BTreeMap::new();
    for at in 0..parents.len() {
        let root = root(&mut parents, at);
        let group = groups.entry(root).or_default();
        match at.checked_sub(count) {
            None => group.0.push(rules.across[at]),
            Some(down) => group.1.push(rules.down[down]),
        }
    }
    groups.into_values().filter(|(across, down)| across.len() > 1 && !down.is_empty()).collect()
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn unite(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    let (first, second) = (a.min(b), a.max(b));
    parents[second] = first;
}

fn grid(across: &[Rule], down: &[Rule]) -> Option<Grid> {
    let ends = |rules: &[Rule]| {
        let from = rules.iter().map(|rule| rule.from).fold(f32::MAX, f32::min);
        let to = rules.iter().map(|rule| rule.to).fold(f32::MIN, f32::max);
        [from, to]
    };
    let places = |rules: &[Rule]| rules.iter().map(|rule| rule.at).collect::<Vec<f32>>();
    let xs = borders([places(down), ends(across).to_vec()].concat());
    let ys = borders([places(across), ends(down).to_vec()].concat());
    let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    if !(2..=MAX_COLUMNS).contains(&columns) || !(2..=MAX_ROWS).contains(&rows) {
        return None;
    }
    let mut parents: Vec<usize> = (0..columns * rows).collect();
    for row in 0..rows {
        for column in 0..columns {
            let cell = row * columns + column;
            let side = (ys[row], ys[row + 1]);
            if column > 0 && !is_drawn(down, xs[column], side) {
                unite(&mut parents, cell - 1, cell);
            }
            let side = (xs[column], xs[column + 1]);
            if row > 0 && !is_drawn(across, ys[row], side) {
                unite(&mut parents, cell - columns, cell);
            }
        }
    }
    let mut numbers: std::collections::HashMap<usize, usize> = std::collections::HashMap::new();
    let mut first_rows = Vec::new();
    let mut cells = vec![vec![0; columns]; rows];
    for (row, cells) in cells.iter_mut().enumerate() {
        for (column, cell) in cells.iter_mut().enumerate() {
            let root = root(&mut parents, row * columns + column);
            let region = *numbers.entry(root).or_insert_with(|| {
                first_rows.push(row);
                first_rows.len() - 1
            });
            *cell = region;
        }
    }
    Some(Grid { xs, ys, cells, first_rows })
}

/// Sorts places of lines; those of one border are united.
fn borders(mut places: Vec<f32>) -> Vec<f32> {
    places.sort_by(f32::total_cmp);
    let mut borders: Vec<f32> = Vec::new();
    for place in places {
        if borders.last().is_none_or(|last| place - last >= NARROWEST) {
            borders.push(place);
        }
    }
    borders
}

/// Says whether a line is drawn along a side of a cell.
fn is_drawn(rules: &[Rule], at: f32, (from, to): (f32, f32)) -> bool {
    // Lines are sorted by their places.
    let first = rules.partition_point(|rule| rule.at < at - NARROWEST);
    let near = rules[first..].iter().take_while(|rule| rule.at <= at + NARROWEST);
    let drawn: f32 = near.map(|rule| (rule.to.min(to) - rule.from.max(from)).max(0.0)).sum();
    drawn >= DRAWN * (to - from)
}
