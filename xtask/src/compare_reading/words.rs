//! The words of texts, with how often each stands there: what readers are compared by.

use std::collections::HashMap;

/// How often each word stands in a text. Words are runs of letters and digits.
pub struct Words(HashMap<String, usize>);

impl Words {
    /// Counts the words of texts.
    pub fn of(texts: &[&str]) -> Self {
        let mut words = HashMap::new();
        let runs =
            texts.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
        for word in runs.filter(|run| !run.is_empty()) {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
        Self(words)
    }

    /// Counts all of them.
    pub fn count(&self) -> usize {
        self.0.values().sum()
    }

    /// Counts those that both have.
    pub fn shared(&self, other: &Self) -> usize {
        let there = |word: &String| other.0.get(word).copied().unwrap_or(0);
        self.0.iter().map(|(word, count)| there(word).min(*count)).sum()
    }

    /// Lists those that another text has less often, in their order.
    pub fn without(&self, other: &Self) -> Vec<String> {
        let missing = self.0.iter().filter(|(word, count)| other.0.get(*word) < Some(count));
        let mut missing: Vec<String> = missing.map(|(word, _)| word.clone()).collect();
        missing.sort();
        missing
    }

    /// Counts those that stand here more often than in another text because they are said again in the names of columns: a name
    /// over several columns stands once on the page.
    pub fn repeated(&self, names: &Self, other: &Self) -> usize {
        let repeated = names.0.iter().filter_map(|(word, count)| {
            let (here, there) = (self.0.get(word)?, other.0.get(word)?);
            Some((*count).min(here.saturating_sub(*there)))
        });
        repeated.sum()
    }

    /// Gives the F1 of the words of two texts.
    pub fn f1(&self, other: &Self) -> f64 {
        self.f1_without(other, 0)
    }

    /// Gives the F1 of the words of two texts, where so many of this one do not count.
    pub fn f1_without(&self, other: &Self, repeated: usize) -> f64 {
        share(2 * self.shared(other), self.count() - repeated + other.count())
    }
}

/// Gives a share; all of nothing is all.
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Joins words that are broken at the ends of lines.
pub fn joined(text: &str) -> String {
    // pdfium writes such a hyphen as a sign of its own.
    let text =
        text.replace("\r\n", "\n").replace(['\u{2}', '\u{fffe}'], "-\n").replace('\u{ad}', "-");
    let mut joined = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        let goes_on =
            lines.peek().is_some_and(|next| next.trim_start().starts_with(char::is_alphabetic));
        let stem = line.strip_suffix(['-', '\u{2010}']).filter(|_| goes_on);
        joined.push_str(stem.unwrap_or(line));
        match lines.peek_mut() {
            Some(next) if stem.is_some() => *next = next.trim_start(),
            _ => joined.push('\n'),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_with_their_repetitions() {
        let (one, other) = (Words::of(&["The sum, the SUM: 5"]), Words::of(&["the sum 5", "6"]));
        assert_eq!((one.count(), one.shared(&other), other.shared(&one)), (5, 3, 3));
        assert!((one.f1(&other) - 6.0 / 9.0).abs() < 1e-9);
        assert_eq!(one.without(&other), ["sum", "the"]);
        assert_eq!(one.repeated(&Words::of(&["the sum the sum"]), &other), 2);
        assert!((one.f1_without(&other, 2) - 6.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn broken_words_are_joined() {
        assert_eq!(joined("a com-\n   puter on\n- this"), "a computer on\n- this\n");
        assert_eq!(joined("a com\u{2}puter"), "a computer\n");
    }
}
