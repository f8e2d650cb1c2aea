//! The best quotes, on a machine that has no chat model yet.

use std::fs;

use super::answers::{highlighted, quoted};
use super::driver::Browser;
use crate::harness::Server;

const MANUAL: &str = "# Series 4\n\nThe circulation pump is rated for 50 hertz and draws 180 watts.\n\n## Maintenance\n\nReplace the shaft seal every 18 months.\n";
const COSTS: &str = "item,2022,2023\nrent,900,950\nheating,120,140\n";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_chat_model_quotes_are_shown_and_lead_to_their_places() {
    let [data, desktop, models] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let (manual, costs) = (desktop.path().join("manual.md"), desktop.path().join("costs.csv"));
    fs::write(&manual, MANUAL).expect("a file");
    fs::write(&costs, COSTS).expect("a file");
    let server = Server::start_without_chat_model(data.path(), models.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Plant").await;
    browser.drop_files(".chat-view", &[&manual, &costs]).await;
    browser.wait_until("document.querySelectorAll('tr[data-status=indexed]').length === 2").await;
    browser.click(".sidebar-nav a:first-child").await;
    browser.wait_until("document.body.innerText.includes('no chat model is installed')").await;

    // The answer says that there is none and leads to some, and the quotes stay open below it.
    ask(&browser, "What does the circulation pump draw?").await;
    browser.find(".receipt").await;
    browser.find(".offer a[href='/models']").await;
    let answer = browser.find(".answer").await.text().await.expect("text");
    assert!(answer.contains("No chat model is installed yet"), "{answer}");
    let best = browser.find(".evidence[open] li:first-child a.source").await;
    let words = best.text().await.expect("text");
    assert!(words.contains("draws 180 watts") && words.contains("Series 4"), "{words}");
    let link = best.attr("href").await.expect("it answers").expect("a quote is a link");
    browser.click(".evidence li:first-child a.source").await;
    browser.wait_until("document.querySelector('.side-panel mark#quote')").await;
    assert_eq!(highlighted(&browser).await, quoted(&server, &link).await);
    browser.click(".side-panel .icon-button").await;
    browser.wait_until("document.activeElement.matches('.evidence a.source')").await;

    // A row of a table stands below what names its columns.
    ask(&browser, "What did heating cost in 2023?").await;
    browser.wait_until("document.querySelectorAll('.receipt').length === 2").await;
    let second = "document.querySelectorAll('.turn')[1].querySelector('.evidence li')";
    let header = format!("{second}.querySelector('.source-header').textContent");
    browser.wait_until(&format!("{header}.includes('2023')")).await;
    let row = format!("{second}.querySelector('.evidence-quote').textContent");
    browser.wait_until(&format!("{row}.includes('140')")).await;

    // What a sentence says in so many words needs no model.
    ask(&browser, "How many watts does the circulation pump draw?").await;
    browser.wait_until("document.querySelectorAll('.receipt').length === 3").await;
    let third = "document.querySelectorAll('.turn')[2].querySelector";
    browser.wait_until(&format!("{third}('.answer').innerText.includes('draws 180 watts')")).await;
    browser.wait_until(&format!("{third}('.answer .footnote')")).await;
    browser.wait_until(&format!("{third}('.offer').innerText.includes('word for word')")).await;

    // A kept conversation shows the same.
    let address = browser.page.current_url().await.expect("an address");
    browser.page.goto(address.as_str()).await.expect("it opens");
    browser.wait_until("document.querySelectorAll('.evidence[open]').length === 2").await;
    browser.wait_until("document.querySelectorAll('.answer .footnote').length > 0").await;

    browser.wait_until_alive().await;
    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

async fn ask(browser: &Browser, question: &str) {
    browser.wait_until("document.querySelector('.ask-controls [type=submit]')").await;
    browser.write("#question", &format!("{question}\n")).await;
}
