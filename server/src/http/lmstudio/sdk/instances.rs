//! Names under which clients have loaded models: those of the models, and others that they give instances. A model is in
//! memory once, so that instances of one model share it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use quire_domain::ModelId;

use crate::http::error::ApiError;

/// The most names at a time.
const MOST: usize = 256;

/// The longest name, in bytes.
const LONGEST: usize = 1024;

/// The names in use.
#[derive(Debug, Default)]
pub struct Instances {
    names: Mutex<BTreeMap<String, ModelId>>,
}

impl Instances {
    fn names(&self) -> MutexGuard<'_, BTreeMap<String, ModelId>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a name of a model.
    pub fn add(&self, name: &str, model: &ModelId) -> Result<(), ApiError> {
        let refuse = |message: String| Err(ApiError::invalid(message).param("identifier"));
        if name.is_empty() || name.len() > LONGEST {
            return refuse(format!("`identifier` must have 1 to {LONGEST} bytes."));
        }
        let mut names = self.names();
        match names.get(name) {
            Some(known) if known == model => Ok(()),
            Some(known) => {
                refuse(format!("`{name}` is the name of an instance of `{known}` already."))
            }
            None if names.len() >= MOST => refuse(format!(
                "There are {MOST} named instances, and that is the most; unload some."
            )),
            None => {
                names.insert(name.to_owned(), model.clone());
                Ok(())
            }
        }
    }

    /// Finds the model of a name.
    pub fn find(&self, name: &str) -> Option<ModelId> {
        self.names().get(name).cloned()
    }

    /// Lists the names of a model.
    pub fn list(&self, model: &ModelId) -> Vec<String> {
        let names = self.names();
        names.iter().filter(|(_, named)| *named == model).map(|(name, _)| name.clone()).collect()
    }

    /// Takes a name of a model away, and tells if others are left.
    pub fn remove(&self, name: &str, model: &ModelId) -> bool {
        let mut names = self.names();
        if names.get(name) == Some(model) {
            names.remove(name);
        }
        names.values().any(|named| named == model)
    }

    /// Takes all names of a model away, as it is not in memory any more.
    pub fn remove_all(&self, model: &ModelId) {
        self.names().retain(|_, named| named != model);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_model_until_it_is_taken_away() {
        let [one, other]: [ModelId; 2] = ["a/one", "a/other"].map(|id| id.parse().expect("a name"));
        let instances = Instances::default();
        for name in ["x", "y", "x"] {
            instances.add(name, &one).expect("it is free or the model's own");
        }
        assert!(instances.add("x", &other).is_err());
        assert!(instances.add("", &one).is_err());
        assert_eq!(instances.find("x"), Some(one.clone()));
        assert_eq!(instances.list(&one), ["x", "y"]);
        assert!(instances.remove("x", &one), "`y` is left");
        assert!(!instances.remove("y", &one) && !instances.remove("y", &one));
        instances.add("x", &other).expect("it is free again");
        instances.remove_all(&other);
        assert_eq!(instances.find("x"), None);
    }
}
