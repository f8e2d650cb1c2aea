//! Which numbers may be the page's, word by word.

use super::*;

/// Reads the number that a text may differ in from page to page.
fn number(text: &str) -> Option<(i64, bool)> {
    let found = candidates(text);
    assert!(found.len() <= 1, "{text}: {found:?}");
    found.first().map(|number| (number.value, number.is_worded))
}

#[test]
fn numbers_set_apart_or_named_may_be_the_pages() {
    let named = Some((3, true));
    for text in [
        "Page 3",
        "page 3",
        "p. 3",
        "P.3",
        "Page 3 of 10",
        "Page 3/10",
        "3/10",
        "3 of 10",
        "Seite 3",
        "Seite 3 von 10",
        "S. 3",
        "Pagina 3 van 10",
        "Blz. 3",
        "Page 3 sur 10",
        "Página 3 de 10",
        "Pág. 3",
        "Pagina 3 di 10",
        "Sida 3 av 10",
        "Side 3 af 10",
        "Sivu 3/10",
        "Стр. 3 из 10",
        "страница 3",
        "Strona 3 z 10",
        "3. oldal",
        "3 Seite",
        "Page iii",
        "(Page 3)",
        "Annual report | Page 3",
        "Page 3 | Annual report",
    ] {
        assert_eq!(number(text), named, "{text}");
    }
    for text in [
        "3",
        "- 3 -",
        "–3–",
        "[3]",
        "3.",
        "iii",
        "III",
        "F-3",
        "Report | 3",
        "3 | Report",
        "Report – 3",
    ] {
        assert_eq!(number(text), Some((3, false)), "{text}");
    }
}

#[test]
fn numbers_of_other_things_are_not_the_pages() {
    for text in [
        "Invoice No. 10023",
        "Invoice 3",
        "Ticket 3",
        "Ticket A-3",
        "Receipt #3",
        "#3",
        "Total: 123.45",
        "3 Results",
        "3. Results",
        "3 pages in all",
        "Question 3 of 10",
        "Chapter 3",
        "Exhibit III",
        "12.03.2024",
        "2024-03-12",
        "3 March 2024",
        "10:30",
        "3 %",
        "Room 3",
        "No. 3",
        "mix",
        "Civil",
        "Order 3/10",
        "11/10",
        "123456",
        "3rd",
        "Q3",
    ] {
        assert_eq!(number(text), None, "{text}");
    }
}

#[test]
fn roman_numbers_are_those_that_romans_write() {
    for (text, value) in [("i", 1), ("iv", 4), ("ix", 9), ("xii", 12), ("xl", 40), ("XCIX", 99)] {
        assert_eq!(roman(text), Some(value), "{text}");
    }
    for text in ["", "iiii", "vv", "ivi", "iix", "Mix", "Iv", "d"] {
        assert_eq!(roman(text), None, "{text}");
    }
}

#[test]
fn amounts_and_labels_are_known() {
    for text in ["Total: 123.45", "951,30", "€ 12", "$5", "EUR 1.234,50"] {
        assert!(states_amount(text), "{text}");
    }
    for text in ["Version 12.3", "12.03.2024", "Form 10-Q", "Page 3 of 10"] {
        assert!(!states_amount(text), "{text}");
    }
    assert!(["Invoice No.", "Rechnung Nr.", "Total:", "#"].into_iter().all(is_label));
    assert!(!is_label("Annual report"));
}
