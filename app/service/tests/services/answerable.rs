//! Whether a question is answered at all: the model judges, if it has shown that it can.

use quire_service::AskRequest;

use super::{Fixture, HOUSE, fixture_with};

/// The replies of a model that passes the exam: it tells the questions apart.
const GOOD: [&str; 12] =
    ["Yes", "Yes", "Yes", "No", "No", "No", "Yes", "Yes", "Yes", "No", "No", "No"];
/// The replies of one that says "Yes" to anything.
const BLIND: [&str; 12] = ["Yes"; 12];

async fn with_house(exam: &[&str], replies: &[&str]) -> Fixture {
    let all: Vec<&str> = exam.iter().chain(replies).copied().collect();
    let fixture = fixture_with(&all, |config| config.check_answerable = true).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    fixture
}

fn ask(question: &str) -> AskRequest {
    AskRequest { question: question.to_owned(), ..AskRequest::default() }
}

impl Fixture {
    fn prompt_count(&self) -> usize {
        self.engines.generator.prompts().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_passages_do_not_state_is_not_answered() {
    let fixture = with_house(&GOOD, &["No", "Yes", "The house has a red roof [1]."]).await;
    let services = &fixture.services;
    let question = ask("Who built the roof of the house?");
    let answer = services.ask_whole(&fixture.collection, question).await.expect("is answered");
    assert!(!answer.answered);
    assert!(answer.sentences.is_empty() && answer.citations.is_empty());
    assert_eq!(answer.nearest.len(), 1, "the nearest passages are shown");
    let check = answer.receipt.check.expect("it was checked");
    assert!(check.refused && check.stated < 0.1, "{check:?}");

    let question = ask("Which colour has the roof?");
    let answer = services.ask_whole(&fixture.collection, question).await.expect("is answered");
    assert!(answer.answered);
    assert_eq!(fixture.prompt_count(), 12 + 1 + 2, "the exam is sat once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_insists_gets_an_answer() {
    let fixture = with_house(&[], &["The roof is red [1]."]).await;
    let question = AskRequest { insist: true, ..ask("Who built the roof of the house?") };
    let answer = fixture.services.ask_whole(&fixture.collection, question).await.expect("answers");
    assert!(answer.answered);
    assert_eq!(answer.receipt.check, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_judge_is_not_asked_to() {
    let fixture = with_house(&BLIND, &["The house has a red roof [1]."]).await;
    let question = ask("Which colour has the roof?");
    let answer = fixture.services.ask_whole(&fixture.collection, question).await.expect("answers");
    assert!(answer.answered);
    assert_eq!(answer.receipt.check, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_not_judged() {
    let fixture = with_house(&[], &["The house has a red roof [1]."]).await;
    let question = ask("Describe the house.");
    let answer = fixture.services.ask_whole(&fixture.collection, question).await.expect("answers");
    assert!(answer.answered);
    assert_eq!(fixture.prompt_count(), 1);
}
