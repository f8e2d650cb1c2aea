//! The citation check: whatever the claim, its quote is stored text that cuts no number in two.

use quire_domain::{Language, Span};
use quire_grounding::{Claim, Ground, PreparedGround, evidence};
use quire_language::{Lexicon, sentences};

use crate::fields;

/// Reads a language, a claim, a question, a passage and its document's title.
pub(crate) fn check(data: &[u8]) {
    let (choice, parts) = fields::split::<4>(data);
    let [claim, question, passage, title] = parts.map(fields::text);
    let lexicon = lexicon(choice);
    let ground =
        Ground { text: passage.to_string(), context: title.into_owned(), ..Ground::default() };
    let ground = PreparedGround::new(ground, lexicon);
    let check = |claim: &str, question: &str| {
        let claim = Claim::new(claim, question, lexicon);
        if let Ok(evidence) = evidence::find(&claim, &ground, lexicon) {
            check_quote(&passage, evidence.span);
        }
    };
    check(&claim, &question);
    for span in sentences::split(&passage) {
        check(span.slice(&passage).expect("a sentence lies in its text"), "");
    }
}

/// Gives the words of a language; the last choice is that of none.
pub(crate) fn lexicon(choice: usize) -> &'static Lexicon {
    let language = Language::ALL.get(choice % (Language::ALL.len() + 1));
    Lexicon::of(language.copied().unwrap_or_default())
}

/// A quote lies in the stored text, holds something, and begins and ends outside of numbers.
fn check_quote(text: &str, span: Span) {
    let quote = span.slice(text).expect("the quote lies in the text");
    assert!(span.start <= span.end && !quote.trim().is_empty(), "{span:?} quotes nothing");
    let characters: Vec<char> = text.chars().collect();
    for edge in [span.start, span.end] {
        assert!(!is_inside_number(&characters, edge), "the edge {edge} of a quote cuts a number");
    }
}

/// Tells if a place has digits on both sides, with at most one separator between them.
fn is_inside_number(text: &[char], place: usize) -> bool {
    let digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let separator = |at: usize| text.get(at).is_some_and(|c| matches!(c, '.' | ','));
    let before = |back: usize| place.checked_sub(back);
    let is = |at: Option<usize>, test: &dyn Fn(usize) -> bool| at.is_some_and(test);
    let ends_in_digit = is(before(1), &digit);
    (ends_in_digit && digit(place))
        || (ends_in_digit && separator(place) && digit(place + 1))
        || (is(before(2), &digit) && is(before(1), &separator) && digit(place))
}
