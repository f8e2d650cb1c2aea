//! Sentences: where they begin and end in an answer and in stored text.

use quire_domain::Span;
use unicode_segmentation::UnicodeSegmentation;

/// Words that end with a full stop without ending a sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g.", "i.e.", "etc.", "vs.", "approx.", "no.", "nos.", "fig.", "inc.", "corp.", "ltd.",
    "co.", "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jan.", "feb.", "mar.", "apr.", "jun.",
    "jul.", "aug.", "sep.", "sept.", "oct.", "nov.", "dec.", "z.b.", "d.h.", "bzw.", "ca.", "usw.",
    "nr.", "abs.", "bijv.", "enz.",
];

/// Cuts text into sentences, each without the blanks around it. A line's end is a sentence's end.
///
/// Follows Unicode's sentence boundaries (UAX #29), mended at abbreviations and list numbers.
pub fn split(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        for part in line.split_sentence_bounds() {
            let length = part.chars().count();
            let (start, mut sentence) = open.take().unwrap_or((position, String::new()));
            sentence.push_str(part);
            position += length;
            if continues(&sentence) {
                open = Some((start, sentence));
            } else {
                spans.extend(trimmed(start, &sentence));
            }
        }
        if let Some((start, sentence)) = open.take() {
            spans.extend(trimmed(start, &sentence));
        }
    }
    spans
}

/// Says whether what looks like a sentence goes on after its last full stop.
fn continues(sentence: &str) -> bool {
    if sentence.ends_with('\n') {
        return false;
    }
    let trimmed = sentence.trim();
    let Some(last) = trimmed.split_whitespace().next_back() else { return true };
    let bare = trimmed.trim_start_matches(['-', '*', '#', '>', ' ']);
    let numbering = bare.strip_suffix(['.', ')']).is_some_and(|number| {
        number.len() <= 3 && number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty()
    });
    if numbering || bare.is_empty() {
        return true;
    }
    let last = last.trim_start_matches(['(', '"', '“']).to_lowercase();
    let initials = last.ends_with('.')
        && last.split('.').filter(|part| !part.is_empty()).all(|part| part.chars().count() == 1)
        && last.chars().any(char::is_alphabetic);
    initials || ABBREVIATIONS.contains(&last.as_str())
}

fn trimmed(start: usize, text: &str) -> Option<Span> {
    let before = text.chars().take_while(|c| c.is_whitespace()).count();
    let length = text.trim().chars().count();
    (length > 0).then(|| Span::new(start + before, start + before + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, sentences: &[&str]) {
        let found: Vec<&str> =
            split(text).into_iter().map(|span| span.slice(text).expect("lies within")).collect();
        assert_eq!(found, sentences);
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        check("One. Two? Three", &["One.", "Two?", "Three"]);
        check(
            "Net sales were $82,959.5 million. Äpfel.",
            &["Net sales were $82,959.5 million.", "Äpfel."],
        );
        check(
            "Under U.S. GAAP it fell. See e.g. Note 3.",
            &["Under U.S. GAAP it fell.", "See e.g. Note 3."],
        );
        check(
            "1. First item.\n2. Second item\n- third",
            &["1. First item.", "2. Second item", "- third"],
        );
        check("  \n\n ", &[]);
    }
}
