//! Subjects: what a document is about, though few of its passages say so.
//!
//! A report names its company on the title page and in some notes; everywhere else it says "we".
//! A question that names the company is then as near to the reports of all others. So the names in
//! a question are looked for in whole documents: a passage of a document that has them often is
//! taken to be about them.

use std::collections::{BTreeMap, HashMap, HashSet};

use quire_domain::{Collection, DocumentId};
use quire_language::Analyzer;
use quire_language::names::named;
use quire_vectorstore::{IndexId, StoreError};

use crate::{Retrieval, RetrievalError, Tuning};

/// A document is said to be about what it is about so far.
///
/// These limits were set on twenty quarterly reports and sixteen articles of an encyclopedia; no
/// sweep was recorded: see `docs/decisions/043-entity-salience.md`.
const ABOUT: f32 = 0.5;
/// A document hardly mentions what it is about no further than this.
const HARDLY: f32 = 0.1;
/// A document with so many passages is long.
const LONG: u32 = 3;
/// A document is only about what so many of its passages name.
const LEAST_HAVING: u32 = 2;
/// How many names of a question are looked for.
const MOST_NAMES: usize = 8;

/// How far documents are about the names in a question.
#[derive(Default)]
pub struct Subjects {
    /// The names, and of other words those that some documents are about and others are not.
    names: Vec<Name>,
    /// Those documents that have several passages.
    long: HashSet<DocumentId>,
}

/// What a document may be about, and which documents are asked.
pub struct SubjectQuery<'a> {
    /// The question.
    pub question: &'a str,
    /// The documents.
    pub documents: &'a [DocumentId],
    /// The constants.
    pub tuning: Tuning,
}

/// A name in a question, or a word that may be one.
struct Name {
    /// As it was asked for.
    word: String,
    /// How certain it is that this is a name, 0 to 1.
    certainty: f32,
    terms: Vec<String>,
    /// How far documents are about it, 0 to 1.
    shares: HashMap<DocumentId, f32>,
}

impl Subjects {
    /// Gives the terms of the names with how far a document is about them, 0 to 1.
    pub fn shares(&self, document: &DocumentId) -> impl Iterator<Item = (String, f32)> {
        let share = |name: &Name| name.shares.get(document).copied().unwrap_or_default();
        let named = self.names.iter().map(move |name| (name, name.certainty * share(name)));
        named.flat_map(|(name, share)| name.terms.iter().map(move |term| (term.clone(), share)))
    }

    /// Gives the terms that say which thing the question is about, and how certain that is, 0 to 1.
    pub fn terms(&self) -> impl Iterator<Item = (String, f32)> {
        let term = |name: &Name, term: &String| (term.clone(), name.certainty);
        self.names.iter().flat_map(move |name| name.terms.iter().map(move |one| term(name, one)))
    }

    /// Returns whether a document has so many passages that few of them say what it is about.
    pub fn is_long(&self, document: &DocumentId) -> bool {
        self.long.contains(document)
    }

    /// Gives the names, but no numbers, that a document is about.
    pub fn names(&self, document: &DocumentId) -> impl Iterator<Item = &str> {
        let is_about =
            |name: &&Name| name.shares.get(document).is_some_and(|share| *share >= ABOUT);
        let names = self.names.iter().filter(|name| !has_digits(&name.word));
        names.filter(is_about).map(|name| name.word.as_str())
    }
}

impl Name {
    /// Returns whether some of the documents are about it, and a third of them hardly mention it.
    fn tells_apart(&self) -> bool {
        let foreign = self.shares.values().filter(|share| **share < HARDLY).count();
        foreign * 3 >= self.shares.len() && self.shares.values().any(|share| *share >= ABOUT)
    }
}

impl Retrieval {
    /// Finds how far each of some documents is about the names in a question.
    pub async fn find_subjects(
        &self,
        collection: &Collection,
        query: &SubjectQuery<'_>,
    ) -> Result<Subjects, RetrievalError> {
        let SubjectQuery { question, documents, tuning } = *query;
        let mut subjects = Subjects::default();
        let analyzer = Analyzer::new(collection.language);
        let mut wanted: Vec<(NamingWord<'_>, Vec<String>)> = Vec::new();
        for naming in naming_words(question) {
            let terms = analyzer.terms(naming.word);
            let is_new = wanted.iter().all(|(known, _)| known.word != naming.word);
            if is_new && !terms.is_empty() && wanted.len() < MOST_NAMES {
                wanted.push((naming, terms));
            }
        }
        if wanted.is_empty() {
            return Ok(subjects);
        }
        let index: IndexId = collection.index_id.parse()?;
        let indexed = self.catalog.get_indexed(index.as_str(), documents).await?;
        let long = indexed.iter().filter(|one| one.chunk_count >= LONG);
        subjects.long = long.map(|one| one.document.id.clone()).collect();
        // One passage alone tells nothing about others: where there are no others nothing is counted.
        let several = indexed.iter().filter(|one| one.chunk_count >= LEAST_HAVING);
        let several: Vec<DocumentId> = several.map(|one| one.document.id.clone()).collect();
        let store = &self.store;
        let counted = if several.is_empty() {
            vec![BTreeMap::new(); wanted.len()]
        } else {
            let counted =
                wanted.iter().map(|(naming, _)| store.count_having(&index, naming.word, &several));
            match futures::future::try_join_all(counted).await {
                // Another index took its place just now.
                Err(StoreError::NoSuchIndex { .. }) => return Ok(subjects),
                counted => counted?,
            }
        };
        for ((naming, terms), counts) in wanted.into_iter().zip(counted) {
            let shares = indexed.iter().map(|one| {
                let count = counts.get(&one.document.id).copied().unwrap_or_default();
                let salience = salience(count as f32, one.chunk_count as f32, tuning.half_salient);
                (one.document.id.clone(), salience)
            });
            let shares = shares.collect();
            let NamingWord { word, is_certain } = naming;
            let certainty = if is_certain { 1.0 } else { tuning.guessed_name };
            let name = Name { word: word.to_owned(), certainty, terms, shares };
            if is_certain || name.tells_apart() {
                subjects.names.push(name);
            }
        }
        Ok(subjects)
    }
}

/// A word that may say which thing a question is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct NamingWord<'a> {
    word: &'a str,
    /// Whether it is a name by its looks, or has digits.
    is_certain: bool,
}

/// Finds the words of a question that say which thing it is about: names, and what has digits.
///
/// The first word has a capital in any case. Where no other has one, any word may be a name.
fn naming_words(question: &str) -> Vec<NamingWord<'_>> {
    let words = || question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let names: Vec<&str> = named(question).into_iter().filter(|word| !has_digits(word)).collect();
    let most_guesses = if names.is_empty() { usize::MAX } else { 1 };
    let certain = names.into_iter().chain(words().filter(|word| has_digits(word)));
    let certain = certain.map(|word| NamingWord { word, is_certain: true });
    let guesses = words().take(most_guesses).filter(|word| !has_digits(word));
    certain.chain(guesses.map(|word| NamingWord { word, is_certain: false })).collect()
}

fn has_digits(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}

/// Tells how far a document is about what so many of its passages name, 0 to 1; at the share `half`
/// it is half about it.
///
/// One passage alone tells nothing about the others.
fn salience(having: f32, passages: f32, half: f32) -> f32 {
    if having < LEAST_HAVING as f32 || passages <= 0.0 {
        return 0.0;
    }
    having / (having + half * passages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_say_what_a_question_is_about() {
        let check = |question, certain: &[&str], guessed: &[&str]| {
            let naming = naming_words(question);
            let of = |is_certain: bool| {
                let words = naming.iter().filter(move |naming| naming.is_certain == is_certain);
                words.map(|naming| naming.word).collect::<Vec<_>>()
            };
            assert_eq!((&of(true)[..], &of(false)[..]), (certain, guessed), "{question}");
        };
        check("How did Intel's margin change in Q3 2023?", &["Intel", "Q3", "2023"], &["How"]);
        check("What did the 10-Q of NVIDIA report?", &["NVIDIA", "10"], &["What"]);
        check("Intel's margin in 2023", &["2023"], &["Intel", "s", "margin", "in"]);
        check("Intel or AMD?", &["AMD"], &["Intel"]);
        check("what did intel report?", &[], &["what", "did", "intel", "report"]);
    }

    #[test]
    fn one_mention_does_not_make_a_subject() {
        let salience = |having, passages| salience(having, passages, 0.05);
        assert!(salience(1.0, 1.0).abs() < f32::EPSILON);
        assert!(salience(1.0, 200.0).abs() < f32::EPSILON);
        assert!(salience(2.0, 200.0) < ABOUT);
        assert!(salience(20.0, 200.0) > ABOUT);
    }
}
