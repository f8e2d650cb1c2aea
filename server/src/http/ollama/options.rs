//! The parameters of a request, read into those that all protocols share.

use quire_domain::{GpuLayers, LoadOptions, WhenFull};
use quire_engines::Constraint;
use serde::Deserialize;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::v1::constraint::Form;
use crate::http::v1::options::{CommonOptions, Stop};

/// What chats and other texts have in common.
#[derive(Debug, Default, Deserialize)]
pub struct Settings {
    model: Option<String>,
    stream: Option<bool>,
    format: Option<Value>,
    options: Option<ModelOptions>,
    keep_alive: Option<KeepAlive>,
    think: Option<Think>,
    /// Text after the insertion, which no engine here takes.
    suffix: Option<String>,
    /// Whether the oldest messages are left out if the chat does not fit into the context.
    truncate: Option<bool>,
    /// Whether the oldest is forgotten when the answer does not fit any more.
    shift: Option<bool>,
}

/// What Ollama calls options. Those that are about how a model is loaded hold in requests that load one, and are passed
/// over in all others.
#[derive(Debug, Default, Deserialize)]
struct ModelOptions {
    num_predict: Option<i64>,
    temperature: Option<f32>,
    top_k: Option<i64>,
    top_p: Option<f32>,
    min_p: Option<f32>,
    typical_p: Option<f32>,
    mirostat: Option<f32>,
    repeat_penalty: Option<f32>,
    repeat_last_n: Option<i64>,
    dry_multiplier: Option<f32>,
    dry_base: Option<f32>,
    dry_allowed_length: Option<i64>,
    dry_penalty_last_n: Option<i64>,
    dry_sequence_breakers: Option<Vec<String>>,
    xtc_probability: Option<f32>,
    xtc_threshold: Option<f32>,
    presence_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    seed: Option<i64>,
    stop: Option<Stop>,
    num_ctx: Option<u32>,
    /// -1 is as many as there is memory for.
    num_gpu: Option<i64>,
}

impl ModelOptions {
    fn load(&self) -> LoadOptions {
        let layers = self.num_gpu.map(|count| match u32::try_from(count) {
            Ok(0) => GpuLayers::Off,
            Ok(count) => GpuLayers::Count(count),
            Err(_) => GpuLayers::Auto,
        });
        LoadOptions { context_tokens: self.num_ctx, gpu_layers: layers, ..LoadOptions::default() }
    }
}

/// Whether a model may think first, or how much.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Think {
    Switch(bool),
    Effort(String),
}

/// How long a model stays in memory: seconds, or a duration such as `5m`; less than 0 is for ever.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum KeepAlive {
    /// Seconds.
    Seconds(f64),
    /// As Go writes it.
    Written(String),
}

impl Settings {
    /// Returns whether to stream: Ollama does unless it is told not to.
    pub fn is_stream(&self) -> bool {
        self.stream.unwrap_or(true)
    }

    /// Reads the form that the text is held to, if any.
    pub fn form(&self) -> Result<Option<Form>, ApiError> {
        let constraint = match &self.format {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) if text == "json" => Constraint::JsonObject,
            Some(schema @ Value::Object(_)) => Constraint::JsonSchema(schema.clone()),
            Some(_) => {
                let message = "`format` must be `json` or a JSON schema.";
                return Err(ApiError::invalid(message).param("format"));
            }
        };
        Ok(Some(Form { constraint, param: "format" }))
    }

    /// Reads the parameters.
    pub fn common(self) -> Result<CommonOptions, ApiError> {
        let options = self.options.unwrap_or_default();
        let effort = match self.think {
            None | Some(Think::Switch(true)) => None,
            Some(Think::Switch(false)) => Some("none".to_owned()),
            Some(Think::Effort(effort)) => Some(effort),
        };
        // Ollama tells apart what does not fit before the answer and what does not fit behind; here both are one.
        let may_forget = match (self.truncate, self.shift) {
            (None, None) => None,
            (Some(true), _) | (_, Some(true)) => Some(WhenFull::Shift),
            _ => Some(WhenFull::Stop),
        };
        let common = CommonOptions {
            load: options.load(),
            when_full: may_forget,
            model: self.model,
            // Ollama has -2 for as much as fits, which is no limit either.
            max_tokens: options.num_predict.filter(|limit| *limit >= 0),
            temperature: options.temperature,
            top_k: options.top_k,
            top_p: options.top_p,
            min_p: options.min_p,
            typical_p: options.typical_p,
            mirostat: options.mirostat,
            repeat_penalty: options.repeat_penalty,
            repeat_last_n: options.repeat_last_n,
            dry_multiplier: options.dry_multiplier,
            dry_base: options.dry_base,
            dry_allowed_length: options.dry_allowed_length,
            dry_penalty_last_n: options.dry_penalty_last_n,
            dry_sequence_breakers: options.dry_sequence_breakers,
            xtc_probability: options.xtc_probability,
            xtc_threshold: options.xtc_threshold,
            presence_penalty: options.presence_penalty,
            frequency_penalty: options.frequency_penalty,
            seed: options.seed,
            stop: options.stop,
            suffix: self.suffix,
            reasoning_effort: effort,
            ttl: self.keep_alive.map(|keep| keep.seconds()).transpose()?,
            ..CommonOptions::default()
        };
        common.refuse_unsupported()?;
        common.refuse_text_only()?;
        Ok(common)
    }
}

impl KeepAlive {
    /// Gives whole seconds, -1 for ever. A part of one counts as one.
    pub fn seconds(&self) -> Result<i64, ApiError> {
        let seconds = match self {
            Self::Seconds(seconds) => Some(*seconds),
            Self::Written(text) => read_duration(text),
        };
        let seconds = seconds.ok_or_else(|| {
            let message = "`keep_alive` must be seconds, or a duration such as `5m`.";
            ApiError::invalid(message).param("keep_alive")
        })?;
        Ok(if seconds < 0.0 { -1 } else { seconds.ceil() as i64 })
    }
}

/// Reads a duration as Go writes it, such as `1h30m`; a number alone is seconds.
fn read_duration(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match rest.get(..letters)? {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number * unit;
        rest = rest.get(letters..)?;
    }
    Some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_saying_how_long_is_read() {
        let written = |text: &str| KeepAlive::Written(text.to_owned()).seconds().ok();
        for (text, expected) in [
            ("5m", Some(300)),
            ("1h30m", Some(5400)),
            ("90", Some(90)),
            ("1.5s", Some(2)),
            ("10ms", Some(1)),
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("-1m", Some(-1)),
            ("soon", None),
            ("5 apples", None),
        ] {
            assert_eq!(written(text), expected, "`{text}`");
        }
        assert_eq!(KeepAlive::Seconds(-1.0).seconds().ok(), Some(-1));
    }
}
