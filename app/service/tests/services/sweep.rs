//! A tuned constant is tried again on questions, some of which are held out.

use quire_domain::{ErrorKind, EvaluationQuestion};
use quire_service::evaluation::SweepRequest;

use super::*;

/// Has one sentence with all words of the question, among many others.
const ANSWER: &str = "The pump of the cellar runs at fifty hertz.";
const FILLER: &str = " Lilies flower in the garden behind our house, and neighbours like them.";
/// Has the words of the question more often, but never together.
const SCATTERED: &str = "The pump is old. A cellar is dry. It runs. Hertz was born long ago. ";

fn questions() -> Vec<EvaluationQuestion> {
    let question = |number: u32| EvaluationQuestion {
        id: format!("q{number}"),
        question: "At how many hertz runs the pump of the cellar?".to_owned(),
        documents: vec!["answer.txt".to_owned()],
        ..EvaluationQuestion::default()
    };
    (0..8).map(question).collect()
}

fn sweep_of(constant: &str, values: &[f32], held_out_percent: u32) -> SweepRequest {
    SweepRequest {
        questions: Some(questions()),
        constant: constant.to_owned(),
        values: values.to_vec(),
        held_out_percent,
        ..SweepRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_shows_what_a_constant_is_worth() {
    let fixture = fixture(&[]).await;
    fixture.add("answer.txt", &format!("{ANSWER}{}", FILLER.repeat(6))).await;
    fixture.add("scattered.txt", &SCATTERED.repeat(4)).await;
    fixture.settle().await;
    let request = sweep_of("sentence_share", &[0.0, 100.0], 50);
    let found = fixture.services.sweep(&fixture.collection, request).await.expect("sweeps");
    assert_eq!((found.tuned_on + found.held_out, found.values.len()), (8, 3));
    assert!(found.tuned_on > 0 && found.held_out > 0, "{found:?}");
    let [without, usual, most] = &found.values[..] else { panic!("{found:?}") };
    assert!((usual.value - found.default).abs() < f32::EPSILON);
    assert!(without.tuning.hit_at_1 < 0.5, "{found:?}");
    assert!((most.tuning.hit_at_1 - 1.0).abs() < 1e-9, "{found:?}");
    assert!(found.best > 0.0 && found.plateau.from > 0.0, "{found:?}");
    assert!((found.plateau.to - 100.0).abs() < f32::EPSILON, "{found:?}");
    let held_out = most.held_out.expect("some are held out");
    assert!((held_out.hit_at_1 - 1.0).abs() < 1e-9, "{found:?}");

    let request = sweep_of("sentence_share", &[100.0], 0);
    let found = fixture.services.sweep(&fixture.collection, request).await.expect("sweeps");
    assert_eq!((found.tuned_on, found.held_out, found.held_out_gain), (8, 0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_is_refused_by_name() {
    let fixture = fixture(&[]).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let refused = async |request| {
        let refused = fixture.services.sweep(&fixture.collection, request).await;
        let error = refused.expect_err("is refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        error.to_string()
    };
    assert!(refused(sweep_of("share", &[0.5], 50)).await.contains("`named_share`"));
    assert!(refused(sweep_of("guessed_name", &[1.5], 50)).await.contains("0 to 1"));
    assert!(refused(sweep_of("guessed_name", &[], 50)).await.contains("1 to 50"));
    let none = SweepRequest { questions: Some(Vec::new()), ..sweep_of("guessed_name", &[1.0], 50) };
    assert!(refused(none).await.contains("empty"));
}
