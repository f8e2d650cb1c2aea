//! The tools of servers that a model is offered in one reply, by the names that it is shown.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use quire_engines::Tool;
use serde_json::{Map, Value};

use super::Hosted;
use super::told::{HostedCall, ListedTools, ToldTool};
use crate::http::turn::step::Call;
use crate::mcp_host::{HostedServer, McpHost, shown_name};

/// The tools, and the servers they are of.
#[derive(Default)]
pub struct Offer {
    tools: Vec<Offered>,
    places: HashMap<String, usize>,
}

/// A tool that is offered.
struct Offered {
    shown: Tool,
    name: String,
    server: Arc<HostedServer>,
    wants_approval: bool,
}

impl Offer {
    /// Lists the tools of the servers, all at once. A server that does not tell them is told of, and costs its tools alone.
    pub async fn list(host: &McpHost, hosted: &Hosted) -> (Self, Vec<ListedTools>) {
        let servers =
            hosted.servers.iter().filter_map(|wish| Some((wish, host.find(&wish.label)?)));
        let mut lists = Vec::new();
        for (wish, server) in servers {
            lists.push(async move { (wish, server, server.list_tools().await) });
        }
        let (mut offer, mut told) = (Self::default(), Vec::new());
        for (wish, server, listing) in join_all(lists).await {
            let label = wish.label.clone();
            let listing = match listing {
                Ok(listing) => listing,
                Err(error) => {
                    let error = Some(error.to_string());
                    told.push(ListedTools { label, tools: Vec::new(), error });
                    continue;
                }
            };
            let tools: Vec<_> = listing.tools.iter().filter(|tool| wish.offers(tool)).collect();
            if !hosted.listed.contains(&label) {
                let tools = tools.iter().map(|&tool| ToldTool::from(tool)).collect();
                told.push(ListedTools { label: label.clone(), tools, error: None });
            }
            for tool in tools {
                // The request may ask for more care than the owner, and never for less.
                let wants_approval =
                    hosted.has_passages || !server.allows(&tool.name) || wish.wants_approval(tool);
                let shown = shown_name(&label, &tool.name);
                let schema = Some(tool.schema.clone());
                let (name, server) = (tool.name.clone(), Arc::clone(server));
                offer.places.insert(shown.clone(), offer.tools.len());
                let shown = Tool::new(shown, tool.description.clone(), schema);
                offer.tools.push(Offered { shown, name, server, wants_approval });
            }
        }
        (offer, told)
    }

    /// Gives the tools as the model is shown them: all, or those of one server.
    pub fn shown<'a>(&'a self, only: Option<&'a str>) -> impl Iterator<Item = &'a Tool> {
        let fits = move |tool: &&Offered| only.is_none_or(|label| tool.server.label() == label);
        self.tools.iter().filter(fits).map(|tool| &tool.shown)
    }

    /// Returns whether a name is that of a tool here.
    pub fn has(&self, shown: &str) -> bool {
        self.places.contains_key(shown)
    }

    /// Returns whether a call of a tool waits for somebody's word.
    pub fn wants_approval(&self, shown: &str) -> bool {
        self.find(shown).is_none_or(|tool| tool.wants_approval)
    }

    /// Takes a call up.
    pub fn call(&self, call: Call, approval: Option<String>) -> HostedCall {
        // The server may not be there any more, or the tool.
        let gone = || call.name.split_once("__").unwrap_or(("", &call.name));
        let found = self.find(&call.name);
        let (label, tool) =
            found.map_or_else(gone, |tool| (tool.server.label(), tool.name.as_str()));
        let (label, tool) = (label.to_owned(), tool.to_owned());
        HostedCall { call, label, tool, approval, outcome: None }
    }

    /// Has a call made, and notes what came of it.
    pub async fn make(&self, call: &HostedCall) -> HostedCall {
        let outcome = match (self.find(&call.call.name), arguments(&call.call.arguments)) {
            (None, _) => Err("the tool is not offered any more".to_owned()),
            (_, Err(wrong)) => Err(wrong),
            (Some(tool), Ok(arguments)) => match tool.server.call(&tool.name, arguments).await {
                Ok(outcome) => outcome,
                Err(error) => Err(error.to_string()),
            },
        };
        HostedCall { outcome: Some(outcome), ..call.clone() }
    }

    fn find(&self, shown: &str) -> Option<&Offered> {
        self.tools.get(*self.places.get(shown)?)
    }
}

/// Reads the arguments of a call; none are an empty object.
fn arguments(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err("the arguments are no JSON object".to_owned()),
        Err(error) => Err(format!("the arguments are no JSON object: {error}")),
    }
}
