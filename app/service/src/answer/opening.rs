//! The opening of a reply: the line that tells if the passages state the answer, taken out.

use super::prompt::{NOT_STATED, STATED};

/// Takes the opening line out of streamed text; holds back what may become one.
#[derive(Debug, Default)]
pub struct OpeningFilter {
    held: String,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    /// The first line may still be the opening.
    #[default]
    Open,
    /// It was, or the reply has none.
    Passed,
    /// It tells that there is no answer: nothing that follows counts.
    NotStated,
}

impl OpeningFilter {
    /// Makes one for a reply that was not asked to begin so: all of it belongs to the answer.
    pub fn passed() -> Self {
        Self { held: String::new(), state: State::Passed }
    }

    /// Takes the next text and gives what belongs to the answer.
    pub fn push(&mut self, text: &str) -> String {
        match self.state {
            State::Passed => return text.to_owned(),
            State::NotStated => return String::new(),
            State::Open => self.held.push_str(text),
        }
        let held = self.held.trim_start();
        let first = held.split_once('\n').map(|(line, _)| line.to_owned());
        match first {
            Some(line) => self.decide(&line),
            None if may_become_opening(held) => String::new(),
            None => self.decide(""),
        }
    }

    /// Gives what was held back at the end of the text.
    pub fn finish(&mut self) -> String {
        if self.state != State::Open {
            return String::new();
        }
        let line = self.held.trim().to_owned();
        self.decide(&line)
    }

    /// Returns whether the model told that there is no answer.
    pub fn is_not_stated(&self) -> bool {
        self.state == State::NotStated
    }

    /// Decides what the first line is; gives what of the text held back belongs to the answer.
    fn decide(&mut self, line: &str) -> String {
        let held = std::mem::take(&mut self.held);
        let word = line.trim().trim_end_matches(['.', ':', ',']);
        if word.eq_ignore_ascii_case(NOT_STATED) {
            self.state = State::NotStated;
            return String::new();
        }
        self.state = State::Passed;
        if word.eq_ignore_ascii_case(STATED) {
            return held.trim_start()[line.len()..].trim_start().to_owned();
        }
        held
    }
}

/// Returns whether a first line that has not ended may be an opening in the end.
fn may_become_opening(line: &str) -> bool {
    let word = line.trim_end().trim_end_matches(['.', ':', ',']).to_lowercase();
    let [stated, not_stated] = [STATED, NOT_STATED].map(str::to_lowercase);
    stated.starts_with(&word) || not_stated.starts_with(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Filters a reply that comes in pieces of so many bytes; `None` for no answer.
    fn filter(reply: &str, size: usize) -> Option<String> {
        let mut filter = OpeningFilter::default();
        let pieces: Vec<&str> = reply
            .as_bytes()
            .chunks(size)
            .map(|it| std::str::from_utf8(it).expect("ASCII"))
            .collect();
        let mut text: String = pieces.into_iter().map(|piece| filter.push(piece)).collect();
        text.push_str(&filter.finish());
        // The answer drops blanks before its first word.
        (!filter.is_not_stated()).then(|| text.trim_start().to_owned())
    }

    #[test]
    fn a_reply_that_has_no_opening_stays_whole() {
        let mut filter = OpeningFilter::passed();
        let text = filter.push("No") + &filter.push("\nIt is red.") + &filter.finish();
        assert_eq!((text.as_str(), filter.is_not_stated()), ("No\nIt is red.", false));
    }

    #[test]
    fn the_opening_goes_and_the_answer_stays_however_it_is_cut() {
        let kept = |text: &str| Some(text.to_owned());
        for size in [1, 2, 3, 7, 100] {
            let check = |reply, expected| assert_eq!(filter(reply, size), expected, "{reply:?}");
            check("Yes\nThe roof is red [1].", kept("The roof is red [1]."));
            check(" yes.\n\nIt is red.", kept("It is red."));
            check("Yes", kept(""));
            check("No", None);
            check("No.", None);
            check("no\nThe passages say nothing.", None);
            check("The roof is red.", kept("The roof is red."));
            check("No dogs are allowed [1].", kept("No dogs are allowed [1]."));
            check(
                "No, dogs must stay outside.\nCats too.",
                kept("No, dogs must stay outside.\nCats too."),
            );
            check("Yesterday it rained.", kept("Yesterday it rained."));
            check("N", kept("N"));
            check("", kept(""));
        }
    }
}
