//! The chunks of a streamed reply.

use async_stream::stream;
use axum::response::sse::Event;
use futures::stream::select_all;
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use super::{Extras, Telling};
use crate::http::lmstudio::stats::Stats;
use crate::http::stream as events;
use crate::http::turn::Turn;
use crate::http::turn::hosted::told::HostedStep;
use crate::http::turn::marked::Marked;
use crate::http::turn::step::{Ending, Step, Usage};
use crate::http::turn::timing::Timing;
use crate::http::v1::content::{Annotation, Details, Linked};
use crate::http::v1::mcp::items::McpItem;
use crate::http::v1::reply::{Frame, probabilities, usage_json, word};

/// One of the replies that are told at once.
struct Choice {
    index: usize,
    timing: Timing,
    marked: Marked,
    /// How many tools it has called.
    calls: usize,
    /// How many items it has told of tools of servers.
    hosted: usize,
    /// Where its marks lead.
    linked: Linked,
}

/// Streams replies: of each one role, evidence if it is told, text, calls, annotations and reason, and behind all of them
/// the account if it is wanted.
pub fn stream_chunks(
    chunks: Chunks,
    turns: Vec<Turn>,
    telling: Telling,
) -> impl Stream<Item = Event> + Send {
    let mut choices = Vec::with_capacity(turns.len());
    let mut steps = Vec::with_capacity(turns.len());
    for (index, turn) in turns.into_iter().enumerate() {
        let marked = Marked::default();
        choices.push(Choice {
            index,
            timing: turn.timing,
            marked,
            calls: 0,
            hosted: 0,
            linked: Linked::Quotes,
        });
        steps.push(turn.steps.map(move |step| (index, step)));
    }
    stream! {
        for choice in &choices {
            yield chunks.delta(choice, json!({"role": "assistant", "content": ""}));
        }
        let mut usages = Vec::new();
        let mut steps = select_all(steps);
        while let Some((index, step)) = steps.next().await {
            let Some(choice) = choices.get_mut(index) else { continue };
            if let Step::Failed(error) = step {
                yield events::data(&error.body());
                return;
            }
            if let Step::End(end) = &step {
                usages.push(end.usage);
            }
            for event in choice.write(step, (&chunks, &telling)) {
                yield event;
            }
        }
        if chunks.includes_usage {
            yield chunks.account(Usage::of_choices(&usages));
        }
        yield Event::default().data("[DONE]");
    }
}

impl Choice {
    /// Tells a step.
    fn write(&mut self, step: Step, (chunks, telling): (&Chunks, &Telling)) -> Vec<Event> {
        let shape = telling.shape;
        self.timing.hear(&step);
        let delta = match step {
            // What failed was told before.
            Step::Started(_) | Step::Failed(_) => return Vec::new(),
            Step::Searched(_) => {
                self.linked = Linked::Files;
                return Vec::new();
            }
            Step::Evidence(quotes) => {
                let quotes = telling.evidence(&quotes);
                if quotes.is_empty() {
                    return Vec::new();
                }
                let annotations = Annotation::of_evidence(quotes, &telling.base_url);
                json!({"annotations": annotations, "quire": {"evidence": quotes}})
            }
            Step::Hosted(step) => return self.tell(&step, (chunks, telling)),
            Step::Thought(text) => json!({"reasoning_content": text}),
            Step::Call(call) => {
                self.calls += 1;
                shape.begin(self.calls - 1, &call)
            }
            Step::Arguments(text) => shape.more(self.calls.saturating_sub(1), &text),
            Step::Text(text, tokens) => {
                self.marked.text(&text);
                let tokens = probabilities(&tokens, telling.top_logprobs);
                return vec![chunks.delta_with(self, (json!({"content": text}), tokens))];
            }
            Step::Sentence(cited) => json!({"content": self.marked.sentence(&cited)}),
            Step::End(ending) => return self.end(ending, (chunks, telling)),
        };
        vec![chunks.delta(self, delta)]
    }

    /// Tells what is done with tools of servers. A call that waits for somebody's word is a call to those who know no
    /// servers. Items are numbered, since the SDK of OpenAI puts lists together by number.
    fn tell(&mut self, step: &HostedStep, (chunks, telling): (&Chunks, &Telling)) -> Vec<Event> {
        let mut events = Vec::new();
        if let HostedStep::Wanted(wanted) = step {
            self.calls += 1;
            let index = self.calls - 1;
            let begin = telling.shape.begin(index, &wanted.call);
            events.push(chunks.delta(self, begin));
            if !wanted.call.arguments.is_empty() {
                let more = telling.shape.more(index, &wanted.call.arguments);
                events.push(chunks.delta(self, more));
            }
        }
        if let Some(item) = McpItem::of_chat(step) {
            let mut item = json!(item);
            item["index"] = self.hosted.into();
            self.hosted += 1;
            events.push(chunks.delta(self, json!({"mcp": [item]})));
        }
        events
    }

    fn end(&self, ending: Ending, (chunks, telling): (&Chunks, &Telling)) -> Vec<Event> {
        let Ending { reason, usage, answer } = ending;
        let mut last = Vec::new();
        let annotations =
            || Annotation::of_marks(&self.marked.marks, (self.linked, &telling.base_url));
        if let Some(answer) = answer {
            let details = Details::of(&answer, telling.evidence(&answer.evidence));
            let delta = json!({"annotations": annotations(), "quire": details});
            last.push(chunks.delta(self, delta));
        } else if self.linked == Linked::Files {
            // The model answered in its own chat, with what was found before it.
            last.push(chunks.delta(self, json!({"annotations": annotations()})));
        }
        let stats =
            (telling.extras == Extras::Stats).then(|| Stats::of(&self.timing, usage, reason));
        let reason = telling.shape.reason(word(reason));
        last.push(chunks.end(self, (reason, usage.dropped), stats));
        last
    }
}

/// Makes the chunks of one streamed reply.
pub struct Chunks {
    /// What they have in common.
    pub frame: Frame,
    /// Whether the account of tokens is wanted.
    pub includes_usage: bool,
}

impl Chunks {
    /// A chunk with more of a message.
    fn delta(&self, choice: &Choice, delta: Value) -> Event {
        self.delta_with(choice, (delta, Value::Null))
    }

    fn delta_with(&self, choice: &Choice, (delta, probabilities): (Value, Value)) -> Event {
        events::data(&self.chunk(&json!({
            "index": choice.index, "delta": delta, "logprobs": probabilities,
            "finish_reason": null,
        })))
    }

    /// The chunk behind a message: why it ended, and how many tokens were forgotten to make room.
    fn end(
        &self,
        choice: &Choice,
        (reason, dropped): (&str, usize),
        stats: Option<Stats>,
    ) -> Event {
        let mut end = self.chunk(&json!({
            "index": choice.index, "delta": {}, "logprobs": null, "finish_reason": reason,
        }));
        if dropped > 0 {
            end["dropped_tokens"] = dropped.into();
        }
        if let Some(stats) = stats {
            end["stats"] = json!(stats);
        }
        events::data(&end)
    }

    /// The account of tokens.
    fn account(&self, usage: Usage) -> Event {
        let mut account = self.frame.with(json!([]));
        account["usage"] = usage_json(usage);
        events::data(&account)
    }

    fn chunk(&self, choice: &Value) -> Value {
        let mut chunk = self.frame.with(json!([choice]));
        if self.includes_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }
}
