//! Overlap: how much of a question's terms a text contains.

use std::collections::{BTreeMap, HashMap, HashSet};

use quire_domain::{DocumentId, Hit};
use quire_language::Analyzer;

use crate::subjects::Subjects;
use quire_language::sentences;

/// A line without a sentence's end tells something if it has so many words beside those of the question.
///
/// Chosen by nDCG@10: see `docs/decisions/042-a-second-stage-without-a-model.md`.
const LEAST_BEYOND: usize = 2;

/// The words of a passage, sentence by sentence.
pub struct PassageTerms {
    sentences: Vec<Sentence>,
    /// What is known about the passage beside its text, and how far, 0 to 1: title, file name,
    /// headings, other names, and what its document is about.
    context: HashMap<String, f32>,
}

/// The words of a sentence, or of a line that is none.
struct Sentence {
    terms: HashSet<String>,
    /// Whether it ends as sentences do; headings, rows and lines of a table of contents do not.
    is_closed: bool,
}

impl Sentence {
    fn of(text: &str, analyzer: &Analyzer) -> Self {
        let end = text.trim_end_matches([')', '"', '”', '“', '»']);
        Self {
            terms: analyzer.terms(text).into_iter().collect(),
            is_closed: end.ends_with(['.', '!', '?', '…']),
        }
    }
}

/// What is known about documents beside their passages.
pub struct Background<'a> {
    /// What else they are called.
    pub names: &'a HashMap<DocumentId, Vec<String>>,
    /// What they are about.
    pub subjects: &'a Subjects,
}

impl PassageTerms {
    /// Takes a hit apart.
    pub fn of(hit: &Hit, background: &Background<'_>, analyzer: &Analyzer) -> Self {
        let id = &hit.document.id;
        let terms = |text: &str| analyzer.terms(text).into_iter().collect::<HashSet<String>>();
        let spans = sentences::split(&hit.text);
        let sentences = spans.into_iter().filter_map(|span| span.slice(&hit.text));
        let sentences = sentences.map(|sentence| Sentence::of(sentence, analyzer));
        let mut titles: Vec<&str> = vec![&hit.document.title, hit.document.path.as_str()];
        titles.extend(hit.heading.iter().map(String::as_str));
        titles.extend(background.names.get(id).into_iter().flatten().map(String::as_str));
        let titles = titles.join("\n");
        let mut context: HashMap<String, f32> = background.subjects.shares(id).collect();
        context.extend(terms(&titles).into_iter().map(|term| (term, 1.0)));
        Self { sentences: sentences.collect(), context }
    }

    fn contains(&self, term: &str) -> bool {
        self.sentences.iter().any(|sentence| sentence.terms.contains(term))
    }

    /// Says how far a term is known of the passage beside its text, 0 to 1.
    fn known(&self, term: &str) -> f32 {
        self.context.get(term).copied().unwrap_or_default()
    }
}

/// A question's terms and what each weighs: rare ones tell more.
pub struct QuestionTerms {
    /// In the order of the terms, for a sum of fractions depends on it.
    weights: BTreeMap<String, f32>,
    /// Those that say which thing is meant, names and what has digits, and how certain that is, 0 to 1.
    naming: HashMap<String, f32>,
}

impl QuestionTerms {
    /// Weighs the terms of `question` by how few of the candidates have them.
    pub fn new(
        question: &str,
        subjects: &Subjects,
        analyzer: &Analyzer,
        candidates: &[PassageTerms],
    ) -> Self {
        let count = candidates.len() as f32;
        let weigh = |term: String| {
            let having = candidates.iter().filter(|one| one.contains(&term)).count() as f32;
            (term, 0.5 + (1.0 + count / (having + 1.0)).ln())
        };
        let weights = analyzer.terms(question).into_iter().map(weigh).collect();
        Self { weights, naming: subjects.terms().collect() }
    }

    /// Gives the share of what the question names that the passage or its document is about.
    pub fn in_document(&self, passage: &PassageTerms) -> f32 {
        let certainty = |term: &str| self.naming.get(term).copied().unwrap_or_default();
        let named = self.weights.iter().filter(|(term, _)| self.naming.contains_key(*term));
        let has = |term: &str| if passage.contains(term) { 1.0 } else { passage.known(term) };
        share(named, |term| certainty(term) * has(term))
    }

    /// Gives the share that one sentence of it contains, with title and headings in mind.
    ///
    /// A heading, or a line of a table of contents, that only repeats the question answers nothing.
    pub fn in_best_sentence(&self, passage: &PassageTerms) -> f32 {
        let telling = passage.sentences.iter().filter(|sentence| self.goes_beyond(sentence));
        let shares = telling.map(|sentence| {
            let has =
                |term: &str| if sentence.terms.contains(term) { 1.0 } else { passage.known(term) };
            share(self.weights.iter(), has)
        });
        shares.fold(0.0, f32::max)
    }

    /// Returns whether a sentence may say something beside the question. A whole sentence may answer it with
    /// a single number; numbers and letters of a bare line may only number it.
    fn goes_beyond(&self, sentence: &Sentence) -> bool {
        let is_word = |term: &str| term.chars().count() > 1 && term.contains(char::is_alphabetic);
        let beyond = |term: &&String| is_word(term) && !self.weights.contains_key(*term);
        let beyond = sentence.terms.iter().filter(beyond).take(LEAST_BEYOND).count();
        sentence.is_closed || beyond == LEAST_BEYOND
    }
}

/// Gives the share of some terms, by weight, that something has, `has` saying how far, 0 to 1.
fn share<'a>(
    weights: impl Iterator<Item = (&'a String, &'a f32)>,
    has: impl Fn(&str) -> f32,
) -> f32 {
    let (mut had, mut total) = (0.0, 0.0);
    for (term, weight) in weights {
        had += weight * has(term);
        total += weight;
    }
    if total > 0.0 { had / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    fn overlap(question: &str, text: &str) -> f32 {
        let analyzer = Analyzer::new(Language::English);
        let sentence = |line: &str| Sentence::of(line, &analyzer);
        let passage = PassageTerms {
            sentences: text.lines().map(sentence).collect(),
            context: HashMap::new(),
        };
        let terms = QuestionTerms::new(question, &Subjects::default(), &analyzer, &[]);
        terms.in_best_sentence(&passage)
    }

    #[test]
    fn a_line_that_only_repeats_the_question_tells_nothing() {
        let question = "Automatic network configuration";
        for line in [
            "Automatic network configuration",
            "6.3.1.4. Automatic network configuration",
            "C. Automatic Network Configuration (page 12)",
        ] {
            assert!(overlap(question, line).abs() < f32::EPSILON, "{line}");
        }
        let sentence = "By default the installer tries automatic configuration of the network.";
        assert!(overlap(question, sentence) > 0.9);
        // A whole sentence may add one number alone. It has three of the question's four words: not "many".
        let score = overlap("At how many hertz does the pump run?", "The pump runs at 50 hertz.");
        assert!((score - 0.75).abs() < f32::EPSILON, "{score}");
        let both = format!("Automatic network configuration\n{sentence}");
        assert!(overlap(question, &both) > 0.9);
    }
}
