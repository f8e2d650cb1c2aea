//! What every handler can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use quire_folder_sync::now_ms;
use quire_service::{Reach, Services};

use super::guard::streams::Streams;
use super::lmstudio::downloads::Downloads;
use super::lmstudio::sdk::instances::Instances;
use super::metrics::Metrics;
use super::v1::responses::Background;
use crate::HttpOptions;

/// The state of the router.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// All use cases.
    pub services: Services,
    /// Who may call, and how much.
    pub options: Arc<HttpOptions>,
    /// Names the web app's files.
    pub leptos: LeptosOptions,
    /// When the server started.
    pub started: Started,
    /// Names that clients of LM Studio's SDKs gave the instances of models.
    pub instances: Arc<Instances>,
    /// Models that are on their way here.
    pub downloads: Arc<Downloads>,
    /// Responses that are being made though nobody waits for them.
    pub background: Arc<Background>,
    /// What is counted of all requests.
    pub metrics: Arc<Metrics>,
    /// How many answers are being made for whom.
    pub streams: Streams,
}

/// A moment in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub struct Started(pub u64);

impl AppState {
    /// Makes the state of a server that starts now.
    pub fn new(services: Services, options: HttpOptions) -> Self {
        let leptos = LeptosOptions::builder()
            .output_name("quire")
            .site_pkg_dir("pkg")
            .site_root("site")
            .build();
        Self {
            services,
            streams: Streams::new(options.max_streams),
            options: Arc::new(options),
            leptos,
            started: Started(now_seconds()),
            instances: Arc::default(),
            downloads: Arc::default(),
            background: Arc::default(),
            metrics: Arc::default(),
        }
    }

    /// Gives the state for callers who reach some collections only. What is kept for later requests is theirs alone.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        Self { services: self.services.within(reach), background: Arc::default(), ..self.clone() }
    }
}

/// Reads the clock in seconds since the Unix epoch.
pub fn now_seconds() -> u64 {
    (now_ms() / 1000).unsigned_abs()
}
