//! Documents as resources: listed a page at a time, collection by collection, and read as text.

use rmcp::model::{
    ErrorData, ListResourcesResult, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::{Value, json};

use super::address;
use super::backend::{Api, Refusal};
use super::tools::{find, read_text};

/// Documents on one page of the list, at most.
const PAGE: usize = 200;

/// Says how addresses are made.
pub fn template() -> ResourceTemplate {
    ResourceTemplate::new("note://{collection}/{+path}", "document")
        .with_title("A document")
        .with_description("The text of a document, by its collection and its path there")
        .with_mime_type("text/plain")
}

/// Lists documents; a cursor is a collection and how far its list has come, with a line break between them.
pub async fn list(api: &Api<'_>, cursor: Option<&str>) -> Result<ListResourcesResult, ErrorData> {
    let reply = api.get(&["api", "collections"], Vec::new()).await.map_err(failed)?;
    let collections = reply["collections"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = collections.iter().filter_map(|one| one["name"].as_str()).collect();
    let (current, mut after) = match cursor {
        Some(cursor) => {
            let parts = cursor.split_once('\n').map(|(name, after)| (name, after.to_owned()));
            parts.ok_or_else(|| {
                ErrorData::invalid_params(format!("`{cursor}` is no cursor"), None)
            })?
        }
        None => (names.first().copied().unwrap_or_default(), String::new()),
    };
    let Some(place) = names.iter().position(|name| *name == current) else {
        return Ok(ListResourcesResult::with_all_items(Vec::new()));
    };
    // Many programs look at the first page alone, so a page is filled from as many collections as it takes.
    let mut resources = Vec::new();
    let mut next = None;
    for name in &names[place..] {
        if resources.len() >= PAGE {
            next = Some(format!("{name}\n"));
            break;
        }
        let mut query = vec![("limit", (PAGE - resources.len()).to_string())];
        if !after.is_empty() {
            query.push(("cursor", std::mem::take(&mut after)));
        }
        let reply =
            api.get(&["api", "collections", name, "documents"], query).await.map_err(failed)?;
        let documents = reply["documents"].as_array().into_iter().flatten();
        resources.extend(documents.map(|document| resource(name, document)));
        if let Some(rest) = reply["next"].as_str() {
            next = Some(format!("{name}\n{rest}"));
            break;
        }
    }
    let mut result = ListResourcesResult::with_all_items(resources);
    result.next_cursor = next;
    Ok(result)
}

fn resource(collection: &str, document: &Value) -> Resource {
    let text = |name: &str| document[name].as_str().unwrap_or_default();
    let resource = Resource::new(address::write(collection, text("path")), text("path"))
        .with_title(text("title"))
        .with_mime_type("text/plain");
    match document["size_bytes"].as_u64() {
        Some(size) => resource.with_size(size),
        None => resource,
    }
}

/// Reads a document: its text, one part a page.
pub async fn read(api: &Api<'_>, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    // Clients look there for what they asked for.
    let failed = |refusal: Refusal| {
        let data = json!({ "status": refusal.status, "uri": uri });
        failed_with(refusal, data)
    };
    let document = find(api, uri).await.map_err(failed)?;
    let mut contents = Vec::new();
    match document["pages"].as_u64() {
        None => contents.push(read_text(api, &document, None).await.map_err(failed)?),
        Some(pages) => {
            for page in 1..=pages {
                contents.push(read_text(api, &document, Some(page)).await.map_err(failed)?);
            }
        }
    }
    let parts = contents.into_iter().map(|text| ResourceContents::text(text, uri)).collect();
    Ok(ReadResourceResult::new(parts))
}

fn failed(refusal: Refusal) -> ErrorData {
    let data = json!({ "status": refusal.status });
    failed_with(refusal, data)
}

fn failed_with(refusal: Refusal, data: Value) -> ErrorData {
    let data = Some(data);
    match refusal.status {
        404 => ErrorData::resource_not_found(refusal.message, data),
        500.. => ErrorData::internal_error(refusal.message, data),
        _ => ErrorData::invalid_params(refusal.message, data),
    }
}
