//! A collection's turn: the last messages of the user are the question, earlier ones are the
//! conversation, system messages say what the answer is to be like, and the answer rests on the
//! documents.

use async_stream::stream;
use futures::StreamExt;
use quire_domain::{Answer, AnswerEvent, CollectionName, ModelId, Scope};
use quire_engines::{FinishReason, Sampling};
use quire_service::{AnswerStream, AskRequest, Beside};

use super::sentences::Sentences;
use super::step::{Ending, Step, Usage};
use super::{Asked, Delivery, Steps};
use crate::http::error::ApiError;
use crate::http::guard::caller;
use crate::http::state::AppState;
use crate::http::v1::error::{from_service, unsupported};
use crate::http::v1::messages::conversation::{Conversation, as_question};

/// What an answer rests on, and who writes it.
pub struct Grounds {
    /// The collection.
    pub collection: CollectionName,
    /// The model; the default one if none is named.
    pub model: Option<ModelId>,
    /// Which of its documents count.
    pub scope: Scope,
    /// Collections that count as well.
    pub beside: Vec<Beside>,
}

/// Answers from the documents of a collection.
pub async fn ask(
    state: &AppState,
    Grounds { collection, model, scope, beside }: Grounds,
    asked: Asked,
    delivery: Delivery,
) -> Result<Steps, ApiError> {
    refuse_foreign(&asked)?;
    let Conversation { question, history, instructions } = as_question(&asked.messages)?;
    let options = &asked.options;
    let max_tokens = options.token_limit()?;
    if max_tokens == Some(0) {
        let message = "`max_tokens` is 0; an answer needs at least 1.";
        return Err(ApiError::invalid(message).param("max_tokens"));
    }
    let request = AskRequest {
        question,
        model,
        scope,
        beside,
        history,
        instructions,
        max_tokens,
        sampling: Some(options.sampling(&Sampling::greedy())?),
        stop: options.stop_texts(),
        ttl: options.ttl(),
        caller: caller::current(),
        ..AskRequest::default()
    };
    let services = &state.services;
    match delivery {
        Delivery::Streamed => {
            let answer = services.ask(&collection, request).await.map_err(from_service)?;
            Ok(as_it_comes(answer))
        }
        Delivery::Whole => {
            let answer = services.ask_whole(&collection, request).await.map_err(from_service)?;
            Ok(Box::pin(futures::stream::iter(as_a_whole(answer))))
        }
    }
}

/// Refuses what a collection cannot do.
fn refuse_foreign(asked: &Asked) -> Result<(), ApiError> {
    refuse_unchecked(asked)?;
    asked.options.refuse_thinking()?;
    if asked.tools.is_wanted() {
        return Err(unsupported("tools", "Calling tools for an answer from documents"));
    }
    Ok(())
}

/// Refuses what leaves no sentences that could be checked against documents.
pub fn refuse_unchecked(asked: &Asked) -> Result<(), ApiError> {
    let options = &asked.options;
    if options.choices()? != 1 {
        return Err(unsupported("n", "More than one answer from documents"));
    }
    options.refuse_probabilities()?;
    options.top_logprobs()?;
    options.refuse_logit_bias()?;
    match &asked.form {
        Some(form) => Err(unsupported(form.param, "Another form of an answer from documents")),
        None => Ok(()),
    }
}

/// Tells an answer while it is made: each sentence when it has been checked.
fn as_it_comes(mut answer: AnswerStream) -> Steps {
    Box::pin(stream! {
        let mut sentences = Sentences::default();
        // What the tokens so far say: the text between sentences is taken from it.
        let mut told = String::new();
        while let Some(event) = answer.next().await {
            match event {
                AnswerEvent::Reading { .. } | AnswerEvent::Retrieved { .. } => {}
                AnswerEvent::Evidence { citations } => yield Step::Evidence(citations),
                AnswerEvent::Token { text } => told.push_str(&text),
                AnswerEvent::Sentence { sentence, citations } => {
                    sentences.add_citations(&citations);
                    yield Step::Sentence(sentences.next(&sentence, &told));
                }
                AnswerEvent::Done { answer } => {
                    for step in ending(&mut sentences, answer) {
                        yield step;
                    }
                    break;
                }
                AnswerEvent::Failed { kind, message } => {
                    yield Step::Failed(ApiError::shown(kind, message));
                    break;
                }
            }
        }
    })
}

/// Tells an answer that is there.
fn as_a_whole(answer: Answer) -> Vec<Step> {
    let mut sentences = Sentences::default();
    sentences.add_citations(&answer.citations);
    let mut steps = vec![Step::Evidence(answer.evidence.clone())];
    for sentence in &answer.sentences {
        steps.push(Step::Sentence(sentences.next(sentence, &answer.answer)));
    }
    steps.extend(ending(&mut sentences, Box::new(answer)));
    steps
}

/// Tells what is left after the last sentence, and the end.
fn ending(sentences: &mut Sentences, answer: Box<Answer>) -> Vec<Step> {
    let rest = sentences.rest(&answer.answer);
    let receipt = &answer.receipt;
    let usage = Usage::of(receipt);
    let reason = if receipt.truncated { FinishReason::Length } else { FinishReason::Stop };
    let end = Step::End(Ending { reason, usage, answer: Some(answer) });
    let rest = (!rest.is_empty()).then(|| Step::Text(rest, Vec::new()));
    rest.into_iter().chain([end]).collect()
}
