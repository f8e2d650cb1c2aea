//! Evidence: the words of a passage that a claim rests on.

use quire_domain::{Span, Support};
use quire_language::Lexicon;

use crate::checks::{MIN_COVERAGE, Trial};
use crate::claim::Claim;
use crate::ground::PreparedGround;
use crate::quote;
use crate::verdict::{Evidence, WhyNot};

/// The longest run of a passage's sentences that is quoted for one claim.
const WINDOW_SENTENCES: usize = 3;
/// The longest quote, in code points.
const WINDOW_CHARS: usize = 600;
/// Quotes shorter than this, in code points, are shown with the sentence around them.
const SHORT_QUOTE: usize = 24;

/// Finds the best evidence for a claim in one passage, or says why there is none.
///
/// A claim whose words stand in the passage, but for case, blanks and marks of emphasis, is `Quoted`;
/// otherwise it is `Supported` by the run of at most three sentences that covers most of its words. Either
/// way the checks must hold for the sentences around: a quote can be torn out of a denial.
pub fn find(claim: &Claim, ground: &PreparedGround, lexicon: &Lexicon) -> Result<Evidence, WhyNot> {
    if claim.is_empty {
        return Err(WhyNot::StatesNothing);
    }
    if let Some(quoted) = find_quoted(claim, ground, lexicon) {
        return Ok(quoted);
    }
    let mut best: Option<Evidence> = None;
    let mut nearest: (f32, WhyNot) = (-1.0, WhyNot::NothingAlike);
    let longest = if claim.borrowed > 0 { 2 } else { WINDOW_SENTENCES };
    for first in 0..ground.sentences.len() {
        for last in first..ground.sentences.len().min(first + longest) {
            let span =
                Span::new(ground.sentences[first].span.start, ground.sentences[last].span.end);
            let is_row = |at: usize| ground.sentences[at].statement.cells.is_some();
            if last > first && (span.len() > WINDOW_CHARS || is_row(first) || is_row(last)) {
                break;
            }
            let trial = Trial::new(claim, ground, (first, last), lexicon);
            let coverage = trial.coverage();
            // More of the claim is better, and then the shorter quote.
            let is_better = best.is_none_or(|best| {
                let shorter = span.len() < best.span.len();
                coverage > best.coverage + 0.05 || (coverage >= best.coverage && shorter)
            });
            let is_hopeless =
                coverage < MIN_COVERAGE[0] && coverage <= nearest.0 && claim.borrowed == 0;
            if !is_better || is_hopeless {
                continue;
            }
            match trial.check() {
                Ok(()) => best = Some(Evidence { support: Support::Supported, span, coverage }),
                Err(why) if coverage > nearest.0 => nearest = (coverage, why),
                Err(_) => {}
            }
        }
    }
    best.ok_or(nearest.1)
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
    let trial = Trial::new(claim, ground, (first, last), lexicon);
    trial.check().ok()?;
    let is_short = span.len() < SHORT_QUOTE && sentences.len() <= WINDOW_CHARS;
    evidence(if is_short { sentences } else { span })
}
