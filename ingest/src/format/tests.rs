//! Formats told by content, and the reasons for refusing.

use super::*;

fn check(name: &str, bytes: &[u8], expected: Result<Format, &str>) {
    let path: DocumentPath = name.parse().expect("a valid path");
    let found = detect_format(&path, bytes).map_err(|error| error.failure().code);
    assert_eq!(found, expected.map_err(str::to_owned), "{name}");
}

#[test]
fn content_wins_over_the_name() {
    check("a.pdf", b"%PDF-1.7\n", Ok(Format::Pdf));
    check("a.txt", b"\n%PDF-1.7\n1 0 obj\n", Ok(Format::Pdf));
    check("a", b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj", Ok(Format::Pdf));
    check("a.txt", b"<!DOCTYPE html><html>", Ok(Format::Html));
    check("a.pdf", b"just words", Ok(Format::Text));
    check("a.md", b"<html> in a note", Ok(Format::Markdown));
    check("a.CSV", b"a,b\n1,2\n", Ok(Format::Csv));
    check("a.tsv", b"a\tb\n", Ok(Format::Csv));
    check("README", b"words", Ok(Format::Text));
    check("a.canvas", b"{}", Ok(Format::Canvas));
    check("a.base", b"views: []", Ok(Format::Base));
    check("a.csv", b"\xff\xfea\0,\0b\0", Ok(Format::Csv));
}

#[test]
fn a_text_may_speak_of_signs() {
    check("a.md", b"%PDF-1.7 is how a PDF begins.", Ok(Format::Markdown));
    check(
        "a.md",
        b"# Notes\nA file that begins with `%PDF-1.4` has 1 0 obj.",
        Ok(Format::Markdown),
    );
    check("a.txt", b"See below.\n%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>", Ok(Format::Text));
    check("a.csv", b"sign,format\n%PDF-,PDF\n", Ok(Format::Csv));
    check("a", b"The sign is %PDF- and nothing else.", Ok(Format::Text));
    check("a.txt", b"PKI renewal: the root certificate", Ok(Format::Text));
    check("a.csv", b"PK,Name\n1,Ada\n", Ok(Format::Csv));
    check("a.md", b"PK", Ok(Format::Markdown));
    check("a.txt", b"{\\rtf is how RTF begins", Ok(Format::Text));
    check("a.md", b"%!PS is a sign of PostScript", Ok(Format::Markdown));
    check("a.txt", b"<html> is the root of every page.", Ok(Format::Text));
    check("a.txt", b"<html><body>words</body></html>", Ok(Format::Html));
    check("a.txt", b"MZ and ID3 and Rar! are signs.", Ok(Format::Text));
    check("a.log", &[&[0; 5_000], b"12:00 pump started\n".as_slice()].concat(), Ok(Format::Text));
}

#[test]
fn mail_is_told_by_its_head() {
    check("a.eml", b"Subject: x\n\nwords", Ok(Format::Mail));
    check("a.mht", b"MIME-Version: 1.0\nContent-Type: text/html\n\n<p>x", Ok(Format::Mail));
    check(
        "a.txt",
        b"From: a@b.c\nMIME-Version: 1.0\nContent-Type: text/plain\n\nwords",
        Ok(Format::Mail),
    );
    check("a", b"Received: by x\nDate: today\nFrom: a@b.c\nSubject: y\n\nwords", Ok(Format::Mail));
    check("a.txt", b"From: the house to the harbour\n\nWalk.", Ok(Format::Text));
    let hops = "Received: from a relay by the next one\r\n\twith a protocol\r\n".repeat(400);
    let long = format!("X-Pad: {}\r\n", "a".repeat(24))
        + &hops
        + "From: a@b.c\r\nSubject: y\r\nDate: today\r\n\r\nwords";
    check("a.txt", long.as_bytes(), Ok(Format::Mail));
    check("a.md", b"Subject: x\nFrom: y\nMIME-Version: 1.0\n\nwords", Ok(Format::Markdown));
}

#[test]
fn what_is_not_read_is_named() {
    let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    check("a.txt", b"", Err("empty"));
    check("a.md", b"", Ok(Format::Markdown));
    check("a.canvas", b"", Ok(Format::Canvas));
    check("a.txt", b"\x00\x01\x02\x03\x00\x01\x02\x03", Err("binary"));
    check("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0", Err("binary"));
    check("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0", Err("unsupported"));
    check("a.png", b"\x89PNG\r\n\x1a\n", Err("unsupported"));
    check("a.jpg", b"\xff\xd8\xff\xe0", Err("unsupported"));
    check("a.bin", b"\x00\x01\x02", Err("unsupported"));
    check("a.rtf", b"{\\rtf1\\ansi Hello.}", Err("unsupported"));
    check("a.txt", b"BM is what we call it.", Ok(Format::Text));
    check("a.txt", b"words\x1a", Ok(Format::Text));
    check("a.pdf", b"\x00\x01\x02\x03\x00\x01\x02\x03", Err("malformed"));
    check("a.docx", b"PK\x03\x04 and then nothing", Err("truncated"));
    check("a.zip", b"PK\x03\x04 and then nothing", Err("unsupported"));
    check("a.doc", compound, Err("unsupported"));
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check("a.docx", &[compound.as_slice(), &name].concat(), Err("encrypted"));
}

#[test]
fn failures_say_what_to_do() {
    let failure = ParseError::Encrypted.failure();
    assert_eq!(failure.message, "The file is encrypted and needs a password.");
    assert!(failure.hint.is_some_and(|hint| hint.contains("without one")));
    assert!(ParseError::Unsupported { what: "a program".to_owned() }.is_unsupported());
    assert!(!ParseError::Binary.is_unsupported());
}
