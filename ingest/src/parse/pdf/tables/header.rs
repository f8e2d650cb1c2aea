//! The names of columns: which columns a name stands over, where several lines of names stand above each other.

use std::ops::Range;

use super::Cell;
use super::columns::{Column, Columns};
use super::figures::Kind;
use super::pieces::{self, Piece};
use crate::parse::pdf::lines::Segment;
use crate::parse::pdf::rules::Rule;

/// A line below a name lies no further below it than this, in font sizes.
const UNDERLINED_WITHIN: f32 = 4.5;
/// A name over several columns is no further from their middle than this share of the room of one.
const OFF_MIDDLE: f32 = 0.2;
/// Words that a name ends with if a date is to follow: it goes on in the names of all columns below it that state one.
const OPEN_ENDS: [&str; 10] =
    ["ended", "ending", "of", "at", "to", "zum", "bis", "per", "tot", "op"];
/// A line that is longer than this share of the table underlines no name.
const LONGEST_UNDERLINE: f32 = 0.93;

/// Puts lines of names, from the top, into one row of cells: the name of a column is all that stands over it.
pub(super) fn cells(
    names: &[&[Piece]],
    columns: &Columns,
    rules: &[Rule],
    bottom: f32,
) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); columns.list.len()];
    let places = places(names, columns);
    for (number, line) in names.iter().enumerate() {
        let below = &names[number + 1..];
        if let [unit] = *line
            && is_unit(unit, columns)
            && underlined(unit, columns, (rules, bottom)).is_none()
        {
            cells[0].parts.extend(unit.parts.iter().cloned());
            continue;
        }
        let even = even_spans(line, (columns, &places), (rules, bottom));
        for (at, piece) in line.iter().enumerate() {
            if let Some((_, over)) = even.iter().find(|(other, _)| *other == at) {
                for column in over.clone() {
                    cells[column].parts.extend(piece.parts.iter().cloned());
                }
                continue;
            }
            let over = over(piece, (line, at, below), (columns, &places), (rules, bottom));
            if over.len() == 1
                || over.is_empty()
                || underlined(piece, columns, (rules, bottom)).is_some()
            {
                for column in over {
                    cells[column].parts.extend(piece.parts.iter().cloned());
                }
                continue;
            }
            // Names that stand close to each other are one piece, and those over all columns are one name.
            let divided = pieces::divide(piece, |x| columns.at(x));
            let is_several = names_each(piece, &divided, columns);
            for column in over {
                let own = divided.iter().find(|(other, _)| *other == column);
                match own.filter(|_| is_several) {
                    Some((_, parts)) => cells[column].parts.extend(parts.iter().cloned()),
                    None if is_several => {}
                    None => cells[column].parts.extend(piece.parts.iter().cloned()),
                }
            }
        }
    }
    cells
}

/// Says whether a piece that stands alone tells what the figures of several columns are counted in.
fn is_unit(piece: &Piece, columns: &Columns) -> bool {
    let text = piece.text.trim();
    let is_bracketed = text.starts_with('(') && text.ends_with(')');
    is_bracketed && text.contains(char::is_alphabetic) && columns.list.len() > 2
}

/// Shares the columns out among the names of a line, if they stand in the middle over equally many columns each: which piece
/// stands over which. Lines that are drawn below names tell better.
fn even_spans(
    line: &[Piece],
    (columns, places): (&Columns, &[Column]),
    below: (&[Rule], f32),
) -> Vec<(usize, Range<usize>)> {
    let over_columns = |(_, piece): &(usize, &Piece)| columns.at(piece.middle()) > 0;
    let names: Vec<(usize, &Piece)> = line.iter().enumerate().filter(over_columns).collect();
    let count = columns.list.len().saturating_sub(1);
    let each = count.checked_div(names.len()).unwrap_or(0);
    let is_underlined = |(_, piece): &(usize, &Piece)| underlined(piece, columns, below).is_some();
    if names.len() < 2 || each < 2 || each * names.len() != count || names.iter().any(is_underlined)
    {
        return Vec::new();
    }
    let spans = names.iter().enumerate().map(|(number, (at, piece))| {
        let span = 1 + number * each..1 + (number + 1) * each;
        let (first, last) = (places.get(span.start)?, places.get(span.end - 1)?);
        let width = last.x1 - first.x0;
        let off = (f32::midpoint(first.x0, last.x1) - piece.middle()).abs();
        (off <= OFF_MIDDLE * width / each as f32).then_some((*at, span))
    });
    spans.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Says whether a piece is several names: its words stand in several columns, with wider gaps where columns begin than
/// inside of them.
fn names_each(piece: &Piece, divided: &[(usize, Vec<Segment>)], columns: &Columns) -> bool {
    if divided.len() < 2 {
        return false;
    }
    let words: Vec<(f32, f32)> =
        piece.parts.iter().flat_map(|part| part.words.iter().copied()).collect();
    let (mut inside, mut between) = (0.0_f32, f32::MAX);
    for pair in words.windows(2) {
        let gap = pair[1].0 - pair[0].1;
        let column = |word: (f32, f32)| columns.at(f32::midpoint(word.0, word.1));
        if column(pair[0]) == column(pair[1]) {
            inside = inside.max(gap);
        } else {
            between = between.min(gap);
        }
    }
    let size = piece.parts.first().map_or(0.0, |part| part.size);
    between > inside + 0.05 * size && between > 0.3 * size
}

/// Tells where columns are seen: where the lowest line that names each by itself has its names, for a sign of a currency stands
/// far from its amount.
fn places(names: &[&[Piece]], columns: &Columns) -> Vec<Column> {
    let mut places = columns.list.clone();
    let is_each = |line: &&&[Piece]| {
        let homes: Vec<usize> = line.iter().map(|piece| columns.at(piece.middle())).collect();
        let count = homes.iter().filter(|home| **home > 0).count();
        count + 1 == columns.list.len() && homes.windows(2).all(|pair| pair[0] < pair[1])
    };
    for piece in names.iter().rev().find(is_each).copied().unwrap_or_default() {
        let home = columns.at(piece.middle());
        if home > 0 {
            places[home] = Column { x0: piece.x0, x1: piece.x1 };
        }
    }
    // Years stand over their columns, even if they stand in several lines and other columns have none.
    let mut is_placed = vec![false; places.len()];
    for piece in names.iter().rev().copied().flatten().filter(|piece| piece.kind == Kind::Year) {
        let home = columns.at(piece.middle());
        if home > 0 && !std::mem::replace(&mut is_placed[home], true) {
            places[home] = Column { x0: piece.x0, x1: piece.x1 };
        }
    }
    places
}

/// Gives the columns that a name stands over. `lower` are the lines of names below its own.
fn over(
    piece: &Piece,
    (line, at, lower): (&[Piece], usize, &[&[Piece]]),
    (columns, places): (&Columns, &[Column]),
    below: (&[Rule], f32),
) -> Range<usize> {
    let count = columns.list.len();
    let named = |column: usize, is_such: fn(&Piece) -> bool| {
        let lower = lower.iter().copied().flatten();
        lower.filter(|piece| is_such(piece)).any(|piece| columns.at(piece.middle()) == column)
    };
    let home = columns.at(piece.middle());
    if let Some(found) = underlined(piece, columns, below) {
        // The line below a single date is not that of the period above it.
        let is_of_date = found.len() == 1 && is_open(&piece.text) && named(home, states_a_date);
        if !is_of_date {
            return found;
        }
    }
    let own = columns.list[home];
    // A name beside the names of columns says what the rows are, or in what they count.
    if home == 0 && piece.middle() <= own.x1 {
        return 0..1;
    }
    if piece.kind == Kind::Year && !named(home, |_| true) {
        return home..home + 1;
    }
    let touched = columns.of(piece);
    if line.len() + 1 >= count && touched.len() <= 2 {
        return home..home + 1;
    }
    // No column that another name of the line stands over.
    let from = at.checked_sub(1).map_or(1, |before| columns.at(line[before].middle()) + 1);
    let to = line.get(at + 1).map_or(count, |after| columns.at(after.middle()));
    let (from, to) = (from.min(home), to.max(home + 1));
    let mut best = (home..home + 1, f32::MAX);
    for first in from..=home {
        for last in home..to {
            let middle = f32::midpoint(places[first].x0, places[last].x1);
            let covers =
                columns.list[first].x0 <= piece.middle() && columns.list[last].x1 >= piece.middle();
            let off = (middle - piece.middle()).abs();
            let is_wide_enough = first <= touched.start.max(1) && last + 1 >= touched.end;
            if covers && is_wide_enough && off + 0.5 < best.1 {
                best = (first..last + 1, off);
            }
        }
    }
    let (mut over, _) = best;
    let is_dated = |column: usize| named(column, states_a_date);
    if !is_open(&piece.text) || !over.clone().any(is_dated) {
        return over;
    }
    while !is_dated(over.start) {
        over.start += 1;
    }
    while !is_dated(over.end - 1) {
        over.end -= 1;
    }
    if over.len() > 1 {
        return over;
    }
    // It stands in the middle over more than the dates, such as over a column of changes beside them.
    let is_nearest = |column: usize| {
        let middle = f32::midpoint(places[column].x0, places[column].x1);
        let off = |name: &Piece| (name.middle() - middle).abs();
        let others = line.iter().filter(|other| columns.at(other.middle()) > 0);
        others.fold(f32::MAX, |least, other| least.min(off(other))) + 0.5 > off(piece)
    };
    while over.start > from && is_dated(over.start - 1) && is_nearest(over.start - 1) {
        over.start -= 1;
    }
    while over.end < to && is_dated(over.end) && is_nearest(over.end) {
        over.end += 1;
    }
    over
}

/// Says whether a name asks for a date or for the rest of one, as `Three Months Ended` and `June 30,` do.
fn is_open(name: &str) -> bool {
    let last = name.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    last.ends_with(',') || OPEN_ENDS.contains(&last.as_str())
}

/// Says whether a name states a date or a part of one: there is a number in it.
fn states_a_date(name: &Piece) -> bool {
    name.text.contains(|letter: char| letter.is_ascii_digit())
}

/// Finds the columns over the line that is drawn below a name.
fn underlined(
    piece: &Piece,
    columns: &Columns,
    (rules, bottom): (&[Rule], f32),
) -> Option<Range<usize>> {
    let part = piece.parts.last()?;
    let (first, last) = (columns.list.first()?, columns.list.last()?);
    let widest = (last.x1 - first.x0) * LONGEST_UNDERLINE;
    let lowest = (part.y + UNDERLINED_WITHIN * part.size).min(bottom);
    let is_below = |rule: &&Rule| {
        rule.at > part.y - 0.1 * part.size
            && rule.at < lowest
            && rule.from <= piece.x0 + 2.0
            && rule.to >= piece.x1 - 2.0
            && rule.to - rule.from < widest
    };
    let rule = rules.iter().filter(is_below).min_by(|a, b| a.at.total_cmp(&b.at))?;
    let is_over = |column: &usize| {
        let column = columns.list[*column];
        let shared = column.x1.min(rule.to) - column.x0.max(rule.from);
        shared > 0.5 * (column.x1 - column.x0)
    };
    // A line that goes on below the labels of rows underlines names all the same.
    let begin = usize::from(columns.at(piece.middle()) > 0);
    let first = (begin..columns.list.len()).find(is_over)?;
    let end =
        (first..columns.list.len()).find(|column| !is_over(column)).unwrap_or(columns.list.len());
    Some(first..end)
}
