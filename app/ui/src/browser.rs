//! What components need of the browser beyond the view: storage, dropped folders, uploads, streams.
//!
//! All of it compiles natively as well, but nothing calls it there: effects and event handlers run only
//! in the browser.

pub(crate) mod answer_stream;
pub(crate) mod dialog;
pub(crate) mod dropped;
pub(crate) mod evaluation_stream;
pub(crate) mod event_stream;
pub(crate) mod focus;
pub(crate) mod ingest_events;
pub(crate) mod storage;
pub(crate) mod text_files;
pub(crate) mod upload;

use wasm_bindgen::JsValue;

/// Gives the address of the server that the page is from, such as `http://127.0.0.1:1234`.
pub(crate) fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Says in a sentence what an exception was.
pub(crate) fn describe(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok();
    message
        .and_then(|message| message.as_string())
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "the browser gave no reason".to_owned())
}

/// Finds the message in the body of an `/api` error, or makes one of the status.
pub(crate) fn api_error(status: u16, body: &str) -> String {
    let message = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|body| body.get("error")?.get("message")?.as_str().map(str::to_owned));
    message.unwrap_or_else(|| match status {
        0 => "Quire does not answer; see whether `quire serve` still runs".to_owned(),
        _ => format!("Quire answered with status {status}"),
    })
}
