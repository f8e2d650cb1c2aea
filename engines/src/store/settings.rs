//! What a person has settled for the models of a folder: other names for them, and presets. It lies in `settings.json`
//! beside them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quire_domain::{ModelId, Preset};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::written_file::write_json;

const FILE: &str = "settings.json";

/// What is settled.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// Names that people gave, and the full names of the models that they mean.
    pub aliases: BTreeMap<String, ModelId>,
    /// Presets by the full names of models.
    pub presets: BTreeMap<String, Preset>,
}

impl ModelSettings {
    /// Reads those of a models folder; nothing is settled if there is no such file. Blocks on the disk.
    pub fn read(folder: &Path) -> Result<Self, EngineError> {
        let path = path(folder);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| EngineError::Settings { path, reason: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(EngineError::Io { path, source }),
        }
    }

    /// Writes those of a models folder. Blocks on the disk.
    pub fn write(&self, folder: &Path) -> Result<(), EngineError> {
        write_json(&path(folder), self)
    }

    /// Finds the model that a name was given to; case is ignored.
    pub fn find_alias(&self, name: &ModelId) -> Option<&ModelId> {
        let fits = |alias: &&String| alias.eq_ignore_ascii_case(name.as_str());
        self.aliases.keys().find(fits).and_then(|alias| self.aliases.get(alias))
    }

    /// Gives the preset of a model, by its full name.
    pub fn preset(&self, model: &ModelId) -> Option<&Preset> {
        self.presets.get(model.as_str())
    }

    /// Settles a preset; an empty one is taken out.
    pub fn set_preset(&mut self, model: &ModelId, preset: Preset) {
        if preset.is_empty() {
            self.presets.remove(model.as_str());
        } else {
            self.presets.insert(model.to_string(), preset);
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
