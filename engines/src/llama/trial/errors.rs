//! What llama.cpp logs as an error, kept: its calls say that they failed and not why.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use llama_cpp_2::LogOptions;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// What the binding calls itself where it passes on what llama.cpp says.
const TARGET: &str = "llama-cpp-2";

/// Does some work on this thread, and gives the last error that llama.cpp logged meanwhile.
///
/// It works in a process whose llama.cpp has logged nothing yet.
pub fn listen<T>(work: impl FnOnce() -> T) -> (T, Option<String>) {
    let last = Arc::new(Mutex::new(None));
    let listener = Listener { last: Arc::clone(&last) };
    let done = tracing::subscriber::with_default(listener, || {
        llama_cpp_2::send_logs_to_tracing(LogOptions::default().with_logs_enabled(true));
        work()
    });
    let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
    (done, last)
}

/// Hears errors and nothing else.
struct Listener {
    last: Arc<Mutex<Option<String>>>,
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR && metadata.target() == TARGET
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        // Spans are not listened to, so that all may have the same name.
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if self.enabled(event.metadata()) {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            event.record(&mut Message(&mut last));
        }
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

struct Message<'a>(&'a mut Option<String>);

impl Visit for Message<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = value.trim();
        if field.name() == "message" && !value.is_empty() {
            *self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
