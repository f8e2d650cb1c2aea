//! The devices that hold a key of a source, and taking it from them.

use leptos::prelude::*;
use quire_domain::sync::{Device, SourceId};

use super::state::SourcesState;
use crate::browser::dialog;
use crate::components::attempt::attempt;
use crate::components::confirm_dialog::ConfirmDialog;
use crate::components::deed_button::DeedButton;
use crate::components::when::When;
use crate::server_functions::sources::{KeyOfSource, revoke_source_key};

/// Lists the devices of a source: first those with a key, which can be revoked, then those that
/// need none, since they are this machine.
#[component]
pub fn PairedDevices(
    /// The source.
    source: SourceId,
    /// The devices that have pushed it.
    devices: Vec<Device>,
) -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let keys = Memo::new(move |_| {
        let keys = state.keys.read();
        keys.iter().filter(|one| one.source == source).cloned().collect::<Vec<_>>()
    });
    let known = devices.clone();
    let paired = move || {
        let row = |one: KeyOfSource| {
            let device = known.iter().find(|device| device.id == one.key.device_id);
            paired_device(one, device.and_then(platform))
        };
        let rows = keys.get().into_iter().map(row).collect_view();
        (!rows.is_empty()).then(|| {
            view! {
                <section class="paired-devices">
                    <h3>"Paired devices"</h3>
                    <ul>{rows}</ul>
                </section>
            }
        })
    };
    let others = move || {
        let keys = keys.read();
        let has_key = |device: &Device| keys.iter().any(|one| one.key.device_id == device.id);
        let others = devices.iter().filter(|device| !has_key(device)).cloned();
        let items = others.map(device_item).collect_view();
        (!items.is_empty()).then(|| {
            view! { <ul class="source-devices muted small" aria-label="Devices">{items}</ul> }
        })
    };
    view! { {paired} {others} }.into_any()
}

fn paired_device(one: KeyOfSource, platform: Option<String>) -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let name = one.device().to_owned();
    let key = format!("the key of {name}");
    let used_at = one.key.used_at;
    view! {
        <li>
            <span><span class="device-name">{name}</span> <span class="muted">{platform}</span></span>
            <span class="muted small">"last used " <When at_ms=used_at/></span>
            <DeedButton
                deed="Revoke"
                of=key
                class="quiet revoke"
                on_press=move |()| state.ask_to_revoke(one.clone())
            />
        </li>
    }
}

fn device_item(device: Device) -> impl IntoView {
    let seen = device.seen_at.map(|at_ms| view! { ", seen " <When at_ms/> });
    let platform = platform(&device);
    let name = if device.name.is_empty() { device.id.to_string() } else { device.name };
    view! { <li>{name} {platform} {seen}</li> }
}

fn platform(device: &Device) -> Option<String> {
    (!device.platform.is_empty()).then(|| format!(" ({})", device.platform))
}

/// Asks whether to revoke a key, and does so.
#[component]
pub fn RevokeDialog() -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let name = move || {
        state.to_revoke.read().as_ref().map_or_else(String::new, |one| one.device().to_owned())
    };
    let on_confirm = Callback::new(move |()| {
        let Some(one) = state.to_revoke.get_untracked() else { return };
        let news = format!("The key of “{}” is revoked.", one.device());
        let call = revoke_source_key(one.source.to_string(), one.key.id.to_string());
        attempt(call, state.revoke_error, move |()| {
            dialog::close(state.revoke_dialog);
            state.news.set(news);
            state.sources.refetch();
        });
    });
    view! {
        <ConfirmDialog
            dialog=state.revoke_dialog
            title=Signal::derive(move || format!("Revoke the key of “{}”?", name()))
            text="From now on the device can neither send nor ask anything. What it has sent stays. \
                  To let it in again, pair it anew."
            action="Revoke"
            error=state.revoke_error
            on_confirm
        />
    }
}
