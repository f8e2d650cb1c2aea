//! How far a catalog reaches: into all collections, or into those only that a key opens.
//!
//! A catalog of a limited reach answers as if nothing else existed, so that no caller has to ask first and none can
//! forget to. The limit is looked at where rows are found by a name or an identifier that came from outside; what is
//! found by an index or a text was found by such a name before.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use quire_domain::CollectionName;

/// The collections that can be reached.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Reach(Option<Arc<BTreeSet<String>>>);

thread_local! {
    /// The reach of the transaction that runs on this thread.
    static REACH: RefCell<Reach> = RefCell::default();
}

impl Reach {
    /// Reaches these collections, without regard to case, and no others.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a CollectionName>) -> Self {
        Self(Some(Arc::new(names.into_iter().map(key).collect())))
    }

    /// Returns whether it reaches a collection.
    pub fn holds(&self, name: &CollectionName) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(&key(name)))
    }

    /// Returns whether it reaches every collection.
    pub fn is_whole(&self) -> bool {
        self.0.is_none()
    }

    /// Runs a transaction's work within this reach.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Puts back what was before, also when the work panics.
        struct Before(Reach);

        impl Drop for Before {
            fn drop(&mut self) {
                REACH.with_borrow_mut(|reach| std::mem::swap(reach, &mut self.0));
            }
        }

        let _before = Before(REACH.replace(self.clone()));
        work()
    }
}

/// Returns whether the transaction on this thread reaches a collection.
pub(crate) fn reaches(name: &CollectionName) -> bool {
    REACH.with_borrow(|reach| reach.holds(name))
}

/// Gives the keys of the names that the transaction on this thread reaches, as a JSON list; `None` if it reaches all.
pub(crate) fn reached_names() -> Option<String> {
    REACH.with_borrow(|reach| {
        let names = reach.0.as_ref()?;
        let names: serde_json::Value = names.iter().map(String::as_str).collect();
        Some(names.to_string())
    })
}

/// Gives what marks rows that belong to no collection, but to whoever made them: they are found with the same reach.
pub(crate) fn owner() -> String {
    reached_names().unwrap_or_default()
}

/// Gives what marks rows of `owner` once a collection has another name; `None` if they stay as they are.
pub(crate) fn renamed_owner(
    owner: &str,
    name: &CollectionName,
    new_name: &CollectionName,
) -> Option<String> {
    let mut names: BTreeSet<String> = serde_json::from_str(owner).ok()?;
    if !names.remove(&key(name)) {
        return None;
    }
    names.insert(key(new_name));
    Some(Reach(Some(Arc::new(names))).within(self::owner))
}

fn key(name: &CollectionName) -> String {
    name.as_str().to_lowercase()
}
