//! The app: its routes and what surrounds every page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::site_header::SiteHeader;
use crate::pages::document::DocumentPage;
use crate::pages::home::HomePage;
use crate::pages::models::ModelsPage;
use crate::pages::not_found::NotFound;
use crate::pages::tools::ToolsPage;
use crate::pages::workspace::WorkspacePage;

/// The whole app.
///
/// Every page is rendered with its data, so that it reads well before (and without) the program.
/// The views below a collection share one page, which keeps uploads and answers going while its
/// address changes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let title = |page: String| {
        if page.is_empty() { "Quire".to_owned() } else { format!("{page} · Quire") }
    };
    view! {
        <Title formatter=title/>
        <Router>
            <a class="skip-link" href="#main" rel="external">"Skip to the content"</a>
            <SiteHeader/>
            <main id="main" tabindex="-1">
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                    <Route path=path!("/models") view=ModelsPage ssr=SsrMode::Async/>
                    <Route path=path!("/tools") view=ToolsPage ssr=SsrMode::Async/>
                    <Route path=path!("/d/:id") view=DocumentPage ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/c/:name") view=WorkspacePage ssr=SsrMode::Async>
                        <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("documents") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("sources") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("evaluation") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("settings") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("chat/:id") view=|| () ssr=SsrMode::Async/>
                    </ParentRoute>
                </Routes>
            </main>
        </Router>
    }
}
