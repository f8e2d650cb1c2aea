//! The server that the conformance suite asks for: tools, resources and prompts by the names that its scenarios call. It is served
//! on the transport of `/mcp`, so that what the suite says of it holds for that transport.

#![expect(deprecated, reason = "the suite tests what older clients still use")]

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel,
    LoggingMessageNotificationParam, PaginatedRequestParams, ProgressNotificationParam,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::inputs::{self, States};
use super::{prompts, tools};

/// The pause between two notifications: they should be seen one by one.
const PAUSE: Duration = Duration::from_millis(20);

/// What has changed, for those who listen.
#[derive(Clone, Copy, Debug)]
enum Change {
    Tools,
    Prompts,
}

/// The server; cheap to clone.
#[derive(Clone)]
pub struct Fixture {
    states: States,
    changes: broadcast::Sender<Change>,
}

impl Fixture {
    /// Makes one.
    pub fn new() -> Self {
        Self { states: States::default(), changes: broadcast::channel(16).0 }
    }

    /// Tells those who listen.
    fn change(&self, change: Change) -> CallToolResult {
        // Perhaps nobody does.
        let heard = self.changes.send(change).unwrap_or(0);
        said(&format!("{heard} streams are told."))
    }
}

/// Makes a value of the protocol of its JSON.
pub fn made<T: DeserializeOwned>(value: Value) -> T {
    let text = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The result of a tool that says this.
pub fn said(text: &str) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// Logs three times, as a tool that takes a while.
async fn log(context: &RequestContext<RoleServer>, words: &[&str]) {
    for word in words {
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(word));
        // Whoever went away hears nothing more.
        drop(context.peer.notify_logging_message(message).await);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn show_progress(context: &RequestContext<RoleServer>) {
    let Some(token) = context.meta.get_progress_token() else { return };
    for progress in [0.0, 50.0, 100.0] {
        let told = ProgressNotificationParam::new(token.clone(), progress).with_total(100.0);
        drop(context.peer.notify_progress(told).await);
        tokio::time::sleep(PAUSE).await;
    }
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let capabilities = made(json!({
            "tools": {"listChanged": true},
            "resources": {"subscribe": true, "listChanged": true},
            "prompts": {"listChanged": true},
            "logging": {},
            "completions": {},
        }));
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("quire-fixture", env!("CARGO_PKG_VERSION")))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::list()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::list().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let can = context.client_capabilities().unwrap_or_default();
        if let Some(answer) = inputs::answer(&self.states, &request, &can) {
            return answer;
        }
        let result = match request.name.as_ref() {
            "test_tool_with_logging" => {
                let words =
                    ["Tool execution started", "Tool processing data", "Tool execution completed"];
                log(&context, &words).await;
                said("It was logged.")
            }
            "test_logging_tool" => {
                if context.meta.log_level().is_some() {
                    log(&context, &["It is wanted."]).await;
                }
                said("It was logged if that was wanted.")
            }
            "test_tool_with_progress" | "test_streaming_elicitation" => {
                show_progress(&context).await;
                said("It is done.")
            }
            "test_missing_capability" => {
                if can.sampling.is_none() {
                    let wanted = made(json!({"sampling": {}}));
                    return Err(ErrorData::missing_required_client_capability(wanted));
                }
                said("It can sample.")
            }
            "test_trigger_tool_change" => self.change(Change::Tools),
            "test_trigger_prompt_change" => self.change(Change::Prompts),
            name => {
                let missing = || format!("there is no tool `{name}`");
                tools::content(name).ok_or_else(|| ErrorData::invalid_params(missing(), None))?
            }
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(made(json!([
            {"uri": "test://static-text", "name": "text", "description": "Text.", "mimeType": "text/plain"},
            {"uri": "test://static-binary", "name": "picture", "description": "A picture.", "mimeType": "image/png"},
            {"uri": "test://watched-resource", "name": "watched", "description": "Watched.", "mimeType": "text/plain"},
        ]))))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(made(json!([{
            "uriTemplate": "test://template/{id}/data",
            "name": "template",
            "description": "Data by number.",
            "mimeType": "application/json",
        }]))))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri;
        let content = match uri.as_str() {
            "test://static-text" => {
                json!({"mimeType": "text/plain", "text": "This is the content of the static text resource."})
            }
            "test://static-binary" => json!({"mimeType": "image/png", "blob": tools::PICTURE}),
            "test://watched-resource" => json!({"mimeType": "text/plain", "text": "It stays."}),
            other => {
                let id = other
                    .strip_prefix("test://template/")
                    .and_then(|rest| rest.strip_suffix("/data"));
                let Some(id) = id else {
                    let message = format!("there is no resource `{other}`");
                    return Err(ErrorData::resource_not_found(
                        message,
                        Some(json!({"uri": other})),
                    ));
                };
                let data =
                    json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
                json!({"mimeType": "application/json", "text": data.to_string()})
            }
        };
        let mut content = content;
        content["uri"] = json!(uri);
        Ok(ReadResourceResult::new(made(json!([content]))).into())
    }

    async fn subscribe(
        &self,
        _request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&self.get_info().capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
                change = changes.recv() => change,
            };
            // Those who did not ask for it are not told, and a stream that was closed ends this.
            let told = match change {
                Ok(Change::Tools) => context.sink().notify_tool_list_changed().await,
                Ok(Change::Prompts) => context.sink().notify_prompt_list_changed().await,
                Err(_) => return Ok(()),
            };
            drop(told);
        }
    }

    async fn set_level(
        &self,
        _request: SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request)
    }
}
