//! Which back end runs a chat model: candle if it is in safetensors, and for GGUF files the one that is wanted.

use std::fmt;
use std::str::FromStr;

use quire_domain::ModelFormat;

/// What runs chat models in GGUF files.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum GgufEngine {
    /// llama.cpp, unless this build is without it.
    #[default]
    LlamaCpp,
    /// candle, for the families that it runs.
    Candle,
}

impl GgufEngine {
    /// Finds what runs a chat model of this format; `has_llama_cpp` tells if this build has llama.cpp.
    pub(super) fn for_format(self, format: ModelFormat, has_llama_cpp: bool) -> Self {
        match format {
            ModelFormat::Gguf if has_llama_cpp => self,
            // No chat model is ONNX.
            ModelFormat::Gguf | ModelFormat::Safetensors | ModelFormat::Onnx => Self::Candle,
        }
    }
}

impl fmt::Display for GgufEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LlamaCpp => "llama.cpp",
            Self::Candle => "candle",
        })
    }
}

/// What is none of the back ends.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is neither `llama.cpp` nor `candle`")]
pub struct InvalidEngine(String);

impl FromStr for GgufEngine {
    type Err = InvalidEngine;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "llama.cpp" => Ok(Self::LlamaCpp),
            "candle" => Ok(Self::Candle),
            other => Err(InvalidEngine(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safetensors_are_candles_and_gguf_is_whose_it_is_wanted_to_be() {
        use GgufEngine::{Candle, LlamaCpp};
        for (wanted, format, has_llama_cpp, expected) in [
            (LlamaCpp, ModelFormat::Gguf, true, LlamaCpp),
            (Candle, ModelFormat::Gguf, true, Candle),
            (LlamaCpp, ModelFormat::Gguf, false, Candle),
            (LlamaCpp, ModelFormat::Safetensors, true, Candle),
        ] {
            assert_eq!(wanted.for_format(format, has_llama_cpp), expected, "{wanted} {format:?}");
        }
        for engine in [LlamaCpp, Candle] {
            assert_eq!(engine.to_string().parse(), Ok(engine));
        }
        assert!("ollama".parse::<GgufEngine>().is_err());
    }
}
