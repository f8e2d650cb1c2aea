//! The status and headers of a rendered page: its content security policy.
//!
//! Everything comes from this server. The one inline script, with which Leptos hands the loaded
//! data over, carries the nonce; any other script in an answer or a document would not run.

use leptos::prelude::{use_context, use_nonce};
use leptos_axum::ResponseOptions;

/// Adds the policy to the response that is being rendered.
pub(crate) fn set_content_security_policy() {
    let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'nonce-{nonce}'; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; frame-src 'self'; frame-ancestors 'self'; object-src 'self'; \
         base-uri 'none'; form-action 'self'"
    );
    if let (Ok(name), Ok(value)) = ("content-security-policy".parse(), policy.parse()) {
        response.insert_header(name, value);
    }
}

/// Tells programs what the page tells people: that there is nothing at this address.
pub(crate) fn set_not_found() {
    set_status(404);
}

/// Gives the response a status.
pub(crate) fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), status.try_into()) {
        response.set_status(status);
    }
}
