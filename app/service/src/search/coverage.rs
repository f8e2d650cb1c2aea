//! Coverage: how much of a question's words a text contains.

use std::collections::{HashMap, HashSet};

use quire_domain::{DocumentId, Hit};
use quire_vectorstore::Analyzer;

use crate::sentences;

/// The words of a passage, sentence by sentence.
pub struct PassageTerms {
    sentences: Vec<HashSet<String>>,
    /// What is known about the passage beside its text: title, file name, headings, and
    /// other names.
    context: HashSet<String>,
}

impl PassageTerms {
    /// Takes a hit apart, `names` being what else documents are called.
    pub fn of(hit: &Hit, names: &HashMap<DocumentId, Vec<String>>, analyzer: &Analyzer) -> Self {
        let terms = |text: &str| analyzer.terms(text).into_iter().collect::<HashSet<String>>();
        let spans = sentences::split(&hit.text);
        let sentences = spans.into_iter().filter_map(|span| span.slice(&hit.text)).map(terms);
        let mut context: Vec<&str> = vec![&hit.document.title, hit.document.path.as_str()];
        context.extend(hit.heading.iter().map(String::as_str));
        context.extend(names.get(&hit.document.id).into_iter().flatten().map(String::as_str));
        let context = context.join("\n");
        Self { sentences: sentences.collect(), context: terms(&context) }
    }

    fn contains(&self, term: &str) -> bool {
        self.sentences.iter().any(|sentence| sentence.contains(term))
    }
}

/// A question's terms and what each weighs: rare ones tell more.
pub struct QuestionTerms {
    weights: HashMap<String, f32>,
    total: f32,
}

impl QuestionTerms {
    /// Weighs the terms of `question` by how few of the candidates have them.
    pub fn new(question: &str, analyzer: &Analyzer, candidates: &[PassageTerms]) -> Self {
        let count = candidates.len() as f32;
        let weigh = |term: String| {
            let having = candidates.iter().filter(|one| one.contains(&term)).count() as f32;
            (term, 0.5 + (1.0 + count / (having + 1.0)).ln())
        };
        let weights: HashMap<String, f32> =
            analyzer.terms(question).into_iter().map(weigh).collect();
        let total = weights.values().sum();
        Self { weights, total }
    }

    /// Gives the share that one sentence of it contains, with title and headings in mind.
    pub fn in_best_sentence(&self, passage: &PassageTerms) -> f32 {
        let shares = passage.sentences.iter().map(|sentence| {
            self.share(|term| sentence.contains(term) || passage.context.contains(term))
        });
        shares.fold(0.0, f32::max)
    }

    fn share(&self, has: impl Fn(&str) -> bool) -> f32 {
        if self.total <= 0.0 {
            return 0.0;
        }
        let had = self.weights.iter().filter(|(term, _)| has(term));
        had.map(|(_, weight)| weight).sum::<f32>() / self.total
    }
}
