//! How a chat model is loaded: its context, the form of its memory, the devices that compute it, and what is laid over
//! its weights.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidName;
use crate::id::refuse;

/// How a chat model is loaded. What is left out is as it was settled for the model, or as the server was told.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct LoadOptions {
    /// The size of the context, in tokens.
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

impl LoadOptions {
    /// The size of a context that nobody has said, in tokens.
    pub const USUAL_CONTEXT_TOKENS: u32 = 8192;

    /// Says the size of the context, in tokens, and nothing else.
    pub fn of_context(context_tokens: u32) -> Self {
        Self { context_tokens: Some(context_tokens), ..Self::default() }
    }

    /// Gives the size of the context, in tokens: the usual one if nothing is said.
    pub fn context_tokens(&self) -> u32 {
        self.context_tokens.unwrap_or(Self::USUAL_CONTEXT_TOKENS)
    }

    /// Gives how exactly keys and values are kept: f16 if nothing is said.
    pub fn kv_type(&self) -> KvType {
        self.kv_type.unwrap_or_default()
    }

    /// Gives how many layers a graphics processor computes: as many as there is memory for if nothing is said.
    pub fn gpu_layers(&self) -> GpuLayers {
        self.gpu_layers.unwrap_or_default()
    }

    /// Returns whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes what `newer` says, and keeps the rest.
    #[must_use]
    pub fn updated_by(self, newer: Self) -> Self {
        Self {
            context_tokens: newer.context_tokens.or(self.context_tokens),
            kv_type: newer.kv_type.or(self.kv_type),
            gpu_layers: newer.gpu_layers.or(self.gpu_layers),
            lora: newer.lora.or(self.lora),
        }
    }
}

/// How exactly keys and values of the context are kept: the fewer bits, the less memory.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KvType {
    /// 16 bits a number.
    #[default]
    F16,
    /// 8.5 bits a number.
    Q8_0,
    /// 4.5 bits a number: answers get worse.
    Q4_0,
}

impl KvType {
    /// Gives the bytes of so many numbers, a whole number of 32.
    pub fn bytes_of(self, numbers: u64) -> u64 {
        // Blocks of 32 numbers with a scale of 16 bits.
        let (bytes, block) = match self {
            Self::F16 => (2, 1),
            Self::Q8_0 => (34, 32),
            Self::Q4_0 => (18, 32),
        };
        numbers.div_ceil(block).saturating_mul(bytes)
    }
}

impl fmt::Display for KvType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q4_0 => "q4_0",
        })
    }
}

impl FromStr for KvType {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let all = [Self::F16, Self::Q8_0, Self::Q4_0];
        let found = all.into_iter().find(|kind| kind.to_string() == value);
        found.ok_or_else(|| refuse("type of keys and values", value, "is not f16, q8_0 or q4_0"))
    }
}

/// How many layers of a model a graphics processor computes, if there is one.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "WrittenLayers", into = "WrittenLayers")]
pub enum GpuLayers {
    /// As many as there is memory for.
    #[default]
    Auto,
    /// All.
    Max,
    /// None.
    Off,
    /// So many.
    Count(u32),
    /// This share of them, between 0 and 1.
    Share(f32),
}

impl GpuLayers {
    /// Gives the number for a model of so many layers; `None` leaves it to the memory there is.
    pub fn of(self, layers: u32) -> Option<u32> {
        match self {
            Self::Auto => None,
            // What comes before and behind the layers counts as one more.
            Self::Max => Some(layers.saturating_add(1)),
            Self::Off => Some(0),
            Self::Count(count) => Some(count),
            Self::Share(share) => Some((f64::from(share) * f64::from(layers)).round() as u32),
        }
    }
}

impl fmt::Display for GpuLayers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Max => formatter.write_str("max"),
            Self::Off => formatter.write_str("off"),
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Share(share) => write!(formatter, "{share:?}"),
        }
    }
}

impl FromStr for GpuLayers {
    type Err = InvalidName;

    /// Reads `auto`, `max`, `off`, a whole number, or a share with a point in it: `1` is one layer and `1.0` all.
    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let share = || value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        match value {
            "auto" => Ok(Self::Auto),
            "max" => Ok(Self::Max),
            "off" => Ok(Self::Off),
            _ => (value.parse().ok().map(Self::Count))
                .or_else(|| share().map(Self::Share))
                .ok_or_else(|| {
                    let problem =
                        "is not `auto`, `max`, `off`, a number of layers, or a share such as 0.5";
                    refuse("number of layers", value, problem)
                }),
        }
    }
}

/// How a number of layers stands in JSON: as a word, or as a number, which is a share if it is no whole one.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum WrittenLayers {
    Count(u32),
    Share(f32),
    Word(String),
}

impl TryFrom<WrittenLayers> for GpuLayers {
    type Error = InvalidName;

    fn try_from(written: WrittenLayers) -> Result<Self, InvalidName> {
        match written {
            WrittenLayers::Count(count) => Ok(Self::Count(count)),
            WrittenLayers::Share(share) => format!("{share:?}").parse(),
            WrittenLayers::Word(word) => word.parse(),
        }
    }
}

impl From<GpuLayers> for WrittenLayers {
    fn from(layers: GpuLayers) -> Self {
        Self::Word(layers.to_string())
    }
}

/// A LoRA adapter: a small change to the weights of a model, in a GGUF file of its own.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoraAdapter {
    /// The file.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub path: PathBuf,
    /// How strongly it counts; 1 if left out.
    #[serde(default = "whole")]
    pub scale: f32,
}

fn whole() -> f32 {
    1.0
}

impl FromStr for LoraAdapter {
    type Err = InvalidName;

    /// Reads `PATH`, or `PATH=SCALE`.
    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let scaled = value.rsplit_once('=').and_then(|(path, scale)| {
            let scale = scale.parse().ok().filter(|scale: &f32| scale.is_finite())?;
            Some((path, scale))
        });
        let (path, scale) = scaled.unwrap_or((value, whole()));
        if path.is_empty() {
            return Err(refuse("LoRA adapter", value, "names no file"));
        }
        Ok(Self { path: path.into(), scale })
    }
}

/// What happens when prompt and answer no longer fit into the context.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenFull {
    /// The answer ends there, and a prompt that leaves no room for one is refused.
    #[default]
    Stop,
    /// The oldest that is no instruction is forgotten: messages of a chat that do not fit, and then, while the answer
    /// is written, what comes behind the system's messages. How much that is, is told.
    Shift,
}

impl FromStr for WhenFull {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        match value {
            "stop" => Ok(Self::Stop),
            "shift" => Ok(Self::Shift),
            _ => Err(refuse("way when the context is full", value, "is not `stop` or `shift`")),
        }
    }
}

impl fmt::Display for WhenFull {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Stop => "stop",
            Self::Shift => "shift",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_read_as_words_numbers_and_shares() {
        for (text, layers, of_24) in [
            ("auto", GpuLayers::Auto, None),
            ("max", GpuLayers::Max, Some(25)),
            ("off", GpuLayers::Off, Some(0)),
            ("7", GpuLayers::Count(7), Some(7)),
            ("0.5", GpuLayers::Share(0.5), Some(12)),
            ("1.0", GpuLayers::Share(1.0), Some(24)),
        ] {
            assert_eq!(text.parse(), Ok(layers));
            assert_eq!(layers.of(24), of_24, "{text}");
            let written = serde_json::to_string(&layers).expect("it can be written");
            assert_eq!(serde_json::from_str::<GpuLayers>(&written).ok(), Some(layers));
        }
        let read = |json: &str| serde_json::from_str::<GpuLayers>(json).ok();
        assert_eq!(read("3"), Some(GpuLayers::Count(3)));
        assert_eq!(read("0.25"), Some(GpuLayers::Share(0.25)));
        for text in ["-1", "1.5", "all", "", "NaN"] {
            assert!(text.parse::<GpuLayers>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_adapter_has_a_path_and_a_scale() {
        let read = |text: &str| text.parse().map(|it: LoraAdapter| (it.path, it.scale));
        assert_eq!(read("/a/b.gguf"), Ok(("/a/b.gguf".into(), 1.0)));
        assert_eq!(read("/a=b.gguf=0.5"), Ok(("/a=b.gguf".into(), 0.5)));
        assert_eq!(read("/a=b.gguf"), Ok(("/a=b.gguf".into(), 1.0)));
        assert!(read("").is_err() && read("=1").is_err());
    }

    #[test]
    fn fewer_bits_take_less() {
        assert_eq!(KvType::F16.bytes_of(64), 128);
        assert_eq!((KvType::Q8_0.bytes_of(64), KvType::Q4_0.bytes_of(64)), (68, 36));
        assert_eq!("q8_0".parse(), Ok(KvType::Q8_0));
        assert_eq!(serde_json::to_string(&KvType::Q4_0).ok().as_deref(), Some("\"q4_0\""));
        assert!("q5_1".parse::<KvType>().is_err());
    }
}
