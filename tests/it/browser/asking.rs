//! How a question is asked: limited to a folder, answered from everything, or with reading
//! everything on offer.

use std::fs;

use super::driver::Browser;
use crate::harness::Server;

const MANUAL: &str = "# Series 4\n\nThe circulation pump is rated for 50 hertz.\n";

/// Small, fast, and too simple to answer well: what is read and said about it is the same.
const CHAT_MODEL: &str = "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF";

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_limited_to_a_folder_and_everything_in_it_is_read() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let pumps = desktop.path().join("pumps");
    let garden = desktop.path().join("garden.txt");
    fs::create_dir_all(&pumps).expect("a folder");
    fs::write(pumps.join("series-4.md"), MANUAL).expect("a file");
    fs::write(&garden, "Tomatoes like sun. Water them early in the morning.\n").expect("a file");
    let server = Server::start(data.path());
    let browser = open(&server, &[&pumps, &garden]).await;

    choose(&browser, ".mode-select", "coverage").await;
    browser.click(".limit-button").await;
    browser.find("dialog[open] input[value='pumps/series-4.md']").await;
    browser.write("dialog[open] input[type=search]", "pum").await;
    browser.wait_until("!document.querySelector(\"dialog[open] input[value='garden.txt']\")").await;
    browser.click("dialog[open] input[value='pumps/']").await;
    browser
        .wait_until(
            "document.querySelector(\"dialog[open] input[value='pumps/series-4.md']\").checked",
        )
        .await;
    browser.click("dialog[open] .button.primary").await;
    browser.wait_until("document.querySelector('.chip .path').textContent === 'pumps/'").await;

    ask(&browser, "How many hertz is the pump rated for?").await;
    browser
        .wait_until("document.querySelector('.coverage')?.textContent === 'Read 1 of 1 document.'")
        .await;
    browser.wait_until("document.querySelector('.turn-limits').textContent === 'In pumps/'").await;
    browser.click(".receipt summary").await;
    let receipt = browser.find(".receipt dl").await.text().await.expect("text");
    assert!(receipt.contains("as you chose") && receipt.contains("Limited to"), "{receipt}");

    // Without the limit the other document is read as well, and the first from notes.
    browser.click(".chip button").await;
    browser.wait_until("!document.querySelector('.chip')").await;
    ask(&browser, "How many hertz is the pump rated for?").await;
    let second = "document.querySelectorAll('.turn')[1]?.querySelector('.coverage')?.textContent";
    browser.wait_until(&format!("{second} === 'Read 2 of 2 documents.'")).await;

    // A kept answer says the same.
    let address = browser.page.current_url().await.expect("an address");
    browser.page.goto(address.as_str()).await.expect("it opens");
    browser.wait_until("document.querySelector('.turn-limits').textContent === 'In pumps/'").await;

    browser.wait_until_alive().await;
    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_everything_is_offered_begun_and_stopped() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let log = desktop.path().join("log.txt");
    let line = |day: usize| format!("On day {day} the pump of the cellar ran at {day} hertz.\n\n");
    fs::write(&log, (1..600).map(line).collect::<String>()).expect("a file");
    let server = Server::start(data.path());
    let browser = open(&server, &[&log]).await;

    ask(&browser, "Summarise everything about the pump.").await;
    let offered = browser.find(".offer button").await.text().await.expect("text");
    assert!(offered.starts_with("Read everything (about "), "{offered}");
    browser.click(".offer button").await;
    browser.find(".reading progress").await;
    browser.wait_until("document.querySelector('.reading').textContent.startsWith('Read ')").await;
    browser.wait_until("document.querySelector('.offer button').disabled").await;
    browser.wait_until("document.querySelector('.reading progress').value > 0").await;
    browser.click(".ask-controls .stop").await;
    browser.wait_until("!document.querySelector('.reading')").await;
    let said = "document.querySelectorAll('.turn')[1].querySelector('[role=status]').textContent";
    browser.wait_until(&format!("{said} === 'Stopped.'")).await;

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Makes a collection of these files and opens the place to ask, with the small model chosen.
async fn open(server: &Server, files: &[&std::path::Path]) -> Browser {
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Plant").await;
    browser.drop_files(".chat-view", files).await;
    let ready = "document.querySelectorAll('tr[data-status=indexed]').length";
    browser.wait_until(&format!("{ready} === {}", files.len())).await;
    browser.click(".sidebar-nav a:first-child").await;
    choose(&browser, ".model-select", CHAT_MODEL).await;
    browser
}

/// Chooses in one of the lists below the question.
async fn choose(browser: &Browser, list: &str, value: &str) {
    browser.find(&format!(".chat-view {list} option[value='{value}']")).await;
    let select = browser.find(&format!(".chat-view {list} select")).await;
    select.select_by_value(value).await.expect("it is offered");
}

/// Asks a question and waits until its answer is whole, or begun if it is long.
async fn ask(browser: &Browser, question: &str) {
    browser.wait_until("document.querySelector('.ask-controls [type=submit]')").await;
    browser.write("#question", &format!("{question}\n")).await;
}
