//! Listening to a collection's progress for as long as the listener is held.

use futures::future::{AbortHandle, Abortable, pending};
use leptos::task::spawn_local;
use quire_domain::{Collection, IngestEvent, url_part};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

/// The kind of event that carries the whole collection.
const SNAPSHOT: &str = "snapshot";

/// What is heard of a collection.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// The collection as it is: at first, and again after events were lost.
    Snapshot(Box<Collection>),
    /// Something that changed.
    Event(IngestEvent),
}

/// Closes the connection when it is dropped.
struct Listening {
    source: EventSource,
    _on_event: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Listens until the handle is aborted; the browser connects anew by itself after a break.
pub(crate) fn listen(collection: &str, mut on_heard: impl FnMut(Heard) + 'static) -> AbortHandle {
    let (handle, registration) = AbortHandle::new_pair();
    let url = format!("/api/collections/{}/events", url_part(collection));
    let Ok(source) = EventSource::new(&url) else { return handle };
    let on_event = Closure::new(move |message: MessageEvent| {
        let data = message.data().as_string().unwrap_or_default();
        let heard = if message.type_() == SNAPSHOT {
            serde_json::from_str(&data).map(Heard::Snapshot)
        } else {
            serde_json::from_str(&data).map(Heard::Event)
        };
        // An event of a newer server that this page does not know is not for it.
        if let Ok(heard) = heard {
            on_heard(heard);
        }
    });
    let callback = on_event.as_ref().unchecked_ref();
    for kind in [SNAPSHOT, "ingest"] {
        if source.add_event_listener_with_callback(kind, callback).is_err() {
            return handle;
        }
    }
    let listening = Listening { source, _on_event: on_event };
    let hold = async move {
        let _listening = listening;
        pending::<()>().await;
    };
    spawn_local(async move {
        // Either way it is over: aborting is the only end.
        let _ = Abortable::new(hold, registration).await;
    });
    handle
}
