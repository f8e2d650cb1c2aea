//! From glyphs to segments, and from segments to lines.
//!
//! A **segment** is text on one baseline without a wide gap: a line of a column, or a table cell.
//! A **line** is what stands on one baseline in one column.

use unicode_normalization::UnicodeNormalization;

use super::accents::{combining, is_spacing_accent};
use super::east_asia;
use super::glyphs::{Frame, Glyph, Glyphs};
use crate::parse::raised;

/// A gap wider than this, in font sizes, ends a segment.
///
/// The gaps were chosen on manuals and reports: see `docs/decisions/028-the-layout-of-a-pdf-page.md`.
const SEGMENT_GAP: f32 = 1.0;
/// A gap wider than this, in font sizes, divides two words, unless letters are spaced out.
const WORD_GAP: f32 = 0.1;
/// A gap wider than this, in font sizes, divides letters of East Asia.
const WIDE_WORD_GAP: f32 = 0.75;
/// A gap wider than this, in font sizes, divides two cells.
const CELL_GAP: f32 = 1.6;

/// Letters are spaced out for emphasis by no more than this, in font sizes; wider gaps divide single letters.
const SPACED_OUT: f32 = 0.35;
/// Digits of one number are spaced out by no more than this, in font sizes.
const SPACED_OUT_DIGITS: f32 = 0.2;
/// Type smaller than this share of its line's, and shifted by more than the next two, is raised or lowered.
const SMALL_TYPE: f32 = 0.85;
const RAISED_BY: f32 = 0.12;
const LOWERED_BY: f32 = 0.06;
/// A mark stands so near to what it marks, in font sizes.
const BESIDE: f32 = 0.4;
/// More letters than these in small type are no mark, but text that stands beside.
const LONGEST_MARK: usize = 6;

/// Signs that are set apart from their amount in tables.
pub(super) const CURRENCIES: [char; 4] = ['$', '€', '£', '¥'];

/// Text on one baseline without a wide gap.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// What it says.
    pub(super) text: String,
    /// Left edge.
    pub(super) x0: f32,
    /// Right edge.
    pub(super) x1: f32,
    /// Baseline.
    pub(super) y: f32,
    /// The largest font size in it.
    pub(super) size: f32,
    /// How wide its first word is.
    pub(super) first_word: f32,
    /// Glyphs in bold type, in type of one width, and in all.
    pub(super) counts: Counts,
    /// Quarter turns of the writing direction.
    pub(super) turns: u8,
    /// Where each of its words begins and ends; one for all of it where they cannot be told apart.
    pub(super) words: Vec<(f32, f32)>,
    gaps: Vec<Gap>,
    /// Whether instructions draw its type, which has no stated size.
    is_drawn: bool,
    /// How its first glyph stands to the line.
    level: Level,
}

impl Segment {
    /// Makes a segment of text that stands in a frame, whose upper edge is the baseline.
    pub(super) fn recognised(text: &str, frame: Frame, (size, turns): (f32, u8)) -> Self {
        let letters = text.chars().count().max(1) as f32;
        let first = text.split_whitespace().next().map_or(0, |word| word.chars().count());
        let first_word = (frame.x1 - frame.x0) * first as f32 / letters;
        Self {
            text: clean(text),
            x0: frame.x0,
            x1: frame.x1,
            y: frame.y0,
            size,
            first_word,
            counts: Counts::default(),
            turns,
            words: vec![(frame.x0, frame.x1)],
            gaps: Vec::new(),
            is_drawn: false,
            level: Level::Line,
        }
    }
}

/// How small type stands to its line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Level {
    /// On it.
    #[default]
    Line,
    /// Above it, as the marks of notes and exponents.
    Raised,
    /// Below it.
    Lowered,
}

impl Level {
    /// Tells the level of type by its size and place, beside larger type.
    fn of((size, y): (f32, f32), (line_size, line_y): (f32, f32)) -> Self {
        let shift = (line_y - y) / line_size.max(0.1);
        if size >= line_size * SMALL_TYPE {
            Self::Line
        } else if shift > RAISED_BY {
            Self::Raised
        } else if shift < -LOWERED_BY {
            Self::Lowered
        } else {
            Self::Line
        }
    }
}

/// A gap between two glyphs of a segment.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// Where the second glyph's text begins.
    byte: usize,
    /// How wide it is, in font sizes.
    width: f32,
    /// Where it begins.
    x: f32,
    /// Where it ends.
    end: f32,
    /// Whether a blank was drawn in it.
    is_blank: bool,
    /// How the second glyph stands to the line.
    level: Level,
}

/// How many glyphs look how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    bold: u32,
    monospace: u32,
    all: u32,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.bold += other.bold;
        self.monospace += other.monospace;
        self.all += other.all;
    }
}

/// One line of a column.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not of any line")]
pub(super) struct Line {
    /// What it says; cells are divided by two blanks.
    pub(super) text: String,
    /// How many cells it has.
    pub(super) cells: usize,
    /// Left edge.
    pub(super) x0: f32,
    /// Right edge.
    pub(super) x1: f32,
    /// Baseline.
    pub(super) y: f32,
    /// The font size.
    pub(super) size: f32,
    /// How wide its first word is.
    pub(super) first_word: f32,
    /// Whether all of it is bold.
    pub(super) is_bold: bool,
    /// Whether all of it is in type of one width.
    pub(super) is_monospace: bool,
    /// Whether it runs from right to left.
    pub(super) is_rtl: bool,
    /// Quarter turns of the writing direction; edges and baseline are turned back.
    pub(super) turns: u8,
    /// Where it stands on the page as it is shown, if it is turned.
    pub(super) frame: Option<Frame>,
    /// The column or area of the page it is in; paragraphs end where this changes.
    pub(super) area: usize,
    /// Whether it is a running head that stays once; it heads no section.
    pub(super) is_running_head: bool,
    /// How far its first baseline lies above `y`, if it is a row of several lines.
    pub(super) rise: f32,
    /// What it was joined from, from left to right.
    pub(super) parts: Vec<Segment>,
    /// Which table it is a row of.
    pub(super) row: Option<TableRow>,
}

/// The place of a line in a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TableRow {
    /// The table, by its number on the page.
    pub(super) table: usize,
    /// Whether it names the columns.
    pub(super) is_header: bool,
}

impl Segment {
    /// Cuts out some of its words.
    pub(super) fn cut(&self, words: std::ops::Range<usize>) -> Option<Self> {
        let (first, last) =
            (self.words.get(words.start)?, self.words.get(words.end.checked_sub(1)?)?);
        if words.len() == self.words.len() {
            return Some(self.clone());
        }
        let texts = self.text.split(' ').skip(words.start).take(words.len());
        Some(Self {
            text: texts.collect::<Vec<_>>().join(" "),
            x0: first.0,
            x1: last.1,
            first_word: first.1 - first.0,
            words: self.words.get(words)?.to_vec(),
            ..self.clone()
        })
    }

    /// Says whether all of its type is bold.
    pub(super) fn is_bold(&self) -> bool {
        self.counts.all > 0 && self.counts.bold * 10 >= self.counts.all * 9
    }
}

/// Joins glyphs to segments, in drawing order.
pub(super) fn segments(glyphs: &Glyphs<'_>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut blank = false;
    for glyph in &glyphs.list {
        let text = &glyphs.text[glyph.text.clone()];
        if text.trim().is_empty() {
            blank |= !text.is_empty();
            continue;
        }
        let last = segments.last_mut();
        match last.filter(|last| continues(last, glyph)) {
            Some(last) => extend(last, glyph, (text, blank)),
            None => segments.push(begin(glyph, text)),
        }
        blank = false;
    }
    for segment in &mut segments {
        divide_words(segment);
        segment.text = clean(&segment.text);
        if segment.text.split(' ').count() != segment.words.len() {
            segment.words = vec![(segment.x0, segment.x1)];
        }
    }
    segments.retain(|segment| !segment.text.is_empty() && !is_unreadable(&segment.text));
    segments
}

/// Says whether most letters of a text could not be read; the page's warning counts them.
fn is_unreadable(text: &str) -> bool {
    let lost = text.chars().filter(|letter| *letter == '\u{fffd}').count();
    lost > 0 && lost * 2 > text.chars().filter(|letter| !letter.is_whitespace()).count()
}

fn begin(glyph: &Glyph, text: &str) -> Segment {
    let mut segment = Segment {
        text: text.to_owned(),
        x0: glyph.x0,
        x1: glyph.x1,
        y: glyph.y,
        size: glyph.size,
        first_word: glyph.x1 - glyph.x0,
        counts: Counts::default(),
        turns: glyph.turns,
        words: Vec::new(),
        gaps: Vec::new(),
        is_drawn: glyph.is_drawn,
        level: Level::Line,
    };
    segment.counts.add(counts(glyph));
    segment
}

fn counts(glyph: &Glyph) -> Counts {
    Counts {
        bold: u32::from(glyph.style.is_bold),
        monospace: u32::from(glyph.style.is_monospace),
        all: 1,
    }
}

fn continues(last: &Segment, glyph: &Glyph) -> bool {
    let size = last.size.max(glyph.size);
    let gap = glyph.x0 - last.x1;
    let shift = (glyph.y - last.y).abs();
    // Raised and lowered small type belongs to the line it hangs on.
    let differs = glyph.size < last.size * 0.85 || last.size < glyph.size * 0.85;
    let most = if differs { 0.5 } else { 0.2 };
    let overlap = if last.text.chars().all(is_spacing_accent) { 1.0 } else { 0.45 };
    last.turns == glyph.turns
        && shift <= most * size
        && gap <= SEGMENT_GAP * size
        && gap >= -overlap * size
}

fn extend(last: &mut Segment, glyph: &Glyph, (text, blank): (&str, bool)) {
    let size = last.size.max(glyph.size);
    let gap = glyph.x0 - last.x1;
    let overlaps = gap < -0.1 * size;
    let accent = last.text.chars().next_back().filter(|_| overlaps).and_then(combining);
    if let (Some(accent), false) = (accent, text.is_empty()) {
        // An accent drawn before its letter, as old TeX fonts do.
        last.text.pop();
        let mut letters = text.chars();
        last.text.extend(letters.next());
        last.text.push(accent);
        last.text.extend(letters);
    } else if let Some(accent) = text.chars().next().filter(|_| overlaps).and_then(combining) {
        last.text.push(accent);
    } else {
        let width = gap / size;
        let level = Level::of((glyph.size, glyph.y), (last.size, last.y));
        let (byte, x, end) = (last.text.len(), last.x1, glyph.x0);
        last.gaps.push(Gap { byte, width, x, end, is_blank: blank, level });
        last.text.push_str(text);
    }
    if glyph.size > last.size * 1.15 {
        // What stands before larger type may have been raised all along.
        let level = Level::of((last.size, last.y), (glyph.size, glyph.y));
        let before = last.gaps.len().saturating_sub(1);
        last.gaps.iter_mut().take(before).for_each(|gap| gap.level = level);
        last.level = level;
        last.y = glyph.y;
    }
    last.size = size;
    last.x1 = last.x1.max(glyph.x1);
    last.counts.add(counts(glyph));
}

/// Puts blanks where gaps are wider than those between the letters of a word.
fn divide_words(segment: &mut Segment) {
    let least = least_gap(segment);
    segment.first_word = first_word(segment);
    let mut text =
        Marked { text: String::with_capacity(segment.text.len() + 8), ..Marked::default() };
    text.level = segment.level;
    let mut from = 0;
    let mut word_start = segment.x0;
    for gap in &segment.gaps {
        let (before, after) = segment.text.split_at(gap.byte);
        // Signs of East Asia have room of their own around them.
        let is_wide = before.ends_with(east_asia::is_wide) && after.starts_with(east_asia::is_wide);
        let least = if is_wide { least.max(WIDE_WORD_GAP) } else { least };
        let divides = gap.is_blank || (gap.width > least && !is_one_figure(before, after));
        if !divides && gap.level == text.level {
            continue;
        }
        text.push(segment.text.get(from..gap.byte).unwrap_or_default());
        from = gap.byte;
        if divides {
            if segment.words.is_empty() {
                segment.first_word = segment.first_word.min(gap.x - segment.x0);
            }
            segment.words.push((word_start, gap.x));
            word_start = gap.end;
            text.push(" ");
        }
        text.enter(gap.level);
    }
    text.push(segment.text.get(from..).unwrap_or_default());
    segment.text = text.finish();
    segment.words.push((word_start, segment.x1));
    segment.gaps = Vec::new();
}

/// Tells how much room the beginning of a text needs, if no blank divides it. A line of East Asia ends at any letter, and rules
/// for signs may have it end one letter early.
fn first_word(segment: &Segment) -> f32 {
    let width = segment.x1 - segment.x0;
    let is_wide = segment.text.starts_with(east_asia::is_wide);
    if is_wide { width.min(2.0 * segment.size) } else { width }
}

/// Finds the gap from which on two words are divided. Letters that are spaced out for emphasis have gaps
/// throughout; a row of short numbers has them, too, but none between the digits of its longer numbers.
fn least_gap(segment: &Segment) -> f32 {
    if let Some(least) = least_gap_of_drawn(segment) {
        return least;
    }
    let mut widths: Vec<f32> = Vec::new();
    let mut digits = 0;
    for gap in segment.gaps.iter().filter(|gap| !gap.is_blank) {
        let (before, after) = segment.text.split_at(gap.byte);
        let (before, after) = (before.chars().next_back(), after.chars().next());
        let (Some(before), Some(after)) = (before, after) else { continue };
        if before.is_alphanumeric() && after.is_alphanumeric() {
            widths.push(gap.width);
            digits += usize::from(before.is_ascii_digit() && after.is_ascii_digit());
        }
    }
    widths.sort_by(f32::total_cmp);
    let at = |share: usize| widths.get(widths.len() * share / 10).copied().unwrap_or(0.0);
    let (narrow, usual) = (at(1), at(5));
    let most = if digits * 2 > widths.len() { SPACED_OUT_DIGITS } else { SPACED_OUT };
    let is_spaced_out = widths.len() >= 4 && usual > 0.06 && usual < most && narrow > 0.04;
    if is_spaced_out { usual * 1.7 + 0.05 } else { WORD_GAP }
}

/// Finds that gap in drawn type, whose size is only guessed at: if most glyphs stand side by side without any gap, all others
/// divide words.
fn least_gap_of_drawn(segment: &Segment) -> Option<f32> {
    const NONE: f32 = 0.004;
    const SOME: f32 = 0.012;
    if !segment.is_drawn || segment.gaps.iter().any(|gap| gap.is_blank) {
        return None;
    }
    let widths = || segment.gaps.iter().map(|gap| gap.width);
    let none = widths().filter(|width| width.abs() < NONE).count();
    let some = widths().filter(|width| *width > SOME).count();
    (none + some == segment.gaps.len() && some > 0 && none >= some).then_some(SOME)
}

/// A text in the making, in which raised and lowered type gets marks of its own.
#[derive(Default)]
struct Marked {
    text: String,
    level: Level,
    /// What is raised or lowered and not yet written.
    small: String,
}

impl Marked {
    fn push(&mut self, part: &str) {
        match self.level {
            Level::Line => self.text.push_str(part),
            Level::Raised | Level::Lowered => self.small.push_str(part),
        }
    }

    fn enter(&mut self, level: Level) {
        if level != self.level {
            self.flush();
            self.level = level;
        }
    }

    fn flush(&mut self) {
        let small = std::mem::take(&mut self.small);
        push_small(&mut self.text, &small, self.level);
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}

/// Writes small type with its mark; longer text stands beside the line and has none.
fn push_small(text: &mut String, small: &str, level: Level) {
    match level {
        _ if small.trim().chars().count() > LONGEST_MARK => text.push_str(small),
        Level::Line => text.push_str(small),
        Level::Raised if text.is_empty() || text.ends_with(' ') => raised::push_mark(text, small),
        Level::Raised => raised::push_raised(text, small),
        Level::Lowered => raised::push_lowered(text, small),
    }
}

/// Composes accents, drops soft hyphens inside, and shortens rows of leader dots.
fn clean(text: &str) -> String {
    let mut composed: String = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
    if composed.contains('\u{ad}') {
        let is_broken = composed.ends_with('\u{ad}');
        composed = composed.replace('\u{ad}', "");
        if is_broken {
            composed.push('-');
        }
    }
    let mut words: Vec<&str> = Vec::new();
    let mut dots = 0;
    for word in composed.split_whitespace() {
        let is_leader = word.chars().all(|c| c == '.' || c == '·' || c == '…') && !word.is_empty();
        dots = if is_leader { dots + word.chars().count() } else { 0 };
        words.push(word);
        if dots >= 4 {
            let leaders = |word: &&str| !word.chars().all(|c| c == '.' || c == '·' || c == '…');
            let keep = words.iter().rposition(leaders).map_or(0, |at| at + 1);
            words.truncate(keep);
        }
    }
    let text = words.join(" ");
    match text.trim_end_matches('.') {
        start if text.len() - start.len() >= 4 => start.trim_end().to_owned(),
        _ => text,
    }
}

/// Joins the segments of one row, from left to right.
pub(super) fn join(mut row: Vec<Segment>, area: usize) -> Option<Line> {
    row.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let main = row.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)))?;
    let (size, y) = (main.size, main.y);
    let first = row.first()?;
    let mut line = Line {
        text: String::new(),
        cells: 1,
        x0: first.x0,
        x1: first.x1,
        y,
        size,
        first_word: first.first_word,
        is_bold: false,
        is_monospace: false,
        is_rtl: false,
        turns: first.turns,
        frame: None,
        area,
        is_running_head: false,
        rise: 0.0,
        parts: Vec::new(),
        row: None,
    };
    let mut counts = Counts::default();
    for segment in &row {
        let gap = segment.x0 - line.x1;
        if !line.text.is_empty() {
            let glued = is_one_figure(&line.text, &segment.text);
            let marks = line.cells == 1 && is_mark(&line.text);
            let begins_amount = segment.text.starts_with(CURRENCIES)
                && line.text.ends_with(|c: char| c.is_ascii_digit() || c == ')' || c == '—');
            let least = if begins_amount { WORD_GAP } else { CELL_GAP };
            if !glued && !marks && gap > least * size {
                line.text.push_str("  ");
                line.cells += 1;
            } else if (marks || gap > WORD_GAP * size) && !glued {
                line.text.push(' ');
            }
        }
        let is_beside = gap <= BESIDE * size || line.text.is_empty();
        let level = Level::of((segment.size, segment.y), (size, y));
        push_small(&mut line.text, &segment.text, if is_beside { level } else { Level::Line });
        line.x1 = line.x1.max(segment.x1);
        counts.add(segment.counts);
    }
    line.is_bold = counts.bold * 10 >= counts.all * 9 && counts.all > 0;
    line.is_monospace = counts.monospace * 10 >= counts.all * 9 && counts.all > 0;
    line.parts = row;
    Some(line)
}

/// Weighs a segment by its type and length, so that a raised mark never sets the baseline.
fn weight(segment: &Segment) -> f32 {
    segment.size * segment.text.len().min(20) as f32
}

/// Says whether two texts are one figure, set apart only to align: `$` and `5`, or `(5` and `)`.
pub(super) fn is_one_figure(before: &str, after: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let opens =
        before.ends_with(CURRENCIES) && after.starts_with(|c| is_digit(c) || "(.—–−".contains(c));
    let mut rest = after.chars();
    let closes = before.ends_with(|c| is_digit(c) || c == ')')
        && rest.next().is_some_and(|first| first == ')' || first == '%')
        && !rest.as_str().starts_with(char::is_alphanumeric);
    opens || closes
}

/// Says whether a text is a list item's mark: a bullet, a number or a letter.
pub(super) fn is_mark(text: &str) -> bool {
    let text = text.trim();
    if matches!(
        text,
        "•" | "–"
            | "—"
            | "-"
            | "*"
            | "◦"
            | "▪"
            | "■"
            | "●"
            | "○"
            | "·"
            | "‣"
            | "➢"
            | "✓"
            | "□"
    ) {
        return true;
    }
    let inner = text.trim_start_matches('(').trim_end_matches(['.', ')']);
    let is_short = !inner.is_empty() && inner.len() <= 4 && inner.len() < text.len();
    is_short
        && (inner.chars().all(|c| c.is_ascii_digit())
            || inner.chars().all(|c| matches!(c, 'i' | 'v' | 'x'))
            || (inner.len() == 1 && inner.chars().all(|c| c.is_ascii_alphabetic())))
}
