//! What is said over a connection.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::read_json;
use crate::http::v1::error::unsupported;
use crate::http::v1::responses::events::StreamEvent;
use crate::http::v1::responses::request::ResponseBody;

/// The type of the message that asks for a response.
const CREATE: &str = "response.create";

/// The longest name of a lane.
const LONGEST_NAME: usize = 256;

/// The name of a lane; one is without.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq, Serialize)]
pub struct LaneName(Option<String>);

impl LaneName {
    /// Returns whether it is a name.
    pub fn is_named(&self) -> bool {
        self.0.is_some()
    }

    fn read(stated: Option<&Value>) -> Result<Self, ApiError> {
        let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.');
        match stated {
            None | Some(Value::Null) => Ok(Self(None)),
            Some(Value::String(name))
                if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_sign) =>
            {
                Ok(Self(Some(name.clone())))
            }
            Some(_) => {
                let message = format!(
                    "`stream_id` must be 1 to {LONGEST_NAME} letters, digits, underscores, hyphens and full stops; leave it out for the usual lane."
                );
                Err(ApiError::invalid(message).param("stream_id").code("invalid_stream_id"))
            }
        }
    }
}

/// A message that asks for a response.
pub struct Create {
    /// The lane.
    pub lane: LaneName,
    /// What is asked, as over HTTP.
    pub body: ResponseBody,
    /// Whether it is answered, and not only read.
    pub is_generated: bool,
}

/// What a message has beside what requests over HTTP have.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<String>,
    stream_id: Option<Value>,
    generate: Option<bool>,
}

impl Create {
    /// Reads a message. An error comes with the lane that it is about.
    pub fn read(text: &str) -> Result<Self, (ApiError, LaneName)> {
        let head: Result<Head, ApiError> = read_json(text.as_bytes());
        let head = head.map_err(|error| (error, LaneName::default()))?;
        let lane = LaneName::read(head.stream_id.as_ref());
        let lane = lane.map_err(|error| (error, LaneName::default()))?;
        match read_body(&head, text) {
            Ok(body) => Ok(Self { lane, body, is_generated: head.generate.unwrap_or(true) }),
            Err(error) => Err((error, lane)),
        }
    }
}

fn read_body(head: &Head, text: &str) -> Result<ResponseBody, ApiError> {
    match head.kind.as_deref() {
        Some(CREATE) => {}
        Some(other) => return Err(unsupported("type", &format!("The message `{other}`"))),
        None => {
            let message = format!("`type` is missing; it must be `{CREATE}`.");
            return Err(ApiError::invalid(message).param("type"));
        }
    }
    let body: ResponseBody = read_json(text.as_bytes())?;
    if body.is_background() {
        let what = "Making a response in the background over a WebSocket";
        return Err(unsupported("background", what));
    }
    Ok(body)
}

/// What is told, and of which lane.
#[derive(Debug, Serialize)]
pub struct Frame {
    #[serde(flatten)]
    told: Told,
    #[serde(rename = "stream_id", skip_serializing_if = "is_unnamed")]
    lane: LaneName,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told {
    Event(StreamEvent),
    Refused {
        #[serde(rename = "type")]
        kind: &'static str,
        status: u16,
        #[serde(flatten)]
        body: ErrorBody,
    },
}

fn is_unnamed(lane: &LaneName) -> bool {
    !lane.is_named()
}

impl Frame {
    /// Tells an event of a response.
    pub fn event(event: StreamEvent, lane: LaneName) -> Self {
        Self { told: Told::Event(event), lane }
    }

    /// Tells why there is no response.
    pub fn error(error: ApiError, lane: LaneName) -> Self {
        let status = error.status.as_u16();
        Self { told: Told::Refused { kind: "error", status, body: error.body() }, lane }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_are_read_or_refused_by_field() {
        let read = |message: &Value| Create::read(&message.to_string());
        let named =
            json!({"type": "response.create", "stream_id": "a-1", "input": "Hi.", "stream": true});
        let create = read(&named).unwrap_or_else(|(error, _)| panic!("{}", error.detail.message));
        assert!(create.lane.is_named() && create.is_generated);
        let warm = json!({"type": "response.create", "stream_id": null, "generate": false});
        let create = read(&warm).unwrap_or_else(|(error, _)| panic!("{}", error.detail.message));
        assert!(!create.lane.is_named() && !create.is_generated);
        for (message, param) in [
            (json!({"input": "Hi."}), Some("type")),
            (json!({"type": "response.steer"}), Some("type")),
            (json!({"type": "response.create", "stream_id": ""}), Some("stream_id")),
            (json!({"type": "response.create", "stream_id": "a b"}), Some("stream_id")),
            (json!({"type": "response.create", "stream_id": 5}), Some("stream_id")),
            (json!({"type": "response.create", "background": true}), Some("background")),
            (json!([]), None),
        ] {
            let (error, _) = read(&message).err().unwrap_or_else(|| panic!("{message} was read"));
            assert_eq!(error.detail.param.as_deref(), param, "{message}");
        }
    }

    #[test]
    fn an_error_tells_its_status_and_its_lane() {
        let error = ApiError::invalid("No.").param("input");
        let frame = Frame::error(error, LaneName(Some("a".to_owned())));
        let detail = json!({"message": "No.", "type": "invalid_request_error", "param": "input", "code": "invalid_input"});
        let expected = json!({"type": "error", "status": 400, "error": detail, "stream_id": "a"});
        assert_eq!(json!(frame), expected);
        let unnamed = json!(Frame::error(ApiError::invalid("No."), LaneName::default()));
        assert!(unnamed.get("stream_id").is_none(), "{unnamed}");
    }
}
