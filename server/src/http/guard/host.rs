//! The `Host` check: a page of another site that points its name at this machine (DNS rebinding)
//! still sends its own name, and is refused.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::HttpOptions;
use crate::http::error::ApiError;
use crate::http::state::AppState;

/// Refuses a request that was addressed to another name.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
    if host.is_some_and(|host| is_ours(host, &state.options)) {
        return next.run(request).await;
    }
    let name = host.unwrap_or_default();
    let message = format!(
        "The host `{name}` is not one this server answers to. Start it with `--allow-host {name}` if it should."
    );
    ApiError::invalid(message)
        .status(StatusCode::FORBIDDEN, "permission_error")
        .code("host_not_allowed")
        .into_response()
}

/// Returns whether `host`, with or without a port, names this server.
fn is_ours(host: &str, options: &HttpOptions) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    if matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
        return true;
    }
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    // An address cannot be rebound, so any will do if the server listens on all of them.
    let is_bound = options.bound.is_some_and(|bound| {
        address.is_some_and(|address| address == bound.ip() || bound.ip().is_unspecified())
    });
    is_bound || options.callers.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
}

/// Takes the port off a host.
pub fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => &host[..colon],
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Callers;

    #[test]
    fn only_names_of_this_machine_pass() {
        let options = HttpOptions {
            bound: Some("192.168.1.5:1234".parse().expect("an address")),
            callers: Callers { hosts: vec!["quire.lan".to_owned()], ..Callers::default() },
            ..HttpOptions::default()
        };
        let cases = [
            ("localhost", true),
            ("LOCALHOST:1234", true),
            ("127.0.0.1:9", true),
            ("[::1]:1234", true),
            ("[::1]", true),
            ("192.168.1.5:1234", true),
            ("192.168.1.6:1234", false),
            ("quire.lan:1234", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:1234", false),
            ("", false),
        ];
        for (host, expected) in cases {
            assert_eq!(is_ours(host, &options), expected, "`{host}`");
        }
    }
}
