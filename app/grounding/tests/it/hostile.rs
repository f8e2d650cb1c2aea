//! Hostile texts: whatever is claimed of whatever, the check gives a verdict, and its spans lie in the texts.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quire_domain::Language;
use quire_grounding::{Ground, PreparedGround, judge};
use quire_language::Lexicon;

/// Pieces that texts are put together from: what the check looks for, and what may break it.
const PIECES: &[&str] = &[
    "not",
    "no longer",
    "may",
    "rose",
    "fell",
    "Kestrel",
    "Sample B",
    "the",
    "of",
    "and",
    "|",
    "\n",
    ".",
    ",",
    "(",
    ")",
    "-",
    "−",
    "$",
    "€",
    "%",
    "°",
    "°C",
    "1.125",
    "1,234",
    "½",
    "٣",
    "Ⅷ",
    "99999999999999999999999999",
    "0.0.0",
    "2024",
    "Q3",
    "May",
    "31.12.",
    "12:30",
    "million",
    "bn",
    "at least",
    "ß",
    "é",
    "\u{301}",
    "\u{ad}",
    "\u{200b}",
    "İ",
    "ﬁ",
    "日本",
    "😀",
    "\u{202e}",
    "'s",
    "n't",
    "?",
    "!",
    "[1]",
    "**",
    "nicht",
    "kündigte",
    "Donaudampfschifffahrt",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(0..PIECES.len(), 0..40);
    let put = |pieces: Vec<usize>| {
        let pieces: Vec<&str> = pieces.into_iter().map(|at| PIECES[at]).collect();
        pieces.join(" ")
    };
    let close = proptest::collection::vec(0..PIECES.len(), 0..20)
        .prop_map(|pieces| pieces.into_iter().map(|at| PIECES[at]).collect::<String>());
    prop_oneof![
        pieces.prop_map(put),
        close,
        any::<String>(),
        "[0-9.,$%() -]{0,60}",
        "([a-z0-9]{0,4} ?[|] ?){0,40}"
    ]
}

fn check(claim: &str, question: &str, passage: &str, title: &str, language: Language) {
    let lexicon = Lexicon::of(language);
    let ground =
        Ground { text: passage.to_owned(), context: title.to_owned(), ..Ground::default() };
    let grounds = [PreparedGround::new(ground, lexicon)];
    for verdict in judge::claim(claim, question, &grounds, lexicon) {
        assert!(verdict.span.slice(claim).is_some(), "{claim:?}");
        if let Some((_, evidence)) = verdict.evidence {
            assert!(
                evidence.span.slice(passage).is_some_and(|quote| !quote.is_empty()),
                "{passage:?}"
            );
            assert!((0.0..=1.0).contains(&evidence.coverage), "{}", evidence.coverage);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(12),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_texts_have_a_verdict(
        claim in text(),
        question in text(),
        passage in text(),
        title in text(),
        at in 0..=Language::ALL.len(),
    ) {
        let language = Language::ALL.get(at).copied().unwrap_or_default();
        check(&claim, &question, &passage, &title, language);
        check(&passage, &question, &passage, &title, language);
    }
}

/// What is long or repeats itself without end must not take time beyond its length. A check that compared all
/// with all would not come to an end here.
#[test]
fn long_texts_come_to_an_end() {
    let english = Language::English;
    for piece in [
        "a ",
        "Kestrel ",
        "42 ",
        "42 % ",
        "| 42 ",
        "rose 5 in 2024 and ",
        "not may all ",
        "(",
        "-",
        "1",
        "x",
    ] {
        let long = piece.repeat(20_000 / piece.len());
        check(&long, "", &long, "", english);
        check(&long, &long, "The company sold 42 cars in 2024.", &long, english);
        check("The company sold 42 cars in 2024.", &long, &long, &long, english);
    }
    let rows = "a | 42 | 43 | 44 | -5 % | (6) | 2024\n".repeat(500);
    check("The sum of a was 42 in 2024.", "", &rows, "", english);
}
