//! Conflicts: another document that says the same with another number.

use std::collections::HashSet;

use quire_domain::{Language, Span};
use quire_language::Analyzer;

use super::evidence::Ground;
use super::facts::numbers;
use quire_language::sentences;

/// The share of a sentence's words, its numbers aside, that a contradicting one must have.
const MIN_COVERAGE: f32 = 0.8;
/// Sentences with fewer words than this are too short to tell what they are about.
const MIN_TERMS: usize = 4;

/// Finds a sentence of `other` that says what `sentence` says, but with one other number.
///
/// Documents about different times or parts, which their names or headings tell by numbers, do not
/// contradict each other: last year's report has last year's figures.
pub fn find(sentence: &str, own: &Ground, other: &Ground, analyzer: &Analyzer) -> Option<Span> {
    let own_numbers = numbers(sentence);
    if own_numbers.is_empty() || labels(&own.context, analyzer) != labels(&other.context, analyzer)
    {
        return None;
    }
    let has_digit = |term: &String| term.chars().any(|c| c.is_ascii_digit());
    let wanted: HashSet<String> =
        analyzer.terms(sentence).into_iter().filter(|term| !has_digit(term)).collect();
    if wanted.len() < MIN_TERMS {
        return None;
    }
    let contradicts = |span: &Span| {
        let Some(text) = span.slice(&other.text) else { return false };
        let terms: HashSet<String> = analyzer.terms(text).into_iter().collect();
        let shared = wanted.intersection(&terms).count() as f32 / wanted.len() as f32;
        let theirs = numbers(text);
        let missing: Vec<&String> = own_numbers.difference(&theirs).collect();
        let new: Vec<&String> = theirs.difference(&own_numbers).collect();
        let [missing] = missing[..] else { return false };
        shared >= MIN_COVERAGE && new.iter().any(|number| is_year(number) == is_year(missing))
    };
    sentences::split(&other.text).into_iter().find(contradicts)
}

/// Gives the parts of a passage's title, name and headings that tell it from its siblings.
fn labels(context: &str, analyzer: &Analyzer) -> HashSet<String> {
    let terms = analyzer.terms(context).into_iter();
    terms.filter(|term| term.chars().any(|c| c.is_ascii_digit())).collect()
}

fn is_year(number: &str) -> bool {
    number.len() == 4 && (number.starts_with("19") || number.starts_with("20"))
}

/// Says that two documents disagree, in the language of the collection.
pub fn words(language: Language, one: &str, other: &str) -> String {
    let (before, between) = match language {
        Language::German => ("Die Dokumente widersprechen sich", "in einem anderen steht"),
        Language::Dutch => ("De documenten spreken elkaar tegen", "in een ander staat"),
        Language::French => ("Les documents se contredisent", "un autre dit"),
        Language::Spanish => ("Los documentos se contradicen", "otro dice"),
        _ => ("The documents disagree", "another says"),
    };
    let plain = |text: &str| {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        words.trim_end_matches(['.', '!', '?']).replace(['“', '”'], "'")
    };
    format!("{before}: “{}”; {between}: “{}”.", plain(one), plain(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(text: &str, context: &str) -> Ground {
        Ground { text: text.to_owned(), context: context.to_owned() }
    }

    #[test]
    fn another_number_for_the_same_is_a_conflict_and_another_year_is_not() {
        let analyzer = Analyzer::new(Language::English);
        let sentence = "The warranty of the circulation pump lasts 24 months.";
        let own = ground(sentence, "manual.pdf");
        let text = "Keep it dry. The warranty of the circulation pump lasts 36 months.";
        let found = find(sentence, &own, &ground(text, "flyer.pdf"), &analyzer);
        let found = found.and_then(|span| span.slice(text).map(str::to_owned));
        assert_eq!(found.as_deref(), Some("The warranty of the circulation pump lasts 36 months."));
        let own = ground(sentence, "manual 2022.pdf");
        assert_eq!(find(sentence, &own, &ground(text, "manual 2023.pdf"), &analyzer), None);
        let same = ground("The warranty of the circulation pump lasts 24 months.", "flyer.pdf");
        assert_eq!(find(sentence, &own, &same, &analyzer), None);
        let unlike = ground("The warranty of the battery is 36 months.", "flyer.pdf");
        assert_eq!(find(sentence, &own, &unlike, &analyzer), None);
    }
}
