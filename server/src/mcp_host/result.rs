//! What a tool gave back, as text that a model can read: cut to a limit, and saying what is not in it.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

/// The most characters of a result: about 8,000 tokens.
const MOST_CHARACTERS: usize = 32_000;

/// Gives the words of a result; those of one that is an error are the error.
pub fn read(result: &CallToolResult) -> Result<String, String> {
    let mut parts: Vec<String> = result.content.iter().map(block).collect();
    // Servers that have structured results send them as text as well, for those who read nothing else.
    if parts.is_empty()
        && let Some(structured) = &result.structured_content
    {
        parts.push(structured.to_string());
    }
    let text = cut(parts.join("\n"));
    if result.is_error == Some(true) {
        return Err(if text.is_empty() {
            "The tool failed without a reason.".to_owned()
        } else {
            text
        });
    }
    Ok(text)
}

fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => left_out("an image", &image.mime_type),
        ContentBlock::Audio(audio) => left_out("a sound", &audio.mime_type),
        ContentBlock::ResourceLink(resource) => format!("{}: {}", resource.name, resource.uri),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => format!("{uri}:\n{text}"),
            ResourceContents::BlobResourceContents { uri, mime_type, .. } => {
                left_out(uri, mime_type.as_deref().unwrap_or("bytes"))
            }
            _ => left_out("a resource", "of a kind that is not known here"),
        },
        _ => left_out("content", "of a kind that is not known here"),
    }
}

fn left_out(what: &str, kind: &str) -> String {
    format!("[{what} ({kind}) is left out: only text is read here]")
}

/// Cuts a text to the limit, and says how much is missing.
fn cut(text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) else { return text };
    let missing = text[end..].chars().count();
    format!("{}\n[{missing} more characters are left out]", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result(value: serde_json::Value) -> Result<String, String> {
        read(&serde_json::from_value(value).expect("a result"))
    }

    #[test]
    fn text_is_read_and_the_rest_is_named() {
        let content = json!([
            {"type": "text", "text": "One."},
            {"type": "image", "data": "aGk=", "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "file:///a", "text": "Two."}},
        ]);
        let read = result(json!({ "content": content })).expect("it worked");
        assert!(read.starts_with("One.\n[an image (image/png)"), "{read}");
        assert!(read.ends_with("file:///a:\nTwo."), "{read}");
        let read = result(json!({"content": [], "structuredContent": {"a": 1}}));
        assert_eq!(read.as_deref(), Ok(r#"{"a":1}"#));
        let failed = json!({"content": [{"type": "text", "text": "No."}], "isError": true});
        assert_eq!(result(failed), Err("No.".to_owned()));
        assert!(result(json!({"content": [], "isError": true})).is_err());
    }

    #[test]
    fn a_long_result_is_cut_and_says_so() {
        let long = "ü".repeat(MOST_CHARACTERS + 7);
        let read = result(json!({"content": [{"type": "text", "text": long}]})).expect("it worked");
        assert!(read.ends_with("[7 more characters are left out]"), "{}", &read[read.len() - 60..]);
    }
}
