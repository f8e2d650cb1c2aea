//! Whether a sentence states what is asked in so many words, so that its quote can be the answer.
//!
//! It is strict, since nothing checks it afterwards: all that the question says stands in one place of the
//! sentence, in the order of the question and behind the same prepositions, with what is asked for beside it, and
//! nothing denies, limits or reports it.

use quire_language::{AnswerKind, Meaning, Token};

use super::super::asked::{SAME_SENSE, Word};
use super::super::unit::{Unit, is_year, means};
use super::Surroundings;

/// A question with more words that tell something asks for more than one thing.
const MOST_WORDS: usize = 8;
/// The words of a question and what it asks for stand within so many tokens, and two more for each word.
const EXTENT: usize = 10;
/// What is counted stands no further behind its number than so many tokens.
const BEFORE_COUNTED: usize = 2;
/// A preposition belongs to a word that stands no further behind it, in tokens.
const BEHIND_PREPOSITION: usize = 3;

/// Returns whether a word turns what is said beside it into something else, or says that it changes.
fn turns(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Negation
            | Meaning::Exception
            | Meaning::Possibility
            | Meaning::Condition
            | Meaning::Future
            | Meaning::Attribution
            | Meaning::Up
            | Meaning::Down
    )
}

/// Returns whether a word is a time: "in December" is no place.
fn is_time(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Month(_) | Meaning::Weekday | Meaning::Period | Meaning::Quarter)
}

impl Surroundings<'_> {
    /// Gives what a unit states of the thing asked for: the word that the answer ends with, in lower case.
    /// `None` if it does not state it in so many words.
    pub fn stated(&self, at: usize) -> Option<String> {
        let (unit, asked) = (&self.units[at], self.asked);
        let kind = asked.kind?;
        let count = self.required().count();
        let has_all = self.required().all(|word| word.is_in(unit) >= SAME_SENSE);
        let is_plain = !unit.asks && !unit.is_row && (unit.ends || unit.has_colon());
        if !(1..=MOST_WORDS).contains(&count) || !has_all || !is_plain || self.is_turned(unit) {
            return None;
        }
        // What somebody did is told of by a name in front, what is done to somebody in too many ways.
        let is_person = kind == AnswerKind::Person;
        if is_person && (unit.leans || !self.asks_who_does()) {
            return None;
        }
        let candidates: Vec<usize> = (0..unit.tokens.len())
            .filter(|at| self.is_of_kind(unit, *at, kind) && self.is_where_asked(unit, *at))
            .filter(|at| kind != AnswerKind::Place || !means(unit, *at, is_time, self.lexicon))
            .filter(|at| kind != AnswerKind::Amount || self.is_counted(unit, *at))
            .collect();
        let pairs = self.runs(unit).into_iter().flat_map(|run| {
            candidates.iter().map(move |candidate| (run.clone(), *candidate)).collect::<Vec<_>>()
        });
        let extents = pairs.filter_map(|(run, candidate)| {
            let (first, last) = (*run.iter().min()?, *run.iter().max()?);
            let extent = last.max(candidate) - first.min(candidate);
            let is_near = extent <= 2 * count + EXTENT && !(is_person && candidate > first);
            let (left, right) = if is_person { (candidate, first) } else { (first, candidate) };
            let is_bound = count > 1 || self.is_joined(unit, left, right);
            let fits = is_near && is_bound && self.has_prepositions(unit, &run);
            fits.then_some((extent, candidate))
        });
        let (_, nearest) = extents.min_by_key(|(extent, _)| *extent)?;
        Some(unit.tokens[nearest].lower.clone())
    }

    /// Lists the words of the question that the sentence must have: all but those that only tell what sort of
    /// answer is wanted, auxiliary verbs, and the verb that an amount is tied by.
    fn required(&self) -> impl Iterator<Item = &Word> {
        let is_amount = self.asked.kind == Some(AnswerKind::Amount);
        let means = |word: &Word, meaning| self.lexicon.has(&self.asked.tokens, word.at, meaning);
        let ties = move |word: &Word| {
            means(word, Meaning::Passive) || is_amount && means(word, Meaning::Linking)
        };
        self.asked.words.iter().filter(move |word| !word.asks && !ties(word))
    }

    /// Returns whether a number may be an amount, and of what the question counts: "since 2005" is a time, and
    /// "how many rooms" wants a number in front of the rooms.
    fn is_counted(&self, unit: &Unit, at: usize) -> bool {
        if is_year(&unit.tokens[at].text) && self.preposition(&unit.tokens, at).is_some() {
            return false;
        }
        let words = &self.asked.words;
        let is_behind_asking =
            |word: &&Word| words.iter().any(|other| other.asks && other.at + 1 == word.at);
        self.required().find(is_behind_asking).is_none_or(|counted| {
            counted.places(unit).any(|place| (1..=BEFORE_COUNTED).any(|back| at + back == place))
        })
    }

    /// Returns whether a unit or the question has a word that turns what is said, or the question one that
    /// only what went before explains.
    fn is_turned(&self, unit: &Unit) -> bool {
        let question = &self.asked.tokens;
        let mut asks = (0..question.len()).flat_map(|at| self.lexicon.find(question, at));
        asks.any(|found| turns(found.meaning) || found.meaning == Meaning::Pronoun)
            || (0..unit.tokens.len()).any(|at| means(unit, at, turns, self.lexicon))
    }

    /// Returns whether the question begins by asking who does or is something, as "Who built it?" and
    /// "Who is the landlord?" do, and "Who did they see?" does not.
    fn asks_who_does(&self) -> bool {
        let words = self.lexicon.words();
        let [first, second, ..] = self.asked.tokens.as_slice() else { return false };
        words.asks_who.contains(&first.lower.as_str())
            && (!second.terms.is_empty() || words.passives.contains(&second.lower.as_str()))
    }

    /// Returns whether what is asked for stands behind the preposition that the question ends with, if it
    /// ends with one.
    fn is_where_asked(&self, unit: &Unit, at: usize) -> bool {
        let last = self.asked.tokens.iter().rfind(|token| token.is_word());
        let prepositions = self.lexicon.words().prepositions;
        let asked = last.filter(|last| prepositions.contains(&last.lower.as_str()));
        asked.is_none_or(|asked| self.preposition(&unit.tokens, at) == Some(&asked.lower))
    }

    /// Returns whether `right` stands behind `left` with nothing between but small words, marks, and verbs that tie
    /// a number to what it is said of.
    fn is_joined(&self, unit: &Unit, left: usize, right: usize) -> bool {
        let ties = |at| means(unit, at, |meaning| meaning == Meaning::Linking, self.lexicon);
        left < right
            && (left + 1..right).all(|at| {
                let token = &unit.tokens[at];
                (token.terms.is_empty() || ties(at)) && !token.is_mark(',')
            })
    }

    /// Lists where the words of the question stand in a unit in the order of the question. What comes first in a
    /// question may come last in a sentence, such as what is counted ("How many rooms does the house have?") or the verb
    /// ("Wann endet die Frist?"); but not where it matters who does what.
    fn runs(&self, unit: &Unit) -> Vec<Vec<usize>> {
        let words: Vec<&Word> = self.required().collect();
        let mut runs = runs_of(&words, unit);
        let [first, others @ ..] = words.as_slice() else { return runs };
        if self.asked.kind != Some(AnswerKind::Person) && !others.is_empty() {
            let turned: Vec<&Word> = others.iter().chain([first]).copied().collect();
            let back = runs_of(&turned, unit).into_iter().map(|mut run| {
                run.rotate_right(1);
                run
            });
            runs.extend(back);
        }
        runs
    }

    /// Returns whether the words of the question stand behind the prepositions that they have in it. "Of" may
    /// be left out of a question.
    fn has_prepositions(&self, unit: &Unit, run: &[usize]) -> bool {
        self.required().zip(run).all(|(word, place)| {
            let asked = self.preposition(&self.asked.tokens, word.at);
            let said = self.preposition(&unit.tokens, *place);
            asked == said || asked.is_none() && said == Some("of")
        })
    }

    /// Finds the preposition that a word stands behind, with small words between at most.
    fn preposition<'a>(&self, tokens: &'a [Token], at: usize) -> Option<&'a str> {
        let prepositions = self.lexicon.words().prepositions;
        let is_one = |token: &&Token| prepositions.contains(&token.lower.as_str());
        let before = tokens.get(..at)?.iter().rev().take(BEHIND_PREPOSITION);
        let mut small = before.take_while(|token| token.terms.is_empty() || is_one(token));
        small.find(is_one).map(|token| token.lower.as_str())
    }
}

/// Lists where words stand in a unit in their order.
fn runs_of(words: &[&Word], unit: &Unit) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = vec![Vec::new()];
    for word in words {
        let mut places: Vec<usize> = word.places(unit).collect();
        places.sort_unstable();
        let is_first = runs.first().is_some_and(Vec::is_empty);
        if is_first {
            runs = places.into_iter().map(|place| vec![place]).collect();
            continue;
        }
        runs.retain_mut(|run| {
            let next = places.iter().find(|place| run.last() < Some(place));
            run.extend(next);
            next.is_some()
        });
    }
    runs
}
