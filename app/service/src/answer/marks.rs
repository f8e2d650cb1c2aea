//! Citation marks in the model's text: `[1]`, `[1, 2]`, `[^3]`, taken out as the text streams.

use quire_language::Words;

/// Text without marks, or the passages that a mark names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Text to show.
    Text(String),
    /// The numbers in one mark.
    Mark(Vec<usize>),
}

/// The longest mark: `[10, 11, 12, 13]` and a few blanks.
const LONGEST_MARK: usize = 24;
/// What stands between marks and goes with them: `[1], [2] and [3]`.
const SEPARATORS: [char; 4] = [' ', ',', ';', '&'];

/// Takes marks out of streamed text; holds back what may become one.
#[derive(Default)]
pub struct MarkFilter {
    /// What vanishes when a mark follows it: blanks, and between two marks what joins them.
    pending: String,
    /// Whether a mark stands right before it.
    follows_mark: bool,
    /// What began with `[` and may become a mark.
    mark: String,
}

impl MarkFilter {
    /// Takes the next text and gives what can be told by now.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for c in text.chars() {
            self.push_char(c, &mut pieces);
        }
        pieces
    }

    /// Gives what was held back at the end of the text.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.give_up_mark(&mut pieces);
        pieces
    }

    fn push_char(&mut self, c: char, pieces: &mut Vec<Piece>) {
        if self.mark.is_empty() {
            if c == '[' {
                self.mark.push(c);
                return;
            }
            self.pending.push(c);
            let vanishes = if self.follows_mark { may_join(&self.pending) } else { c == ' ' };
            if !vanishes {
                self.follows_mark = false;
                append(pieces, &std::mem::take(&mut self.pending));
            }
            return;
        }
        let inside = c.is_ascii_digit() || matches!(c, ' ' | ',' | ';' | '^');
        if c == ']' {
            let numbers = self.mark.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<usize> = numbers.filter_map(|number| number.parse().ok()).collect();
            if numbers.is_empty() {
                self.mark.push(c);
                self.give_up_mark(pieces);
            } else {
                self.mark.clear();
                self.pending.clear();
                self.follows_mark = true;
                pieces.push(Piece::Mark(numbers));
            }
        } else if inside && self.mark.len() < LONGEST_MARK {
            self.mark.push(c);
        } else {
            self.give_up_mark(pieces);
            self.push_char(c, pieces);
        }
    }

    fn give_up_mark(&mut self, pieces: &mut Vec<Piece>) {
        self.follows_mark = false;
        append(pieces, &std::mem::take(&mut self.pending));
        append(pieces, &std::mem::take(&mut self.mark));
    }
}

/// Says whether what follows a mark may be what joins it to the next.
fn may_join(text: &str) -> bool {
    let word = text.trim_matches(SEPARATORS).to_lowercase();
    // A model may answer in another language than the documents are in.
    Words::all().any(|table| table.conjunctions.iter().any(|joins| joins.starts_with(&word)))
}

fn append(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, clean: &str, marks: &[usize]) {
        // Every way to cut the stream must come to the same.
        for step in 1..=text.chars().count() {
            let mut filter = MarkFilter::default();
            let chars: Vec<char> = text.chars().collect();
            let mut pieces: Vec<Piece> = Vec::new();
            for part in chars.chunks(step) {
                pieces.extend(filter.push(&part.iter().collect::<String>()));
            }
            pieces.extend(filter.finish());
            let mut shown = String::new();
            let mut found = Vec::new();
            for piece in pieces {
                match piece {
                    Piece::Text(text) => shown.push_str(&text),
                    Piece::Mark(numbers) => found.extend(numbers),
                }
            }
            assert_eq!(shown, clean, "in steps of {step}");
            assert_eq!(found, marks, "in steps of {step}");
        }
    }

    #[test]
    fn marks_go_and_brackets_stay() {
        check("It rose [1]. Then fell.[2, 3] End", "It rose. Then fell. End", &[1, 2, 3]);
        check("a [b] c[] [12 months] x[^4]", "a [b] c[] [12 months] x", &[4]);
        check("an open [1", "an open [1", &[]);
        check("[1], [2], and [3]. Two [1] und [2] x", ". Two x", &[1, 2, 3, 1, 2]);
        check("It rose [1], and fell [2] or [b]", "It rose, and fell or [b]", &[1, 2]);
        check("It rose [1] an [2", "It rose an [2", &[1]);
    }
}
