//! The report of an evaluation as a table for people.

use quire_domain::{AnswerFigures, Evaluation};

use crate::cli::output;

/// Prints a report.
pub fn show(evaluation: &Evaluation) {
    let Evaluation { name, collection, queries, documents, .. } = evaluation;
    output::line(&format!("{name}: {queries} questions on {documents} documents of {collection}"));
    let (index, language) = (evaluation.index.as_str(), evaluation.language.code());
    let model = &evaluation.embedding_model;
    output::line(&format!("The {index} index, in `{language}`, by {model}\n"));
    if !evaluation.modes.is_empty() {
        show_modes(evaluation);
    }
    if let Some(answers) = &evaluation.answers {
        show_answers(answers);
    }
}

fn show_modes(evaluation: &Evaluation) {
    let number = |value: f64| format!("{value:.4}");
    let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
    let heading = [
        "mode",
        "nDCG@10",
        "MRR@10",
        "hit@1",
        "hit@5",
        "hit@10",
        "recall@100",
        "page@1",
        "page@5",
        "evidence@1",
        "evidence@3",
    ];
    let rows: Vec<Vec<String>> = evaluation
        .modes
        .iter()
        .map(|(mode, figures)| {
            vec![
                mode.clone(),
                number(figures.ndcg_at_10),
                number(figures.mrr_at_10),
                number(figures.hit_at_1),
                number(figures.hit_at_5),
                number(figures.hit_at_10),
                number(figures.recall_at_100),
                optional(figures.page_hit_at_1),
                optional(figures.page_hit_at_5),
                optional(figures.evidence_hit_at_1),
                optional(figures.evidence_hit_at_3),
            ]
        })
        .collect();
    output::table(&heading, &rows);
    output::line(&format!(
        "\nA search took {:.1} ms (median), {:.1} ms (95 %); {:.1} ms of it is the second stage.",
        evaluation.query_ms_p50, evaluation.query_ms_p95, evaluation.rerank_ms_p50
    ));
}

fn show_answers(answers: &AnswerFigures) {
    let share = |value: Option<f64>| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", value * 100.0))
    };
    let of = |part: u32, whole: u32| format!("{part} of {whole}");
    let model = answers.model.as_ref().map_or_else(String::new, ToString::to_string);
    let rows = [
        ("asked", answers.asked.to_string()),
        ("contain a known answer", share(answers.contains)),
        ("exactly a known answer", share(answers.exact_match)),
        ("overlap with it (F1)", share(answers.f1)),
        ("citations that support their sentence", share(answers.citation_precision)),
        ("sentences with a citation", share(answers.citation_recall)),
        ("quotes to the letter", share(answers.quotes_verbatim)),
        ("refused, rightly", of(answers.right_refusals, answers.unanswerable)),
        ("refused, wrongly", of(answers.wrong_refusals, answers.answerable)),
        ("numbers from nowhere", of(answers.hallucinated_numbers, answers.numbers)),
        ("first word after", format!("{} ms", answers.first_token_ms_p50)),
        ("whole answer after", format!("{} ms", answers.total_ms_p50)),
    ];
    output::line(&format!("\nAnswers by {model}"));
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect();
    output::table(&["what", "figure"], &rows);
}
