//! The tools as clients are shown them: names, arguments, results, and what they do to documents.

use rmcp::model::{Tool, ToolAnnotations};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Arguments of `search_notes`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub struct SearchArguments {
    /// What to look for, in words or as a question.
    pub query: String,
    /// The collection; needed if there are several.
    pub collection: Option<String>,
    /// How many passages, 1 to 50; 8 unless given.
    pub limit: Option<u32>,
}

/// Arguments of `ask`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub struct AskArguments {
    /// The question.
    pub question: String,
    /// The collection; needed if there are several.
    pub collection: Option<String>,
}

/// Arguments of `read_document`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub struct ReadArguments {
    /// The document's address, such as `note://notes/a.md`, from a search or a list.
    pub uri: String,
    /// The page, from 1, of a document that has pages; the first unless given.
    pub page: Option<u32>,
    /// The character of the text to begin at; 0 unless given.
    pub offset: Option<usize>,
}

/// Arguments of `add_document`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub struct AddArguments {
    /// The collection.
    pub collection: String,
    /// The document's path in it, such as `meetings/monday.md`; its ending says what it is.
    pub path: String,
    /// The text.
    pub text: String,
    /// Whether to replace a document that is there; else that is refused.
    #[serde(default)]
    pub replace: bool,
}

/// No arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct NoArguments {}

/// A passage that was found.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct FoundPassage {
    /// The document's address, to read on at.
    pub uri: String,
    /// What the document is called.
    pub title: String,
    /// The page, if it has pages.
    pub page: Option<u64>,
    /// The headings above the passage.
    pub heading: Vec<String>,
    /// The passage.
    pub text: String,
}

/// Result of `search_notes`.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct SearchResult {
    /// The collection that was searched.
    pub collection: String,
    /// The best first.
    pub passages: Vec<FoundPassage>,
}

/// An exact quote that an answer rests on.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
#[expect(clippy::struct_field_names, reason = "it is what citations have it in everywhere")]
pub struct Quote {
    /// Its number in the answer's sentences.
    pub index: u64,
    /// The document's address.
    pub uri: String,
    /// The page, if it has pages.
    pub page: Option<u64>,
    /// The words of the document.
    pub quote: String,
}

/// A sentence of an answer.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct CheckedSentence {
    /// The sentence.
    pub text: String,
    /// `quoted`, `supported` or `unsupported` by the documents.
    pub support: String,
    /// The numbers of the quotes that it rests on.
    pub citations: Vec<u64>,
}

/// Result of `ask`.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct AskResult {
    /// Whether the documents answer the question.
    pub answered: bool,
    /// The answer.
    pub answer: String,
    /// Its sentences, each checked.
    pub sentences: Vec<CheckedSentence>,
    /// The quotes.
    pub citations: Vec<Quote>,
}

/// Result of `read_document`.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct ReadResult {
    /// The document's address.
    pub uri: String,
    /// The page that was read, if it has pages.
    pub page: Option<u64>,
    /// How many pages it has, if any.
    pub pages: Option<u64>,
    /// The text from the character asked for.
    pub text: String,
    /// The character to go on at, if the text goes on.
    pub next_offset: Option<usize>,
}

/// A collection.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct ListedCollection {
    /// Its name.
    pub name: String,
    /// How many documents it has.
    pub documents: u64,
}

/// Result of `list_collections`.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct CollectionsResult {
    /// By name.
    pub collections: Vec<ListedCollection>,
}

/// Result of `add_document`.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(crate = "schemars")]
pub struct AddResult {
    /// The document's address.
    pub uri: String,
    /// How far it has come: it can be searched once it is `indexed`, some seconds later.
    pub status: String,
}

/// What a tool does to documents.
#[derive(Clone, Copy)]
enum Effect {
    Reads,
    Writes,
}

fn tool<I: JsonSchema + 'static, O: JsonSchema + 'static>(
    name: &'static str,
    description: &'static str,
    effect: Effect,
) -> Tool {
    let hints = ToolAnnotations::new().open_world(false).idempotent(true);
    let hints = match effect {
        Effect::Reads => hints.read_only(true).destructive(false),
        // It may replace a document, if it is told to.
        Effect::Writes => hints.read_only(false).destructive(true),
    };
    let mut tool = Tool::new(name, description, Arc::new(Map::new()))
        .with_input_schema::<I>()
        .with_output_schema::<O>()
        .with_annotations(hints);
    strip_formats(Arc::make_mut(&mut tool.input_schema));
    if let Some(schema) = &mut tool.output_schema {
        strip_formats(Arc::make_mut(schema));
    }
    tool
}

/// Takes the formats of Rust's numbers, such as `uint64`, out of a schema: nobody else knows them, and clients complain.
fn strip_formats(schema: &mut Map<String, Value>) {
    if schema.get("format").is_some_and(Value::is_string) {
        schema.remove("format");
    }
    schema.values_mut().for_each(strip_formats_within);
}

fn strip_formats_within(value: &mut Value) {
    match value {
        Value::Object(schema) => strip_formats(schema),
        Value::Array(values) => values.iter_mut().for_each(strip_formats_within),
        _ => {}
    }
}

/// Gives all tools.
pub fn tools() -> Vec<Tool> {
    vec![
        tool::<SearchArguments, SearchResult>(
            "search_notes",
            "Find passages in the user's documents, by words and by meaning.",
            Effect::Reads,
        ),
        tool::<AskArguments, AskResult>(
            "ask",
            "Have Quire answer a question from the user's documents. Every sentence is checked against them and comes with exact quotes.",
            Effect::Reads,
        ),
        tool::<ReadArguments, ReadResult>(
            "read_document",
            "Read the text of a document, a page or a part at a time.",
            Effect::Reads,
        ),
        tool::<NoArguments, CollectionsResult>(
            "list_collections",
            "List the collections that documents are kept in.",
            Effect::Reads,
        ),
        tool::<AddArguments, AddResult>(
            "add_document",
            "Add a text document to a collection. One that is there is replaced only if `replace` is true.",
            Effect::Writes,
        ),
    ]
}
