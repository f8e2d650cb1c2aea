//! Routes for keys that open some collections only. Behind them stands a catalog that knows of no other collection, so
//! that no route can forget to ask: what such a key does not open does not exist for it, in lists, searches, answers,
//! names of models, and by identifiers that it heard of elsewhere.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use quire_domain::CollectionName;
use quire_service::Reach;

use crate::http::faces;
use crate::http::state::AppState;

/// How many sets of collections have routes at a time; making them anew takes milliseconds.
const MOST: usize = 64;

/// The routes that were made, by what they reach. Keys that reach the same share them, and with them the responses that
/// later requests can go on with.
#[derive(Default)]
pub struct Limited {
    routes: Mutex<HashMap<Reach, Router>>,
}

impl Limited {
    /// Gives the routes that reach these collections.
    pub fn routes(&self, state: &AppState, names: &[CollectionName]) -> Router {
        let reach = Reach::only(names);
        let mut made = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(routes) = made.get(&reach) {
            return routes.clone();
        }
        if made.len() >= MOST {
            made.clear();
        }
        let routes = faces(&state.within(reach.clone()));
        made.insert(reach, routes.clone());
        routes
    }
}
