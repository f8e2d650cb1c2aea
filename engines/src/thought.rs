//! What a model thinks before it answers, told from the answer.
//!
//! Models that reason write their thoughts first, between marks of their family. Only the beginning
//! of a reply is looked at: marks further on are part of the answer.

use crate::GenerateEvent;
use crate::mark::unfinished_mark;

/// What begins and ends a thought: `DeepSeek` R1, Qwen3, `SmolLM3` and most others; Magistral.
const MARKS: [(&str, &str); 2] = [("<think>", "</think>"), ("[THINK]", "[/THINK]")];

/// A part of a reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// More of the thought.
    Thought(String),
    /// More of the answer.
    Text(String),
}

impl From<Part> for GenerateEvent {
    fn from(part: Part) -> Self {
        match part {
            Part::Thought(text) => Self::Thought(text),
            Part::Text(text) => Self::Text(text),
        }
    }
}

/// Takes a reply apart as it comes.
#[derive(Clone, Debug)]
pub struct ThoughtSplitter {
    state: State,
    /// What may yet turn out to begin a mark.
    held: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Beginning,
    /// In a thought that ends so.
    Thinking(&'static str),
    /// Behind a thought, before the first letter of the answer.
    Between,
    Answering,
}

/// Gives the end of the thought that a prompt leaves open, as some templates do.
#[cfg(any(feature = "llama", test))]
pub fn opened_by(prompt: &str) -> Option<&'static str> {
    let prompt = prompt.trim_end();
    MARKS.iter().find(|(open, _)| prompt.ends_with(open)).map(|(_, close)| *close)
}

/// Finds the marks that a chat template speaks of, if its model thinks.
#[cfg(feature = "llama")]
pub fn marks_in(template: &str) -> Option<(&'static str, &'static str)> {
    MARKS.into_iter().find(|(_, close)| template.contains(close))
}

impl ThoughtSplitter {
    /// Begins a reply; `inside` is the end of a thought that the prompt has begun already.
    pub fn new(inside: Option<&'static str>) -> Self {
        Self { state: inside.map_or(State::Beginning, State::Thinking), held: String::new() }
    }

    /// Begins a text that is no reply in a chat: everything is answer, whatever it begins with.
    pub fn of_text() -> Self {
        Self { state: State::Answering, held: String::new() }
    }

    /// Takes more of the reply.
    pub fn push(&mut self, text: &str) -> Vec<Part> {
        self.held.push_str(text);
        let mut parts = Vec::new();
        loop {
            match self.state {
                State::Beginning => {
                    let begun = self.held.trim_start();
                    let open = MARKS.iter().find(|(open, _)| begun.starts_with(open));
                    if let Some((open, close)) = open {
                        self.held = begun[open.len()..].to_owned();
                        self.state = State::Thinking(close);
                    } else if MARKS.iter().any(|(open, _)| open.starts_with(begun)) {
                        return parts;
                    } else {
                        self.state = State::Answering;
                    }
                }
                State::Thinking(close) => {
                    let (thought, is_over) = match self.held.find(close) {
                        Some(end) => (end, true),
                        None => (self.held.len() - unfinished_mark(&self.held, close), false),
                    };
                    let rest = self.held.split_off(thought);
                    let thought = std::mem::replace(&mut self.held, rest);
                    if !thought.is_empty() {
                        parts.push(Part::Thought(thought));
                    }
                    if !is_over {
                        return parts;
                    }
                    self.held.drain(..close.len());
                    self.state = State::Between;
                }
                State::Between => {
                    self.held = self.held.trim_start().to_owned();
                    if self.held.is_empty() {
                        return parts;
                    }
                    self.state = State::Answering;
                }
                State::Answering => {
                    if !self.held.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut self.held)));
                    }
                    return parts;
                }
            }
        }
    }

    /// Gives what was held back, when no more comes.
    pub fn finish(self) -> Option<Part> {
        match self.state {
            _ if self.held.is_empty() => None,
            State::Thinking(_) => Some(Part::Thought(self.held)),
            State::Beginning | State::Between | State::Answering => Some(Part::Text(self.held)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a reply a piece at a time, and joins what is of a kind.
    fn run(inside: Option<&'static str>, pieces: &[&str]) -> (String, String) {
        let mut splitter = ThoughtSplitter::new(inside);
        let mut parts: Vec<Part> = pieces.iter().flat_map(|piece| splitter.push(piece)).collect();
        parts.extend(splitter.finish());
        let (mut thought, mut text) = (String::new(), String::new());
        for part in parts {
            match part {
                Part::Thought(more) => thought.push_str(&more),
                Part::Text(more) => text.push_str(&more),
            }
        }
        (thought, text)
    }

    #[test]
    fn a_thought_is_told_from_the_answer_however_the_reply_is_cut() {
        for (reply, thought, text) in [
            ("<think>\nHm.\n</think>\n\nYes.", "\nHm.\n", "Yes."),
            ("\n<think></think>Yes.", "", "Yes."),
            ("[THINK]a < b[/THINK]Yes.", "a < b", "Yes."),
            ("Yes. <think>no thought</think>", "", "Yes. <think>no thought</think>"),
            ("<b>Yes</b>", "", "<b>Yes</b>"),
            ("<think>never ends </thin", "never ends </thin", ""),
            ("<thi", "", "<thi"),
            ("", "", ""),
        ] {
            let expected = (thought.to_owned(), text.to_owned());
            assert_eq!(run(None, &[reply]), expected, "{reply:?} as a whole");
            let letters: Vec<String> = reply.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            assert_eq!(run(None, &letters), expected, "{reply:?} by letters");
        }
    }

    #[test]
    fn a_prompt_may_have_begun_the_thought() {
        let inside = opened_by("<|assistant|><think>\n");
        assert_eq!(run(inside, &["Hm.</th", "ink>\n", "Yes."]), ("Hm.".into(), "Yes.".into()));
        assert_eq!(opened_by("<|assistant|>"), None);
    }
}
