//! Presets: what a person has settled for a model, and holds where a request does not say otherwise.

use serde::{Deserialize, Serialize};

use crate::{LoadOptions, Sampling, WhenFull};

/// What holds for chats with a model unless a request says otherwise; each field that is left out is as without it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Preset {
    /// What the model is told first, if the chat has no instructions of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// How freely tokens are chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// The probability mass of the tokens that are chosen from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// How many tokens are chosen from; 0 is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// The least share of the likeliest token's probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// What makes repeated tokens less likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_penalty: Option<f32>,
    /// How many tokens that looks back on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_last_n: Option<i32>,
    /// What happens when the context is full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_full: Option<WhenFull>,
    /// How the model is loaded.
    #[serde(flatten)]
    pub load: LoadOptions,
}

impl Preset {
    /// Returns whether nothing is settled.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Gives the sampling of a request that says nothing of it.
    pub fn sampling(&self) -> Sampling {
        let usual = Sampling::default();
        Sampling {
            temperature: self.temperature.unwrap_or(usual.temperature),
            top_p: self.top_p.unwrap_or(usual.top_p),
            top_k: self.top_k.unwrap_or(usual.top_k),
            min_p: self.min_p.unwrap_or(usual.min_p),
            repeat_penalty: self.repeat_penalty.unwrap_or(usual.repeat_penalty),
            repeat_last_n: self.repeat_last_n.unwrap_or(usual.repeat_last_n),
            ..usual
        }
    }

    /// Settles what `newer` says, and keeps the rest.
    #[must_use]
    pub fn updated_by(self, newer: Self) -> Self {
        Self {
            system: newer.system.or(self.system),
            temperature: newer.temperature.or(self.temperature),
            top_p: newer.top_p.or(self.top_p),
            top_k: newer.top_k.or(self.top_k),
            min_p: newer.min_p.or(self.min_p),
            repeat_penalty: newer.repeat_penalty.or(self.repeat_penalty),
            repeat_last_n: newer.repeat_last_n.or(self.repeat_last_n),
            when_full: newer.when_full.or(self.when_full),
            load: self.load.updated_by(newer.load),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::GpuLayers;

    use super::*;

    #[test]
    fn what_is_left_out_is_as_without_a_preset() {
        assert_eq!(Preset::default().sampling(), Sampling::default());
        let cold = Preset { temperature: Some(0.1), top_k: Some(5), ..Preset::default() };
        let sampling = cold.sampling();
        assert!((sampling.temperature - 0.1).abs() < 1e-6 && sampling.top_k == 5);
        assert!((sampling.top_p - Sampling::default().top_p).abs() < 1e-6);
        let newer = Preset { top_k: Some(7), ..Preset::default() };
        let both = cold.updated_by(newer);
        assert_eq!((both.temperature, both.top_k), (Some(0.1), Some(7)));
    }

    #[test]
    fn how_it_is_loaded_stands_beside_how_it_chooses() {
        let written = r#"{"top_k":5,"context_tokens":4096,"kv_type":"q8_0","gpu_layers":"0.5"}"#;
        let preset: Preset = serde_json::from_str(written).expect("a preset");
        assert_eq!((preset.top_k, preset.load.context_tokens), (Some(5), Some(4096)));
        assert_eq!(preset.load.gpu_layers, Some(GpuLayers::Share(0.5)));
        assert_eq!(serde_json::to_string(&preset).expect("it can be written"), written);
        for unknown in [r#"{"context": 4096}"#, r#"{"top_k": 5, "lora": {"file": "a"}}"#] {
            assert!(serde_json::from_str::<Preset>(unknown).is_err(), "{unknown}");
        }
    }
}
