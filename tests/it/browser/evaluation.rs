//! Evaluation through the real page: questions written and imported, searched twice, and the two
//! reports compared.

use std::fs;

use super::driver::Browser;
use crate::harness::Server;

const IMPORTED: &str = "{\"question\": \"Who repairs the roof?\", \"answerable\": false}\n";

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_written_run_and_two_reports_compared() {
    let data = tempfile::tempdir().expect("a folder");
    let desktop = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = desktop.path().join(name);
        fs::write(&path, text).expect("a file");
        path
    };
    let pump = file("pump.md", "# Pump\n\nThe circulation pump draws 180 watts at 50 hertz.\n");
    let garden = file("garden.txt", "Tomatoes like sun. Water them early in the morning.\n");
    let questions = file("more.jsonl", IMPORTED);
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.create_collection("Plant").await;
    browser.drop_files(".chat-view", &[&pump, &garden]).await;
    browser.wait_until("document.querySelectorAll('tr[data-status=indexed]').length === 2").await;

    browser.click(".sidebar-nav a[href$='/evaluation']").await;
    browser.wait_until("location.pathname === '/c/Plant/evaluation'").await;
    browser.click("#add-question").await;
    write_question(&browser, "How many watts does the pump draw?", "180 watts", "pump.md").await;
    wait_for_questions(&browser, 1).await;
    browser.click("#add-question").await;
    write_question(&browser, "What do tomatoes like?", "sun", "garden.txt").await;
    wait_for_questions(&browser, 2).await;
    let import = browser.find("#import-questions").await;
    import.send_keys(questions.to_str().expect("a plain path")).await.expect("it takes a file");
    wait_for_questions(&browser, 3).await;
    assert!(browser.text().await.contains("Must be refused"));

    run(&browser, "before", 1).await;
    // The question now names the wrong document, so that search cannot be right at once.
    browser.click("[aria-label='Edit What do tomatoes like?']").await;
    write_question(&browser, "What do tomatoes like?", "sun", "pump.md").await;
    browser.wait_until("!document.querySelector('dialog[open]')").await;
    run(&browser, "after", 2).await;

    open_report(&browser).await;
    compare(&browser).await;

    browser.click(".evaluation-view .back").await;
    browser.click("[aria-label='Delete before']").await;
    browser.click("dialog[open] .danger").await;
    browser.wait_until("document.querySelectorAll('.reports tbody tr').length === 1").await;
    browser.click("[aria-label='Delete Who repairs the roof?']").await;
    browser.click("dialog[open] .danger").await;
    wait_for_questions(&browser, 2).await;

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}

/// Fills the opened form; the document is found by its path and added with Enter.
async fn write_question(browser: &Browser, question: &str, answer: &str, document: &str) {
    browser.write("dialog[open] textarea[name=question]", question).await;
    browser.write("dialog[open] textarea[name=answers]", answer).await;
    browser.write("dialog[open] textarea[name=documents]", "").await;
    browser.write("dialog[open] input[list]", &format!("{document}\n")).await;
    browser
        .wait_until(&format!(
            "document.querySelector('dialog[open] textarea[name=documents]').value === '{document}'"
        ))
        .await;
    browser.click("dialog[open] button[type=submit]").await;
}

async fn wait_for_questions(browser: &Browser, count: usize) {
    let rows = "document.querySelectorAll('.questions tbody tr').length";
    browser.wait_until(&format!("{rows} === {count}")).await;
    browser.wait_until("!document.querySelector('dialog[open]')").await;
}

/// Runs the search, and waits until so many reports are listed.
async fn run(browser: &Browser, name: &str, reports: usize) {
    browser.write(".run-form input[name=name]", name).await;
    browser.click("#run").await;
    let rows = "document.querySelectorAll('.reports tbody tr').length";
    browser.wait_until(&format!("{rows} === {reports}")).await;
    let status = "document.querySelector('.run-form [role=status]').textContent";
    browser.wait_until(&format!("{status}.startsWith('Done: nDCG@10')")).await;
    let first = format!("document.querySelector('.reports tbody a').textContent === '{name}'");
    browser.wait_until(&first).await;
}

/// Opens the newest report: four ways to search, and the failure before the others.
async fn open_report(browser: &Browser) {
    browser.click(".reports tbody tr:first-child a").await;
    browser.wait_until("document.querySelectorAll('.figures tbody tr').length === 4").await;
    let questions = "[...document.querySelectorAll('.results tbody th')].map(th => th.textContent)";
    browser.wait_until(&format!("{questions}.length === 3")).await;
    // Of the three, one has no document to be found and none is lost altogether.
    let ranks = "[...document.querySelectorAll('.results td[data-label=Hybrid]')].map(td => td.textContent).join()";
    browser.wait_until(&format!("{ranks} === '2,1,–'")).await;
    browser.click(".evaluation-view .back").await;
    browser.wait_until("!location.search").await;
}

/// Compares both reports: the figures fell, and one question went otherwise.
async fn compare(browser: &Browser) {
    browser.click("[aria-label='Compare before']").await;
    browser.click("[aria-label='Compare after']").await;
    browser.click("#compare").await;
    browser.wait_until("document.querySelector('.changes .difference')").await;
    let sides = "[...document.querySelectorAll('.compared dd a')].map(a => a.textContent).join()";
    assert!(browser.holds(&format!("{sides} === 'before,after'")).await);
    let first = "document.querySelector('.changes .difference').textContent";
    browser.wait_until(&format!("{first}.startsWith('−') && {first}.endsWith('worse')")).await;
    let changed = "document.querySelector('.changed-questions tbody tr').textContent";
    browser.wait_until(&format!("{changed}.includes('What do tomatoes like?')")).await;
    browser.wait_until(&format!("{changed}.includes('1 → 2')")).await;

    // The same address shows the same, rendered by the server.
    let address = browser.page.current_url().await.expect("an address");
    browser.page.goto(address.as_str()).await.expect("it opens");
    browser.wait_until("document.querySelector('.changes .difference')").await;
    browser.wait_until_alive().await;
}
