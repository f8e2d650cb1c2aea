//! The ways in which models write thoughts and calls, told by the text of their templates.

use std::sync::Arc;

use super::Reader;
use super::deepseek::{self, DeepSeek};
use super::fence::Fence;
use super::listed::{Listed, Listing};
use super::recipient::Recipient;
use super::tags::Tags;
use crate::chat::tool::Tool;

/// What begins and ends a thought: `DeepSeek` R1, Qwen3, `SmolLM3` and most others; Magistral.
pub(super) const THOUGHTS: [(&str, &str); 2] = [("<think>", "</think>"), ("[THINK]", "[/THINK]")];

/// Gives the end of the thought that a prompt leaves open, as some templates do.
pub(super) fn thought_opened_by(prompt: &str) -> Option<&'static str> {
    let prompt = prompt.trim_end();
    THOUGHTS.iter().find(|(open, _)| prompt.ends_with(open)).map(|(_, close)| *close)
}

/// Finds the marks of thought that a chat template speaks of, if its model thinks.
pub fn thought_marks_in(template: &str) -> Option<(&'static str, &'static str)> {
    THOUGHTS.into_iter().find(|(_, close)| template.contains(close))
}

/// What begins a call, or several.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Opener {
    /// Hermes and Qwen: `<tool_call>{"name": .., "arguments": {..}}</tool_call>`. Qwen3-Coder has
    /// `<function=name><parameter=key>value</parameter></function>` inside.
    ToolCall,
    /// Functionary 3.1 and Llama 3.1's own tools: `<function=name>{..}</function>`.
    Function,
    /// Llama 3: `<|python_tag|>{"name": .., "parameters": {..}}`.
    PythonTag,
    /// Mistral: `[TOOL_CALLS][{"name": .., "arguments": {..}}]`, later `[TOOL_CALLS]name[ARGS]{..}`.
    Mistral,
    /// `DeepSeek`: see [`DeepSeek`].
    DeepSeek,
    /// Gemma: a fence of code that calls, in Python or JSON.
    CodeFence,
    /// Gemma: a fence of JSON.
    JsonFence,
    /// Functionary 3.2: `>>>name` and a line with the arguments, or `>>>all` and the answer.
    Recipient,
    /// An object at the beginning of the answer, without a mark: Llama 3, and small models of all kinds.
    Bare,
}

/// Openers, and what a template holds whose model writes them.
const KNOWN: &[(&str, &[Opener])] = &[
    ("<tool_call>", &[Opener::ToolCall]),
    ("<function=", &[Opener::Function]),
    ("<|start_header_id|>", &[Opener::PythonTag]),
    ("<|python_tag|>", &[Opener::PythonTag]),
    ("[TOOL_CALLS]", &[Opener::Mistral]),
    (deepseek::CALLS, &[Opener::DeepSeek]),
    (">>>", &[Opener::Recipient]),
    ("<start_of_turn>", &[Opener::CodeFence, Opener::JsonFence]),
];

impl Opener {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::ToolCall => "<tool_call>",
            Self::Function => "<function=",
            Self::PythonTag => "<|python_tag|>",
            Self::Mistral => "[TOOL_CALLS]",
            Self::DeepSeek => deepseek::CALLS,
            Self::CodeFence => "```tool_code",
            Self::JsonFence => "```json",
            Self::Recipient => ">>>",
            Self::Bare => "{",
        }
    }

    /// Tokens that vocabularies hold apart from text, and that have to be read nevertheless.
    pub(super) fn special_tokens(self) -> &'static [&'static str] {
        match self {
            Self::ToolCall => &["<tool_call>", "</tool_call>"],
            Self::PythonTag => &["<|python_tag|>"],
            Self::Mistral => &["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"],
            Self::DeepSeek => deepseek::SPECIAL_TOKENS,
            Self::Function | Self::CodeFence | Self::JsonFence | Self::Recipient | Self::Bare => {
                &[]
            }
        }
    }

    pub(super) fn reader(self, tools: &Arc<[Tool]>) -> Reader {
        let tools = Arc::clone(tools);
        match self {
            Self::ToolCall => Reader::Tags(Tags::in_tool_call(tools)),
            Self::Function => Reader::Tags(Tags::in_function(tools)),
            Self::PythonTag => Reader::Listed(Listed::new(Listing::PythonTag, tools)),
            Self::Mistral => Reader::Listed(Listed::new(Listing::Mistral, tools)),
            Self::Bare => Reader::Listed(Listed::new(Listing::Bare, tools)),
            Self::JsonFence => Reader::Listed(Listed::new(Listing::Fence, tools)),
            Self::DeepSeek => Reader::DeepSeek(DeepSeek::default()),
            Self::CodeFence => Reader::Fence(Fence::new(tools)),
            Self::Recipient => Reader::Recipient(Recipient::new(tools)),
        }
    }
}

/// How the replies of a model are to be read.
#[derive(Clone, Debug, Default)]
pub struct ReplyFormat {
    openers: Vec<Opener>,
}

impl ReplyFormat {
    /// Reads off a chat template how its model writes calls.
    pub fn of(template: &str) -> Self {
        let spoken = KNOWN.iter().filter(|(word, _)| template.contains(word));
        let mut openers: Vec<Opener> = spoken.flat_map(|(_, openers)| *openers).copied().collect();
        openers.dedup();
        Self { openers }
    }

    /// Reads `<tool_call>` as well, which models are told of that have no way of their own.
    #[must_use]
    pub fn with_tags(mut self) -> Self {
        if !self.openers.contains(&Opener::ToolCall) {
            self.openers.push(Opener::ToolCall);
        }
        self
    }

    /// Returns whether the model has a way of its own to call tools.
    pub fn reads_calls(&self) -> bool {
        !self.openers.is_empty()
    }

    /// Gives what is looked for in a reply. Who a reply goes to is told even if there are no tools.
    pub(super) fn openers(&self, has_tools: bool) -> Vec<Opener> {
        let is_read = |opener: &&Opener| has_tools || **opener == Opener::Recipient;
        self.openers.iter().filter(is_read).copied().collect()
    }

    /// Returns whether a prompt ends where the reply names who it goes to.
    pub(super) fn opens_recipient(&self, prompt: &str) -> bool {
        self.openers.contains(&Opener::Recipient)
            && prompt.trim_end().ends_with(Opener::Recipient.text())
    }
}
