//! The steps of one answer, from the question to the record in its conversation.

use quire_domain::{Answer, AnswerEvent, Receipt, Support, Timings, Truncation};
use quire_engines::{FinishReason, GenerateEvent, GenerateRequest, Generation, Prompt};
use tokio::sync::mpsc;

use super::beginning::Beginning;
use super::brief::{self, Brief};
use super::cite::Citer;
use super::coverage::{self, Task};
use super::echo::EchoFilter;
use super::prompt::INSTRUCTIONS_BYTES;
use super::selection::Account;
use super::writing::{Ending, Writing};
use crate::{ServiceError, Services};

/// Notes on everything may be this many times as long as passages.
const NOTES_BUDGETS: usize = 3;

/// Sends the evidence, then generates, checks and keeps the answer; the events go to `sender`, but for the
/// last.
pub async fn run(
    services: &Services,
    beginning: Beginning,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<Answer, ServiceError> {
    let (question, explain) = (beginning.request.question.clone(), beginning.request.explain);
    let made = make(services, beginning, sender).await;
    let kept = match made {
        Ok(answer) => keep(services, &question, answer).await,
        Err(error) => Err(error),
    };
    match kept {
        Ok(mut answer) => {
            if !explain {
                answer.trace = None;
            }
            let duration_ms = answer.timings.total_ms;
            tracing::info!(duration_ms, "answered a question in {duration_ms} ms");
            Ok(answer)
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "an answer failed: {error}");
            Err(error)
        }
    }
}

/// Keeps an answer in its conversation, if it has one.
async fn keep(services: &Services, question: &str, answer: Answer) -> Result<Answer, ServiceError> {
    if let Some(id) = &answer.conversation_id {
        services.conversations.keep_turn(id, question, &answer).await?;
    }
    Ok(answer)
}

async fn make(
    services: &Services,
    beginning: Beginning,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<Answer, ServiceError> {
    // If nobody listens, the next step that takes long ends at once.
    let _gone = sender.send(AnswerEvent::Evidence { citations: beginning.evidence.clone() }).await;
    if let Some(answer) = beginning.answer_by_quote() {
        for event in said(&answer) {
            let _gone = sender.send(event).await;
        }
        return Ok(answer);
    }
    let generator = tokio::select! {
        generator = services.models.find_generator(beginning.request.model.as_ref()) => generator?,
        () = sender.closed() => return Ok(beginning.answer_if_left()),
    };
    let Some(generator) = generator else { return Ok(beginning.answer_without_model()) };
    services.models.keep(&generator.info().model, beginning.request.ttl);
    let left = beginning.answer_if_left();
    let mut brief = tokio::select! {
        brief = brief::prepare(services, beginning, generator) => brief?,
        () = sender.closed() => return Ok(left),
    };
    let read = tokio::select! {
        read = read_everything(&mut brief, services, sender) => read?,
        () = sender.closed() => false,
    };
    if read { answer(services, &brief, sender).await } else { Ok(left) }
}

/// Gives the events of an answer that was whole from the beginning.
fn said(answer: &Answer) -> Vec<AnswerEvent> {
    let token = AnswerEvent::Token { text: answer.answer.clone() };
    let sentences = answer.sentences.iter().map(|sentence| AnswerEvent::Sentence {
        sentence: sentence.clone(),
        citations: answer.citations.clone(),
    });
    std::iter::once(token).chain(sentences).collect()
}

async fn answer(
    services: &Services,
    brief: &Brief,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<Answer, ServiceError> {
    let Account { found, passages, dropped, search } = brief.selection.account();
    let retrieved = AnswerEvent::Retrieved { passages: passages.clone(), mode: brief.mode };
    let mut receipt = Receipt {
        model: Some(brief.generator.info().model.clone()),
        search_query: brief.search_query.clone(),
        prompt_tokens: 0,
        cached_tokens: 0,
        completion_tokens: 0,
        context_tokens: brief.generator.info().context_tokens as u32,
        found,
        passages,
        dropped,
        turns: brief.turns.kept.len() as u32,
        dropped_turns: brief.turns.dropped as u32,
        search,
        truncated: false,
        truncated_by: None,
        stopped: false,
        mode_reason: brief.mode_reason,
        limited_to: brief.limited_to.clone(),
        check: None,
        judge: None,
    };
    let mut timings = Timings {
        retrieve_ms: brief.retrieve_ms,
        evidence_ms: brief.evidence_ms,
        ..Timings::default()
    };
    let language = brief.collection.language;
    let judge = services.models.second_judge(language);
    let citer = Citer::new(&brief.search_query, brief.selection.passages(), language, judge);
    let mut writing = Writing::new(citer, EchoFilter::of(brief.selection.passages()));
    receipt.stopped = sender.send(retrieved).await.is_err();
    if !receipt.stopped {
        tokio::select! {
            check = brief.check(services) => receipt.check = check?,
            () = sender.closed() => receipt.stopped = true,
        }
    }
    let is_refused = receipt.check.as_ref().is_some_and(|check| check.refused);
    if !receipt.stopped && !brief.selection.passages().is_empty() && !is_refused {
        // It may wait until others are served.
        let begun = tokio::select! {
            generation = start(brief, receipt.check.is_some()) => Some(generation?),
            () = sender.closed() => None,
        };
        receipt.stopped = begun.is_none();
        if let Some(generation) = begun {
            let mut account = (&mut receipt, &mut timings);
            follow(brief, generation, &mut writing, sender, &mut account).await?;
        }
    }
    let is_cut = receipt.stopped || receipt.truncated;
    let written = writing.finish(if is_cut { Ending::Cut } else { Ending::Whole }).await;
    receipt.judge = written.judge;
    if written.repeats {
        receipt.truncate(Truncation::Repetition);
    }
    for event in written.events {
        let _gone = sender.send(event).await;
    }
    timings.total_ms = brief.started.elapsed().as_millis() as u64;
    for passage in &mut receipt.passages {
        passage.used =
            written.citations.iter().any(|citation| citation.chunk_id == passage.chunk_id);
    }
    let answered =
        written.sentences.iter().any(|sentence| sentence.support != Support::Unsupported);
    let (text, sentences) = if written.text.is_empty() && !receipt.stopped {
        (brief.abstention().to_owned(), Vec::new())
    } else {
        (written.text, written.sentences)
    };
    let nearest = if answered || receipt.stopped { Vec::new() } else { brief.nearest.clone() };
    let is_judged = receipt.check.is_some();
    Ok(Answer {
        answered,
        mode: brief.mode,
        answer: text,
        sentences,
        citations: written.citations,
        evidence: brief.evidence.clone(),
        notice: None,
        nearest,
        receipt,
        timings,
        conversation_id: brief.conversation_id.clone(),
        coverage: brief.coverage,
        trace: Some(Box::new(brief.trace(is_judged, written.echoes))),
    })
}

async fn start(brief: &Brief, is_judged: bool) -> Result<Generation, ServiceError> {
    let request = GenerateRequest {
        instructions_bytes: INSTRUCTIONS_BYTES,
        max_tokens: Some(brief.answer_tokens),
        stop: brief.stop.clone(),
        sampling: brief.sampling.clone(),
        ..GenerateRequest::new(Prompt::direct(brief.reply_prompt(is_judged)))
    };
    Ok(brief.generator.generate(request).await?)
}

/// Follows a generation to its end, or until nobody listens any more.
async fn follow(
    brief: &Brief,
    mut generation: Generation,
    writing: &mut Writing<'_>,
    sender: &mpsc::Sender<AnswerEvent>,
    account: &mut (&mut Receipt, &mut Timings),
) -> Result<(), ServiceError> {
    let (receipt, timings) = account;
    loop {
        let event = tokio::select! {
            event = generation.recv() => event,
            () = sender.closed() => {
                receipt.stopped = true;
                return Ok(());
            }
        };
        let Some(event) = event else { break };
        match event {
            GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                receipt.prompt_tokens = prompt_tokens as u32;
                receipt.cached_tokens = cached_tokens as u32;
            }
            // No tools are offered, and nothing is to be forgotten.
            GenerateEvent::Token { .. }
            | GenerateEvent::Dropped { .. }
            | GenerateEvent::Thought(_)
            | GenerateEvent::Call { .. }
            | GenerateEvent::Arguments(_) => {}
            GenerateEvent::Text(text) => {
                if timings.first_token_ms == 0 {
                    timings.first_token_ms = brief.started.elapsed().as_millis() as u64;
                }
                receipt.completion_tokens += 1;
                for event in writing.push(&text).await {
                    if sender.send(event).await.is_err() {
                        receipt.stopped = true;
                        return Ok(());
                    }
                }
                if writing.repeats() {
                    return Ok(());
                }
            }
            GenerateEvent::Finished { reason, completion_tokens } => {
                receipt.completion_tokens = completion_tokens as u32;
                if reason == FinishReason::Length {
                    receipt.truncate(Truncation::Length);
                }
                return Ok(());
            }
            GenerateEvent::Failed(error) => return Err(error.into()),
        }
    }
    receipt.truncate(Truncation::EngineEnded);
    Ok(())
}

/// Reads everything where that is wanted; false when nobody listens any more.
async fn read_everything(
    brief: &mut Brief,
    services: &Services,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<bool, ServiceError> {
    let Some(reading) = brief.reading.take() else { return Ok(true) };
    let context = brief.generator.info().context_tokens;
    let room = context.saturating_sub(brief.answer_tokens) / 2;
    let task = Task {
        services,
        question: &brief.search_query,
        generator: brief.generator.as_ref(),
        lexicon: brief.lexicon(),
        room: room.min(NOTES_BUDGETS * services.config().passage_token_budget),
    };
    let Some(read) = coverage::read(&task, reading, sender).await? else {
        return Ok(false);
    };
    brief.take_read(read)?;
    Ok(true)
}
