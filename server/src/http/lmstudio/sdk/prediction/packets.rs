//! A prediction as packets: the prompt was read, fragments of words and thoughts, calls of tools as they grow, and the
//! account at the end.

use quire_engines::FinishReason;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::error::ApiError;
use crate::http::lmstudio::sdk::error::{Refusal, WireError};
use crate::http::lmstudio::sdk::history::{THOUGHT_BEGINS, THOUGHT_ENDS};
use crate::http::lmstudio::sdk::info::InstanceInfo;
use crate::http::lmstudio::sdk::kv::KvConfig;
use crate::http::lmstudio::stats::tokens_per_second;
use crate::http::turn::marked::Marked;
use crate::http::turn::step::{Call, Ending, Step, Usage};
use crate::http::turn::timing::Timing;

/// What is told of a prediction.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Packet {
    /// How much of the prompt was read.
    PromptProcessingProgress {
        /// 0 to 1.
        progress: f32,
        /// In tokens.
        details: PromptDetails,
    },
    /// More of what is said.
    Fragment {
        /// It.
        fragment: Fragment,
    },
    /// A call of a tool begins.
    ToolCallGenerationStart {
        /// What its result names it by.
        tool_call_id: String,
    },
    /// The tool is known.
    ToolCallGenerationNameReceived {
        /// It.
        name: String,
    },
    /// More of its arguments.
    ToolCallGenerationArgumentFragmentGenerated {
        /// A piece of JSON text.
        content: String,
    },
    /// The call is complete.
    ToolCallGenerationEnd {
        /// It.
        tool_call_request: ToolCallRequest,
    },
    /// The arguments of a call are no object.
    ToolCallGenerationFailed {
        /// What is wrong.
        error: WireError,
        /// As the model wrote them.
        raw_content: String,
    },
    /// The end.
    Success(Box<Success>),
}

/// How much of a prompt was read.
#[derive(Debug, Serialize)]
pub struct PromptDetails {
    #[serde(rename = "cachedTokenCount")]
    cached: usize,
    #[serde(rename = "totalPromptTokenCount")]
    total: usize,
    #[serde(rename = "processedPromptTokenCount")]
    processed: usize,
    #[serde(rename = "unprocessedPromptTokenCount")]
    unprocessed: usize,
}

/// A piece of what is said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fragment {
    content: String,
    /// Of a model's words one, since it tells a token at a time; of a checked sentence its words, which nobody cut.
    tokens_count: usize,
    contains_drafted: bool,
    reasoning_type: ReasoningType,
    is_structural: bool,
}

/// What a piece is a part of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
enum ReasoningType {
    None,
    Reasoning,
    ReasoningStartTag,
    ReasoningEndTag,
}

/// A call of a tool.
#[derive(Debug, Serialize)]
pub struct ToolCallRequest {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    arguments: Map<String, Value>,
}

/// What is told at the end.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Success {
    /// The account.
    pub stats: Stats,
    /// Who predicted.
    pub model_info: InstanceInfo,
    /// How they were loaded.
    pub load_model_config: KvConfig,
    /// What was asked for.
    pub prediction_config: KvConfig,
}

/// The account of a prediction.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    stop_reason: StopReason,
    tokens_per_second: f64,
    time_to_first_token_sec: f64,
    total_time_sec: f64,
    prompt_tokens_count: usize,
    predicted_tokens_count: usize,
    total_tokens_count: usize,
}

/// Why a prediction ended. An engine does not tell a stop text from its own end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
enum StopReason {
    EosFound,
    ToolCalls,
    MaxPredictedTokensReached,
    ContextLengthReached,
    UserStopped,
}

/// Writes the steps of a reply as packets.
pub struct Encoder {
    tells_thoughts: bool,
    token_limit: Option<usize>,
    timing: Timing,
    marked: Marked,
    is_thinking: bool,
    call: Option<Call>,
    usage: Usage,
    /// Fragments so far: what is told of a prediction that was stopped.
    told: usize,
    reason: StopReason,
}

impl Encoder {
    /// Begins; until it has ended a prediction counts as one that was stopped.
    pub fn new(tells_thoughts: bool, token_limit: Option<usize>) -> Self {
        Self {
            tells_thoughts,
            token_limit,
            timing: Timing::default(),
            marked: Marked::default(),
            is_thinking: false,
            call: None,
            usage: Usage::default(),
            told: 0,
            reason: StopReason::UserStopped,
        }
    }

    /// Notes when somebody began to reply.
    pub fn begin(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// Writes a step; one that failed is an error.
    pub fn write(&mut self, step: Step) -> Result<Vec<Packet>, ApiError> {
        self.timing.hear(&step);
        let mut packets = Vec::new();
        if !matches!(step, Step::Thought(_) | Step::Started(_)) {
            self.end_thought(&mut packets);
        }
        if !matches!(step, Step::Arguments(_)) {
            self.end_call(&mut packets);
        }
        match step {
            Step::Started(usage) => {
                self.usage = usage;
                packets.push(Packet::PromptProcessingProgress {
                    progress: 1.0,
                    details: PromptDetails {
                        cached: usage.cached,
                        total: usage.prompt,
                        processed: usage.prompt.saturating_sub(usage.cached),
                        unprocessed: 0,
                    },
                });
            }
            Step::Searched(_) | Step::Hosted(_) | Step::Evidence(_) => {}
            Step::Thought(text) => {
                if !std::mem::replace(&mut self.is_thinking, true) {
                    self.mark(THOUGHT_BEGINS, ReasoningType::ReasoningStartTag, &mut packets);
                }
                self.say(text, (1, ReasoningType::Reasoning), &mut packets);
            }
            Step::Text(text, _) => {
                self.marked.text(&text);
                self.say(text, (1, ReasoningType::None), &mut packets);
            }
            Step::Sentence(cited) => {
                let words = cited.text.split_whitespace().count();
                let text = self.marked.sentence(&cited);
                self.say(text, (words, ReasoningType::None), &mut packets);
            }
            Step::Call(call) => {
                self.told += 1;
                packets.push(Packet::ToolCallGenerationStart { tool_call_id: call.id.clone() });
                packets.push(Packet::ToolCallGenerationNameReceived { name: call.name.clone() });
                self.call = Some(call);
            }
            Step::Arguments(content) => {
                self.told += 1;
                if let Some(call) = &mut self.call {
                    call.arguments.push_str(&content);
                }
                packets.push(Packet::ToolCallGenerationArgumentFragmentGenerated { content });
            }
            Step::End(Ending { reason, usage, .. }) => {
                self.usage = usage;
                self.told = usage.completion;
                self.reason = self.reason_of(reason);
            }
            Step::Failed(error) => return Err(error),
        }
        Ok(packets)
    }

    fn reason_of(&self, reason: FinishReason) -> StopReason {
        match reason {
            FinishReason::Stop => StopReason::EosFound,
            FinishReason::ToolCalls => StopReason::ToolCalls,
            FinishReason::Length if self.token_limit.is_some_and(|limit| self.told >= limit) => {
                StopReason::MaxPredictedTokensReached
            }
            FinishReason::Length => StopReason::ContextLengthReached,
        }
    }

    /// Gives the account so far.
    pub fn stats(&self) -> Stats {
        let usage = Usage { completion: self.told, ..self.usage };
        Stats {
            stop_reason: self.reason,
            tokens_per_second: tokens_per_second(&self.timing, usage),
            time_to_first_token_sec: self.timing.reading().as_secs_f64(),
            total_time_sec: self.timing.total().as_secs_f64(),
            prompt_tokens_count: usage.prompt,
            predicted_tokens_count: usage.completion,
            total_tokens_count: usage.prompt + usage.completion,
        }
    }

    fn say(
        &mut self,
        content: String,
        (tokens_count, reasoning_type): (usize, ReasoningType),
        packets: &mut Vec<Packet>,
    ) {
        self.told += tokens_count;
        let is_structural =
            !matches!(reasoning_type, ReasoningType::None | ReasoningType::Reasoning);
        let reasoning_type = if self.tells_thoughts { reasoning_type } else { ReasoningType::None };
        let fragment = Fragment {
            content,
            tokens_count,
            contains_drafted: false,
            reasoning_type,
            is_structural,
        };
        packets.push(Packet::Fragment { fragment });
    }

    fn mark(&mut self, mark: &str, kind: ReasoningType, packets: &mut Vec<Packet>) {
        self.say(mark.to_owned(), (0, kind), packets);
    }

    fn end_thought(&mut self, packets: &mut Vec<Packet>) {
        if std::mem::take(&mut self.is_thinking) {
            self.mark(THOUGHT_ENDS, ReasoningType::ReasoningEndTag, packets);
        }
    }

    fn end_call(&mut self, packets: &mut Vec<Packet>) {
        let Some(Call { id, name, arguments }) = self.call.take() else { return };
        let read = match serde_json::from_str(&arguments) {
            _ if arguments.trim().is_empty() => Ok(Map::new()),
            read => read,
        };
        packets.push(match read {
            Ok(arguments) => Packet::ToolCallGenerationEnd {
                tool_call_request: ToolCallRequest { id, kind: "function", name, arguments },
            },
            Err(error) => {
                let message = format!("The arguments for `{name}` are no JSON object: {error}.");
                let error = WireError::from(Refusal::from(ApiError::invalid(message)));
                Packet::ToolCallGenerationFailed { error, raw_content: arguments }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(steps: Vec<Step>) -> (Vec<Value>, Stats) {
        let mut encoder = Encoder::new(true, Some(4));
        let packets: Vec<Packet> =
            steps.into_iter().flat_map(|step| encoder.write(step).expect("a step")).collect();
        (packets.iter().map(|packet| json!(packet)).collect(), encoder.stats())
    }

    fn end(reason: FinishReason, completion: usize) -> Step {
        let usage = Usage { prompt: 7, cached: 2, completion, ..Usage::default() };
        Step::End(Ending { reason, usage, answer: None })
    }

    #[test]
    fn thoughts_stand_between_marks_of_their_own() {
        let text = |text: &str| Step::Text(text.to_owned(), Vec::new());
        let (packets, stats) = written(vec![
            Step::Started(Usage { prompt: 7, cached: 2, ..Usage::default() }),
            Step::Thought("Hm".to_owned()),
            Step::Thought(".".to_owned()),
            text("Yes."),
            end(FinishReason::Stop, 5),
        ]);
        assert_eq!(packets[0]["details"]["processedPromptTokenCount"], 5);
        let told: Vec<(&Value, &Value)> = packets[1..]
            .iter()
            .map(|packet| (&packet["fragment"]["content"], &packet["fragment"]["reasoningType"]))
            .collect();
        let expected = [
            (json!("<think>"), json!("reasoningStartTag")),
            (json!("Hm"), json!("reasoning")),
            (json!("."), json!("reasoning")),
            (json!("</think>"), json!("reasoningEndTag")),
            (json!("Yes."), json!("none")),
        ];
        assert_eq!(told, expected.iter().map(|(text, kind)| (text, kind)).collect::<Vec<_>>());
        let stats = json!(stats);
        assert_eq!(
            (&stats["stopReason"], &stats["totalTokensCount"]),
            (&json!("eosFound"), &json!(12))
        );
    }

    #[test]
    fn calls_are_told_as_they_grow_and_whole_at_their_end() {
        let call = |name: &str| {
            Step::Call(Call { id: "1".to_owned(), name: name.to_owned(), arguments: String::new() })
        };
        let (packets, stats) = written(vec![
            call("add"),
            Step::Arguments("{\"a\":".to_owned()),
            Step::Arguments("1}".to_owned()),
            call("now"),
            call("bad"),
            Step::Arguments("{a".to_owned()),
            end(FinishReason::ToolCalls, 9),
        ]);
        let kinds: Vec<&str> =
            packets.iter().map(|packet| packet["type"].as_str().expect("a type")).collect();
        assert_eq!(
            kinds,
            [
                "toolCallGenerationStart",
                "toolCallGenerationNameReceived",
                "toolCallGenerationArgumentFragmentGenerated",
                "toolCallGenerationArgumentFragmentGenerated",
                "toolCallGenerationEnd",
                "toolCallGenerationStart",
                "toolCallGenerationNameReceived",
                "toolCallGenerationEnd",
                "toolCallGenerationStart",
                "toolCallGenerationNameReceived",
                "toolCallGenerationArgumentFragmentGenerated",
                "toolCallGenerationFailed",
            ]
        );
        let request = json!({"id": "1", "type": "function", "name": "add", "arguments": {"a": 1}});
        assert_eq!(packets[4]["toolCallRequest"], request);
        assert_eq!(packets[7]["toolCallRequest"]["arguments"], json!({}));
        assert_eq!(packets[11]["rawContent"], "{a");
        assert_eq!(json!(stats)["stopReason"], "toolCalls");
    }

    #[test]
    fn the_end_says_why() {
        let reason = |steps| json!(written(steps).1)["stopReason"].clone();
        assert_eq!(reason(vec![end(FinishReason::Length, 4)]), "maxPredictedTokensReached");
        assert_eq!(reason(vec![end(FinishReason::Length, 3)]), "contextLengthReached");
        let stopped = vec![Step::Text("One.".to_owned(), Vec::new())];
        assert_eq!(reason(stopped), "userStopped");
    }
}
