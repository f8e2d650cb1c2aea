//! What holds for every format, and bad files that get a clear error.

use super::*;

fn read(name: &str, bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let path: DocumentPath = name.parse().expect("a valid path");
    parse(&path, bytes, &ParseLimits::default())
}

fn code(name: &str, bytes: &[u8]) -> String {
    read(name, bytes).map_or_else(|error| error.failure().code, |_| "read".to_owned())
}

#[test]
fn bad_files_get_a_reason() {
    assert_eq!(code("a.txt", b""), "empty");
    assert_eq!(code("a.txt", b" \n\t\n"), "no_text");
    assert_eq!(code("a.txt", &[0, 1, 2, 3, 250, 0, 0, 7]), "binary");
    assert_eq!(code("a.pdf", b"%PDF-1.7\nno objects at all"), "truncated");
    assert_eq!(code("a.pdf", b"%PDF-1.7\nno objects at all\n%%EOF\n"), "malformed");
}

#[test]
fn an_empty_note_is_no_bad_file() {
    for name in ["a.md", "a.canvas", "a.base"] {
        for bytes in [b"".as_slice(), b" \n\n"] {
            assert!(read(name, bytes).expect("is read").blocks.is_empty(), "{name}");
        }
    }
    assert_eq!(code("a.canvas", b"[1, 2"), "malformed");
    assert_eq!(code("a.base", b"views: [unclosed"), "malformed");
}

#[test]
fn ten_thousand_columns_are_refused() {
    let row = vec!["x"; 10_000].join(",");
    let error = read("a.csv", format!("{row}\n{row}\n").as_bytes()).expect_err("too wide");
    assert_eq!(error, ParseError::TooLarge { what: "columns", value: 10_000, limit: 1_000 });
    assert!(error.failure().hint.is_some());
}

#[test]
fn text_beyond_the_limit_is_refused() {
    let limits = ParseLimits { max_text_bytes: 1_000, ..ParseLimits::default() };
    let path: DocumentPath = "a.txt".parse().expect("a valid path");
    let error = parse(&path, &[b'a'; 1_001], &limits).expect_err("too long");
    assert_eq!(error.failure().code, "too_large");
}

#[test]
fn a_document_states_its_language() {
    let text = "Der Vertrag endet am Ende des Monats, wenn ihn keine der beiden Parteien durch eine schriftliche Erklärung um ein weiteres Jahr verlängert hat.";
    let document = read("a.txt", text.as_bytes()).expect("it can be read");
    assert_eq!(document.language.code(), "de");
}

#[test]
fn plain_text_has_paragraphs_with_lines() {
    let document = read("a.txt", "one\r\ntwo  \r\n\r\n\r\nthrée\r\n".as_bytes()).expect("text");
    let text = &document.pages[0].text;
    let blocks: Vec<_> = document
        .blocks
        .iter()
        .map(|block| (block.span.slice(text).unwrap_or_default(), block.lines))
        .collect();
    assert_eq!(blocks, [("one\ntwo", Some((1, 2))), ("thrée", Some((5, 5)))]);
}
