//! The arguments that limit a search or a question to some documents.

use clap::Args;
use quire_domain::{Day, Scope};
use serde_json::Value;

/// Which documents count; each kind of limit narrows the others.
#[derive(Args, Clone, Debug)]
pub struct ScopeArguments {
    /// Only documents at this path, or in this folder; may be repeated
    #[arg(long = "in", value_name = "PATH")]
    paths: Vec<String>,
    /// Only documents with this tag, or one below it; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only this note, those that it links to, and those that link to it; may be repeated
    #[arg(long, value_name = "NOTE")]
    linked_with: Vec<String>,
    /// Only documents of this day or later (UTC), such as 2026-01-31: by the date that they state,
    /// else by when they were last changed or added
    #[arg(long, value_name = "DAY")]
    after: Option<Day>,
    /// Only documents of this day or earlier
    #[arg(long, value_name = "DAY")]
    before: Option<Day>,
}

impl ScopeArguments {
    /// Writes the limits into the body of a request.
    pub fn write(&self, body: &mut Value) -> anyhow::Result<()> {
        let Self { paths, tags, linked_with, after, before } = self.clone();
        let scope = Scope { documents: None, paths, tags, linked_with, after, before };
        if let (Value::Object(body), Value::Object(scope)) = (body, serde_json::to_value(scope)?) {
            body.extend(scope);
        }
        Ok(())
    }
}
