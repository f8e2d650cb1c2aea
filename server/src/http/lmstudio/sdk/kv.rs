//! Settings as the SDKs send them: fields by dotted names, in layers of which later ones count.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::error::ApiError;

/// Some settings.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct KvConfig {
    /// They.
    pub fields: Vec<KvField>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KvField {
    /// Its name, such as `llm.prediction.temperature`.
    pub key: String,
    /// What it is set to.
    #[serde(default)]
    pub value: Value,
}

/// Layers of settings.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct KvStack {
    layers: Vec<KvLayer>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
struct KvLayer {
    config: KvConfig,
}

/// A setting that can be off.
#[derive(Clone, Debug, Deserialize)]
pub struct Checkbox<T> {
    checked: bool,
    value: Option<T>,
}

impl<T> Checkbox<T> {
    /// Gives the value if it is on.
    pub fn on(self) -> Option<T> {
        self.value.filter(|_| self.checked)
    }
}

impl KvStack {
    /// Gives the settings that count: of a name in several layers the last one.
    pub fn collapse(self) -> KvConfig {
        let mut collapsed = KvConfig::default();
        for field in self.layers.into_iter().flat_map(|layer| layer.config.fields) {
            match collapsed.fields.iter_mut().find(|known| known.key == field.key) {
                Some(known) => *known = field,
                None => collapsed.fields.push(field),
            }
        }
        collapsed
    }
}

impl KvConfig {
    /// Sets a field, in the place of what it was.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.fields.iter_mut().find(|known| known.key == key) {
            Some(known) => known.value = value,
            None => self.fields.push(KvField { key: key.to_owned(), value }),
        }
    }
}

impl KvField {
    /// Reads the value, or says which field is wrong.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        T::deserialize(&self.value).map_err(|error| {
            ApiError::invalid(format!("`{}` cannot be read: {error}.", self.key)).param(&self.key)
        })
    }

    /// Says that what it asks for is not done here.
    pub fn unsupported(&self, what: &str) -> ApiError {
        crate::http::v1::error::unsupported(&self.key, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_layer_counts() {
        let stack = json!({"layers": [
            {"layerName": "apiOverride", "config": {"fields": [{"key": "a", "value": 1}, {"key": "b", "value": 2}]}},
            {"layerName": "completeModeFormatting", "config": {"fields": [{"key": "a", "value": 3}, {"key": "c"}]}},
        ]});
        let stack: KvStack = serde_json::from_value(stack).expect("a stack");
        let fields = json!([
            {"key": "a", "value": 3}, {"key": "b", "value": 2}, {"key": "c", "value": null},
        ]);
        assert_eq!(json!(stack.collapse().fields), fields);
    }

    #[test]
    fn a_wrong_value_is_told_by_its_field() {
        let field = KvField { key: "llm.x".to_owned(), value: json!("much") };
        let error = field.read::<Checkbox<f32>>().expect_err("it is no checkbox");
        assert_eq!(error.detail.param.as_deref(), Some("llm.x"));
    }
}
