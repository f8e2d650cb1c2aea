//! What the server counts, at `/metrics` in the text that Prometheus reads: requests, how long they took, tokens, what
//! waits for models, what is in memory, and what is indexed. Nothing in it tells what was asked or by whom.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::error::ApiError;
use super::state::AppState;
use super::turn::step::Usage;

/// Upper limits of the histogram's classes, in seconds: from a look-up to a long answer.
const SECONDS: [f64; 12] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// What a request counts as that no route took.
const NO_ROUTE: &str = "none";

/// What tells requests apart.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

/// A route alone: a histogram has many lines for each.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RouteLabels {
    route: String,
}

/// Which way tokens went.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct TokenLabels {
    kind: &'static str,
}

/// A model.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ModelLabels {
    model: String,
}

/// The route that took a request, in the extensions of its reply.
#[derive(Clone, Debug)]
struct RouteTaken(MatchedPath);

/// What is counted as it happens.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    tokens: Family<TokenLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let new_histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let metrics = Self {
            registry: Registry::with_prefix("quire"),
            requests: Family::default(),
            durations: Family::new_with_constructor(new_histogram),
            tokens: Family::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests that were answered", self.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until a reply began",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "tokens",
            "Tokens of prompts, those of them that were in the cache, and those generated",
            self.tokens.clone(),
        );
        self
    }

    /// Counts a request.
    pub fn count_request(&self, method: &str, response: &Response, duration: Duration) {
        let route = response.extensions().get::<RouteTaken>();
        let route = route.map_or(NO_ROUTE, |RouteTaken(path)| path.as_str()).to_owned();
        let labels = RequestLabels {
            // Methods are text of the caller's: those that no route takes count as one.
            method: if route == NO_ROUTE { "any".to_owned() } else { method.to_owned() },
            route: route.clone(),
            status: response.status().as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(duration.as_secs_f64());
    }

    /// Counts the tokens of a reply.
    pub fn count_tokens(&self, usage: Usage) {
        for (kind, count) in
            [("prompt", usage.prompt), ("cached", usage.cached), ("generated", usage.completion)]
        {
            self.tokens.get_or_create(&TokenLabels { kind }).inc_by(count as u64);
        }
    }
}

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/metrics", get(show))
}

/// Notes in the reply which route took the request.
pub async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(RouteTaken(route));
    }
    response
}

/// Shows what was counted, and how things are now.
async fn show(State(state): State<AppState>) -> Result<Response, ApiError> {
    let mut page = String::new();
    let failed = |error: std::fmt::Error| ApiError::internal(&error);
    text::encode_registry(&mut page, &state.metrics.registry).map_err(failed)?;
    text::encode(&mut page, &current(&state).await?).map_err(failed)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], page).into_response())
}

/// Measures how things are: what a key does not open is not in it.
async fn current(state: &AppState) -> Result<Registry, ApiError> {
    let health = state.services.index_health().await?;
    let mut registry = Registry::with_prefix("quire");
    let mut put = |name: &str, help: &str, value: usize| {
        let gauge = Gauge::<i64, AtomicI64>::default();
        gauge.set(value as i64);
        registry.register(name, help, gauge);
    };
    put("documents", "Documents in all collections", health.documents as usize);
    put("documents_pending", "Documents that are yet to be indexed", health.pending as usize);
    put("chunks", "Chunks that can be searched", health.chunks as usize);
    put("ingest_pauses", "Loops of ingest that wait for the machine", health.pauses.len());
    let (memory, waiting) =
        (Family::<ModelLabels, Gauge>::default(), Family::<ModelLabels, Gauge>::default());
    for model in state.services.models.list_loaded() {
        let labels = ModelLabels { model: model.id.to_string() };
        memory.get_or_create(&labels).set(model.memory_bytes as i64);
        waiting.get_or_create(&labels).set(i64::from(model.waiting_requests));
    }
    registry.register_with_unit(
        "model_memory",
        "Memory of the models that are loaded",
        Unit::Bytes,
        memory,
    );
    registry.register("model_waiting", "Requests that wait for a model", waiting);
    Ok(registry)
}
