//! Conflicts: another document that says the same of the same thing, at the same time, with another number.

use std::collections::HashSet;

use quire_domain::{Language, Span};
use quire_language::{Lexicon, Words};

use crate::candidates::Candidates;
use crate::checks::Trial;
use crate::claim::{Claim, Extent};
use crate::ground::PreparedGround;
use crate::statement::Statement;

/// Sentences with fewer content words than this are too short to tell what they are about.
const MIN_WORDS: usize = 3;

/// Finds a sentence of `other` that says what `claim` says, but with one other number of the same unit.
///
/// Both must speak of the same thing. Where the titles of the documents differ in a name or a number (two
/// leases, two years), the claim has to name its subject itself, and the other sentence as well.
pub fn find(
    claim: &Claim,
    own: &PreparedGround,
    other: &PreparedGround,
    lexicon: &Lexicon,
) -> Option<Span> {
    let said = &claim.statement;
    let is_about_one = claim.borrowed == 0
        && claim.extent == Extent::Sentence
        && said.content_tokens().count() >= MIN_WORDS
        && said.quantities.len() == 1;
    if !is_about_one || !are_about_the_same(claim, own, other) {
        return None;
    }
    let candidates = Candidates::new(claim, other, lexicon);
    let contradicts = |at: usize| {
        let trial = Trial::new(claim, other, (at, at), (&candidates, lexicon));
        trial.differs_in_number()
    };
    let found = (0..other.sentences.len()).find(|at| contradicts(*at))?;
    Some(other.sentences[found].span)
}

/// Returns whether two passages speak of the same thing, as far as their titles and the claim tell.
fn are_about_the_same(claim: &Claim, own: &PreparedGround, other: &PreparedGround) -> bool {
    let (own, other) = (labels(own), labels(other));
    let differ = own.symmetric_difference(&other).next().is_some();
    let numbers_differ =
        own.symmetric_difference(&other).any(|label| label.chars().any(|c| c.is_ascii_digit()));
    !differ || !numbers_differ && !claim.statement.names.is_empty()
}

/// Gives what tells a document from its siblings: names and numbers in its title and path.
fn labels(ground: &PreparedGround) -> HashSet<String> {
    let names = |line: &Statement| -> Vec<String> {
        let named = (0..line.tokens.len()).filter(|at| {
            let token = &line.tokens[*at];
            token.is_number() || line.is_name(*at) || token.is_acronym()
        });
        named.map(|at| line.tokens[at].lower.clone()).collect()
    };
    let lines = ground.context.lines.iter().filter(|line| line.cells.is_none());
    lines.flat_map(names).collect()
}

/// Says that two documents disagree, in a language.
pub fn words(language: Language, one: &str, other: &str) -> String {
    let sentences = &Words::of(language).sentences;
    let plain = |text: &str| {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        words.trim_end_matches(['.', '!', '?']).replace(['“', '”'], "'")
    };
    let (disagree, another_says) = (sentences.disagree, sentences.another_says);
    format!("{disagree}: “{}”; {another_says}: “{}”.", plain(one), plain(other))
}

#[cfg(test)]
mod tests {
    use crate::ground::Ground;

    use super::*;

    fn conflict(sentence: &str, title: &str, other: &str, other_title: &str) -> Option<String> {
        let lexicon = Lexicon::of(Language::English);
        let ground = |text: &str, context: &str| {
            let ground =
                Ground { text: text.to_owned(), context: context.to_owned(), ..Ground::default() };
            PreparedGround::new(ground, lexicon)
        };
        let claim = Claim::new(sentence, "", lexicon);
        let span = find(&claim, &ground(sentence, title), &ground(other, other_title), lexicon)?;
        span.slice(other).map(str::to_owned)
    }

    #[test]
    fn another_number_for_the_same_is_a_conflict() {
        let sentence = "The warranty of the circulation pump lasts 24 months.";
        let text = "Keep it dry. The warranty of the circulation pump lasts 36 months.";
        let found = conflict(sentence, "manual.pdf", text, "flyer.pdf");
        assert_eq!(found.as_deref(), Some("The warranty of the circulation pump lasts 36 months."));
        let named = "The budget of Project Apollo is 5 million euros.";
        let other = "The budget of Project Apollo is 6 million euros.";
        assert!(conflict(named, "Minutes of Anna", other, "Minutes of Ben").is_some());
    }

    #[test]
    fn other_things_times_and_units_are_none() {
        let sentence = "The warranty of the circulation pump lasts 24 months.";
        for (title, other, other_title) in [
            (
                "manual 2022.pdf",
                "The warranty of the circulation pump lasts 36 months.",
                "manual 2023.pdf",
            ),
            ("manual.pdf", "The warranty of the circulation pump lasts 24 months.", "flyer.pdf"),
            ("manual.pdf", "The warranty of the battery is 36 months.", "flyer.pdf"),
            ("manual.pdf", "The warranty of the circulation pump lasts 3 years.", "flyer.pdf"),
            (
                "manual.pdf",
                "The warranty of the circulation pump lasts 36 months in 2020.",
                "flyer.pdf",
            ),
        ] {
            assert_eq!(conflict(sentence, title, other, other_title), None, "{other}");
        }
        let lease = "The rent for the flat is 950 euros a month.";
        let other = "The rent for the flat is 1,150 euros a month.";
        let (one, two) = ("Lease of the Mill House", "Lease of the Harbour House");
        assert_eq!(conflict(lease, one, other, two), None);
    }
}
