//! Where the tools' requests to the API go.

use async_trait::async_trait;
use axum::http::{Extensions, Method};
use serde_json::Value;

/// A request to the API.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// The parts of its path, as they are.
    pub path: Vec<String>,
    /// Its query.
    pub query: Vec<(&'static str, String)>,
    /// Its body.
    pub body: CallBody,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub enum CallBody {
    /// None.
    Nothing,
    /// JSON.
    Json(Value),
    /// One file of an upload.
    File {
        /// Its path in the collection.
        path: String,
        /// What is in it.
        text: String,
    },
}

/// What the API said instead.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// A sentence.
    pub message: String,
}

/// Sends requests to the API, on behalf of a caller if there are several.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Sends a request and reads the reply's JSON.
    async fn call(&self, call: Call, caller: Option<&Extensions>) -> Result<Value, Refusal>;
}

/// The API as one caller may use it.
pub struct Api<'a> {
    /// Where requests go.
    pub backend: &'a dyn Backend,
    /// What is known of who calls.
    pub caller: Option<&'a Extensions>,
}

impl Api<'_> {
    /// Gets something.
    pub async fn get(
        &self,
        path: &[&str],
        query: Vec<(&'static str, String)>,
    ) -> Result<Value, Refusal> {
        self.send(Method::GET, path, query, CallBody::Nothing).await
    }

    /// Posts something.
    pub async fn post(&self, path: &[&str], body: CallBody) -> Result<Value, Refusal> {
        self.send(Method::POST, path, Vec::new(), body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: Vec<(&'static str, String)>,
        body: CallBody,
    ) -> Result<Value, Refusal> {
        let path = path.iter().map(|&part| part.to_owned()).collect();
        self.backend.call(Call { method, path, query, body }, self.caller).await
    }
}
