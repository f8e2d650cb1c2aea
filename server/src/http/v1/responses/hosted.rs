//! What the items of a chat say of servers of tools: which were listed, what somebody approved, and whether passages of
//! documents are among them.

use quire_domain::ErrorKind;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::turn::hosted::{ApprovedCall, Hosted};
use crate::mcp_host::shown_name;

/// Reads what was said before, and what is sent now. Only what is sent now is acted on.
pub fn read(
    hosted: Option<&mut Hosted>,
    earlier: &[Value],
    sent: &[Value],
) -> Result<(), ApiError> {
    let all = || earlier.iter().chain(sent);
    let mut approved = Vec::new();
    for (at, item) in sent.iter().enumerate() {
        if kind(item) == "mcp_approval_response" && item["approve"] == true {
            let id = text(item, "approval_request_id");
            approved.push(find(id, (earlier, sent), &format!("input[{at}]"))?);
        }
    }
    let Some(hosted) = hosted else {
        return match approved.first() {
            Some((label, _)) => Err(missing(label)),
            None => Ok(()),
        };
    };
    let named = |label: &str| hosted.servers.iter().any(|server| server.label == label);
    if let Some((label, _)) = approved.iter().find(|(label, _)| !named(label)) {
        return Err(missing(label));
    }
    hosted.approved = approved.into_iter().map(|(_, call)| call).collect();
    let is_listed = |item: &&Value| kind(item) == "mcp_list_tools" && item["error"].is_null();
    let labels = all().filter(is_listed).map(|item| text(item, "server_label").to_owned());
    hosted.listed = labels.collect();
    hosted.has_passages = all().any(has_passages);
    Ok(())
}

/// Finds the call that was approved, and the server that it is for.
fn find(
    id: &str,
    (earlier, sent): (&[Value], &[Value]),
    param: &str,
) -> Result<(String, ApprovedCall), ApiError> {
    let all = || earlier.iter().chain(sent);
    let is_it = |item: &&Value| kind(item) == "mcp_approval_request" && text(item, "id") == id;
    let Some(request) = all().find(is_it) else {
        let message = format!("There is no `mcp_approval_request` `{id}` in this chat.");
        return Err(ApiError::invalid(message).param(param));
    };
    let mut calls = all().filter(|item| kind(item) == "mcp_call");
    if calls.any(|call| text(call, "approval_request_id") == id) {
        let message = format!("The request `{id}` has been answered already.");
        let error = ApiError::new(ErrorKind::Conflict, message).code("already_answered");
        return Err(error.param(param));
    }
    let label = text(request, "server_label");
    let call = ApprovedCall {
        request_id: id.to_owned(),
        call_id: id.to_owned(),
        shown: shown_name(label, text(request, "name")),
        arguments: text(request, "arguments").to_owned(),
    };
    Ok((label.to_owned(), call))
}

fn missing(label: &str) -> ApiError {
    let message = format!(
        "A call of the server `{label}` is approved, which is not among `tools`: send the tool again."
    );
    ApiError::invalid(message).param("tools")
}

/// Returns whether words of documents may be in an item: files were searched, an answer has citations, or it is a summary
/// of what nobody knows.
fn has_passages(item: &Value) -> bool {
    let is_cited = |part: &Value| part["annotations"].as_array().is_some_and(|all| !all.is_empty());
    matches!(kind(item), "file_search_call" | "compaction")
        || item["content"].as_array().is_some_and(|parts| parts.iter().any(is_cited))
}

fn kind(item: &Value) -> &str {
    text(item, "type")
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}
