//! Reports that name their company on some pages and say "we" on all others.

use quire_domain::Answer;

use super::*;

/// So many that few passages of a report say whose it is.
const SECTIONS: u32 = 24;

/// Writes a report of sections that each become a passage; few of them name the company.
fn report(company: &str, revenue: &str) -> String {
    let section = |number| {
        let filler = "We sell to many customers, and what they order changes from year to year. ";
        format!("## Part {number}\n\n{}{company} goes on.\n\n", filler.repeat(12))
    };
    let sections: String = (1..=SECTIONS).map(section).collect();
    let result = format!("Our revenue was {revenue} million euros in the last year, a record. ");
    let filler = "We give our results by the rules that are usual in our trade. ".repeat(12);
    format!("# Report\n\nOf {company}.\n\n{sections}## Results\n\n{result}{filler}\n")
}

async fn reports(reply: &str) -> Fixture {
    reports_in(fixture(&[reply]).await).await
}

async fn reports_in(fixture: Fixture) -> Fixture {
    fixture.add("1.md", &report("Meridian", "52")).await;
    fixture.add("2.md", &report("Borealis", "41")).await;
    fixture.add("3.md", &report("Zephyr", "63")).await;
    fixture.settle().await;
    fixture
}

async fn ask(fixture: &Fixture, question: &str, path: &str) -> Answer {
    let scope = serde_json::from_value(serde_json::json!({"paths": [path]})).expect("is a scope");
    let request = AskRequest { question: question.to_owned(), scope, ..AskRequest::default() };
    fixture.services.ask_whole(&fixture.collection, request).await.expect("answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn passages_of_what_the_question_names_come_first_though_they_do_not_name_it() {
    assert_right_report_first(&reports("").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_encoder_that_sees_passages_alone_does_not_change_that() {
    let engines = ScriptedRuntime::new([]).with_reranker();
    let fixture = reports_in(fixture_of(engines, |_| {}).await).await;
    assert_right_report_first(&fixture).await;
    assert!(!fixture.engines.reranker.as_ref().expect("was put in").queries().is_empty());
}

async fn assert_right_report_first(fixture: &Fixture) {
    for (question, expected) in [
        ("What was the revenue of Borealis in the last year?", "2.md"),
        ("What was the revenue of Meridian in the last year?", "1.md"),
        ("what was the revenue of zephyr in the last year?", "3.md"),
        ("What was the revenue of borealis in the last year?", "2.md"),
        ("Zephyr's revenue in the last year, as the Board tells it?", "3.md"),
    ] {
        let request = SearchRequest { query: question.to_owned(), ..SearchRequest::default() };
        let found = fixture.services.search(&fixture.collection, request).await.expect("searches");
        let best = found.hits.first().expect("finds");
        assert!(best.text.contains("Our revenue"), "{question}: {}", best.text);
        assert_eq!(best.document.path.as_str(), expected, "{question}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_may_name_what_the_document_of_its_passage_is_about_and_nothing_else() {
    let reply = "The revenue of Borealis was 41 million euros in the last year [1].";
    let question = "What was the revenue of Borealis in the last year?";
    let fixture = reports(reply).await;
    let answer = ask(&fixture, question, "2.md").await;
    let [citation] = answer.citations.as_slice() else { panic!("{:?}", answer.sentences) };
    assert!(citation.quote.starts_with("Our revenue was 41 million euros"), "{}", citation.quote);

    let fixture = reports(&reply.replace("41", "52")).await;
    let answer = ask(&fixture, question, "1.md").await;
    assert!(answer.citations.is_empty(), "{:?}", answer.citations);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_over_time_hears_each_report_of_what_it_names_before_any_other() {
    let fixture = reports("The revenue of Borealis was 41 million euros [1].").await;
    fixture.add("4.md", &report("Borealis", "38")).await;
    fixture.settle().await;
    let question = "How has the revenue of Borealis changed over the years?".to_owned();
    let request = AskRequest { question, ..AskRequest::default() };
    let answer = fixture.services.ask_whole(&fixture.collection, request).await.expect("answers");
    let heard: Vec<&str> =
        answer.receipt.passages.iter().map(|one| one.document.path.as_str()).collect();
    let mut first: Vec<&str> = heard.iter().take(2).copied().collect();
    first.sort_unstable();
    assert_eq!(first, ["2.md", "4.md"], "{heard:?}");
}
