//! What llama.cpp logs as an error, kept: its calls say that they failed and not why.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use llama_cpp_2::LogOptions;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// What the binding calls itself where it passes on what llama.cpp says.
const TARGET: &str = "llama-cpp-2";

/// No more errors than this are kept: the first say what is wrong, and the others that loading failed.
const MOST: usize = 3;

/// Does some work on this thread, and gives the first errors that llama.cpp logged meanwhile.
///
/// It works in a process whose llama.cpp has logged nothing yet.
pub fn listen<T>(work: impl FnOnce() -> T) -> (T, String) {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let listener = Listener { errors: Arc::clone(&errors) };
    let done = tracing::subscriber::with_default(listener, || {
        llama_cpp_2::send_logs_to_tracing(LogOptions::default().with_logs_enabled(true));
        work()
    });
    let errors = errors.lock().unwrap_or_else(PoisonError::into_inner).join("; ");
    (done, errors)
}

/// Hears errors and nothing else.
struct Listener {
    errors: Arc<Mutex<Vec<String>>>,
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
            let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
            event.record(&mut Message(&mut errors));
        }
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

struct Message<'a>(&'a mut Vec<String>);

impl Visit for Message<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = value.trim();
        if field.name() == "message" && !value.is_empty() && self.0.len() < MOST {
            self.0.push(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
