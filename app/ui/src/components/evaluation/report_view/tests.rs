//! What a rendered report says.

use quire_domain::{IndexChoice, Language, RetrievalFigures};

use super::*;

fn report() -> Evaluation {
    let figures = |ndcg_at_10| RetrievalFigures { ndcg_at_10, ..RetrievalFigures::default() };
    let result = |id: &str, ranks: &[(&str, u32)]| QuestionResult {
        id: id.to_owned(),
        question: format!("What of {id}?"),
        ranks: ranks.iter().map(|(mode, rank)| ((*mode).to_owned(), *rank)).collect(),
        answer: None,
    };
    Evaluation {
        id: "report".parse().expect("an id"),
        collection: "plant".parse().expect("a name"),
        name: "first".to_owned(),
        created_at_ms: 0,
        embedding_model: "some/model".parse().expect("a model"),
        index: IndexChoice::default(),
        language: Language::English,
        queries: 3,
        documents: 2,
        modes: [("keyword".to_owned(), figures(0.5)), ("dense".to_owned(), figures(0.75))].into(),
        query_ms_p50: 1.0,
        query_ms_p95: 2.0,
        rerank_ms_p50: 0.0,
        answers: None,
        results: vec![
            result("found", &[("keyword", 1), ("dense", 2)]),
            result("lost", &[]),
            result("unnamed", &[]),
        ],
    }
}

#[test]
fn a_question_without_a_document_is_no_failure_and_a_lost_one_comes_first() {
    let unnamed = EvaluationQuestion {
        id: "unnamed".to_owned(),
        question: "What of unnamed?".to_owned(),
        ..EvaluationQuestion::default()
    };
    let results = listed(&report(), Some("keyword"), &[unnamed]);
    let order: Vec<(&str, bool)> =
        results.iter().map(|listed| (listed.result.id.as_str(), listed.expects)).collect();
    assert_eq!(order, [("lost", true), ("found", true), ("unnamed", false)]);
}

#[test]
fn the_best_of_a_column_is_marked_in_words_and_modes_stand_in_their_order() {
    let (owner, report) = (Owner::new(), report());
    let html = owner.with(|| view! { <ModeTable report=&report/> }.to_html());
    let (dense, keyword) = (html.find("Dense"), html.find("Keyword"));
    assert!(dense < keyword, "{html}");
    assert_eq!(html.matches(" best").count(), 1, "only nDCG differs: {html}");
    let marked = html.find("<strong class=\"best\">0.750").expect("the better one is marked");
    assert!(dense < Some(marked) && Some(marked) < keyword, "{html}");
}
