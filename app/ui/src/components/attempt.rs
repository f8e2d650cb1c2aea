//! Calling a server function from an event, and putting its error where it is shown.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::UiError;

/// Runs a call; afterwards either `on_success` runs or `error` says what went wrong.
pub(crate) fn attempt<T: 'static>(
    call: impl Future<Output = Result<T, UiError>> + 'static,
    error: RwSignal<Option<String>>,
    on_success: impl FnOnce(T) + 'static,
) {
    error.set(None);
    spawn_local(async move {
        match call.await {
            Ok(value) => on_success(value),
            Err(failure) => error.set(Some(failure.message)),
        }
    });
}
