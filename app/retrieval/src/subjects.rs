//! Subjects: what a document is about, though few of its passages say so.
//!
//! A report names its company on the title page and in some notes; everywhere else it says "we".
//! A question that names the company is then as near to the reports of all others. So the names in
//! a question are looked for in whole documents: a passage of a document that has them often is
//! taken to be about them.

use std::collections::{BTreeMap, HashMap, HashSet};

use quire_catalog::IndexedDocument;
use quire_domain::{Collection, DocumentId, Hit};
use quire_language::names::named;
use quire_language::{Analyzer, Lexicon};
use quire_vectorstore::{IndexId, StoreError};

use crate::{Retrieval, RetrievalError, Tuning, documents_of, language_of};

/// A document is said to be about what it is about so far.
///
/// These limits were set on twenty quarterly reports and sixteen articles of an encyclopedia; no
/// sweep was recorded: see `docs/decisions/043-entity-salience.md`.
const ABOUT: f32 = 0.5;
/// A document hardly mentions what it is about no further than this.
const HARDLY: f32 = 0.1;
/// A document with so many passages is long: few of them say what it is about.
///
/// Chosen by nDCG@10 on documents of 1 to 250 passages: see `docs/decisions/043-entity-salience.md`.
const LONG: u32 = 20;
/// A document is only about what so many of its passages name.
const LEAST_HAVING: u32 = 2;
/// How many names of a question are looked for.
const MOST_NAMES: usize = 8;

/// How far documents are about the names in a question.
#[derive(Default)]
pub struct Subjects {
    /// The names, and of other words those that some documents are about and others are not.
    names: Vec<Name>,
    /// Those documents that are long.
    long: HashSet<DocumentId>,
}

/// What a document may be about, and which documents are asked.
pub struct SubjectQuery<'a> {
    /// The question.
    pub question: &'a str,
    /// The hits whose documents are asked.
    pub hits: &'a [Hit],
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
    /// Finds how far each document of some hits is about the names in a question.
    ///
    /// Only long documents are asked: a passage that is a document of its own, or half of one, speaks for
    /// itself. Each name costs a count in the store, so words that are only guessed to be names are counted
    /// no further than the hits leave it possible.
    pub async fn find_subjects(
        &self,
        collections: &[&Collection],
        query: &SubjectQuery<'_>,
    ) -> Result<Subjects, RetrievalError> {
        let SubjectQuery { question, hits, tuning } = *query;
        let mut subjects = Subjects::default();
        let documents = documents_of(hits);
        let mut counted = Vec::new();
        for collection in collections {
            let index: IndexId = collection.index_id.parse()?;
            let indexed = self.catalog.get_indexed(index.as_str(), &documents).await?;
            let passages = |one: &IndexedDocument| (one.document.id.clone(), one.chunk_count);
            let passages: BTreeMap<DocumentId, u32> = indexed.iter().map(passages).collect();
            let long = passages.iter().filter(|(_, count)| **count >= LONG);
            let long: Vec<DocumentId> = long.map(|(id, _)| id.clone()).collect();
            counted.push((index, passages, long));
        }
        if counted.iter().all(|(_, _, long)| long.is_empty()) {
            return Ok(subjects);
        }
        let analyzer = Lexicon::of(language_of(collections)).analyzer();
        let mut wanted = possible_names(question, hits, analyzer);
        for (index, passages, long) in counted {
            let count = |name: &Name| {
                let word = name.word.clone();
                let (index, long) = (&index, &long);
                async move {
                    match long.as_slice() {
                        [] => Ok(BTreeMap::new()),
                        long => self.store.count_having(index, &word, long).await,
                    }
                }
            };
            let counts = match futures::future::try_join_all(wanted.iter().map(count)).await {
                // Another index took its place just now.
                Err(StoreError::NoSuchIndex { .. }) => continue,
                counts => counts?,
            };
            for (name, counts) in wanted.iter_mut().zip(counts) {
                let share = |(id, passages): (&DocumentId, &u32)| {
                    let having = counts.get(id).copied().unwrap_or_default();
                    (id.clone(), salience(having as f32, *passages as f32, tuning.half_salient))
                };
                name.shares.extend(passages.iter().map(share));
            }
            subjects.long.extend(long);
        }
        if subjects.long.is_empty() {
            return Ok(subjects);
        }
        for mut name in wanted {
            if name.certainty >= 1.0 {
                subjects.names.push(name);
            } else if name.tells_apart() {
                name.certainty = tuning.guessed_name;
                subjects.names.push(name);
            }
        }
        Ok(subjects)
    }
}

/// Lists what is to be counted: the words of a question that are names, and those that may be.
///
/// A guess tells documents apart only if some are about it and a third of them hardly mention it. So it has
/// to be in some hit, and in none of a third of the documents.
fn possible_names(question: &str, hits: &[Hit], analyzer: &Analyzer) -> Vec<Name> {
    let texts: Vec<(&DocumentId, String)> =
        hits.iter().map(|hit| (&hit.document.id, hit.text.to_lowercase())).collect();
    let all: HashSet<&DocumentId> = texts.iter().map(|(id, _)| *id).collect();
    let is_possible = |word: &str| {
        let word = word.to_lowercase();
        let having = texts.iter().filter(|(_, text)| text.contains(&word));
        let having = having.map(|(id, _)| *id).collect::<HashSet<&DocumentId>>().len();
        having > 0 && (all.len() - having) * 3 >= all.len()
    };
    let mut seen = HashSet::new();
    let new = naming_words(question).into_iter().filter(|naming| seen.insert(naming.word));
    let names = new.filter_map(|NamingWord { word, is_certain }| {
        let terms = analyzer.terms(word);
        let certainty = if is_certain { 1.0 } else { 0.0 };
        let name = Name { word: word.to_owned(), certainty, terms, shares: HashMap::new() };
        (!name.terms.is_empty() && (is_certain || is_possible(word))).then_some(name)
    });
    names.take(MOST_NAMES).collect()
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
    fn a_word_is_counted_only_if_it_may_tell_documents_apart() {
        let hit = |document: &str, text: &str| -> Hit {
            let id = format!("01a2280b-12fd-70cb-b96b-00000000000{document}");
            let value = serde_json::json!({
                "rank": 1, "score": 1.0, "scores": {}, "chunk_id": format!("{id}-0"), "ordinal": 0,
                "text": text, "document": {"id": id, "path": "a.md", "title": "A"},
                "page": null, "heading": [], "lines": null, "rows": null, "start": 0, "end": 1
            });
            serde_json::from_value(value).expect("is a hit")
        };
        let hits = [
            hit("1", "Intel's gross margin rose."),
            hit("1", "The margin of Intel fell."),
            hit("2", "Our margin rose in the quarter."),
            hit("3", "A margin like that is rare."),
        ];
        let analyzer = Analyzer::new(quire_domain::Language::English);
        let words = |question| {
            let names = possible_names(question, &hits, &analyzer);
            names.into_iter().map(|name| name.word).collect::<Vec<String>>()
        };
        assert_eq!(words("how did the margin of intel change"), ["intel"]);
        assert_eq!(words("How did Oracle's margin change in 2023?"), ["Oracle", "2023"]);
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
