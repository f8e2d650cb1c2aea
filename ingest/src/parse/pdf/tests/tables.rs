//! Tables with borders and without, and what looks like one.

use super::sample::{codes, unicode_font, unicode_map};
use super::*;
use quire_domain::LineBox;

/// Writes cells of a row, each at its place from the left; those that begin with `>` end there.
fn row(page: Page, y: f32, cells: &[(f32, &str)]) -> Page {
    cells.iter().fold(page, |page, (x, text)| match text.strip_prefix('>') {
        Some(text) => {
            // Digits are .556 font sizes wide in Helvetica, and commas and brackets about half of it.
            let width = |c: char| match c {
                ',' | '.' | ' ' => 2.78,
                '(' | ')' => 3.33,
                _ => 5.56,
            };
            let plain = text.replace('\\', "");
            page.text((x - plain.chars().map(width).sum::<f32>(), y), 10.0, text)
        }
        None => page.text((*x, y), 10.0, text),
    })
}

fn tables(document: &ParsedDocument) -> Vec<(&str, &str)> {
    let table = |block: &Block| match &block.kind {
        BlockKind::Table { .. } => Some(text_of(document, block)),
        _ => None,
    };
    let headers = document.blocks.iter().filter_map(|block| match &block.kind {
        BlockKind::Table { header } => Some(header.as_str()),
        _ => None,
    });
    headers.zip(document.blocks.iter().filter_map(table)).collect()
}

#[test]
fn figures_stand_under_the_names_of_their_columns() {
    let page = Page::new().text((200.0, 740.0), 10.0, "Statement of things");
    let page = row(page, 712.0, &[(305.0, "Three Months Ended"), (425.0, "Nine Months Ended")]);
    let page = page.line((300.0, 709.0), (400.0, 709.0)).line((420.0, 709.0), (520.0, 709.0));
    let page = row(
        page,
        697.0,
        &[(310.0, "June 25,"), (360.0, "June 26,"), (430.0, "June 25,"), (480.0, "June 26,")],
    );
    let page =
        row(page, 685.0, &[(315.0, "2022"), (365.0, "2021"), (435.0, "2022"), (485.0, "2021")]);
    let page = row(page, 670.0, &[(72.0, "Net sales:")]);
    let page = row(
        page,
        658.0,
        &[
            (80.0, "Products"),
            (302.0, "$"),
            (340.0, ">355"),
            (352.0, "$"),
            (390.0, ">948"),
            (422.0, "$"),
            (460.0, ">41"),
            (510.0, ">9"),
        ],
    );
    let page =
        row(page, 646.0, &[(80.0, "Services of a kind that has a long name and goes on in the")]);
    let page = row(
        page,
        634.0,
        &[
            (80.0, "next line"),
            (340.0, ">19,604"),
            (380.0, "\\227"),
            (460.0, ">58"),
            (510.0, ">50"),
        ],
    );
    let page = row(
        page,
        622.0,
        &[(90.0, "Total net sales"), (340.0, ">82"), (390.0, ">\\(81\\)"), (510.0, ">457")],
    );
    let document = read(&Sample::new(vec![page]));
    let names = [
        "Three Months Ended June 25, 2022",
        "Three Months Ended June 26, 2021",
        "Nine Months Ended June 25, 2022",
        "Nine Months Ended June 26, 2021",
    ];
    let header = format!(" | {}", names.join(" | "));
    let rows = [
        header.as_str(),
        "Net sales:",
        "Products | $355 | $948 | $41 | 9",
        "Services of a kind that has a long name and goes on in the next line | 19,604 | — | 58 | 50",
        "Total net sales | 82 | (81) |  | 457",
    ];
    assert_eq!(tables(&document), [(header.as_str(), rows.join("\n").as_str())]);
    assert_eq!(texts(&document)[0], "Statement of things");
    // A row of two lines has one box around both.
    let page = &document.pages[0];
    let is_wrapped = |line: &&LineBox| {
        line.span.slice(&page.text).is_some_and(|text| text.starts_with("Services"))
    };
    let wrapped = page.lines.iter().find(is_wrapped).expect("the row of two lines");
    assert!(wrapped.y1 - wrapped.y0 > 20.0, "{wrapped:?}");
}

#[test]
fn a_period_is_that_of_all_dates_below_it() {
    // It stands in the middle over all columns, and so over the second one; each date has a line below it.
    let page = row(Page::new(), 724.0, &[(368.0, "Three Months Ended")]);
    let page = page.line((295.0, 697.0), (365.0, 697.0)).line((385.0, 697.0), (455.0, 697.0));
    let page = row(page, 712.0, &[(300.0, "December 31,"), (390.0, "December 25,")]);
    let page = row(page, 700.0, &[(315.0, "2022"), (405.0, "2021"), (478.0, "Change")]);
    let rows = [("Mac", ">65,775", ">71,628", ">-8%"), ("Services", ">20,766", ">19,516", ">6%")];
    let page = rows.iter().enumerate().fold(page, |page, (at, (label, now, before, change))| {
        let y = 686.0 - 12.0 * at as f32;
        row(page, y, &[(72.0, label), (345.0, now), (435.0, before), (510.0, change)])
    });
    let document = read(&Sample::new(vec![page]));
    let header =
        " | Three Months Ended December 31, 2022 | Three Months Ended December 25, 2021 | Change";
    assert_eq!(tables(&document)[0].0, header);
}

#[test]
fn periods_share_the_columns_below_them() {
    let page = row(Page::new(), 736.0, &[(290.0, "\\(unaudited\\)")]);
    let page = row(page, 724.0, &[(250.0, "Three Months Ended"), (410.0, "Six Months Ended")]);
    let page = row(page, 712.0, &[(280.0, "June 30,"), (435.0, "June 30,")]);
    let years = [(240.0, "2022"), (325.0, "2023"), (400.0, "2022"), (480.0, "2023")];
    let page = row(page, 700.0, &years);
    let rows = [
        ("Products", [">56,575", ">59,032", ">113,030", ">116,013"]),
        ("Services", [">64,659", ">75,351", ">124,648", ">145,728"]),
    ];
    let page = rows.iter().enumerate().fold(page, |page, (at, (label, cells))| {
        let y = 686.0 - 12.0 * at as f32;
        let mut page = row(page, y, &[(72.0, label)]);
        for (x, cell) in [265.0, 350.0, 425.0, 505.0].into_iter().zip(cells) {
            page = row(page, y, &[(x, cell)]);
            if at == 0 {
                page = page.text((x - 60.0, y), 10.0, "$");
            }
        }
        page
    });
    let document = read(&Sample::new(vec![page]));
    let header = "(unaudited) | Three Months Ended June 30, 2022 | Three Months Ended June 30, 2023 \
        | Six Months Ended June 30, 2022 | Six Months Ended June 30, 2023";
    assert_eq!(tables(&document)[0].0, header);
}

#[test]
fn a_year_names_one_column_and_tells_where_it_is() {
    // The signs of currencies stand far to the left of the amounts, and years are not above the shares.
    let page = row(Page::new(), 736.0, &[(222.0, "Three Months Ended"), (378.0, "Percentage")]);
    let page = row(page, 724.0, &[(240.0, "December 31,"), (385.0, "Change")]);
    let page = row(page, 708.0, &[(230.0, "2022"), (305.0, "2021")]);
    let rows = [("Revenue", ">50,122", ">45,317", ">11%"), ("Margin", ">34,670", ">31,671", ">9%")];
    let page = rows.iter().enumerate().fold(page, |page, (at, (label, now, before, change))| {
        let y = 694.0 - 12.0 * at as f32;
        let page = row(page, y, &[(72.0, label), (260.0, now), (335.0, before), (428.0, change)]);
        if at == 0 { page.text((200.0, y), 10.0, "$").text((272.0, y), 10.0, "$") } else { page }
    });
    let document = read(&Sample::new(vec![page]));
    let header = " | Three Months Ended December 31, 2022 | Three Months Ended December 31, 2021 | Percentage Change";
    assert_eq!(tables(&document)[0].0, header);
}

#[test]
fn names_of_columns_that_come_again_begin_another_table() {
    let names = |page, y, year: &str| row(page, y, &[(300.0, year), (400.0, "Change")]);
    let rows = |page, y: f32| {
        let page = row(page, y, &[(72.0, "Rent"), (320.0, ">1,200"), (430.0, ">5%")]);
        row(page, y - 12.0, &[(72.0, "Power"), (320.0, ">80"), (430.0, ">-3%")])
    };
    let page = rows(names(Page::new(), 712.0, "2023"), 700.0);
    let page = rows(names(page, 670.0, "2024"), 658.0);
    let document = read(&Sample::new(vec![page]));
    assert_eq!(
        tables(&document),
        [
            (" | 2023 | Change", " | 2023 | Change\nRent | 1,200 | 5%\nPower | 80 | -3%"),
            (" | 2024 | Change", " | 2024 | Change\nRent | 1,200 | 5%\nPower | 80 | -3%"),
        ]
    );
}

#[test]
fn names_of_columns_go_on_with_a_table_on_the_next_page() {
    let rows = |page, from: usize| {
        (from..from + 3).fold(page, |page, at| {
            let y = 600.0 - 12.0 * (at - from) as f32;
            let label = ["Rent", "Power", "Water", "Wages", "Paper", "Taxes"][at];
            row(
                page,
                y,
                &[(72.0, label), (320.0, &format!(">{at},200")), (430.0, &format!(">{at}.5%"))],
            )
        })
    };
    let names = row(Page::new(), 612.0, &[(300.0, "2023"), (400.0, "Share")]);
    let document = read(&Sample::new(vec![rows(names, 0), rows(Page::new(), 3)]));
    let headers: Vec<&str> = tables(&document).iter().map(|(header, _)| *header).collect();
    assert_eq!(headers, [" | 2023 | Share", " | 2023 | Share"]);
    assert!(
        document.pages[1].text.starts_with("Wages | 3,200 | 3.5%"),
        "{}",
        document.pages[1].text
    );
}

#[test]
fn borders_tell_cells_whatever_stands_in_them() {
    let mut page = Page::new();
    for y in [720.0, 700.0, 660.0, 640.0] {
        page = page.line((70.0, y), (500.0, y));
    }
    for x in [70.0, 200.0, 300.0, 500.0] {
        page = page.line((x, 720.0), (x, 640.0));
    }
    let page = row(page, 706.0, &[(74.0, "Package"), (204.0, "Size"), (304.0, "What it is")]);
    let page = row(page, 676.0, &[(74.0, "fonts-one"), (204.0, "390")]);
    let page = row(page, 684.0, &[(304.0, "Letters for the screen and for")]);
    let page = row(page, 668.0, &[(304.0, "pa-")]);
    let page = row(page, 663.0, &[(304.0, "per")]);
    let page = row(page, 646.0, &[(74.0, "fonts-two"), (204.0, "12")]);
    let page = paragraph(page, (72.0, 600.0), &["And then there is some more text below."]);
    let document = read(&Sample::new(vec![page]));
    let rows = "Package | Size | What it is\nfonts-one | 390 | Letters for the screen and for paper\nfonts-two | 12";
    assert_eq!(tables(&document), [("Package | Size | What it is", rows)]);
    assert_eq!(texts(&document)[1], "And then there is some more text below.");
}

#[test]
fn shares_and_amounts_beside_them_stand_in_columns_of_their_own() {
    // Gaps of less than a font size lie between a share and the amount behind it.
    let names = [(200.0, "2023"), (268.0, "Change"), (311.0, "2022")];
    let rows = [
        ("Americas", "$ 94,294", "2 %", "$ 304,182"),
        ("Europe", "24,257", "\\(13\\) %", "296,420"),
        ("Japan", "7,176", "11 %", "19,882"),
    ];
    let page = row(Page::new(), 712.0, &names);
    let page = rows.iter().enumerate().fold(page, |page, (at, (label, now, change, before))| {
        let y = 700.0 - 12.0 * at as f32;
        let page = row(page, y, &[(72.0, label), (240.0, &format!(">{now}"))]);
        let page =
            page.text((300.0 - 5.2 * change.replace('\\', "").len() as f32, y), 10.0, change);
        page.text((308.0, y), 10.0, before)
    });
    let document = read(&Sample::new(vec![page]));
    let expected = [
        " | 2023 | Change | 2022",
        "Americas | $ 94,294 | 2 % | $ 304,182",
        "Europe | 24,257 | (13) % | 296,420",
        "Japan | 7,176 | 11 % | 19,882",
    ];
    let (_, text) = tables(&document)[0];
    assert_eq!(text, expected.join("\n"));
}

/// Sets text in bold type (`/F8`), whose letters are half as wide as high.
fn bold(page: Page, (x, y): (f32, f32), text: &str) -> Page {
    page.raw(&format!("BT /F8 10 Tf {x} {y} Td <{}> Tj ET", codes(text)))
}

#[test]
fn names_in_the_middle_of_columns_and_units_are_told_apart() {
    // The dates stand in the middle of three columns each, which fits the one in the middle as well.
    let page = row(Page::new(), 724.0, &[(262.0, "1 July 2023"), (442.0, "1 May 2022")]);
    let xs = [220.0, 280.0, 340.0, 400.0, 460.0, 520.0];
    let names: Vec<(f32, &str)> = xs
        .iter()
        .zip(["One", "Two", "Sum"].iter().cycle())
        .map(|(x, name)| (*x - 10.0, *name))
        .collect();
    let page = row(page, 712.0, &names);
    let page = row(page, 700.0, &[(330.0, "\\(in tons\\)")]);
    let amounts = |page, y, amounts: [&'static str; 6]| {
        let cells: Vec<(f32, &str)> = xs.iter().map(|x| x + 15.0).zip(amounts).collect();
        row(page, y, &cells)
    };
    let page = row(page, 688.0, &[(72.0, "Coal")]);
    let page = amounts(page, 688.0, [">41", ">8", ">49", ">17", ">20", ">37"]);
    // A raised mark has lifted the label above its figures.
    let page = row(page, 676.0, &[(72.0, "Iron and steel")]);
    let page = amounts(page, 668.0, [">1", ">2", ">3", ">4", ">5", ">9"]);
    let document = read(&Sample::new(vec![page]));
    let expected = [
        "(in tons) | 1 July 2023 One | 1 July 2023 Two | 1 July 2023 Sum | 1 May 2022 One | 1 May 2022 Two | 1 May 2022 Sum",
        "Coal | 41 | 8 | 49 | 17 | 20 | 37",
        "Iron and steel | 1 | 2 | 3 | 4 | 5 | 9",
    ];
    assert_eq!(tables(&document)[0].1, expected.join("\n"));
}

#[test]
fn words_below_names_that_are_set_apart_are_a_table() {
    let rows = [
        ("Kernel", "Linux", "runs everywhere"),
        ("Shell", "bash", "is the usual one"),
        ("", "", "for all users"),
        ("Editor", "vim", "edits files"),
    ];
    let body = |page: Page| {
        rows.iter().enumerate().fold(page, |page, (at, (a, b, c))| {
            let y = 700.0 - 12.0 * at as f32;
            row(page, y, &[(72.0, a), (180.0, b), (290.0, c)])
        })
    };
    let names = [(72.0, "Part"), (180.0, "Name"), (290.0, "What it does")];
    let in_bold = names.iter().fold(Page::new(), |page, (x, name)| bold(page, (*x, 714.0), name));
    let underlined = row(Page::new(), 714.0, &names).line((70.0, 711.0), (380.0, 711.0));
    let font = unicode_font("Gothic-Bold", "Identity-H").replace("/DW 1000", "/DW 500");
    for page in [in_bold, underlined] {
        let document =
            read(&Sample::new(vec![body(page)]).object(8, &font).object(90, &unicode_map()));
        let header = "Part | Name | What it does";
        let text = [
            header,
            "Kernel | Linux | runs everywhere",
            "Shell | bash | is the usual one for all users",
            "Editor | vim | edits files",
        ];
        assert_eq!(tables(&document), [(header, text.join("\n").as_str())]);
    }
    // Nothing sets the names apart.
    let document = read(&Sample::new(vec![body(row(Page::new(), 714.0, &names))]));
    assert!(!document.pages[0].text.contains(" | "), "{}", document.pages[0].text);
}

#[test]
fn what_only_looks_like_a_table_is_none() {
    let contents = [("Chapter of beginnings", "3"), ("Chapter of more", "17"), ("Index", "204")];
    let page = contents.iter().enumerate().fold(Page::new(), |page, (at, (title, number))| {
        row(page, 700.0 - 12.0 * at as f32, &[(72.0, title), (500.0, &format!(">{number}"))])
    });
    let is_barred = |page: Page| read(&Sample::new(vec![page])).pages[0].text.contains(" | ");
    assert!(!is_barred(page), "contents");

    let form = [
        ("Date:", "12/17/2007", "Aircraft:", "Reims F172"),
        ("Number:", "42", "Injuries:", "1"),
        ("Town:", "Bonn", "Part:", "91"),
    ];
    let page = form.iter().enumerate().fold(Page::new(), |page, (at, (a, b, c, d))| {
        row(page, 700.0 - 12.0 * at as f32, &[(72.0, a), (150.0, b), (300.0, c), (400.0, d)])
    });
    assert!(!is_barred(page), "a form");

    let mut boxes = Page::new();
    for (y, edges) in [
        (720.0, [70.0, 180.0, 500.0]),
        (690.0, [70.0, 350.0, 500.0]),
        (660.0, [70.0, 260.0, 500.0]),
    ] {
        boxes = boxes.line((70.0, y), (500.0, y)).line((70.0, y - 30.0), (500.0, y - 30.0));
        for x in edges {
            boxes = boxes.line((x, y), (x, y - 30.0));
        }
        boxes = row(boxes, y - 15.0, &[(75.0, "Name:"), (edges[1] + 5.0, "Town:")]);
    }
    assert!(!is_barred(boxes), "a form in boxes");

    let list = [
        ("1.", "First of all, the 3 rules"),
        ("2.", "The 12 exceptions to them"),
        ("3.", "And 7 more"),
    ];
    let page = list.iter().enumerate().fold(Page::new(), |page, (at, (mark, text))| {
        row(page, 700.0 - 12.0 * at as f32, &[(72.0, mark), (100.0, text)])
    });
    assert!(!is_barred(page), "a list");
}
