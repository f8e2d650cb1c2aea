//! Presets: what a person has settled for a model, and holds where a request does not say otherwise.

use serde::{Deserialize, Serialize};

use crate::{GpuLayers, KvType, LoadOptions, LoraAdapter, Sampling, WhenFull};

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
    /// The size of the context that the model is loaded with, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// How exactly keys and values of the context are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv_type: Option<KvType>,
    /// How many layers a graphics processor computes: `auto`, `max`, `off`, a number, or a share such as `0.5`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_layers: Option<GpuLayers>,
    /// What is laid over the weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lora: Option<LoraAdapter>,
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

    /// Gives what it says of how the model is loaded.
    pub fn load_options(&self) -> LoadOptions {
        LoadOptions {
            context_tokens: self.context_tokens,
            kv_type: self.kv_type,
            gpu_layers: self.gpu_layers,
            lora: self.lora.clone(),
        }
    }

    /// Settles how the model is loaded; what the options leave out is left out.
    #[must_use]
    pub fn loaded_as(self, options: LoadOptions) -> Self {
        let LoadOptions { context_tokens, kv_type, gpu_layers, lora } = options;
        Self { context_tokens, kv_type, gpu_layers, lora, ..self }
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
            context_tokens: newer.context_tokens.or(self.context_tokens),
            kv_type: newer.kv_type.or(self.kv_type),
            gpu_layers: newer.gpu_layers.or(self.gpu_layers),
            lora: newer.lora.or(self.lora),
        }
    }
}

#[cfg(test)]
mod tests {
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
}
