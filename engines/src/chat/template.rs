//! Chat templates: the Jinja text in a model's files that says how it wants messages written.
//!
//! Templates differ in what they know. One that shows no tools, or shows them to a model whose way of calling them
//! nobody here can read, is given them in words ([`fold`]); so nothing of a chat is left out in silence.

mod fold;
mod python;
mod values;

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, context};
use serde_json::json;

use super::message::{Chat, ChatMessage, ChatRole, Thinking};
use super::reply::{ReplyFormat, ReplyParser, thought_marks_in};
use super::tool::{Tool, ToolCall};
use values::{Style, Words};

/// What is used if a model has no template: `ChatML`, which most instruction models know.
const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n\
    {{ message.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// A model's template, compiled.
pub struct ChatTemplate {
    environment: Environment<'static>,
    thinking: ThinkingHabit,
    bos: String,
    eos: String,
    style: Style,
    /// Whether it shows the model what tools there are.
    shows_tools: bool,
    /// Whether it shows what was called and what came of it.
    shows_calls: bool,
    format: ReplyFormat,
}

impl ChatTemplate {
    /// Compiles `source`, or `ChatML` if there is none; `bos` and `eos` are the texts of the
    /// model's first and last tokens.
    pub fn new(source: Option<String>, bos: String, eos: String) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        python::add_to(&mut environment);
        let source = source.unwrap_or_else(|| CHATML.to_owned());
        let (thinking, style) = (ThinkingHabit::of(&source), Style::of(&source));
        let format = ReplyFormat::of(&source);
        environment.add_template_owned("chat", source)?;
        let (shows_tools, shows_calls) = (false, false);
        let mut template =
            Self { environment, thinking, bos, eos, style, shows_tools, shows_calls, format };
        template.try_content();
        template.try_tools();
        Ok(template)
    }

    /// Writes a chat as the model wants it, up to where it is to go on.
    ///
    /// A last message by the assistant is left open, to be continued. If the template refuses
    /// a system message, its text goes before the first message of the user. A model that thinks
    /// before it answers is kept from it if the chat says so.
    pub fn render(&self, chat: &Chat) -> Result<String, Error> {
        let chat =
            if self.folds(chat) { Cow::Owned(fold::tools(chat)) } else { Cow::Borrowed(chat) };
        self.render_as_given(&chat).or_else(|error| match fold::system(&chat.messages) {
            Some(messages) => {
                let folded = Chat { messages, ..chat.into_owned() };
                self.render_as_given(&folded).map_err(|_| error)
            }
            None => Err(error),
        })
    }

    /// Makes what reads the reply to a chat; `prompt` is the chat as it was rendered.
    pub fn reply_parser(&self, chat: &Chat, prompt: &str) -> ReplyParser {
        if self.folds(chat) {
            ReplyParser::new(&self.format.clone().with_tags(), chat, prompt)
        } else {
            ReplyParser::new(&self.format, chat, prompt)
        }
    }

    /// Returns whether tools, calls and results have to be said in words.
    fn folds(&self, chat: &Chat) -> bool {
        let is_called = |message: &ChatMessage| {
            message.role == ChatRole::Tool || !message.tool_calls.is_empty()
        };
        let can_offer = self.shows_tools && self.format.reads_calls();
        (!chat.offered_tools().is_empty() && !can_offer)
            || (chat.messages.iter().any(is_called) && !self.shows_calls)
    }

    fn render_as_given(&self, chat: &Chat) -> Result<String, Error> {
        let open = chat.open_message();
        let messages = values::messages(&chat.messages, self.style);
        let tools = match values::tools(chat.offered_tools()) {
            tools if tools.is_empty() => minijinja::Value::UNDEFINED,
            tools => values::shown(&tools.into()),
        };
        let may_think = chat.thinking == Thinking::Allowed;
        let switch = (!may_think).then(|| context! { enable_thinking => false });
        let text = self.environment.get_template("chat")?.render(context! {
            messages => values::shown(&messages.into()),
            tools => tools,
            add_generation_prompt => open.is_none(),
            bos_token => &self.bos,
            eos_token => &self.eos,
            ..switch.unwrap_or_default()
        })?;
        match open {
            Some(message) => Ok(cut_after(text, &message.text())),
            None if may_think => Ok(text),
            None => Ok(self.thinking.end(text)),
        }
    }

    /// Finds out whether the template shows words that are handed to it as text; some of models that see show only those
    /// in a list of parts.
    fn try_content(&mut self) {
        let words = "tried_words";
        let chat = Chat::new(vec![ChatMessage::new(ChatRole::User, words)]);
        let mut shows = |as_what| {
            self.style.words = as_what;
            self.render_as_given(&chat).is_ok_and(|text| text.contains(words))
        };
        let as_parts = !shows(Words::Text) && shows(Words::Parts);
        self.style.words = if as_parts { Words::Parts } else { Words::Text };
    }

    /// Finds out what the template shows, by rendering a chat with names that stand nowhere else. Most want arguments
    /// as an object, and some as text.
    fn try_tools(&mut self) {
        let [name, argument, result] = ["tried_tool", "tried_argument", "tried_result"];
        let schema = json!({"type": "object", "properties": {argument: {"type": "string"}}});
        let tool = Tool::new(name.to_owned(), "Tries.".to_owned(), schema.as_object().cloned());
        let question = ChatMessage::new(ChatRole::User, "Try.");
        let mut chat = Chat { tools: vec![tool], ..Chat::new(vec![question]) };
        let text = self.render_as_given(&chat).unwrap_or_default();
        self.shows_tools = text.contains(name) && text.contains(argument);
        if !self.shows_tools {
            chat.tools = Vec::new();
        }
        let call = ToolCall {
            id: "tried0001".to_owned(),
            name: name.to_owned(),
            arguments: json!({argument: "x"}).to_string(),
        };
        chat.messages.extend([
            ChatMessage { tool_calls: vec![call], ..ChatMessage::new(ChatRole::Assistant, "") },
            ChatMessage::tool_result("tried0001", result),
        ]);
        for arguments_are_text in [false, true] {
            self.style.arguments_are_text = arguments_are_text;
            // A tool that is shown holds the name and the argument as well.
            let text = self.render_as_given(&chat).unwrap_or_default();
            let is_called = |word| text.matches(word).count() > usize::from(self.shows_tools);
            if is_called(name) && is_called(argument) && text.contains(result) {
                self.shows_calls = true;
                return;
            }
        }
    }
}

/// Whether a model thinks before it answers, as its template tells.
#[derive(Clone, Copy, Debug)]
enum ThinkingHabit {
    /// It does not, or its template can keep it from it.
    Switched,
    /// It always does, between these marks.
    Always(&'static str, &'static str),
}

impl ThinkingHabit {
    fn of(source: &str) -> Self {
        match thought_marks_in(source) {
            Some((open, close)) if !source.contains("enable_thinking") => Self::Always(open, close),
            _ => Self::Switched,
        }
    }

    /// Ends the thought before it is begun.
    fn end(self, prompt: String) -> String {
        let Self::Always(open, close) = self else { return prompt };
        let begun = if prompt.trim_end().ends_with(open) { "" } else { open };
        format!("{prompt}{begun}\n\n{close}\n\n")
    }
}

/// Cuts what a template writes after the last message, so that the message can go on.
fn cut_after(mut text: String, content: &str) -> String {
    if let Some(start) = text.rfind(content) {
        text.truncate(start + content.len());
    } else if let Some(start) = text.rfind(content.trim()) {
        text.truncate(start + content.trim().len());
    }
    text
}

#[cfg(test)]
mod tests;
