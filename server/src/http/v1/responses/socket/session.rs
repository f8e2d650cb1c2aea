//! What the lanes of a connection have in common: whoever is at the other end, and the last response of each lane, which can
//! be gone on with though it is kept nowhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::Semaphore;

use super::frame::LaneName;
use crate::http::guard::access::socket::SocketCaller;

/// How many responses of a connection are made at a time; the others wait.
const MOST_AT_ONCE: usize = 16;

/// A connection that was let in.
pub struct Session {
    /// Whoever is at the other end.
    pub caller: SocketCaller,
    /// The server's address as they know it.
    pub base_url: String,
    /// One for each response that may be made now.
    pub turns: Semaphore,
    last: Mutex<HashMap<LaneName, Last>>,
}

/// The last response of a lane.
struct Last {
    id: String,
    items: Arc<[Value]>,
}

impl Session {
    /// Begins with nothing.
    pub fn new(caller: SocketCaller, base_url: String) -> Self {
        let (turns, last) = (Semaphore::new(MOST_AT_ONCE), Mutex::default());
        Self { caller, base_url, turns, last }
    }

    fn last(&self) -> MutexGuard<'_, HashMap<LaneName, Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the chat up to a response that is the last of a lane.
    pub fn find(&self, id: &str) -> Option<Arc<[Value]>> {
        let all = self.last();
        all.values().find(|last| last.id == id).map(|last| Arc::clone(&last.items))
    }

    /// Makes a response the last of its lane.
    pub fn remember(&self, lane: &LaneName, (id, items): (String, Vec<Value>)) {
        let last = Last { id, items: items.into() };
        self.last().insert(lane.clone(), last);
    }

    /// Lets go of a response that could not be gone on with.
    pub fn forget(&self, id: Option<&str>) {
        self.last().retain(|_, last| Some(last.id.as_str()) != id);
    }
}
