//! The main job through the real page: create, upload a folder, ask, click a footnote, see the
//! highlight; and what is done with a question that was stopped.

use std::fs;

use fantoccini::Locator;
use serde_json::Value;

use super::driver::Browser;
use crate::harness::Server;

const MANUAL: &str = "# Series 4\n\nThe Series 4 circulation pump is rated for 50 hertz and draws 180 watts.\n\n## Maintenance\n\nReplace the shaft seal every 18 months.\n";

/// The largest model of the tests: the small ones cannot answer from passages.
const CHAT_MODEL: &str = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF";

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_uploaded_asked_and_a_footnote_opens_its_quote() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = tempfile::tempdir().expect("a folder");
    let manuals = folder.path().join("manuals");
    fs::create_dir_all(manuals.join("pumps")).expect("a folder");
    fs::write(manuals.join("pumps/series-4.md"), MANUAL).expect("a file");
    fs::write(manuals.join("garden.txt"), "Tomatoes like sun. Water them early.\n")
        .expect("a file");
    fs::write(manuals.join("broken.pdf"), "%PDF-1.7\nnothing").expect("a file");
    let server = Server::start(data.path());
    let browser = Browser::start().await;
    let page = &browser.page;

    // The policy and the data of each page come rendered; the program takes over afterwards.
    page.goto(&server.url).await.expect("the page opens");
    browser.wait_until("document.body.innerText.includes('Begin in three steps')").await;
    browser.wait_until_alive().await;

    browser.create_collection("Pump manuals").await;

    let input =
        page.wait().for_element(Locator::Css(".chat-view #choose-folder")).await.expect("an input");
    input.send_keys(manuals.to_str().expect("a plain path")).await.expect("it takes a folder");
    // Adding leads to the list of documents.
    browser.wait_until("location.pathname.endsWith('/documents')").await;
    browser.find("tr[data-status=indexed] a.path").await;
    browser.wait_until("document.querySelectorAll('tr[data-status=indexed]').length === 2").await;
    browser
        .wait_until("document.querySelectorAll('tr[data-status=failed] .failure').length === 1")
        .await;
    let listed = browser.text().await;
    assert!(listed.contains("pumps/series-4.md"), "sub-folders are kept: {listed}");

    browser.click(".sidebar-nav a:first-child").await;
    choose_model(&browser).await;
    let question = browser.find("#question").await;
    question
        .send_keys("How many watts does the Series 4 circulation pump draw?\n")
        .await
        .expect("it takes text");
    browser.wait_until("document.querySelector('.receipt')").await;
    browser.wait_until("location.pathname.includes('/chat/')").await;

    // The quotes that came first make room for the sources of the answer, and can be opened again.
    browser.wait_until("document.querySelector('.evidence:not([open])')").await;
    browser.click(".evidence summary").await;
    browser.find(".evidence[open] a.source").await;

    let first = browser.find(".answer .footnote").await;
    let link = first.attr("href").await.expect("it answers").expect("a footnote is a link");
    browser.click(".answer .footnote").await;
    browser.wait_until("document.querySelector('.side-panel mark#quote')").await;
    assert_eq!(highlighted(&browser).await, quoted(&server, &link).await);

    // Closing it gives the focus back, and the page goes on.
    browser.click(".side-panel .icon-button").await;
    browser.wait_until("document.activeElement.matches('.answer .footnote')").await;

    // The same link leads to a page of its own, and so does the kept conversation.
    let conversation = page.current_url().await.expect("an address");
    page.goto(&format!("{}{link}", server.url)).await.expect("it opens");
    browser.wait_until("document.querySelector('.page mark#quote')").await;
    assert_eq!(highlighted(&browser).await, quoted(&server, &link).await);
    page.goto(conversation.as_str()).await.expect("it opens");
    browser.find(".answer .footnote").await;
    browser.find(".evidence:not([open]) summary").await;

    stop_a_first_question(&browser, &server).await;
    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Stops the first answer of a new conversation: it has its title at once, and is kept as stopped.
async fn stop_a_first_question(browser: &Browser, server: &Server) {
    let question = "Say everything about the pump in many long sentences.";
    browser.page.goto(&format!("{}/c/Pump%20manuals", server.url)).await.expect("it opens");
    browser.wait_until_alive().await;
    choose_model(browser).await;
    browser.write("#question", &format!("{question}\n")).await;
    browser.wait_until("document.querySelector('.answer')?.textContent").await;
    browser.click(".ask-controls .stop").await;
    browser
        .wait_until("document.querySelector('.turn [role=status]').textContent === 'Stopped.'")
        .await;
    let title = "document.querySelector('.conversations li a').textContent";
    browser.wait_until(&format!("{title} === '{question}'")).await;

    // The server notices with the next word that nobody listens any more.
    let conversation = browser.page.current_url().await.expect("an address");
    browser.reopen_until(conversation.as_str(), "document.querySelector('.turn')").await;
    let kept = browser.text().await;
    assert!(kept.contains("Stopped.") && !kept.contains("length limit"), "{kept}");
}

async fn choose_model(browser: &Browser) {
    let select = browser.find(".model-select select").await;
    browser
        .wait_until(&format!(
            "document.querySelector('.model-select option[value=\"{CHAT_MODEL}\"]')"
        ))
        .await;
    select.select_by_value(CHAT_MODEL).await.expect("the model is offered");
}

/// Gives the highlighted words of the page.
pub(super) async fn highlighted(browser: &Browser) -> String {
    let script =
        "return [...document.querySelectorAll('mark.quote')].map(m => m.textContent).join('')";
    let text = browser.page.execute(script, vec![]).await.expect("it runs");
    text.as_str().expect("text").to_owned()
}

/// Reads what the link of a footnote or quote points at from the stored text.
pub(super) async fn quoted(server: &Server, link: &str) -> String {
    let url = reqwest::Url::parse(&format!("{}{link}", server.url)).expect("an address");
    let number = |name: &str| -> Option<usize> {
        url.query_pairs().find(|(key, _)| key == name)?.1.parse().ok()
    };
    let id = url.path().trim_start_matches("/d/");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let text = client.get(format!("{}/api/documents/{id}/text", server.url)).send().await;
    let text = text.expect("it answers").text().await.expect("text");
    let stored: Value = serde_json::from_str(&text).expect("JSON");
    let points = stored["text"].as_str().expect("text").chars();
    let (start, end) = (number("start").expect("a start"), number("end").expect("an end"));
    points.skip(start).take(end - start).collect()
}
