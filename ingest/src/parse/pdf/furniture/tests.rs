//! Pages with lines at their edges, some of which are content.

use quire_domain::{LeftOutReason, ParsedDocument};

use crate::parse::pdf::tests::parse;
use crate::parse::pdf::tests::sample::{Page, Sample};

/// Makes pages of some text with one line above and one below, which depend on the page's number.
fn pages(count: usize, line: impl Fn(usize, Page) -> Page) -> ParsedDocument {
    let body = |number: usize, page: Page| {
        (0..6).fold(page, |page, row| {
            let words = format!("Row {row} says {} here", word(number * 7 + row));
            page.text((72.0, 600.0 - 30.0 * row as f32), 10.0, &words)
        })
    };
    let pages = (1..=count).map(|number| body(number, line(number, Page::new())));
    parse(&Sample::new(pages.collect()).bytes()).expect("it can be read")
}

/// Makes a word of letters for a number.
fn word(number: usize) -> String {
    (0..4).map(|place| char::from(b'a' + (number / 5_usize.pow(place) % 5) as u8)).collect()
}

const TOP: (f32, f32) = (72.0, 760.0);
const BOTTOM: (f32, f32) = (72.0, 30.0);
const RIGHT: (f32, f32) = (480.0, 30.0);

#[test]
fn what_counts_along_with_the_pages_is_left_out() {
    type Line = fn(usize) -> String;
    let lines: [(&str, Line); 12] = [
        ("number", |n| format!("{n}")),
        ("dashes", |n| format!("- {n} -")),
        ("page", |n| format!("Page {n}")),
        ("of", |n| format!("Page {n} of 6")),
        ("German", |n| format!("Seite {n} von 6")),
        ("Spanish", |n| format!("P\\341gina {n} de 6")),
        ("Dutch", |n| format!("Blz. {n}/6")),
        ("total", |n| format!("{n} / 6")),
        ("later", |n| format!("Page {}", n + 344)),
        ("section", |n| format!("F-{n}")),
        ("Roman", |n| ["i", "ii", "iii", "iv", "v", "vi"][n - 1].to_owned()),
        ("behind", |n| format!("Page {}", (n - 1) % 3 + 1)),
    ];
    for (name, line) in lines {
        for place in [TOP, BOTTOM] {
            let document = pages(6, |n, page| page.text(place, 9.0, &line(n)));
            for page in &document.pages {
                let text = &page.text;
                assert!(text.starts_with("Row 0") && text.ends_with("here"), "{name}: {text}");
            }
            assert_eq!(document.left_out.len(), 1, "{name}: {:?}", document.left_out);
            assert_eq!(document.left_out[0].pages, [1, 2, 3, 4, 5, 6], "{name}");
            assert_eq!(document.left_out[0].reason, LeftOutReason::PageNumber);
        }
    }
}

#[test]
fn content_at_the_edge_of_pages_stays() {
    type Line = fn(usize, Page) -> Page;
    let lines: [(&str, Line, &str); 16] = [
        (
            "total",
            |n, page| page.text(BOTTOM, 9.0, &format!("Total: {}.45", 100 + n)),
            "Total: 103.45",
        ),
        ("same total", |_, page| page.text(BOTTOM, 9.0, "Total: 123.45"), "Total: 123.45"),
        ("whole total", |_, page| page.text(BOTTOM, 9.0, "Total").text(RIGHT, 9.0, "100"), "100"),
        ("invoice", |n, page| page.text(TOP, 9.0, &format!("Invoice No. {}", 10_020 + n)), "10023"),
        ("first invoice", |n, page| page.text(TOP, 9.0, &format!("Invoice {n}")), "Invoice 3"),
        (
            "invoice apart",
            |n, page| page.text(TOP, 9.0, "Invoice No.").text((300.0, 760.0), 9.0, &format!("{n}")),
            "No.  3",
        ),
        ("ticket", |n, page| page.text(BOTTOM, 9.0, &format!("Ticket {}", 4_409 + n)), "4412"),
        ("bare ticket", |n, page| page.text(BOTTOM, 9.0, &format!("{}", 4_409 + n)), "4412"),
        (
            "section",
            |n, page| page.text(TOP, 9.0, &format!("{n} Results of the year")),
            "3 Results",
        ),
        (
            "question",
            |n, page| page.text(TOP, 9.0, &format!("Question {n} of 6")),
            "Question 3 of 6",
        ),
        ("day", |n, page| page.text(TOP, 9.0, &format!("{n} March 2024")), "3 March 2024"),
        ("date", |n, page| page.text(TOP, 9.0, &format!("0{n}.03.2024")), "03.03.2024"),
        ("year", |n, page| page.text(TOP, 9.0, &format!("{}", 2_019 + n)), "2022"),
        ("label", |_, page| page.text(BOTTOM, 9.0, "Signature:"), "Signature:"),
        ("slide title", |_, page| page.text(TOP, 24.0, "Results"), "Results"),
        (
            "form",
            |n, page| {
                page.text(TOP, 9.0, "Name").text(
                    (300.0, 760.0),
                    9.0,
                    &format!("Person {}", word(n)),
                )
            },
            "Name  Person",
        ),
    ];
    for (name, line, expected) in lines {
        let document = pages(6, line);
        let text = &document.pages[2].text;
        assert!(text.contains(expected), "{name}: {text}");
        assert!(document.left_out.is_empty(), "{name}: {:?}", document.left_out);
    }
}

#[test]
fn a_running_head_stays_once_where_its_words_are_nowhere_else() {
    let line = |n: usize, page: Page| {
        page.text(TOP, 9.0, "Quarterly report of Example Limited").text(RIGHT, 9.0, &format!("{n}"))
    };
    let document = pages(5, line);
    let holds = |index: usize| document.pages[index].text.contains("Quarterly report");
    assert_eq!((0..5).map(holds).collect::<Vec<_>>(), [true, false, false, false, false]);
    assert!(document.blocks.iter().all(|block| block.heading.is_empty()));
    let listed: Vec<_> =
        document.left_out.iter().map(|line| (line.text.as_str(), line.pages.len())).collect();
    assert_eq!(listed, [("1", 5), ("Quarterly report of Example Limited", 4)]);
    assert_eq!(document.left_out[1].reason, LeftOutReason::RepeatedLine);
    assert_eq!(document.left_out[1].pages, [2, 3, 4, 5]);

    let titled = |n: usize, page: Page| {
        let page = if n == 1 {
            page.text((72.0, 650.0), 18.0, "Quarterly report of Example Limited")
        } else {
            page
        };
        line(n, page)
    };
    let document = pages(5, titled);
    assert_eq!(document.pages[0].text.matches("Quarterly report").count(), 1);
}

#[test]
fn running_heads_change_with_their_chapters() {
    let head = |n: usize, page: Page| {
        let chapter = if n <= 4 { "Chapter 1. Begin" } else { "Chapter 2. End" };
        page.text(TOP, 9.0, chapter).text((480.0, 760.0), 9.0, &format!("{n}"))
    };
    let document = pages(8, head);
    assert!(document.pages[0].text.contains("Chapter 1. Begin"));
    assert!(document.pages[4].text.contains("Chapter 2. End"));
    for index in [1, 2, 3, 5, 6, 7] {
        assert!(!document.pages[index].text.contains("Chapter"), "{}", document.pages[index].text);
    }
    let listed: Vec<&str> = document.left_out.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(listed, ["Chapter 1. Begin  2", "Chapter 2. End  6"]);
}

#[test]
fn no_page_is_emptied() {
    let page = |n: usize| Page::new().text(TOP, 10.0, &format!("Page {n}"));
    let document =
        parse(&Sample::new((1..=4).map(page).collect()).bytes()).expect("it can be read");
    assert_eq!(document.pages[2].text, "Page 3");
    assert!(document.left_out.is_empty());
}

#[test]
fn two_pages_have_no_furniture() {
    let document = pages(2, |n, page| page.text(BOTTOM, 9.0, &format!("Page {n}")));
    assert!(document.pages[1].text.ends_with("Page 2"));
}

#[test]
fn what_a_program_marks_as_header_stays_unless_it_repeats() {
    let marked = |text: &str| {
        format!(
            "/Artifact << /Type /Pagination /Subtype /Header >> BDC BT /F1 9 Tf 72 760 Td ({text}) Tj ET EMC"
        )
    };
    let page = Page::new().raw(&marked("Invoice No. 10023"));
    let page = page.text((72.0, 600.0), 10.0, "To be paid at once.");
    let document = parse(&Sample::new(vec![page]).bytes()).expect("it can be read");
    assert_eq!(document.pages[0].text, "Invoice No. 10023\n\nTo be paid at once.");

    let document = pages(4, |_, page| page.raw(&marked("Terms of trade of the company")));
    assert_eq!(document.left_out[0].pages, [2, 3, 4]);
    assert!(document.pages[0].text.starts_with("Terms of trade"));
}
