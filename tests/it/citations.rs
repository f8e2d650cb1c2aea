//! Citations after their document has changed: the words are found again or shown as they were, and
//! never are other words marked.

use quire_domain::{DocumentTarget, Span};
use serde_json::{Value, json};

use crate::harness::App;

const PUMP: &str = "The pump stands in the cellar. The pump runs at 50 hertz. It is green.";
const QUOTE: &str = "The pump runs at 50 hertz";

/// Asks, and gives the citation of the answer.
async fn cited(app: &App) -> Value {
    app.fill("plant", &[("pump.txt", PUMP.as_bytes())]).await;
    let question = json!({"question": "At how many hertz does the pump run?"});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    let citation = answer["citations"][0].clone();
    assert_eq!(citation["quote"], QUOTE, "{answer}");
    assert!(citation["version"].is_string(), "{citation}");
    citation
}

/// Gives the document another text, and waits until it is read.
async fn change(app: &App, text: &str) {
    app.upload("plant", &[("pump.txt", text.as_bytes())]).await;
    let plant = "plant".parse().expect("a name");
    app.services.wait_until_idle(&plant).await.expect("it comes to rest");
}

/// Opens a link as the page does: the words marked, with single blanks, and if the document has
/// changed.
async fn open(app: &App, url: &str) -> (Option<String>, bool) {
    let target = DocumentTarget::parse(url).expect("a link");
    let opened = app.post("/ui/open_document", &json!({"target": target})).await.json();
    let has_changed = opened["has_changed"].as_bool().unwrap_or_else(|| panic!("{opened}"));
    let span: Option<Span> = serde_json::from_value(opened["quote"].clone()).expect("a place");
    let stored = app.get(&format!("/api/documents/{}/text", target.id)).await.json();
    let text = stored["text"].as_str().expect("text");
    let marked = span.and_then(|span| span.slice(text));
    let marked = marked.map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
    (marked, has_changed)
}

#[tokio::test]
async fn a_citation_is_found_again_or_its_old_words_are_shown() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    let citation = cited(&app).await;
    let url = citation["url"].as_str().expect("a link");
    assert_eq!(open(&app, url).await, (Some(QUOTE.to_owned()), false));
    for (text, found) in [
        ("New first words. The pump runs at 50 hertz. It is green.", Some(QUOTE)),
        ("The pump runs\n  at 50 hertz, still.", Some(QUOTE)),
        // As long as before, so that other words stand in the old place.
        ("The pump stands in the cellar. The pump runs at 60 hertz. It is green.", None),
        ("Short.", None),
        (PUMP, Some(QUOTE)),
    ] {
        change(&app, text).await;
        let expected = (found.map(str::to_owned), text != PUMP);
        assert_eq!(open(&app, url).await, expected, "{text}");
    }
}

#[tokio::test]
async fn links_of_before_open_and_name_what_they_quote_where_that_is_known() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    let citation = cited(&app).await;
    let id = citation["document"]["id"].as_str().expect("an id");
    let bare = format!("/d/{id}?start={}&end={}#quote", citation["start"], citation["end"]);
    assert_eq!(open(&app, &bare).await.0.as_deref(), Some(QUOTE));
    // A kept answer of before has the words, though its link has not.
    let mut old = citation.clone();
    old["url"] = json!(bare);
    old.as_object_mut().expect("an object").remove("version");
    let old: quire_domain::Citation = serde_json::from_value(old).expect("a citation of before");
    change(&app, "Something else stands here, long enough for all of the old place to be in it.")
        .await;
    assert_eq!(open(&app, &old.target().url()).await, (None, false));
    // A link with a version and no words, as of a passage, marks nothing in another version.
    let version = citation["version"].as_str().expect("a version");
    let passage = format!("/d/{id}?start=0&end=5&version={version}#quote");
    assert_eq!(open(&app, &passage).await, (None, true));
}

#[tokio::test]
async fn a_deleted_document_is_told_from_one_that_cannot_be_read() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    let citation = cited(&app).await;
    let url = citation["url"].as_str().expect("a link");
    let target = DocumentTarget::parse(url).expect("a link");
    let body = json!({"target": target});
    app.delete(&format!("/api/documents/{}", target.id)).await;
    let gone = app.post("/ui/open_document", &body).await;
    assert_eq!((gone.status.as_u16(), &gone.json()["kind"]), (404, &json!("not_found")));
    app.upload("plant", &[("pump.txt", b"")]).await;
    let plant = "plant".parse().expect("a name");
    app.services.wait_until_idle(&plant).await.expect("it comes to rest");
    let empty = app.documents("plant").await.pop().expect("a document");
    let target = DocumentTarget { id: empty["id"].as_str().expect("an id").to_owned(), ..target };
    let unread = app.post("/ui/open_document", &json!({"target": target})).await;
    assert_eq!((unread.status.as_u16(), &unread.json()["kind"]), (409, &json!("conflict")));
}
