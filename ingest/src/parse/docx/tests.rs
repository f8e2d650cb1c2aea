//! Documents written by `docx-rs`, and packages by hand for what it does not write.

use std::io::{Cursor, Write};

use docx_rs::{Docx, Paragraph, Run, Style, StyleType, Table, TableCell, TableRow};
use quire_domain::Block;
use zip::write::SimpleFileOptions;

use super::*;

const MAIN: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const STRICT: &str = "http://purl.oclc.org/ooxml/wordprocessingml/main";

/// Links a part that stands beside the document.
fn relationship(kind: &str, ending: &str) -> String {
    format!("<Relationship Id=\"r_{kind}\" Type=\"http://x/{kind}\" Target=\"{kind}.{ending}\"/>")
}

/// Packs a document's body, in one of the two namespaces, with other parts by their kinds.
fn package(namespace: &str, body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, text: &str| {
        writer.start_file(name, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("its bytes");
    };
    let wrap = |tag: &str, text: &str| {
        format!("<?xml version=\"1.0\"?><w:{tag} xmlns:w=\"{namespace}\">{text}</w:{tag}>")
    };
    put("word/document.xml", &wrap("document", &format!("<w:body>{body}</w:body>")));
    let mut links = String::new();
    for (kind, text) in parts {
        put(&format!("word/{kind}.xml"), &wrap(kind, text));
        links += &relationship(kind, "xml");
    }
    put("word/_rels/document.xml.rels", &format!("<Relationships>{links}</Relationships>"));
    writer.finish().expect("a package").into_inner()
}

fn read(bytes: &[u8]) -> ParsedDocument {
    parse(bytes, &ParseLimits::default()).expect("it can be read")
}

fn text_of<'a>(document: &'a ParsedDocument, block: &Block) -> &'a str {
    block.span.slice(&document.pages[0].text).expect("blocks lie in the text")
}

fn check(body: &str, parts: &[(&str, &str)], expected: &[&str]) {
    for namespace in [MAIN, STRICT] {
        let document = read(&package(namespace, body, parts));
        let texts: Vec<&str> =
            document.blocks.iter().map(|block| text_of(&document, block)).collect();
        assert_eq!(texts, expected);
    }
}

#[test]
fn headings_paragraphs_and_tables_of_docx_rs_are_read() {
    let run = |text: &str| Paragraph::new().add_run(Run::new().add_text(text));
    let cell = |text: &str| TableCell::new().add_paragraph(run(text));
    let row = |a: &str, b: &str| TableRow::new(vec![cell(a), cell(b)]);
    let docx = Docx::new()
        .created_at("2026-03-01T12:00:00Z")
        .add_style(Style::new("berschrift1", StyleType::Paragraph).name("heading 1"))
        .add_paragraph(run("Größe").style("berschrift1"))
        .add_paragraph(run("Some <text> & more"))
        .add_table(Table::new(vec![row("name", "count"), row("a", "1")]));
    let mut bytes = Cursor::new(Vec::new());
    docx.build().pack(&mut bytes).expect("a package");
    let document = read(bytes.get_ref());
    let blocks: Vec<(&str, String)> = document
        .blocks
        .iter()
        .map(|block| (text_of(&document, block), block.heading.join("/")))
        .collect();
    let made = quire_domain::date::parse_moment("2026-03-01T12:00Z");
    assert!(made.is_some() && document.metadata.created_at_ms == made);
    assert_eq!(blocks[0], ("Größe", String::new()));
    assert_eq!(document.blocks[0].kind, BlockKind::Heading(1));
    assert_eq!(blocks[1], ("Some <text> & more", "Größe".to_owned()));
    assert_eq!(blocks[2].0, "name | count\na | 1");
}

#[test]
fn tracked_changes_show_what_was_inserted() {
    check(
        "<w:p><w:r><w:t xml:space=\"preserve\">It is </w:t></w:r>\
         <w:del><w:r><w:delText>old</w:delText></w:r></w:del>\
         <w:ins><w:r><w:t>new</w:t></w:r></w:ins>\
         <w:hyperlink><w:r><w:t>, linked</w:t></w:r></w:hyperlink>\
         <w:r><w:instrText>PAGE</w:instrText></w:r></w:p>",
        &[],
        &["It is new, linked"],
    );
}

#[test]
fn notes_follow_the_paragraph_they_hang_on() {
    let note = |tag: &str| {
        format!(
            "<w:{tag} w:id=\"2\" w:author=\"Ada\"><w:p><w:r><w:t>Why.</w:t></w:r></w:p></w:{tag}>"
        )
    };
    check(
        "<w:p><w:r><w:t>Claim</w:t></w:r><w:r><w:footnoteReference w:id=\"2\"/></w:r>\
         <w:r><w:commentReference w:id=\"2\"/></w:r></w:p><w:p><w:r><w:t>Next</w:t></w:r></w:p>",
        &[("footnotes", &note("footnote")), ("comments", &note("comment"))],
        &["Claim¹", "¹ Why.", "Comment by Ada: Why.", "Next"],
    );
}

#[test]
fn text_boxes_are_read_once_and_headers_stand_at_the_end() {
    let inner = "<w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent>";
    check(
        &format!(
            "<w:p><w:r><mc:AlternateContent><mc:Choice><wps:txbx>{inner}</wps:txbx></mc:Choice>\
             <mc:Fallback><w:pict>{inner}</w:pict></mc:Fallback></mc:AlternateContent>\
             <w:t>Text</w:t></w:r></w:p>"
        ),
        &[
            ("header", "<w:p><w:r><w:t>Secret</w:t></w:r></w:p>"),
            ("footer", "<w:p><w:r><w:t>1</w:t></w:r></w:p>"),
        ],
        &["Text", "Boxed", "Secret"],
    );
}

#[test]
fn lists_are_counted_as_word_counts_them() {
    let item = |level: usize, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"5\"/></w:numPr></w:pPr>\
             <w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    };
    let level = |number: usize, format: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl=\"{number}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{format}\"/>\
             <w:lvlText w:val=\"{text}\"/></w:lvl>"
        )
    };
    let numbering = format!(
        "<w:abstractNum w:abstractNumId=\"1\">{}{}</w:abstractNum>\
         <w:num w:numId=\"5\"><w:abstractNumId w:val=\"1\"/></w:num>",
        level(0, "decimal", "%1."),
        level(1, "lowerRoman", "%1.%2)")
    );
    let body = [item(0, "a"), item(1, "b"), item(1, "c"), item(0, "d"), item(1, "e")].concat();
    check(&body, &[("numbering", &numbering)], &["1. a\n  1.i) b\n  1.ii) c\n2. d\n  2.i) e"]);
    let deep = numbering.replace("w:ilvl=\"1\"", "w:ilvl=\"8\"");
    let body = item(4_000_000_000_usize, "far");
    check(&body, &[("numbering", &deep)], &["                1.1) far"]);
}

#[test]
fn layout_tables_are_read_as_text() {
    check(
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>One</w:t></w:r></w:p><w:p><w:r><w:t>Two</w:t></w:r></w:p>\
         </w:tc></w:tr></w:tbl>",
        &[],
        &["One", "Two"],
    );
}

#[test]
fn damaged_xml_keeps_what_came_before_it() {
    let document = read(&package(MAIN, "<w:p><w:r><w:t>Kept</w:t></w:r></w:p><w:p <<", &[]));
    assert_eq!(document.pages[0].text, "Kept");
    assert_eq!(document.warnings[0].code, "damaged_xml");
}

#[test]
fn endless_nesting_is_cut_off() {
    let open = "<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc>".repeat(3_000);
    let document = parse(
        &package(MAIN, &format!("<w:p><w:r><w:t>Kept</w:t></w:r></w:p>{open}"), &[]),
        &ParseLimits::default(),
    );
    assert!(document.is_ok_and(|document| document.pages[0].text.contains("Kept")));
}

#[test]
fn a_truncated_package_says_so() {
    let whole = package(MAIN, "<w:p><w:r><w:t>Text</w:t></w:r></w:p>", &[]);
    let error = parse(&whole[..whole.len() / 2], &ParseLimits::default()).expect_err("cut off");
    assert_eq!(error.failure().code, "truncated");
}

#[test]
fn bombs_are_refused_by_ratio_and_by_size() {
    let bomb = package(MAIN, &" ".repeat(20 << 20), &[]);
    let error = parse(&bomb, &ParseLimits::default()).expect_err("grows too much");
    assert!(error.to_string().contains("times its size"), "{error}");
    let limits = ParseLimits { max_expanded_bytes: 1 << 20, ..ParseLimits::default() };
    let error = parse(&bomb, &limits).expect_err("too large");
    assert!(error.to_string().contains("bytes when unpacked"), "{error}");
}

#[test]
fn raised_text_and_formulas_keep_their_marks() {
    let run =
        |text: &str, setting: &str| format!("<w:r><w:rPr>{setting}</w:rPr><w:t>{text}</w:t></w:r>");
    let raised = "<w:vertAlign w:val=\"superscript\"/>";
    let lowered = "<w:vertAlign w:val=\"subscript\"/>";
    for (body, expected) in [
        (run("4 x 10", "") + &run("6", raised) + &run(". Area", ""), "4 x 10⁶. Area"),
        (run("1,250", "<w:b/>") + &run("3", raised), "1,250³"),
        (run("CO", "") + &run("2", lowered) + &run(" and 1010", "") + &run("2", lowered), "CO2 and 1010₂"),
        (run("the 21", "") + &run("st", raised) + &run(" day", ""), "the 21st day"),
        (run("Sales", "") + &run("(1)", raised), "Sales⁽¹⁾"),
        ("<m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>".to_owned(), "(a+b)/2"),
        ("<m:oMath><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>6</m:t></m:r></m:sup></m:sSup></m:oMath>".to_owned(), "10^6"),
        ("<m:oMath><m:rad><m:radPr/><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad></m:oMath>".to_owned(), "√(x)"),
        ("<m:oMath><m:nary><m:naryPr><m:chr m:val=\"∑\"/></m:naryPr><m:sub><m:r><m:t>i=1</m:t></m:r></m:sub><m:sup><m:r><m:t>n</m:t></m:r></m:sup><m:e><m:r><m:t>x</m:t></m:r></m:e></m:nary></m:oMath>".to_owned(), "∑_(i=1)^n x"),
    ] {
        check(&format!("<w:p>{body}</w:p>"), &[], &[expected]);
    }
}

#[test]
fn what_is_chosen_in_a_form_is_read() {
    let list = "<w:ddList><w:result w:val=\"1\"/><w:listEntry w:val=\"Basic\"/><w:listEntry w:val=\"Premium Plus\"/></w:ddList>";
    let first = "<w:ddList><w:listEntry w:val=\"Basic\"/><w:listEntry w:val=\"Other\"/></w:ddList>";
    for (field, expected) in [
        (list, "Cover: Premium Plus"),
        (first, "Cover: Basic"),
        ("<w:checkBox><w:checked/></w:checkBox>", "Cover: ☒"),
        ("<w:checkBox><w:default w:val=\"1\"/><w:checked w:val=\"0\"/></w:checkBox>", "Cover: ☐"),
        ("<w:checkBox><w:default w:val=\"1\"/></w:checkBox>", "Cover: ☒"),
    ] {
        let body = format!(
            "<w:p><w:r><w:t xml:space=\"preserve\">Cover: </w:t></w:r><w:r><w:fldChar><w:ffData>{field}</w:ffData></w:fldChar></w:r></w:p>"
        );
        check(&body, &[], &[expected]);
    }
    for (symbol, expected) in [("F0FE", "☑"), ("F0A8", "☐"), ("F0FC", "✓")] {
        let body =
            format!("<w:p><w:r><w:sym w:font=\"Wingdings\" w:char=\"{symbol}\"/></w:r></w:p>");
        check(&body, &[], &[expected]);
    }
    check(
        "<w:p><w:r><w:rPr><w:rFonts w:ascii=\"Symbol\"/></w:rPr><w:t>a \u{f0b3} b</w:t></w:r></w:p>",
        &[],
        &["α ≥ β"],
    );
}

#[test]
fn the_first_row_of_a_table_is_its_header_in_any_look() {
    let row = |cells: [&str; 2]| {
        let cells =
            cells.map(|cell| format!("<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>"));
        format!("<w:tr>{}</w:tr>", cells.concat())
    };
    let rows = row(["Article", "Place"]) + &row(["Bolt", "Hall"]) + &row(["Nut", "Yard"]);
    let numbers = row(["Article", "Count"]) + &row(["Bolt", "1,001"]) + &row(["Nut", "17"]);
    let header_of = |look: &str, rows: &str| {
        let body = format!("<w:tbl><w:tblPr>{look}</w:tblPr>{rows}</w:tbl>");
        match &read(&package(MAIN, &body, &[])).blocks[0].kind {
            BlockKind::Table { header } => header.clone(),
            other => panic!("{other:?} is no table"),
        }
    };
    assert_eq!(header_of("<w:tblLook w:firstRow=\"1\"/>", &rows), "Article | Place");
    assert_eq!(header_of("<w:tblLook w:val=\"04A0\"/>", &rows), "Article | Place");
    assert_eq!(header_of("<w:tblLook w:val=\"0480\"/>", &rows), "");
    assert_eq!(header_of("", &numbers), "Article | Count");
    assert_eq!(header_of("", &rows), "");
}

#[test]
fn parts_are_read_where_they_stand() {
    let text = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let body = text("Cover") + "<w:altChunk r:id=\"r_aFChunk\"/>" + &text("End");
    let chunk = "<html><body><h1>Plan</h1><p>Number 5519</p></body></html>";
    let document = read(&package_with(&body, &[("aFChunk", "html", chunk)]));
    let texts: Vec<&str> = document.blocks.iter().map(|block| text_of(&document, block)).collect();
    assert_eq!(texts, ["Cover", "Plan", "Number 5519", "End"]);

    let body = text("Above")
        + "<w:p><w:r><w:drawing><dgm:relIds r:dm=\"r_data\"/></w:drawing></w:r></w:p>";
    let words = |word: &str| {
        format!("<dgm:pt><dgm:t><a:p><a:r><a:t>{word}</a:t></a:r></a:p></dgm:t></dgm:pt>")
    };
    let data = format!("<dgm:dataModel>{}{}</dgm:dataModel>", words("Plan"), words("Do"));
    let document = read(&package_with(&body, &[("data", "xml", &data)]));
    assert_eq!(document.pages[0].text, "Above\n\nPlan\nDo");

    let body =
        text("Above") + "<w:p><w:r><w:drawing><c:chart r:id=\"r_chart\"/></w:drawing></w:r></w:p>";
    let point = |value: &str| format!("<c:pt><c:v>{value}</c:v></c:pt>");
    let chart = format!(
        "<c:chartSpace><c:chart><c:title><a:p><a:r><a:t>Sales</a:t></a:r></a:p></c:title><c:ser><c:tx>{}</c:tx>\
         <c:cat>{}{}</c:cat><c:val>{}{}</c:val></c:ser></c:chart></c:chartSpace>",
        point("North"),
        point("Q1"),
        point("Q2"),
        point("12.5"),
        point("13")
    );
    let document = read(&package_with(&body, &[("chart", "xml", &chart)]));
    assert_eq!(document.pages[0].text, "Above\n\nSales\n\n | North\nQ1 | 12.5\nQ2 | 13");

    let again = "<w:altChunk r:id=\"r_aFChunk\"/>".repeat(1_000);
    let document =
        read(&package_with(&(again + &text("End")), &[("aFChunk", "html", "<p>Once</p>")]));
    assert_eq!(document.pages[0].text, "Once\n\nEnd");

    let body = text("Above") + "<w:altChunk r:id=\"nowhere\"/>";
    let document = read(&package_with(&body, &[]));
    assert_eq!(document.warnings[0].code, "part_unread");
}

/// Packs a body with parts by their kinds and endings, under names as Windows writes them.
fn package_with(body: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, text: &str| {
        writer.start_file(name, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("its bytes");
    };
    put("word\\document.xml", &format!("<w:document><w:body>{body}</w:body></w:document>"));
    let mut links = String::new();
    for (kind, ending, text) in parts {
        put(&format!("word\\{kind}.{ending}"), text);
        links += &relationship(kind, ending);
    }
    put("word\\_rels\\document.xml.rels", &format!("<Relationships>{links}</Relationships>"));
    writer.finish().expect("a package").into_inner()
}
