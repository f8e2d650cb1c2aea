//! Dialects, headers and odd rows. The first cases are those of csv-spectrum (Max Ogden, BSD).

use super::*;

fn read(name: &str, bytes: &[u8]) -> ParsedDocument {
    let path: DocumentPath = name.parse().expect("a valid path");
    parse(&path, bytes, &ParseLimits::default()).expect("it can be read")
}

fn check(text: &str, lines: &str, header: &str) {
    let document = read("a.csv", text.as_bytes());
    assert_eq!(document.pages[0].text, lines, "{text}");
    let table = document.blocks.iter().find_map(|block| match &block.kind {
        BlockKind::Table { header } => Some(header.as_str()),
        _ => None,
    });
    assert_eq!(table.unwrap_or_default(), header, "{text}");
}

#[test]
fn quotes_and_line_breaks_are_understood() {
    check(
        "first,last,address,city,zip\nJohn,Doe,120 any st.,\"Anytown, WW\",08123\n",
        "first | last | address | city | zip\nJohn | Doe | 120 any st. | Anytown, WW | 08123",
        "first | last | address | city | zip",
    );
    check("a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n", "a | b\n1 | ha \"ha\" ha\n3 | 4", "a | b");
    check(
        "a,b,c\r\n1,2,3\r\n\"Once upon \r\na time\",5,6\r\n7,8,9\r\n",
        "a | b | c\n1 | 2 | 3\nOnce upon a time | 5 | 6\n7 | 8 | 9",
        "a | b | c",
    );
    check("a,b,c\n1,\"\",\"\"\n2,3,4\n", "a | b | c\n1 |  | \n2 | 3 | 4", "a | b | c");
    check("a,b\r1,2\r", "a | b\n1 | 2", "a | b");
}

#[test]
fn delimiters_are_found() {
    check(
        "name;preis\nBrot;1,50\nMilch;0,99\n",
        "name | preis\nBrot | 1,50\nMilch | 0,99",
        "name | preis",
    );
    check("name\tcity\nA\tB, C\n", "name | city\nA | B, C", "name | city");
    check("name|city\nA|B\n", "name | city\nA | B", "name | city");
    check("a,b\n\"say \\\"hi\\\"\",2\n", "a | b\nsay \"hi\" | 2", "a | b");
}

#[test]
fn a_table_without_header_has_none() {
    check("1,2,3\n4,5,6\n", "1 | 2 | 3\n4 | 5 | 6", "");
    check("year,2021,2022\nsales,1,2\n", "year | 2021 | 2022\nsales | 1 | 2", "year | 2021 | 2022");
}

#[test]
fn titles_above_the_table_are_kept_apart() {
    let text = "# Sales of the year\nname,count\nA,1\nB,2\n";
    let document = read("a.csv", text.as_bytes());
    assert_eq!(document.blocks[0].kind, BlockKind::Paragraph);
    assert_eq!(document.blocks[1].kind, BlockKind::Table { header: "name | count".to_owned() });
    assert_eq!(document.blocks[1].rows, Some((1, 2)));
    assert!(document.warnings.is_empty());
}

#[test]
fn ragged_rows_are_read_and_warned_about() {
    let document = read("a.csv", b"a,b,c\n1,2\n3,4,5\n6,7,8,9\n1,2,3\n");
    assert_eq!(document.pages[0].text.lines().count(), 5);
    assert_eq!(document.warnings[0].code, "ragged_rows");
}

#[test]
fn old_encodings_are_read() {
    let utf16: Vec<u8> =
        "\u{feff}a,b\n1,\u{2a4}\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read("a.csv", &utf16).pages[0].text, "a | b\n1 | \u{2a4}");
    assert_eq!(
        read("a.csv", b"name,ort\nM\xfcller,K\xf6ln\n").pages[0].text,
        "name | ort\nMüller | Köln"
    );
}

#[test]
fn commas_in_numbers_and_text_do_not_divide() {
    for text in [
        "Artikel;Preis;Menge;Ort\nSchraube M1, verzinkt;1,50;10,25;Köln, Halle 1\nSchraube M2, blank;2,50;20,25;Köln, Halle 2\n",
        "Datum;Betrag;Saldo;Zweck\n1.3.2026;1.250,00;3,10;Miete, März\n2.3.2026;17,50;4,20;Strom, Gas\n",
        "a;b;c;d\n1,1;2,2;3,3;x\n4,4;5,5;6,6;y\n",
    ] {
        let document = read("a.csv", text.as_bytes());
        assert!(document.warnings.is_empty(), "{:?}", document.warnings);
        assert!(
            document.pages[0].text.lines().all(|line| line.matches(" | ").count() == 3),
            "{text}"
        );
    }
    check("id,tags\n1,a;b;c\n2,d\n3,e;f\n", "id | tags\n1 | a;b;c\n2 | d\n3 | e;f", "id | tags");
}

#[test]
fn backslashes_are_data_where_no_quote_is_meant() {
    check(
        "folder,owner\n\"C:\\data\\\",\"alice\"\n\"D:\\old\\\",\"bob\"\n",
        "folder | owner\nC:\\data\\ | alice\nD:\\old\\ | bob",
        "folder | owner",
    );
    check("a,b\n\\n,\\t\n", "a | b\n\\n | \\t", "a | b");
    check("a,b\n\"one \\\"two\\\" three\",4\n", "a | b\none \"two\" three | 4", "a | b");
}

#[test]
fn a_stray_quote_costs_its_row_alone() {
    let rows = |stray: &str| {
        let row = |at: usize| format!("P{at},bracket {at},{}\n", at * 3);
        let before: String = (1..20).map(row).collect();
        let after: String = (20..200).map(row).collect();
        format!("part,description,stock\n{before}{stray}\n{after}")
    };
    for (stray, kept) in [
        ("X1,\"18 inch rim,93", "X1 | \"18 inch rim | 93"),
        ("X1,\"\"\"18 inch rim,93", "X1"),
        ("\"X1,rim,93", "\"X1 | rim | 93"),
        ("X1,rim,\"93", "X1 | rim | \"93"),
    ] {
        let document = read("a.csv", rows(stray).as_bytes());
        let text = &document.pages[0].text;
        assert_eq!(text.lines().count(), 201, "{stray}");
        assert!(text.contains(kept) && text.contains("P199 | bracket 199 | 597"), "{stray}");
        let warning = document.warnings.iter().find(|warning| warning.code == "stray_quote");
        assert!(
            warning.is_some_and(|warning| warning.message.contains("line 21")),
            "{:?}",
            document.warnings
        );
    }
    let two = rows("X1,\"18 inch rim,93").replace("P150,bracket", "P150,\"bracket");
    assert_eq!(read("a.csv", two.as_bytes()).pages[0].text.lines().count(), 201);
    // A cell over several lines is none.
    let whole = rows("X1,\"one\ntwo\nthree\nfour\",93");
    let document = read("a.csv", whole.as_bytes());
    assert!(document.pages[0].text.contains("X1 | one two three four | 93"));
    assert!(document.warnings.is_empty());
}

#[test]
fn numbers_and_dates_can_name_columns() {
    for (header, row) in [
        ("Product,1,2,3,4", "A,7,9,4,4"),
        ("Product,2021,2022", "A,7,9"),
        ("Ort,2024-01,2024-02", "A,7.5,9.1"),
        ("Ort,01/2024,02/2024,03/2024", "A,7,9,3"),
        ("h,0,6,12,18", "A,7,9,1,1"),
    ] {
        let rows: Vec<String> = (0..5).map(|at| format!("{row}{at}\n")).collect();
        let document = read("a.csv", format!("{header}\n{}", rows.concat()).as_bytes());
        let expected = BlockKind::Table { header: header.replace(',', " | ") };
        assert_eq!(document.blocks[0].kind, expected, "{header}");
    }
    check("5,7,1\n6,1,4\n7,2,8\n", "5 | 7 | 1\n6 | 1 | 4\n7 | 2 | 8", "");
}

#[test]
fn pictures_in_cells_are_no_text() {
    let letters = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4".repeat(6);
    let text = format!("name,icon\nA,\"data:image/png;base64,{letters}\"\nB,{letters}\n");
    let document = read("a.csv", text.as_bytes());
    assert_eq!(document.pages[0].text, "name | icon\nA | data:image/png;base64,\nB |");
    assert_eq!(document.warnings[0].code, "embedded_file");
}

#[test]
fn strays_in_very_many_rows_are_counted_by_their_lines() {
    let row = |at: usize| {
        if at.is_multiple_of(2) {
            format!("P{at},\"rim {at},7\n")
        } else {
            format!("P{at},rim,7\n")
        }
    };
    let text = "part,name,stock\n".to_owned() + &(2..40_000).map(row).collect::<String>();
    let dialect = Dialect { delimiter: b',', escape: None };
    let table = super::read(&text, dialect, &ParseLimits::default()).expect("is read");
    assert_eq!(table.lines.len(), 39_999);
    assert_eq!(table.strays, (2..40_000).step_by(2).collect::<Vec<_>>());
}
