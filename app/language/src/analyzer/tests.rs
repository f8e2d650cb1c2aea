//! What terms words of several languages have.

use proptest::prelude::*;

use super::*;

fn check(language: Language, cases: &[(&str, &[&str])]) {
    let analyzer = Analyzer::new(language);
    for (text, terms) in cases {
        assert_eq!(analyzer.terms(text), *terms, "`{text}`");
    }
}

fn check_same(language: Language, cases: &[(&str, &str)]) {
    let analyzer = Analyzer::new(language);
    for (left, right) in cases {
        assert_eq!(analyzer.terms(left), analyzer.terms(right), "`{left}` and `{right}`");
    }
}

#[test]
fn words_are_cut_at_everything_that_is_not_a_letter_or_digit() {
    check(
        Language::Unknown,
        &[
            ("", &[]),
            (" \t\n--- ...", &[]),
            ("foo AND (bar \"baz\"", &["foo", "and", "bar", "baz"]),
            ("a/b_c@d.e", &["a", "b", "c", "d", "e"]),
            ("l’homme, l'eau", &["l", "homme", "l", "eau"]),
            ("ﬁnal o\u{ad}ﬃce", &["final", "office"]),
            ("東京 2024", &["東", "京", "2024"]),
            ("1250³ 10⁶ m² x₁", &["1250", "3", "10", "6", "m2", "x1"]),
        ],
    );
}

#[test]
fn numbers_have_one_spelling() {
    check(
        Language::English,
        &[
            ("1,234.5 1.234,5 1234.5", &["1234.5", "1234.5", "1234.5"]),
            ("10,000 10.000 10000", &["10000", "10000", "10000"]),
            ("3.14 3,14", &["3.14", "3.14"]),
            ("31.12.2024", &["31", "12", "2024"]),
            ("Q4 2023", &["q4", "2023"]),
        ],
    );
}

#[test]
fn stop_words_of_the_language_go() {
    check(Language::English, &[("What is the company's revenue?", &["compani", "revenu"])]);
    check(Language::German, &[("Die Fristen für das Haus", &["frist", "haus"])]);
    check(Language::Unknown, &[("the house", &["the", "house"])]);
}

#[test]
fn forms_of_a_word_share_a_term() {
    check_same(Language::English, &[("running", "runs"), ("policies", "policy")]);
    check_same(
        Language::German,
        &[("Häuser", "Haus"), ("Müller", "Muller"), ("Straße", "Strasse"), ("Verträge", "Vertrag")],
    );
    check_same(Language::Dutch, &[("huizen", "huis"), ("boeken", "boek")]);
    check_same(Language::French, &[("énergies", "energie")]);
    check_same(Language::Russian, &[("документы", "документов")]);
    check_same(Language::Unknown, &[("Ångström", "angstrom"), ("smørrebrød", "smorrebrod")]);
}

#[test]
fn every_language_has_stems_and_stop_words() {
    for language in Language::ALL {
        let analyzer = Analyzer::new(*language);
        assert!(analyzer.stemmer.is_some(), "{}", language.name());
        assert!(analyzer.stop_words.len() > 50, "{}", language.name());
    }
}

#[test]
fn a_query_has_each_term_once_and_stop_words_only_alone() {
    let analyzer = Analyzer::new(Language::English);
    assert_eq!(analyzer.query_terms("The House houses HOUSE garden"), ["hous", "garden"]);
    assert_eq!(analyzer.query_terms("to be or not to be"), ["_to", "_be", "_or", "_not"]);
}

#[test]
fn words_with_hyphens_are_one_word_too() {
    check(
        Language::Unknown,
        &[
            ("e-mail", &["e", "mail", "email"]),
            ("E‑Mail‐Adresse", &["e", "mail", "adresse", "emailadresse", "email"]),
            ("COVID-19 10-K", &["covid", "19", "covid19", "10", "k", "10k"]),
            ("1990-1995, 2024-01-15", &["1990", "1995", "2024", "01", "15"]),
            ("a -b c- d--e - f", &["a", "b", "c", "d", "e", "f"]),
            ("one-two-three-four-five", &["one", "two", "three", "four", "five"]),
        ],
    );
}

#[test]
fn a_compound_comes_with_its_parts() {
    check(
        Language::German,
        &[
            ("Kündigungsfristen", &["kundigungsfrist", "kundig", "frist"]),
            ("Abteilung", &["abteil"]),
        ],
    );
    check(Language::Dutch, &[("zorgverzekering", &["zorgverzekeer", "zorg", "verzekeer"])]);
    check(Language::Unknown, &[("Kündigungsfristen", &["kundigungsfristen"])]);
}

#[test]
fn turkish_letters_are_folded() {
    check(Language::Unknown, &[("İstanbul ISPARTA ığdır", &["istanbul", "isparta", "igdir"])]);
}

proptest! {
    #[test]
    fn any_text_has_terms_that_an_index_can_hold(text in ".{0,80}", at in 0..=Language::ALL.len()) {
        let language = Language::ALL.get(at).copied().unwrap_or_default();
        let analyzer = Analyzer::new(language);
        for term in analyzer.index_terms(&text).iter().chain(&analyzer.query_terms(&text)) {
            prop_assert!(!term.is_empty() && !term.contains(char::is_whitespace), "`{term}`");
        }
    }

    #[test]
    fn letters_put_together_at_random_have_terms(text in "[a-zäöüßéİıαя'’. -]{0,80}") {
        for language in [Language::German, Language::Dutch, Language::French] {
            let analyzer = Analyzer::new(language);
            prop_assert!(analyzer.index_terms(&text).iter().all(|term| !term.is_empty()));
        }
    }
}

#[test]
fn an_accent_without_a_letter_is_no_term() {
    for language in [Language::English, Language::German, Language::Unknown] {
        let analyzer = Analyzer::new(language);
        for text in [
            "\u{200d}\u{301}\u{202e}pump",
            "a\u{feff}\u{308}",
            "x\u{200d}\u{301}\u{200d}y",
            "a \u{363}",
            "a \u{363}-\u{364}",
        ] {
            let terms = [analyzer.index_terms(text), analyzer.query_terms(text)].concat();
            assert!(!terms.is_empty() && terms.iter().all(|term| !term.is_empty()), "{terms:?}");
        }
    }
}
