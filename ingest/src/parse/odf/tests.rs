//! Files of OpenDocument made by hand.

use super::super::packed::{codes, pack, shown};
use super::*;

const STYLES: &str = "<office:automatic-styles>\
    <style:style style:name='up' style:family='text'><style:text-properties style:text-position='super 58%'/></style:style>\
    <style:style style:name='off' style:family='table'><style:table-properties table:display='false'/></style:style>\
    <style:style style:name='away' style:family='drawing-page'><style:drawing-page-properties presentation:visibility='hidden'/></style:style>\
    <text:list-style style:name='num'><text:list-level-style-number text:level='1' style:num-format='1' style:num-suffix='.'/>\
    <text:list-level-style-number text:level='2' style:num-format='i' style:num-suffix=')'/></text:list-style>\
    </office:automatic-styles>";

fn read(format: Format, body: &str) -> ParsedDocument {
    let content = format!(
        "<office:document-content>{STYLES}<office:body>{body}</office:body></office:document-content>"
    );
    let meta = "<office:meta><dc:title>A title</dc:title><meta:creation-date>2024-02-03T04:05:06.789</meta:creation-date></office:meta>";
    let bytes = pack(&[("content.xml", &content), ("meta.xml", meta)]);
    parse(&bytes, format, &ParseLimits::default()).expect("is read")
}

#[test]
fn a_text_is_read_in_its_order() {
    let document = read(
        Format::Odt,
        "<office:text><text:tracked-changes><text:p>Deleted</text:p></text:tracked-changes>\
         <text:h text:outline-level='2'>Aims</text:h>\
         <text:p>We sold 10<text:span text:style-name='up'>6</text:span> of<text:s text:c='2'/>them\
         <text:note text:note-class='footnote'><text:note-citation>1</text:note-citation><text:note-body><text:p>In Peru.</text:p></text:note-body></text:note>.\
         <office:annotation><dc:creator>Ada</dc:creator><dc:date>2024</dc:date><text:p>Check</text:p></office:annotation></text:p>\
         <text:list text:style-name='num'><text:list-item><text:p>First</text:p><text:list><text:list-item><text:p>Inner</text:p></text:list-item></text:list></text:list-item>\
         <text:list-item><text:p>Second</text:p></text:list-item></text:list>\
         <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Name</text:p></table:table-cell><table:table-cell><text:p>Sum</text:p></table:table-cell></table:table-row></table:table-header-rows>\
         <table:table-row><table:table-cell><text:p>Bo</text:p></table:table-cell><table:table-cell><text:p>4 €</text:p></table:table-cell></table:table-row></table:table>\
         <text:p><draw:frame><draw:text-box><text:p>Boxed</text:p></draw:text-box></draw:frame></text:p></office:text>",
    );
    assert_eq!(
        shown(&document),
        [
            "0 h2 Aims",
            "0 p We sold 10⁶ of  them¹.",
            "0 note ¹ In Peru.",
            "0 note Comment by Ada: Check",
            "0 list 1. First\n  i) Inner\n2. Second",
            "0 table[Name | Sum] Name | Sum\nBo | 4 €",
            "0 note Boxed",
        ]
    );
    assert_eq!(document.title.as_deref(), Some("A title"));
    assert!(document.metadata.created_at_ms.is_some());
    assert_eq!(document.pages[0].number, None);
}

#[test]
fn sheets_hold_what_was_shown() {
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let rows = [
        cell("", "Day") + &cell("", "Sum"),
        cell("office:value-type='date' office:date-value='2024-03-15'", "15.03.24")
            + &cell("office:value-type='currency' office:value='1234.5'", "1.234,50 €"),
        cell("table:number-rows-spanned='2'", "Both")
            + &cell("table:formula='of:=1' office:value='1'", "1"),
        "<table:covered-table-cell/>".to_owned()
            + &cell("", "2")
            + "<table:table-cell table:formula='of:=NOW()'/>",
    ];
    let row = |row: &String| format!("<table:table-row>{row}</table:table-row>");
    let rows = rows.iter().map(row).collect::<Vec<_>>().concat();
    let rest = "<table:table-row table:number-rows-repeated='1048572'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>";
    let hidden = cell("table:number-columns-repeated='16384'", "x");
    let document = read(
        Format::Ods,
        &format!(
            "<office:spreadsheet><table:table table:name='Cash'>{rows}{rest}</table:table>\
             <table:table table:name='Old' table:style-name='off'><table:table-row table:number-rows-repeated='3'>{hidden}</table:table-row></table:table></office:spreadsheet>"
        ),
    );
    assert_eq!(
        shown(&document),
        [
            "1 h1 Cash",
            "1 table[Day | Sum] Day | Sum\n15.03.24 | 1.234,50 €\nBoth | 1\nBoth | 2",
            "2 h1 Old",
            "2 table x\nx\nx",
        ]
    );
    assert_eq!(document.blocks[1].rows, Some((2, 4)));
    assert_eq!(codes(&document), ["formula_without_value", "hidden_sheet"]);
}

#[test]
fn slides_have_their_titles_and_notes() {
    let frame = |class: &str, text: &str| {
        format!(
            "<draw:frame presentation:class='{class}'><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"
        )
    };
    let document = read(
        Format::Odp,
        &format!(
            "<office:presentation><draw:page draw:name='p1' draw:style-name='away'>{}{}{}<presentation:notes>{}</presentation:notes></draw:page></office:presentation>",
            frame("outline", "Grow"),
            frame("title", "Goals"),
            frame("footer", "Confidential"),
            frame("notes", "Pause.")
        ),
    );
    assert_eq!(shown(&document), ["1 h1 Goals", "1 p Grow", "1 note Notes: Pause."]);
    assert_eq!(codes(&document), ["hidden_slide"]);
}

#[test]
fn nesting_and_repetition_without_end_are_borne() {
    let deep = format!(
        "<office:text><text:p>Kept</text:p>{}<text:p>lost</text:p>",
        "<text:list><text:list-item>".repeat(50_000)
    );
    let document = read(Format::Odt, &deep);
    assert_eq!(shown(&document), ["0 p Kept"]);
    assert_eq!(codes(&document), ["damaged_xml"]);
    let row = "<table:table-row table:number-rows-repeated='4000000000'><table:table-cell><text:p>again</text:p></table:table-cell></table:table-row>";
    let sheet = format!(
        "<office:spreadsheet><table:table table:name='S'>{row}</table:table></office:spreadsheet>"
    );
    assert!(codes(&read(Format::Ods, &sheet)).contains(&"cells_left_out"));
}

#[test]
fn an_encrypted_file_says_so() {
    let manifest = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>";
    let bytes = pack(&[("META-INF/manifest.xml", manifest), ("content.xml", "garbage")]);
    let error = parse(&bytes, Format::Odt, &ParseLimits::default());
    assert_eq!(error, Err(ParseError::Encrypted));
}

#[test]
fn comments_in_comments_are_borne() {
    let deep = format!(
        "<office:text><text:p>Kept</text:p><text:p>{}",
        "<office:annotation><text:p>why ".repeat(50_000)
    );
    let document = read(Format::Odt, &deep);
    assert_eq!(document.pages[0].text.lines().next(), Some("Kept"));
    assert_eq!(codes(&document), ["damaged_xml"]);
}

#[test]
fn long_texts_that_are_repeated_are_written_as_often_as_there_is_room() {
    let cell =
        format!("<table:table-cell><text:p>{}</text:p></table:table-cell>", "long ".repeat(400));
    let row = format!(
        "<table:table-row table:number-rows-repeated='1000000'>{cell}{cell}</table:table-row>"
    );
    let last = "<table:table-row><table:table-cell><text:p>last</text:p></table:table-cell></table:table-row>";
    let sheet = format!(
        "<office:spreadsheet><table:table table:name='S'>{row}{last}</table:table></office:spreadsheet>"
    );
    let document = read(Format::Ods, &sheet);
    assert!(codes(&document).contains(&"repeats_left_out"));
    assert!(document.pages[0].text.len() < 20 << 20 && document.pages[0].text.ends_with("last"));
    let repeated =
        cell.replace("<table:table-cell", "<table:table-cell table:number-columns-repeated='1000'");
    let rows = format!("<table:table-row>{repeated}</table:table-row>").repeat(60);
    let document =
        read(Format::Odt, &format!("<office:text><table:table>{rows}</table:table></office:text>"));
    assert_eq!(codes(&document), ["repeats_left_out"]);
    assert!(document.pages[0].text.len() < 20 << 20);
}
