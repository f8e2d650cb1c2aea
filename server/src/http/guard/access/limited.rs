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

/// What was made, by what it reaches. Keys that reach the same share it, and with it the responses that later requests
/// can go on with.
#[derive(Default)]
pub struct Limited {
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    routes: HashMap<Reach, Router>,
    /// Kept as long as the server runs, though routes are made anew: responses that are being made and chats that can be
    /// gone on with hang on them. There are no more than there were keys.
    states: HashMap<Reach, AppState>,
}

impl Limited {
    /// Gives the routes that reach these collections.
    pub fn routes(&self, state: &AppState, names: &[CollectionName]) -> Router {
        let reach = Reach::only(names);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(routes) = made.routes.get(&reach) {
            return routes.clone();
        }
        if made.routes.len() >= MOST {
            made.routes.clear();
        }
        let within =
            made.states.entry(reach.clone()).or_insert_with(|| state.within(reach.clone()));
        let routes = faces(within);
        made.routes.insert(reach, routes.clone());
        routes
    }
}
