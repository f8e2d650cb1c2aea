//! A code for pairing a device, with the address to type beside it and the time that it lasts.

use std::time::Duration;

use js_sys::Date;
use leptos::prelude::*;

use super::state::SourcesState;
use crate::browser::dialog;

/// Shows the code until the dialog is closed.
#[component]
pub fn PairDialog() -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let address = RwSignal::new(String::new());
    let now = RwSignal::new(0.0);
    Effect::new(move |_| {
        address.set(crate::browser::origin());
        now.set(Date::now());
        let tick = move || {
            now.try_set(Date::now());
        };
        if let Ok(clock) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || clock.clear());
        }
    });
    let code = move || state.code.get().map(|code| code.code);
    let left = move || {
        let code = state.code.get()?;
        Some(time_left(code.expires_at - now.get() as i64))
    };
    let is_near = move || {
        let address = address.read();
        address.contains("//127.0.0.1")
            || address.contains("//localhost")
            || address.contains("//[::1]")
    };
    view! {
        <dialog node_ref=state.pair_dialog class="dialog pairing" aria-labelledby="pairing-title">
            <h2 id="pairing-title">"Pair a device"</h2>
            <p class="muted">"Enter both in the settings of the Quire plugin on that device."</p>
            <dl class="pairing-figures">
                <dt>"Address"</dt>
                <dd><code class="pairing-address">{address}</code></dd>
                <dt>"Code"</dt>
                <dd class="pairing-code">{code}</dd>
            </dl>
            <p class="small" role="timer">{left}</p>
            <p class="muted small" hidden=move || !is_near()>
                "This address is for Obsidian on this computer. For a phone or another computer, start Quire with "
                <code>"--bind"</code> " and the address of this one in your network; enter that then."
            </p>
            <div class="dialog-buttons">
                <button type="button" class="button" on:click=move |_| state.renew_code()>"New code"</button>
                <button
                    type="button"
                    class="button primary"
                    autofocus=true
                    on:click=move |_| {
                        dialog::close(state.pair_dialog);
                        state.sources.refetch();
                    }
                >
                    "Done"
                </button>
            </div>
        </dialog>
    }
    .into_any()
}

/// Says how long a code lasts: `It works once, for 9:59 more.`
fn time_left(left_ms: i64) -> String {
    let seconds = left_ms.div_euclid(1000);
    if seconds <= 0 {
        return "The code has ended; ask for a new one.".to_owned();
    }
    format!("It works once, for {}:{:02} more.", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::time_left;

    #[test]
    fn the_time_that_is_left_is_counted_down() {
        assert_eq!(time_left(599_999), "It works once, for 9:59 more.");
        assert_eq!(time_left(61_000), "It works once, for 1:01 more.");
        assert_eq!(time_left(999), "The code has ended; ask for a new one.");
        assert_eq!(time_left(-5), "The code has ended; ask for a new one.");
    }
}
