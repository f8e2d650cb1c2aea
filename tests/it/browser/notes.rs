//! A cited note in the real page: shown as it is meant to be read, with the quote marked in it.

use quire_domain::DocumentTarget;
use serde_json::{Value, json};

use super::driver::Browser;
use crate::harness::{Server, multipart};

const NOTE: &str = "---\ntags: [pumps]\n---\n\n# Care\n\nThe **shaft seal is renewed** every year.\n\n\
    - [x] Order *two* seals\n- [ ] See [[Valves]] and [the maker](https://example.org/seals)\n\n\
    > A <script>document.title = 'taken'</script> [trap](javascript:alert(1))\n\n\
    | part | price |\n|---|--:|\n| `seal` | 12 |\n";

const QUOTE: &str = "seal is renewed** every year.\n\n- [x] Order *two";

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_rendered_and_its_quote_is_marked_across_its_parts() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let files = [("Care.md", NOTE.as_bytes()), ("Valves.md", b"# Valves\n\nThey close.\n")];
    let (note, start) = add(&server, &files).await;
    let browser = Browser::start().await;
    // A link to a note that is not read yet has nothing to open.
    let list = format!("{}/c/notes/documents", server.url);
    let read = "document.querySelectorAll('tr[data-status=indexed]').length === 2";
    browser.reopen_until(&list, read).await;
    let end = start + QUOTE.chars().count();
    let address = format!("{}/d/{note}?start={start}&end={end}#quote", server.url);
    let valves = "[...document.querySelectorAll('.page-text a.note-link')].some(a => a.textContent === 'Valves')";
    browser.reopen_until(&address, &format!("document.querySelector('#quote') && {valves}")).await;
    browser.wait_until_alive().await;

    for (what, part) in [
        ("the quote begins in bold text", "strong > mark#quote"),
        ("it ends in a task", "li.task > em > mark.quote"),
        ("a task is done", "li.task > input[type=checkbox][disabled]:checked"),
        ("a task is open", "li.task > input[type=checkbox][disabled]:not(:checked)"),
        ("a heading", "h2"),
        ("front matter", "dl.properties dt + dd"),
        ("a callout", "blockquote"),
        ("a table with marks", "td code"),
        (
            "a link out",
            "a[href='https://example.org/seals'][target=_blank][rel='noopener noreferrer']",
        ),
    ] {
        assert!(
            browser.holds(&format!("document.querySelector(`.page-text {part}`)")).await,
            "{what}"
        );
    }
    let marked = "[...document.querySelectorAll('mark.quote')].map(m => m.textContent).join('|')";
    let marked = browser.page.execute(&format!("return {marked}"), vec![]).await.expect("it runs");
    assert_eq!(marked, "seal is renewed| every year.|Order |two");
    let shown = browser.find(".page-text").await.text().await.expect("text");
    assert!(!shown.contains("**") && !shown.contains("- ["), "marks are not shown: {shown}");
    assert!(shown.contains("<script>document.title = 'taken'</script>"), "{shown}");
    assert!(
        browser.holds("!document.querySelector('.page-text script, a[href^=javascript]')").await
    );
    assert!(browser.holds("document.title !== 'taken'").await);

    browser.click(".page-text a.note-link").await;
    browser.wait_until("document.querySelector('.reader-title')?.textContent === 'Valves'").await;
    browser
        .wait_until("document.querySelector('.page-text').innerText.includes('They close.')")
        .await;

    // A link that was made for another version marks no other words, and shows those that it quoted.
    let old = "The shaft seal was oiled.";
    let link = DocumentTarget {
        id: note,
        page: None,
        start: Some(start),
        end: Some(end),
        version: Some("0a".parse().expect("a version")),
        quote: Some(old.to_owned()),
    };
    let address = format!("{}{}", server.url, link.url());
    let shown = format!("document.querySelector('.old-quote')?.textContent === '{old}'");
    browser.reopen_until(&address, &shown).await;
    assert!(browser.holds("!document.querySelector('mark.quote')").await);
    let notice = browser.find(".notice.change").await.text().await.expect("text");
    assert!(notice.starts_with("Changed since this answer"), "{notice}");

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Adds notes to a new collection; gives the first one's id and where the quote begins in it.
async fn add(server: &Server, files: &[(&str, &[u8])]) -> (String, usize) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let collections = format!("{}/api/collections", server.url);
    let name = json!({"name": "notes"}).to_string();
    let made = client.post(&collections).header("content-type", "application/json").body(name);
    assert_eq!(made.send().await.expect("it answers").status().as_u16(), 201);
    let added = client
        .post(format!("{collections}/notes/documents"))
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(multipart(files));
    let added = added.send().await.expect("it answers").text().await.expect("text");
    let added: Value = serde_json::from_str(&added).expect("JSON");
    let id = added["documents"][0]["id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned();
    let start = NOTE.find(QUOTE).expect("the note holds the quote");
    (id, NOTE[..start].chars().count())
}
