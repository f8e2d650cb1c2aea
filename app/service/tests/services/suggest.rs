//! Questions made from a collection's passages.

use futures::StreamExt;
use quire_domain::{EvaluationQuestion, SuggestionEvent};
use quire_service::{ServiceError, SuggestRequest};

use super::{Fixture, fixture};

const ORCHARD: &str = "The old orchard behind the mill was planted in 1987 by Anna Berger. Its forty \
    apple trees give about nine tonnes of fruit every year, most of which goes to the village press.";

async fn suggest(fixture: &Fixture, count: u32) -> (Vec<EvaluationQuestion>, u32) {
    let request = SuggestRequest { count, model: None };
    let made = fixture.services.suggest_questions(&fixture.collection, request).await;
    let mut events = made.expect("begins");
    let mut questions = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            SuggestionEvent::Suggested { question } => questions.push(*question),
            SuggestionEvent::Passed { .. } => {}
            SuggestionEvent::Done { suggested, passed } => {
                assert_eq!(suggested as usize, questions.len());
                return (questions, passed);
            }
            SuggestionEvent::Failed { message, .. } => panic!("{message}"),
        }
    }
    panic!("it ended without a last word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_names_the_document_and_words_that_stand_in_it() {
    let fixture =
        fixture(&["Question: Who planted the orchard behind the mill?\nAnswer: Anna Berger."])
            .await;
    fixture.add("farm/orchard.txt", ORCHARD).await;
    fixture.settle().await;
    let (questions, passed) = suggest(&fixture, 1).await;
    assert_eq!((questions.len(), passed), (1, 0));
    assert_eq!(questions[0].question, "Who planted the orchard behind the mill?");
    assert_eq!(questions[0].documents, ["farm/orchard.txt"]);
    assert_eq!(questions[0].answers, ["Anna Berger"]);
    assert!(questions[0].answerable);
    let kept =
        fixture.services.evaluations.list_questions(&fixture.collection).await.expect("lists");
    assert!(kept.is_empty(), "nothing is kept unasked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_checked_is_passed_over() {
    for reply in [
        // The answer does not stand there.
        "Question: Who planted the orchard behind the mill?\nAnswer: Maria Stein",
        // It needs its passage to be understood.
        "Question: Who is named in the passage about the orchard of the mill?\nAnswer: Anna Berger",
        // It gives the answer away.
        "Question: Was the orchard of the mill planted by Anna Berger?\nAnswer: Anna Berger",
        // It has nothing to do with the passage.
        "Question: What is love?\nAnswer: Anna Berger",
        "I would rather not.",
    ] {
        let fixture = fixture(&[reply]).await;
        fixture.add("orchard.txt", ORCHARD).await;
        fixture.settle().await;
        assert_eq!(suggest(&fixture, 1).await, (Vec::new(), 1), "{reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_collection_and_a_wrong_number_are_refused() {
    let fixture = fixture(&[]).await;
    let request = |count| SuggestRequest { count, model: None };
    let made = fixture.services.suggest_questions(&fixture.collection, request(5)).await;
    assert!(matches!(made.err(), Some(ServiceError::NothingIndexed { .. })));
    let made = fixture.services.suggest_questions(&fixture.collection, request(0)).await;
    assert!(matches!(made.err(), Some(ServiceError::OutOfRange { value: 0, .. })));
}
