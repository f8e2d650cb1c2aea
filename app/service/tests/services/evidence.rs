//! Evidence: the best quotes come first, stay with the answer, and are the answer where there is no model.

use futures::StreamExt;
use quire_domain::{
    Answer, AnswerEvent, AnswerMode, Citation, ErrorKind, EvaluationQuestion, NoticeCode, Scope,
    Span,
};
use quire_service::{AskRequest, EvaluationRequest};

use crate::{Fixture, GARDEN, HOUSE, fixture};

const COSTS: &str = "Item,2022,2023\nRent,900,950\nHeating,120,140\n";

fn ask(question: &str) -> AskRequest {
    AskRequest { question: question.to_owned(), ..AskRequest::default() }
}

impl Fixture {
    async fn events(&self, request: AskRequest) -> Vec<AnswerEvent> {
        let events = self.services.ask(&self.collection, request).await.expect("begins");
        events.collect().await
    }

    async fn assert_stored(&self, citation: &Citation) {
        let documents = &self.services.documents;
        let stored = documents.get_text(&citation.document.id, citation.page).await.expect("text");
        let span = Span::new(citation.start, citation.end);
        assert_eq!(span.slice(&stored.text), Some(citation.quote.as_str()));
        if let Some(header) = &citation.header {
            let span = Span::new(header.start, header.end);
            assert_eq!(span.slice(&stored.text), Some(header.quote.as_str()));
        }
    }
}

fn evidence_of(events: &[AnswerEvent]) -> &[Citation] {
    let Some(AnswerEvent::Evidence { citations }) = events.first() else {
        panic!("evidence comes first: {events:?}");
    };
    citations
}

fn answer_of(events: &[AnswerEvent]) -> &Answer {
    let Some(AnswerEvent::Done { answer }) = events.last() else {
        panic!("it ends with the answer: {events:?}");
    };
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_the_first_event_whatever_is_read() {
    let fixture = fixture(&["Heating cost 140 in 2023 [1]."; 8]).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.add("garden.md", GARDEN).await;
    fixture.add("costs.csv", COSTS).await;
    fixture.settle().await;
    let question = "What did heating cost in 2023?";
    let scope = Scope { paths: vec!["costs.csv".to_owned()], ..Scope::default() };
    let cases = [
        (ask(question), AnswerMode::Retrieval),
        (AskRequest { scope, ..ask(question) }, AnswerMode::FullDocument),
        (
            AskRequest { mode: Some(AnswerMode::FullDocument), ..ask(question) },
            AnswerMode::FullDocument,
        ),
        (AskRequest { mode: Some(AnswerMode::Coverage), ..ask(question) }, AnswerMode::Coverage),
    ];
    for (request, mode) in cases {
        let events = fixture.events(request).await;
        let evidence = evidence_of(&events);
        assert!(evidence[0].quote.contains("140"), "{evidence:?}");
        let header = evidence[0].header.as_ref().expect("a header");
        assert!(header.quote.contains("2023") && !header.quote.contains("Rent"), "{header:?}");
        let numbers: Vec<u32> = evidence.iter().map(|citation| citation.index).collect();
        assert_eq!(numbers, (1..=evidence.len() as u32).collect::<Vec<_>>());
        assert!(evidence.len() <= 5, "{evidence:?}");
        for citation in evidence {
            fixture.assert_stored(citation).await;
        }
        let answer = answer_of(&events);
        assert_eq!((answer.mode, answer.evidence.as_slice()), (mode, evidence));
        let others = events[1..].iter();
        let again = others.filter(|event| matches!(event, AnswerEvent::Evidence { .. })).count();
        assert_eq!(again, 0, "it comes once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_a_failure_come_after_the_evidence() {
    let fixture = fixture(&["No"]).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let events = fixture.events(ask("Who gave the house its red roof?")).await;
    let answer = answer_of(&events);
    assert!(!answer.answered && answer.notice.is_none(), "{answer:?}");
    assert!(answer.evidence[0].quote.contains("red roof"), "{:?}", answer.evidence);

    let events = fixture.events(ask(&"roof ".repeat(5000))).await;
    evidence_of(&events);
    let Some(AnswerEvent::Failed { kind, .. }) = events.last() else {
        panic!("the model has no room for the question: {events:?}");
    };
    assert_eq!((*kind, events.len()), (ErrorKind::TooLarge, 2), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_without_a_model_is_refused_before_any_event() {
    let fixture = fixture(&[]).await;
    fixture.engines.take_generator();
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let refused = async |request: AskRequest| {
        let asked = fixture.services.ask(&fixture.collection, request).await;
        asked.err().expect("it is refused").kind()
    };
    assert_eq!(refused(ask(" ")).await, ErrorKind::InvalidInput);
    let scope = Scope { paths: vec!["attic/".to_owned()], ..Scope::default() };
    assert_eq!(refused(AskRequest { scope, ..ask("Is it dry?") }).await, ErrorKind::NotFound);
    let none = "none".parse().expect("a name");
    let asked = fixture.services.ask(&none, ask("Is it dry?")).await;
    assert_eq!(asked.err().expect("it is refused").kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_chat_model_the_evidence_is_the_answer_and_is_kept() {
    let fixture = fixture(&[]).await;
    fixture.engines.take_generator();
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let services = &fixture.services;
    let conversation = services.conversations.create(&fixture.collection).await.expect("is made");
    let request = AskRequest {
        conversation_id: Some(conversation.id.clone()),
        ..ask("Welche Farbe hat das Dach des Hauses, the red roof?")
    };
    let events = fixture.events(request).await;
    assert_eq!(events.len(), 2, "evidence, and the end: {events:?}");
    let answer = answer_of(&events);
    let notice = answer.notice.as_ref().expect("a notice");
    assert_eq!(notice.code, NoticeCode::NoChatModel);
    assert!(notice.message.starts_with("Noch ist kein"), "in the question's language: {notice:?}");
    assert_eq!(answer.answer, notice.message);
    assert_eq!((answer.answered, &answer.receipt.model), (false, &None));
    assert_eq!(answer.receipt.accounted(), answer.receipt.found, "{:?}", answer.receipt);
    assert!(answer.evidence[0].quote.contains("red roof"), "{:?}", answer.evidence);
    let kept = services.conversations.get(&conversation.id).await.expect("is kept");
    let kept = kept.messages[1].answer.as_ref().expect("an answer");
    assert_eq!((&kept.evidence, &kept.notice), (&answer.evidence, &answer.notice));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_models_is_no_earlier_answer() {
    let fixture = fixture(&["The roof is red [1]."; 4]).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let services = &fixture.services;
    let conversation = services.conversations.create(&fixture.collection).await.expect("is made");
    let asked = |question: &str| AskRequest {
        conversation_id: Some(conversation.id.clone()),
        explain: true,
        ..ask(question)
    };
    fixture.engines.take_generator();
    let shown = fixture.events(asked("Which colour has the roof of the house?")).await;
    let quote = evidence_of(&shown)[0].quote.clone();
    fixture.engines.return_generator();
    let events = fixture.events(asked("Who gave it that colour?")).await;
    let trace = answer_of(&events).trace.as_ref().expect("was asked for");
    let before: Vec<&str> = trace.prompt.iter().map(|message| message.content.as_str()).collect();
    assert!(before.iter().all(|content| !content.contains("No chat model")), "{before:?}");
    assert!(trace.prompt.iter().any(|one| one.role == "assistant" && one.content.contains(&quote)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_has_the_row_and_the_line_that_it_stands_in() {
    let fixture = fixture(&["Heating cost 140 in 2023 [1]."; 4]).await;
    fixture.add("costs.csv", COSTS).await;
    fixture.settle().await;
    let events = fixture.events(ask("What did heating cost in 2023?")).await;
    let quote = &evidence_of(&events)[0];
    assert_eq!((quote.quote.as_str(), quote.rows), ("Heating | 120 | 140", Some((2, 2))));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_chat_model_and_without_quotes_it_is_said_that_nothing_was_found() {
    let fixture = fixture(&[]).await;
    fixture.engines.take_generator();
    let events = fixture.events(ask("Which colour has the roof?")).await;
    assert_eq!(evidence_of(&events), []);
    let answer = &answer_of(&events).answer;
    assert!(answer.contains("could not find") && answer.contains("No chat model"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_measured_where_an_answer_is_known() {
    let fixture = fixture(&[]).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.add("garden.md", GARDEN).await;
    fixture.settle().await;
    let question = |question: &str, answer: &str| EvaluationQuestion {
        id: answer.to_owned(),
        question: question.to_owned(),
        answers: vec![answer.to_owned()],
        answerable: true,
        ..EvaluationQuestion::default()
    };
    let questions = vec![
        question("Which colour has the roof of the house?", "red"),
        question("Which colour has the door of the house?", "violet"),
    ];
    let request = EvaluationRequest { questions: Some(questions), ..Default::default() };
    let report = fixture.services.evaluate_whole(&fixture.collection, request).await;
    let report = report.expect("is measured");
    let figures = report.modes["hybrid+rerank"];
    assert_eq!((figures.evidence_hit_at_1, figures.evidence_hit_at_3), (Some(0.5), Some(0.5)));
    assert_eq!(figures.page_hit_at_1, None);
}
