//! The servers of tools, for the page: seen by whoever is on this machine, and by nobody else.

use std::sync::Arc;

use axum::http::request::Parts;
use futures::future::BoxFuture;
use leptos::prelude::{provide_context, use_context};
use quire_domain::{ErrorKind, McpServers};
use quire_ui::UiError;
use quire_ui::server_functions::tool_host::ToolHost;

use crate::http::guard::access::Identity;
use crate::mcp_host::McpHost;

/// Puts the servers of tools into the context of a request, if whoever sent it may see them. A page is rendered with what its
/// functions find, so that the guards before those functions do not guard it.
pub fn provide(host: &McpHost) {
    let parts = use_context::<Parts>();
    let identity = parts.as_ref().and_then(|parts| parts.extensions.get::<Identity>());
    if identity.is_some_and(Identity::is_owner) {
        provide_context::<Arc<dyn ToolHost>>(Arc::new(host.clone()));
    }
}

impl ToolHost for McpHost {
    fn report(&self) -> McpServers {
        Self::report(self)
    }

    fn connect(&self) -> BoxFuture<'static, McpServers> {
        let host = self.clone();
        Box::pin(async move { host.connect_all().await })
    }

    fn change_tool(
        &self,
        server: String,
        tool: String,
        allowed: bool,
    ) -> BoxFuture<'static, Result<(), UiError>> {
        let host = self.clone();
        let change = move || host.set_allowed(&server, &tool, allowed).map(drop);
        Box::pin(async move {
            match tokio::task::spawn_blocking(change).await {
                Ok(changed) => changed
                    .map_err(|error| UiError { kind: error.kind(), message: error.to_string() }),
                Err(error) => {
                    tracing::error!(%error, "a tool could not be allowed");
                    let message = "Something went wrong inside Quire; its log says what".to_owned();
                    Err(UiError { kind: ErrorKind::Internal, message })
                }
            }
        })
    }
}
