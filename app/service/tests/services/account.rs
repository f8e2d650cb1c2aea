//! The account of an answer: everything that was found is before the model, joined, or dropped with
//! its reason, whichever way the passages were chosen.

use quire_domain::{Answer, AnswerMode, DropReason, Scope, Span};
use quire_engines::scripted::ScriptedRuntime;
use quire_service::AskRequest;

use crate::{Fixture, GARDEN, HOUSE, fixture, fixture_of, fixture_with};

const PUMP: &str = "The circulation pump weighs nine kilograms.";

fn ask(question: &str) -> AskRequest {
    AskRequest { question: question.to_owned(), ..AskRequest::default() }
}

impl Fixture {
    async fn answer(&self, request: AskRequest) -> Answer {
        let answer = self.services.ask_whole(&self.collection, request).await.expect("is answered");
        let receipt = &answer.receipt;
        assert_eq!(receipt.accounted(), receipt.found, "{receipt:?}");
        assert!(receipt.dropped.iter().all(|passage| passage.reason.is_some()), "{receipt:?}");
        answer
    }
}

fn dropped(answer: &Answer, reason: DropReason) -> usize {
    answer.receipt.dropped.iter().filter(|passage| passage.reason == Some(reason)).count()
}

fn read(answer: &Answer) -> Vec<&str> {
    answer.receipt.passages.iter().map(|passage| passage.document.path.as_str()).collect()
}

/// Writes sentences that are all about the pump, so that a text has several chunks.
fn long_text(sentences: usize) -> String {
    let one = |number: usize| {
        format!("On day {number} the circulation pump was seen to turn at {number}7 hertz again. ")
    };
    (0..sentences).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_read_joined_or_dropped() {
    let fixture = fixture_with(&["", ""], |config| config.passage_token_budget = 600).await;
    fixture.add("long.txt", &long_text(90)).await;
    for copy in ["a.txt", "copies/a.txt"] {
        fixture.add(copy, PUMP).await;
    }
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let answer = fixture.answer(ask("How does the circulation pump turn?")).await;
    assert_eq!(answer.mode, AnswerMode::Retrieval);
    assert!(answer.receipt.found >= 5, "{:?}", answer.receipt);
    assert_eq!(dropped(&answer, DropReason::Duplicate), 1, "{:?}", answer.receipt);
    let everything = answer.receipt.passages.iter().chain(&answer.receipt.dropped);
    assert!(everything.clone().any(|passage| !passage.joined.is_empty()), "{:?}", answer.receipt);
    // A question that compares hears the documents in turn, and loses none of them.
    let compared = fixture.answer(ask("Compare the circulation pump with the house.")).await;
    assert_eq!(compared.receipt.found, answer.receipt.found);
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_documents_are_accounted_for() {
    let fixture = fixture(&[""]).await;
    fixture.add("garden.md", GARDEN).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let request =
        AskRequest { mode: Some(AnswerMode::FullDocument), ..ask("Which trees bear fruit?") };
    let answer = fixture.answer(request).await;
    assert_eq!((answer.mode, answer.receipt.dropped.len()), (AnswerMode::FullDocument, 0));
    let scope = Scope { paths: vec!["house.txt".to_owned()], ..Scope::default() };
    let answer = fixture.answer(AskRequest { scope, ..ask("What colour is the roof?") }).await;
    assert_eq!((answer.mode, read(&answer)), (AnswerMode::FullDocument, vec!["house.txt"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reading_everything_passes_over_is_told_and_so_is_the_conversation() {
    let notes = [PUMP, "NOTHING", "The house has a green roof."];
    let fixture =
        fixture(&[notes[0], notes[1], notes[2], "The pump weighs nine kilograms [1]."]).await;
    fixture.add("a.txt", PUMP).await;
    fixture.add("b.md", "# Clock\n\nThe station clock was repaired in 1998.\n").await;
    fixture.add("c.txt", HOUSE).await;
    fixture.settle().await;
    let history = vec![
        ("What is in the cellar?".to_owned(), "word ".repeat(5000)),
        ("What is in the house?".to_owned(), "A pump.".to_owned()),
    ];
    let request = AskRequest {
        mode: Some(AnswerMode::Coverage),
        history,
        ..ask("List what all machines of the house weigh in kilograms.")
    };
    let answer = fixture.answer(request).await;
    assert_eq!(answer.mode, AnswerMode::Coverage);
    assert_eq!((answer.receipt.found, read(&answer)), (3, vec!["a.txt"]));
    // One said nothing, and the other's note was not what its passage says.
    assert_eq!(dropped(&answer, DropReason::NothingNoted), 2, "{:?}", answer.receipt);
    let coverage = answer.coverage.expect("everything was read");
    assert_eq!(
        coverage.describe_notes().as_deref(),
        Some("1 note, 1 more refused: their passages do not bear them")
    );
    assert_eq!((answer.receipt.turns, answer.receipt.dropped_turns), (1, 1));
    let prompt = fixture.engines.generator.prompts().pop().expect("a prompt");
    assert!(format!("{prompt:?}").contains("A pump."), "the turn that fits is read: {prompt:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_passage_is_shortened_to_what_fits_and_quoted_where_it_stands() {
    let reply = "The seal of the pump is replaced every 18 months [1].";
    let fixture = fixture_with(&[reply], |config| config.passage_token_budget = 40).await;
    let text = "It was a day like all others in the village. Nobody had come by for weeks on end. The \
        seal of the pump is replaced every 18 months. Then the rain came down on the roofs. Afterwards \
        the sun shone on all the fields and meadows around.";
    fixture.add("a.txt", text).await;
    fixture.settle().await;
    let answer = fixture.answer(ask("How often is the seal of the pump replaced?")).await;
    let [passage] = answer.receipt.passages.as_slice() else {
        panic!("one passage is read: {:?}", answer.receipt);
    };
    assert!(passage.shortened && passage.tokens <= 40, "{passage:?}");
    let [citation] = answer.citations.as_slice() else { panic!("it is cited: {answer:?}") };
    let stored =
        fixture.services.documents.get_text(&citation.document.id, None).await.expect("is there");
    let span = Span::new(citation.start, citation.end);
    assert_eq!(span.slice(&stored.text), Some(citation.quote.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_passage_is_tried_when_one_does_not_fit() {
    let fixture = fixture_with(&[""], |config| config.passage_token_budget = 30).await;
    // The best hit is one long sentence, which cannot be shortened.
    let long = format!("Pump weight pump weight {} of the pump", "and weight ".repeat(60));
    fixture.add("long.txt", &long).await;
    fixture.add("short.txt", "The weight of the pump is nine kilograms.").await;
    fixture.settle().await;
    let answer = fixture.answer(ask("What is the pump weight?")).await;
    assert_eq!(read(&answer), ["short.txt"]);
    assert_eq!(dropped(&answer, DropReason::Budget), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_and_does_not_fit_is_not_said_to_be_missing() {
    let fixture = fixture_with(&[], |config| config.passage_token_budget = 3).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let answer = fixture.answer(ask("When was the heating of the house renewed?")).await;
    assert!(!answer.answered);
    assert_eq!(answer.answer, "Passages were found, but none of them fits before the model.");
    assert_eq!((dropped(&answer, DropReason::Budget), answer.nearest.len()), (1, 1));
    let german = fixture.answer(ask("Wann wurde die Heizung in dem house erneuert?")).await;
    assert!(german.answer.starts_with("Es wurden Stellen gefunden"), "{}", german.answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_speaks_the_language_of_the_question() {
    let none = "No";
    let fixture = fixture(&[none, none, none]).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    for (question, words) in [
        ("Who built the roof of the house?", "I could not find"),
        ("Wer hat das Dach von dem house gebaut?", "keine Antwort"),
        ("Qui a construit le toit de la house ?", "Je n'ai pas trouvé"),
    ] {
        let answer = fixture.answer(ask(question)).await;
        assert!(answer.answer.contains(words), "{question}: {}", answer.answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_models_of_search_do_not_read_is_told() {
    let engines = ScriptedRuntime::new([]).with_reranker();
    let fixture = fixture_of(engines, |_| {}).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let plain = fixture.answer(ask("When was the heating of the house renewed?")).await;
    assert!(plain.receipt.search.is_empty(), "{:?}", plain.receipt.search);
    let long = format!("{} When was the heating renewed?", "Please think well of it. ".repeat(80));
    let answer = fixture.answer(ask(&long)).await;
    let search = &answer.receipt.search;
    let read = search.embedded_query.as_deref().expect("the question was shortened");
    assert!(long.ends_with(read) && read.len() < long.len(), "{read}");
    assert!(search.reranker_skipped, "{search:?}");
}
