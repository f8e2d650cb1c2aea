//! Sources through the real page: a device is paired, its vault appears, its key is revoked; the source is
//! paused, read anew and removed; the plugin can be fetched.

use super::driver::Browser;
use crate::harness::Server;

/// Sends what a paired device sends: a note, a file that cannot be read, and an image.
const PUSH: &str = r"
    const code = document.querySelector('.pairing-code').textContent;
    const send = async (method, path, body, key) => {
        const headers = { 'content-type': 'application/json' };
        if (key) headers.authorization = `Bearer ${key}`;
        const reply = await fetch(path, { method, headers, body: JSON.stringify(body) });
        if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
        return reply.json();
    };
    const device = { id: 'phone', name: 'My phone', platform: 'android' };
    const { key, source_id } = await send('POST', '/api/pair', { code, device });
    const at = `/api/sources/${source_id}`;
    await send('PUT', at, { kind: 'obsidian', collection: 'Garden', name: 'Zettel',
        vault: { name: 'Zettel' }, device }, key);
    await send('POST', `${at}/batch`, { ops: [
        { op: 'put', path: 'Trees.md', text: '# Trees\n\n## Apple\n\nPlanted in 1987.', mtime: 1 },
        { op: 'put', path: 'bad.pdf', text: '%PDF-1.7', mtime: 1 },
        { op: 'put', path: 'a.png', b64: 'iVBORw0KGgo=', mtime: 1 } ] }, key);
    return source_id;";

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_is_paired_watched_paused_and_removed() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Garden").await;
    browser.click(".sidebar-nav a[href$='/sources']").await;
    browser.wait_until("location.pathname === '/c/Garden/sources'").await;
    browser.find(".sources-view .empty-state").await;

    browser.click("#pair-device").await;
    browser.wait_until("/^[A-Z2-9]{4}-[A-Z2-9]{4}$/.test(document.querySelector('dialog[open] .pairing-code')?.textContent)").await;
    let told = browser.find("dialog[open]").await.text().await.expect("text");
    assert!(told.contains(&server.url) && told.contains("It works once, for "), "{told}");
    browser.page.execute(PUSH, vec![]).await.expect("the device is paired and pushes");
    browser.click("dialog[open] .button.primary").await;

    let figure = |label: &str, number: u32| {
        format!(
            "document.querySelector('.source-card [data-figure=\"{label}\"] dd')?.textContent === '{number}'"
        )
    };
    browser.wait_until(&figure("Ready", 1)).await;
    browser.wait_until(&figure("Failed", 1)).await;
    browser.wait_until(&figure("Kept, not read", 1)).await;
    browser.click(".source-details summary").await;
    let told = browser.find(".failed-files").await.text().await.expect("text");
    assert!(told.contains("bad.pdf"), "{told}");
    let card = browser.find(".source-card").await.text().await.expect("text");
    assert!(card.contains("Obsidian vault") && card.contains("My phone (android)"), "{card}");

    // The key can be taken from the device.
    browser.click(".paired-devices .revoke").await;
    let told = browser.find("dialog[open]").await.text().await.expect("text");
    assert!(told.contains("Revoke the key of “My phone”?"), "{told}");
    browser.click("dialog[open] .button.danger").await;
    browser
        .wait_until("document.querySelector('.source-news').textContent.includes('is revoked')")
        .await;
    browser.wait_until("!document.querySelector('.paired-devices')").await;

    browser.click(".source-card .pause").await;
    browser
        .wait_until("document.querySelector('.source-head')?.textContent.includes('Paused')")
        .await;
    browser.click(".source-card .pause").await;
    browser
        .wait_until("!document.querySelector('.source-head')?.textContent.includes('Paused')")
        .await;
    browser.click(".source-card .reindex").await;
    browser
        .wait_until(
            "document.querySelector('.source-news').textContent === '3 files will be read anew.'",
        )
        .await;
    browser.wait_until(&figure("Ready", 1)).await;

    let archive = format!("{}/obsidian/quire-obsidian.zip", server.url);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let archive = client.get(archive).send().await.expect("it answers");
    assert_eq!(archive.headers()["content-type"], "application/zip");
    assert!(archive.bytes().await.expect("bytes").starts_with(b"PK"));

    browser.click(".source-card .remove").await;
    let told = browser.find("dialog[open]").await.text().await.expect("text");
    assert!(told.contains("Zettel") && told.contains("3 documents"), "{told}");
    browser.click("dialog[open] button[type=submit]").await;
    browser.find(".sources-view .empty-state").await;
    browser.click(".sidebar-nav a[href$='/documents']").await;
    browser.wait_until("!document.querySelector('.documents-view tr[data-status]')").await;

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}
