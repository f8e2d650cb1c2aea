//! Evidence: the words of a passage that a claim rests on.

use quire_domain::{Span, Support};
use quire_language::Lexicon;

use crate::candidates::Candidates;
use crate::checks::{MIN_COVERAGE, Trial, coverage_at_most};
use crate::claim::{Claim, Extent};
use crate::ground::PreparedGround;
use crate::joined;
use crate::quote;
use crate::verdict::{Evidence, WhyNot};

/// The longest run of a passage's sentences that is quoted for one claim.
const WINDOW_SENTENCES: usize = 3;
/// The longest quote, in code points.
const WINDOW_CHARS: usize = 600;
/// Quotes shorter than this, in code points, are shown with the sentence around them.
const SHORT_QUOTE: usize = 24;

/// The share of a claim's words that some sentences must have for the check to be unsure of them.
///
/// Set by hand: see `docs/decisions/121-a-second-judge-decides-what-words-leave-open.md`.
const MIN_UNSURE: f32 = 0.5;

/// Finds the best evidence for a claim in one passage, or says why there is none.
///
/// A claim whose words stand in the passage, but for case, blanks and marks of emphasis, is `Quoted`;
/// otherwise it is `Supported` by the run of at most three sentences that covers most of its words. Either
/// way the checks must hold for the sentences around: a quote can be torn out of a denial.
pub fn find(claim: &Claim, ground: &PreparedGround, lexicon: &Lexicon) -> Result<Evidence, WhyNot> {
    match claim.extent {
        Extent::Nothing => return Err(WhyNot::StatesNothing),
        Extent::Fragment => return Err(WhyNot::TooLittle),
        Extent::Open | Extent::Sentence | Extent::Long => {}
    }
    if let Some(quoted) = find_quoted(claim, ground, lexicon) {
        return Ok(quoted);
    }
    match claim.extent {
        Extent::Sentence => {}
        Extent::Long => return Err(WhyNot::TooLong),
        _ => return Err(WhyNot::TooLittle),
    }
    let mut best: Option<Evidence> = None;
    let mut nearest: (f32, WhyNot) = (-1.0, WhyNot::NothingAlike);
    let candidates = Candidates::new(claim, ground, lexicon);
    let longest = if claim.borrowed > 0 { 2 } else { WINDOW_SENTENCES };
    for first in 0..ground.sentences.len() {
        for last in first..ground.sentences.len().min(first + longest) {
            let Some(span) = window(ground, first, last) else { break };
            let is_hopeless = |coverage: f32| {
                coverage < MIN_COVERAGE && coverage <= nearest.0 && claim.borrowed == 0
                    || best.is_some_and(|best| coverage < best.coverage)
            };
            // What cannot have enough is not looked at word by word: that is most of a passage.
            if is_hopeless(coverage_at_most(claim, &candidates, (first, last))) {
                continue;
            }
            let trial = Trial::new(claim, ground, (first, last), (&candidates, lexicon));
            let coverage = trial.coverage();
            let is_better = best.is_none_or(|best| is_better((coverage, span), &best));
            if !is_better || is_hopeless(coverage) {
                continue;
            }
            let checked = match trial.check() {
                Ok(()) if joined::is_put_together(&trial, lexicon) => Err(WhyNot::Joined),
                checked => checked,
            };
            match checked {
                Ok(()) => best = Some(Evidence { support: Support::Supported, span, coverage }),
                Err(why) if coverage > nearest.0 => nearest = (coverage, why),
                Err(_) => {}
            }
        }
    }
    best.or_else(|| find_joined(claim, ground, &candidates, lexicon)).ok_or(nearest.1)
}

/// Finds the sentences that a claim joins in one.
fn find_joined(
    claim: &Claim,
    ground: &PreparedGround,
    candidates: &Candidates,
    lexicon: &Lexicon,
) -> Option<Evidence> {
    let run = joined::find(claim, ground, lexicon)?;
    let span = window(ground, run.0, run.1)?;
    let coverage = Trial::new(claim, ground, run, (candidates, lexicon)).coverage();
    Some(Evidence { support: Support::Supported, span, coverage })
}

/// Returns whether a place is better than the best so far: it has more of the claim, or as much in fewer words.
fn is_better((coverage, span): (f32, Span), best: &Evidence) -> bool {
    let is_shorter = span.len() < best.span.len();
    coverage > best.coverage + 0.05 || (coverage >= best.coverage && is_shorter)
}

/// Gives the place of a run of sentences; `None` if it is too long to be quoted, or rows of a table are in it.
fn window(ground: &PreparedGround, first: usize, last: usize) -> Option<Span> {
    let span = Span::new(ground.sentences[first].span.start, ground.sentences[last].span.end);
    let mut rows = (first..=last).filter(|at| ground.sentences[*at].statement.cells.is_some());
    let is_long = last > first && (span.len() > WINDOW_CHARS || rows.next().is_some());
    (!is_long).then_some(span)
}

/// Finds the sentences that may say a claim in words that the check does not know, if [`find`] has found none.
///
/// There the check is unsure: at least half of the claim's words are there and all of its facts (numbers,
/// times, names, directions, denials and what limits them), bound as the claim binds them; but words are
/// missing, or come from clauses that have subjects of their own. A second judge may decide there, and nowhere
/// else: if a fact has failed nothing is found. A claim that leans on its question is not one that can be
/// judged by itself, and is never unsure.
pub fn find_unsure(claim: &Claim, ground: &PreparedGround, lexicon: &Lexicon) -> Option<Evidence> {
    if claim.extent != Extent::Sentence || claim.borrowed > 0 {
        return None;
    }
    let mut best: Option<Evidence> = None;
    let candidates = Candidates::new(claim, ground, lexicon);
    for first in 0..ground.sentences.len() {
        for last in first..ground.sentences.len().min(first + WINDOW_SENTENCES) {
            let Some(span) = window(ground, first, last) else { break };
            if coverage_at_most(claim, &candidates, (first, last)) < MIN_UNSURE {
                continue;
            }
            let trial = Trial::new(claim, ground, (first, last), (&candidates, lexicon));
            let coverage = trial.coverage();
            let is_better = best.is_none_or(|best| is_better((coverage, span), &best));
            if coverage >= MIN_UNSURE && is_better && trial.check_facts().is_ok() {
                best = Some(Evidence { support: Support::Supported, span, coverage });
            }
        }
    }
    best
}

/// Finds a claim word for word: as whole sentences of the passage, or as a part of one that means what the
/// claim says.
fn find_quoted(claim: &Claim, ground: &PreparedGround, lexicon: &Lexicon) -> Option<Evidence> {
    let span = quote::find(&claim.text, &ground.ground.text)?;
    let touched = |(_, one): &(usize, &crate::ground::GroundSentence)| {
        one.span.start < span.end && span.start < one.span.end
    };
    let mut around = ground.sentences.iter().enumerate().filter(touched).map(|(at, _)| at);
    let first = around.next()?;
    let last = around.next_back().unwrap_or(first);
    let sentences = Span::new(ground.sentences[first].span.start, ground.sentences[last].span.end);
    let evidence = |span| Some(Evidence { support: Support::Quoted, span, coverage: 1.0 });
    let marks = |text: Option<&str>| {
        text.unwrap_or_default()
            .chars()
            .all(|c| !c.is_alphanumeric() && !matches!(c, '%' | '$' | '€'))
    };
    let text = &ground.ground.text;
    let before = Span::new(sentences.start, span.start).slice(text);
    let behind = Span::new(span.end, sentences.end).slice(text);
    let is_whole = marks(before) && marks(behind);
    if is_whole && claim.borrowed == 0 {
        return evidence(span);
    }
    if matches!(claim.extent, Extent::Long | Extent::Open) {
        return None;
    }
    let candidates = Candidates::new(claim, ground, lexicon);
    let trial = Trial::new(claim, ground, (first, last), (&candidates, lexicon));
    trial.check().ok()?;
    let is_short = span.len() < SHORT_QUOTE && sentences.len() <= WINDOW_CHARS;
    evidence(if is_short { sentences } else { span })
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;
    use crate::ground::Ground;

    const PASSAGE: &str = "The house has a red roof. Its heating was renewed in 2015. Its forty apple \
        trees give about nine tonnes of fruit every year.";

    fn unsure(claim: &str, question: &str) -> Option<String> {
        let lexicon = Lexicon::of(Language::English);
        let ground = Ground {
            text: PASSAGE.to_owned(),
            context: "The house".to_owned(),
            ..Ground::default()
        };
        let ground = PreparedGround::new(ground, lexicon);
        let claim = Claim::new(claim, question, lexicon);
        let found = find_unsure(&claim, &ground, lexicon)?;
        assert_eq!(ground.premise(found.span)[0], "The house", "what is known comes first");
        found.span.slice(PASSAGE).map(str::to_owned)
    }

    #[test]
    fn the_check_is_unsure_where_words_are_missing_and_no_fact_is() {
        let quote = "Its heating was renewed in 2015.";
        let found = unsure("The heating of the house was modernised in 2015.", "");
        assert_eq!(found.as_deref(), Some(quote), "the shortest quote that has as much");
        let found = unsure("Its forty apple trees bear roughly nine tonnes of juicy fruit.", "");
        assert!(found.is_some_and(|quote| quote.contains("nine tonnes")));
    }

    #[test]
    fn the_check_is_not_unsure_where_a_fact_fails_or_nothing_is_alike() {
        for claim in [
            "The heating of the house was modernised in 2016.",
            "The heating of the Weber house was modernised in 2015.",
            "The heating of the house was never modernised in 2015.",
            "Its forty apple trees bear roughly nine kilograms of juicy fruit.",
            "Its forty apple trees bear roughly ninety tonnes of juicy fruit.",
            "The cellar was flooded by the river.",
            "Was the heating modernised in 2015?",
        ] {
            assert_eq!(unsure(claim, ""), None, "{claim}");
        }
        assert_eq!(unsure("2015.", "When was the heating of the house modernised?"), None);
    }

    /// The number is there, in another sentence, so that only its place tells that it is wrong.
    #[test]
    fn the_check_is_not_unsure_of_a_number_in_the_place_of_another() {
        let lexicon = Lexicon::of(Language::English);
        let ground =
            prepared("The tower was built in 1321 by monks. That was before 1388, and by far.");
        let unsure = |claim: &str| {
            let claim = Claim::new(claim, "", lexicon);
            assert!(find(&claim, &ground, lexicon).is_err());
            find_unsure(&claim, &ground, lexicon)
        };
        assert!(unsure("The tower was put together in 1321 by monks.").is_some());
        assert_eq!(unsure("The tower was put together in 1388 by monks."), None);
    }

    /// A long table is cut between its rows, and what heads them stands in another passage.
    #[test]
    fn a_row_is_read_with_what_leads_to_it() {
        let lexicon = Lexicon::of(Language::English);
        let lead = "Results (in millions)\n\n | Three Months Ended June 25, 2022 | Nine Months Ended June 25, 2022\n\
            Net sales:\nServices | $19,604 | $58,941\nCost of sales:\n";
        let text = "Services | 5,589 | 16,411";
        let is_found = |claim: &str, lead: &str| {
            let (text, lead) = (text.to_owned(), lead.to_owned());
            let ground = PreparedGround::new(Ground { text, lead, ..Ground::default() }, lexicon);
            find(&Claim::new(claim, "", lexicon), &ground, lexicon).is_ok()
        };
        let right = "The cost of sales of services was $16,411 million in the nine months ended June 25, 2022.";
        assert!(is_found(right, lead));
        assert!(!is_found(right, ""), "nothing tells what the figures are");
        for wrong in [
            "The cost of sales of services was $5,589 million in the nine months ended June 25, 2022.",
            "The cost of sales of services was $16,411 billion in the nine months ended June 25, 2022.",
            "The net sales of services were $16,411 million in the nine months ended June 25, 2022.",
        ] {
            assert!(!is_found(wrong, lead), "{wrong}");
        }
    }

    #[test]
    fn columns_with_the_same_head_are_not_told_apart() {
        let lexicon = Lexicon::of(Language::English);
        let is_found = |heads: [&str; 2]| {
            let text =
                format!("Item | {} | {}\nProfit per share | $0.65 | $0.95", heads[0], heads[1]);
            let claim = "Profit per share was $0.95 in the three months ended June 30, 2023.";
            find(&Claim::new(claim, "", lexicon), &prepared(&text), lexicon).is_ok()
        };
        let (three, six) = ("Three Months Ended June 30, 2023", "Six Months Ended June 30, 2023");
        assert!(is_found([six, three]));
        assert!(!is_found([three, six]));
        let both = "Three Months Ended Six Months Ended June 30, 2023";
        assert!(!is_found([both, both]), "it may be of either");
    }

    #[test]
    fn what_is_too_long_to_be_a_sentence_is_never_unsure() {
        let lexicon = Lexicon::of(Language::English);
        let long = "forty apple trees and ".repeat(100);
        assert!(find_unsure(&Claim::new(&long, "", lexicon), &prepared(&long), lexicon).is_none());
    }

    fn prepared(text: &str) -> PreparedGround {
        let ground = Ground { text: text.to_owned(), ..Ground::default() };
        PreparedGround::new(ground, Lexicon::of(Language::English))
    }
}
