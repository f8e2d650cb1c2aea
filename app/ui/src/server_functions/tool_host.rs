//! What the page can do with the servers of tools. They are the server's own, not the service's: it puts them into the context
//! of whoever may see them.

use std::sync::Arc;

use futures::future::BoxFuture;
use leptos::prelude::use_context;
use quire_domain::{ErrorKind, McpServers};

use crate::UiError;

/// The servers of tools, as the page needs them.
pub trait ToolHost: Send + Sync {
    /// Tells how they are; none is started for it.
    fn report(&self) -> McpServers;

    /// Starts all that can be used and lists their tools.
    fn connect(&self) -> BoxFuture<'static, McpServers>;

    /// Lets a tool be called without somebody's word, or has each call wait for it again.
    fn change_tool(
        &self,
        server: String,
        tool: String,
        allowed: bool,
    ) -> BoxFuture<'static, Result<(), UiError>>;
}

/// Finds them; an error for whoever may not see them.
pub(super) fn tool_host() -> Result<Arc<dyn ToolHost>, UiError> {
    use_context::<Arc<dyn ToolHost>>().ok_or_else(|| UiError {
        kind: ErrorKind::InvalidInput,
        message: "Only somebody on the machine that the server runs on may see this.".to_owned(),
    })
}
