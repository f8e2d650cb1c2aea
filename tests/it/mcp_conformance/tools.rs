//! The tools of the fixture, and what those say that only say something.

use rmcp::model::{CallToolResult, ContentBlock, Tool};
use serde_json::{Map, Value, json};

use super::fixture::{made, said};

/// A picture of one red pixel.
pub const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
/// A sound without samples.
const SOUND: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// The tools that take nothing.
const PLAIN: &[&str] = &[
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_logging_tool",
    "test_missing_capability",
    "test_streaming_elicitation",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
];

/// Gives all of them.
pub fn list() -> Vec<Tool> {
    let nothing: Map<String, Value> = made(json!({"type": "object", "properties": {}}));
    let plain =
        PLAIN.iter().map(|&name| Tool::new(name, "What the suite asks for.", nothing.clone()));
    plain.chain([with_keywords(), with_header()]).collect()
}

/// A tool whose schema has what JSON Schema 2020-12 has.
fn with_keywords() -> Tool {
    let schema: Map<String, Value> = made(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    }));
    Tool::new("json_schema_2020_12_tool", "Has a schema with all keywords.", schema)
}

/// A tool one of whose arguments stands in a header of the request, too.
fn with_header() -> Tool {
    let schema: Map<String, Value> = made(json!({
        "type": "object",
        "properties": {"greeting": {"type": "string", "x-mcp-header": "Greeting"}},
        "required": ["greeting"],
    }));
    Tool::new("test_custom_header", "Has an argument in a header.", schema)
}

/// Gives what a tool says; nothing if it does something else, or is none.
pub fn content(name: &str) -> Option<CallToolResult> {
    let picture = json!({"type": "image", "data": PICTURE, "mimeType": "image/png"});
    let resource = |uri: &str, kind: &str, text: &str| json!({"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": text}});
    let blocks = match name {
        "test_simple_text" => return Some(said("This is a simple text response for testing.")),
        "test_error_handling" => {
            let text = "This tool intentionally returns an error for testing";
            return Some(CallToolResult::error(vec![ContentBlock::text(text)]));
        }
        "test_image_content" => json!([picture]),
        "test_audio_content" => json!([{"type": "audio", "data": SOUND, "mimeType": "audio/wav"}]),
        "test_embedded_resource" => json!([resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content."
        )]),
        "test_multiple_content_types" => json!([
            {"type": "text", "text": "Multiple content types test:"},
            picture,
            resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ]),
        "json_schema_2020_12_tool" => return Some(said("The schema was taken.")),
        "test_custom_header" => return Some(said("The header was taken.")),
        _ => return None,
    };
    Some(CallToolResult::success(made(blocks)))
}
