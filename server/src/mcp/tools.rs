//! What the tools do.

use rmcp::model::{ContentBlock, Resource};
use serde::Serialize;
use serde_json::{Value, json};

use super::Found;
use super::address;
use super::arguments::{
    AddArguments, AddResult, AskArguments, AskResult, CheckedSentence, CollectionsResult,
    FoundPassage, ListedCollection, Quote, ReadArguments, ReadResult, SearchArguments,
    SearchResult,
};
use super::backend::{Api, CallBody, Refusal};

/// How many passages are found unless told otherwise.
const USUAL: u32 = 8;
/// The most.
const MOST: u32 = 50;
/// How many characters are read at a time: about 5,000 tokens.
const PIECE: usize = 20_000;

fn refuse(status: u16, message: impl Into<String>) -> Refusal {
    Refusal { status, message: message.into() }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn found(blocks: Vec<ContentBlock>, result: &impl Serialize) -> Found {
    Found { blocks, structured: serde_json::to_value(result).unwrap_or_default() }
}

/// Links to documents, each once.
fn links<'a>(addresses: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<ContentBlock> {
    let mut seen: Vec<&str> = Vec::new();
    let mut blocks = Vec::new();
    for (uri, title) in addresses {
        if !seen.contains(&uri) {
            seen.push(uri);
            blocks.push(ContentBlock::resource_link(Resource::new(uri, title)));
        }
    }
    blocks
}

/// Gives the collection that is meant: the one named, or the only one.
async fn meant(api: &Api<'_>, named: Option<String>) -> Result<String, Refusal> {
    if let Some(name) = named {
        return Ok(name);
    }
    let reply = api.get(&["api", "collections"], Vec::new()).await?;
    let collections: Vec<&str> =
        list(&reply, "collections").iter().map(|collection| text(collection, "/name")).collect();
    match collections.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(refuse(404, "There is no collection yet.")),
        several => Err(refuse(400, format!("Name a `collection`: {}.", several.join(", ")))),
    }
}

/// Finds passages.
pub async fn search(api: &Api<'_>, arguments: SearchArguments) -> Result<Found, Refusal> {
    let collection = meant(api, arguments.collection).await?;
    let limit = arguments.limit.unwrap_or(USUAL).clamp(1, MOST);
    let body = json!({ "query": arguments.query, "k": limit });
    let path = ["api", "collections", &collection, "search"];
    let reply = api.post(&path, CallBody::Json(body)).await?;
    let passages: Vec<FoundPassage> = list(&reply, "hits")
        .iter()
        .map(|hit| FoundPassage {
            uri: address::write(&collection, text(hit, "/document/path")),
            title: text(hit, "/document/title").to_owned(),
            page: hit["page"].as_u64(),
            heading: list(hit, "heading")
                .iter()
                .filter_map(|part| part.as_str().map(str::to_owned))
                .collect(),
            text: text(hit, "/text").to_owned(),
        })
        .collect();
    let shown: Vec<String> = passages
        .iter()
        .map(|passage| {
            let page = passage.page.map(|page| format!(", page {page}")).unwrap_or_default();
            format!("{}{page}:\n{}", passage.uri, passage.text)
        })
        .collect();
    let shown = if shown.is_empty() { "Nothing was found.".to_owned() } else { shown.join("\n\n") };
    let mut blocks = vec![ContentBlock::text(shown)];
    blocks.extend(links(passages.iter().map(|found| (found.uri.as_str(), found.title.as_str()))));
    Ok(found(blocks, &SearchResult { collection, passages }))
}

/// Asks a question.
pub async fn ask(api: &Api<'_>, arguments: AskArguments) -> Result<Found, Refusal> {
    let collection = meant(api, arguments.collection).await?;
    let path = ["api", "collections", &collection, "ask"];
    let body = json!({ "question": arguments.question });
    let reply = api.post(&path, CallBody::Json(body)).await?;
    let citations: Vec<Quote> = list(&reply, "citations")
        .iter()
        .map(|citation| Quote {
            index: citation["index"].as_u64().unwrap_or_default(),
            uri: address::write(&collection, text(citation, "/document/path")),
            page: citation["page"].as_u64(),
            quote: text(citation, "/quote").to_owned(),
        })
        .collect();
    let sentences = list(&reply, "sentences")
        .iter()
        .map(|sentence| CheckedSentence {
            text: text(sentence, "/text").to_owned(),
            support: text(sentence, "/support").to_owned(),
            citations: list(sentence, "citations").iter().filter_map(Value::as_u64).collect(),
        })
        .collect();
    let result = AskResult {
        answered: reply["answered"].as_bool().unwrap_or_default(),
        answer: text(&reply, "/answer").to_owned(),
        sentences,
        citations,
    };
    let mut shown = vec![result.answer.clone()];
    for quote in &result.citations {
        let page = quote.page.map(|page| format!(", page {page}")).unwrap_or_default();
        shown.push(format!("[{}] \"{}\" ({}{page})", quote.index, quote.quote, quote.uri));
    }
    let mut blocks = vec![ContentBlock::text(shown.join("\n"))];
    blocks.extend(links(
        result.citations.iter().map(|quote| (quote.uri.as_str(), quote.uri.as_str())),
    ));
    Ok(found(blocks, &result))
}

/// Finds the document at an address.
pub async fn find(api: &Api<'_>, uri: &str) -> Result<Value, Refusal> {
    let missing = || refuse(404, format!("There is no document `{uri}`."));
    let (collection, path) = address::read(uri).ok_or_else(missing)?;
    find_at(api, &collection, &path).await?.ok_or_else(missing)
}

async fn find_at(api: &Api<'_>, collection: &str, path: &str) -> Result<Option<Value>, Refusal> {
    let route = ["api", "collections", collection, "documents"];
    // The document itself comes before all others that its path begins.
    let query = vec![("prefix", path.to_owned()), ("limit", "1".to_owned())];
    let reply = api.get(&route, query).await?;
    Ok(list(&reply, "documents").first().filter(|found| text(found, "/path") == path).cloned())
}

/// Reads a page of a document, or all of one without pages.
pub async fn read_text(
    api: &Api<'_>,
    document: &Value,
    page: Option<u64>,
) -> Result<String, Refusal> {
    let query = page.map(|page| ("page", page.to_string())).into_iter().collect();
    let reply = api.get(&["api", "documents", text(document, "/id"), "text"], query).await?;
    Ok(text(&reply, "/text").to_owned())
}

/// Reads a part of a document.
pub async fn read_document(api: &Api<'_>, arguments: ReadArguments) -> Result<Found, Refusal> {
    let document = find(api, &arguments.uri).await?;
    let pages = document["pages"].as_u64();
    let page = pages.map(|_| arguments.page.map_or(1, u64::from));
    let whole = read_text(api, &document, page).await?;
    let offset = arguments.offset.unwrap_or_default();
    let mut rest = whole.chars().skip(offset);
    let piece: String = rest.by_ref().take(PIECE).collect();
    let next_offset = rest.next().map(|_| offset + PIECE);
    let mut blocks = vec![ContentBlock::text(piece.clone())];
    if let Some(next) = next_offset {
        blocks.push(ContentBlock::text(format!("The text goes on; read it with `offset` {next}.")));
    }
    let result = ReadResult { uri: arguments.uri, page, pages, text: piece, next_offset };
    Ok(found(blocks, &result))
}

/// Lists collections.
pub async fn list_collections(api: &Api<'_>) -> Result<Found, Refusal> {
    let reply = api.get(&["api", "collections"], Vec::new()).await?;
    let collections: Vec<ListedCollection> = list(&reply, "collections")
        .iter()
        .map(|collection| ListedCollection {
            name: text(collection, "/name").to_owned(),
            documents: collection.pointer("/counts/documents").and_then(Value::as_u64).unwrap_or(0),
        })
        .collect();
    let lines: Vec<String> = collections
        .iter()
        .map(|collection| format!("{}: {} documents", collection.name, collection.documents))
        .collect();
    let blocks = vec![ContentBlock::text(lines.join("\n"))];
    Ok(found(blocks, &CollectionsResult { collections }))
}

/// Adds a document.
pub async fn add_document(api: &Api<'_>, arguments: AddArguments) -> Result<Found, Refusal> {
    let AddArguments { collection, path, text: content, replace } = arguments;
    if !replace && find_at(api, &collection, &path).await?.is_some() {
        let message = format!("`{path}` is there already; set `replace` to put this in its place.");
        return Err(refuse(409, message));
    }
    let route = ["api", "collections", &collection, "documents"];
    let reply = api.post(&route, CallBody::File { path: path.clone(), text: content }).await?;
    let uri = address::write(&collection, text(&reply, "/documents/0/path"));
    let status = text(&reply, "/documents/0/status").to_owned();
    let blocks =
        vec![ContentBlock::text(format!("{uri} is {status}; it can be searched in a moment."))];
    Ok(found(blocks, &AddResult { uri, status }))
}
