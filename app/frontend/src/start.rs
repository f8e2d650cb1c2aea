//! The entry that the page's loader calls once the program is there.

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(quire_ui::App);
}
