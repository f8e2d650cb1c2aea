//! Judging: a whole answer against its passages, sentence by sentence.

use quire_domain::{Span, Support};
use quire_language::{Lexicon, sentences};

use crate::claim::Claim;
use crate::evidence;
use crate::ground::PreparedGround;
use crate::verdict::{Evidence, WhyNot};

/// What was decided on one sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Where the sentence stands in the claim, in code points.
    pub span: Span,
    /// How well it is supported.
    pub support: Support,
    /// The passage that it rests on, by its place in the list, and the words there.
    pub evidence: Option<(usize, Evidence)>,
    /// Why it is not supported.
    pub why_not: Option<WhyNot>,
}

impl Verdict {
    /// Returns whether the sentence states nothing, so that it makes a claim neither better nor worse.
    pub fn states_nothing(&self) -> bool {
        self.why_not == Some(WhyNot::StatesNothing)
    }
}

/// Judges one sentence of an answer to `question`: by the best of some passages.
pub fn sentence(
    text: &str,
    question: &str,
    grounds: &[PreparedGround],
    lexicon: &Lexicon,
) -> (Option<(usize, Evidence)>, Option<WhyNot>) {
    let claim = Claim::new(text, question, lexicon);
    let mut best: Option<(usize, Evidence)> = None;
    let mut why: Option<WhyNot> = None;
    for (index, ground) in grounds.iter().enumerate() {
        match evidence::find(&claim, ground, lexicon) {
            Ok(found) => {
                let rank = |one: &Evidence| (one.support == Support::Quoted, one.coverage);
                let is_better = best.as_ref().is_none_or(|(_, best)| {
                    let (new, old) = (rank(&found), rank(best));
                    new.0 && !old.0 || new.0 == old.0 && new.1 > old.1
                });
                if is_better {
                    best = Some((index, found));
                }
            }
            Err(WhyNot::NothingAlike) if why.is_some() => {}
            Err(reason) if why.is_none() || why == Some(WhyNot::NothingAlike) => why = Some(reason),
            Err(_) => {}
        }
    }
    let why = if best.is_some() { None } else { why.or(Some(WhyNot::NothingAlike)) };
    (best, why)
}

/// Judges each sentence of a claim.
pub fn claim(
    text: &str,
    question: &str,
    grounds: &[PreparedGround],
    lexicon: &Lexicon,
) -> Vec<Verdict> {
    let spans = sentences::split(text).into_iter();
    spans
        .map(|span| {
            let words = span.slice(text).unwrap_or_default();
            let (evidence, why_not) = sentence(words, question, grounds, lexicon);
            let support =
                evidence.as_ref().map_or(Support::Unsupported, |(_, found)| found.support);
            Verdict { span, support, evidence, why_not }
        })
        .collect()
}
