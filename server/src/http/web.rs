//! The web app: pages rendered by [`quire_ui`], its server functions, and the files it loads.

mod assets;
mod plugin;
mod tools;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::compression::CompressionLayer;

use super::error::{ApiError, unknown_route};
use super::state::AppState;

/// What is answered in place of the pages, in a build without them.
const NOT_BUILT: &str = "This Quire was built without the web app.\n\
    Build it with `cargo xtask build`, or use the API: /api/docs describes it.\n";

/// Adds the pages, or a note that they are not built.
pub fn add_routes(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    let files = Router::new()
        .route("/pkg/{*path}", get(assets::serve))
        .route("/obsidian/{file}", get(plugin::serve))
        .layer(CompressionLayer::new());
    let routes = routes.merge(files);
    if !assets::is_built() {
        return routes;
    }
    let services = state.services.clone();
    let tool_host = state.options.mcp_host.clone();
    let options = state.leptos.clone();
    routes.leptos_routes_with_context(
        state,
        generate_route_list(quire_ui::App),
        move || {
            provide_context(services.clone());
            tools::provide(&tool_host);
        },
        move || quire_ui::shell(options.clone()),
    )
}

/// Answers for everything without a route: JSON for programs, a page for people.
pub async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if is_for_programs(uri.path()) || !matches!(method, Method::GET | Method::HEAD) {
        return unknown_route(&method, &uri).into_response();
    }
    if let Some(file) = assets::find(uri.path().trim_start_matches('/'), request.headers()) {
        return file;
    }
    if assets::is_built() {
        return not_found_page(state, request).await;
    }
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let status = if uri.path() == "/" { StatusCode::OK } else { StatusCode::NOT_FOUND };
    (status, plain, NOT_BUILT).into_response()
}

fn is_for_programs(path: &str) -> bool {
    ["/api", "/v1", "/v0", "/ui", "/khoj"].iter().any(|prefix| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

async fn not_found_page(state: AppState, request: Request) -> Response {
    let AppState { services, leptos, .. } = state;
    let render = leptos_axum::render_app_async_with_context(
        move || provide_context(services.clone()),
        move || quire_ui::shell(leptos.clone()),
    );
    let mut page = render(request).await.into_response();
    *page.status_mut() = StatusCode::NOT_FOUND;
    page
}

/// Answers for a file of the app that is not there.
fn no_such_file(path: &str) -> ApiError {
    ApiError::new(quire_domain::ErrorKind::NotFound, format!("There is no file /pkg/{path}."))
}
