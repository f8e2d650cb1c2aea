//! What LM Studio tells of a reply beside its words: how fast it was, by which model, in which runtime.

use quire_domain::{InstalledModel, ModelFormat};
use quire_engines::FinishReason;
use serde::Serialize;

use crate::http::turn::step::Usage;
use crate::http::turn::timing::Timing;

/// How fast a reply was, as `/api/v0` tells it; times are seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stats {
    tokens_per_second: f64,
    time_to_first_token: f64,
    generation_time: f64,
    stop_reason: &'static str,
}

impl Stats {
    /// Tells of a reply that has ended.
    pub fn of(timing: &Timing, usage: Usage, reason: FinishReason) -> Self {
        Self {
            tokens_per_second: tokens_per_second(timing, usage),
            time_to_first_token: timing.reading().as_secs_f64(),
            generation_time: timing.writing().as_secs_f64(),
            stop_reason: match reason {
                FinishReason::Stop => "eosFound",
                FinishReason::Length => "maxPredictedTokensReached",
                FinishReason::ToolCalls => "toolCalls",
            },
        }
    }
}

/// How fast a reply was written; 0 if it was over at once.
pub fn tokens_per_second(timing: &Timing, usage: Usage) -> f64 {
    let seconds = timing.writing().as_secs_f64();
    if seconds > 0.0 { usage.completion as f64 / seconds } else { 0.0 }
}

/// Names the format of a model's files.
pub fn format_of(model: &InstalledModel) -> &'static str {
    match model.format {
        Some(ModelFormat::Gguf) => "gguf",
        Some(ModelFormat::Safetensors) => "safetensors",
        Some(ModelFormat::Onnx) => "onnx",
        None => "remote",
    }
}

/// The part of a model's name before the slash.
pub fn publisher_of(model: &InstalledModel) -> String {
    let name = model.id.as_str();
    name.split_once('/').map_or(name, |(publisher, _)| publisher).to_owned()
}
