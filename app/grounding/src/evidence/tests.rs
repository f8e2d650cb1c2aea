//! What supports a sentence, and what must never.

use quire_domain::{Language, Support};
use quire_language::Analyzer;

use super::{Ground, find, find_for};
use crate::facts::numbers;

const TEXT: &str = "Apple Inc. is a company. Total net sales were $82,959 million in the third \
    quarter, an increase of 2%. The iPhone did not grow in Europe.\nCash | 27,502 | 34,940";

fn support(sentence: &str) -> Option<(Support, String)> {
    let ground = Ground { text: TEXT.to_owned(), context: "2022 Q3 AAPL.pdf".to_owned() };
    let evidence = find(sentence, &ground, &Analyzer::new(Language::English))?;
    Some((evidence.support, evidence.span.slice(TEXT).expect("lies within").to_owned()))
}

#[test]
fn the_same_words_are_a_quote() {
    let (support, quote) =
        support("**Total  net sales** were $82,959 million.").expect("is in the text");
    assert_eq!(support, Support::Quoted);
    assert_eq!(quote, "Total net sales were $82,959 million");
}

#[test]
fn a_bare_number_is_quoted_with_its_row() {
    let (support, quote) = support("27,502").expect("is in the text");
    assert_eq!((support, quote.as_str()), (Support::Quoted, "Cash | 27,502 | 34,940"));
}

#[test]
fn other_words_with_the_same_facts_are_supported() {
    let (support, quote) =
        support("In the third quarter of 2022, total net sales increased 2% to $82,959 million.")
            .expect("is supported");
    assert_eq!(support, Support::Supported);
    assert!(quote.starts_with("Total net sales"), "{quote}");
}

#[test]
fn the_number_of_an_item_is_not_a_fact() {
    for item in ["7. ", "12) ", "  7.\n"] {
        let claim = format!("{item}Of the third quarter, net sales in total were $82,959 million.");
        assert!(support(&claim).is_some(), "{claim}");
    }
    for claim in ["7.5 million were the total net sales.", "1987. The total net sales"] {
        assert_eq!(support(claim), None, "{claim}");
    }
}

#[test]
fn what_the_question_brought_counts_less_than_what_answers_it() {
    let analyzer = Analyzer::new(Language::English);
    let is_supported = |question: &str, sentence: &str| {
        let ground = Ground { text: TEXT.to_owned(), context: "2022 Q3 AAPL.pdf".to_owned() };
        let asked = analyzer.terms(question).into_iter().collect();
        find_for(sentence, &asked, &ground, &analyzer).is_some()
    };
    let question = "Which sort of revenue could be observed climbing in the third quarter?";
    let answer = "The sort of revenue that could be observed climbing was total net sales.";
    assert_eq!(support(answer), None);
    assert!(is_supported(question, answer));
    for wrong in [
        "The sort of revenue that could be observed climbing was ticket fees.",
        "The sort of revenue that could be observed climbing by 3% was total net sales.",
        "The sort of revenue that could be observed climbing at Samsung was total net sales.",
    ] {
        assert!(!is_supported(question, wrong), "{wrong}");
    }
}

#[test]
fn an_altered_number_or_a_turned_meaning_is_not_supported() {
    for sentence in [
        "Total net sales were $82,995 million in the third quarter.",
        "Total net sales increased 3% in the third quarter.",
        "The iPhone did grow in Europe this year.",
        "Total net sales were not $82,959 million in the third quarter.",
        "In the third quarter total net sales of Samsung were $82,959 million.",
        "The moon is made of green cheese.",
    ] {
        assert_eq!(support(sentence), None, "{sentence}");
    }
}

#[test]
fn numbers_are_alike_however_they_are_written() {
    let check = |a: &str, b: &str| assert_eq!(numbers(a), numbers(b), "{a} and {b}");
    check("82,959", "82959");
    check("1.234.567,50", "1,234,567.5");
    check("3.0 and 12.50", "3 and 12.5");
    check("Q3 and 40kg", "40 kg");
    assert_ne!(numbers("1.5"), numbers("15"));
}

#[test]
fn words_spread_over_several_sentences_meet_by_chance() {
    let text =
        "The sources of Debian are listed here. Packages are many. Use the installer with care.";
    let ground = Ground { text: text.to_owned(), context: String::new() };
    let analyzer = Analyzer::new(Language::English);
    let found = |sentence| find(sentence, &ground, &analyzer);
    assert!(found("Debian's main sources install normal packages for use.").is_none());
    assert!(found("The sources of Debian are listed, and packages are many.").is_some());
}

#[test]
fn a_word_answers_where_the_question_is_met() {
    let text = "chage: sets when a password expires\npasswd: changes the password of a user";
    let ground = Ground { text: text.to_owned(), context: String::new() };
    let analyzer = Analyzer::new(Language::English);
    let found = |word: &str, question: &str| {
        let asked = analyzer.terms(question).into_iter().collect();
        let evidence = find_for(word, &asked, &ground, &analyzer)?;
        Some(evidence.span.slice(text).expect("lies within").to_owned())
    };
    let question = "Which command changes the password of a user?";
    let quote = found("passwd", question);
    assert_eq!(quote.as_deref(), Some("passwd: changes the password of a user"));
    assert_eq!(found("chage", question), None);
    assert_eq!(found("usermod", question), None);
    assert_eq!(found("password", question), None);
    assert_eq!(found("passwd", "Who wrote the kernel?"), None);
}

#[test]
fn a_question_states_nothing() {
    assert_eq!(support("Total net sales were $82,959 million in the third quarter?"), None);
}
