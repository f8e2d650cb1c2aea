//! What is kept of a response, in a conversation and by itself, and items as they are told again.

use quire_service::{KeptResponse, Order, Services, ThreadItem};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::resource::{Resource, Status};
use crate::http::error::ApiError;
use crate::http::v1::page::{ListQuery, Listed, Sizes};

/// What is kept of a response when it has ended.
pub struct Keeping {
    /// What was said before the request, as items.
    pub earlier: Vec<Value>,
    /// What was sent.
    pub input: Vec<Value>,
    /// The conversation that it all belongs to.
    pub conversation: Option<String>,
    /// Whether the response is kept by itself.
    pub is_kept: bool,
}

impl Keeping {
    /// Keeps a response that has ended. It has been given already, so that a failure is only logged. One that failed is
    /// no part of a conversation: what was asked was not answered, and is asked again.
    pub async fn finish(&self, services: &Services, resource: &Resource) {
        let is_told = resource.status != Status::Failed;
        if let Some(conversation) = self.conversation.as_ref().filter(|_| is_told) {
            let told = self.input.iter().cloned().chain(output_items(resource));
            let items = told.map(identified).collect();
            log(services.kept.append_items(conversation, items).await);
        }
        if self.is_kept {
            log(self.put(services, resource).await);
        }
    }

    /// Keeps a response as it is now.
    pub async fn put(
        &self,
        services: &Services,
        resource: &Resource,
    ) -> Result<(), quire_service::ServiceError> {
        let items = self.items(resource);
        let kept = KeptResponse { resource: json!(resource), items, input: self.input.clone() };
        services.kept.put_response(&resource.id, kept).await
    }

    /// Gives the whole chat up to the response as it is now.
    pub fn items(&self, resource: &Resource) -> Vec<Value> {
        let mut items = self.earlier.clone();
        items.extend(self.input.iter().cloned());
        items.extend(output_items(resource));
        items
    }
}

fn log(kept: Result<(), quire_service::ServiceError>) {
    if let Err(error) = kept {
        tracing::warn!(error = &error as &dyn std::error::Error, "a response is not kept: {error}");
    }
}

fn output_items(resource: &Resource) -> impl Iterator<Item = Value> {
    resource.output.iter().map(|item| json!(item))
}

/// Gives an item its identifier, its type and its parts, if it has none.
pub fn identified(item: Value) -> ThreadItem {
    let id = Uuid::now_v7().simple();
    with_id(item, &format!("msg_{id}"))
}

fn with_id(mut item: Value, new_id: &str) -> ThreadItem {
    let Some(fields) = item.as_object_mut() else {
        return ThreadItem { id: new_id.to_owned(), item };
    };
    fields.entry("type").or_insert_with(|| json!("message"));
    if fields.get("id").is_none_or(|id| !id.is_string()) {
        fields.insert("id".to_owned(), json!(new_id));
    }
    if fields.get("type").is_some_and(|kind| kind == "message") {
        fields.entry("status").or_insert_with(|| json!("completed"));
        make_parts(fields);
    }
    let id = fields.get("id").and_then(Value::as_str).unwrap_or(new_id).to_owned();
    ThreadItem { id, item }
}

/// Makes a part of a content that is a text.
fn make_parts(fields: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = fields.get("content") {
        let is_answer = fields.get("role").is_some_and(|role| role == "assistant");
        let part = if is_answer {
            json!([{"type": "output_text", "text": text, "annotations": [], "logprobs": []}])
        } else {
            json!([{"type": "input_text", "text": text}])
        };
        fields.insert("content".to_owned(), part);
    }
}

/// Lists what a response answered, the last first unless it is said otherwise.
pub fn input_items(
    id: &str,
    input: Vec<Value>,
    query: &ListQuery,
) -> Result<Listed<Value>, ApiError> {
    let paging = query.paging(Sizes::USUAL)?;
    let suffix = id.trim_start_matches("resp_");
    let number = |(at, item): (usize, Value)| with_id(item, &format!("item_{suffix}_{at}"));
    let mut items: Vec<ThreadItem> = input.into_iter().enumerate().map(number).collect();
    if paging.order == Order::Descending {
        items.reverse();
    }
    let find = |wanted: &str, param: &str| {
        let refuse = || {
            let message = format!("The response has no input item `{wanted}`.");
            ApiError::invalid(message).param(param)
        };
        items.iter().position(|item| item.id == wanted).ok_or_else(refuse)
    };
    let after = paging.after.as_deref().map(|id| find(id, "after")).transpose()?;
    let before = paging.before.as_deref().map(|id| find(id, "before")).transpose()?;
    let end = before.unwrap_or(items.len());
    let start = match after {
        Some(after) => (after + 1).min(end),
        // What stands right before the item that is named.
        None if before.is_some() => end.saturating_sub(paging.limit),
        None => 0,
    };
    let part = items.into_iter().take(end).skip(start).take(paging.limit).collect();
    let id = |item: &ThreadItem| item.id.clone();
    Ok(Listed::new(part, &paging, (id, |item: ThreadItem| item.item)))
}

/// Gives the identifier of an item.
pub fn item_id(item: &Value) -> Option<String> {
    item.get("id")?.as_str().map(str::to_owned)
}

/// Gets a response; one that is not there is told as OpenAI does.
pub async fn get(services: &Services, id: &str) -> Result<KeptResponse, ApiError> {
    services.kept.get_response(id).await.map_err(|error| missing(error.into()))
}

/// Tells of a response that is not there.
pub fn missing(error: ApiError) -> ApiError {
    if error.status == axum::http::StatusCode::NOT_FOUND {
        return error.param("previous_response_id").code("previous_response_not_found");
    }
    error
}
