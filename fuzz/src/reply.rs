//! Replies of chat models: however one is cut, it comes to the same, and what is neither thought nor call is told as it is.

use quire_engines::chat::{Chat, ReplyFormat, ReplyParser, ReplyPart, Tool};
use serde_json::json;

use crate::fields;

/// What templates hold whose models write calls in ways of their own.
pub(crate) const TEMPLATES: &[&str] = &[
    "",
    "<tool_call>",
    "<tool_call><function=",
    "<|start_header_id|><|python_tag|>",
    "[TOOL_CALLS]",
    ">>>all",
    "<start_of_turn>",
    "<｜tool▁calls▁begin｜>",
];

/// Reads a template's choice, where the reply is cut, and the reply.
pub(crate) fn check(data: &[u8]) {
    let (choice, [cuts, reply]) = fields::split(data);
    let reply = fields::text(reply);
    let template = TEMPLATES[choice % TEMPLATES.len()];
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}});
    let tool = Tool::new("weather".to_owned(), String::new(), schema.as_object().cloned());
    let other = Tool::new("now".to_owned(), String::new(), None);
    let chat = Chat { tools: vec![tool, other], ..Chat::new(Vec::new()) };
    let parser = ReplyParser::new(&ReplyFormat::of(template), &chat, "");
    let whole = read(parser.clone(), [&*reply]);
    let letters: Vec<&str> = reply.split_inclusive(|_| true).collect();
    assert_eq!(read(parser.clone(), letters), whole, "by letters it comes to something else");
    assert_eq!(read(parser, cut(&reply, cuts)), whole, "in pieces it comes to something else");
    let is_plain = whole.iter().all(|part| matches!(part, ReplyPart::Text(_)));
    let has_marks = ["<think>", "[THINK]", ">>>"].iter().any(|mark| reply.contains(mark));
    if is_plain && !has_marks {
        let said: String = whole.iter().map(words).collect();
        assert_eq!(said, reply, "words are lost or made up");
    }
    let mut text = ReplyParser::of_text();
    let mut parts = text.push(&reply);
    parts.extend(text.finish());
    assert_eq!(parts.iter().map(words).collect::<String>(), reply, "a text is taken apart");
}

/// Cuts a text into pieces of so many characters, over and over.
fn cut<'a>(text: &'a str, lengths: &[u8]) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut lengths = lengths.iter().cycle();
    while !rest.is_empty() {
        let length = 1 + usize::from(lengths.next().copied().unwrap_or(7) % 32);
        let at = rest.char_indices().nth(length).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(at);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Reads pieces, and joins what is of a kind, so that cuts do not show.
fn read<'a>(mut parser: ReplyParser, pieces: impl IntoIterator<Item = &'a str>) -> Vec<ReplyPart> {
    let mut parts: Vec<ReplyPart> = Vec::new();
    let mut read: Vec<ReplyPart> =
        pieces.into_iter().flat_map(|piece| parser.push(piece)).collect();
    read.extend(parser.finish());
    for part in read {
        match (parts.last_mut(), part) {
            (Some(ReplyPart::Text(last)), ReplyPart::Text(more))
            | (Some(ReplyPart::Thought(last)), ReplyPart::Thought(more))
            | (Some(ReplyPart::Arguments(last)), ReplyPart::Arguments(more)) => {
                last.push_str(&more);
            }
            (_, part) => parts.push(part),
        }
    }
    parts
}

fn words(part: &ReplyPart) -> &str {
    match part {
        ReplyPart::Thought(text)
        | ReplyPart::Text(text)
        | ReplyPart::Call(text)
        | ReplyPart::Arguments(text) => text,
    }
}
