//! Workbooks made by hand: what is shown in their cells, and what is said of the rest.

use super::super::packed::{codes, pack, rels, shown};
use super::*;

const STYLES: &str = "<styleSheet><numFmts>\
    <numFmt numFmtId='164' formatCode='\"€\" #,##0.00'/>\
    <numFmt numFmtId='165' formatCode='[$-407]d. mmmm yyyy'/>\
    <numFmt numFmtId='166' formatCode='#,##0_);(#,##0)'/></numFmts>\
    <cellStyleXfs><xf numFmtId='9'/></cellStyleXfs>\
    <cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='10'/><xf numFmtId='164'/>\
    <xf numFmtId='165'/><xf numFmtId='166'/></cellXfs></styleSheet>";

/// Makes a workbook of sheets, each with its name, its state and what stands in its part.
fn workbook(sheets: &[(&str, &str, &str)], more: &[(&str, &str)]) -> Vec<u8> {
    let mut list = Vec::new();
    let mut links = vec![("s".to_owned(), "styles", "styles.xml".to_owned())];
    let mut parts = Vec::new();
    for (number, (name, state, xml)) in (1..).zip(sheets) {
        list.push(format!(
            "<sheet name='{name}' sheetId='{number}' state='{state}' r:id='r{number}'/>"
        ));
        links.push((format!("r{number}"), "worksheet", format!("worksheets/sheet{number}.xml")));
        parts.push((
            format!("xl/worksheets/sheet{number}.xml"),
            format!("<worksheet>{xml}</worksheet>"),
        ));
    }
    links.push(("t".to_owned(), "sharedStrings", "sharedStrings.xml".to_owned()));
    let links: Vec<(&str, &str, &str)> =
        links.iter().map(|(id, kind, target)| (id.as_str(), *kind, target.as_str())).collect();
    let (book, links) =
        (format!("<workbook><sheets>{}</sheets></workbook>", list.concat()), rels(&links));
    let strings = "<sst><si><t>Region</t></si><si><r><t>m</t></r><r><rPr><vertAlign val='superscript'/></rPr>\
        <t>2</t></r><rPh><t>never</t></rPh></si><si><t>North_x000D_ &amp; West</t></si></sst>";
    let mut all = vec![
        ("xl/workbook.xml", book.as_str()),
        ("xl/_rels/workbook.xml.rels", links.as_str()),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", strings),
    ];
    all.extend(parts.iter().map(|(path, xml)| (path.as_str(), xml.as_str())));
    all.extend(more);
    pack(&all)
}

fn read(sheets: &[(&str, &str, &str)], more: &[(&str, &str)]) -> ParsedDocument {
    parse(&workbook(sheets, more), &ParseLimits::default()).expect("is read")
}

/// Makes rows of cells that hold texts in themselves, from a row on.
fn rows(first: u32, rows: &[&[&str]]) -> String {
    let cell = |row: u32, (column, text): (usize, &&str)| {
        let place = format!("{}{row}", char::from(b'A' + column as u8));
        match text.parse::<f64>() {
            _ if text.is_empty() => String::new(),
            Ok(number) => format!("<c r='{place}'><v>{number}</v></c>"),
            Err(_) => format!("<c r='{place}' t='inlineStr'><is><t>{text}</t></is></c>"),
        }
    };
    let row = |(row, cells): (u32, &&[&str])| {
        let cells: String = cells.iter().enumerate().map(|one| cell(row, one)).collect();
        format!("<row r='{row}'>{cells}</row>")
    };
    (first..).zip(rows).map(row).collect()
}

#[test]
fn cells_are_read_as_they_are_shown() {
    let cells = "<sheetData><row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c></row>\
        <row r='2'><c r='A2' t='s'><v>2</v></c><c r='B2' s='1'><v>45366</v></c>\
        <c r='C2' s='2'><v>0.125</v></c><c r='D2' s='3'><v>1234.5</v></c>\
        <c r='E2' s='4'><v>45366</v></c><c r='F2' s='5'><v>-4200</v></c>\
        <c r='G2' t='b'><v>1</v></c><c r='H2' t='e'><v>#REF!</v></c>\
        <c r='I2'><v>0.1000000000000000055</v></c></row></sheetData>";
    let document = read(&[("Values", "visible", cells)], &[]);
    assert_eq!(
        shown(&document)[1..],
        [
            "1 table Region | m²\nNorth & West | 2024-03-15 | 12.50% | € 1,234.50 | 15. März 2024 | (4,200) | TRUE | #REF! | 0.1"
        ]
    );
}

#[test]
fn each_sheet_is_a_page_with_its_name_above_its_table() {
    let costs = format!(
        "<sheetData>{}</sheetData>",
        rows(3, &[&["Costs 2024"], &["Item", "Euro"], &["Rent", "900"], &["Power", "80"]])
    );
    let hidden = format!("<sheetData>{}</sheetData>", rows(1, &[&["Secret"]]));
    let sheets = [
        ("Costs", "visible", costs.as_str()),
        ("Empty", "visible", ""),
        ("Plan", "hidden", &hidden),
    ];
    let document = read(&sheets, &[]);
    assert_eq!(
        shown(&document),
        [
            "1 h1 Costs",
            "1 p Costs 2024",
            "1 table[Item | Euro] Item | Euro\nRent | 900\nPower | 80",
            "3 h1 Plan",
            "3 p Secret"
        ]
    );
    let table = &document.blocks[2];
    assert_eq!(
        (table.rows, table.heading.as_slice()),
        (Some((5, 6)), ["Costs".to_owned()].as_slice())
    );
    assert_eq!(codes(&document), ["hidden_sheet"]);
    assert_eq!(document.warnings[0].page, Some(3));
    assert_eq!(document.pages.len(), 3);
}

#[test]
fn blank_rows_inside_a_table_do_not_end_it_and_names_of_columns_stay() {
    let first = rows(1, &[&["", "2023", "2024"]]);
    let second = rows(3, &[&["Sales", "10", "12"], &["Costs", "7", "8"]]);
    let sums = rows(6, &[&["Profit", "3", "4"]]);
    let other = rows(20, &[&["Name", "Town"], &["Ada", "Bonn"], &["Bo", "Ulm"]]);
    let cells = format!("<sheetData>{first}{second}{sums}{other}</sheetData>");
    let document = read(&[("S", "visible", &cells)], &[]);
    let table = "table[ | 2023 | 2024]";
    assert_eq!(
        shown(&document)[1..],
        [
            format!("1 {table}  | 2023 | 2024\nSales | 10 | 12\nCosts | 7 | 8"),
            format!("1 {table} Profit | 3 | 4"),
            "1 table[Name | Town] Name | Town\nAda | Bonn\nBo | Ulm".to_owned(),
        ]
    );
}

#[test]
fn merged_cells_say_their_text_for_all_they_cover() {
    let cells = rows(
        1,
        &[
            &["", "2023", "", "2024", ""],
            &["Land", "Q1", "Q2", "Q1", "Q2"],
            &["Peru", "1", "2", "3", "4"],
            &["", "5", "6", "7", "8"],
        ],
    );
    let merged = "<mergeCells><mergeCell ref='B1:C1'/><mergeCell ref='D1:E1'/><mergeCell ref='A3:A1048576'/></mergeCells>";
    let document =
        read(&[("S", "visible", &format!("<sheetData>{cells}</sheetData>{merged}"))], &[]);
    let header = " | 2023 | 2023 | 2024 | 2024\nLand | Q1 | Q2 | Q1 | Q2";
    assert_eq!(
        shown(&document)[1],
        format!("1 table[{header}] {header}\nPeru | 1 | 2 | 3 | 4\nPeru | 5 | 6 | 7 | 8")
    );
    assert_eq!(document.blocks[1].rows, Some((3, 4)));
}

#[test]
fn formulas_without_a_value_are_warned_about() {
    let cells = "<sheetData><row><c><f>A9*2</f><v>84</v></c><c><f>NOW()</f></c>\
        <c t='str'><f>\"\"</f><v></v></c><c><f>1/3</f><v/></c></row></sheetData>";
    let document = read(&[("Sums", "visible", cells)], &[]);
    assert_eq!(shown(&document)[1..], ["1 p 84"]);
    assert_eq!(codes(&document), ["formula_without_value"]);
    assert!(document.warnings[0].message.starts_with("2 formulas on the sheet `Sums`"));
}

#[test]
fn comments_and_words_of_shapes_follow_the_cells() {
    let cells = format!("<sheetData>{}</sheetData>", rows(1, &[&["Budget"]]));
    let links = rels(&[
        ("a", "comments", "../comments1.xml"),
        ("b", "drawing", "../drawings/drawing1.xml"),
        ("c", "hyperlink", "https://example.org/outside"),
    ]);
    let comments = "<comments><authors><author>Ada</author></authors><commentList>\
        <comment ref='B4' authorId='0'><text><r><t>Ada:\nToo high?</t></r></text></comment></commentList></comments>";
    let drawing = "<xdr:wsDr><xdr:sp><xdr:txBody><a:p><a:r><a:t>Draft, do not send</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>";
    let more = [
        ("xl/worksheets/_rels/sheet1.xml.rels", links.as_str()),
        ("xl/comments1.xml", comments),
        ("xl/drawings/drawing1.xml", drawing),
    ];
    let document = read(&[("S", "visible", &cells)], &more);
    assert_eq!(
        shown(&document)[1..],
        ["1 p Budget", "1 note Comment on B4 by Ada: Too high?", "1 note Draft, do not send"]
    );
    assert!(document.warnings.is_empty());
}

#[test]
fn a_sheet_that_claims_to_be_huge_costs_what_it_holds() {
    let cells = "<dimension ref='A1:XFD1048576'/><sheetData><row r='1'><c r='A1'><v>1</v></c></row>\
        <row r='1048576'><c r='XFD1048576'><v>2</v></c></row></sheetData>\
        <mergeCells><mergeCell ref='A1:XFD1048576'/></mergeCells>";
    let document = read(&[("S", "visible", cells)], &[]);
    assert_eq!(shown(&document)[1..], ["1 p 1", "1 p 1 | 2"]);
    let columns: String = (1..=1_200).map(|_| "<c><v>1</v></c>").collect();
    let wide = format!("<sheetData><row>{columns}</row></sheetData>");
    assert_eq!(codes(&read(&[("S", "visible", &wide)], &[])), ["columns_left_out"]);
}

#[test]
fn one_long_text_in_many_cells_is_refused_before_it_fills_the_memory() {
    let text = "word ".repeat(2_000);
    let strings = format!("<sst><si><t>{text}</t></si></sst>");
    let cells = "<row><c t='s'><v>0</v></c></row>".repeat(10_000);
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    let links = rels(&[("r1", "worksheet", "s.xml"), ("t", "sharedStrings", "t.xml")]);
    let bytes = pack(&[
        ("xl/workbook.xml", "<workbook><sheets><sheet name='S' r:id='r1'/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/s.xml", &sheet),
        ("xl/t.xml", &strings),
    ]);
    let error = parse(&bytes, &ParseLimits::default()).expect_err("it is too much");
    assert_eq!(error.failure().code, "too_large");
}

#[test]
fn damaged_parts_and_bad_numbers_cost_only_themselves() {
    let cells = "<sheetData><row r='1'><c r='A1'><v>1</v></c></row><row r='2'><c r='A2' t='s'><v>99</v></c>\
        <c r='!' s='77'><v>2</v></c></row><row <<";
    let document = read(&[("S", "visible", cells), ("Gone", "visible", "")], &[]);
    assert_eq!(shown(&document)[1..], ["1 table 1\n | 2"]);
    assert_eq!(codes(&document), ["damaged_xml"]);
}

#[test]
fn hidden_columns_are_counted_where_they_hold_text() {
    let cells = rows(1, &[&["Name", "Pay", "Town"], &["Ada", "5", "Bonn"]]);
    let sheet = format!(
        "<cols><col min='2' max='16384' hidden='1'/><col min='3' max='4' hidden='1'/></cols><sheetData>{cells}</sheetData>"
    );
    let document = read(&[("S", "visible", &sheet)], &[]);
    assert!(shown(&document)[1].contains("Ada | 5 | Bonn"), "{:?}", shown(&document));
    assert_eq!(codes(&document), ["hidden_cells"]);
    assert!(document.warnings[0].message.starts_with("0 rows and 2 columns"));
}

#[test]
fn merged_cells_without_end_are_filled_in_up_to_a_limit() {
    let row = |row: usize| {
        let cell = |column: usize| {
            format!(
                "<c r='{}{row}'><v>{column}</v></c>",
                crate::parse::numerals::letters(column as u32)
            )
        };
        format!("<row r='{row}'>{}</row>", (1..=900).step_by(3).map(cell).collect::<String>())
    };
    let cells: String = (1..=40).map(row).collect();
    // Every area covers all rows: each is looked at, and nothing stands in its way.
    let merge = "<mergeCell ref='A1:AHP40'/>".repeat(60_000);
    let sheet = format!("<sheetData>{cells}</sheetData><mergeCells>{merge}</mergeCells>");
    let document = read(&[("S", "visible", &sheet)], &[]);
    assert!(codes(&document).contains(&"merged_cells_left_out"), "{:?}", codes(&document));
}
