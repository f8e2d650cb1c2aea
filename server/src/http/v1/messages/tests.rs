//! Messages in every form that clients send, and in some that they should not.

use quire_engines::ContentPart;
use serde_json::json;

use super::*;

#[test]
fn malformed_messages_are_refused_by_place() {
    let call = |function: Value| json!([{"role": "assistant", "tool_calls": [{"id": "1", "function": function}]}, {"role": "user", "content": ""}]);
    let cases = [
        (json!(null), "messages"),
        (json!("hello"), "messages"),
        (json!([]), "messages"),
        (json!([123]), "messages[0]"),
        (json!([{}]), "messages[0].role"),
        (json!([{"role": 123, "content": "a"}]), "messages[0].role"),
        (json!([{"role": "user", "content": 123}]), "messages[0].content"),
        (json!([{"role": "user"}]), "messages[0].content"),
        (json!([{"role": "user", "content": "a", "name": 1}]), "messages[0].name"),
        (json!([{"role": "user", "content": [{"type": "image_url"}]}]), "messages[0].content"),
        (
            json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://a/b.png"}}]}]),
            "messages[0].content",
        ),
        (
            json!([{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}]),
            "messages",
        ),
        (json!([{"role": "tool", "content": "12"}]), "messages[0].tool_call_id"),
        (json!([{"role": "assistant", "tool_calls": 5}]), "messages[0].tool_calls"),
        (call(json!(null)), "messages[0].tool_calls[0]"),
        (call(json!({"name": ""})), "messages[0].tool_calls[0]"),
        (call(json!({"name": "f", "arguments": 5})), "messages[0].tool_calls[0]"),
        // Nobody has answered the call.
        (json!([{"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}]), "messages"),
    ];
    for (messages, param) in cases {
        let error = read(Some(&messages)).expect_err("it is malformed");
        assert_eq!(error.detail.param.as_deref(), Some(param), "{messages}");
    }
}

#[test]
fn parts_are_joined_and_neighbours_merged() {
    let messages = json!([
        {"role": "developer", "content": "a"},
        {"role": "system", "content": [{"type": "text", "text": "b"}]},
        {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "input_text", "text": "d"}]},
        {"role": "assistant", "content": "e"},
        {"role": "assistant", "content": "f"},
        {"role": "user", "content": "g"},
        {"role": "assistant", "content": null},
    ]);
    let read = read(Some(&messages)).expect("well-formed");
    let texts: Vec<_> = read.iter().map(ChatMessage::text).collect();
    assert_eq!(texts, ["a\n\nb", "cd", "e\n\nf", "g", ""]);
}

#[test]
fn calls_and_results_are_kept_as_they_were() {
    let messages = json!([
        {"role": "user", "content": "How warm?", "name": "Ada"},
        {"role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}},
            {"id": "c2", "type": "function", "function": {"name": "g", "arguments": {"b": 2}}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "12"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "13"}]},
        {"role": "assistant", "content": null, "function_call": {"name": "h", "arguments": ""}},
        {"role": "function", "name": "h", "content": null},
    ]);
    let read = read(Some(&messages)).expect("well-formed");
    assert_eq!(read[0].name.as_deref(), Some("Ada"));
    assert_eq!(read[1].reasoning.as_deref(), Some("Hm."));
    let calls: Vec<_> = read.iter().flat_map(|message| &message.tool_calls).collect();
    let calls: Vec<_> =
        calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    assert_eq!(calls, [("c1", "f", "{\"a\": 1}"), ("c2", "g", "{\"b\":2}"), ("h", "h", "")]);
    let answered: Vec<_> = read.iter().filter_map(|message| message.call_id.as_deref()).collect();
    assert_eq!(answered, ["c1", "c2", "h"]);
}

#[test]
fn images_are_taken_out_of_their_addresses() {
    let url = "data:image/png;base64,aGk=";
    for address in [json!({"url": url, "detail": "low"}), json!(url)] {
        let messages = json!([{"role": "user", "content": [
            {"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": address},
        ]}]);
        let read = read(Some(&messages)).expect("well-formed");
        let [ContentPart::Text(_), ContentPart::Image(image)] = read[0].content.as_slice() else {
            panic!("words and an image: {read:?}");
        };
        assert_eq!((image.media_type.as_str(), image.bytes.as_ref()), ("image/png", &b"hi"[..]));
    }
}
