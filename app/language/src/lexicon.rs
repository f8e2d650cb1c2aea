//! The lexicon: the table of a language made ready for looking words up.

use std::collections::HashMap;
use std::sync::OnceLock;

use quire_domain::Language;

use crate::words::{List, Words};
use crate::{Analyzer, AnswerKind, Token};

/// What a word or phrase means for the program. See the fields of [`Words`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Meaning {
    /// See [`Words::negations`].
    Negation,
    /// See [`Words::exceptions`].
    Exception,
    /// See [`Words::possibility`].
    Possibility,
    /// See [`Words::future`].
    Future,
    /// See [`Words::obligation`].
    Obligation,
    /// See [`Words::attribution`].
    Attribution,
    /// See [`Words::conditions`].
    Condition,
    /// See [`Words::contrasts`].
    Contrast,
    /// See [`Words::wishes`].
    Wish,
    /// See [`Words::origins`].
    Origin,
    /// See [`Words::destinations`].
    Destination,
    /// See [`Words::time_limits`].
    TimeLimit,
    /// See [`Words::all`].
    All,
    /// See [`Words::most`].
    Most,
    /// See [`Words::some`].
    Some,
    /// See [`Words::only`].
    Only,
    /// See [`Words::at_least`].
    AtLeast,
    /// See [`Words::at_most`].
    AtMost,
    /// See [`Words::more_than`].
    MoreThan,
    /// See [`Words::less_than`].
    LessThan,
    /// See [`Words::about`].
    About,
    /// See [`Words::up`].
    Up,
    /// See [`Words::down`].
    Down,
    /// The number of a pair in [`Words::opposites`], and if it is of its second side.
    Side(u16, bool),
    /// The number of a group in [`Words::synonyms`], or of a word in [`Words::forms`].
    Sense(u16),
    /// See [`Words::numbers`].
    Number(u32),
    /// See [`Words::ordinals`].
    Ordinal(u32),
    /// How a fraction is written in digits; see [`Words::fractions`].
    Fraction(&'static str),
    /// See [`Words::minus`].
    Minus,
    /// See [`Words::quarters`].
    Quarter,
    /// See [`Words::half_years`].
    HalfYear,
    /// See [`Words::changes`].
    Change,
    /// A power of ten; see [`Words::magnitudes`].
    Magnitude(u8),
    /// A sign of [`Words::units`].
    Unit(&'static str),
    /// A month, 1 to 12.
    Month(u8),
    /// See [`Words::periods`].
    Period,
    /// See [`Words::small_words`].
    Small,
    /// See [`Words::prepositions`].
    Preposition,
    /// See [`Words::agents`].
    Agent,
    /// See [`Words::passives`].
    Passive,
    /// See [`Words::comparisons`].
    Comparison,
    /// See [`Words::clause_openers`].
    ClauseOpener,
    /// See [`Words::complementizers`].
    Complementizer,
    /// See [`Words::pronouns`].
    Pronoun,
    /// See [`Words::frames`].
    Frame,
    /// See [`Words::linking`].
    Linking,
    /// See [`Words::totals`].
    Total,
    /// See [`Words::definite_articles`].
    DefiniteArticle,
    /// See [`Words::privatives`].
    Privative,
    /// See [`Words::prospects`].
    Prospect,
    /// See [`Words::figures`].
    Figure,
    /// See [`Words::relatives`].
    Relative,
    /// See [`Words::weekdays`].
    Weekday,
    /// What sort of answer is asked for: see [`Words::asks_who`] and its like.
    Asks(AnswerKind),
}

/// A phrase found among tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Found {
    /// What it means.
    pub meaning: Meaning,
    /// How many tokens it has.
    pub length: usize,
}

/// The words of a language by their forms and stems.
pub struct Lexicon {
    language: Language,
    words: &'static Words,
    analyzer: Analyzer,
    /// By first word: the further words, and what the phrase means. Longer phrases come first.
    phrases: HashMap<String, Vec<(Vec<String>, Meaning)>>,
    /// By stem: single words whose forms are not compared exactly.
    stems: HashMap<String, Vec<Meaning>>,
}

impl Lexicon {
    /// Gives the lexicon of a language, which is made once.
    pub fn of(language: Language) -> &'static Self {
        static MADE: [OnceLock<Lexicon>; 13] = [const { OnceLock::new() }; 13];
        let place = Language::ALL.iter().position(|one| *one == language).map_or(0, |at| at + 1);
        MADE[place].get_or_init(|| Self::new(language))
    }

    fn new(language: Language) -> Self {
        let words = Words::of(language);
        let mut lexicon = Self {
            language,
            words,
            analyzer: Analyzer::new(language),
            phrases: HashMap::new(),
            stems: HashMap::new(),
        };
        lexicon.fill();
        for phrases in lexicon.phrases.values_mut() {
            phrases.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
        }
        lexicon
    }

    fn fill(&mut self) {
        let words = self.words;
        for (list, meaning) in [
            (words.negations, Meaning::Negation),
            (words.exceptions, Meaning::Exception),
            (words.possibility, Meaning::Possibility),
            (words.future, Meaning::Future),
            (words.obligation, Meaning::Obligation),
            (words.attribution, Meaning::Attribution),
            (words.conditions, Meaning::Condition),
            (words.contrasts, Meaning::Contrast),
            (words.wishes, Meaning::Wish),
            (words.origins, Meaning::Origin),
            (words.destinations, Meaning::Destination),
            (words.time_limits, Meaning::TimeLimit),
            (words.all, Meaning::All),
            (words.most, Meaning::Most),
            (words.some, Meaning::Some),
            (words.only, Meaning::Only),
            (words.at_least, Meaning::AtLeast),
            (words.at_most, Meaning::AtMost),
            (words.more_than, Meaning::MoreThan),
            (words.less_than, Meaning::LessThan),
            (words.about, Meaning::About),
            (words.minus, Meaning::Minus),
            (words.quarters, Meaning::Quarter),
            (words.half_years, Meaning::HalfYear),
            (words.periods, Meaning::Period),
            (words.small_words, Meaning::Small),
            (words.prepositions, Meaning::Preposition),
            (words.agents, Meaning::Agent),
            (words.passives, Meaning::Passive),
            (words.comparisons, Meaning::Comparison),
            (words.clause_openers, Meaning::ClauseOpener),
            (words.complementizers, Meaning::Complementizer),
            (words.pronouns, Meaning::Pronoun),
            (words.linking, Meaning::Linking),
            (words.totals, Meaning::Total),
            (words.definite_articles, Meaning::DefiniteArticle),
            (words.relatives, Meaning::Relative),
            (words.prospects, Meaning::Prospect),
            (words.weekdays, Meaning::Weekday),
            (words.asks_who, Meaning::Asks(AnswerKind::Person)),
            (words.asks_when, Meaning::Asks(AnswerKind::Time)),
            (words.asks_where, Meaning::Asks(AnswerKind::Place)),
            (words.asks_how_much, Meaning::Asks(AnswerKind::Amount)),
        ] {
            self.add_forms(list, meaning);
        }
        for (list, meaning) in [
            (words.up, Meaning::Up),
            (words.down, Meaning::Down),
            (words.frames, Meaning::Frame),
            (words.privatives, Meaning::Privative),
            (words.changes, Meaning::Change),
            (words.figures, Meaning::Figure),
        ] {
            self.add_stems(list, meaning);
        }
        for ((one, other), pair) in words.opposites.iter().zip(0..) {
            self.add_stems(one, Meaning::Side(pair, false));
            self.add_stems(other, Meaning::Side(pair, true));
        }
        for (group, number) in words.synonyms.iter().chain(words.forms).zip(0..) {
            self.add_stems(group, Meaning::Sense(number));
        }
        for (value, list) in words.numbers {
            self.add_forms(list, Meaning::Number(*value));
        }
        for (written, list) in words.fractions {
            self.add_forms(list, Meaning::Fraction(written));
        }
        for (value, list) in words.ordinals {
            self.add_forms(list, Meaning::Ordinal(*value));
        }
        for (power, list) in words.magnitudes {
            self.add_forms(list, Meaning::Magnitude(*power));
        }
        for (sign, list) in words.units {
            self.add_forms(list, Meaning::Unit(sign));
        }
        for (list, month) in words.months.iter().zip(1..) {
            self.add_forms(list, Meaning::Month(month));
        }
    }

    fn add_forms(&mut self, list: List, meaning: Meaning) {
        for phrase in list {
            let mut parts = self.pieces(phrase).into_iter();
            let Some(first) = parts.next() else { continue };
            self.phrases.entry(first).or_default().push((parts.collect(), meaning));
        }
    }

    fn add_stems(&mut self, list: List, meaning: Meaning) {
        self.add_forms(list, meaning);
        for word in list {
            let stem = self.analyzer.terms(word).into_iter().next();
            if let Some(stem) = stem.filter(|_| !word.contains([' ', '-'])) {
                let meanings = self.stems.entry(stem).or_default();
                if !meanings.contains(&meaning) {
                    meanings.push(meaning);
                }
            }
        }
    }

    /// Cuts a phrase as a text is cut.
    fn pieces(&self, phrase: &str) -> Vec<String> {
        let tokens = crate::tokens(phrase, &self.analyzer);
        tokens.into_iter().map(|token| token.lower).collect()
    }

    /// Shows the table.
    pub fn words(&self) -> &'static Words {
        self.words
    }

    /// Shows the language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Shows the analyzer of the language.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Cuts a text into tokens.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        crate::tokens(text, &self.analyzer)
    }

    /// Lists what the words that begin at `tokens[at]` mean, longer phrases first.
    pub fn find(&self, tokens: &[Token], at: usize) -> Vec<Found> {
        let Some(token) = tokens.get(at) else { return Vec::new() };
        let mut found: Vec<Found> = Vec::new();
        for (rest, meaning) in self.phrases.get(&token.lower).into_iter().flatten() {
            let follows = rest
                .iter()
                .zip(at + 1..)
                .all(|(word, next)| tokens.get(next).is_some_and(|token| token.lower == *word));
            if follows {
                found.push(Found { meaning: *meaning, length: rest.len() + 1 });
            }
        }
        let stem = token.terms.first();
        for meaning in stem.and_then(|stem| self.stems.get(stem)).into_iter().flatten() {
            if found.iter().all(|one| one.meaning != *meaning) {
                found.push(Found { meaning: *meaning, length: 1 });
            }
        }
        let ends = |ending: &&&str| token.lower.ends_with(**ending);
        if token.is_word() && self.words.negating_endings.iter().any(|ending| ends(&ending)) {
            found.push(Found { meaning: Meaning::Negation, length: 1 });
        }
        found
    }

    /// Returns whether the language writes every noun with a capital, so that a capital tells no name.
    pub fn has_capital_nouns(&self) -> bool {
        self.language == Language::German
    }

    /// Returns whether the words at `tokens[at]` have the meaning `meaning`.
    pub fn has(&self, tokens: &[Token], at: usize, meaning: Meaning) -> bool {
        self.find(tokens, at).iter().any(|found| found.meaning == meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_and_stems_are_found() {
        let lexicon = Lexicon::of(Language::English);
        let meanings = |text: &str| {
            let tokens = lexicon.tokens(text);
            let found = lexicon.find(&tokens, 0);
            found.into_iter().map(|found| (found.meaning, found.length)).collect::<Vec<_>>()
        };
        assert!(meanings("no longer sells").contains(&(Meaning::Negation, 2)));
        assert!(meanings("isn't sold").contains(&(Meaning::Negation, 1)));
        assert!(meanings("increases").contains(&(Meaning::Up, 1)));
        assert!(meanings("percentage points").contains(&(Meaning::Unit("pp"), 2)));
        assert!(meanings("bn").contains(&(Meaning::Magnitude(9), 1)));
        assert!(meanings("table").is_empty());
    }
}
