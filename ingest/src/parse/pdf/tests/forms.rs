//! Forms and notes that no instruction draws.

use super::*;

fn filled(annotations: &[&str]) -> ParsedDocument {
    let page = Page::new().text((72.0, 700.0), 10.0, "Name:").text((72.0, 680.0), 10.0, "Cover:");
    read(&Sample::new(vec![page]).annotations(annotations))
}

#[test]
fn values_without_an_appearance_stand_at_their_fields() {
    for (field, expected) in [
        ("/FT /Tx /V (Ada Byron)", "Name: Ada Byron"),
        ("/FT /Tx /V <FEFF0041006400E1>", "Name: Adá"),
        ("/FT /Ch /V (p) /Opt [[(b) (Basic)] [(p) (Premium Plus)]]", "Name: Premium Plus"),
        ("/FT /Ch /V [(a) (b)]", "Name: a, b"),
        ("/FT /Btn /AS /Yes", "Name: ☒"),
        ("/FT /Btn /AS /Off /V /Yes", "Name:"),
        ("/FT /Btn /Ff 65536 /V /Yes", "Name:"),
        ("/FT /Tx /Ff 8192 /V (secret)", "Name:"),
        ("/Parent << /FT /Tx /V (from above) >>", "Name: from above"),
        ("/F 2 /FT /Tx /V (hidden)", "Name:"),
    ] {
        let widget = format!("<< /Type /Annot /Subtype /Widget /Rect [105 696 300 710] {field} >>");
        let text = filled(&[&widget]).pages[0].text.clone();
        let first = text.lines().next().unwrap_or_default().replace("  ", " ");
        assert_eq!(first, expected, "{field}");
        assert!(text.contains("Cover:"));
    }
}

#[test]
fn a_value_that_is_shown_is_read_once() {
    let page =
        Page::new().text((72.0, 700.0), 10.0, "Name:").text((110.0, 700.0), 10.0, "Ada Byron");
    let field = "<< /Subtype /Widget /Rect [105 696 300 710] /FT /Tx /V (Ada Byron) >>";
    let text = read(&Sample::new(vec![page]).annotations(&[field])).pages[0].text.clone();
    assert_eq!(text.matches("Byron").count(), 1, "{text}");
}

#[test]
fn typed_text_is_on_the_page_and_comments_follow_it() {
    let document = filled(&[
        "<< /Subtype /FreeText /Rect [105 696 300 710] /Contents (typed here) >>",
        "<< /Subtype /Text /Rect [10 10 20 20] /T (Bo) /Contents (Is this right?) >>",
        "<< /Subtype /Highlight /Rect [10 10 20 20] /Contents (Check the sum.) >>",
        "<< /Subtype /Popup /Rect [10 10 20 20] /Contents (never shown) >>",
    ]);
    let texts = texts(&document);
    assert!(texts.iter().any(|text| text.contains("typed here")), "{texts:?}");
    assert_eq!(
        texts[texts.len() - 2..],
        ["Comment by Bo: Is this right?", "Comment: Check the sum."]
    );
    assert_eq!(document.blocks.last().map(|block| &block.kind), Some(&BlockKind::Note));
}

#[test]
fn a_form_that_another_program_draws_gives_its_data_or_says_so() {
    let page =
        || Page::new().text((72.0, 700.0), 10.0, "Please wait... If this message is not replaced");
    let data = "<xfa:datasets><xfa:data><form><name>Ada</name><sum>68250 EUR</sum></form></xfa:data></xfa:datasets>";
    let stream = format!("<< /Length {} >>\nstream\n{data}\nendstream", data.len());
    let form = "/AcroForm << /XFA [(template) 9 0 R (datasets) 8 0 R] >>";
    let document =
        read(&Sample::new(vec![page()]).catalog(form).object(8, &stream).object(9, &stream));
    assert_eq!(document.pages[0].text, "name: Ada\nsum: 68250 EUR");
    assert_eq!(document.warnings[0].code, "xfa_form");
    let empty = "<< /Length 0 >>\nstream\n\nendstream";
    let sample = Sample::new(vec![page()]).catalog(form).object(8, empty).object(9, empty);
    let error = parse(&sample.bytes()).expect_err("nothing is filled in");
    assert!(error.is_unsupported());
}

#[test]
fn values_of_a_form_without_end_are_left_out_and_counted() {
    let value = |at: usize| {
        format!(
            "<< /Subtype /Widget /Rect [105 696 300 710] /FT /Tx /V ({at}{}) >>",
            "x".repeat(90_000)
        )
    };
    let values: Vec<String> = (0..60).map(value).collect();
    let document = filled(&values.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(document.pages[0].text.len() < 5 << 20);
    assert_eq!(document.warnings[0].code, "form_values_left_out");
    assert!(
        document.warnings[0].message.starts_with("The values of 14 fields"),
        "{:?}",
        document.warnings
    );
}
