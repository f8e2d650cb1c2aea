//! An answer with citations, printed as it is made.

use anyhow::bail;
use futures::{Stream, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use quire_domain::{
    Answer, AnswerEvent, AnswerMode, AnswerableCheck, Citation, Coverage, JudgedBy, NoticeCode,
    PassageUse, SseEvent, Support, Trace,
};

use super::output;
use super::search::{on_one_line, place};
use crate::http::turn::marked::Marked;
use crate::http::turn::sentences::Sentences;

/// How to ask for what an answer is not: sentences where a quote answers, and all documents read.
#[derive(Clone, Copy, Debug)]
pub struct Hints {
    /// Has the model write.
    pub insist: &'static str,
    /// Has everything read.
    pub coverage: &'static str,
}

/// Prints an answer while its events come: the best quotes, its sentences, the sources, and how it came about if it
/// tells.
pub async fn show(
    events: impl Stream<Item = SseEvent>,
    hints: Hints,
) -> anyhow::Result<Box<Answer>> {
    let mut events = Box::pin(events);
    let (mut sentences, mut marked) = (Sentences::default(), Marked::default());
    let mut told = String::new();
    let style = ProgressStyle::with_template("Reading   [{bar:32}] {msg}")?.progress_chars("=> ");
    let bar = ProgressBar::new(0).with_style(style);
    while let Some(event) = events.next().await {
        match serde_json::from_str(&event.data)? {
            AnswerEvent::Evidence { citations } => show_evidence(&citations),
            AnswerEvent::Reading { coverage } => show_reading(&bar, &coverage),
            AnswerEvent::Retrieved { .. } => bar.finish_and_clear(),
            AnswerEvent::Token { text } => told.push_str(&text),
            AnswerEvent::Sentence { sentence, citations } => {
                sentences.add_citations(&citations);
                let mut text = marked.sentence(&sentences.next(&sentence, &told));
                if sentence.support == Support::Unsupported {
                    text.push_str(" (not supported by the documents)");
                }
                output::piece(&text);
            }
            AnswerEvent::Done { answer } => {
                output::line(&sentences.rest(&answer.answer));
                if let Some(message) = quoted(&answer) {
                    output::line(&format!("({message} {} has it write.)", hints.insist));
                }
                if let Some(why) = answer.receipt.truncation() {
                    output::line(&format!("({})", why.describe()));
                }
                show_sources(&answer);
                if let Some(coverage) = &answer.coverage {
                    show_coverage(coverage, hints);
                }
                if let Some(trace) = &answer.trace {
                    show_trace(&answer, trace);
                }
                return Ok(answer);
            }
            AnswerEvent::Failed { message, .. } => bail!("{message}"),
        }
    }
    bail!("the server ended the answer in the middle");
}

/// Prints the quotes that come before the answer, a row of a table behind what names its columns.
fn show_evidence(evidence: &[Citation]) {
    if evidence.is_empty() {
        return;
    }
    output::line("Best quotes:");
    for citation in evidence {
        let header = citation.header.as_ref();
        let header =
            header.map_or_else(String::new, |one| format!("{} / ", on_one_line(&one.quote)));
        output::line(&format!(
            "- {}: \"{header}{}\"",
            source(citation),
            on_one_line(&citation.quote)
        ));
    }
    output::line("");
}

/// Names the document of a quote and the place in it.
fn source(citation: &Citation) -> String {
    let place = place(citation.document.page_kind, citation.page, (citation.lines, citation.rows));
    let heading = citation.heading.last().filter(|heading| **heading != citation.document.title);
    let heading = heading.map_or_else(String::new, |heading| format!(", {heading}"));
    format!("{}{place}{heading}", citation.document.path)
}

fn show_reading(bar: &ProgressBar, coverage: &Coverage) {
    bar.set_length(coverage.passages.into());
    bar.set_position(coverage.passages_read.into());
    bar.set_message(format!(
        "{} of {} documents, about {} s left",
        coverage.documents_read,
        coverage.documents,
        coverage.estimated_ms.div_ceil(1000)
    ));
}

fn show_coverage(coverage: &Coverage, hints: Hints) {
    let Coverage { documents_read, documents, estimated_ms, .. } = coverage;
    output::line("");
    if *documents_read > 0 {
        output::line(&format!("Read {documents_read} of {documents} documents."));
        if let Some(notes) = coverage.describe_notes() {
            output::line(&format!("{notes}."));
        }
    } else {
        output::line(&format!(
            "This rests on the best passages only. To read all {documents} documents, which takes \
             about {} s, ask with {}.",
            estimated_ms.div_ceil(1000),
            hints.coverage
        ));
    }
}

/// Gives the notice of an answer that is a quote.
fn quoted(answer: &Answer) -> Option<&str> {
    let notice = answer.notice.as_ref().filter(|notice| notice.code == NoticeCode::Quoted)?;
    Some(&notice.message)
}

fn show_sources(answer: &Answer) {
    if !answer.citations.is_empty() {
        output::line("");
    }
    for citation in &answer.citations {
        let Citation { index, document, page, lines, rows, quote, .. } = citation;
        let place = place(document.page_kind, *page, (*lines, *rows));
        let quote = on_one_line(quote);
        output::line(&format!("[{index}] {}{place}: \"{quote}\"", document.path));
    }
    if !answer.answered && answer.evidence.is_empty() && !answer.nearest.is_empty() {
        output::line("\nNearest passages:");
        for hit in &answer.nearest {
            let place = place(hit.document.page_kind, hit.page, (hit.lines, hit.rows));
            output::line(&format!("- {}{place}", hit.document.path));
        }
    }
}

fn show_check(check: &AnswerableCheck) -> String {
    let percent = |probability: f32| format!("{:.0} %", probability * 100.0);
    let shown = format!("{} likely, the model holds", percent(check.stated));
    if check.refused { format!("{shown}; not answered for that (--insist)") } else { shown }
}

fn show_trace(answer: &Answer, trace: &Trace) {
    let score =
        |value: Option<f32>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    output::line("\nHow this was answered");
    if let Some(rewritten) = &trace.rewritten {
        output::line(&format!("Searched as: {rewritten}"));
    }
    if let Some(check) = &answer.receipt.check {
        output::line(&format!("The passages state the answer: {}", show_check(check)));
    }
    if let Some(judge) = &answer.receipt.judge {
        output::line(&format!("Second judge {}", judge.describe()));
        let decided = answer.sentences.iter();
        for sentence in decided.filter(|one| one.judged_by == Some(JudgedBy::Judge)) {
            let is_doubted = sentence.support == Support::Unsupported;
            let word = if is_doubted { "doubted" } else { "accepted" };
            output::line(&format!("- {word}: {}", sentence.text));
        }
    }
    let rows: Vec<Vec<String>> = trace
        .candidates
        .iter()
        .map(|one| {
            let is_it = |passage: &&PassageUse| passage.holds(&one.chunk_id);
            let fate = match answer.receipt.passages.iter().find(is_it) {
                Some(passage) if passage.used => "cited",
                Some(_) => "read",
                None => match answer.receipt.dropped.iter().find(is_it) {
                    Some(passage) => passage.drop_reason().describe(),
                    None => "not chosen",
                },
            };
            vec![
                one.rank.to_string(),
                format!("{:.3}", one.score),
                score(one.scores.dense),
                score(one.scores.keyword),
                score(one.scores.rerank),
                fate.to_owned(),
                format!(
                    "{}{}",
                    one.document.path,
                    place(one.document.page_kind, one.page, (None, None))
                ),
            ]
        })
        .collect();
    output::table(&["rank", "score", "dense", "keyword", "rerank", "fate", "passage"], &rows);
    let (receipt, timings) = (&answer.receipt, answer.timings);
    output::line(&format!("\n{} found: {}", receipt.found, receipt.describe_passages().join("; ")));
    for line in receipt.search.describe() {
        output::line(&line);
    }
    if receipt.turns + receipt.dropped_turns > 0 {
        output::line(&format!(
            "Earlier turns: {} read, {} did not fit",
            receipt.turns, receipt.dropped_turns
        ));
    }
    let mode = match answer.mode {
        AnswerMode::Retrieval => "the best passages",
        AnswerMode::FullDocument => "the documents whole",
        AnswerMode::Coverage => "every passage",
    };
    output::line(&format!("\nRead {mode}: {}", receipt.mode_reason.describe()));
    let model = receipt.model.as_ref().map_or_else(String::new, ToString::to_string);
    output::line(&format!(
        "Model {model} ({}), temperature {}, {} prompt tokens ({} from the cache), {} answer tokens",
        trace.model_fingerprint,
        trace.sampling.temperature,
        receipt.prompt_tokens,
        receipt.cached_tokens,
        receipt.completion_tokens
    ));
    output::line(&format!(
        "Search {} ms, quotes {} ms, first word {} ms, all {} ms\n\nPrompt:",
        timings.retrieve_ms, timings.evidence_ms, timings.first_token_ms, timings.total_ms
    ));
    for message in &trace.prompt {
        output::line(&format!("--- {}\n{}", message.role, message.content));
    }
}
