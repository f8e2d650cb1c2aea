//! The sentences of a collection's answer with what stands between them.

use std::collections::BTreeMap;

use quire_domain::{Citation, Sentence};

use super::step::Cited;

/// Takes an answer apart into sentences, each with the quotes it rests on, so that they and the rest make the answer.
#[derive(Debug, Default)]
pub struct Sentences {
    /// How far the answer is told, in code points.
    position: usize,
    is_begun: bool,
    citations: Vec<Citation>,
}

impl Sentences {
    /// Makes known the citations that sentences may name.
    pub fn add_citations(&mut self, citations: &[Citation]) {
        self.citations.extend_from_slice(citations);
    }

    /// Gives a sentence, with what stands between it and the one before it in `answer`.
    pub fn next(&mut self, sentence: &Sentence, answer: &str) -> Cited {
        let gap = sentence.start.saturating_sub(self.position);
        let mut text: String = answer.chars().skip(self.position).take(gap).collect();
        if text.is_empty() && self.is_begun {
            text.push(' ');
        }
        text.push_str(sentence.text.trim_end());
        self.position = sentence.end;
        self.is_begun = true;
        let known = |index: &u32| self.citations.iter().find(|known| known.index == *index);
        let citations = sentence.citations.iter().filter_map(known).cloned().collect();
        Cited { text, citations, stores: BTreeMap::new() }
    }

    /// Gives what is left of the answer after its last sentence.
    pub fn rest(&mut self, answer: &str) -> String {
        let rest: String = answer.chars().skip(self.position).collect();
        rest.trim_end().to_owned()
    }
}
