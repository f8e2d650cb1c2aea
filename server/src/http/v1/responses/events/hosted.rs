//! The events of tools of servers.

use super::{Body, Encoder, StreamEvent};
use crate::http::turn::hosted::told::{HostedCall, HostedStep, ListedTools};
use crate::http::v1::mcp::items::McpItem;
use crate::http::v1::responses::resource::{Item, Status};

impl Encoder {
    /// Writes a step.
    pub(super) fn tell(&mut self, step: &HostedStep, events: &mut Vec<StreamEvent>) {
        // A call that has ended is the last item already.
        if !matches!(step, HostedStep::Ended(_)) {
            self.close(Status::Completed, events);
        }
        match step {
            HostedStep::Listed(listed) => self.list(listed, events),
            HostedStep::Began(call) => self.begin_call(call, events),
            HostedStep::Ended(call) => {
                let ended = match &call.outcome {
                    Some(Ok(_)) => "response.mcp_call.completed",
                    _ => "response.mcp_call.failed",
                };
                let item = McpItem::call(call);
                let event = self.at(&item, ended);
                events.push(event);
                self.settle(item, events);
            }
            HostedStep::Wanted(call) => {
                let item = McpItem::wanted(call);
                self.add(Item::Mcp(item.clone()), events);
                self.settle(item, events);
            }
        }
    }

    fn list(&mut self, listed: &ListedTools, events: &mut Vec<StreamEvent>) {
        let item = McpItem::listed(listed);
        let McpItem::ListTools { id, server_label, .. } = &item else { return };
        // What was found is told when the item is done; a client that reads both would have it twice.
        let begun = McpItem::ListTools {
            id: id.clone(),
            server_label: server_label.clone(),
            tools: Vec::new(),
            error: None,
        };
        self.add(Item::Mcp(begun), events);
        let ended = match listed.error {
            None => "response.mcp_list_tools.completed",
            Some(_) => "response.mcp_list_tools.failed",
        };
        for kind in ["response.mcp_list_tools.in_progress", ended] {
            let event = self.at(&item, kind);
            events.push(event);
        }
        self.settle(item, events);
    }

    fn begin_call(&mut self, call: &HostedCall, events: &mut Vec<StreamEvent>) {
        let mut begun = McpItem::call(call);
        if let McpItem::Call { arguments, .. } = &mut begun {
            arguments.clear();
        }
        self.add(Item::Mcp(begun.clone()), events);
        let event = self.at(&begun, "response.mcp_call.in_progress");
        events.push(event);
        let (item_id, output_index) = (begun.id().to_owned(), self.place());
        let delta = call.call.arguments.clone();
        if !delta.is_empty() {
            let (item_id, delta) = (item_id.clone(), delta.clone());
            let body = Body::ArgumentsDelta { item_id, output_index, delta };
            events.push(self.event("response.mcp_call_arguments.delta", body));
        }
        let body = Body::McpArguments { item_id, output_index, arguments: delta };
        events.push(self.event("response.mcp_call_arguments.done", body));
    }

    /// An event that says no more than which item it is about.
    fn at(&mut self, item: &McpItem, kind: &'static str) -> StreamEvent {
        let body = Body::Place { item_id: item.id().to_owned(), output_index: self.place() };
        self.event(kind, body)
    }

    /// Writes the last item as it is at its end.
    fn settle(&mut self, item: McpItem, events: &mut Vec<StreamEvent>) {
        let item = Item::Mcp(item);
        if let Some(last) = self.resource.output.last_mut() {
            *last = item.clone();
        }
        let body = Body::Item { output_index: self.place(), item };
        events.push(self.event("response.output_item.done", body));
    }
}
