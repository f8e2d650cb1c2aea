//! Text that leaves or enters the page: a file read, a file saved, the clipboard.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, HtmlElement, Url, window};

use super::describe;

/// Reads a chosen file.
pub(crate) async fn read(file: &File) -> Result<String, String> {
    let text = JsFuture::from(file.text()).await.map_err(|error| describe(&error))?;
    text.as_string().ok_or_else(|| "the file is not text".to_owned())
}

/// Saves a text as a file, as if a link to it were followed.
pub(crate) fn save(name: &str, text: &str) -> Result<(), String> {
    let says = |error: JsValue| describe(&error);
    let blob = Blob::new_with_str_sequence(&Array::of1(&text.into())).map_err(says)?;
    let url = Url::create_object_url_with_blob(&blob).map_err(says)?;
    let document = window().and_then(|window| window.document()).ok_or("there is no page")?;
    let link = document.create_element("a").map_err(says)?;
    link.set_attribute("href", &url).map_err(says)?;
    link.set_attribute("download", name).map_err(says)?;
    let link: HtmlElement = link.dyn_into().map_err(|_| "the browser made no link")?;
    link.click();
    Url::revoke_object_url(&url).map_err(says)
}

/// Copies a text; an error if the browser has no clipboard, as over plain HTTP from afar.
pub(crate) async fn copy(text: &str) -> Result<(), String> {
    let window = window().ok_or("there is no window")?;
    let navigator = window.navigator();
    let has_clipboard = Reflect::get(&navigator, &"clipboard".into())
        .is_ok_and(|clipboard| !clipboard.is_undefined());
    if !has_clipboard {
        return Err("the browser lets this page copy nothing".to_owned());
    }
    let copied = JsFuture::from(navigator.clipboard().write_text(text)).await;
    copied.map(|_| ()).map_err(|error| describe(&error))
}
