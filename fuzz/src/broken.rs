//! What a target found: a panic of our own code, even where a parser catches it.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// The libraries that read PDF: they panic on some files, and the parser catches that.
const CAUGHT: &[&str] = &["/hayro-", "/kurbo-", "/skrifa-", "/read-fonts-"];

/// A promise that was broken, or a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// File and line where it was noticed: the same for all inputs that break the same promise.
    pub place: String,
    /// What the panic says.
    pub message: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

thread_local! {
    /// The panics of what is being tried on this thread; `None` while nothing is.
    static SEEN: RefCell<Option<Vec<Broken>>> = const { RefCell::new(None) };
}

/// Runs a check, and gives its first panic. Those of libraries that a parser catches do not count,
/// those of our own code do, though it would be caught as well.
pub(crate) fn catch(check: impl FnOnce()) -> Result<(), Broken> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let outside = take_hook();
        set_hook(Box::new(move |panic| {
            if !note(panic) {
                outside(panic);
            }
        }));
    });
    SEEN.set(Some(Vec::new()));
    let result = catch_unwind(AssertUnwindSafe(check));
    match (SEEN.take().into_iter().flatten().next(), result) {
        (Some(broken), _) => Err(broken),
        (None, Ok(())) => Ok(()),
        (None, Err(_)) => Err(Broken {
            place: "a library that reads PDF".to_owned(),
            message: "its panic is not caught".to_owned(),
        }),
    }
}

/// Notes a panic if something is being tried on this thread; returns whether it is.
fn note(panic: &PanicHookInfo<'_>) -> bool {
    SEEN.with_borrow_mut(|seen| {
        let Some(seen) = seen else { return false };
        let (file, line) = panic.location().map_or(("", 0), |place| (place.file(), place.line()));
        if !CAUGHT.iter().any(|library| file.contains(library)) {
            let message = panic.payload_as_str().unwrap_or("without a message").to_owned();
            seen.push(Broken { place: format!("{file}:{line}"), message });
        }
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_noticed_even_if_it_is_caught() {
        assert_eq!(catch(|| ()), Ok(()));
        let open = catch(|| panic!("a promise"));
        let caught = catch(|| drop(catch_unwind(|| panic!("a promise"))));
        for broken in [open, caught] {
            let broken = broken.expect_err("it panicked");
            assert_eq!(broken.message, "a promise");
            assert!(broken.place.contains("broken.rs"), "{broken}");
        }
        assert_eq!(catch(|| ()), Ok(()));
    }
}
