//! Where the focus goes when the part of the page that had it closes.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};

thread_local! {
    static OPENER: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

/// Keeps what opened a part of the page.
pub(crate) fn keep(opener: HtmlElement) {
    OPENER.set(Some(opener));
}

/// Gives the focus back to it, if it is still there.
pub(crate) fn give_back() {
    if let Some(opener) = OPENER.take() {
        // An element that has left the page takes no focus, and does not complain.
        let _ = opener.focus();
    }
}

/// Gives it to the content, if the element that had it is deleted with its subject.
pub(crate) fn to_content() {
    let main = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("main"))
        .and_then(|main| main.dyn_into::<HtmlElement>().ok());
    if let Some(main) = main {
        // It has a tab index, so it takes the focus.
        let _ = main.focus();
    }
}
