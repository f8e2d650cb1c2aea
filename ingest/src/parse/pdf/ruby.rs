//! Ruby: small letters beside a word of East Asia that tell how it sounds. They are written behind the word, in brackets.

use std::ops::Range;

use super::east_asia::{is_ideograph, is_phonetic};
use super::glyphs::Glyph;

/// Ruby is set in type of at most this share of its word's size.
const SMALL: f32 = 0.65;
/// Its baseline lies so far above that of its word, in the word's font sizes.
const ABOVE: Range<f32> = 0.6..1.4;
/// A gap from which on letters tell of another word, in their own font sizes.
const GAP: f32 = 0.5;
/// Letters of a word stand no further apart than this, in font sizes.
const ONE_WORD: f32 = 0.3;

/// Letters that tell how a word sounds.
struct Reading {
    /// The glyphs of it.
    glyphs: Range<usize>,
    /// The first and the last letter of the word.
    word: (usize, usize),
    says: String,
}

/// Writes ruby behind its words and takes its glyphs away; `text` grows by what is written anew.
pub(super) fn write_behind(all: &mut Vec<Glyph>, text: &mut String) {
    let readings = readings(all, text);
    if readings.is_empty() {
        return;
    }
    let mut gone = vec![false; all.len()];
    for reading in &readings {
        gone[reading.glyphs.clone()].fill(true);
    }
    for Reading { word: (_, last), says, .. } in joined(readings, all) {
        let Some(glyph) = all.get_mut(last) else { continue };
        let word = text.get(glyph.text.clone()).unwrap_or_default().to_owned();
        let start = text.len();
        text.extend([word.as_str(), "（", &says, "）"]);
        glyph.text = start..text.len();
    }
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        !gone[at - 1]
    });
}

/// Finds the ruby of a page, in the order in which it is drawn.
fn readings(all: &[Glyph], text: &str) -> Vec<Reading> {
    let says = |glyph: &Glyph| text.get(glyph.text.clone()).unwrap_or_default();
    let mut words: Vec<usize> =
        (0..all.len()).filter(|at| says(&all[*at]).contains(is_ideograph)).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let largest = words.iter().map(|at| all[*at].size).fold(0.0, f32::max);
    let is_small = |glyph: &Glyph| {
        let letters = says(glyph);
        glyph.size <= SMALL * largest && !letters.is_empty() && letters.chars().all(is_phonetic)
    };
    words.sort_by(|a, b| all[*a].y.total_cmp(&all[*b].y));
    let mut readings = Vec::new();
    let mut start = 0;
    while start < all.len() {
        if !is_small(&all[start]) {
            start += 1;
            continue;
        }
        let mut end = start + 1;
        while end < all.len() && is_small(&all[end]) && is_beside(&all[end - 1], &all[end]) {
            end += 1;
        }
        let glyphs = start..end;
        if let Some(word) = word_below(&all[glyphs.clone()], all, &words) {
            let says = all[glyphs.clone()].iter().map(says).collect();
            readings.push(Reading { glyphs, word, says });
        }
        start = end;
    }
    readings
}

fn is_beside(left: &Glyph, right: &Glyph) -> bool {
    left.turns == right.turns
        && (left.y - right.y).abs() < 0.1 * left.size
        && (-GAP * left.size..GAP * left.size).contains(&(right.x0 - left.x1))
}

/// Finds the letters that ruby stands above: `words` are all letters of words, by their baselines.
fn word_below(ruby: &[Glyph], all: &[Glyph], words: &[usize]) -> Option<(usize, usize)> {
    let (first, last) = (ruby.first()?, ruby.last()?);
    let most = first.size * ABOVE.end * 4.0;
    let from = words.partition_point(|at| all[*at].y < first.y);
    let below = words[from..].iter().take_while(|at| all[**at].y <= first.y + most);
    let is_word = |at: &&usize| {
        let word = &all[**at];
        let step = (word.y - first.y) / word.size.max(0.1);
        let shared = last.x1.min(word.x1) - first.x0.max(word.x0);
        word.turns == first.turns
            && first.size <= SMALL * word.size
            && ABOVE.contains(&step)
            && shared > 0.25 * first.size
    };
    let mut found: Vec<usize> = below.filter(is_word).copied().collect();
    // Of two lines the nearer one is meant.
    let nearest = found.first().map(|at| all[*at].y)?;
    found.retain(|at| all[*at].y - nearest < 0.2 * all[*at].size);
    found.sort_by(|a, b| all[*a].x0.total_cmp(&all[*b].x0));
    Some((*found.first()?, *found.last()?))
}

/// Joins the ruby of neighbouring letters, so that a word stays whole.
fn joined(mut readings: Vec<Reading>, all: &[Glyph]) -> Vec<Reading> {
    let place = |reading: &Reading| {
        let first = &all[reading.word.0];
        (first.turns, first.y, first.x0)
    };
    readings.sort_by(|a, b| {
        let ((turns, y, x), (other_turns, other_y, other_x)) = (place(a), place(b));
        turns.cmp(&other_turns).then(y.total_cmp(&other_y)).then(x.total_cmp(&other_x))
    });
    let mut joined: Vec<Reading> = Vec::new();
    for reading in readings {
        let next = &all[reading.word.0];
        match joined.last_mut() {
            Some(last) if is_one_word(&all[last.word.1], next) => {
                last.word.1 = reading.word.1;
                last.says.push_str(&reading.says);
            }
            _ => joined.push(reading),
        }
    }
    joined
}

fn is_one_word(left: &Glyph, right: &Glyph) -> bool {
    left.turns == right.turns
        && (left.y - right.y).abs() < 0.1 * left.size
        && (right.x0 - left.x1).abs() <= ONE_WORD * left.size
}
