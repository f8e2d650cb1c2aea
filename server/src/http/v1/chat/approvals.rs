//! Somebody's word about calls that a chat waits with. A chat has no items, so that the call is one of `tool_calls`, and the
//! word stands beside the messages in `mcp_approvals`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::error::ApiError;
use crate::http::turn::hosted::told::WANTED_PREFIX;
use crate::http::turn::hosted::{ApprovedCall, Hosted};
use crate::http::v1::mcp::{OUTCOME_UNKNOWN, refused_words};

/// Somebody's word about a call.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatApproval {
    approval_request_id: String,
    approve: bool,
    reason: Option<String>,
}

/// Puts the words behind the messages, as what tools gave back, and gives the calls that were approved.
pub fn read(
    approvals: &[ChatApproval],
    messages: &mut Option<Value>,
) -> Result<Vec<ApprovedCall>, ApiError> {
    let mut approved = Vec::new();
    for (at, approval) in approvals.iter().enumerate() {
        let id = &approval.approval_request_id;
        let call_id = format!("call_{}", id.strip_prefix(WANTED_PREFIX).unwrap_or(id));
        let listed = messages.as_mut().and_then(Value::as_array_mut);
        let call = listed.as_deref().and_then(|messages| find(messages, &call_id));
        let (Some((shown, arguments)), Some(listed)) = (call, listed) else {
            let message = format!(
                "No message of the assistant has the call `{call_id}` that `{id}` is about."
            );
            return Err(ApiError::invalid(message).param(format!("mcp_approvals[{at}]")));
        };
        let content = if approval.approve {
            OUTCOME_UNKNOWN.to_owned()
        } else {
            refused_words(approval.reason.as_deref())
        };
        listed.push(json!({"role": "tool", "tool_call_id": call_id, "content": content}));
        if approval.approve {
            approved.push(ApprovedCall { request_id: id.clone(), call_id, shown, arguments });
        }
    }
    Ok(approved)
}

/// Finds a call among the messages: the tool and the arguments.
fn find(messages: &[Value], call_id: &str) -> Option<(String, String)> {
    let calls = messages.iter().filter_map(|message| message["tool_calls"].as_array()).flatten();
    let call = calls.into_iter().find(|call| call["id"] == call_id)?;
    let text = |name: &str| call["function"][name].as_str().map(str::to_owned);
    Some((text("name")?, text("arguments").unwrap_or_default()))
}

/// Notes what the messages say of servers.
pub fn note(hosted: &mut Hosted, messages: Option<&Value>, approved: Vec<ApprovedCall>) {
    hosted.approved = approved;
    let messages = messages.and_then(Value::as_array);
    hosted.has_passages = messages.into_iter().flatten().any(|message| {
        let is_cited = message["annotations"].as_array().is_some_and(|all| !all.is_empty());
        is_cited || message.get("quire").is_some_and(|details| !details.is_null())
    });
}
