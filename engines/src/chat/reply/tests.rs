//! Replies of each family, cut in every way.

use serde_json::{Value, json};

use super::*;
use crate::chat::message::Chat;

fn tool(name: &str, properties: &Value) -> Tool {
    let schema = json!({"type": "object", "properties": properties});
    Tool::new(name.to_owned(), String::new(), schema.as_object().cloned())
}

fn chat() -> Chat {
    let weather =
        tool("weather", &json!({"city": {"type": "string"}, "days": {"type": "integer"}}));
    Chat { tools: vec![weather, tool("now", &json!({}))], ..Chat::new(Vec::new()) }
}

/// Reads a reply in pieces; joins what is of a kind, so that cuts do not show.
fn read(mut parser: ReplyParser, pieces: &[&str]) -> Vec<ReplyPart> {
    let mut joined = Parts::default();
    let mut parts: Vec<ReplyPart> = pieces.iter().flat_map(|piece| parser.push(piece)).collect();
    parts.extend(parser.finish());
    for part in parts {
        match part {
            ReplyPart::Thought(text) => joined.thought(&text),
            ReplyPart::Text(text) => joined.text(&text),
            ReplyPart::Call(name) => joined.call(&name),
            ReplyPart::Arguments(text) => joined.arguments(&text),
        }
    }
    joined.parts
}

/// Reads a reply whole, by letters and cut in two at each place, and asserts that it is the same.
fn read_every_way(parser: &ReplyParser, reply: &str) -> Vec<ReplyPart> {
    let whole = read(parser.clone(), &[reply]);
    let letters: Vec<String> = reply.chars().map(String::from).collect();
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    assert_eq!(read(parser.clone(), &letters), whole, "{reply:?} by letters");
    for (at, _) in reply.char_indices() {
        let (front, back) = reply.split_at(at);
        assert_eq!(read(parser.clone(), &[front, back]), whole, "{reply:?} cut at {at}");
    }
    whole
}

fn text(text: &str) -> ReplyPart {
    ReplyPart::Text(text.to_owned())
}

fn thought(text: &str) -> ReplyPart {
    ReplyPart::Thought(text.to_owned())
}

fn call(name: &str, arguments: &str) -> [ReplyPart; 2] {
    [ReplyPart::Call(name.to_owned()), ReplyPart::Arguments(arguments.to_owned())]
}

fn bonn() -> [ReplyPart; 2] {
    call("weather", r#"{"city": "Bonn"}"#)
}

/// Asserts what a reply comes to, by a model with such a template.
fn check(template: &str, reply: &str, expected: &[&[ReplyPart]]) {
    let parser = ReplyParser::new(&ReplyFormat::of(template), &chat(), "");
    assert_eq!(read_every_way(&parser, reply), expected.concat(), "{reply:?}");
}

#[test]
fn a_thought_is_told_from_the_answer_however_the_reply_is_cut() {
    let parser = ReplyParser::new(&ReplyFormat::default(), &Chat::new(Vec::new()), "");
    for (reply, expected) in [
        ("<think>\nHm.\n</think>\n\nYes.", vec![thought("\nHm.\n"), text("Yes.")]),
        ("\n<think></think>Yes.", vec![text("Yes.")]),
        ("[THINK]a < b[/THINK]Yes.", vec![thought("a < b"), text("Yes.")]),
        ("Yes. <think>no thought</think>", vec![text("Yes. <think>no thought</think>")]),
        ("<b>Yes</b>", vec![text("<b>Yes</b>")]),
        ("<think>never ends </thin", vec![thought("never ends </thin")]),
        ("<thi", vec![text("<thi")]),
        (" \n", vec![text(" \n")]),
        ("", vec![]),
        // Nobody offered a tool.
        (
            "<tool_call>{\"name\": \"now\"}</tool_call>",
            vec![text("<tool_call>{\"name\": \"now\"}</tool_call>")],
        ),
    ] {
        assert_eq!(read_every_way(&parser, reply), expected, "{reply:?}");
    }
}

#[test]
fn a_prompt_may_have_begun_the_thought() {
    let parser = |prompt: &str| ReplyParser::new(&ReplyFormat::default(), &chat(), prompt);
    let inside = read_every_way(&parser("<|assistant|><think>\n"), "Hm.</think>\nYes.");
    assert_eq!(inside, [thought("Hm."), text("Yes.")]);
    assert_eq!(read_every_way(&parser("<|assistant|>"), "Hm.</think>"), [text("Hm.</think>")]);
}

#[test]
fn hermes_and_qwen() {
    let qwen = "<tool_call>";
    let marked = |body: &str| format!("<tool_call>\n{body}\n</tool_call>");
    let bonn_text = r#"{"name": "weather", "arguments": {"city": "Bonn"}}"#;
    check(qwen, &marked(bonn_text), &[&bonn()]);
    let two = format!(
        "<think>x</think>\n\nI look.\n\n{}\n{}\n",
        marked(bonn_text),
        marked(r#"{"name": "now"}"#)
    );
    check(qwen, &two, &[&[thought("x"), text("I look.")], &bonn(), &call("now", "{}")]);
    check(
        qwen,
        &format!("{}\nThat is all.", marked(bonn_text)),
        &[&bonn(), &[text("That is all.")]],
    );
    for odd in [
        r#"{"arguments": {"city": "Bonn"}, "name": "weather"}"#,
        r#"{"id": "1", "name": "weather", "arguments": {"city": "Bonn"}, "more": [1, {"a": null}]}"#,
        r#"{"name": "weather", "arguments": "{\"city\": \"Bonn\"}"}"#,
        r#"{"type": "function", "function": {"name": "weather", "parameters": {"city": "Bonn"}}}"#,
        // The last brace is missing, there is one too many, or a comma before it.
        r#"{"name": "weather", "arguments": {"city": "Bonn"}"#,
        r#"{"name": "weather", "arguments": {"city": "Bonn"}}}"#,
        r#"{"name": "weather", "arguments": {"city": "Bonn"},}"#,
    ] {
        check(qwen, &marked(odd), &[&bonn()]);
    }
    // Without the marks, and without the last one.
    check(qwen, bonn_text, &[&bonn()]);
    check(qwen, &format!("<tool_call>{bonn_text}"), &[&bonn()]);
    check(qwen, &marked(r#"{"name": "now", "arguments": null}"#), &[&call("now", "{}")]);
    check(
        qwen,
        &marked("{\"name\": \"weather\", \"arguments\": {\"city\": \"a\nb\"}}"),
        &[&call("weather", r#"{"city": "a\nb"}"#)],
    );
}

#[test]
fn what_is_no_call_stays_text() {
    let qwen = "<tool_call>";
    for reply in [
        "a <tool_ca",
        "a <tool_call> b",
        "<tool_call>\n{\"name\": \"weather\"",
        "<tool_call>{'name': 'weather', 'arguments': {}}</tool_call>",
        "<tool_call>{\"name\": \"weather\", \"arguments\": {city: 1}}</tool_call>",
        "<tool_call>{\"name\": \"weather\", \"arguments\": [1]}</tool_call>",
        "<tool_call>{\"arguments\": {\"city\": 1}}</tool_call>",
        "<tool_call>{\"name\": 5, \"arguments\": {}}</tool_call>",
        "<tool_call>{\"name\": \"two words\", \"arguments\": {}}</tool_call>",
        "<tool_call>\n<function=weather\n",
        "<tool_call></tool_call>",
        "{\"name\": \"Ada\", \"born\": 1815}",
        "{\"name\": \"Ada\"}",
        "{\"city\": {\"name\": \"weather\"}}",
        "{",
        " {}",
        "Text and {\"name\": \"now\"}",
        "  two\n\nparagraphs \n",
    ] {
        check(qwen, reply, &[&[text(reply)]]);
    }
    // A call behind one that is none.
    let both = "<tool_call>none <tool_call>{\"name\": \"now\"}</tool_call>";
    check(qwen, both, &[&[text("<tool_call>none")], &call("now", "{}")]);
    let inside =
        "<tool_call>{\"name\": \"<tool_call>{}\" <tool_call>{\"name\": \"now\"}</tool_call>";
    let said = text("<tool_call>{\"name\": \"<tool_call>{}\"");
    check(qwen, inside, &[&[said], &call("now", "{}")]);
}

#[test]
fn arguments_that_break_are_told_as_they_are() {
    let wrong = r#"{"name": "weather", "arguments": {"city": Bonn, "x": 1}}"#;
    let broken = r#"{"city": Bonn, "x": 1}}"#;
    check(
        "<tool_call>",
        &format!("<tool_call>{wrong}</tool_call> Text"),
        &[&call("weather", broken), &[text("Text")]],
    );
    check(
        "<tool_call>",
        &format!("<tool_call>{wrong}</tool"),
        &[&call("weather", &format!("{broken}</tool"))],
    );
    // A reply that is cut has arguments that are cut.
    let cut = r#"<tool_call>{"name": "weather", "arguments": {"city": "Bo"#;
    check("<tool_call>", cut, &[&call("weather", r#"{"city": "Bo"#)]);
}

#[test]
fn llama_3() {
    let llama = "<|start_header_id|>";
    let bonn_text = r#"{"name": "weather", "parameters": {"city": "Bonn"}}"#;
    check(llama, bonn_text, &[&bonn()]);
    check(llama, &format!("\n{bonn_text}; {bonn_text}"), &[&bonn(), &bonn()]);
    check(llama, &format!("<|python_tag|>{bonn_text}"), &[&bonn()]);
    check(llama, &format!("I look. <|python_tag|>{bonn_text}"), &[&[text("I look.")], &bonn()]);
    check(llama, &format!("{bonn_text} And so."), &[&bonn(), &[text("And so.")]]);
    let code = "<|python_tag|>print(1)";
    check(llama, code, &[&[text(code)]]);
}

#[test]
fn mistral() {
    let mistral = "[TOOL_CALLS]";
    let bonn_text = r#"{"name": "weather", "arguments": {"city": "Bonn"}}"#;
    check(mistral, &format!("[TOOL_CALLS][{bonn_text}]"), &[&bonn()]);
    check(
        mistral,
        &format!("[TOOL_CALLS] [{bonn_text}, {{\"name\": \"now\", \"id\": \"123456789\"}}]"),
        &[&bonn(), &call("now", "{}")],
    );
    check(
        mistral,
        r#"[TOOL_CALLS]weather[ARGS]{"city": "Bonn"}[TOOL_CALLS]now[ARGS]{}"#,
        &[&bonn(), &call("now", "{}")],
    );
    check(mistral, r#"[TOOL_CALLS]weather[CALL_ID]abcdefghi[ARGS]{"city": "Bonn"}"#, &[&bonn()]);
    check(mistral, r#"Well. [TOOL_CALLS]weather{"city": "Bonn"}"#, &[&[text("Well.")], &bonn()]);
    for reply in ["[TOOL_CALLS] no call", "[TOOL_CALLS][1]", "[TOOL_CALLS]weather[ARG"] {
        check(mistral, reply, &[&[text(reply)]]);
    }
}

#[test]
fn functionary() {
    let last = "<function=name>";
    check(last, r#"<function=weather>{"city": "Bonn"}</function>"#, &[&bonn()]);
    check(
        last,
        r#"<function=weather>{"city": "Bonn"}</function><function=now>{}</function>"#,
        &[&bonn(), &call("now", "{}")],
    );
    check(
        last,
        "<function=weather>Bonn</function>",
        &[&[text("<function=weather>Bonn</function>")]],
    );
    let recipients = ">>>all";
    check(recipients, ">>>all\nHello.", &[&[text("Hello.")]]);
    check(recipients, ">>>weather\n{\"city\": \"Bonn\"}", &[&bonn()]);
    check(
        recipients,
        ">>>all\nI look.\n>>>weather\n{\"city\": \"Bonn\"}\n>>>now\n{}",
        &[&[text("I look.")], &bonn(), &call("now", "{}")],
    );
    check(recipients, ">>>other\n{}", &[&[text(">>>other\n{}")]]);
    // The prompt has named the first one's mark, and an answer has it without tools, too.
    let format = ReplyFormat::of(recipients);
    let opened = ReplyParser::new(&format, &chat(), "<|assistant|>\n\n>>>");
    assert_eq!(read_every_way(&opened, "weather\n{\"city\": \"Bonn\"}"), bonn());
    assert_eq!(read_every_way(&opened, "weath"), [text("weath")]);
    let plain = ReplyParser::new(&format, &Chat::new(Vec::new()), "<|assistant|>\n\n>>>");
    assert_eq!(read_every_way(&plain, "all\nHello."), [text("Hello.")]);
}

#[test]
fn gemma() {
    let gemma = "<start_of_turn>";
    check(
        gemma,
        "```tool_code\nprint(weather(city=\"Bonn\"))\n```",
        &[&call("weather", r#"{"city":"Bonn"}"#)],
    );
    check(
        gemma,
        "```tool_code\nweather('Bonn', days=3)\nnow()\n```",
        &[&call("weather", r#"{"city":"Bonn","days":3}"#), &call("now", "{}")],
    );
    check(
        gemma,
        "```tool_code\n[weather(city='''B''', days=-1), now()]",
        &[&call("weather", r#"{"city":"B","days":-1}"#), &call("now", "{}")],
    );
    check(
        gemma,
        "```json\n{\"name\": \"weather\", \"parameters\": {\"city\": \"Bonn\"}}\n```",
        &[&bonn()],
    );
    check(
        gemma,
        "Now:\n```json\n[{\"name\": \"now\"}, {\"name\": \"now\"}]\n``` Done.",
        &[&[text("Now:")], &call("now", "{}"), &call("now", "{}"), &[text("Done.")]],
    );
    for reply in [
        "```tool_code\nx = 1\n```",
        "```tool_code\nweather(city=f(1))\n```",
        "```json\n{\"a\": 1}\n```",
        "```python\nprint(1)\n```",
        "```js",
    ] {
        check(gemma, reply, &[&[text(reply)]]);
    }
}

#[test]
fn qwen_coder() {
    let coder = "<tool_call><function=";
    let one = "<tool_call>\n<function=weather>\n<parameter=city>\nBonn \"am\"\nRhein\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>";
    check(coder, one, &[&call("weather", r#"{"city": "Bonn \"am\"\nRhein", "days": 3}"#)]);
    let bare = "<function=weather>\n<parameter=city>5</parameter>\n</function>";
    check(coder, bare, &[&call("weather", r#"{"city": "5"}"#)]);
    check(coder, "<tool_call>\n<function=now>\n</function>\n</tool_call>", &[&call("now", "{}")]);
    let odd = "<function=other><parameter=a>True</parameter><parameter=b>x y</parameter><parameter=c>[1]</parameter></function>";
    check(coder, odd, &[&call("other", r#"{"a": true, "b": "x y", "c": [1]}"#)]);
    let cut = "<tool_call>\n<function=weather>\n<parameter=city>\nBonn</para";
    check(coder, cut, &[&call("weather", r#"{"city": "Bonn</para"#)]);
    let text_only = "<function=weather> is a function";
    check(coder, text_only, &[&[text(text_only)]]);
}

#[test]
fn deepseek() {
    let deepseek = super::deepseek::CALLS;
    let r1 = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Bonn\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
    check(deepseek, r1, &[&bonn(), &call("now", "{}")]);
    let v31 = "Look.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Bonn\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
    check(deepseek, v31, &[&[text("Look.")], &bonn()]);
    let none = "<｜tool▁calls▁begin｜> no";
    check(deepseek, none, &[&[text(none)]]);
}

#[test]
fn certain_parts_come_at_once() {
    let mut parser = ReplyParser::new(&ReplyFormat::of("<tool_call>"), &chat(), "");
    assert_eq!(parser.push("I look <"), [text("I look")]);
    assert_eq!(parser.push("b> it"), [text(" <b> it")]);
    assert_eq!(parser.push(" up.\n<tool_call>\n{\"name\": \"weather\","), [text(" up.")]);
    assert_eq!(parser.push(" \"arguments\": {\"city\":"), call("weather", "{\"city\":"));
    assert_eq!(parser.push(" \"Bo"), [ReplyPart::Arguments(" \"Bo".to_owned())]);
    assert_eq!(parser.push("nn\"}}"), [ReplyPart::Arguments("nn\"}".to_owned())]);
    assert_eq!(parser.push("\n</tool_call>"), []);
    assert_eq!(parser.reason(FinishReason::Stop), FinishReason::ToolCalls);
    assert_eq!(parser.reason(FinishReason::Length), FinishReason::Length);
    let mut coder = ReplyParser::new(&ReplyFormat::of("<function="), &chat(), "");
    assert_eq!(
        coder.push("<function=weather><parameter=city>\nBonn"),
        call("weather", "{\"city\": \"Bonn")
    );
}

#[test]
fn a_reply_of_one_call_is_over_after_it() {
    let single = Chat { parallel_calls: false, ..chat() };
    let parser = ReplyParser::new(&ReplyFormat::of("<tool_call>"), &single, "");
    let now = "<tool_call>{\"name\": \"now\"}</tool_call>";
    assert_eq!(read_every_way(&parser, &format!("{now}{now} more")), call("now", "{}"));
    let mut parser = parser;
    parser.push("<tool_call>{\"name\": \"now\"");
    assert!(!parser.is_over());
    parser.push("}");
    assert!(parser.is_over());
}

#[test]
fn marks_that_are_tokens_are_read_and_no_others() {
    let parser = ReplyParser::new(&ReplyFormat::of("[TOOL_CALLS]"), &chat(), "");
    assert!(parser.reads_token("[TOOL_CALLS]") && parser.reads_token("[ARGS]"));
    assert!(!parser.reads_token("[INST]") && !parser.reads_token(""));
    let plain = ReplyParser::new(&ReplyFormat::of("[TOOL_CALLS]"), &Chat::new(Vec::new()), "");
    assert!(!plain.reads_token("[TOOL_CALLS]"));
}
