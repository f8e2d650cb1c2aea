//! One run: every question is searched in every mode, and answered if that is wanted.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use quire_domain::{
    Answer, AnswerFigures, Collection, Evaluation, EvaluationEvent, EvaluationQuestion, Hit,
    IndexChoice, ModelId, QuestionAnswer, QuestionResult, SearchMode, Span,
};
use quire_folder_sync::now_ms;
use quire_language::Analyzer;
use quire_retrieval::{Query, Tuning};
use quire_vectorstore::FUSION_DEPTH;
use tokio::sync::mpsc;

use super::answer_metrics::{compare, hallucinated_numbers, supports};
use super::evidence_metrics;
use super::ranking_metrics::{Grades, RankingSum, first_right, rounded};
use crate::{AskRequest, ServiceError, Services};

/// Passages taken from each half, so that a hundred documents come together.
const DEPTH: usize = 300;
/// The ways to search that are compared: name, mode, second stage.
const MODES: [(&str, SearchMode, bool); 4] = [
    ("dense", SearchMode::Dense, false),
    ("keyword", SearchMode::Keyword, false),
    ("hybrid", SearchMode::Hybrid, false),
    ("hybrid+rerank", SearchMode::Hybrid, true),
];
/// Questions between two words of progress.
const TELL_EVERY: usize = 10;

/// What to run.
pub struct Run {
    pub collection: Collection,
    pub name: String,
    pub questions: Vec<EvaluationQuestion>,
    pub answers: bool,
    pub model: Option<ModelId>,
    pub index: IndexChoice,
}

/// Runs and keeps the evaluation; ends early when nobody listens any more.
pub async fn run(services: Services, run: Run, sender: mpsc::Sender<EvaluationEvent>) {
    let event = match evaluate(&services, &run, &sender).await {
        Ok(Some(evaluation)) => EvaluationEvent::Done { evaluation: Box::new(evaluation) },
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "evaluation: {error}");
            EvaluationEvent::Failed { kind: error.kind(), message: error.to_string() }
        }
    };
    let _gone = sender.send(event).await;
}

#[derive(Default)]
struct Times {
    query: Vec<Duration>,
    rerank: Vec<Duration>,
}

async fn evaluate(
    services: &Services,
    run: &Run,
    sender: &mpsc::Sender<EvaluationEvent>,
) -> Result<Option<Evaluation>, ServiceError> {
    let total = run.questions.len() as u32;
    let mut sums: BTreeMap<String, RankingSum> = BTreeMap::new();
    let mut times = Times::default();
    let mut results = Vec::with_capacity(run.questions.len());
    for (index, question) in run.questions.iter().enumerate() {
        results.push(search(services, run, question, &mut sums, &mut times).await?);
        let done = index as u32 + 1;
        let told = (index + 1).is_multiple_of(TELL_EVERY) || done == total;
        if told && sender.send(EvaluationEvent::Searched { done, total }).await.is_err() {
            return Ok(None);
        }
    }
    let answers = if run.answers {
        let figures = answer_all(services, run, &mut results, sender).await?;
        let Some(figures) = figures else { return Ok(None) };
        Some(figures)
    } else {
        None
    };
    let evaluation = Evaluation {
        id: uuid::Uuid::now_v7().to_string().parse()?,
        collection: run.collection.name.clone(),
        name: run.name.clone(),
        created_at_ms: now_ms(),
        index: run.index,
        embedding_model: run.collection.embedding_model.clone(),
        language: run.collection.language,
        queries: total,
        documents: run.collection.counts.indexed,
        modes: sums.into_iter().map(|(name, sum)| (name, sum.mean())).collect(),
        query_ms_p50: percentile_ms(&mut times.query, 50),
        query_ms_p95: percentile_ms(&mut times.query, 95),
        rerank_ms_p50: percentile_ms(&mut times.rerank, 50),
        answers,
        results,
    };
    services.evaluations.catalog.add_evaluation(evaluation.clone()).await?;
    Ok(Some(evaluation))
}

/// Searches one question in every mode.
async fn search(
    services: &Services,
    run: &Run,
    question: &EvaluationQuestion,
    sums: &mut BTreeMap<String, RankingSum>,
    times: &mut Times,
) -> Result<QuestionResult, ServiceError> {
    let grades = grades(question);
    let mut result = QuestionResult {
        id: question.id.clone(),
        question: question.question.clone(),
        ..QuestionResult::default()
    };
    let text = question.question.trim();
    let has_answer = question.answerable && !question.answers.is_empty();
    if text.is_empty() || (grades.is_empty() && question.pages.is_empty() && !has_answer) {
        return Ok(result);
    }
    let documents = services.documents.resolve_scope(&run.collection.name, &question.scope).await?;
    let query = |mode, rerank| {
        let (documents, tuning) = (documents.clone(), Tuning::default());
        Query { text, limit: DEPTH, mode, rerank, documents, tuning }
    };
    let started = Instant::now();
    let both = query(SearchMode::Hybrid, true);
    let found = services.inner.retrieval.find_candidates(&run.collection, &both, DEPTH).await?;
    let finding = started.elapsed();
    let mut fusing = Duration::ZERO;
    for (name, mode, rerank) in MODES {
        let mut candidates = found.clone();
        if mode == SearchMode::Hybrid {
            candidates.dense.truncate(FUSION_DEPTH);
            candidates.keyword.truncate(FUSION_DEPTH);
        }
        let started = Instant::now();
        let hits = services
            .inner
            .retrieval
            .rank(&run.collection, &query(mode, rerank), candidates)
            .await?
            .hits;
        let took = started.elapsed();
        if rerank {
            times.query.push(finding + took);
            times.rerank.push(took.saturating_sub(fusing));
        } else {
            fusing = took;
        }
        let sum = sums.entry(name.to_owned()).or_default();
        if !grades.is_empty() {
            let ranking = ranking_of_documents(&hits);
            sum.add(&ranking, &grades);
            if let Some(rank) = first_right(&ranking, &grades).filter(|rank| *rank <= 100) {
                result.ranks.insert(name.to_owned(), rank as u32);
            }
        }
        if !question.pages.is_empty() {
            sum.add_page(first_right_page(&hits, question));
        }
        if has_answer {
            let quotes = services.quotes_of(&run.collection, text, &hits).await?;
            let holds = |most: usize| {
                let quotes = &quotes[..quotes.len().min(most)];
                evidence_metrics::hold(quotes, text, &question.answers)
            };
            sum.add_evidence([holds(1), holds(3)]);
        }
    }
    Ok(result)
}

/// Lists the documents that are right for a question, each with its grade.
pub(super) fn grades(question: &EvaluationQuestion) -> Grades {
    let mut grades = question.grades.clone();
    grades.retain(|_, grade| *grade > 0);
    let pages = question.pages.iter().map(|page| &page.path);
    for path in question.documents.iter().chain(pages) {
        grades.entry(path.clone()).or_insert(1);
    }
    grades
}

/// Names each document once, where its best passage stands.
pub(super) fn ranking_of_documents(hits: &[Hit]) -> Vec<&str> {
    let mut seen = HashSet::new();
    let paths = hits.iter().map(|hit| hit.document.path.as_str());
    paths.filter(|path| seen.insert(*path)).collect()
}

fn first_right_page(hits: &[Hit], question: &EvaluationQuestion) -> Option<usize> {
    let is_right = |hit: &Hit| {
        question
            .pages
            .iter()
            .any(|right| Some(right.page) == hit.page && right.path == hit.document.path.as_str())
    };
    hits.iter().position(is_right).map(|index| index + 1)
}

fn percentile_ms(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(index).map_or(0.0, |time| (time.as_secs_f64() * 100_000.0).round() / 100.0)
}

/// Sums over all answers.
#[derive(Default)]
struct AnswerSums {
    compared: u32,
    exact: u32,
    f1: f64,
    contains: u32,
    citations: u32,
    supporting: u32,
    verbatim: u32,
    sentences: u32,
    cited_sentences: u32,
    first_token: Vec<Duration>,
    total: Vec<Duration>,
}

/// Answers every question, or `None` when nobody listens any more.
async fn answer_all(
    services: &Services,
    run: &Run,
    results: &mut [QuestionResult],
    sender: &mpsc::Sender<EvaluationEvent>,
) -> Result<Option<AnswerFigures>, ServiceError> {
    let analyzer = Analyzer::new(run.collection.language);
    let mut figures = AnswerFigures::default();
    let mut sums = AnswerSums::default();
    for (index, question) in run.questions.iter().enumerate() {
        let request = AskRequest {
            question: question.question.clone(),
            model: run.model.clone(),
            scope: question.scope.clone(),
            ..AskRequest::default()
        };
        let answer = services.ask_whole_in(run.collection.clone(), request).await?;
        figures.model = answer.receipt.model.clone().or(figures.model);
        let judged = judge(services, question, &answer, &analyzer, &mut figures, &mut sums).await;
        results[index].answer = Some(judged);
        let (done, total) = (index as u32 + 1, run.questions.len() as u32);
        if sender.send(EvaluationEvent::Answered { done, total }).await.is_err() {
            return Ok(None);
        }
    }
    let share =
        |part: u32, whole: u32| (whole > 0).then(|| rounded(f64::from(part) / f64::from(whole)));
    figures.exact_match = share(sums.exact, sums.compared);
    figures.contains = share(sums.contains, sums.compared);
    figures.f1 = (sums.compared > 0).then(|| rounded(sums.f1 / f64::from(sums.compared)));
    figures.citation_precision = share(sums.supporting, sums.citations);
    figures.citation_recall = share(sums.cited_sentences, sums.sentences);
    figures.quotes_verbatim = share(sums.verbatim, sums.citations);
    figures.first_token_ms_p50 = percentile_ms(&mut sums.first_token, 50) as u64;
    figures.total_ms_p50 = percentile_ms(&mut sums.total, 50) as u64;
    Ok(Some(figures))
}

async fn judge(
    services: &Services,
    question: &EvaluationQuestion,
    answer: &Answer,
    analyzer: &Analyzer,
    figures: &mut AnswerFigures,
    sums: &mut AnswerSums,
) -> QuestionAnswer {
    figures.asked += 1;
    let refused = u32::from(!answer.answered);
    if question.answerable {
        figures.answerable += 1;
        figures.wrong_refusals += refused;
    } else {
        figures.unanswerable += 1;
        figures.right_refusals += refused;
    }
    if answer.receipt.completion_tokens > 0 {
        sums.first_token.push(Duration::from_millis(answer.timings.first_token_ms));
    }
    sums.total.push(Duration::from_millis(answer.timings.total_ms));
    let mut judged = QuestionAnswer {
        answered: answer.answered,
        answerable: question.answerable,
        check: answer.receipt.check.clone(),
        text: answer.answer.clone(),
        ..QuestionAnswer::default()
    };
    if question.answerable && !question.answers.is_empty() {
        let found = compare(&answer.answer, &question.answers);
        sums.compared += 1;
        sums.exact += u32::from(found.exact);
        sums.contains += u32::from(found.contains);
        sums.f1 += found.f1;
        judged.contains = Some(found.contains);
    }
    if !answer.answered {
        return judged;
    }
    for sentence in &answer.sentences {
        sums.sentences += 1;
        sums.cited_sentences += u32::from(!sentence.citations.is_empty());
        let cited = answer.citations.iter().filter(|one| sentence.citations.contains(&one.index));
        for citation in cited {
            judged.citations += 1;
            let supporting = supports(citation, sentence, &question.question, analyzer);
            judged.supporting_citations += u32::from(supporting);
            let stored = services.documents.get_text(&citation.document.id, citation.page).await;
            let span = Span::new(citation.start, citation.end);
            let verbatim =
                stored.is_ok_and(|stored| span.slice(&stored.text) == Some(&citation.quote));
            sums.verbatim += u32::from(verbatim);
        }
    }
    sums.citations += judged.citations;
    sums.supporting += judged.supporting_citations;
    let (unknown, count) = hallucinated_numbers(answer, &question.question);
    figures.numbers += count as u32;
    figures.hallucinated_numbers += unknown.len() as u32;
    judged.hallucinated_numbers = unknown;
    judged
}
