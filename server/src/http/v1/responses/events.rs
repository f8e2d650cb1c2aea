//! A response as events, in the order that both specifications and the SDKs ask for. A response that is not streamed is
//! what the last of them holds.

mod hosted;

use axum::response::sse::Event;
use quire_engines::FinishReason;
use serde::Serialize;
use uuid::Uuid;

use super::input::CALL_PREFIX;
use super::resource::{Annotation, Failure, Incomplete, Item, Part, Resource, Status};
use crate::http::error::{ApiError, ErrorDetail};
use crate::http::state::now_seconds;
use crate::http::stream as sse;
use crate::http::turn::file_search::FileSearched;
use crate::http::turn::finished::Finished;
use crate::http::turn::marked::{Mark, Marked};
use crate::http::turn::step::{Ending, Step};
use crate::http::v1::content::{FileCitation, UrlCitation};
use crate::http::v1::reply::ToldToken;

/// What asks for the results of a search of files.
const RESULTS: &str = "file_search_call.results";

/// An event and its number.
#[derive(Debug, Serialize)]
pub struct StreamEvent {
    #[serde(rename = "type")]
    kind: &'static str,
    sequence_number: usize,
    #[serde(flatten)]
    body: Body,
}

/// What an event holds besides its type. The order of fields in the place of an item is that of the specifications.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Body {
    Response {
        response: Box<Resource>,
    },
    Item {
        output_index: usize,
        item: Item,
    },
    Part {
        item_id: String,
        output_index: usize,
        content_index: usize,
        part: Part,
    },
    Text {
        item_id: String,
        output_index: usize,
        content_index: usize,
        text: String,
        logprobs: Vec<ToldToken>,
    },
    TextDelta {
        item_id: String,
        output_index: usize,
        content_index: usize,
        delta: String,
        logprobs: Vec<ToldToken>,
    },
    Annotation {
        item_id: String,
        output_index: usize,
        content_index: usize,
        annotation_index: usize,
        annotation: Annotation,
    },
    Place {
        item_id: String,
        output_index: usize,
    },
    Arguments {
        item_id: String,
        output_index: usize,
        name: String,
        arguments: String,
    },
    McpArguments {
        item_id: String,
        output_index: usize,
        arguments: String,
    },
    ArgumentsDelta {
        item_id: String,
        output_index: usize,
        delta: String,
    },
    SummaryPart {
        item_id: String,
        output_index: usize,
        summary_index: usize,
        part: Part,
    },
    Summary {
        item_id: String,
        output_index: usize,
        summary_index: usize,
        text: String,
    },
    SummaryDelta {
        item_id: String,
        output_index: usize,
        summary_index: usize,
        delta: String,
    },
    /// OpenAI has it flat and Open Responses nested; a nested one makes SDKs raise it.
    Error {
        code: Option<String>,
        message: String,
        param: Option<String>,
        error: Box<ErrorDetail>,
    },
}

impl StreamEvent {
    /// Returns whether it tells what went wrong, and not how the response ended.
    pub fn is_error(&self) -> bool {
        matches!(self.body, Body::Error { .. })
    }

    /// Writes the event, which is named by its type.
    pub fn sse(&self) -> Event {
        sse::named(self.kind, self)
    }
}

/// Which item is open: the last of the output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Open {
    Message,
    Call,
    Reasoning,
}

/// Writes the steps of a reply as events.
pub struct Encoder {
    resource: Resource,
    base_url: String,
    /// Whether what a search of files found is told.
    are_results_told: bool,
    sequence: usize,
    open: Option<Open>,
    /// What the open item says.
    text: String,
    /// Its tokens, if their probabilities were asked for.
    tokens: Vec<ToldToken>,
    item_id: String,
    marked: Marked,
    done: Finished,
    failed: Option<ApiError>,
}

impl Encoder {
    /// Begins a response.
    pub fn new(resource: Resource, base_url: String, include: &[String]) -> Self {
        Self {
            resource,
            base_url,
            are_results_told: include.iter().any(|one| one == RESULTS),
            sequence: 0,
            open: None,
            text: String::new(),
            tokens: Vec::new(),
            item_id: String::new(),
            marked: Marked::default(),
            done: Finished::default(),
            failed: None,
        }
    }

    /// Writes the events that come before all others.
    pub fn begin(&mut self) -> Vec<StreamEvent> {
        ["response.created", "response.in_progress"].map(|kind| self.whole(kind)).into()
    }

    /// Shows the response as it is now.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns whether it has ended, and not because it failed.
    pub fn is_complete(&self) -> bool {
        matches!(self.resource.status, Status::Completed | Status::Incomplete)
    }

    /// Names the model that answers.
    pub fn name_model(&mut self, model: &str) {
        model.clone_into(&mut self.resource.model);
    }

    /// Gives the response when it has ended.
    pub fn finish(self) -> Result<Resource, ApiError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.resource),
        }
    }

    /// Writes a step.
    pub fn write(&mut self, step: Step) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        match &step {
            Step::Started(_) | Step::Evidence(_) | Step::End(_) | Step::Failed(_) => {}
            Step::Searched(searched) => self.search(searched, &mut events),
            Step::Hosted(step) => self.tell(step, &mut events),
            Step::Thought(delta) => {
                self.enter(Open::Reasoning, &mut events);
                self.text.push_str(delta);
                let (item_id, output_index, delta) =
                    (self.item_id.clone(), self.place(), delta.clone());
                let body = Body::SummaryDelta { item_id, output_index, summary_index: 0, delta };
                events.push(self.event("response.reasoning_summary_text.delta", body));
            }
            Step::Text(delta, tokens) => {
                self.enter(Open::Message, &mut events);
                self.marked.text(delta);
                let tokens = tokens.iter().map(ToldToken::of).collect();
                events.push(self.say(delta.clone(), tokens));
            }
            Step::Sentence(cited) => {
                self.enter(Open::Message, &mut events);
                let known = self.marked.marks.len();
                let delta = self.marked.sentence(cited);
                events.push(self.say(delta, Vec::new()));
                for annotation_index in known..self.marked.marks.len() {
                    let annotation = self.annotation(&self.marked.marks[annotation_index]);
                    let (item_id, output_index) = (self.item_id.clone(), self.place());
                    let body = Body::Annotation {
                        item_id,
                        output_index,
                        content_index: 0,
                        annotation_index,
                        annotation,
                    };
                    events.push(self.event("response.output_text.annotation.added", body));
                }
            }
            Step::Call(call) => {
                self.close(Status::Completed, &mut events);
                self.open = Some(Open::Call);
                self.item_id = format!("fc_{}", call.id);
                let item = Item::FunctionCall {
                    id: self.item_id.clone(),
                    call_id: format!("{CALL_PREFIX}{}", call.id),
                    name: call.name.clone(),
                    arguments: String::new(),
                    status: Status::InProgress,
                };
                self.add(item, &mut events);
            }
            Step::Arguments(delta) => {
                self.text.push_str(delta);
                let (item_id, output_index, delta) =
                    (self.item_id.clone(), self.place(), delta.clone());
                let body = Body::ArgumentsDelta { item_id, output_index, delta };
                events.push(self.event("response.function_call_arguments.delta", body));
            }
        }
        match step {
            Step::Failed(error) => self.fail(error, &mut events),
            Step::End(Ending { reason, usage, answer }) => {
                self.resource.usage = Some(usage.into());
                self.end(reason, &mut events);
                self.hear(Step::End(Ending { reason, usage, answer }));
            }
            step => self.hear(step),
        }
        events
    }

    fn hear(&mut self, step: Step) {
        self.failed = self.done.take(step).err();
    }

    fn end(&mut self, reason: FinishReason, events: &mut Vec<StreamEvent>) {
        let (status, kind) = match reason {
            FinishReason::Stop | FinishReason::ToolCalls => {
                (Status::Completed, "response.completed")
            }
            FinishReason::Length => (Status::Incomplete, "response.incomplete"),
        };
        self.close(status, events);
        self.resource.status = status;
        match status {
            Status::Incomplete => {
                let reason = "max_output_tokens";
                self.resource.incomplete_details = Some(Incomplete { reason });
            }
            Status::InProgress | Status::Completed | Status::Failed => {
                self.resource.completed_at = Some(now_seconds());
            }
        }
        let last = self.whole(kind);
        events.push(last);
    }

    fn fail(&mut self, error: ApiError, events: &mut Vec<StreamEvent>) {
        self.close(Status::Incomplete, events);
        let detail = error.detail.clone();
        let code = detail.code.clone().unwrap_or_else(|| detail.kind.clone());
        self.resource.status = Status::Failed;
        self.resource.error = Some(Failure { code, message: detail.message.clone() });
        let body = Body::Error {
            code: detail.code.clone(),
            message: detail.message.clone(),
            param: detail.param.clone(),
            error: detail,
        };
        let event = self.event("error", body);
        let last = self.whole("response.failed");
        events.extend([event, last]);
        self.failed = Some(error);
    }

    /// Goes on with the words of the open message.
    fn say(&mut self, delta: String, logprobs: Vec<ToldToken>) -> StreamEvent {
        self.text.push_str(&delta);
        self.tokens.extend_from_slice(&logprobs);
        let (item_id, output_index) = (self.item_id.clone(), self.place());
        let body = Body::TextDelta { item_id, output_index, content_index: 0, delta, logprobs };
        self.event("response.output_text.delta", body)
    }

    /// Begins an item unless one of its kind is open.
    fn enter(&mut self, next: Open, events: &mut Vec<StreamEvent>) {
        if self.open == Some(next) {
            return;
        }
        self.close(Status::Completed, events);
        self.open = Some(next);
        let id = Uuid::new_v4().simple();
        if next == Open::Reasoning {
            self.item_id = format!("rs_{id}");
            self.add(Item::Reasoning { id: self.item_id.clone(), summary: Vec::new() }, events);
            let (item_id, output_index) = (self.item_id.clone(), self.place());
            let part = Part::SummaryText { text: String::new() };
            let body = Body::SummaryPart { item_id, output_index, summary_index: 0, part };
            events.push(self.event("response.reasoning_summary_part.added", body));
            return;
        }
        self.item_id = format!("msg_{id}");
        self.marked = Marked::default();
        let item = Item::Message {
            id: self.item_id.clone(),
            status: Status::InProgress,
            role: "assistant",
            content: Vec::new(),
        };
        self.add(item, events);
        let part = self.text_part();
        let (item_id, output_index) = (self.item_id.clone(), self.place());
        let body = Body::Part { item_id, output_index, content_index: 0, part };
        events.push(self.event("response.content_part.added", body));
    }

    /// Ends the item that is open.
    fn close(&mut self, status: Status, events: &mut Vec<StreamEvent>) {
        let Some(open) = self.open.take() else { return };
        let (item_id, output_index, text) = (self.item_id.clone(), self.place(), self.text.clone());
        match open {
            Open::Message => {
                let part = self.text_part();
                let body = Body::Text {
                    item_id: item_id.clone(),
                    output_index,
                    content_index: 0,
                    text,
                    logprobs: self.tokens.clone(),
                };
                events.push(self.event("response.output_text.done", body));
                let done = part.clone();
                let body = Body::Part { item_id, output_index, content_index: 0, part: done };
                events.push(self.event("response.content_part.done", body));
                if let Some(Item::Message { content, status: old, .. }) =
                    self.resource.output.last_mut()
                {
                    content.push(part);
                    *old = status;
                }
            }
            Open::Reasoning => {
                let body = Body::Summary {
                    item_id: item_id.clone(),
                    output_index,
                    summary_index: 0,
                    text: text.clone(),
                };
                events.push(self.event("response.reasoning_summary_text.done", body));
                let part = Part::SummaryText { text };
                let done = part.clone();
                let body =
                    Body::SummaryPart { item_id, output_index, summary_index: 0, part: done };
                events.push(self.event("response.reasoning_summary_part.done", body));
                if let Some(Item::Reasoning { summary, .. }) = self.resource.output.last_mut() {
                    summary.push(part);
                }
            }
            Open::Call => {
                let mut called = String::new();
                if let Some(Item::FunctionCall { name, arguments, status: old, .. }) =
                    self.resource.output.last_mut()
                {
                    called.clone_from(name);
                    arguments.clone_from(&text);
                    *old = status;
                }
                let body = Body::Arguments { item_id, output_index, name: called, arguments: text };
                events.push(self.event("response.function_call_arguments.done", body));
            }
        }
        self.text.clear();
        self.tokens.clear();
        if let Some(item) = self.resource.output.last().cloned() {
            let body = Body::Item { output_index, item };
            events.push(self.event("response.output_item.done", body));
        }
    }

    /// Tells of a search of files, which is over when it is told.
    fn search(&mut self, searched: &FileSearched, events: &mut Vec<StreamEvent>) {
        self.close(Status::Completed, events);
        let id = format!("fs_{}", Uuid::new_v4().simple());
        let item = |status, results| Item::FileSearchCall {
            id: id.clone(),
            status,
            queries: searched.queries.clone(),
            results,
        };
        self.add(item(Status::InProgress, None), events);
        let output_index = self.place();
        for kind in [
            "response.file_search_call.in_progress",
            "response.file_search_call.searching",
            "response.file_search_call.completed",
        ] {
            let body = Body::Place { item_id: id.clone(), output_index };
            events.push(self.event(kind, body));
        }
        let results = self.are_results_told.then(|| searched.results.clone());
        let item = item(Status::Completed, results);
        if let Some(last) = self.resource.output.last_mut() {
            *last = item.clone();
        }
        let body = Body::Item { output_index, item };
        events.push(self.event("response.output_item.done", body));
    }

    /// Links a mark to its quote: to the file if files were searched.
    fn annotation(&self, mark: &Mark) -> Annotation {
        match self.done.searched {
            Some(_) => Annotation::FileCitation(FileCitation::of_mark(mark, &self.base_url)),
            None => Annotation::UrlCitation(UrlCitation::of_mark(mark, &self.base_url)),
        }
    }

    /// The words of the open message with their links.
    fn text_part(&self) -> Part {
        let annotations = self.marked.marks.iter().map(|mark| self.annotation(mark)).collect();
        Part::OutputText { text: self.text.clone(), annotations, logprobs: self.tokens.clone() }
    }

    fn add(&mut self, item: Item, events: &mut Vec<StreamEvent>) {
        self.resource.output.push(item.clone());
        let body = Body::Item { output_index: self.place(), item };
        events.push(self.event("response.output_item.added", body));
    }

    /// The number of the last item.
    fn place(&self) -> usize {
        self.resource.output.len().saturating_sub(1)
    }

    fn whole(&mut self, kind: &'static str) -> StreamEvent {
        let body = Body::Response { response: Box::new(self.resource.clone()) };
        self.event(kind, body)
    }

    fn event(&mut self, kind: &'static str, body: Body) -> StreamEvent {
        let sequence_number = self.sequence;
        self.sequence += 1;
        StreamEvent { kind, sequence_number, body }
    }
}
