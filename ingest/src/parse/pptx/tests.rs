//! Presentations made by hand.

use super::super::packed::{codes, pack, rels, shown};
use super::*;

fn shape(place: &str, paragraphs: &str) -> String {
    let place = if place.is_empty() {
        String::new()
    } else {
        format!("<p:nvPr><p:ph type='{place}'/></p:nvPr>")
    };
    format!("<p:sp><p:nvSpPr>{place}</p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>")
}

fn line(text: &str) -> String {
    format!("<a:p><a:r><a:t>{text}</a:t></a:r></a:p>")
}

/// Makes a presentation of two slides, of which the second in the archive is shown first.
fn presentation(first: &str, second: &str, more: &[(&str, &str)]) -> ParsedDocument {
    let list = "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='r2'/><p:sldId id='257' r:id='r1'/></p:sldIdLst></p:presentation>";
    let links = rels(&[
        ("r1", "slide", "slides/slide1.xml"),
        ("r2", "slide", "slides/slide2.xml"),
        ("r3", "commentAuthors", "commentAuthors.xml"),
    ]);
    let mut parts = vec![
        ("ppt/presentation.xml", list),
        ("ppt/_rels/presentation.xml.rels", links.as_str()),
        (
            "ppt/commentAuthors.xml",
            "<p:cmAuthorLst><p:cmAuthor id='0' name='Ada'/></p:cmAuthorLst>",
        ),
        ("ppt/slides/slide1.xml", second),
        ("ppt/slides/slide2.xml", first),
    ];
    parts.extend(more);
    parse(&pack(&parts), &ParseLimits::default()).expect("is read")
}

fn slide(attributes: &str, shapes: &str) -> String {
    format!("<p:sld {attributes}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>")
}

#[test]
fn slides_are_pages_in_the_order_in_which_they_are_shown() {
    let list = "<a:p><a:r><a:t>Grow</a:t></a:r></a:p><a:p><a:pPr lvl='1'/><a:r><a:t>in Peru</a:t></a:r></a:p>";
    let shapes = [
        shape("body", list),
        shape("title", &line("Goals")),
        shape("sldNum", &line("7")),
        shape("ftr", &line("Confidential")),
        shape("", &line("See the plan")),
        "<p:pic><p:nvPicPr><p:cNvPr descr='a picture'/></p:nvPicPr></p:pic>".to_owned(),
    ];
    let numbered = "<a:p><a:pPr><a:buAutoNum type='arabicPeriod'/></a:pPr><a:r><a:t>Ask</a:t></a:r></a:p>\
        <a:p><a:pPr><a:buAutoNum type='arabicPeriod'/></a:pPr><a:r><a:t>Do 10</a:t></a:r><a:r><a:rPr baseline='30000'/><a:t>6</a:t></a:r></a:p>";
    let document =
        presentation(&slide("", &shapes.concat()), &slide("show='0'", &shape("", numbered)), &[]);
    assert_eq!(
        shown(&document),
        [
            "1 h1 Goals",
            "1 list - Grow\n  - in Peru",
            "1 p See the plan",
            "2 list 1. Ask\n2. Do 10⁶"
        ]
    );
    assert_eq!(document.title.as_deref(), Some("Goals"));
    assert_eq!(codes(&document), ["hidden_slide"]);
    assert_eq!(document.warnings[0].page, Some(2));
}

#[test]
fn tables_charts_notes_and_comments_of_a_slide_are_read() {
    let cell = |attributes: &str, text: &str| {
        format!("<a:tc {attributes}><a:txBody>{}</a:txBody></a:tc>", line(text))
    };
    let row = |cells: &[String]| format!("<a:tr>{}</a:tr>", cells.concat());
    let table = [
        row(&[
            cell("", "Land"),
            cell("gridSpan='2'", "2024"),
            "<a:tc hMerge='1'><a:txBody><a:p/></a:txBody></a:tc>".to_owned(),
        ]),
        row(&[cell("rowSpan='2'", "Peru"), cell("", "1"), cell("", "2")]),
        row(&[
            "<a:tc vMerge='1'><a:txBody><a:p/></a:txBody></a:tc>".to_owned(),
            cell("", "3"),
            cell("", "4"),
        ]),
    ];
    let shapes = format!(
        "<p:graphicFrame><a:tbl><a:tblPr firstRow='1'/>{}</a:tbl></p:graphicFrame>\
         <p:graphicFrame><c:chart r:id='c1'/></p:graphicFrame>",
        table.concat()
    );
    let links = rels(&[
        ("n1", "notesSlide", "../notesSlides/notesSlide1.xml"),
        ("c1", "chart", "../charts/chart1.xml"),
        ("m1", "comments", "../comments/comment1.xml"),
    ]);
    let notes = format!(
        "<p:notes>{}{}</p:notes>",
        shape("sldNum", &line("1")),
        shape("body", &line("Pause here."))
    );
    let chart = "<c:chartSpace><c:chart><c:title><a:p><a:r><a:t>Sales</a:t></a:r></a:p></c:title><c:plotArea>\
        <c:ser><c:tx><c:v>2024</c:v></c:tx><c:cat><c:pt><c:v>Q1</c:v></c:pt></c:cat><c:val><c:pt><c:v>5</c:v></c:pt></c:val></c:ser>\
        </c:plotArea></c:chart></c:chartSpace>";
    let comments = "<p:cmLst><p:cm authorId='0'><p:text>Too long</p:text></p:cm></p:cmLst>";
    let document = presentation(
        &slide("", &shapes),
        &slide("", ""),
        &[
            ("ppt/slides/_rels/slide2.xml.rels", links.as_str()),
            ("ppt/notesSlides/notesSlide1.xml", notes.as_str()),
            ("ppt/charts/chart1.xml", chart),
            ("ppt/comments/comment1.xml", comments),
        ],
    );
    assert_eq!(
        shown(&document),
        [
            "1 table[Land | 2024 | 2024] Land | 2024 | 2024\nPeru | 1 | 2\nPeru | 3 | 4",
            "1 p Sales",
            "1 table[ | 2024]  | 2024\nQ1 | 5",
            "1 note Notes: Pause here.",
            "1 note Comment by Ada: Too long",
        ]
    );
    assert!(document.warnings.is_empty());
}

#[test]
fn a_slide_that_breaks_off_or_is_missing_is_warned_about() {
    let document =
        presentation(&format!("<p:sld>{}<p:sp <<", shape("title", &line("Kept"))), "", &[]);
    assert_eq!(shown(&document), ["1 h1 Kept"]);
    assert_eq!(codes(&document), ["damaged_xml"]);
    let deep = format!("<p:sld>{}{}", "<p:grpSp>".repeat(100_000), shape("", &line("Deep")));
    assert_eq!(shown(&presentation(&deep, "", &[])), ["1 p Deep"]);
}
