//! What is asked: the words of a question, what each tells, and what sort of answer it wants.

use std::collections::HashSet;

use quire_language::{AnswerKind, Lexicon, Meaning, Token, kind_of_answer, tables_of_question};

use super::unit::{Unit, terms_of};

/// What a word counts that is there only as another one of the same sense.
pub const SAME_SENSE: f32 = 0.8;
/// What a word counts that is there only as another one of the same family, such as `invent` of `invention`.
const SAME_FAMILY: f32 = 0.6;
/// Words of one family begin with so many letters alike at least.
const FAMILY_LETTERS: usize = 4;
/// These are so large a part of the longer word, in percent.
const FAMILY_PERCENT: usize = 65;

/// A question, taken apart.
pub struct Asked {
    /// Its words that tell something.
    pub words: Vec<Word>,
    /// What sort of answer it wants.
    pub kind: Option<AnswerKind>,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// All its terms.
    pub terms: HashSet<String>,
}

/// A word of a question.
#[expect(clippy::struct_excessive_bools, reason = "each is true or not of any word")]
pub struct Word {
    /// Its own terms: the word, then its parts.
    terms: Vec<String>,
    /// Terms of other words with its sense.
    senses: HashSet<String>,
    /// Whether it says which thing is meant: it has a capital or digits.
    pub names: bool,
    /// Whether some row is of something that has the word in its name.
    pub is_in_labels: bool,
    /// Whether the title or a heading of some passage has it.
    pub is_in_contexts: bool,
    /// What it tells: the rarer it is among the passages, the more.
    pub weight: f32,
    /// Its place among the tokens.
    pub at: usize,
    /// Whether it only tells what sort of answer is wanted, as `many` and `year` do in "how many" and "in
    /// which year".
    pub asks: bool,
}

impl Asked {
    /// Takes a question apart that is asked of passages, each with the terms of what is known beside it.
    pub fn new(
        question: &str,
        (passages, contexts): (&[Vec<Unit>], &[HashSet<String>]),
        lexicon: &Lexicon,
    ) -> Self {
        let tables = tables_of_question(question, lexicon.language());
        let kind = kind_of_answer(question, &tables);
        let tokens = lexicon.tokens(question);
        let mut words: Vec<Word> = Vec::new();
        let mut terms: HashSet<String> = HashSet::new();
        let mut is_first = true;
        for (at, token) in tokens.iter().enumerate() {
            let own = terms_of(token, lexicon);
            let begins = std::mem::replace(&mut is_first, false);
            terms.extend(own.iter().cloned());
            let asks = tables.iter().any(|words| {
                let word = token.lower.as_str();
                let opens = words.interrogatives.contains(&word)
                    || begins && words.polar_openings.contains(&word);
                opens && !token.has_digits()
            });
            let is_new = words.iter().all(|word| word.terms != own);
            if own.is_empty() || asks || !is_new {
                continue;
            }
            let has_capital = token.has_capital() && !begins && !lexicon.has_capital_nouns();
            let names = has_capital || token.is_acronym() || token.has_digits();
            let senses = senses(&tokens, at, lexicon);
            words.push(Word {
                terms: own,
                senses,
                names,
                is_in_labels: false,
                is_in_contexts: false,
                weight: 0.0,
                at,
                asks: false,
            });
        }
        for begin in 0..tokens.len() {
            let found = lexicon.find(&tokens, begin);
            let asking = found.iter().filter(|one| matches!(one.meaning, Meaning::Asks(_)));
            let length = asking.map(|one| one.length).max().unwrap_or(0);
            let is_in = |word: &&mut Word| (begin..begin + length).contains(&word.at);
            words.iter_mut().filter(is_in).for_each(|word| word.asks = true);
        }
        let items = passages.iter().flatten().filter(|unit| unit.is_item());
        let labels: Vec<HashSet<&str>> = items.map(Unit::label_terms).collect();
        let count = passages.len() as f32;
        for word in &mut words {
            let has = |units: &&Vec<Unit>| units.iter().any(|unit| word.is_in(unit) >= SAME_FAMILY);
            let having = passages.iter().filter(has).count() as f32;
            word.weight = 0.5 + (1.0 + count / (having + 1.0)).ln();
            word.is_in_contexts = contexts.iter().any(|known| word.is_known(known) > 0.0);
            word.is_in_labels = labels.iter().any(|label| word.is_in_label(label) > 0.0);
        }
        Self { words, kind, tokens, terms }
    }

    /// Gives the share of its words, by weight, that something has, `has` saying how far, 0 to 1.
    pub fn share(&self, has: impl Fn(usize) -> f32) -> f32 {
        let weighed = self.words.iter().enumerate();
        let had: f32 = weighed.map(|(at, word)| word.weight * has(at)).sum();
        let all: f32 = self.words.iter().map(|word| word.weight).sum();
        if all > 0.0 { had / all } else { 0.0 }
    }
}

impl Word {
    /// Tells how far a unit has the word, 0 to 1.
    pub fn is_in(&self, unit: &Unit) -> f32 {
        self.is_among(
            |term| unit.places.contains_key(term),
            || unit.places.keys().map(String::as_str),
        )
    }

    /// Tells how far the word is among some terms, 0 to 1.
    pub fn is_among<'a, Terms: Iterator<Item = &'a str>>(
        &self,
        has: impl Fn(&str) -> bool,
        all: impl Fn() -> Terms,
    ) -> f32 {
        let Some((whole, parts)) = self.terms.split_first() else { return 0.0 };
        if has(whole) {
            return 1.0;
        }
        let had = parts.iter().filter(|part| has(part)).count() as f32;
        let by_parts = SAME_SENSE * had / parts.len().max(1) as f32;
        let by_sense = if self.senses.iter().any(|term| has(term)) { SAME_SENSE } else { 0.0 };
        let best = by_parts.max(by_sense);
        if best >= SAME_FAMILY || whole.starts_with(|c: char| c.is_ascii_digit()) {
            return best;
        }
        if all().any(|term| is_family(whole, term)) { SAME_FAMILY } else { best }
    }

    /// Tells how far the word is among the terms of a text, 0 to 1.
    pub fn is_known(&self, terms: &HashSet<String>) -> f32 {
        self.is_among(|term| terms.contains(term), || terms.iter().map(String::as_str))
    }

    /// Tells how far the word is among the terms that say what the figures of a row are of, 0 to 1.
    pub fn is_in_label(&self, label: &HashSet<&str>) -> f32 {
        self.is_among(|term| label.contains(term), || label.iter().copied())
    }

    /// Lists the tokens of a unit that are the word.
    pub fn places<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = usize> + 'a {
        let whole = self.terms.first().and_then(|term| unit.places.get(term));
        let senses = self.senses.iter().filter_map(|term| unit.places.get(term));
        whole.into_iter().chain(senses).flatten().copied()
    }
}

/// Lists the terms of other words with the sense of a token.
fn senses(tokens: &[Token], at: usize, lexicon: &Lexicon) -> HashSet<String> {
    let words = lexicon.words();
    let mut senses = HashSet::new();
    for found in lexicon.find(tokens, at) {
        let group = match found.meaning {
            Meaning::Sense(group) => words.synonyms.get(usize::from(group)).copied(),
            Meaning::Up => Some(words.up),
            Meaning::Down => Some(words.down),
            _ => None,
        };
        let single = group.into_iter().flatten().filter(|word| !word.contains([' ', '-']));
        senses.extend(single.flat_map(|word| lexicon.analyzer().terms(word)));
    }
    senses
}

/// Returns whether two terms look like words of one family.
fn is_family(one: &str, other: &str) -> bool {
    let longer = one.chars().count().max(other.chars().count());
    let alike = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    alike >= FAMILY_LETTERS && alike * 100 >= longer * FAMILY_PERCENT
}
