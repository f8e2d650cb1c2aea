//! What templates make of chats: with tools, without, and in words where a template has no place for them.

use serde_json::json;

use super::*;

fn message(role: ChatRole, content: &str) -> ChatMessage {
    ChatMessage::new(role, content)
}

fn template(source: Option<&str>) -> ChatTemplate {
    ChatTemplate::new(source.map(str::to_owned), "<s>".to_owned(), "</s>".to_owned())
        .expect("the template compiles")
}

fn render(source: Option<&str>, messages: &[ChatMessage]) -> String {
    template(source).render(&Chat::new(messages.to_vec())).expect("it renders")
}

#[test]
fn chatml_stands_in_and_asks_for_an_answer() {
    let messages = [message(ChatRole::System, "Be brief."), message(ChatRole::User, "Hi")];
    assert_eq!(
        render(None, &messages),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
         <|im_start|>assistant\n"
    );
}

#[test]
fn an_open_answer_is_continued() {
    let messages = [message(ChatRole::User, "Hi"), message(ChatRole::Assistant, "Well,")];
    let text = render(None, &messages);
    assert!(text.ends_with("<|im_start|>assistant\nWell,"), "{text}");
}

#[test]
fn a_refused_system_message_goes_before_the_first_question() {
    let source = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}\
        {{ raise_exception('System role not supported') }}{% endif %}\
        [{{ message['role'] }}]{{ message['content'].strip() }}{% endfor %}";
    let messages = [message(ChatRole::System, "Be brief."), message(ChatRole::User, " Hi ")];
    assert_eq!(render(Some(source), &messages), "<s>[user]Be brief.\n\n Hi");
    let alone = Chat::new(messages[..1].to_vec());
    let alone = template(Some(source)).render(&alone).expect_err("nothing to fold into");
    assert!(alone.to_string().contains("System role not supported"), "{alone}");
}

/// Renders a question by one of the ways in which templates write where the answer begins.
fn begin_answer(beginning: &str, thinking: Thinking) -> String {
    let source = format!(
        "{{% for message in messages %}}{{{{ message.content.split('</think>')[-1] }}}}\
         {{% endfor %}}|{beginning}"
    );
    let chat = Chat { thinking, ..Chat::new(vec![message(ChatRole::User, "Hi")]) };
    template(Some(&source)).render(&chat).expect("it renders")
}

#[test]
fn a_model_that_thinks_can_be_kept_from_it() {
    use Thinking::{Allowed, Prevented};

    let qwen3 = "{% if enable_thinking is defined and enable_thinking is false %}\
        <think>\n\n</think>\n\n{% endif %}";
    assert_eq!(begin_answer(qwen3, Allowed), "Hi|");
    assert_eq!(begin_answer(qwen3, Prevented), "Hi|<think>\n\n</think>\n\n");
    let always = "<think>{{ '\\n' }}";
    assert_eq!(begin_answer(always, Allowed), "Hi|<think>\n");
    assert_eq!(begin_answer(always, Prevented), "Hi|<think>\n\n\n</think>\n\n");
    assert_eq!(begin_answer("", Prevented), "Hi|<think>\n\n</think>\n\n");
    let chat = Chat { thinking: Prevented, ..Chat::new(vec![message(ChatRole::User, "Hi")]) };
    let other = template(None).render(&chat).expect("it renders");
    assert!(!other.contains("think"), "{other}");
}

/// A chat in which a tool was offered and called, and has answered.
fn called() -> Chat {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let description = "Tells the weather.".to_owned();
    let tool = Tool::new("weather".to_owned(), description, schema.as_object().cloned());
    let call = ToolCall {
        id: "call_0123456789abcdef".to_owned(),
        name: "weather".to_owned(),
        arguments: r#"{"city":"Bonn"}"#.to_owned(),
    };
    let messages = vec![
        message(ChatRole::User, "How warm is Bonn?"),
        ChatMessage { tool_calls: vec![call], ..message(ChatRole::Assistant, "") },
        ChatMessage::tool_result("call_0123456789abcdef", "12 degrees"),
    ];
    Chat { tools: vec![tool], ..Chat::new(messages) }
}

const QWEN: &str = "{% if tools %}{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}{% endif %}\
    {% for message in messages %}{{ message.role }}: {{ message.content }}\
    {% if message.tool_calls %}{% for call in message.tool_calls %}<tool_call>\
    {\"name\": \"{{ call.function.name }}\", \"arguments\": {{ call.function.arguments | tojson }}}</tool_call>\
    {% endfor %}{% endif %}{% endfor %}";

#[test]
fn a_template_that_knows_tools_shows_them_as_it_was_trained() {
    assert_eq!(
        render(Some(QWEN), &called().messages),
        "user: How warm is Bonn?assistant: <tool_call>{\"name\": \"weather\", \"arguments\": \
         {\"city\": \"Bonn\"}}</tool_call>tool: 12 degrees"
    );
    let text = template(Some(QWEN)).render(&called()).expect("it renders");
    let tool = r#"{"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}"#;
    assert!(text.starts_with(&format!("{tool}\nuser: ")), "{text}");
    let none = Chat { tool_choice: super::super::ToolChoice::None, ..called() };
    let text = template(Some(QWEN)).render(&none).expect("it renders");
    assert!(text.starts_with("user: "), "a tool that must not be called is shown: {text}");
}

#[test]
fn a_template_that_knows_no_tools_is_given_them_in_words() {
    for source in [
        None,
        // It shows what there is, but not what was called.
        Some("{{ tools }}{% for message in messages %}{{ message.content }}\n{% endfor %}"),
        // It refuses what it does not know.
        Some(
            "{% for message in messages %}{% if message.role == 'tool' %}\
              {{ raise_exception('unknown role') }}{% endif %}{{ message.content }}\n{% endfor %}",
        ),
    ] {
        let text = template(source).render(&called()).expect("it renders");
        let mut rest = text.as_str();
        for word in [
            "Tells the weather.",
            "How warm",
            "<tool_call>\n{\"name\":\"weather\"",
            "Bonn",
            "12 degrees",
        ] {
            let at = rest.find(word).unwrap_or_else(|| panic!("`{word}` is missing: {text}"));
            rest = &rest[at..];
        }
    }
}

#[test]
fn templates_get_calls_in_the_shape_they_ask_for() {
    // DeepSeek's wants text, and no content beside it.
    let text = "{% for message in messages %}{% if message['content'] is none %}\
        {% for call in message.tool_calls %}{{ call.function.name + call.function.arguments }}{% endfor %}\
        {% else %}{{ message.content }}{% endif %}|{% endfor %}";
    assert_eq!(
        render(Some(text), &called().messages),
        "How warm is Bonn?|weather{\"city\":\"Bonn\"}|12 degrees|"
    );
    // Mistral's wants identifiers of nine letters, and a result names its call.
    let mistral = "{% for message in messages %}{% if message.tool_calls %}\
        {% for call in message.tool_calls %}{% if call.id|length != 9 %}{{ raise_exception('id') }}{% endif %}\
        {{ call.function | tojson }}#{{ call.id }}{% endfor %}{% elif message.role == 'tool' %}\
        {{ message.name }}={{ message.content }}#{{ message.tool_call_id }}{% endif %}{% endfor %}";
    assert_eq!(
        render(Some(mistral), &called().messages),
        "{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}#000000000\
         weather=12 degrees#000000000"
    );
    // Llama's asks if the field is there at all.
    let llama = "{% for message in messages %}{% if 'tool_calls' in message %}called {% endif %}\
        {{ message.content }}|{% endfor %}";
    let plain = [message(ChatRole::User, "a"), message(ChatRole::User, "b")];
    assert_eq!(render(Some(llama), &plain), "a|b|");
}

/// What Jinja2 makes of Qwen2.5's own template (Apache-2.0) and the same chat, as `transformers` hands it over.
const QWEN_BY_PYTHON: &str = r#"<|im_start|>system
You are Qwen, created by Alibaba Cloud. You are a helpful assistant.

# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call><|im_end|>
<|im_start|>user
How warm is Bonn?<|im_end|>
<|im_start|>assistant
<tool_call>
{"name": "weather", "arguments": {"city": "Bonn"}}
</tool_call><|im_end|>
<|im_start|>user
<tool_response>
12 degrees
</tool_response><|im_end|>
<|im_start|>assistant
"#;

#[test]
fn a_real_template_writes_what_it_writes_in_python() {
    let source = include_str!("tests/qwen2.5.jinja");
    let text = template(Some(source)).render(&called()).expect("it renders");
    assert_eq!(text, QWEN_BY_PYTHON);
}

#[test]
fn a_template_that_reads_only_parts_is_handed_parts() {
    // As SmolVLM's.
    let source = "{% for message in messages %}{{ message['role'] | capitalize }}: \
        {% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}\
        {% elif part['type'] == 'image' %}<image>{% endif %}{% endfor %}<end>\n{% endfor %}";
    let messages = [message(ChatRole::System, "Be brief."), message(ChatRole::User, "Hi")];
    assert_eq!(render(Some(source), &messages), "System: Be brief.<end>\nUser: Hi<end>\n");
    let either = "{% for message in messages %}{% if message['content'] is string %}\
        [{{ message['content'] }}]{% endif %}{% endfor %}";
    assert_eq!(render(Some(either), &messages), "[Be brief.][Hi]", "text stays text");
}
