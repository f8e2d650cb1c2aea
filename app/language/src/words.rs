//! Words with a meaning for the program: one table a language.
//!
//! A table says which words deny, limit, compare, count or point. Everything that has to know such
//! words (the citation check, follow-ups, questions about everything) reads them here, so that a
//! language is added, or mended, in one file.
//!
//! A phrase is written with single blanks. An entry stands for every word with the same stem unless
//! its field says that forms are compared exactly.

mod danish;
mod dutch;
mod english;
mod finnish;
mod forms;
mod french;
mod german;
mod italian;
mod norwegian;
mod portuguese;
mod russian;
mod spanish;
mod swedish;

use quire_domain::Language;

/// A list of words and phrases, in lower case.
pub type List = &'static [&'static str];

/// The words of one language that have a meaning for the program.
pub struct Words {
    /// What turns a statement into its opposite: `not`, `never`, `no longer`, `failed to`,
    /// `it is false that`, `denied`, `hardly`. Forms are compared exactly.
    pub negations: List,
    /// Endings that negate: `n't`.
    pub negating_endings: List,
    /// Prefixes that turn an adjective into its opposite: `un`, `in`. They only tell that two words
    /// differ which are alike otherwise.
    pub negating_prefixes: List,
    /// Pairs with them that deny once: `nor` behind `neither`. Forms are compared exactly.
    pub second_negations: List,
    /// What takes a part out: `except`, `unless`, `without`, `other than`. Forms are compared exactly.
    pub exceptions: List,
    /// What makes a statement possible instead of true: `may`, `might`, `could`, `possibly`,
    /// `is expected to`, `plans to`, `would`, `should`. Forms are compared exactly.
    pub possibility: List,
    /// What places it in the future: `will`, `is going to`. Forms are compared exactly.
    pub future: List,
    /// What makes it a duty: `must`, `shall`, `has to`, `is required to`. Forms are compared exactly.
    pub obligation: List,
    /// What hands it on as the words of somebody who may be wrong: `claims`, `allegedly`, `believes`; not
    /// `said`. Forms are compared exactly.
    pub attribution: List,
    /// Exceptions that only tell more if a mark stands before them, because what is left is not of the rest: `, but not`.
    pub contrasts: List,
    /// What says that somebody wants something: `want to`. A condition with it only says what the rest is for: `if you
    /// want to add a user`. Forms are compared exactly, here and in the next three.
    pub wishes: List,
    /// Prepositions of where a movement begins: `from`.
    pub origins: List,
    /// Prepositions of where it ends: `to`.
    pub destinations: List,
    /// Prepositions that leave open when exactly, before or behind a time: `before`, `since`.
    pub time_limits: List,
    /// What makes it depend on something: `if`, `provided that`, `in case`. Forms are compared exactly.
    pub conditions: List,
    /// What makes it true of all: `all`, `every`, `each`, `always`, `entire`.
    pub all: List,
    /// Of the larger part: `most`, `mostly`, `majority`.
    pub most: List,
    /// Of a part: `some`, `several`, `certain`, `few`, `sometimes`, `partly`.
    pub some: List,
    /// Of nothing else: `only`, `solely`, `exclusively`.
    pub only: List,
    /// Number and more: `at least`, `no less than`, `minimum of`. Forms are compared exactly.
    pub at_least: List,
    /// Number and less: `at most`, `up to`, `no more than`, `maximum of`. Forms are compared exactly.
    pub at_most: List,
    /// Above the number: `more than`, `over`, `above`, `exceeding`. Forms are compared exactly.
    pub more_than: List,
    /// Below the number: `less than`, `under`, `below`. Forms are compared exactly.
    pub less_than: List,
    /// Near the number: `about`, `around`, `approximately`, `nearly`. Forms are compared exactly.
    pub about: List,
    /// Words that go up, of one sense for the check: `rose`, `increase`, `grew`, `gain`, `higher`,
    /// `climbed`. All forms that a stemmer does not bring together are listed.
    pub up: List,
    /// Words that go down: `fell`, `decrease`, `decline`, `dropped`, `lower`, `reduce`.
    pub down: List,
    /// Words for a negative result: `loss`, `deficit`. They make the sign of a number in brackets.
    pub losses: List,
    /// Pairs of sides that exclude each other: (`before`, `after`), (`buy`, `sell`), (`older`,
    /// `younger`), (`profit`, `loss`). Words of one side stand for each other.
    pub opposites: &'static [(List, List)],
    /// Groups of words with one sense: (`begin`, `start`), (`purchase`, `buy`, `acquire`).
    pub synonyms: &'static [List],
    /// Words in all forms that no stemmer brings together: (`speak`, `spoke`, `spoken`).
    pub forms: &'static [List],
    /// Numbers as words with their value; not those that are articles as well.
    pub numbers: &'static [(u32, List)],
    /// Ordinals as words with their value: (1, `first`, `1st`).
    pub ordinals: &'static [(u32, List)],
    /// Fractions as words, under how they are written in digits: (`1/2`, `half`).
    pub fractions: &'static [(&'static str, List)],
    /// What makes a number behind it negative: `minus`.
    pub minus: List,
    /// Magnitudes with their power of ten: (3, `thousand`), (6, `million`, `mio`, `mn`), (9, `bn`).
    pub magnitudes: &'static [(u8, List)],
    /// Units under their sign in the table of units (`units::SIGNS`): (`day`, [`day`, `days`]).
    pub units: &'static [(&'static str, List)],
    /// The months, January first: full names and abbreviations.
    pub months: [List; 12],
    /// Words for a quarter of a year.
    pub quarters: List,
    /// Words for half of a year.
    pub half_years: List,
    /// Words over a column that tells how far others lie apart: `change`, `variance`.
    pub changes: List,
    /// Other words for spans of time that a number names: `half`, `fiscal year`.
    pub periods: List,
    /// Articles, pronouns, prepositions and other small words that carry no statement of their own,
    /// as far as the stop words of the analyzer lack them.
    pub small_words: List,
    /// Prepositions: what follows is neither subject nor object.
    pub prepositions: List,
    /// Words before the agent of a passive: `by`.
    pub agents: List,
    /// Words of the passive: `was`, `were`, `been`. Forms are compared exactly.
    pub passives: List,
    /// Words that compare, before what is compared with: `than`.
    pub comparisons: List,
    /// Words that begin a clause of their own: `and`, `but`, `while`, `which`, `because`. Forms are
    /// compared exactly.
    pub clause_openers: List,
    /// Words that join alternatives, which share a denial before them: `or`, `nor`. Forms are compared exactly.
    pub alternatives: List,
    /// Words that add to what was said, where `only` would exclude it: `also`. Forms are compared exactly.
    pub additions: List,
    /// Nouns of what is meant to be done and is not done by them: `proposal`, `attempt`.
    pub prospects: List,
    /// Words before the verb that tells what one of those is for: `to`. Forms are compared exactly.
    pub infinitive_marks: List,
    /// Words before the whole that a part is taken of, `of` in `of the 48 members`. Forms are compared exactly.
    pub wholes: List,
    /// Words before a period that tell how often: `per`, `every`. Forms are compared exactly.
    pub rates: List,
    /// Words before a number that tell how far something moved, where `to` tells whereto: `by`. Forms are compared
    /// exactly; empty where the language has no such word of its own.
    pub differences: List,
    /// Words that stand before the name of a person, firm or place and are no other one's name: `Dr`, `Professor`. Forms
    /// are compared exactly.
    pub titles: List,
    /// Words that hold only of what is named behind them: `free for students`, `allowed in the park`. Forms are compared
    /// exactly.
    pub limited: List,
    /// Words that hand on what holds before to the clause behind: `that`. Forms are compared exactly.
    pub complementizers: List,
    /// Words that stand for what was named before: `it`, `they`, `the company`, `this`. Forms are
    /// compared exactly.
    pub pronouns: List,
    /// Words that speak of the answer or the document and state nothing: `answer`, `document`,
    /// `according`, `passage`, `report`, `states`.
    pub frames: List,
    /// Verbs that only tie a number or a name to what it is said of: `amounted`, `stood`, `weighs`, `reported`.
    pub linking: List,
    /// Words of a whole, which take nothing from what they stand before: `total`, `overall`.
    pub totals: List,
    /// Articles that make one thing a known one: `the`. With an apostrophe at the end they are a part of the
    /// word behind: `l'`. Articles of many things are left out, where they differ.
    pub definite_articles: List,
    /// Endings that do the same, in languages without such articles: `pumpen`.
    pub definite_endings: List,
    /// Words that make of a thing another one: `former`, `deputy`, `planned`.
    pub privatives: List,
    /// Nouns for what is counted, summed up or measured, so that a part of it is not it: `sales`, `employees`,
    /// `weight`, `term`.
    pub figures: List,
    /// Words that begin a clause about what was named right before it: `which`, `who`. Forms are compared exactly.
    pub relatives: List,
    /// Days of the week and the like, which are times without a number: `monday`, `noon`. Forms are compared exactly.
    pub weekdays: List,
    /// Abbreviations that something always follows, with their full stop: `dr.`
    pub abbreviations: List,
    /// Abbreviations that only a number follows: `no.`, `fig.`
    pub abbreviations_before_numbers: List,
    /// Words behind which a number with a full stop is an ordinal (`im 19. Jahrhundert`).
    pub before_ordinals: List,
    /// Words that begin a sentence behind a number with a full stop.
    pub sentence_beginnings: List,
    /// Words of a question that point back to what was said before: `it`, `there`. Those among the
    /// pronouns that are articles as well are no sign of that, unless they are so often.
    pub pointers: List,
    /// How a question goes on from the one before: `and `, `what about `.
    pub follow_up_beginnings: List,
    /// Words that begin a question for a fact: `who`, `when`.
    pub interrogatives: List,
    /// Words that begin a question whose answer is yes or no: `is`, `may`.
    pub polar_openings: List,
    /// Words that ask for a degree, before the word for what is measured: `how` (large), `wie` (hoch).
    pub degree_questions: List,
    /// Words of a question for somebody: `who`. Forms are compared exactly, here and in the next three.
    pub asks_who: List,
    /// Words of a question for a time: `when`, `what year`.
    pub asks_when: List,
    /// Words of a question for a place: `where`, `which country`.
    pub asks_where: List,
    /// Words of a question for a number: `how many`, `how long`.
    pub asks_how_much: List,
    /// Words of a question that sets things or times side by side: `compare`, `over time`.
    pub comparing: List,
    /// Phrases of a question about everything there is: `list all`.
    pub everything: List,
    /// Words that join the marks of citations: `and`, `or`.
    pub conjunctions: List,
    /// What Quire itself says.
    pub sentences: OwnSentences,
}

/// What Quire itself says in a language.
pub struct OwnSentences {
    /// That the documents do not answer the question.
    pub not_found: &'static str,
    /// That passages were found and none fits before the model.
    pub does_not_fit: &'static str,
    /// That no chat model is installed, so that quotes are all that can be shown.
    pub no_model: &'static str,
    /// That the answer is a quote, and no model was asked.
    pub quoted: &'static str,
    /// Begins the sentence about two documents that disagree: `The documents disagree`.
    pub disagree: &'static str,
    /// Stands between the two quotes: `another says`.
    pub another_says: &'static str,
    /// Asks for a reply in this language; empty in English, which models reply in if they are told nothing.
    pub reply_in: &'static str,
}

impl Words {
    /// Gives the table of a language; English for an unknown one.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English | Language::Unknown => &english::WORDS,
            Language::German => &german::WORDS,
            Language::Dutch => &dutch::WORDS,
            Language::French => &french::WORDS,
            Language::Spanish => &spanish::WORDS,
            Language::Italian => &italian::WORDS,
            Language::Portuguese => &portuguese::WORDS,
            Language::Swedish => &swedish::WORDS,
            Language::Danish => &danish::WORDS,
            Language::Norwegian => &norwegian::WORDS,
            Language::Finnish => &finnish::WORDS,
            Language::Russian => &russian::WORDS,
        }
    }

    /// Lists the tables of all languages.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Language::ALL.iter().map(|language| Self::of(*language))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list that is empty in one language makes the check blind there, and no other test would tell.
    #[test]
    fn no_table_lacks_a_list_that_the_check_rests_on() {
        for language in Language::ALL {
            let words = Words::of(*language);
            let lists: &[(&str, List)] = &[
                ("negations", words.negations),
                ("exceptions", words.exceptions),
                ("possibility", words.possibility),
                ("obligation", words.obligation),
                ("attribution", words.attribution),
                ("conditions", words.conditions),
                ("contrasts", words.contrasts),
                ("wishes", words.wishes),
                ("time_limits", words.time_limits),
                ("all", words.all),
                ("most", words.most),
                ("some", words.some),
                ("only", words.only),
                ("at_least", words.at_least),
                ("at_most", words.at_most),
                ("more_than", words.more_than),
                ("less_than", words.less_than),
                ("about", words.about),
                ("up", words.up),
                ("down", words.down),
                ("losses", words.losses),
                ("minus", words.minus),
                ("quarters", words.quarters),
                ("half_years", words.half_years),
                ("changes", words.changes),
                ("periods", words.periods),
                ("prepositions", words.prepositions),
                ("clause_openers", words.clause_openers),
                ("alternatives", words.alternatives),
                ("additions", words.additions),
                ("rates", words.rates),
                ("titles", words.titles),
                ("complementizers", words.complementizers),
                ("pronouns", words.pronouns),
                ("frames", words.frames),
                ("linking", words.linking),
                ("totals", words.totals),
                ("privatives", words.privatives),
                ("figures", words.figures),
                ("relatives", words.relatives),
                ("weekdays", words.weekdays),
                ("abbreviations", words.abbreviations),
                ("interrogatives", words.interrogatives),
                ("polar_openings", words.polar_openings),
                ("degree_questions", words.degree_questions),
                ("asks_who", words.asks_who),
                ("asks_when", words.asks_when),
                ("asks_where", words.asks_where),
                ("asks_how_much", words.asks_how_much),
                ("conjunctions", words.conjunctions),
            ];
            for (name, list) in lists {
                assert!(!list.is_empty(), "`{name}` is empty in {}", language.name());
            }
            let months = words.months.iter().all(|month| !month.is_empty());
            assert!(months, "a month is missing in {}", language.name());
            for (name, length) in [
                ("opposites", words.opposites.len()),
                ("synonyms", words.synonyms.len()),
                ("numbers", words.numbers.len()),
                ("ordinals", words.ordinals.len()),
                ("magnitudes", words.magnitudes.len()),
                ("units", words.units.len()),
            ] {
                assert!(length > 3, "`{name}` has {length} entries in {}", language.name());
            }
        }
    }

    #[test]
    fn entries_are_in_lower_case_and_stand_once() {
        for words in Words::all() {
            for list in [words.negations, words.possibility, words.conditions, words.up, words.down]
            {
                let mut seen = std::collections::HashSet::new();
                for entry in list {
                    assert_eq!(entry.to_lowercase(), *entry);
                    assert!(seen.insert(entry), "`{entry}` stands twice in a list");
                }
            }
        }
    }
}
