//! A server that has one of each thing that a path may name, and its routes as they are called there.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use quire_server::HttpOptions;
use serde_json::{Map, Value, json};

use super::table::{NATIVE_BODIES, ROWS};
use crate::harness::{App, Reply, multipart};

/// The most bytes of a body here.
pub const MOST_BYTES: usize = 16 << 10;

const UUID: &str = "0199a4f2-7c1e-4d0b-9b57-3f1f6a2f8e10";

/// A route, and how it is called.
#[derive(Clone, Debug)]
pub struct Route {
    /// As it is described.
    pub pattern: String,
    /// With the things of the server in it.
    pub path: String,
    /// The methods that it takes.
    pub methods: Vec<String>,
    /// The method that takes a body, a body that is right, and all fields that it may have.
    pub body: Option<(Method, Value, Vec<String>)>,
}

/// The server.
pub struct Served {
    pub app: App,
    /// What stands for each name in braces.
    things: BTreeMap<&'static str, String>,
    /// The description of the native API.
    described: Value,
}

impl Served {
    /// Opens one.
    pub async fn open() -> Self {
        let options = HttpOptions { max_json_bytes: MOST_BYTES, ..HttpOptions::default() };
        let app = App::with_options(&[], options).await;
        app.fill("plant", &[("pump.md", b"# Pump\n\nThe pump runs at 50 hertz.\n")]).await;
        let document = app.documents("plant").await[0]["id"].as_str().expect("an id").to_owned();
        let made = async |path: &str, body: Value| {
            let reply = app.post(path, &body).await;
            assert!(reply.status.is_success(), "{path}: {}", reply.text());
            reply.json()["id"].as_str().expect("an identifier").to_owned()
        };
        let conversation = made("/api/collections/plant/conversations", json!({})).await;
        let response = made("/v1/responses", json!({"input": "Hi."})).await;
        let items = json!({"items": [{"role": "user", "content": "Hi."}]});
        let thread = made("/v1/conversations", items).await;
        let listed = app.get(&format!("/v1/conversations/{thread}/items")).await.json();
        let item = listed["data"][0]["id"].as_str().expect("an item").to_owned();
        let form = String::from_utf8(multipart(&[("tank.md", b"The tank holds 900 litres.")]));
        let form = form.expect("text").replace("name=\"files\"", "name=\"file\"");
        let upload = Request::post("/v1/files")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .body(Body::from(form));
        let file = app.send(upload.expect("a request")).await.json();
        let file = file["id"].as_str().expect("a file").to_owned();
        let store = made("/v1/vector_stores", json!({"name": "Tanks", "file_ids": [file]})).await;
        let batches = format!("/v1/vector_stores/{store}/file_batches");
        let batch = made(&batches, json!({"file_ids": [file]})).await;
        let source = json!({"kind": "obsidian", "collection": "plant", "name": "Vault"});
        let path = format!("/api/sources/{UUID}");
        let source = app.send_json(Method::PUT, &path, &source).await.json();
        let rules = source["rules_hash"].as_str().expect("a name").to_owned();
        let digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned();
        let described = app.get("/api/openapi.json").await.json();
        let things = BTreeMap::from([
            ("batch", batch),
            ("conversation", conversation),
            ("digits", digits.clone()),
            ("document", document),
            ("file", file),
            ("hash", format!("sha256:{digits}")),
            ("id", UUID.to_owned()),
            ("item", item),
            ("name", "plant".to_owned()),
            ("path", "a.md".to_owned()),
            ("response", response),
            ("rules", rules),
            ("server", "none".to_owned()),
            ("sid", UUID.to_owned()),
            ("store", store),
            ("thread", thread),
            ("tool", "none".to_owned()),
            ("uuid", UUID.to_owned()),
        ]);
        Self { app, things, described }
    }

    /// Lists the routes of all protocols.
    pub fn routes(&self) -> Vec<Route> {
        let mut routes: Vec<Route> = ROWS
            .iter()
            .map(|row| {
                let methods = row.methods.split(' ').map(str::to_owned).collect();
                let fields = row.fields.split_whitespace().map(str::to_owned).collect();
                let body = (!row.body.is_empty())
                    .then(|| (Method::POST, self.body(row.path, row.body), fields));
                let path = self.put_in(row.path, row.path);
                Route { pattern: row.path.to_owned(), path, methods, body }
            })
            .collect();
        for (path, item) in self.described["paths"].as_object().expect("paths") {
            let methods: Vec<String> =
                item.as_object().expect("methods").keys().map(|name| name.to_uppercase()).collect();
            let bodies: Vec<_> =
                methods.iter().filter_map(|method| self.native_body(method, path)).collect();
            assert!(bodies.len() < 2, "{path} has several bodies");
            let body = bodies.into_iter().next();
            let pattern = path.clone();
            routes.push(Route { path: self.put_in(path, path), pattern, methods, body });
        }
        routes
    }

    /// Gives the body of a native route, and the fields that its description names.
    fn native_body(&self, method: &str, path: &str) -> Option<(Method, Value, Vec<String>)> {
        let operation = &self.described["paths"][path][method.to_lowercase()];
        let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
        let route = format!("{method} {path}");
        let sample = NATIVE_BODIES.iter().find(|(named, _)| *named == route);
        let (_, sample) = sample.unwrap_or_else(|| panic!("say in the table what `{route}` takes"));
        let mut fields = Vec::new();
        self.collect_fields(schema, &mut fields);
        let method = method.parse().expect("a method");
        Some((method, self.body(path, sample), fields))
    }

    /// Collects the names of the fields that a schema knows, wherever it says so.
    fn collect_fields(&self, schema: &Value, found: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            self.collect_fields(&self.described["components"]["schemas"][name], found);
        }
        found.extend(schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned());
        for part in ["allOf", "anyOf", "oneOf"] {
            for schema in schema[part].as_array().into_iter().flatten() {
                self.collect_fields(schema, found);
            }
        }
    }

    fn body(&self, path: &str, text: &str) -> Value {
        let text = self.put_in(path, text);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Puts the things of the server in place of their names.
    fn put_in(&self, path: &str, text: &str) -> String {
        let id = match path {
            _ if path.starts_with("/api/documents/") => "document",
            _ if path.starts_with("/api/conversations/") => "conversation",
            _ => "id",
        };
        let mut text = text.replace("{id}", &format!("{{{id}}}"));
        for (name, value) in &self.things {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// Sends bytes to a route. The reply is read to its end, unless it has none.
    pub async fn send(
        &self,
        (method, route): (&Method, &Route),
        content_type: Option<&str>,
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method.clone()).uri(&route.path);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let request = request.body(body.into()).expect("a request");
        if route.path.ends_with("/events") {
            let response = self.app.begin(request).await;
            let (status, headers) = (response.status(), response.headers().clone());
            if status == StatusCode::OK {
                return Reply { status, headers, body: Vec::new() };
            }
            let body = axum::body::to_bytes(response.into_body(), MOST_BYTES).await;
            return Reply { status, headers, body: body.expect("a body").to_vec() };
        }
        self.app.send(request).await
    }
}
