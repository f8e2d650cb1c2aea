//! The text of a page beside the page that it was read from.

use serde_json::Value;

use super::driver::Browser;
use crate::harness::{Server, multipart, pdf};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_pdf_is_shown_beside_its_text_until_it_is_hidden() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let manual = pdf(&["The pump is oiled.", "The seal is renewed."]);
    let (manual, note) =
        add(&server, &[("manual.pdf", &manual), ("note.md", b"# Note\n\nIt is red.\n")]).await;
    let browser = Browser::start().await;
    let list = format!("{}/c/plant/documents", server.url);
    let read = "document.querySelectorAll('tr[data-status=indexed]').length === 2";
    browser.reopen_until(&list, read).await;

    let address = format!("{}/d/{manual}?page=2", server.url);
    browser.reopen_until(&address, "document.querySelector('[aria-pressed]')").await;
    browser.wait_until_alive().await;
    assert!(
        browser.holds("!document.querySelector('.original-page')").await,
        "the text comes first"
    );
    browser.click(".reader-actions [aria-pressed=false]").await;
    let original = format!("/api/documents/{manual}/content#page=2");
    browser.wait_until(&shown(&original)).await;
    let beside = "document.querySelector('.original-page').getBoundingClientRect().left \
        >= document.querySelector('.page-text').getBoundingClientRect().right";
    assert!(browser.holds(beside).await);

    // It goes along with the text, and is kept for the next document.
    browser.click(".page-turner a").await;
    browser.wait_until(&shown(&original.replace("page=2", "page=1"))).await;
    let text = browser.find(".page-text").await.text().await.expect("text");
    assert_eq!(text.trim(), "The pump is oiled.");
    browser.reopen_until(&address, &shown(&original)).await;
    browser.wait_until_alive().await;
    browser.click(".reader-actions [aria-pressed=true]").await;
    browser.wait_until("!document.querySelector('.original-page')").await;

    // What has no pages has nothing to show beside it.
    let address = format!("{}/d/{note}", server.url);
    browser.reopen_until(&address, "document.querySelector('.page-text h2')").await;
    assert!(browser.holds("!document.querySelector('[aria-pressed]')").await);
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Says in JavaScript that this page of the original is shown.
fn shown(url: &str) -> String {
    format!("document.querySelector('.original-page')?.getAttribute('src').startsWith('{url}&')")
}

/// Adds two documents to a new collection, and gives their identifiers.
async fn add(server: &Server, files: &[(&str, &[u8])]) -> (String, String) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let collections = format!("{}/api/collections", server.url);
    let made = client.post(&collections).header("content-type", "application/json");
    let made = made.body(r#"{"name":"plant"}"#).send().await.expect("it answers");
    assert_eq!(made.status().as_u16(), 201);
    let added = client
        .post(format!("{collections}/plant/documents"))
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(multipart(files));
    let added = added.send().await.expect("it answers").text().await.expect("text");
    let added: Value = serde_json::from_str(&added).expect("JSON");
    let id = |at: usize| added["documents"][at]["id"].as_str().map(str::to_owned);
    id(0).zip(id(1)).unwrap_or_else(|| panic!("{added}"))
}
