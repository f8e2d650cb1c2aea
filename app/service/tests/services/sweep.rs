//! A tuned constant is tried again on questions, some of which are held out.

use quire_domain::{ErrorKind, EvaluationQuestion};
use quire_service::evaluation::SweepRequest;

use super::*;

/// Asks each report for its revenue, in so many wordings; all of them name the company.
fn questions() -> Vec<EvaluationQuestion> {
    let companies = [("Meridian", "1.md"), ("Borealis", "2.md"), ("Zephyr", "3.md")];
    let wordings = ["What was the revenue of", "How high was the yearly revenue of"];
    let mut questions = Vec::new();
    for (company, path) in companies {
        for (number, wording) in (0..).zip(wordings) {
            questions.push(EvaluationQuestion {
                id: format!("{company}-{number}"),
                question: format!("{wording} {company} in the last year?"),
                documents: vec![path.to_owned()],
                ..EvaluationQuestion::default()
            });
        }
    }
    questions
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
    let fixture = subjects::reports("").await;
    let request = sweep_of("named_share", &[0.0, 4.0], 50);
    let found = fixture.services.sweep(&fixture.collection, request).await.expect("sweeps");
    assert_eq!((found.tuned_on + found.held_out, found.values.len()), (6, 3));
    assert!(found.tuned_on > 0 && found.held_out > 0, "{found:?}");
    let [without, usual, _] = &found.values[..] else { panic!("{found:?}") };
    assert!((usual.value - found.default).abs() < f32::EPSILON);
    assert!((usual.tuning.hit_at_1 - 1.0).abs() < 1e-9, "{found:?}");
    assert!(without.tuning.ndcg_at_10 < usual.tuning.ndcg_at_10, "{found:?}");
    assert!((found.best - found.default).abs() < f32::EPSILON, "{found:?}");
    assert!(found.plateau.from > 0.0 && found.plateau.to >= found.best, "{found:?}");
    assert_eq!(found.held_out_gain, Some(0.0));
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
