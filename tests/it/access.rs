//! Who may call from where, and what for: keys, what they allow, where they reach, and what is kept of them.

mod keys;
mod limits;
mod reach;
mod routes;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{App, Reply};

/// A machine that the server does not run on.
fn elsewhere() -> ConnectInfo<SocketAddr> {
    ConnectInfo("192.168.1.77:50000".parse().expect("an address"))
}

/// Makes a key, as its owner does on the machine of the server.
async fn make_key(app: &App, request: &Value) -> String {
    let made = app.post("/api/keys", request).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    made.json()["key"].as_str().expect("a key").to_owned()
}

/// A request from another machine.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    key: Option<&'a str>,
    body: Option<Value>,
}

impl Call<'_> {
    async fn send(self, app: &App) -> Reply {
        let mut request = Request::builder().method(self.method).uri(self.path);
        if let Some(key) = self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = self.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json").extension(elsewhere());
        app.send(request.body(body).expect("a request")).await
    }
}

async fn get(app: &App, path: &str, key: &str) -> Reply {
    Call { method: "GET", path, key: Some(key), body: None }.send(app).await
}

async fn post(app: &App, path: &str, key: &str, body: Value) -> Reply {
    Call { method: "POST", path, key: Some(key), body: Some(body) }.send(app).await
}

fn key_for(allow: &[&str]) -> Value {
    json!({ "name": allow.join(" "), "allow": allow })
}
