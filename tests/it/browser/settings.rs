//! A collection's settings through the real page: the language found, changed, compared, switched
//! to, and gone back from.

use std::fs;

use super::driver::Browser;
use crate::harness::Server;

const GARDEN: &str = "Die Tomaten mögen Sonne und brauchen am Morgen viel Wasser. Der Apfelbaum wurde vor \
    dreißig Jahren gepflanzt und trägt noch immer jedes Jahr Früchte.\n";

/// The language that answers now.
const LANGUAGE: &str =
    "document.querySelector('#language-title + .setting-value strong').textContent";

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_changed_compared_switched_and_gone_back_from() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let garden = desktop.path().join("garten.txt");
    fs::write(&garden, GARDEN).expect("a file");
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Garten").await;
    browser.drop_files(".chat-view", &[&garden]).await;
    browser.find("tr[data-status=indexed]").await;

    // The model of the tests was made for English, which is said with what to do about it.
    browser.find(".sidebar-nav .dot").await;
    browser.click(".sidebar-nav a[href$='/settings']").await;
    browser.wait_until(&format!("{LANGUAGE} === 'German'")).await;
    let told = browser.find(".settings-view").await.text().await.expect("text");
    assert!(told.contains("found in your documents"), "{told}");
    assert!(told.contains("was not made for German") && told.contains("models pull"), "{told}");
    assert!(told.contains("English · 384 dimensions"), "{told}");

    // A change of the language alone is switched to as soon as it is ready.
    let language = browser.find(".settings-view select[name=language]").await;
    language.select_by_value("nl").await.expect("it is offered");
    browser.click(".settings-view form button[type=submit]").await;
    browser.wait_until(&format!("{LANGUAGE} === 'Dutch'")).await;
    let told = browser.find(".settings-view").await.text().await.expect("text");
    assert!(told.contains("most of your documents are in German"), "{told}");
    browser.click("#go-back").await;
    browser.wait_until(&format!("{LANGUAGE} === 'German'")).await;

    wait_for_the_word(&browser).await;
    browser.click("#cancel-index").await;
    browser.wait_until("!document.querySelector('.next-index')").await;

    wait_for_the_word(&browser).await;
    browser.click(".next-index a.button").await;
    browser.wait_until("location.pathname === '/c/Garten/evaluation'").await;
    browser.find(".run-form select[name=index] option[value=next]").await;
    browser.click(".sidebar-nav a[href$='/settings']").await;
    browser.click("#switch-index").await;
    browser.wait_until(&format!("{LANGUAGE} === 'French'")).await;
    browser.wait_until("!document.querySelector('.run-form select[name=index]')").await;
    browser.click("#drop-previous").await;
    browser.wait_until("!document.querySelector('#drop-previous')").await;

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Builds an index, as another program may, that waits until somebody switches; the open page shows
/// it without being asked.
async fn wait_for_the_word(browser: &Browser) {
    let change = "
        const body = JSON.stringify({ language: 'fr', switch: 'on_request' });
        const headers = { 'content-type': 'application/json' };
        return fetch('/api/collections/Garten', { method: 'PATCH', headers, body });";
    browser.page.execute(change, vec![]).await.expect("it runs");
    let title = "document.querySelector('#next-title')?.textContent";
    browser.wait_until(&format!("{title} === 'The new index is ready'")).await;
}
