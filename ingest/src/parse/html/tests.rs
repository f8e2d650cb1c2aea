//! Pages with the usual furniture.

use super::*;

fn read(text: &str) -> ParsedDocument {
    parse(text.as_bytes())
}

fn texts(document: &ParsedDocument) -> Vec<&str> {
    let text = &document.pages[0].text;
    document.blocks.iter().map(|block| block.span.slice(text).unwrap_or_default()).collect()
}

#[test]
fn a_page_is_read_without_its_furniture() {
    let document = read(
        "<html><head><title>The  page</title><style>p{}</style></head><body><nav>Menu</nav>\
         <h1>One</h1><p>Some <b>bold</b>\n text.<br>New line</p><script>x()</script>\
         <ul><li>a</li><li>b <ul><li>c</li></ul></li></ul><ol start=3><li>third</li></ol>\
         <pre>  keep\n  this</pre></body></html>",
    );
    assert_eq!(document.title.as_deref(), Some("The page"));
    assert_eq!(
        texts(&document),
        ["One", "Some bold text.\nNew line", "- a", "- b", "- c", "3. third", "  keep\n  this"]
    );
    assert_eq!(document.blocks[1].heading, ["One"]);
}

#[test]
fn tables_have_rows_and_a_header() {
    let document = read(
        "<table><caption>Sales</caption><tr><th>Year</th><th>Sum</th></tr>\
         <tr><td>2021</td><td>1 <b>000</b></td></tr><tr><td>2022</td><td>2</td></tr></table>",
    );
    assert_eq!(texts(&document), ["Sales", "Year | Sum\n2021 | 1 000\n2022 | 2"]);
    assert_eq!(document.blocks[1].rows, Some((1, 2)));
}

#[test]
fn the_stated_encoding_is_used() {
    let document = parse(b"<meta charset=iso-8859-1><p>Gr\xfc\xdfe</p>");
    assert_eq!(texts(&document), ["Grüße"]);
}

#[test]
fn endless_nesting_is_cut_off() {
    let page = format!("{}deep{}<p>after</p>", "<div>".repeat(5_000), "</div>".repeat(5_000));
    let document = read(&page);
    assert_eq!(document.warnings[0].code, "nested_too_deep");
    assert_eq!(texts(&document).last(), Some(&"after"));
}
