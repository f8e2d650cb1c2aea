//! Every route, and what clients and scanners send it that is wrong or odd: other methods, `HEAD`, `OPTIONS`, bodies of
//! another type, fields that nobody knows, `null` for what is left out, values of every type, too much. The server is never at
//! fault, and whatever is refused is refused in the shape of the protocol.

mod served;
mod table;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::Reply;
use served::{MOST_BYTES, Route, Served};
use table::READING_OTHERWISE;

const JSON: Option<&str> = Some("application/json");

/// Asserts that a reply is an error of this status in the shape of the protocol that its path belongs to.
fn assert_refused(reply: &Reply, status: u16, route: &Route, sent: &str) {
    let told = format!("{} with {sent}: {} {}", route.pattern, reply.status, reply.text());
    assert_eq!(reply.status.as_u16(), status, "{told}");
    assert_shape(reply, route, sent);
}

/// Asserts that an error has the shape of the protocol that its path belongs to, and says something.
fn assert_shape(reply: &Reply, route: &Route, sent: &str) {
    let told = format!("{} with {sent}: {} {}", route.pattern, reply.status, reply.text());
    assert!(reply.header("content-type").starts_with("application/json"), "{told}");
    let body = reply.json();
    let is_below = |prefix: &str| route.pattern.starts_with(prefix);
    let error = &body["error"];
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let fits = if is_below("/v1/messages") || is_below("/anthropic/") {
        body["type"] == "error" && is_text(&error["type"]) && is_text(&error["message"])
    } else if is_ollamas(route) {
        is_text(error)
    } else if is_below("/api/v1/") {
        is_text(&error["type"]) && is_text(&error["message"])
    } else {
        let has = |name: &str| error.as_object().is_some_and(|fields| fields.contains_key(name));
        is_text(&error["type"]) && is_text(&error["message"]) && has("param") && has("code")
    };
    assert!(fits, "{told}");
}

fn is_ollamas(route: &Route) -> bool {
    quire_server::http::ollama::PATHS.contains(&route.pattern.as_str())
}

/// Asserts that the server is not at fault, and that an error has its shape.
fn assert_not_at_fault(reply: &Reply, route: &Route, sent: &str) {
    let told = format!("{} with {sent}: {} {}", route.pattern, reply.status, reply.text());
    // 501 is no fault: something is not done here, and says so.
    let is_fault = reply.status.is_server_error() && reply.status != StatusCode::NOT_IMPLEMENTED;
    assert!(!is_fault, "{told}");
    if !reply.status.is_success() {
        assert_shape(reply, route, sent);
    }
}

fn method(name: &str) -> Method {
    name.parse().expect("a method")
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_told_which_it_takes() {
    let served = Served::open().await;
    for route in served.routes() {
        let takes = |name: &str| {
            let is_head = name == "HEAD" && route.methods.iter().any(|method| method == "GET");
            is_head || route.methods.iter().any(|method| method == name)
        };
        let allows_all = |reply: &Reply| {
            let allow = reply.header("allow").to_owned();
            let allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
            let is_told = route.methods.iter().all(|method| allowed.contains(&method.as_str()));
            assert!(is_told, "{}: `Allow: {allow}` of {:?}", route.pattern, route.methods);
        };
        for name in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if !takes(name) {
                let reply = served.send((&method(name), &route), JSON, "{}").await;
                assert_refused(&reply, 405, &route, name);
                allows_all(&reply);
            }
        }
        let options = served.send((&Method::OPTIONS, &route), None, "").await;
        assert_eq!(options.status, StatusCode::NO_CONTENT, "{}: OPTIONS", route.pattern);
        allows_all(&options);
        let head = served.send((&Method::HEAD, &route), None, "").await;
        if takes("GET") {
            let get = served.send((&Method::GET, &route), None, "").await;
            assert_eq!(head.status, get.status, "{}: HEAD", route.pattern);
        } else if !takes("HEAD") {
            assert_eq!(head.status.as_u16(), 405, "{}: HEAD", route.pattern);
            allows_all(&head);
        }
        assert!(!head.status.is_server_error(), "{}: HEAD", route.pattern);
        assert!(!takes("GET") || head.body.is_empty(), "{}: HEAD has a body", route.pattern);
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let served = Served::open().await;
    for route in served.routes() {
        let Some((method, right, _)) = &route.body else { continue };
        let called = (method, &route);
        let reads_otherwise = READING_OTHERWISE.contains(&route.pattern.as_str());
        // Ollama's clients state whatever type.
        let is_lax = reads_otherwise || is_ollamas(&route);
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let reply = served.send(called, Some(content_type), right.to_string()).await;
            if is_lax {
                assert_not_at_fault(&reply, &route, content_type);
            } else {
                assert_refused(&reply, 415, &route, content_type);
            }
        }
        // What is made by the first is there for the others.
        served.send(called, JSON, right.to_string()).await;
        let usual = served.send(called, JSON, right.to_string()).await;
        let unstated = served.send(called, None, right.to_string()).await;
        assert!(reads_otherwise || usual.status == unstated.status, "{}", unstated.text());
        for text in
            ["", " ", "{", "[]", "[{}]", "null", "5", "true", "\"text\"", "{\"a\":}", "{} {}"]
        {
            let reply = served.send(called, JSON, text).await;
            if reads_otherwise {
                assert_not_at_fault(&reply, &route, text);
            } else {
                assert_refused(&reply, 400, &route, text);
            }
        }
        let reply = served.send(called, JSON, &b"{\"a\":\"\xff\xfe\"}"[..]).await;
        assert_not_at_fault(&reply, &route, "bytes that are no text");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let served = Served::open().await;
    for route in served.routes() {
        let Some((method, right, _)) = &route.body else { continue };
        let mut large = right.clone();
        large["padding"] = json!("x".repeat(MOST_BYTES));
        let reply = served.send((method, &route), JSON, large.to_string()).await;
        if READING_OTHERWISE.contains(&route.pattern.as_str()) {
            assert_not_at_fault(&reply, &route, "a large body");
        } else {
            assert_refused(&reply, 413, &route, "a large body");
        }
    }
}

#[tokio::test]
async fn nulls_and_fields_that_nobody_knows_change_nothing() {
    let served = Served::open().await;
    for route in served.routes() {
        let Some((method, right, fields)) = &route.body else { continue };
        let called = (method, &route);
        let send = async |body: &Value| served.send(called, JSON, body.to_string()).await;
        // What is made by the first is there for the others.
        send(right).await;
        let usual = send(right).await;
        let told = format!("{} with {right}: {}", route.pattern, usual.text());
        let is_read = ![400, 415, 422].contains(&usual.status.as_u16());
        assert!(is_read && !usual.status.is_server_error(), "{}: {told}", usual.status);
        let mut all = right.clone();
        for field in fields.iter().filter(|field| right.get(field.as_str()).is_none()) {
            all[field] = Value::Null;
            let mut body = right.clone();
            body[field] = Value::Null;
            let reply = send(&body).await;
            let told = format!("{} with {body}: {}", route.pattern, reply.text());
            assert_eq!(reply.status, usual.status, "{told}");
        }
        all["x_of_another_program"] = json!({"a": [1, null, {}]});
        let reply = send(&all).await;
        assert_eq!(reply.status, usual.status, "{} with {all}: {}", route.pattern, reply.text());
    }
}

#[tokio::test]
async fn no_value_of_a_field_is_the_servers_fault() {
    let values = [
        json!(5),
        json!(-1),
        json!(0.5),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!([{"type": "x"}]),
        json!({"type": "x", "a": {"b": []}}),
        json!(""),
        json!("\u{0}\u{fffd}😀"),
        json!("text"),
    ];
    let routes = Served::open().await.routes();
    for at in (0..routes.len()).filter(|at| routes[*at].body.is_some()) {
        // Some values are right, and change what the next request finds.
        let served = Served::open().await;
        let route = served.routes().remove(at);
        let Some((method, right, fields)) = &route.body else { continue };
        let own = right.as_object().into_iter().flat_map(|fields| fields.keys());
        for field in fields.iter().chain(own) {
            for value in &values {
                let mut body = right.clone();
                body[field] = value.clone();
                let reply = served.send((method, &route), JSON, body.to_string()).await;
                assert_not_at_fault(&reply, &route, &format!("{field}: {value}"));
            }
        }
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused() {
    let served = Served::open().await;
    for path in
        ["/v1/models/%ff", "/v1/files/%c3%28", "/api/documents/%ff", "/api/sources/%ff/files"]
    {
        let reply = served.app.get(path).await;
        assert!(reply.error(400, "invalid_input").contains("UTF-8"));
    }
    let reply = served.app.get("/api/v1/models/download/status/%ff").await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["error"]["type"]),
        (400, &json!("invalid_request"))
    );
}

#[tokio::test]
async fn ollamas_routes_take_what_curl_sends_and_not_what_a_page_sends() {
    let served = Served::open().await;
    let send = async |page: Option<&str>| {
        let mut request = Request::post("/api/show")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(site) = page {
            request = request.header("sec-fetch-site", site);
        }
        let body = r#"{"model": "scripted/generator"}"#;
        served.app.send(request.body(Body::from(body)).expect("a request")).await
    };
    assert_eq!(send(None).await.status.as_u16(), 200);
    assert_eq!(send(Some("same-origin")).await.status.as_u16(), 415);
    assert_eq!(send(Some("cross-site")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn the_description_has_the_words_that_are_sent_and_says_how_errors_look() {
    let served = Served::open().await;
    let described = served.app.get("/api/openapi.json").await.json();
    let languages = described["components"]["schemas"]["Language"]["enum"].clone();
    let sent = served.app.get("/api/collections/plant").await.json();
    let languages = languages.as_array().expect("languages");
    assert!(languages.contains(&sent["language"]), "{sent} is none of {languages:?}");
    assert!(languages.contains(&json!("en")), "{languages:?}");
    let error = &described["components"]["responses"]["Error"]["content"]["application/json"];
    assert_eq!(error["schema"]["$ref"], "#/components/schemas/ErrorBody");
    for (path, item) in described["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let default = &operation["responses"]["default"]["$ref"];
            assert_eq!(default, "#/components/responses/Error", "{method} {path}");
        }
    }
}
