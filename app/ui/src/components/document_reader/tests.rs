//! What is said of words that do not stand where a link points to.

use super::*;

fn html(render: impl FnOnce() -> AnyView) -> String {
    Owner::new().with(|| render().to_html())
}

fn target() -> DocumentTarget {
    let url = "/d/doc1?start=3&end=9&version=0a&quote=5%20%3C%20%C3%BC#quote";
    DocumentTarget::parse(url).expect("a link")
}

fn view(quote: Option<Span>, has_changed: bool) -> DocumentView {
    let document = serde_json::from_value(serde_json::json!({
        "id": "doc1", "collection": "plant", "path": "a.txt", "title": "A", "status": "indexed",
        "sha256": "0".repeat(64), "size_bytes": 1, "pages": null, "chunk_count": 1, "language": "en",
        "warnings": [], "error": null,
        "created_at_ms": 0, "updated_at_ms": 0,
    }));
    let report = serde_json::from_value(serde_json::json!({
        "path": "a.txt", "sha256": "0".repeat(64), "format": "text", "language": "en", "title": null,
        "pages": null, "blocks": [], "warnings": [], "left_out": [], "took_ms": null,
        "peak_memory_bytes": null,
    }));
    DocumentView {
        document: document.expect("a document"),
        page: None,
        content: vec![],
        blocks: vec![],
        vault_file: None,
        report: report.expect("a report"),
        quote,
        has_changed,
    }
}

#[test]
fn a_change_is_told_and_the_old_words_are_shown_beside_the_text() {
    let notice = |quote, has_changed| {
        let notice = change_notice(&view(quote, has_changed), &target());
        notice.map(|notice| html(|| notice)).unwrap_or_default()
    };
    let span = Some(Span::new(3, 9));
    assert_eq!(notice(span, false), "");
    let moved = notice(span, true);
    assert!(moved.contains("still stand here") && !moved.contains("blockquote"), "{moved}");
    let gone = notice(None, true);
    assert!(gone.contains("Changed since this answer") && gone.contains("5 &lt; ü"), "{gone}");
    assert!(notice(None, false).contains("not in this document"));
    let plain = DocumentTarget { start: None, ..target() };
    assert!(change_notice(&view(None, true), &plain).is_none(), "a link to no words misses none");
}

#[test]
fn a_deleted_document_shows_what_it_was_quoted_with() {
    let error = UiError { kind: ErrorKind::NotFound, message: "there is none".to_owned() };
    let told =
        |target: &DocumentTarget| html(|| unopened(&error, target, Some(Callback::new(|()| {}))));
    let gone = told(&target());
    assert!(gone.contains("deleted since this answer") && gone.contains("5 &lt; ü"), "{gone}");
    let plain = DocumentTarget { quote: None, ..target() };
    let gone = told(&plain);
    assert!(gone.contains("There is none") && !gone.contains("blockquote"), "{gone}");
}
