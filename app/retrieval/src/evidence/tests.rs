//! Quotes are chosen as people would choose them.

use quire_domain::Language;

use super::*;

fn best(question: &str, language: Language, texts: &[(&str, &str)]) -> (String, Option<String>) {
    let sources: Vec<Source<'_>> = texts
        .iter()
        .zip(1..)
        .map(|((text, context), rank)| Source { text, context, header: "", rank })
        .collect();
    let Chosen { quotes, .. } = choose(question, &sources, Lexicon::of(language), 3);
    let quote = quotes.first().expect("there is a quote");
    let words = quote.span.slice(sources[quote.source].text).expect("lies within");
    (words.to_owned(), quote.header.clone())
}

/// Chooses from the later part of a table, whose header stands in another passage.
fn best_below(question: &str, text: &str, header: &str) -> (String, Option<String>) {
    let source = Source { text, context: "", header, rank: 1 };
    let Chosen { quotes, .. } = choose(question, &[source], Lexicon::of(Language::English), 3);
    let quote = quotes.first().expect("there is a quote");
    (quote.span.slice(text).expect("lies within").to_owned(), quote.header.clone())
}

fn check(question: &str, text: &str, expected: &str) {
    assert_eq!(best(question, Language::English, &[(text, "")]).0, expected, "{question}");
}

const HOUSE: &str = "The house by the river has a red roof. It was built in 1742 by a miller from Ghent. \
    His daughter Anna Weber sold the house to the town. The rent is 950 euros a month. \
    Is the rent paid in advance? The notice period is three months.";

#[test]
fn the_sentence_that_has_what_is_asked_for_comes_first() {
    check(
        "When was the house built?",
        HOUSE,
        "The house by the river has a red roof. It was built in 1742 by a miller from Ghent.",
    );
    check(
        "Who sold the house?",
        HOUSE,
        "It was built in 1742 by a miller from Ghent. His daughter Anna Weber sold the house to the town.",
    );
    check("How much is the rent?", HOUSE, "The rent is 950 euros a month.");
    check("How long is the notice period?", HOUSE, "The notice period is three months.");
}

#[test]
fn german_compounds_and_kinds_are_understood() {
    let text = "Der Vertrag wurde in Köln geschlossen. Die Kündigungsfrist beträgt drei Monate zum \
                Quartalsende. Die Wohnung wurde 1998 von der Müller Bau GmbH errichtet. Die Miete \
                wird am dritten Werktag fällig und beläuft sich auf 870 Euro.";
    let check = |question: &str, expected: &str| {
        let (words, _) = best(question, Language::German, &[(text, "")]);
        assert!(words.starts_with(expected), "{question}: {words}");
    };
    check("Wie lang ist die Frist für die Kündigung?", "Die Kündigungsfrist beträgt drei");
    check("Wie hoch ist die Miete?", "Die Miete wird");
    check("Wann wurde die Wohnung errichtet?", "Die Wohnung wurde 1998");
    check("Wer errichtete die Wohnung?", "Die Wohnung wurde 1998");
}

#[test]
fn a_row_is_found_by_its_label_and_its_column_and_comes_with_its_header() {
    let table =
        "| Item | 2022 | 2023 |\n|---|---|---|\n| Rent | 900 | 950 |\n| Heating | 120 | 140 |";
    let (row, header) =
        best("What did heating cost in 2023?", Language::English, &[(table, "Costs")]);
    assert_eq!(row, "| Heating | 120 | 140 |");
    assert_eq!(header.as_deref(), Some("| Item | 2022 | 2023 |"));
    // The later part of a table that was cut: its header is known beside it.
    let part = "| Water | 30 | 35 |\n| Power | 70 | 85 |";
    let (row, header) = best_below("Power in 2022?", part, "Item | 2022 | 2023");
    assert_eq!(
        (row.as_str(), header.as_deref()),
        ("| Power | 70 | 85 |", Some("Item | 2022 | 2023"))
    );
    let part = "Water  30  35\nPower  70  85";
    let (row, header) = best_below("Power in 2022?", part, "Quarter of\n2022  2023");
    assert_eq!(
        (row.as_str(), header.as_deref()),
        ("Power  70  85", Some("Quarter of\n2022  2023"))
    );
}

#[test]
fn a_table_set_with_blanks_is_read_as_one() {
    let text = "The following table shows net sales (in millions):\n\nThree Months Ended  Nine Months Ended\n\
                June 25,  June 26,\n2022  2021\nProducts:\nPhones  $40,665  $39,570\nTablets (1)\n7,224  7,368\n\
                Total net sales  $82,959  $81,434";
    let ask = |question: &str| best(question, Language::English, &[(text, "")]);
    let (row, header) = ask("What were the total net sales in June 2022?");
    assert_eq!(row, "Total net sales  $82,959  $81,434");
    let columns = "Three Months Ended  Nine Months Ended\nJune 25,  June 26,\n2022  2021";
    assert_eq!(header.as_deref(), Some(columns));
    assert_eq!(ask("How much did tablets sell?").0, "Tablets (1)\n7,224  7,368");
}

const STATEMENT: &str = "Three Months Ended\nJune 25,  June 26,\n2022  2021\nNet sales:\nProducts  $63,355  $63,948\n\
    Services  19,604  17,486\nTotal net sales  82,959  81,434\nCost of sales:\nProducts  41,485  40,899\n\
    Services  5,589  5,280\nTotal cost of sales  47,074  46,179\nIncome before provision for income taxes  23,066  24,369\n\
    Change in gains and losses that were realized and included in net\nincome  12  13\nNet income  $19,442  $21,744";

#[test]
fn a_question_for_a_figure_finds_the_row_of_just_that_item() {
    let prose = "Net income and net sales of the quarter are discussed below. Sales rose due to advertising.";
    for (question, row) in [
        ("What was the net income in the quarter?", "Net income  $19,442  $21,744"),
        ("net income June 2022", "Net income  $19,442  $21,744"),
        ("How high were the total net sales?", "Total net sales  82,959  81,434"),
        ("What was the total cost of sales?", "Total cost of sales  47,074  46,179"),
        ("What were the net sales of services?", "Services  19,604  17,486"),
        ("What was the cost of sales of services?", "Services  5,589  5,280"),
    ] {
        let texts = [(prose, "Report"), (STATEMENT, "Report")];
        assert_eq!(best(question, Language::English, &texts).0, row, "{question}");
    }
}

#[test]
fn the_figures_are_those_of_whom_the_question_names() {
    let texts =
        [("Net income  120  130", "Miller 2023 Q3"), ("Net income  450  460", "Weber 2023 Q3")];
    for question in ["What was the net income of Weber?", "net income weber q3 2023"] {
        assert_eq!(
            best(question, Language::English, &texts).0,
            "Net income  450  460",
            "{question}"
        );
    }
    let texts = [
        ("Umsatzerlöse  120  130\nUmsatzkosten  80  90", "Müller"),
        ("Umsatzerlöse  450  460", "Weber"),
    ];
    let (row, _) = best("Wie hoch waren die Umsatzerlöse von Weber?", Language::German, &texts);
    assert_eq!(row, "Umsatzerlöse  450  460");
}

#[test]
fn a_line_of_a_table_of_contents_is_no_figure() {
    let texts = [
        ("Statement of goodwill  5\nBalance sheet  7", ""),
        ("The goodwill was 67,790 dollars in all.", ""),
    ];
    let (words, _) = best("How much was the goodwill?", Language::English, &texts);
    assert_eq!(words, "The goodwill was 67,790 dollars in all.");
}

#[test]
fn headings_tell_apart_what_says_the_same() {
    let texts = [
        ("The warranty lasts two years. Call us.", "Blue kettle"),
        ("The warranty lasts five years. Call them.", "Green kettle"),
    ];
    let (words, _) =
        best("How long is the warranty of the green kettle?", Language::English, &texts);
    assert_eq!(words, "The warranty lasts five years.");
}

#[test]
fn what_was_said_is_not_said_again_and_nothing_found_is_no_error() {
    let texts =
        [("The rent is 950 euros.", ""), ("The rent is  950 euros.", ""), ("No pets here.", "")];
    let sources: Vec<Source<'_>> = texts
        .iter()
        .zip(1..)
        .map(|((text, context), rank)| Source { text, context, header: "", rank })
        .collect();
    let lexicon = Lexicon::of(Language::English);
    assert_eq!(choose("How much is the rent?", &sources, lexicon, 5).quotes.len(), 2);
    assert!(choose("How much is the rent?", &[], lexicon, 5).quotes.is_empty());
    let empty = [Source { text: " \n|\n--- ", context: "", header: "", rank: 1 }];
    assert!(choose("", &empty, lexicon, 5).quotes.is_empty());
}

/// Returns whether the best quote states in so many words what is asked.
fn is_stated_in(question: &str, language: Language, text: &str) -> bool {
    let sources = [Source { text, context: "", header: "", rank: 1 }];
    choose(question, &sources, Lexicon::of(language), 3).is_stated
}

#[test]
fn a_sentence_that_says_all_of_the_question_and_what_it_asks_for_states_it() {
    for (question, text) in [
        ("How much is the rent?", "The rent is 950 euros a month. The garden is large."),
        ("How much is the rent?", "Rent: 950 euros\n\nDeposit: 2000 euros"),
        ("When was the mill built?", "The mill was built in 1742. It has a red roof."),
        ("Who sold the house?", "Anna Weber sold the house in 1990. It is dry."),
        ("Who is the landlord?", "Anna Weber is the landlord. It is dry."),
        ("Where is the mill?", "The mill is in Ghent. It is dry."),
        ("Where did Anna move the mill to?", "Anna moved the mill from Lier to Ghent. It is dry."),
        ("How many rooms does the house have?", "The house has 12 rooms. It is dry."),
    ] {
        assert!(is_stated_in(question, Language::English, text), "{question} {text}");
    }
    let german = |question: &str, text: &str| is_stated_in(question, Language::German, text);
    assert!(german("Wie hoch ist die Miete?", "Die Miete beträgt 950 Euro. Der Garten ist groß."));
    assert!(german("Wann wurde die Mühle gebaut?", "Die Mühle wurde 1742 gebaut. Sie ist rot."));
    assert!(german("Wann endet die Frist?", "Die Frist endet am 3. Mai. Sie ist kurz."));
    assert!(german("Wie lange dauert die Frist?", "Die Frist beträgt 14 Tage. Sie ist kurz."));
}

#[test]
fn what_is_said_otherwise_of_something_else_or_not_at_all_is_not_stated() {
    for (question, text) in [
        // Of something else, or by somebody else.
        ("How much is the rent?", "The deposit is three months' rent."),
        ("How much is the rent?", "The rent of the garage is 80 euros."),
        ("How much is the rent?", "The rent rises by 3 percent each year."),
        ("Who sold the house?", "The house was sold to Anna Weber."),
        ("Who sold the house to Anna Weber?", "Anna Weber sold the house to Karl Maier."),
        ("Who did Anna Weber see?", "Karl Maier saw Anna Weber."),
        ("When was the mill sold?", "The mill was built in 1742."),
        ("Where did Anna move the mill to?", "Anna moved the mill from Lier."),
        ("Where is the mill?", "The mill was sold in December."),
        ("How many rooms are let?", "12 flats and rooms are let."),
        ("How often is the heating read?", "The heating is read on paper since 2005."),
        ("When was this mill built?", "The mill was built in 1742."),
        // Denied, supposed, reported, announced.
        ("When was the mill built?", "The mill was not built in 1742."),
        ("When was the mill built?", "The mill may have been built in 1742."),
        ("When was the mill built?", "Maier believes that the mill was built in 1742."),
        ("When will the mill be built?", "The mill will be built in 2030 if the town agrees."),
        ("Who did not sell the house?", "Anna Weber sold the house."),
        // No question for a fact, or one that leaves out what.
        ("What is the mill?", "The mill was built in 1742."),
        ("How much is it?", "The rent is 950 euros."),
        ("How much is the rent?", "Is the rent 950 euros?"),
        // Said twice, and not alike.
        ("How much is the rent?", "The rent is 950 euros. In the annex the rent is 980 euros."),
    ] {
        assert!(!is_stated_in(question, Language::English, text), "{question} {text}");
    }
    let german = |question: &str, text: &str| is_stated_in(question, Language::German, text);
    assert!(!german("Wie hoch ist die Miete?", "Die Kaution beträgt drei Mieten."));
    assert!(!german("Wann wurde die Mühle gebaut?", "Die Mühle wurde nicht 1742 gebaut."));
}
