//! The content of a message in parts: words, and pictures that are sent along.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quire_engines::{ContentPart, Image};
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::v1::error::unsupported;

/// Reads parts. Words that follow each other become one text.
pub fn read(parts: &[Value], param: &str) -> Result<Vec<ContentPart>, ApiError> {
    let mut content = Vec::new();
    for part in parts {
        let kind = part.get("type").and_then(Value::as_str);
        let field = match kind {
            Some("text" | "input_text" | "output_text") => "text",
            Some("refusal") => "refusal",
            Some("image_url" | "input_image") => {
                content.push(ContentPart::Image(image(part, param)?));
                continue;
            }
            Some(other) => {
                return Err(unsupported(param, &format!("A content part of type `{other}`")));
            }
            None => return Err(ApiError::invalid("A content part needs a `type`.").param(param)),
        };
        let text = part
            .get(field)
            .and_then(Value::as_str)
            .ok_or_else(|| ApiError::invalid("A text part needs a `text` string.").param(param))?;
        match content.last_mut() {
            Some(ContentPart::Text(last)) => last.push_str(text),
            _ => content.push(ContentPart::Text(text.to_owned())),
        }
    }
    Ok(content)
}

/// Reads a picture out of a `data:` address. Others are not fetched: nothing leaves this machine.
fn image(part: &Value, param: &str) -> Result<Image, ApiError> {
    let address = part.get("image_url");
    let address = address.and_then(|address| address.get("url")).or(address);
    let Some(address) = address.and_then(Value::as_str) else {
        return Err(ApiError::invalid("An image part needs an `image_url`.").param(param));
    };
    image_at(address, param)
}

/// Reads a picture that an address holds.
pub fn image_at(address: &str, param: &str) -> Result<Image, ApiError> {
    let Some(data) = address.strip_prefix("data:") else {
        return Err(unsupported(param, "Fetching an image (send it as a `data:` address)"));
    };
    let Some((media_type, data)) = data.split_once(";base64,") else {
        let message = "An image must be `data:<media type>;base64,<bytes>`.";
        return Err(ApiError::invalid(message).param(param));
    };
    decode_image(media_type, data, param)
}

/// Reads a picture out of base64.
pub fn decode_image(media_type: &str, data: &str, param: &str) -> Result<Image, ApiError> {
    let bytes = STANDARD.decode(data.trim()).map_err(|error| {
        ApiError::invalid(format!("The image is not base64: {error}.")).param(param)
    })?;
    Ok(Image { media_type: media_type.to_owned(), bytes: bytes.into() })
}
