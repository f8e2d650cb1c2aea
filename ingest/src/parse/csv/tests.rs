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
