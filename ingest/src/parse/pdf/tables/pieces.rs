//! The pieces of a line: its parts, cut where an amount begins behind another, and joined where they are one figure.

use crate::parse::pdf::lines::{self, CURRENCIES, Line, Segment};

use super::figures::Kind;

/// Text of a row that belongs together.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// What it says.
    pub(super) text: String,
    /// Left edge.
    pub(super) x0: f32,
    /// Right edge.
    pub(super) x1: f32,
    /// What it holds.
    pub(super) kind: Kind,
    /// What it is made of, from left to right.
    pub(super) parts: Vec<Segment>,
}

impl Piece {
    /// Gives the middle of it.
    pub(super) fn middle(&self) -> f32 {
        f32::midpoint(self.x0, self.x1)
    }

    fn new(part: Segment) -> Self {
        let kind = Kind::of(&part.text);
        Self { text: part.text.clone(), x0: part.x0, x1: part.x1, kind, parts: vec![part] }
    }

    fn take(&mut self, part: Segment, between: &str) {
        self.text.push_str(between);
        self.text.push_str(&part.text);
        self.x1 = self.x1.max(part.x1);
        self.kind = Kind::of(&self.text);
        self.parts.push(part);
    }
}

/// Lists the pieces of a line from left to right.
pub(super) fn of(line: &Line) -> Vec<Piece> {
    let mut parts: Vec<Segment> = line.parts.iter().flat_map(cut).collect();
    parts.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let mut pieces: Vec<Piece> = Vec::new();
    for part in parts {
        let count = pieces.len();
        let Some(last) = pieces.last_mut() else {
            pieces.push(Piece::new(part));
            continue;
        };
        let gap = part.x0 - last.x1;
        let is_note = part.size < line.size * 0.85 && gap < 0.4 * line.size;
        if lines::is_one_figure(&last.text, &part.text) || is_note {
            last.take(part, "");
        } else if count == 1 && lines::is_mark(&last.text) {
            last.take(part, " ");
        } else {
            pieces.push(Piece::new(part));
        }
    }
    pieces
}

/// Cuts a part where an amount begins behind another: at a sign of a currency, and behind a share or a closed bracket.
fn cut(part: &Segment) -> Vec<Segment> {
    let words: Vec<&str> = part.text.split(' ').collect();
    if part.words.len() < 2 || words.len() != part.words.len() {
        return vec![part.clone()];
    }
    let figures = figures(&words);
    // A sentence with amounts is no row of amounts.
    if figures.len() < 2 || !figures.iter().all(|(_, text)| Kind::of(text).is_figure()) {
        return vec![part.clone()];
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    for pair in figures.windows(2) {
        let ((_, before), (at, after)) = (&pair[0], &pair[1]);
        if begins_anew(before, after) {
            pieces.extend(part.cut(start..*at));
            start = *at;
        }
    }
    pieces.extend(part.cut(start..words.len()));
    pieces
}

/// Puts words together that are one figure, such as `(5` and `) %`; each with the number of its first word.
fn figures(words: &[&str]) -> Vec<(usize, String)> {
    let mut figures: Vec<(usize, String)> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match figures.last_mut() {
            Some((_, last)) if lines::is_one_figure(last, word) => last.push_str(word),
            _ => figures.push((at, (*word).to_owned())),
        }
    }
    figures
}

/// Says whether a figure behind another is one of its own, and not the rest of it.
fn begins_anew(before: &str, after: &str) -> bool {
    let is_whole = Kind::of(before).is_value() && !before.ends_with(CURRENCIES);
    let begins = |letter: char| letter.is_ascii_digit() || letter == '(';
    is_whole
        && (after.starts_with(CURRENCIES)
            || (before.ends_with(['%', ')']) && after.starts_with(begins)))
}

/// Cuts a piece where columns begin: each of its words goes to the column that `column_of` gives for its middle.
pub(super) fn divide(
    piece: &Piece,
    column_of: impl Fn(f32) -> usize,
) -> Vec<(usize, Vec<Segment>)> {
    let mut divided: Vec<(usize, Vec<Segment>)> = Vec::new();
    for (column, part) in piece.parts.iter().flat_map(|part| divide_at(part, &column_of)) {
        match divided.last_mut() {
            Some((last, parts)) if *last == column => parts.push(part),
            _ => divided.push((column, vec![part])),
        }
    }
    divided
}

/// Cuts a part between words whose middles lie in different places by `place_of`.
pub(super) fn divide_at<P: PartialEq>(
    part: &Segment,
    place_of: impl Fn(f32) -> P,
) -> Vec<(P, Segment)> {
    let place = |at: usize| place_of(f32::midpoint(part.words[at].0, part.words[at].1));
    let mut divided = Vec::new();
    let mut start = 0;
    while start < part.words.len() {
        let here = place(start);
        let end = (start..part.words.len()).find(|at| place(*at) != here);
        let end = end.unwrap_or(part.words.len());
        divided.extend(part.cut(start..end).map(|cut| (here, cut)));
        start = end;
    }
    divided
}
