//! Numbers and negations of a sentence, found in a plain way of the evaluation's own.
//!
//! It does not ask the citation check: a measure that shares the check's helpers shares its blind spots.

use std::collections::HashSet;

/// Words that turn a sentence into its opposite, in the languages that models answer in.
const NEGATIONS: &[&str] = &[
    "not", "no", "never", "none", "neither", "nor", "without", "cannot", "nicht", "kein", "keine",
    "keinen", "keiner", "keinem", "nie", "niemals", "ohne", "niet", "geen", "nooit", "zonder",
    "pas", "jamais", "aucun", "aucune", "sans", "nunca", "ningún", "ninguna", "sin",
];

/// Numbers as words, in the languages that models answer in; `one` is more often a pronoun.
const NUMBER_WORDS: &[(&str, &[&str])] = &[
    ("2", &["two", "zwei", "twee", "deux", "dos"]),
    ("3", &["three", "drei", "drie", "trois", "tres"]),
    ("4", &["four", "vier", "quatre", "cuatro"]),
    ("5", &["five", "fünf", "vijf", "cinq", "cinco"]),
    ("6", &["six", "sechs", "zes", "seis"]),
    ("7", &["seven", "sieben", "zeven", "sept", "siete"]),
    ("8", &["eight", "acht", "huit", "ocho"]),
    ("9", &["nine", "neun", "negen", "neuf", "nueve"]),
    ("10", &["ten", "zehn", "tien", "dix", "diez"]),
    ("11", &["eleven", "elf", "onze", "once"]),
    ("12", &["twelve", "zwölf", "twaalf", "douze", "doce"]),
];
/// The longest number of an item in a list, in digits.
const ITEM_DIGITS: usize = 2;

/// Takes the number off an item of a list, `2. ` or `2) `: it counts, and states nothing.
pub fn without_item_number(line: &str) -> &str {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if !(1..=ITEM_DIGITS).contains(&(line.len() - rest.len())) {
        return line;
    }
    let item = rest.strip_prefix(['.', ')']).filter(|item| item.starts_with(char::is_whitespace));
    item.map(str::trim_start).filter(|item| !item.is_empty()).unwrap_or(line)
}

/// Finds the numbers of a text, written alike: no thousands marks, a point before decimals, digits
/// for the words of small ones.
///
/// Digits behind a letter, as in `Q3`, are a name and not a number.
pub fn numbers(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, ',' | '.'));
    let words = words.map(|word| word.trim_matches(['.', ',']));
    let number = |word: &str| {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(canonical_number(word.trim_end_matches(|c: char| !c.is_ascii_digit())));
        }
        let lower = word.to_lowercase();
        let known = NUMBER_WORDS.iter().find(|(_, words)| words.contains(&lower.as_str()));
        known.map(|(number, _)| (*number).to_owned())
    };
    words.filter_map(number).collect()
}

fn canonical_number(number: &str) -> String {
    // The last mark is a decimal one, unless three digits follow it or it stands there twice.
    let last = number.rfind(['.', ',']);
    let decimal = last.filter(|&at| {
        let mark = &number[at..=at];
        number.len() - at - 1 != 3 && number.matches(mark).count() == 1
    });
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let Some(at) = decimal else { return digits(number) };
    let fraction = digits(&number[at..]);
    match fraction.trim_end_matches('0') {
        "" => digits(&number[..at]),
        fraction => format!("{}.{fraction}", digits(&number[..at])),
    }
}

/// Returns whether a sentence is turned into its opposite.
pub fn is_negated(text: &str) -> bool {
    let lower = text.to_lowercase().replace('’', "'");
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.filter(|word| NEGATIONS.contains(word) || word.ends_with("n't")).count() % 2 == 1
}
