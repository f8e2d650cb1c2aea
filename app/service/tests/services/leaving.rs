//! Whoever leaves before the answer is there stops the work, whatever step it is at.

use std::time::Duration;

use futures::StreamExt;
use quire_domain::AnswerMode;
use quire_service::{AskRequest, ServiceConfig};

use super::{Fixture, HOUSE, fixture_with};

const QUESTION: &str = "Which colour has the roof?";
/// What ends a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(30);

async fn with_house(adjust: impl FnOnce(&mut ServiceConfig)) -> Fixture {
    let fixture = fixture_with(&[], adjust).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    fixture.engines.generator.hold();
    fixture
}

/// Asks, leaves once the model has been asked, and waits until nobody waits for the model.
async fn leave(fixture: &Fixture, request: AskRequest) {
    let (services, collection) = (fixture.services.clone(), fixture.collection.clone());
    let asking = tokio::spawn(async move { services.ask_whole(&collection, request).await });
    let generator = &fixture.engines.generator;
    tokio::time::timeout(PATIENCE, async {
        while generator.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        asking.abort();
        generator.abandoned().await;
    })
    .await
    .expect("the work stops");
}

fn ask() -> AskRequest {
    AskRequest { question: QUESTION.to_owned(), ..AskRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_waits_for_is_not_written() {
    leave(&with_house(|_| {}).await, ask()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_waits_for_is_not_judged() {
    leave(&with_house(|config| config.check_answerable = true).await, ask()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_nobody_waits_for_are_not_read() {
    let request = AskRequest { mode: Some(AnswerMode::Coverage), ..ask() };
    leave(&with_house(|_| {}).await, request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_left_is_kept_as_stopped() {
    let fixture = with_house(|_| {}).await;
    let conversations = &fixture.services.conversations;
    // Whoever has read the evidence may have what they wanted; others leave when the passages are told, too.
    for events_taken in [1, 2] {
        let made = conversations.create(&fixture.collection).await.expect("is made");
        let request = AskRequest { conversation_id: Some(made.id.clone()), ..ask() };
        let asked = fixture.services.ask(&fixture.collection, request).await;
        let mut events = asked.expect("is asked");
        for _ in 0..events_taken {
            events.next().await.expect("an event");
        }
        drop(events);
        let kept = tokio::time::timeout(PATIENCE, async {
            loop {
                let mut kept = conversations.get(&made.id).await.expect("is there").messages;
                if let Some(message) = kept.pop() {
                    return message;
                }
                tokio::task::yield_now().await;
            }
        });
        let answer = kept.await.expect("it is kept").answer.expect("an answer");
        assert!(answer.receipt.stopped && !answer.answered, "{answer:?}");
        assert!(answer.evidence[0].quote.contains("red roof"), "{:?}", answer.evidence);
    }
}
