//! Small choices that this browser keeps.

use web_sys::{Storage, window};

/// Where the name of the chosen chat model is kept.
pub(crate) const CHAT_MODEL: &str = "quire-chat-model";

/// Where the chosen theme is kept; `theme.js` reads it too.
pub(crate) const THEME: &str = "quire-theme";

/// Where it is kept if pages of originals are shown beside their texts.
pub(crate) const ORIGINAL: &str = "quire-original";

/// Reads a choice; `None` too if the browser keeps nothing.
pub(crate) fn load(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Keeps a choice; a browser that refuses to is no reason to fail.
pub(crate) fn save(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}
