//! Which way figures and questions went.

use quire_domain::{AnswerFigures, IndexChoice, Language, QuestionAnswer, RetrievalFigures};

use super::*;

fn report(ndcg: f64, results: Vec<QuestionResult>) -> Evaluation {
    let figures = RetrievalFigures { ndcg_at_10: ndcg, ..RetrievalFigures::default() };
    Evaluation {
        id: "report".parse().expect("an id"),
        collection: "plant".parse().expect("a name"),
        name: "run".to_owned(),
        created_at_ms: 0,
        embedding_model: "some/model".parse().expect("a model"),
        index: IndexChoice::default(),
        language: Language::English,
        queries: 1,
        documents: 1,
        modes: [("hybrid".to_owned(), figures)].into(),
        query_ms_p50: 10.0,
        query_ms_p95: 12.04,
        rerank_ms_p50: 0.0,
        answers: None,
        results,
    }
}

fn result(id: &str, rank: u32, answer: Option<(&str, bool)>) -> QuestionResult {
    let answer = answer.map(|(text, right)| QuestionAnswer {
        answered: true,
        answerable: true,
        text: text.to_owned(),
        contains: Some(right),
        ..QuestionAnswer::default()
    });
    let ranks = [("hybrid".to_owned(), rank)].into_iter().filter(|(_, rank)| *rank > 0).collect();
    QuestionResult { id: id.to_owned(), question: format!("What of {id}?"), ranks, answer }
}

fn named<'a>(changes: &'a [FigureChange], name: &str) -> &'a FigureChange {
    changes.iter().find(|change| change.name == name).expect("it is compared")
}

#[test]
fn a_difference_has_its_sign_and_a_word() {
    let (mut before, mut after) = (report(0.5, vec![]), report(0.6, vec![]));
    before.query_ms_p50 = 12.0;
    after.query_ms_p95 = 12.03;
    let changes = search_changes(&before, &after, "hybrid");
    let check = |name: &str, difference: &str, worth: Option<Worth>| {
        let change = named(&changes, name);
        assert_eq!((change.difference().as_str(), change.worth), (difference, worth), "{name}");
    };
    check("nDCG@10", "+0.100", Some(Worth::Better));
    check("MRR@10", "", Some(Worth::Same));
    // Less time is better.
    check("Search, median", "−2.0 ms", Some(Worth::Better));
    // What looks the same is the same.
    check("Search, 95 of 100", "", Some(Worth::Same));
    assert!(changes.iter().all(|change| !change.name.starts_with("page")), "none has pages");
}

#[test]
fn answers_are_compared_where_both_were_asked_for() {
    let (mut before, mut after) = (report(0.5, vec![]), report(0.5, vec![]));
    assert_eq!(answer_changes(&before, &after), []);
    let figures = AnswerFigures { contains: Some(0.5), answerable: 4, ..AnswerFigures::default() };
    after.answers =
        Some(AnswerFigures { contains: Some(0.25), wrong_refusals: 1, ..figures.clone() });
    let changes = answer_changes(&before, &after);
    assert_eq!(named(&changes, "Contains a known answer").worth, None);
    before.answers = Some(figures);
    let changes = answer_changes(&before, &after);
    let check = |name: &str, difference: &str| {
        let change = named(&changes, name);
        assert_eq!((change.difference().as_str(), change.worth), (difference, Some(Worth::Worse)));
    };
    check("Contains a known answer", "−25.0 points");
    check("Wrongly not answered", "+25.0 points");
}

#[test]
fn questions_that_went_otherwise_are_listed_the_worse_first() {
    let before = report(
        0.5,
        vec![
            result("same", 1, Some(("a", true))),
            result("found", 0, Some(("a", true))),
            result("worded", 2, Some(("a", true))),
            result("lost", 4, Some(("a", true))),
            result("gone", 1, None),
        ],
    );
    let mut reworded = result("gone", 1, None);
    reworded.question = "Asked in other words".to_owned();
    let after = report(
        0.5,
        vec![
            result("same", 1, Some(("a", true))),
            result("found", 3, Some(("a", true))),
            result("worded", 2, Some(("b", true))),
            result("lost", 0, Some(("c", false))),
            reworded,
        ],
    );
    let found = question_changes(&before, &after, "hybrid");
    assert_eq!((found.same, found.only_before, found.only_after), (1, 1, 1));
    let went: Vec<(&str, Worth, Worth)> = found
        .changed
        .iter()
        .map(|change| (change.after.id.as_str(), change.rank, change.answer))
        .collect();
    let expected = [
        ("lost", Worth::Worse, Worth::Worse),
        ("found", Worth::Better, Worth::Same),
        ("worded", Worth::Same, Worth::Other),
    ];
    assert_eq!(went, expected);
}
