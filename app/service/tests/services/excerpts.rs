//! What the model reads of what was found: what matters for the question, and no more.

use quire_domain::{Answer, Support};
use quire_engines::Prompt;
use quire_service::AskRequest;

use super::{Fixture, fixture};

const LEASE: &str = "The rent is 940 euros a month. It is due on the third of each month.";
const FACT: &str = "What is the name of the landlord of the lease? It is Ada Bruhn.";

/// A document of many words that have nothing to do with rent.
fn filler(topic: &str) -> String {
    let sentence = |n: usize| {
        format!("The {topic} of house number {n} was painted by a firm from the town nearby. ")
    };
    (1..60).map(sentence).collect()
}

async fn with_lease(replies: &[&str]) -> Fixture {
    let fixture = fixture(replies).await;
    let long = format!("{}{LEASE} {}", filler("door"), filler("window"));
    fixture.add("lease.txt", &format!("# Lease\n\n{long}\n\n{FACT}\n")).await;
    fixture.add("list.csv", "tenant;rent of the flat\nAmal;700\nBea;810\nCem;920\n").await;
    fixture.settle().await;
    fixture
}

async fn ask(fixture: &Fixture, question: &str) -> (Answer, String) {
    let request = AskRequest { question: question.to_owned(), ..AskRequest::default() };
    let answer = fixture.services.ask_whole(&fixture.collection, request).await.expect("answers");
    let prompts = fixture.engines.generator.prompts();
    let Some(Prompt::Chat(chat)) = prompts.last() else { panic!("a chat: {prompts:?}") };
    (answer, chat.messages[0].text().into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_a_fact_is_answered_from_what_matters() {
    let fixture = with_lease(&["The rent is 940 euros a month [1]."]).await;
    let (answer, read) = ask(&fixture, "How many euros is the rent a month?").await;
    assert!(read.contains("The rent is 940 euros a month."), "{read}");
    assert!(read.contains("due on the third"), "what stands beside it is read too: {read}");
    assert_eq!(read.matches("940 euros").count(), 1, "nothing is read twice: {read}");
    assert!(read.contains("[…]"), "a gap is marked: {read}");
    assert!(read.split_whitespace().count() < 600, "{read}");
    assert_eq!(answer.sentences[0].support, Support::Quoted);
    assert!(answer.receipt.passages.iter().any(|passage| passage.shortened), "it is said");
    let all = answer.receipt.passages.iter().chain(&answer.receipt.dropped);
    let accounted: usize = all.map(|passage| 1 + passage.joined.len()).sum();
    assert_eq!(answer.receipt.found as usize, accounted, "all that was found is accounted for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_read_below_the_names_of_its_columns() {
    let fixture = with_lease(&["Bea pays 810 [1]."]).await;
    let (_, read) = ask(&fixture, "How much rent of the flat does Bea pay?").await;
    let header = read.find("rent of the flat").expect("the names of the columns");
    let row = read.find("810").expect("the row");
    assert!(header < row, "{read}");
}

/// `Services` are other figures below `Net sales:` than below `Cost of sales:`.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_read_below_the_name_of_its_group() {
    let fixture = with_lease(&["Net sales of services were 58,941 [1]."]).await;
    let row = |cells: &[&str]| {
        let cells = format!("<td>{}</td>", cells.join("</td><td>"));
        format!("<tr>{cells}</tr>")
    };
    let group = |name: &str, products: &str, services: &str| {
        let more: String = (1..20).map(|n| row(&[&format!("Item {n}"), "1", "2"])).collect();
        row(&[name])
            + &row(&["Products", products, "7"])
            + &more
            + &row(&["Services", services, "9"])
    };
    let table = row(&["", "2022", "2021"])
        + &group("Net sales:", "245,241", "58,941")
        + &group("Cost of sales:", "155,084", "16,411");
    fixture.add("results.html", &format!("<h1>Results</h1><table>{table}</table>")).await;
    fixture.settle().await;
    let (_, read) = ask(&fixture, "How much were the net sales of services in 2022?").await;
    let at = |words: &str| read.find(words).unwrap_or_else(|| panic!("no `{words}`: {read}"));
    let is_below = |group: &str, row: &str| {
        let row = at(row);
        let groups = ["Net sales:", "Cost of sales:"];
        let nearest =
            groups.iter().filter_map(|name| Some((read[..row].rfind(name)?, *name))).max();
        assert_eq!(nearest.map(|one| one.1), Some(group), "{read}");
    };
    is_below("Net sales:", "58,941");
    if read.contains("16,411") {
        is_below("Cost of sales:", "16,411");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_compares_reads_more() {
    let fixture = with_lease(&["Nothing.", "Nothing."]).await;
    let (_, one) = ask(&fixture, "How many euros is the rent a month?").await;
    let (_, both) = ask(&fixture, "Compare the doors with the windows of the houses.").await;
    assert!(both.len() > one.len() * 3 / 2, "{} and {}", one.len(), both.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_did_not_read_can_still_be_cited() {
    let told = "The window of house number 7 was painted by a firm from the town nearby [1].";
    let fixture = with_lease(&[told]).await;
    let (answer, _) = ask(&fixture, "How many euros is the rent a month?").await;
    assert_eq!(answer.sentences.len(), 1);
    for citation in &answer.citations {
        assert!(citation.quote.contains("number 7"), "{citation:?}");
    }
}
