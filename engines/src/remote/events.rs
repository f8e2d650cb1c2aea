//! A reply of an upstream, from the events of its stream to those of a generation.
//!
//! Servers differ in what they leave out: the mark at the end, the account of tokens, the reason. What must be there is
//! an end that tells of itself: a stream that only stops was cut off.

use quire_domain::SseParser;
use serde_json::Value;

use super::UpstreamFailure;
use super::failure::words_of;
use crate::chat::TextStream;
use crate::{FinishReason, GenerateEvent, TokenProbability};

/// More than this between two events is no stream of tokens.
const LONGEST_EVENT: usize = 8 << 20;

/// What is to be known of a request to read its reply.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The tokens of the prompt, estimated.
    pub prompt_tokens: usize,
    /// Texts before which the reply ends.
    pub stops: Vec<String>,
    /// Whether probabilities are told.
    pub probabilities: bool,
}

/// Reads a reply as it comes.
pub struct ReplyReader {
    expected: Expected,
    parser: SseParser,
    /// Bytes since the last event.
    pending: usize,
    text: TextStream,
    calls: usize,
    has_started: bool,
    has_passed: bool,
    is_over: bool,
    reason: Option<FinishReason>,
    account: Option<Account>,
    /// Counted if there is no account.
    pieces: usize,
}

/// The tokens of a reply as the upstream counts them.
#[derive(Clone, Copy)]
struct Account {
    prompt: usize,
    cached: usize,
    completion: usize,
}

impl ReplyReader {
    /// Waits for a reply.
    pub fn new(expected: Expected) -> Self {
        let text = TextStream::new(&expected.stops);
        Self {
            expected,
            parser: SseParser::default(),
            pending: 0,
            text,
            calls: 0,
            has_started: false,
            has_passed: false,
            is_over: false,
            reason: None,
            account: None,
            pieces: 0,
        }
    }

    /// Returns whether anything of the reply has been told.
    pub fn has_passed(&self) -> bool {
        self.has_passed
    }

    /// Returns whether nothing more is to be read.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes more bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<GenerateEvent>, UpstreamFailure> {
        self.pending += bytes.len();
        let mut told = Vec::new();
        for event in self.parser.push(bytes) {
            self.pending = 0;
            told.extend(self.take(&event.data)?);
        }
        if self.pending > LONGEST_EVENT {
            let problem = format!("an event has more than {} MiB", LONGEST_EVENT >> 20);
            return Err(UpstreamFailure::Unreadable { problem });
        }
        Ok(told)
    }

    /// Ends the reply when the stream has.
    pub fn end(&mut self) -> Result<Vec<GenerateEvent>, UpstreamFailure> {
        // Some servers leave out the blank line behind the last event.
        let mut told = if self.is_over {
            Vec::new()
        } else {
            self.push(b"\n\n").map_err(|failure| match failure {
                UpstreamFailure::Unreadable { .. } => UpstreamFailure::BrokenOff,
                other => other,
            })?
        };
        if !self.is_over && self.reason.is_none() {
            return Err(UpstreamFailure::BrokenOff);
        }
        let held = std::mem::replace(&mut self.text, TextStream::new(&[])).finish();
        if !held.is_empty() {
            self.tell(&mut told, GenerateEvent::Text(held));
        }
        self.start(&mut told);
        if let Some(account) = self.account {
            told.push(GenerateEvent::Started {
                prompt_tokens: account.prompt,
                cached_tokens: account.cached,
            });
        }
        let reason = match self.reason.unwrap_or(FinishReason::Stop) {
            FinishReason::Stop if self.calls > 0 => FinishReason::ToolCalls,
            reason => reason,
        };
        let completion_tokens = self.account.map_or(self.pieces, |account| account.completion);
        told.push(GenerateEvent::Finished { reason, completion_tokens });
        Ok(told)
    }

    /// Takes the data of one event, or a whole reply.
    pub fn take(&mut self, data: &str) -> Result<Vec<GenerateEvent>, UpstreamFailure> {
        let mut told = Vec::new();
        if self.is_over || data.trim().is_empty() {
            return Ok(told);
        }
        if data.trim() == "[DONE]" {
            self.is_over = true;
            return Ok(told);
        }
        let unreadable =
            |problem: &str| UpstreamFailure::Unreadable { problem: problem.to_owned() };
        let json: Value =
            serde_json::from_str(data).map_err(|_| unreadable("an event is no JSON"))?;
        if json.get("error").is_some_and(|error| !error.is_null()) {
            return Err(UpstreamFailure::GaveUp { message: words_of(&json) });
        }
        if !json.is_object() {
            return Err(unreadable("an event is no object"));
        }
        self.account = json.get("usage").and_then(read_account).or(self.account);
        let choices = json.get("choices").and_then(Value::as_array);
        if let Some(choice) = choices.and_then(|choices| choices.first()) {
            self.take_choice(choice, &mut told)?;
        }
        Ok(told)
    }

    fn take_choice(
        &mut self,
        choice: &Value,
        told: &mut Vec<GenerateEvent>,
    ) -> Result<(), UpstreamFailure> {
        if self.expected.probabilities {
            for token in choice.get("logprobs").map(read_tokens).unwrap_or_default() {
                self.tell(told, token);
            }
        }
        let delta = choice.get("delta").or_else(|| choice.get("message"));
        let piece = |name: &str| {
            let text = delta?.get(name)?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        if let Some(thought) = piece("reasoning_content").or_else(|| piece("reasoning")) {
            self.pieces += 1;
            self.tell(told, GenerateEvent::Thought(thought));
        }
        let plain = || choice.get("text").and_then(Value::as_str).map(str::to_owned);
        if let Some(text) = piece("content").or_else(|| piece("refusal")).or_else(plain) {
            self.pieces += 1;
            self.take_text(&text, told);
        }
        let calls = delta.and_then(|delta| delta.get("tool_calls")).and_then(Value::as_array);
        for (position, call) in calls.into_iter().flatten().enumerate() {
            self.take_call(position, call, told)?;
        }
        match choice.get("finish_reason").and_then(Value::as_str) {
            None => {}
            Some("length" | "max_tokens") => self.reason = Some(FinishReason::Length),
            Some("tool_calls" | "function_call") => self.reason = Some(FinishReason::ToolCalls),
            Some("content_filter") => {
                let message = "its filter ended it".to_owned();
                return Err(UpstreamFailure::GaveUp { message });
            }
            Some(_) => self.reason = Some(FinishReason::Stop),
        }
        Ok(())
    }

    fn take_text(&mut self, text: &str, told: &mut Vec<GenerateEvent>) {
        if self.is_over {
            return;
        }
        let step = self.text.push(text.as_bytes());
        if !step.text.is_empty() {
            self.tell(told, GenerateEvent::Text(step.text));
        }
        if step.stopped {
            self.is_over = true;
            self.reason = Some(FinishReason::Stop);
        }
    }

    /// Takes a piece of a call. Calls follow each other, so that pieces of an earlier one have no place any more.
    fn take_call(
        &mut self,
        position: usize,
        call: &Value,
        told: &mut Vec<GenerateEvent>,
    ) -> Result<(), UpstreamFailure> {
        let index = call.get("index").and_then(Value::as_u64).map_or(position, |it| it as usize);
        let text = |name: &str| call.pointer(name).and_then(Value::as_str).unwrap_or_default();
        let (name, arguments) = (text("/function/name"), text("/function/arguments"));
        let problem = match index + 1 {
            number if number == self.calls => None,
            number if number == self.calls + 1 && !name.is_empty() => {
                self.calls = number;
                self.tell(told, GenerateEvent::Call { name: name.to_owned() });
                None
            }
            _ => Some("the pieces of its calls are out of order"),
        };
        if let Some(problem) = problem {
            return Err(UpstreamFailure::Unreadable { problem: problem.to_owned() });
        }
        if !arguments.is_empty() {
            self.pieces += 1;
            self.tell(told, GenerateEvent::Arguments(arguments.to_owned()));
        }
        Ok(())
    }

    fn tell(&mut self, told: &mut Vec<GenerateEvent>, event: GenerateEvent) {
        self.start(told);
        self.has_passed = true;
        told.push(event);
    }

    /// Says once that the prompt was read.
    fn start(&mut self, told: &mut Vec<GenerateEvent>) {
        if !std::mem::replace(&mut self.has_started, true) {
            let prompt_tokens = self.expected.prompt_tokens;
            told.push(GenerateEvent::Started { prompt_tokens, cached_tokens: 0 });
        }
    }
}

fn read_account(usage: &Value) -> Option<Account> {
    let number = |place: &str| Some(usage.pointer(place)?.as_u64()? as usize);
    Some(Account {
        prompt: number("/prompt_tokens")?,
        cached: number("/prompt_tokens_details/cached_tokens").unwrap_or(0),
        completion: number("/completion_tokens")?,
    })
}

/// Reads the tokens and their probabilities, in the shape of chats or in the older one.
fn read_tokens(logprobs: &Value) -> Vec<GenerateEvent> {
    if let Some(tokens) = logprobs.get("content").and_then(Value::as_array) {
        let read = |token: &Value| {
            let likeliest = token.get("top_logprobs").and_then(Value::as_array);
            let top_logprobs = likeliest.into_iter().flatten().filter_map(read_token).collect();
            Some(GenerateEvent::Token { chosen: read_token(token)?, top_logprobs })
        };
        return tokens.iter().filter_map(read).collect();
    }
    let list = |name: &str| logprobs.get(name).and_then(Value::as_array);
    let (Some(tokens), Some(numbers)) = (list("tokens"), list("token_logprobs")) else {
        return Vec::new();
    };
    let likeliest = list("top_logprobs");
    let read = |(index, (token, number)): (usize, (&Value, &Value))| {
        let others = likeliest.and_then(|all| all.get(index)).and_then(Value::as_object);
        let others = others.into_iter().flatten();
        let mut top_logprobs: Vec<TokenProbability> =
            others.filter_map(|(token, number)| Some(of_text(token, number.as_f64()?))).collect();
        top_logprobs.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
        let chosen = of_text(token.as_str()?, number.as_f64()?);
        Some(GenerateEvent::Token { chosen, top_logprobs })
    };
    tokens.iter().zip(numbers).enumerate().filter_map(read).collect()
}

fn read_token(token: &Value) -> Option<TokenProbability> {
    let number = token.get("logprob")?.as_f64()?;
    let bytes = token.get("bytes").and_then(Value::as_array).map(|bytes| {
        bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect::<Vec<u8>>()
    });
    let text = token.get("token")?.as_str()?;
    let told = of_text(text, number);
    Some(TokenProbability { bytes: bytes.unwrap_or(told.bytes), ..told })
}

fn of_text(token: &str, number: f64) -> TokenProbability {
    // No logarithm of a probability is above 0, whatever rounding says.
    TokenProbability { bytes: token.as_bytes().to_vec(), log_probability: number.min(0.0) as f32 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reader(stops: &[&str]) -> ReplyReader {
        let stops = stops.iter().map(|stop| (*stop).to_owned()).collect();
        ReplyReader::new(Expected { prompt_tokens: 9, stops, probabilities: true })
    }

    /// Reads events and says what they came to, in short.
    fn read(reader: &mut ReplyReader, events: &[Value]) -> Result<Vec<String>, UpstreamFailure> {
        let mut told = Vec::new();
        for event in events {
            told.extend(reader.push(format!("data: {event}\n\n").as_bytes())?);
            if reader.is_over() {
                break;
            }
        }
        told.extend(reader.end()?);
        Ok(told.iter().map(short).collect())
    }

    fn short(event: &GenerateEvent) -> String {
        match event {
            GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                format!("started {prompt_tokens} {cached_tokens}")
            }
            GenerateEvent::Token { chosen, top_logprobs } => {
                let token = String::from_utf8_lossy(&chosen.bytes);
                format!("token {token} {}", top_logprobs.len())
            }
            GenerateEvent::Thought(text) => format!("thought {text}"),
            GenerateEvent::Text(text) => format!("text {text}"),
            GenerateEvent::Call { name } => format!("call {name}"),
            GenerateEvent::Arguments(text) => format!("arguments {text}"),
            GenerateEvent::Dropped { tokens } => format!("dropped {tokens}"),
            GenerateEvent::Finished { reason, completion_tokens } => {
                format!("finished {reason:?} {completion_tokens}")
            }
            GenerateEvent::Failed(error) => format!("failed {error}"),
        }
    }

    fn delta(delta: &Value) -> Value {
        json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn end(reason: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    #[test]
    fn a_reply_is_told_with_its_thought_tokens_and_account() {
        let mut word = delta(&json!({"content": "Yes"}));
        word["choices"][0]["logprobs"] = json!({"content": [{
            "token": "Yes", "logprob": -0.1, "bytes": [89, 101, 115],
            "top_logprobs": [{"token": "Yes", "logprob": -0.1}, {"token": "No", "logprob": -2.0}],
        }]});
        let usage = json!({"choices": [], "usage": {
            "prompt_tokens": 7, "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 4},
        }});
        let events = [
            delta(&json!({"role": "assistant", "content": ""})),
            delta(&json!({"reasoning_content": "Hm."})),
            word,
            end("stop"),
            usage,
        ];
        let told = read(&mut reader(&[]), &events).expect("a reply");
        assert_eq!(
            told,
            [
                "started 9 0",
                "thought Hm.",
                "token Yes 2",
                "text Yes",
                "started 7 4",
                "finished Stop 2"
            ]
        );
    }

    #[test]
    fn calls_follow_each_other() {
        let call = |index: u32, function: &Value| {
            delta(&json!({"tool_calls": [{"index": index, "function": function}]}))
        };
        let events = [
            call(0, &json!({"name": "a", "arguments": ""})),
            call(0, &json!({"arguments": "{}"})),
            call(1, &json!({"name": "b", "arguments": "{\"x\":"})),
            call(1, &json!({"arguments": "1}"})),
            end("stop"),
        ];
        let told = read(&mut reader(&[]), &events).expect("a reply");
        let expected = [
            "started 9 0",
            "call a",
            "arguments {}",
            "call b",
            "arguments {\"x\":",
            "arguments 1}",
            "finished ToolCalls 3",
        ];
        assert_eq!(told, expected);
        let back = [events[0].clone(), events[2].clone(), events[1].clone()];
        let failure = read(&mut reader(&[]), &back).expect_err("it goes back");
        assert!(failure.to_string().contains("out of order"), "{failure}");
    }

    #[test]
    fn stop_texts_hold_even_if_the_upstream_passes_over_them() {
        let word = |text: &str| delta(&json!({"content": text}));
        let events = [word("one E"), word("ND two")];
        let told = read(&mut reader(&["END"]), &events).expect("it ends");
        assert_eq!(told, ["started 9 0", "text one ", "finished Stop 2"]);
        let told = read(&mut reader(&["END"]), &[word("one E"), end("length")]).expect("it ends");
        assert_eq!(told, ["started 9 0", "text one ", "text E", "finished Length 1"]);
    }

    #[test]
    fn a_stream_that_only_stops_was_cut_off() {
        let word = || delta(&json!({"content": "one"}));
        assert_eq!(read(&mut reader(&[]), &[word()]), Err(UpstreamFailure::BrokenOff));
        let mut half = reader(&[]);
        half.push(b"data: {\"choices\": [{\"del").expect("it may go on");
        assert_eq!(half.end().expect_err("it did not"), UpstreamFailure::BrokenOff);
        let mut done = reader(&[]);
        done.push(b"data: [DONE]").expect("the line has no end");
        let told: Vec<String> = done.end().expect("it is the end").iter().map(short).collect();
        assert_eq!(told, ["started 9 0", "finished Stop 0"]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let check = |data: &[u8], words: &str| {
            let failure = reader(&[]).push(data).expect_err("it is broken").to_string();
            assert!(failure.contains(words), "{failure}");
        };
        check(b"data: <html>\n\n", "no JSON");
        check(b"data: 7\n\n", "no object");
        check(b"data: {\"error\": {\"message\": \"out of memory\"}}\n\n", "out of memory");
        check(&vec![b'x'; LONGEST_EVENT + 1], "more than 8 MiB");
        let filtered = end("content_filter").to_string();
        check(format!("data: {filtered}\n\n").as_bytes(), "filter");
    }
}
