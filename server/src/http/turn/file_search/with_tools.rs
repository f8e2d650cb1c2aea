//! A model that reads passages of files in its own chat, because it may call functions, or has called some whose results it
//! reads as well. What it calls is told; what it says is checked sentence by sentence as an answer is, so that a citation is
//! here, too, words of a document that support the sentence.

use async_stream::stream;
use futures::StreamExt;
use quire_domain::AnswerEvent;
use quire_engines::{ContentPart, FinishReason};
use quire_service::{PassageRequest, ReplyCheck};

use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::turn::collection::{Grounds, refuse_unchecked};
use crate::http::turn::sentences::Sentences;
use crate::http::turn::step::{Ending, Step, Usage};
use crate::http::turn::{Asked, Steps, model};
use crate::http::v1::error::from_service;
use crate::http::v1::messages::conversation::LastAsked;

/// Asks a model that reads what was found in its chat.
pub async fn ask(
    state: &AppState,
    (grounds, last): (Grounds, LastAsked),
    mut asked: Asked,
) -> Result<Steps, ApiError> {
    refuse_unchecked(&asked)?;
    let Grounds { collection, model, scope, beside } = grounds;
    let request = PassageRequest {
        question: last.question,
        earlier: last.earlier,
        scope,
        beside,
        model: model.clone(),
        chat_tokens: model::count_tokens(state, asked.clone()).await?,
        max_tokens: asked.options.token_limit()?,
    };
    let services = state.services.clone();
    let passages = services.find_reply_passages(&collection, &request).await;
    let passages = passages.map_err(from_service)?;
    if let Some(message) = asked.messages.get_mut(last.at) {
        let before = passages.before_message();
        match message.content.first_mut() {
            Some(ContentPart::Text(text)) => *text = format!("{before}\n\nMessage:\n{text}"),
            _ => message.content.insert(0, ContentPart::Text(before)),
        }
    }
    let (_, mut steps) = model::ask(state, model, asked).await?;
    Ok(Box::pin(stream! {
        let mut saying = Saying::new(services.check_reply(&passages));
        let mut usage = Usage::default();
        while let Some(step) = steps.next().await {
            match step {
                Step::Text(text, _) => {
                    usage.completion += 1;
                    for step in saying.push(&text).await {
                        yield step;
                    }
                    if saying.check.repeats() {
                        break;
                    }
                }
                Step::Call(call) => {
                    // What was said before a call is whole.
                    let next = Saying::new(services.check_reply(&passages));
                    for step in std::mem::replace(&mut saying, next).finish(FinishReason::Stop).await {
                        yield step;
                    }
                    yield Step::Call(call);
                }
                Step::End(ending) => {
                    for step in saying.finish(ending.reason).await {
                        yield step;
                    }
                    yield Step::End(ending);
                    return;
                }
                Step::Started(started) => {
                    usage = started;
                    yield Step::Started(started);
                }
                step => yield step,
            }
        }
        // It is cut where it began to repeat itself; what failed was told before.
        if saying.check.repeats() {
            for step in saying.finish(FinishReason::Length).await {
                yield step;
            }
            yield Step::End(Ending { reason: FinishReason::Length, usage, answer: None });
        }
    }))
}

/// What the model says between calls.
struct Saying<'a> {
    check: ReplyCheck<'a>,
    sentences: Sentences,
    /// The text so far, from which what stands between sentences is taken.
    told: String,
}

impl<'a> Saying<'a> {
    fn new(check: ReplyCheck<'a>) -> Self {
        Self { check, sentences: Sentences::default(), told: String::new() }
    }

    async fn push(&mut self, text: &str) -> Vec<Step> {
        let events = self.check.push(text).await;
        tell(&mut self.sentences, &mut self.told, events)
    }

    /// Tells what is left.
    async fn finish(mut self, reason: FinishReason) -> Vec<Step> {
        let check = self.check;
        let (events, text) = check.finish(reason).await;
        let mut steps = tell(&mut self.sentences, &mut self.told, events);
        let rest = self.sentences.rest(&text);
        steps.extend((!rest.is_empty()).then(|| Step::Text(rest, Vec::new())));
        steps
    }
}

/// Tells each sentence that has been checked.
fn tell(sentences: &mut Sentences, told: &mut String, events: Vec<AnswerEvent>) -> Vec<Step> {
    let mut steps = Vec::new();
    for event in events {
        match event {
            AnswerEvent::Token { text } => told.push_str(&text),
            AnswerEvent::Sentence { sentence, citations } => {
                sentences.add_citations(&citations);
                steps.push(Step::Sentence(sentences.next(&sentence, told)));
            }
            // These come of whole answers only.
            AnswerEvent::Reading { .. }
            | AnswerEvent::Retrieved { .. }
            | AnswerEvent::Evidence { .. }
            | AnswerEvent::Done { .. }
            | AnswerEvent::Failed { .. } => {}
        }
    }
    steps
}
