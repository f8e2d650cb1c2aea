//! Joined sentences: a claim that says in one sentence what a passage says in several.
//!
//! It is taken apart where it was joined: at a clause about its subject (`the mill, which was built in 1742, grinds
//! grain`), at an insertion (`the mill, built in 1742, grinds grain`), or at an `and`. Each part must be supported by
//! itself. A part without a subject of its own has that of the part before it, and the passage must have it so, too:
//! by a pronoun, or by naming it again.

use quire_domain::Language;
use quire_language::{Lexicon, Meaning};

use crate::candidates::Candidates;
use crate::checks::{MIN_COVERAGE, Trial, coverage_at_most};
use crate::claim::Claim;
use crate::ground::PreparedGround;
use crate::statement::Statement;

/// The longest run of sentences that one claim may join.
const MOST_SENTENCES: usize = 3;
/// A claim is taken apart at no more places than these.
const MOST_JOINTS: usize = 6;
/// How often a part is taken apart again.
const DEPTH: usize = 2;
/// The words of a subject stand among the first of a sentence, as many as it has and these.
const SUBJECT_REACH: usize = 3;

/// The first and the last sentence of a run.
pub type Run = (usize, usize);

/// Finds the sentences that together say what a claim joins.
pub fn find(claim: &Claim, ground: &PreparedGround, lexicon: &Lexicon) -> Option<Run> {
    let joined = Joined { ground, lexicon };
    let has_rows = ground.sentences.iter().any(|one| one.statement.cells.is_some());
    (claim.borrowed == 0 && !has_rows).then(|| joined.taken_apart(claim, DEPTH)).flatten()
}

/// Returns whether words that a claim joins come from several sentences, which only [`find`] may put together.
///
/// Behind the place where it is joined all must stand in one sentence, and before it all but the subject, which a
/// pronoun there may stand for.
pub fn is_put_together(trial: &Trial<'_>, lexicon: &Lexicon) -> bool {
    if trial.window.0 == trial.window.1 || trial.claim.borrowed > 0 {
        return false;
    }
    let said = &trial.claim.statement;
    let is_beside = |at: usize| trial.stands_beside(at);
    let words: Vec<usize> = said.content_tokens().collect();
    let mut joints = (1..said.tokens.len()).filter(|at| joins(said, *at, lexicon));
    joints.any(|joint| {
        let (before, behind): (Vec<usize>, Vec<usize>) = words.iter().partition(|at| **at < joint);
        let subject = before.iter().take_while(|at| is_beside(**at)).count();
        let is_lent = |words: &[usize]| words.iter().any(|at| is_beside(*at));
        !before.is_empty()
            && !behind.is_empty()
            && (subject == before.len() || is_lent(&before[subject..]) || is_lent(&behind))
    })
}

/// Returns whether a token joins two statements: `and`, and not `or`.
fn joins(statement: &Statement, at: usize, lexicon: &Lexicon) -> bool {
    let token = &statement.tokens[at];
    token.is_mark(';') || is_coordinator(&token.lower, lexicon)
}

fn is_coordinator(word: &str, lexicon: &Lexicon) -> bool {
    let words = lexicon.words();
    words.conjunctions.contains(&word) && !words.alternatives.contains(&word)
}

/// A passage that parts of a claim are looked for in.
struct Joined<'a> {
    ground: &'a PreparedGround,
    lexicon: &'a Lexicon,
}

impl Joined<'_> {
    /// Takes a claim apart at each place where it may be joined, until all parts are found.
    fn taken_apart(&self, claim: &Claim, depth: usize) -> Option<Run> {
        let depth = depth.checked_sub(1)?;
        self.around_insertion(claim, depth).or_else(|| {
            let joints = (1..claim.statement.tokens.len())
                .filter(|at| joins(&claim.statement, *at, self.lexicon));
            joints.take(MOST_JOINTS).find_map(|at| self.at_joint(claim, at, depth))
        })
    }

    /// Takes `the mill, which was built in 1742, grinds grain` for `the mill was built in 1742` and `the mill
    /// grinds grain`.
    fn around_insertion(&self, claim: &Claim, depth: usize) -> Option<Run> {
        let said = &claim.statement;
        let commas: Vec<usize> =
            (0..said.tokens.len()).filter(|at| said.tokens[*at].is_mark(',')).collect();
        let (&begin, &end) = (commas.first()?, commas.get(1)?);
        let opens = said.has(begin + 1, Meaning::Relative);
        let is_subject = !(0..begin).any(|at| is_verb(said, at)) && says_something(said, 0..begin);
        let denies = said.operators.iter().any(|one| (begin..end).contains(&one.token) && !opens);
        let goes_on = said
            .tokens
            .get(end + 1)
            .is_some_and(|token| is_coordinator(&token.lower, self.lexicon));
        let is_list = !opens
            && (begin + 1..end).any(|at| is_coordinator(&said.tokens[at].lower, self.lexicon));
        if !is_subject || denies || goes_on || is_list || commas.len() > 2 && !opens {
            return None;
        }
        let subject = text(claim, 0..begin)?;
        let inner = text(claim, begin + 1 + usize::from(opens)..end)?;
        let rest = text(claim, end + 1..said.tokens.len())?;
        // An insertion without a verb of its own is tied to what stands before it by being it.
        let is =
            self.lexicon.words().passives.first().filter(|_| !opens).copied().unwrap_or_default();
        let inserted = claim.part(&format!("{subject} {is} {inner}"), self.lexicon);
        let main = claim.part(&format!("{subject} {rest}"), self.lexicon);
        let is_loose = !opens;
        let one = self.runs(&inserted).find(|run| !is_loose || self.is_close(&inserted, *run))?;
        let other = self.runs(&main).next().or_else(|| self.taken_apart(&main, depth))?;
        within_reach(one, other)
    }

    /// Takes a claim apart at a word that joins: what stands behind it has a subject of its own, or that of what
    /// stands before.
    fn at_joint(&self, claim: &Claim, at: usize, depth: usize) -> Option<Run> {
        let said = &claim.statement;
        let end = if said.tokens[at - 1].is_mark(',') { at - 1 } else { at };
        let first = claim.part(&text(claim, 0..end)?, self.lexicon);
        let second = claim.part(&text(claim, at + 1..said.tokens.len())?, self.lexicon);
        if !says_something(&first.statement, 0..first.statement.tokens.len())
            || !says_something(&second.statement, 0..second.statement.tokens.len())
        {
            return None;
        }
        let has_own = self.has_own_subject(&second.statement);
        if !has_own && is_denied_before(&first.statement, &second.statement) {
            return None;
        }
        let before: Vec<Run> = match self.runs(&first).collect::<Vec<_>>() {
            runs if runs.is_empty() => self.taken_apart(&first, depth).into_iter().collect(),
            runs => runs,
        };
        let all = 0..self.ground.sentences.len();
        // Words in a row are no statement: `the mill, the dike`.
        let is_told = (0..first.statement.tokens.len()).any(|at| is_verb(&first.statement, at));
        let told = before.into_iter().filter(|run| is_told || self.is_close(&first, *run));
        let mut told = told;
        told.find_map(|run| {
            let near =
                all.clone().filter(|sentence| within_reach(run, (*sentence, *sentence)).is_some());
            let mut near = near.filter(|sentence| {
                self.agree_in_time(&first, &second, run, *sentence)
                    && !self.are_alternatives(&first, &second, *sentence)
                    && if has_own {
                        self.begins_alike(&second, *sentence)
                            && self.tells(&second, *sentence)
                            && self.says(&second, *sentence)
                    } else {
                        self.carries_over(&first, &second, run, *sentence)
                            && self.says(&self.with_subject(&second, *sentence), *sentence)
                    }
            });
            near.next().and_then(|sentence| within_reach(run, (sentence, sentence)))
        })
    }

    /// Lists the runs of sentences that say a claim, the shortest first.
    fn runs<'t>(&'t self, claim: &'t Claim) -> impl Iterator<Item = Run> + 't {
        let candidates = Candidates::new(claim, self.ground, self.lexicon);
        let count = self.ground.sentences.len();
        let all = (0..MOST_SENTENCES).flat_map(move |more| {
            (0..count.saturating_sub(more)).map(move |first| (first, first + more))
        });
        all.filter(move |run| {
            if coverage_at_most(claim, &candidates, *run) < MIN_COVERAGE {
                return false;
            }
            let trial = Trial::new(claim, self.ground, *run, (&candidates, self.lexicon));
            trial.check().is_ok() && !is_put_together(&trial, self.lexicon)
        })
    }

    /// Returns whether one sentence says a part, and says it in one go: nothing stands between its words that the
    /// part leaves out.
    fn says(&self, part: &Claim, sentence: usize) -> bool {
        let candidates = Candidates::new(part, self.ground, self.lexicon);
        let run = (sentence, sentence);
        coverage_at_most(part, &candidates, run) >= MIN_COVERAGE
            && Trial::new(part, self.ground, run, (&candidates, self.lexicon)).check().is_ok()
            && self.is_close(part, run)
    }

    /// Returns whether nothing that says something stands between the words of a part in a sentence, but what the
    /// part says as well.
    fn is_close(&self, part: &Claim, (first, last): Run) -> bool {
        let source = &self.ground.sentences[first].statement;
        let taken = self.taken(part, first);
        let (Some(begin), Some(end)) = (taken.iter().min(), taken.iter().max()) else {
            return false;
        };
        let said = &part.statement;
        let is_there = |lower: &str| said.tokens.iter().any(|token| token.lower == lower);
        first == last
            && (*begin..=*end).all(|token| {
                let is_verb = is_verb(source, token);
                !(source.content[token] || is_verb || source.tokens[token].is_number())
                    || taken.contains(&token)
                    || is_there(&source.tokens[token].lower)
            })
    }

    /// Returns whether a part with a subject of its own says something of it: it has the verb of the sentence, or,
    /// if that has none that is known, all its words from the first on.
    fn tells(&self, part: &Claim, sentence: usize) -> bool {
        let source = &self.ground.sentences[sentence].statement;
        let end = self.taken(part, sentence).into_iter().max().unwrap_or_default();
        let mut verbs = (0..source.tokens.len()).filter(|at| is_verb(source, *at)).peekable();
        if verbs.peek().is_none() {
            let is_all = source.content_tokens().all(|at| at <= end);
            return is_all && part.statement.content_tokens().nth(1).is_some();
        }
        verbs.any(|at| at <= end)
    }

    /// Returns whether a sentence has an `or` between what it has of one part and what it has of the other.
    fn are_alternatives(&self, first: &Claim, second: &Claim, sentence: usize) -> bool {
        let source = &self.ground.sentences[sentence].statement;
        let (one, other) = (self.taken(first, sentence), self.taken(second, sentence));
        let begin = other.iter().filter(|token| !one.contains(token)).min();
        let end = begin.and_then(|begin| one.iter().filter(|token| *token < begin).max());
        let (Some(begin), Some(end)) = (begin, end) else { return false };
        let alternatives = self.lexicon.words().alternatives;
        let mut between = source.tokens[*end..*begin].iter();
        between.any(|token| alternatives.contains(&token.lower.as_str()))
    }

    /// Gives a part the subject that a sentence has before what the part says.
    fn with_subject(&self, part: &Claim, sentence: usize) -> Claim {
        let one = &self.ground.sentences[sentence];
        let first = self.taken(part, sentence).into_iter().min().unwrap_or_default();
        let begin = one.statement.tokens.get(first).map_or(0, |token| token.span.start);
        let chars = one.span.slice(&self.ground.ground.text).unwrap_or_default().chars();
        let subject: String = chars.take(begin).collect();
        part.part(&format!("{subject} {}", part.text), self.lexicon)
    }

    /// Lists the tokens of a sentence that stand for a word, number or time of a part.
    fn taken(&self, part: &Claim, sentence: usize) -> Vec<usize> {
        let (said, source) = (&part.statement, &self.ground.sentences[sentence].statement);
        let candidates = Candidates::new(part, self.ground, self.lexicon);
        let trial =
            Trial::new(part, self.ground, (sentence, sentence), (&candidates, self.lexicon));
        let mut taken: Vec<usize> = trial.meant_in_core().collect();
        let quantities = source
            .quantities
            .iter()
            .filter(|one| said.quantities.iter().any(|own| own.has_value_of(one)));
        taken.extend(quantities.flat_map(|one| one.tokens.0..=one.tokens.1));
        let times = source
            .times
            .iter()
            .filter(|one| said.times.iter().any(|own| one.time.states(own.time)));
        taken.extend(times.flat_map(|one| one.tokens.0..=one.tokens.1));
        taken
    }

    /// Returns whether a part begins with a noun of its own: behind an article, or a name.
    fn has_own_subject(&self, part: &Statement) -> bool {
        begin(part).is_some_and(|at| {
            let token = &part.tokens[at];
            let is_article = part.has(at, Meaning::DefiniteArticle)
                || token.terms.is_empty() && !part.has(at, Meaning::Pronoun);
            let is_name = !self.lexicon.has_capital_nouns() && token.has_capital();
            !is_verb(part, at) && (is_article || is_name && !token.terms.is_empty())
        })
    }

    /// Returns whether a part and a sentence begin with the same word.
    fn begins_alike(&self, part: &Claim, sentence: usize) -> bool {
        let source = &self.ground.sentences[sentence].statement;
        let own = subject(&part.statement).next();
        let theirs = subject(source).next();
        let (Some(own), Some(theirs)) = (own, theirs) else { return false };
        let terms = &source.tokens[theirs].terms;
        part.statement.tokens[own].terms.iter().any(|term| terms.contains(term))
    }

    /// Returns whether a sentence has the subject of the first part, which the second part leaves out: it names it
    /// again, or a pronoun stands for it all the way from the sentence that names it.
    fn carries_over(&self, first: &Claim, second: &Claim, run: Run, sentence: usize) -> bool {
        let source = &self.ground.sentences[sentence].statement;
        let taken = self.taken(second, sentence);
        let lead: Vec<usize> = subject(source).take_while(|token| !taken.contains(token)).collect();
        let named: Vec<usize> =
            subject(&first.statement).take(lead.len() + SUBJECT_REACH).collect();
        let is_named = |token: &usize| {
            let terms = &source.tokens[*token].terms;
            let is_same = |at: &usize| {
                first.statement.tokens[*at].terms.iter().any(|term| terms.contains(term))
            };
            named.iter().any(is_same)
        };
        let end = taken.iter().min().copied().unwrap_or_default();
        if source.operators.iter().any(|one| one.token < end && !taken.contains(&one.token)) {
            return false;
        }
        if !lead.is_empty() {
            return lead.iter().all(is_named) && shares_first_word(first, source);
        }
        let is_open = |at: usize| {
            let statement = &self.ground.sentences[at].statement;
            opens_with_pronoun(statement) || self.opens_with_verb(statement)
        };
        // All sentences from the one that names the subject on speak of it.
        run.0 < sentence && (run.0 + 1..=sentence).all(is_open) && self.begins_alike(first, run.0)
    }

    /// Returns whether a sentence leaves out its pronoun, as some languages do.
    fn opens_with_verb(&self, statement: &Statement) -> bool {
        let leaves_out = matches!(
            self.lexicon.language(),
            Language::Spanish | Language::Italian | Language::Portuguese
        );
        leaves_out && begin(statement).is_some_and(|at| is_verb(statement, at))
    }

    /// Returns whether no time of one part may be taken for one of the other: it stands before both, or behind both,
    /// and the passage has another one there.
    fn agree_in_time(&self, first: &Claim, second: &Claim, run: Run, sentence: usize) -> bool {
        let (one, two) = (&first.statement.times, &second.statement.times);
        let there = |at: usize| self.ground.sentences[at].statement.times.iter();
        let fits = |own: &[crate::time::Mention], at: usize| {
            there(at).all(|time| own.iter().any(|own| own.time.may_be(time.time)))
        };
        let is_before = one.first().is_some_and(|time| {
            first.statement.content_tokens().next().is_none_or(|at| time.tokens.0 < at)
        });
        let of_second = !(is_before && two.is_empty()) || fits(one, sentence);
        let of_first = !one.is_empty() || two.is_empty() || (run.0..=run.1).all(|at| fits(two, at));
        of_second && of_first
    }
}

/// Returns whether a sentence names a subject by its first words or its last, as `the pump` does for `the
/// circulation pump`.
fn shares_first_word(first: &Claim, source: &Statement) -> bool {
    let Some(theirs) = subject(source).next() else { return false };
    let terms = &source.tokens[theirs].terms;
    // The words before the first verb of the part, as far as they stand in one piece.
    let mut run = subject(&first.statement).scan(None, |before: &mut Option<usize>, at| {
        let follows = before.is_none_or(|before| before + 1 == at);
        *before = Some(at);
        follows.then_some(at)
    });
    run.any(|at| first.statement.tokens[at].terms.iter().any(|term| terms.contains(term)))
}

/// Gives the words between two tokens of a claim as they are written.
fn text(claim: &Claim, tokens: std::ops::Range<usize>) -> Option<String> {
    let last = tokens.end.checked_sub(1).filter(|last| *last >= tokens.start)?;
    let span = claim.statement.span((tokens.start, last))?;
    span.slice(&claim.text).map(str::to_owned)
}

/// Joins two runs, if the whole is short enough.
fn within_reach(one: Run, other: Run) -> Option<Run> {
    let run = (one.0.min(other.0), one.1.max(other.1));
    (run.1 - run.0 < MOST_SENTENCES).then_some(run)
}

/// Lists the words of a sentence from its first on that carry a statement and are no times.
fn subject(statement: &Statement) -> impl Iterator<Item = usize> {
    statement.content_tokens().filter(|at| !statement.is_in_time(*at))
}

fn opens_with_pronoun(statement: &Statement) -> bool {
    begin(statement).is_some_and(|at| statement.has(at, Meaning::Pronoun) && !statement.content[at])
}

/// Finds the first word of a statement behind the times that it begins with, and their prepositions.
fn begin(statement: &Statement) -> Option<usize> {
    let mut at = 0;
    while at < statement.tokens.len() {
        let leads = statement.has(at, Meaning::Preposition) && statement.is_in_time(at + 1);
        if !statement.is_in_time(at) && !leads && statement.tokens[at].is_word() {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn is_verb(statement: &Statement, at: usize) -> bool {
    [Meaning::Passive, Meaning::Linking, Meaning::Up, Meaning::Down]
        .into_iter()
        .any(|meaning| statement.has(at, meaning))
        || statement.operators.iter().any(|one| one.token == at)
}

fn says_something(statement: &Statement, mut tokens: std::ops::Range<usize>) -> bool {
    tokens.any(|at| statement.content[at])
}

/// Returns whether a part says how it is meant, so that this may hold for a second part, too, which does not say
/// it anew: `is not sold and closed`.
fn is_denied_before(first: &Statement, second: &Statement) -> bool {
    let begins = (0..second.tokens.len()).find(|at| second.tokens[*at].is_word());
    let says_anew =
        begins.is_some_and(|at| is_verb(second, at) || second.has(at, Meaning::Pronoun));
    !first.operators.is_empty() && !says_anew
}
