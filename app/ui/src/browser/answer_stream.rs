//! Asking a question: one request whose reply is a stream of events. Dropping the future ends the
//! request, and with it the generation on the server.

use js_sys::{Reflect, Uint8Array};
use quire_domain::AnswerEvent;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStreamDefaultReader, RequestInit, Response, TextDecoder, window,
};

use super::frames::Frames;
use super::{api_error, describe};
use crate::show::url_part;

/// The body of a question, as `/api` takes it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AskBody {
    /// The question.
    pub(crate) question: String,
    /// The chat model; the server's default where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// The conversation that it continues.
    pub(crate) conversation_id: String,
    /// Always true here.
    pub(crate) stream: bool,
}

/// Ends the request when the future that owns it is dropped.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks, and hands over each event as it comes; an error is a sentence for people.
pub(crate) async fn stream_answer(
    collection: &str,
    question: &AskBody,
    mut on_event: impl FnMut(AnswerEvent),
) -> Result<(), String> {
    let says = |error: JsValue| describe(&error);
    let controller = AbortOnDrop(AbortController::new().map_err(says)?);
    let response = send(collection, question, &controller.0).await?;
    if !response.ok() {
        let body = JsFuture::from(response.text().map_err(says)?).await.map_err(says)?;
        return Err(api_error(response.status(), &body.as_string().unwrap_or_default()));
    }
    let body = response.body().ok_or("the answer had no body")?;
    let reader: ReadableStreamDefaultReader =
        body.get_reader().dyn_into().map_err(|_| "the answer is not a stream")?;
    let decoder = TextDecoder::new().map_err(says)?;
    let keep_partial = web_sys::TextDecodeOptions::new();
    keep_partial.set_stream(true);
    let mut frames = Frames::default();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(says)?;
        let done = Reflect::get(&chunk, &"done".into()).map_err(says)?.is_truthy();
        if done {
            return Ok(());
        }
        let bytes: Uint8Array =
            Reflect::get(&chunk, &"value".into()).map_err(says)?.unchecked_into();
        let text =
            decoder.decode_with_buffer_source_and_options(&bytes, &keep_partial).map_err(says)?;
        for data in frames.push(&text) {
            match serde_json::from_str(&data) {
                Ok(event) => on_event(event),
                Err(error) => return Err(format!("the answer could not be read: {error}")),
            }
        }
    }
}

async fn send(
    collection: &str,
    question: &AskBody,
    controller: &AbortController,
) -> Result<Response, String> {
    let says = |error: JsValue| describe(&error);
    let body = serde_json::to_string(question).map_err(|error| error.to_string())?;
    let headers = web_sys::Headers::new().map_err(says)?;
    headers.append("content-type", "application/json").map_err(says)?;
    headers.append("accept", "text/event-stream").map_err(says)?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body.into());
    init.set_headers(&headers);
    init.set_signal(Some(&controller.signal()));
    let url = format!("/api/collections/{}/ask", url_part(collection));
    let window = window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str_and_init(&url, &init))
        .await
        .map_err(|_| api_error(0, ""))?;
    response.dyn_into().map_err(says)
}
