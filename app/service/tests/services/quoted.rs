//! A quote that answers a question of fact in so many words is the answer, and no model is asked.

use futures::StreamExt;
use quire_domain::{Answer, AnswerEvent, NoticeCode, Span, Support};
use quire_service::AskRequest;

use crate::{Fixture, fixture_with};

const LEASE: &str =
    "The house is by the river. The rent is 950 euros a month. It is paid in advance.";
const QUESTION: &str = "How much is the rent?";

fn ask(question: &str) -> AskRequest {
    AskRequest { question: question.to_owned(), ..AskRequest::default() }
}

async fn with_lease(replies: &[&str]) -> Fixture {
    let fixture = fixture_with(replies, |config| config.answer_by_quote = true).await;
    fixture.add("lease.txt", LEASE).await;
    fixture.settle().await;
    fixture
}

async fn answer(fixture: &Fixture, request: AskRequest) -> Answer {
    fixture.services.ask_whole(&fixture.collection, request).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quote_is_the_answer_with_and_without_a_model() {
    let fixture = with_lease(&["never said"]).await;
    for has_model in [true, false] {
        if !has_model {
            fixture.engines.take_generator();
        }
        let events = fixture.services.ask(&fixture.collection, ask(QUESTION)).await;
        let events: Vec<AnswerEvent> = events.expect("begins").collect().await;
        let [
            AnswerEvent::Evidence { .. },
            AnswerEvent::Token { text },
            AnswerEvent::Sentence { sentence, citations },
            AnswerEvent::Done { answer },
        ] = events.as_slice()
        else {
            panic!("evidence, the quote, the end: {events:?}");
        };
        assert_eq!(text, "The rent is 950 euros a month.");
        assert_eq!((&answer.answer, answer.answered), (text, true));
        assert_eq!((&answer.sentences[0], &answer.citations), (sentence, citations));
        assert_eq!((sentence.support, sentence.citations.as_slice()), (Support::Quoted, &[1][..]));
        let notice = answer.notice.as_ref().expect("it says so");
        assert_eq!(notice.code, NoticeCode::Quoted);
        assert_eq!(answer.receipt.model, None, "no model was asked");
        assert!(answer.receipt.passages.iter().any(|passage| passage.used));
        let cited = &citations[0];
        let stored = fixture.services.documents.get_text(&cited.document.id, cited.page).await;
        let stored = stored.expect("a text").text;
        assert_eq!(Span::new(cited.start, cited.end).slice(&stored), Some(cited.quote.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_more_than_the_quote_asks_the_model() {
    let fixture = with_lease(&["The rent is 950 euros [1]."; 6]).await;
    let model = Some("scripted/generator".parse().expect("a name"));
    for request in [
        AskRequest { insist: true, ..ask(QUESTION) },
        AskRequest { model, ..ask(QUESTION) },
        AskRequest { instructions: Some("In French, please.".to_owned()), ..ask(QUESTION) },
        AskRequest { max_tokens: Some(20), ..ask(QUESTION) },
        ask("How much is the rent, and is it a lot?"),
        ask("Wie hoch ist die Miete des Hauses, the rent of the house?"),
    ] {
        let question = request.question.clone();
        let answer = answer(&fixture, request).await;
        assert!(answer.receipt.model.is_some() && answer.notice.is_none(), "{question} {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_from_the_quote() {
    let fixture = with_lease(&["It is paid in advance [1]."]).await;
    let services = &fixture.services;
    let conversation = services.conversations.create(&fixture.collection).await.expect("is made");
    let conversation_id = Some(conversation.id.clone());
    answer(&fixture, AskRequest { conversation_id, ..ask(QUESTION) }).await;
    let kept = services.conversations.get(&conversation.id).await.expect("is kept");
    assert_eq!(kept.messages[0].text, QUESTION);
    assert_eq!(kept.messages[1].text, "The rent is 950 euros a month.");
    let shown = kept.messages[1].answer.as_ref().expect("an answer");
    assert_eq!(shown.notice.as_ref().map(|notice| notice.code), Some(NoticeCode::Quoted));
    let conversation_id = Some(conversation.id.clone());
    let next = answer(&fixture, AskRequest { conversation_id, ..ask("Is it paid late?") }).await;
    assert_eq!(next.receipt.turns, 1, "the model reads it as an earlier turn: {next:?}");
}
