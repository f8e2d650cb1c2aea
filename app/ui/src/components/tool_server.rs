//! A server of tools: how it is, what last went wrong, and its tools, each with a button that allows it or has it wait again.

use leptos::prelude::*;
use quire_domain::{McpServer, McpServerState};

use crate::components::attempt::attempt;
use crate::components::deed_button::DeedButton;
use crate::components::notice::{Notice, OptionalNotice};
use crate::server_functions::tool_servers::change_tool;

/// What stands for all tools of a server.
const ALL: &str = "*";

/// A row of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Row {
    name: String,
    description: String,
    allowed: bool,
}

/// Shows a server.
#[component]
pub fn ToolServer(
    /// The server.
    server: McpServer,
    /// Runs when a tool was allowed, or not any more.
    on_change: Callback<()>,
) -> impl IntoView {
    let error = RwSignal::new(None);
    let rows = rows(&server);
    let McpServer { label, state, transport, target, left_out, last_error, complaint, .. } = server;
    let way = [transport, target].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let problem = last_error.map(|message| view! { <Notice message/> });
    let wrote = (!complaint.is_empty()).then(|| {
        view! {
            <details class="source-details">
                <summary>"What it wrote"</summary>
                <pre>{complaint}</pre>
            </details>
        }
    });
    let left_out = (!left_out.is_empty()).then(|| {
        let names = left_out.join(", ");
        view! { <p class="muted small">"Not offered, since there are too many or they take too much: " {names}</p> }
    });
    let (word, class) = state_badge(state);
    let (title, shown) = (label.clone(), label.clone());
    let row = move |row: Row| show_row(&label, row, error, on_change);
    let table = (!rows.is_empty()).then(|| {
        view! {
            <table class="table labelled tool-list">
                <thead>
                    <tr>
                        <th scope="col">"Tool"</th>
                        <th scope="col">"What it does"</th>
                        <th scope="col">"A call"</th>
                        <th scope="col"><span class="visually-hidden">"Change"</span></th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        }
    });
    view! {
        <article class="source-card panel" data-server=shown.clone() aria-label=shown>
            <header class="source-head">
                <h2>{title}</h2>
                <span class=class>{word}</span>
            </header>
            <p class="muted small">{way}</p>
            {problem}
            {wrote}
            <OptionalNotice message=error/>
            {table}
            {left_out}
        </article>
    }
    .into_any()
}

fn show_row(
    label: &str,
    row: Row,
    error: RwSignal<Option<String>>,
    on_change: Callback<()>,
) -> AnyView {
    let Row { name, description, allowed } = row;
    let (deed, class, word) = if allowed {
        ("Ask again", "badge ready", "Allowed")
    } else {
        ("Allow", "badge", "Asks first")
    };
    let (server, tool) = (label.to_owned(), name.clone());
    let change = move |()| {
        let call = change_tool(server.clone(), tool.clone(), !allowed);
        attempt(call, error, move |()| on_change.run(()));
    };
    view! {
        <tr data-tool=name.clone()>
            <th scope="row"><span class="model-name">{name.clone()}</span></th>
            <td>{description}</td>
            <td><span class=class>{word}</span></td>
            <td><DeedButton deed of=name.clone() on_press=change/></td>
        </tr>
    }
    .into_any()
}

/// Gives the tools that are known, and those that are allowed though the server was not asked yet.
fn rows(server: &McpServer) -> Vec<Row> {
    let told = server.tools.iter().map(|tool| Row {
        name: tool.name.clone(),
        description: tool.description.clone(),
        allowed: tool.allowed,
    });
    let is_told = |name: &String| server.tools.iter().any(|tool| tool.name == *name);
    let written = server.allow.iter().filter(|name| !is_told(name)).map(|name| {
        let description = if name == ALL { "All tools of this server" } else { "" };
        Row { name: name.clone(), description: description.to_owned(), allowed: true }
    });
    written.chain(told).collect()
}

fn state_badge(state: McpServerState) -> (&'static str, &'static str) {
    match state {
        McpServerState::Idle => ("Starts when needed", "badge"),
        McpServerState::Starting => ("Starting", "badge pending"),
        McpServerState::Connected => ("Connected", "badge ready"),
        McpServerState::Failed => ("Failed", "badge failed"),
        McpServerState::Misconfigured => ("Set up wrongly", "badge failed"),
        McpServerState::Disabled => ("Disabled", "badge"),
    }
}

#[cfg(test)]
mod tests {
    use quire_domain::McpServerTool;

    use super::*;

    #[test]
    fn what_is_allowed_can_be_taken_back_before_the_server_was_asked() {
        let tool = |name: &str, allowed| McpServerTool {
            name: name.to_owned(),
            description: "Looks.".to_owned(),
            allowed,
        };
        let server = McpServer {
            label: "files".to_owned(),
            state: McpServerState::Idle,
            transport: None,
            target: None,
            tools: vec![tool("look", true), tool("write", false)],
            left_out: Vec::new(),
            allow: vec!["look".to_owned(), "gone".to_owned(), ALL.to_owned()],
            last_error: None,
            complaint: String::new(),
            starts: 0,
        };
        let shown = rows(&server);
        let shown: Vec<_> = shown.iter().map(|row| (row.name.as_str(), row.allowed)).collect();
        assert_eq!(shown, [("gone", true), ("*", true), ("look", true), ("write", false)]);
    }
}
