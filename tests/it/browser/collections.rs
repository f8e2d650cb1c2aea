//! Documents and collections through the real page: dropped, tried again, deleted; and a rename
//! that another tab follows.

use std::fs;

use super::driver::Browser;
use crate::harness::Server;

/// The paths of the listed documents.
const LISTED: &str =
    "[...document.querySelectorAll('.documents .path')].map(path => path.textContent).join()";

#[tokio::test(flavor = "multi_thread")]
async fn dropped_documents_are_listed_tried_again_and_deleted() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let manuals = desktop.path().join("manuals");
    let garden = desktop.path().join("garden.txt");
    fs::create_dir_all(manuals.join("pumps")).expect("a folder");
    fs::write(manuals.join("pumps/series-4.md"), "# Series 4\n\nIt draws 180 watts.\n")
        .expect("a file");
    fs::write(manuals.join("empty.txt"), "").expect("a file");
    fs::write(&garden, "Tomatoes like sun.\n").expect("a file");
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Manuals").await;

    // A folder alone lends its files no name; beside files it does.
    browser.drop_files(".chat-view", &[&manuals]).await;
    browser.wait_until(&format!("{LISTED} === 'empty.txt,pumps/series-4.md'")).await;
    browser.find("tr[data-status=failed] .failure").await;
    browser.drop_files(".documents-view", &[&manuals, &garden]).await;
    let all = "empty.txt,garden.txt,manuals/empty.txt,manuals/pumps/series-4.md,pumps/series-4.md";
    browser.wait_until(&format!("{LISTED} === '{all}'")).await;
    browser.wait_until("document.querySelectorAll('tr[data-status=indexed]').length === 3").await;
    browser.wait_until("document.querySelectorAll('tr[data-status=failed]').length === 2").await;

    try_again(&browser).await;

    browser.write(".filters input", "manuals/").await;
    let some = "manuals/empty.txt,manuals/pumps/series-4.md";
    browser.wait_until(&format!("{LISTED} === '{some}'")).await;
    browser.click("[aria-label='Delete manuals/empty.txt']").await;
    browser.click("dialog[open] .danger").await;
    browser.wait_until(&format!("{LISTED} === 'manuals/pumps/series-4.md'")).await;
    browser.wait_until("!document.querySelector('dialog[open]')").await;

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Tries a document again that cannot succeed, and sees by its events that it was read anew.
async fn try_again(browser: &Browser) {
    let listen = "
        window.heard = [];
        const events = new EventSource('/api/collections/Manuals/events');
        events.addEventListener('snapshot', () => heard.push('listening'));
        events.addEventListener('ingest', event => {
            const { document } = JSON.parse(event.data);
            if (document) heard.push(document.path + ' ' + document.status);
        });";
    browser.page.execute(listen, vec![]).await.expect("it runs");
    browser.wait_until("heard.includes('listening')").await;
    browser.click("tr[data-status=failed] .failure button").await;
    browser.wait_until("heard.includes('empty.txt accepted')").await;
    browser.wait_until("heard.includes('empty.txt failed')").await;
    browser.wait_until("document.querySelectorAll('tr[data-status=failed]').length === 2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_is_told_beside_those_that_were_taken() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let [good, bad] = ["garden.txt", "C:"].map(|name| desktop.path().join(name));
    for file in [&good, &bad] {
        fs::write(file, "Tomatoes like sun.\n").expect("a file");
    }
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Garden").await;
    browser.drop_files(".chat-view", &[&good, &bad]).await;
    let line = "document.querySelector('.uploads [role=status]')?.textContent";
    browser.wait_until(&format!("{line} === '1 of 2 files uploaded · 1 refused'")).await;
    let reason = browser.find(".uploads .reason").await.text().await.expect("text");
    assert!(reason.contains("is absolute"), "{reason}");
    browser.wait_until(&format!("{LISTED} === 'garden.txt'")).await;
    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_collection_is_followed_in_another_tab_and_deleted() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    let page = &browser.page;
    browser.create_collection("Old manuals").await;
    browser.click(".sidebar-nav a[href$='/documents']").await;
    browser.wait_until("location.pathname === '/c/Old%20manuals/documents'").await;
    let first = page.window().await.expect("a tab");

    let second = page.new_window(true).await.expect("a tab").handle;
    page.switch_to_window(second).await.expect("it shows");
    page.goto(&server.url).await.expect("the page opens");
    browser.wait_until_alive().await;
    browser.click("[aria-label='Rename Old manuals']").await;
    browser.write("dialog[open] input", "New manuals").await;
    browser.click("dialog[open] button[type=submit]").await;
    browser.wait_until("document.querySelector('.card h2').textContent === 'New manuals'").await;

    page.switch_to_window(first.clone()).await.expect("it shows");
    browser.wait_until("location.pathname === '/c/New%20manuals/documents'").await;
    let heading = "document.querySelector('.collection-name').textContent";
    browser.wait_until(&format!("{heading} === 'New manuals'")).await;
    let note = data.path().join("note.txt");
    fs::write(&note, "It is still the same collection.\n").expect("a file");
    browser.drop_files(".documents-view", &[&note]).await;
    browser.find("tr[data-status=indexed]").await;

    browser.click(".sidebar .back").await;
    browser.click("[aria-label='Delete New manuals']").await;
    let warning = browser.find("dialog[open] p").await.text().await.expect("text");
    assert!(warning.contains("1 document"), "{warning}");
    browser.click("dialog[open] .danger").await;
    browser.wait_until("document.body.innerText.includes('Begin in three steps')").await;

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Holds requests that upload back until `release()`.
const HOLD: &str = "
    window.held = [];
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) { held.push(() => send.call(this, body)); };
    window.release = () => { XMLHttpRequest.prototype.send = send; held.forEach(go => go()); };";

#[tokio::test(flavor = "multi_thread")]
async fn files_that_wait_for_their_upload_follow_a_rename() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let notes = desktop.path().join("notes");
    fs::create_dir_all(&notes).expect("a folder");
    // More than two requests hold, so that the last ones wait.
    for number in 0..45 {
        fs::write(notes.join(format!("{number}.txt")), "Tomatoes like sun.\n").expect("a file");
    }
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Old").await;
    browser.page.execute(HOLD, vec![]).await.expect("it runs");
    browser.drop_files(".chat-view", &[&notes]).await;
    browser.wait_until("held.length === 2").await;
    let rename = "
        const headers = { 'content-type': 'application/json' };
        const body = JSON.stringify({ name: 'New' });
        return fetch('/api/collections/Old', { method: 'PATCH', headers, body });";
    browser.page.execute(rename, vec![]).await.expect("it runs");
    browser.wait_until("location.pathname === '/c/New/documents'").await;
    browser.page.execute("release()", vec![]).await.expect("it runs");
    let line = "document.querySelector('.uploads [role=status]').textContent";
    browser.wait_until(&format!("{line} === '45 of 45 files uploaded'")).await;
    browser.wait_until("document.querySelectorAll('tr[data-status=indexed]').length === 45").await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}
