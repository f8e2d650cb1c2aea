//! The page of tools: the servers whose tools models may call, and which of them may be called unasked.

use leptos::prelude::*;
use leptos_meta::Title;
use quire_domain::McpServers;

use crate::UiError;
use crate::components::attempt::attempt;
use crate::components::notice::{Notice, OptionalNotice};
use crate::components::tool_server::ToolServer;
use crate::server_functions::tool_servers::{connect_tool_servers, list_tool_servers};

/// How a server is set up.
const EXAMPLE: &str = r#"{ "mcpServers": { "files": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/me/notes"] } } }"#;

/// Lists the servers of tools.
#[component]
pub fn ToolsPage() -> impl IntoView {
    let servers = Resource::new(|| (), |()| list_tool_servers());
    let on_change = Callback::new(move |()| servers.refetch());
    let list = move || Suspend::new(async move { show_all(servers.await, on_change) });
    view! {
        <Title text="Tools"/>
        <section class="page tools-page">
            <div class="page-heading">
                <div>
                    <h1>"Tools"</h1>
                    <p class="muted">
                        "Models may call the tools of these servers when a program asks for it. A call waits for somebody's word unless its tool is allowed here and the program agrees; \
                        in a chat that holds words of your documents, every call waits."
                    </p>
                </div>
                <ConnectButton on_change/>
            </div>
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition>
        </section>
    }
    .into_any()
}

fn show_all(listed: Result<McpServers, UiError>, on_change: Callback<()>) -> AnyView {
    let McpServers { file, problem, servers } = match listed {
        Ok(listed) => listed,
        Err(error) => return view! { <Notice message=error.message/> }.into_any(),
    };
    let file = file.unwrap_or_else(|| "mcp.json".to_owned());
    if let Some(message) = problem {
        return view! { <Notice message/> }.into_any();
    }
    if servers.is_empty() {
        return view! {
            <div class="empty-state">
                <h2>"No servers of tools"</h2>
                <p>"Set servers up in " <code>{file}</code> ", as Claude Desktop, Cursor and LM Studio have it, and start Quire anew:"</p>
                <pre>{EXAMPLE}</pre>
            </div>
        }
        .into_any();
    }
    let cards =
        servers.into_iter().map(|server| view! { <ToolServer server on_change/> }).collect_view();
    view! {
        {cards}
        <p class="muted small">"Servers are set up in " <code>{file}</code> ", which also keeps what is allowed."</p>
    }
    .into_any()
}

/// Starts all servers, so that their tools are known.
#[component]
fn ConnectButton(
    /// Runs when they were started.
    on_change: Callback<()>,
) -> impl IntoView {
    let (error, is_busy) = (RwSignal::new(None), RwSignal::new(false));
    // Whatever came of it, the button can be pressed again.
    Effect::new(move |_| {
        if error.get().is_some() {
            is_busy.set(false);
        }
    });
    let connect = move |_| {
        is_busy.set(true);
        attempt(connect_tool_servers(), error, move |_| {
            is_busy.set(false);
            on_change.run(());
        });
    };
    view! {
        <div>
            <button type="button" id="connect-tools" class="button" disabled=is_busy on:click=connect>
                {move || if is_busy.get() { "Starting…" } else { "Start all and list tools" }}
            </button>
            <OptionalNotice message=error/>
        </div>
    }
    .into_any()
}
