//! The key that a request brings: as `Authorization: Bearer`, as `x-api-key`, as Anthropic's clients send it, as
//! `api-key`, as Azure's do, or as the password that a browser asked for.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Finds the key of a request.
pub fn sent_key(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorized = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(rest.to_owned()),
            "basic" => password(rest),
            _ => None,
        }
    });
    let named = || text("x-api-key").or_else(|| text("api-key")).map(|key| key.trim().to_owned());
    authorized.or_else(named).filter(|key| !key.is_empty())
}

fn password(encoded: &str) -> Option<String> {
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::sent_key;
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    #[test]
    fn a_key_is_found_where_clients_put_it() {
        for (name, value, expected) in [
            ("authorization", "Bearer one", Some("one")),
            ("authorization", "bearer  one ", Some("one")),
            ("authorization", "Basic YW55Om9uZQ==", Some("one")),
            ("authorization", "Basic broken", None),
            ("authorization", "Digest one", None),
            ("x-api-key", "one", Some("one")),
            ("api-key", "one", Some("one")),
            ("x-other", "one", None),
        ] {
            let name = HeaderName::from_static(name);
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(sent_key(&headers).as_deref(), expected, "{value}");
        }
    }
}
