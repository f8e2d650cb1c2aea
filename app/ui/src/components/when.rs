//! A point in time.

use js_sys::Date;
use leptos::prelude::*;
use quire_domain::date::show_moment;
use wasm_bindgen::JsValue;

/// Shows a point in time: as the server renders it in UTC, then as the clock here shows it.
#[component]
pub fn When(
    /// In milliseconds since the Unix epoch.
    at_ms: i64,
) -> impl IntoView {
    let text = RwSignal::new(format!("{} UTC", show_moment(at_ms)));
    Effect::new(move |_| {
        let date = Date::new(&JsValue::from_f64(at_ms as f64));
        let offset_ms = (date.get_timezone_offset() * 60_000.0) as i64;
        text.set(show_moment(at_ms - offset_ms));
    });
    view! { <time class="unbroken">{text}</time> }
}
