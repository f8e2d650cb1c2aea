//! Lines of East Asia that run downwards, set with fonts that do not say so: glyphs stand upright, one below another.
//!
//! A **cell** is what stands in one place of such a line: a square letter, a few digits side by side, or letters that lie on
//! their side. Cells that follow each other downwards make a line. It becomes one of turned text, as lines of fonts that
//! run downwards are.

use super::east_asia::is_square;
use super::glyphs::{self, Glyph};

/// The upper edge of a square letter lies so far above its baseline, in font sizes.
pub(super) const TOP: f32 = 0.88;
/// The baseline that letters in the middle of such a line have, counted from the middle, in font sizes: so that the box of the
/// line is in the middle, too.
pub(super) const BASELINE: f32 = 0.3;
/// The middles of cells in one line lie no further apart than this, in font sizes.
const OFF: f32 = 0.3;
/// Between two cells of a line is no more room than this, in font sizes; a little is set into each other.
const ROOM: f32 = 1.0;
const OVERLAP: f32 = 0.3;
/// Digits side by side take no more room than this, in font sizes.
const WIDEST: f32 = 1.35;
/// On a page that runs across, a line downwards has at least so many square letters, with no more than this room between them.
const LEAST: usize = 4;
const NARROW: f32 = 0.2;
/// Lines follow each other within so many font sizes, and begin at one height, more or less.
const NEXT_LINE: f32 = 4.0;
const SAME_HEIGHT: f32 = 1.5;

/// What stands in one place of a line that may run downwards; coordinates are those of the page as it is shown.
struct Cell {
    /// Its glyphs.
    glyphs: std::ops::Range<usize>,
    middle: f32,
    width: f32,
    top: f32,
    bottom: f32,
    size: f32,
    /// Whether it is one square letter.
    is_square: bool,
    /// Whether its glyphs are turned already.
    is_turned: bool,
}

/// Turns the glyphs of lines that run downwards, as those of fonts that say so are turned.
pub(super) fn turn(all: &mut Vec<Glyph>, text: &str, page_size: (f32, f32)) {
    if !text.contains(is_square) {
        return;
    }
    let cells = cells(all, text, page_size);
    let is_downwards = is_downwards(&cells);
    let mut lines: Vec<std::ops::Range<usize>> = Vec::new();
    let mut start = 0;
    while start < cells.len() {
        let mut end = start + 1;
        while end < cells.len() && follows(&cells[end - 1], &cells[end]) {
            end += 1;
        }
        let before = lines.last().and_then(|line| cells.get(line.start));
        let is_line = match &cells[start..end] {
            [alone] => alone.is_turned || (is_downwards && is_last_letter(&cells, start, before)),
            line => is_line(line, is_downwards),
        };
        if is_line {
            lines.push(start..end);
        }
        start = end;
    }
    let mut gone: Vec<usize> = Vec::new();
    for line in lines {
        let size = cells[line.clone()].iter().map(|cell| cell.size).fold(0.0, f32::max);
        for cell in cells[line].iter().filter(|cell| !cell.is_turned) {
            let Some(last) = all.get(cell.glyphs.end - 1).map(|glyph| glyph.text.end) else {
                continue;
            };
            let Some(first) = all.get_mut(cell.glyphs.start) else { continue };
            first.text.end = last;
            // What is set smaller has the room of a square letter around it.
            let middle = f32::midpoint(cell.top, cell.bottom);
            let half = if cell.is_square { cell.size } else { size } / 2.0;
            (first.x0, first.x1) = (middle - half, middle + half);
            first.y = glyphs::turned_back((cell.middle, 0.0), 1, page_size).1 + BASELINE * size;
            first.size = if cell.is_square { cell.size } else { size };
            first.turns = 1;
            gone.extend(cell.glyphs.clone().skip(1));
        }
    }
    let mut at = 0;
    let mut gone = gone.into_iter().peekable();
    all.retain(|_| {
        at += 1;
        gone.next_if_eq(&(at - 1)).is_none()
    });
}

/// Lists what stands where, in the order in which it is drawn; blanks are left out.
fn cells(all: &[Glyph], text: &str, page_size: (f32, f32)) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (at, glyph) in all.iter().enumerate() {
        let says = text.get(glyph.text.clone()).unwrap_or_default().trim();
        if says.is_empty() {
            continue;
        }
        let mut letters = says.chars();
        let is_square = letters.next().is_some_and(is_square) && letters.next().is_none();
        let cell = cell(glyph, (at, is_square), page_size);
        match cells.last_mut() {
            Some(last) if goes_on(last, &cell) => {
                last.glyphs.end = cell.glyphs.end;
                let (left, right) =
                    (last.middle - last.width / 2.0, cell.middle + cell.width / 2.0);
                if !last.is_turned {
                    (last.middle, last.width) = (f32::midpoint(left, right), right - left);
                }
                (last.top, last.bottom) = (last.top.min(cell.top), last.bottom.max(cell.bottom));
            }
            _ => cells.push(cell),
        }
    }
    cells
}

fn cell(glyph: &Glyph, (at, is_square): (usize, bool), page_size: (f32, f32)) -> Cell {
    let size = glyph.size;
    let cell = |middle: f32, (top, bottom): (f32, f32), width: f32| Cell {
        glyphs: at..at + 1,
        middle,
        width,
        top,
        bottom,
        size,
        is_square,
        is_turned: glyph.turns == 1,
    };
    if glyph.turns == 1 {
        let (x, y) = (glyph.x0, glyph.y - BASELINE * size);
        let (middle, ..) = glyphs::turned_forth((x, y, x, y), 1, page_size);
        return cell(middle, (glyph.x0, glyph.x1), size);
    }
    // Text of other turns is far from any line.
    let y = if glyph.turns == 0 { glyph.y } else { f32::MIN / 4.0 };
    let edges = (y - TOP * size, y + (1.0 - TOP) * size);
    cell(f32::midpoint(glyph.x0, glyph.x1), edges, glyph.x1 - glyph.x0)
}

/// Says whether a glyph is in the cell of the one before: digits side by side, or letters on their side.
fn goes_on(last: &Cell, next: &Cell) -> bool {
    if last.is_square || next.is_square || last.is_turned != next.is_turned {
        return false;
    }
    let size = last.size.max(next.size);
    if last.is_turned {
        return (last.middle - next.middle).abs() <= OFF * size
            && next.top - last.bottom < ROOM * size;
    }
    let gap = (next.middle - next.width / 2.0) - (last.middle + last.width / 2.0);
    (last.bottom - next.bottom).abs() <= 0.2 * size && gap.abs() <= 0.3 * size
}

/// Says whether a cell stands below another in one line.
fn follows(above: &Cell, below: &Cell) -> bool {
    let size = above.size.max(below.size);
    let room = below.top - above.bottom;
    let fits = |cell: &Cell| cell.is_turned || cell.width <= WIDEST * size;
    let is_one_size = above.size.min(below.size) > 0.75 * size;
    (above.middle - below.middle).abs() <= OFF * size
        && (-OVERLAP * size..=ROOM * size).contains(&room)
        && fits(above)
        && fits(below)
        && is_one_size
}

/// Says whether a cell stands beside another in a line that runs across.
fn is_beside(left: &Cell, right: &Cell) -> bool {
    let size = left.size.max(right.size);
    let gap = (right.middle - right.width / 2.0) - (left.middle + left.width / 2.0);
    !left.is_turned
        && !right.is_turned
        && (left.bottom - right.bottom).abs() <= 0.2 * size
        && (-0.5 * size..=ROOM * size).contains(&gap)
}

/// Says whether more square letters of a page stand below each other than beside.
fn is_downwards(cells: &[Cell]) -> bool {
    let (mut below, mut beside) = (0, 0);
    for pair in cells.windows(2).filter(|pair| pair[0].is_square && pair[1].is_square) {
        below += usize::from(follows(&pair[0], &pair[1]));
        beside += usize::from(is_beside(&pair[0], &pair[1]));
    }
    below > beside
}

/// Says whether cells below each other are a line.
fn is_line(cells: &[Cell], is_downwards: bool) -> bool {
    let square = cells.iter().filter(|cell| cell.is_square).count();
    let is_narrow =
        || cells.windows(2).all(|pair| pair[1].top - pair[0].bottom <= NARROW * pair[0].size);
    if is_downwards { square > 0 } else { square >= LEAST && is_narrow() }
}

/// Says whether a cell is the last letter of a paragraph, in a line of its own; `before` begins the line before.
fn is_last_letter(cells: &[Cell], at: usize, before: Option<&Cell>) -> bool {
    let Some((cell, before)) = cells.get(at).zip(before) else { return false };
    let left = at.checked_sub(1).and_then(|left| cells.get(left));
    let has_left = left.is_some_and(|left| is_beside(left, cell));
    let has_right = cells.get(at + 1).is_some_and(|right| is_beside(cell, right));
    cell.is_square
        && !has_left
        && !has_right
        && (0.0..=NEXT_LINE * cell.size).contains(&(before.middle - cell.middle))
        && (before.top - cell.top).abs() <= SAME_HEIGHT * cell.size
}
