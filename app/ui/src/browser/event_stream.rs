//! One request whose reply is a stream of events. Dropping the future ends the request, and with it
//! the work on the server.

use js_sys::{Reflect, Uint8Array};
use quire_domain::SseParser;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestInit, Response, window};

use super::{api_error, describe};

/// Ends the request when the future that owns it is dropped.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Posts a body, and hands over each event of the reply as it comes; an error is a sentence for
/// people.
pub(crate) async fn stream_events<T: DeserializeOwned>(
    url: &str,
    body: &impl Serialize,
    mut on_event: impl FnMut(T),
) -> Result<(), String> {
    let body = serde_json::to_string(body).map_err(|error| error.to_string())?;
    let mut on_data = |data: &str| match serde_json::from_str(data) {
        Ok(event) => {
            on_event(event);
            Ok(())
        }
        Err(error) => Err(format!("the answer could not be read: {error}")),
    };
    stream_data(url, &body, &mut on_data).await
}

/// The same without the events' type, so that it is compiled once.
async fn stream_data(
    url: &str,
    body: &str,
    on_data: &mut dyn FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    let says = |error: JsValue| describe(&error);
    let controller = AbortOnDrop(AbortController::new().map_err(says)?);
    let response = send(url, body, &controller.0).await?;
    if !response.ok() {
        let body = JsFuture::from(response.text().map_err(says)?).await.map_err(says)?;
        return Err(api_error(response.status(), &body.as_string().unwrap_or_default()));
    }
    let body = response.body().ok_or("the answer had no body")?;
    let reader: ReadableStreamDefaultReader =
        body.get_reader().dyn_into().map_err(|_| "the answer is not a stream")?;
    let mut parser = SseParser::default();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(says)?;
        let done = Reflect::get(&chunk, &"done".into()).map_err(says)?.is_truthy();
        if done {
            return Ok(());
        }
        let bytes: Uint8Array =
            Reflect::get(&chunk, &"value".into()).map_err(says)?.unchecked_into();
        for event in parser.push(&bytes.to_vec()) {
            on_data(&event.data)?;
        }
    }
}

async fn send(url: &str, body: &str, controller: &AbortController) -> Result<Response, String> {
    let says = |error: JsValue| describe(&error);
    let headers = web_sys::Headers::new().map_err(says)?;
    headers.append("content-type", "application/json").map_err(says)?;
    headers.append("accept", "text/event-stream").map_err(says)?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body.into());
    init.set_headers(&headers);
    init.set_signal(Some(&controller.signal()));
    let window = window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &init))
        .await
        .map_err(|_| api_error(0, ""))?;
    response.dyn_into().map_err(says)
}
