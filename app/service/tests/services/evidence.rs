//! Evidence: how often the best quotes hold the known answer.

use quire_domain::EvaluationQuestion;
use quire_service::EvaluationRequest;

use crate::{GARDEN, HOUSE, fixture};

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
