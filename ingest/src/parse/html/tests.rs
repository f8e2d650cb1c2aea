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
fn endless_nesting_is_read_to_its_end() {
    let page = format!("{}deep{}<p>after</p>", "<div>".repeat(5_000), "</div>".repeat(5_000));
    let document = read(&page);
    assert_eq!(document.warnings[0].code, "nested_too_deep");
    assert_eq!(texts(&document), ["deep", "after"]);
    let reply = |at| format!("<blockquote><b>line {at}<table><tr><td>a<td>b");
    let document = read(&(0..900).map(reply).collect::<Vec<_>>().concat());
    let text = &document.pages[0].text;
    assert!((0..900).all(|at| text.contains(&format!("line {at}"))), "{text:.300}");
}

#[test]
fn a_thread_of_a_hundred_thousand_elements_is_read_to_its_end() {
    for (tag, end) in
        [("<div>", "</div>"), ("<blockquote>", ""), ("<b>", ""), ("<table><tr><td>", "")]
    {
        let begins: Vec<String> = (0..100_000).map(|at| format!("{tag}line{at} ")).collect();
        let begin = begins.concat();
        let document = read(&format!("{begin}{}<p>after", end.repeat(100_000)));
        assert_eq!(document.warnings[0].code, "nested_too_deep");
        let text = &document.pages[0].text;
        let words: std::collections::HashSet<&str> = text.split_whitespace().collect();
        assert!((0..100_000).all(|at| words.contains(format!("line{at}").as_str())), "{tag}");
        assert!(text.ends_with("after"), "{tag}");
    }
}

#[test]
fn a_formula_that_is_drawn_beside_its_source_is_read_once() {
    let page = "<p>So <span class=katex><span class=katex-mathml><math><semantics><mrow><mi>a</mi><mo>=</mo><mn>2</mn></mrow>\
        <annotation>a=2</annotation></semantics></math></span><span class=katex-html aria-hidden=true>a = 2</span></span> holds.";
    assert_eq!(texts(&read(page)), ["So a=2 holds."]);
    let cell = format!("<table><tr><td>{page}</td><td>b</td></tr></table>");
    assert_eq!(texts(&read(&cell)), ["So a=2 holds. | b"]);
    let icon = "<p>Save<span aria-hidden=true> now</span>";
    assert_eq!(texts(&read(icon)), ["Save now"]);
}

#[test]
fn raised_text_and_formulas_keep_their_marks() {
    for (page, expected) in [
        ("Sales 1,250<sup>3</sup> in all", "Sales 1,250³ in all"),
        ("4 x 10<sup>6</sup>", "4 x 10⁶"),
        ("4 x 10<sup>&minus;6</sup>", "4 x 10⁻⁶"),
        ("Sales<sup>(1)</sup>", "Sales⁽¹⁾"),
        ("<p>250<sup><a href=#n>12</a></sup></p>", "250¹²"),
        ("CO<sub>2</sub> per m<sup>2</sup>", "CO2 per m²"),
        ("1010<sub>2</sub>", "1010₂"),
        ("the 21<sup>st</sup>", "the 21st"),
        ("x<sup>n+1</sup>", "x^(n+1)"),
        ("<h2>Area in m<sup>2</sup></h2>", "Area in m²"),
        ("<table><tr><td>980<sup>4</sup></td><td>b</td></tr></table>", "980⁴ | b"),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>",
            "(a+b)/2",
        ),
        ("<math><msup><mn>10</mn><mn>6</mn></msup></math>", "10^6"),
        (
            "<math><msqrt><mi>x</mi></msqrt><mo>=</mo><msub><mi>x</mi><mn>1</mn></msub></math>",
            "√(x)=x_1",
        ),
        ("<math><semantics><mn>5</mn><annotation>\\five</annotation></semantics></math>", "5"),
    ] {
        assert_eq!(texts(&read(page)).join("\n"), expected, "{page}");
    }
}

#[test]
fn what_is_filled_into_a_form_is_read() {
    let document = read(
        "<form>Name <input value='Ada'> <select><option>Basic<option selected>Premium Plus</select> \
         <input type=checkbox checked> smoker <input type=hidden value=x><button>Send</button></form>",
    );
    let text = texts(&document).join(" ");
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>().join(" "),
        "Name Ada Premium Plus ☒ smoker"
    );
}

#[test]
fn pictures_in_the_source_are_no_text() {
    let letters = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4".repeat(6);
    let document =
        read(&format!("<p>before {letters} after <img src='data:image/png;base64,{letters}'></p>"));
    assert_eq!(texts(&document), ["before after"]);
    assert_eq!(document.warnings[0].code, "embedded_file");
}
