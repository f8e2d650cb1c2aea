//! Languages: sentences, terms and names of whatever text.

use quire_domain::Span;
use quire_language::{names, sentences};

use crate::claim_check::lexicon;
use crate::fields;

/// Reads a language, a text, and, as the length of what follows it, a place to cut the text at.
pub(crate) fn check(data: &[u8]) {
    let (choice, [text, cut]) = fields::split(data);
    let text = &*fields::text(text);
    let spans = sentences::split(text);
    check_sentences(text, &spans);
    check_growing(text, cut.len(), &spans);
    let lexicon = lexicon(choice);
    let analyzer = lexicon.analyzer();
    let tokens = lexicon.tokens(text);
    for at in 0..tokens.len() {
        lexicon.find(&tokens, at);
    }
    assert_eq!(analyzer.terms(text), analyzer.terms(text));
    for term in analyzer.index_terms(text).iter().chain(&analyzer.query_terms(text)) {
        assert!(!term.trim().is_empty(), "a term is blank");
    }
    for span in spans {
        names::named(span.slice(text).unwrap_or_default());
    }
}

/// Sentences stand in order, overlap nowhere, have no blanks around them, and leave nothing out.
fn check_sentences(text: &str, spans: &[Span]) {
    let characters: Vec<char> = text.chars().collect();
    let mut end = 0;
    for span in spans {
        assert!(span.start >= end && span.end > span.start, "{span:?} follows {end}");
        let left_out = &characters[end..span.start];
        assert!(left_out.iter().all(|c| c.is_whitespace()), "{left_out:?} is in no sentence");
        let sentence = span.slice(text).expect("it lies in the text");
        assert_eq!(sentence.trim(), sentence);
        end = span.end;
    }
    assert!(characters[end..].iter().all(|c| c.is_whitespace()), "the end is in no sentence");
}

/// Text may grow at its end: sentences that something follows stay as they are.
fn check_growing(text: &str, cut: usize, whole: &[Span]) {
    let at = text.char_indices().nth(cut).map_or(text.len(), |(at, _)| at);
    let part = sentences::split(&text[..at]);
    let settled = part.len().saturating_sub(1);
    assert!(whole.len() >= settled, "sentences are gone");
    assert_eq!(part[..settled], whole[..settled], "what was settled has changed");
}
