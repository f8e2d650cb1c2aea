//! Chat templates: the Jinja text in a GGUF that says how its model wants messages written.

use jiff::Timestamp;
use jiff::fmt::strtime::{BrokenDownTime, Config};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, context};

use crate::thought::marks_in;
use crate::{ChatMessage, ChatRole};

/// What is used if a GGUF has no template: `ChatML`, which most instruction models know.
const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n\
    {{ message.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// A model's template, compiled.
pub struct ChatTemplate {
    environment: Environment<'static>,
    thinking: Thinking,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// Compiles `source`, or `ChatML` if there is none; `bos` and `eos` are the texts of the
    /// model's first and last tokens.
    pub fn new(source: Option<String>, bos: String, eos: String) -> Result<Self, Error> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        let source = source.unwrap_or_else(|| CHATML.to_owned());
        let thinking = Thinking::of(&source);
        environment.add_template_owned("chat", source)?;
        Ok(Self { environment, thinking, bos, eos })
    }

    /// Writes messages as the model wants them, up to where it is to go on.
    ///
    /// A last message by the assistant is left open, to be continued. If the template refuses
    /// a system message, its text goes before the first message of the user. A model that thinks
    /// before it answers is kept from it unless it `may_think`.
    pub fn render(&self, messages: &[ChatMessage], may_think: bool) -> Result<String, Error> {
        self.render_as_given(messages, may_think).or_else(|error| match fold_system(messages) {
            Some(folded) => self.render_as_given(&folded, may_think).map_err(|_| error),
            None => Err(error),
        })
    }

    fn render_as_given(&self, messages: &[ChatMessage], may_think: bool) -> Result<String, Error> {
        let open = messages.last().filter(|last| last.role == ChatRole::Assistant);
        let values: Vec<Value> = messages
            .iter()
            .map(|message| context! { role => message.role.as_str(), content => &message.content })
            .collect();
        let switch = (!may_think).then(|| context! { enable_thinking => false });
        let text = self.environment.get_template("chat")?.render(context! {
            messages => values,
            add_generation_prompt => open.is_none(),
            bos_token => &self.bos,
            eos_token => &self.eos,
            ..switch.unwrap_or_default()
        })?;
        match open {
            Some(message) => Ok(cut_after(text, &message.content)),
            None if may_think => Ok(text),
            None => Ok(self.thinking.end(text)),
        }
    }
}

/// Whether a model thinks before it answers, as its template tells.
#[derive(Clone, Copy, Debug)]
enum Thinking {
    /// It does not, or its template can keep it from it.
    Switched,
    /// It always does, between these marks.
    Always(&'static str, &'static str),
}

impl Thinking {
    fn of(source: &str) -> Self {
        match marks_in(source) {
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

fn fold_system(messages: &[ChatMessage]) -> Option<Vec<ChatMessage>> {
    let (system, rest) = messages.split_first()?;
    let (first, after) = rest.split_first()?;
    if system.role != ChatRole::System || first.role != ChatRole::User {
        return None;
    }
    let content = format!("{}\n\n{}", system.content, first.content);
    let mut folded = vec![ChatMessage { role: ChatRole::User, content }];
    folded.extend_from_slice(after);
    Some(folded)
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Writes JSON as Python does: without escaping `<`, `>`, `&` and `'` for HTML.
fn tojson(value: &Value, indent: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    let escaped = minijinja::filters::tojson(value, indent, options)?.to_string();
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some(start) = rest.find('\\') {
        text.push_str(&rest[..start]);
        let (escape, plain) = match &rest[start..] {
            code if code.starts_with("\\u003c") => (6, "<"),
            code if code.starts_with("\\u003e") => (6, ">"),
            code if code.starts_with("\\u0026") => (6, "&"),
            code if code.starts_with("\\u0027") => (6, "'"),
            // Any other escape is a backslash and a character of one byte.
            code => (2, code.get(..2).unwrap_or(code)),
        };
        text.push_str(plain);
        rest = rest.get(start + escape..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(Value::from_safe_string(text))
}

/// Shows the current time in UTC as `format` says, in the language of `strftime`.
fn strftime_now(format: &str) -> Result<String, Error> {
    strftime(format, Timestamp::now())
}

/// Writes a time as Python's `strftime` does; what is no directive stays as it is.
fn strftime(format: &str, time: Timestamp) -> Result<String, Error> {
    let config = Config::new().lenient(true);
    BrokenDownTime::from(time).to_string_with_config(&config, format).map_err(|error| {
        let message = format!("`{format}` cannot be written as a time");
        Error::new(ErrorKind::InvalidOperation, message).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: ChatRole, content: &str) -> ChatMessage {
        ChatMessage { role, content: content.to_owned() }
    }

    fn template(source: Option<&str>) -> ChatTemplate {
        ChatTemplate::new(source.map(str::to_owned), "<s>".to_owned(), "</s>".to_owned())
            .expect("the template compiles")
    }

    #[test]
    fn chatml_stands_in_and_asks_for_an_answer() {
        let messages = [message(ChatRole::System, "Be brief."), message(ChatRole::User, "Hi")];
        let text = template(None).render(&messages, true).expect("it renders");
        assert_eq!(
            text,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
             <|im_start|>assistant\n"
        );
    }

    #[test]
    fn an_open_answer_is_continued() {
        let messages = [message(ChatRole::User, "Hi"), message(ChatRole::Assistant, "Well,")];
        let text = template(None).render(&messages, true).expect("it renders");
        assert!(text.ends_with("<|im_start|>assistant\nWell,"), "{text}");
    }

    #[test]
    fn a_refused_system_message_goes_before_the_first_question() {
        let source = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}\
            {{ raise_exception('System role not supported') }}{% endif %}\
            [{{ message['role'] }}]{{ message['content'].strip() }}{% endfor %}";
        let messages = [message(ChatRole::System, "Be brief."), message(ChatRole::User, " Hi ")];
        let text = template(Some(source)).render(&messages, true).expect("it renders");
        assert_eq!(text, "<s>[user]Be brief.\n\n Hi");
        let alone =
            template(Some(source)).render(&messages[..1], true).expect_err("nothing to fold into");
        assert!(alone.to_string().contains("System role not supported"), "{alone}");
    }

    /// Renders a question by one of the ways in which templates write where the answer begins.
    fn begin_answer(beginning: &str, may_think: bool) -> String {
        let source = format!(
            "{{% for message in messages %}}{{{{ message.content.split('</think>')[-1] }}}}\
             {{% endfor %}}|{beginning}"
        );
        let messages = [message(ChatRole::User, "Hi")];
        template(Some(&source)).render(&messages, may_think).expect("it renders")
    }

    #[test]
    fn a_model_that_thinks_can_be_kept_from_it() {
        let qwen3 = "{% if enable_thinking is defined and enable_thinking is false %}\
            <think>\n\n</think>\n\n{% endif %}";
        assert_eq!(begin_answer(qwen3, true), "Hi|");
        assert_eq!(begin_answer(qwen3, false), "Hi|<think>\n\n</think>\n\n");
        let always = "<think>{{ '\\n' }}";
        assert_eq!(begin_answer(always, true), "Hi|<think>\n");
        assert_eq!(begin_answer(always, false), "Hi|<think>\n\n\n</think>\n\n");
        assert_eq!(begin_answer("", false), "Hi|<think>\n\n</think>\n\n");
        let messages = [message(ChatRole::User, "Hi")];
        let other = template(None).render(&messages, false).expect("it renders");
        assert!(!other.contains("think"), "{other}");
    }

    #[test]
    fn json_is_written_as_python_does() {
        let text = template(Some("{{ messages[0].content | tojson }}"))
            .render(&[message(ChatRole::User, r#"a <b> & "c" \u003c"#)], true)
            .expect("it renders");
        assert_eq!(text, r#""a <b> & \"c\" \\u003c""#);
    }

    #[test]
    fn times_are_written_as_python_does() {
        let check = |format: &str, seconds: i64, expected: &str| {
            let time = Timestamp::from_second(seconds).expect("a time");
            assert_eq!(strftime(format, time).expect("it is written"), expected);
        };
        check("%d %b %Y %H:%M:%S %%", 0, "01 Jan 1970 00:00:00 %");
        check("%B %d, %Y", 1_709_164_800, "February 29, 2024");
        check("%Y-%m-%d", 1_735_689_599, "2024-12-31");
        check("%A %-d %I %p %j", 1_735_689_599, "Tuesday 31 11 PM 366");
        check("%E %", 0, "%E %");
    }
}
