//! Measures of evidence: if a known answer stands in the quotes.
//!
//! They judge from the outside, by words and numbers alone, as those of answers do.

use std::collections::HashSet;

use quire_domain::Citation;
use quire_language::sentences;

use super::answer_metrics::{compare, normalised};
use super::plain_facts::numbers;

/// A known answer with more words is told in sentences of its own, which stand nowhere to the letter.
///
/// Set by hand, with the next: see `docs/decisions/048-evidence-first.md`.
const LONGEST_TO_THE_LETTER: usize = 10;
/// The share of the figures, or of the words if it has no figures, that quotes must have of a longer answer.
const HELD_SHARE: f32 = 0.5;
/// A figure with fewer digits than this may stand in a quote by chance.
const LEAST_DIGITS: usize = 3;

/// Returns whether quotes hold one of the known answers to a question.
///
/// A short answer must stand in one of them, as SQuAD's scorer compares. Of a longer one it is half of the figures
/// that the question does not name; and if it has none, half of the words that the question does not have. A
/// longer one with figures is held as well if one quote has half of the figures of one of its sentences.
pub fn hold(quotes: &[Citation], question: &str, known: &[String]) -> bool {
    let text = |quote: &Citation| {
        let header = quote.header.as_ref().map_or("", |header| header.quote.as_str());
        format!("{header}\n{}", quote.quote)
    };
    let texts: Vec<String> = quotes.iter().map(text).collect();
    known.iter().any(|known| {
        if normalised(known).len() <= LONGEST_TO_THE_LETTER {
            let known = std::slice::from_ref(known);
            return texts.iter().any(|text| compare(text, known).contains);
        }
        let all = texts.join("\n");
        let (wanted, held) = (figures(known, question), numbers(&all));
        if !wanted.is_empty() {
            return share(&wanted, &held) >= HELD_SHARE || hold_sentence(&texts, known, question);
        }
        let asked: HashSet<String> = normalised(question).into_iter().collect();
        let wanted: HashSet<String> =
            normalised(known).into_iter().filter(|word| !asked.contains(word)).collect();
        share(&wanted, &normalised(&all).into_iter().collect()) >= HELD_SHARE
    })
}

/// Returns whether one quote has half of the figures of a sentence of an answer.
///
/// An answer that goes through periods or documents has a sentence or a line of a list for each, and no row of a
/// table has the figures of all. Figures of few digits stand anywhere, so they do not count.
fn hold_sentence(quotes: &[String], answer: &str, question: &str) -> bool {
    let digits = |number: &String| number.chars().filter(char::is_ascii_digit).count();
    sentences::split(answer).into_iter().filter_map(|span| span.slice(answer)).any(|sentence| {
        let mut wanted = figures(sentence, question);
        wanted.retain(|number| digits(number) >= LEAST_DIGITS);
        let has = |quote: &String| share(&wanted, &numbers(quote)) >= HELD_SHARE;
        !wanted.is_empty() && quotes.iter().any(has)
    })
}

/// Lists the numbers of an answer that are no part of a date and not in the question.
fn figures(answer: &str, question: &str) -> HashSet<String> {
    let asked = numbers(question);
    let is_date = |number: &String| {
        number.parse::<u32>().is_ok_and(|value| value <= 31 || (1900..2100).contains(&value))
    };
    numbers(answer).into_iter().filter(|one| !is_date(one) && !asked.contains(one)).collect()
}

fn share(wanted: &HashSet<String>, held: &HashSet<String>) -> f32 {
    wanted.intersection(held).count() as f32 / wanted.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(quote: &str) -> Citation {
        let hit = serde_json::json!({
            "index": 1, "quote": quote, "start": 0, "end": 0, "chunk_id": "c", "heading": [], "url": "",
            "document": {"id": "d", "path": "d.txt", "title": "d"},
        });
        serde_json::from_value(hit).expect("a citation")
    }

    fn check(quotes: &[&str], known: &str, expected: bool) {
        let quotes: Vec<Citation> = quotes.iter().map(|words| quote(words)).collect();
        let question = "How did the sales of Acme change in 2023?";
        assert_eq!(hold(&quotes, question, &[known.to_owned()]), expected, "{known}");
    }

    #[test]
    fn a_short_answer_stands_in_one_quote() {
        check(&["Rain.", "It was the Denver Broncos who won."], "the Denver Broncos", true);
        check(&["It was Denver.", "The Broncos won."], "the Denver Broncos", false);
        check(&["It sold 1,234 units."], "1234", true);
        check(&[], "1234", false);
    }

    #[test]
    fn of_a_list_of_periods_one_row_is_enough() {
        let known = "The sales of Acme changed as follows:\n- In the first quarter they were $82,959 million.\n\
                     - In the second they were $117,154 million.\n- In the third they were $94,836 million, 7% less.";
        check(&["Total sales  $117,154  $123,945"], known, true);
        check(&["Cost of sales  $66,822  7%  $69,702"], known, false);
        check(&["Sales were discussed in three quarters."], known, false);
    }

    #[test]
    fn of_a_long_answer_half_of_the_figures_or_words_do() {
        let known = "In the quarter that ended on July 1, 2023, the sales of Acme fell to $81,797 million from \
                     $82,959 million.";
        check(&["Total sales  $81,797  $79,000"], known, true);
        check(&["Sales fell in the quarter that ended on July 1, 2023."], known, false);
        let known =
            "The sales of Acme fell because of weak currencies and lower demand for phones abroad.";
        check(&["Weak currencies and lower demand for phones were the cause."], known, true);
        check(&["Sales of Acme rose."], known, false);
    }
}
