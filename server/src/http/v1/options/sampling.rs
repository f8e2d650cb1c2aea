//! How a request has tokens chosen, by the names that `OpenAI` and llama.cpp's server have for it.

use quire_engines::{Dry, Sampling, Xtc};

use super::{CommonOptions, within};
use crate::http::error::ApiError;

/// llama.cpp reads no more bytes of a text that ends what may be repeated.
const LONGEST_BREAKER: usize = 40;
/// Each of them costs a look at the whole vocabulary.
const MOST_BREAKERS: usize = 16;

/// Reads it; what is left out is as in `default`.
pub fn read(options: &CommonOptions, default: &Sampling) -> Result<Sampling, ApiError> {
    let number =
        |name, value, range, usual| within(name, value, range).map(|it| it.unwrap_or(usual));
    let penalty = |name, value, usual| number(name, value, -2.0..=2.0, usual);
    let (frequency, presence) = (options.frequency_penalty, options.presence_penalty);
    let (repeat, usual_repeat) = (options.repeat_penalty, default.repeat_penalty);
    let last_n = look_back("repeat_last_n", options.repeat_last_n)?;
    Ok(Sampling {
        temperature: number("temperature", options.temperature, 0.0..=2.0, default.temperature)?,
        top_p: number("top_p", options.top_p, 0.0..=1.0, default.top_p)?,
        top_k: options.top_k.map_or(default.top_k, |k| u32::try_from(k.max(0)).unwrap_or(u32::MAX)),
        min_p: number("min_p", options.min_p, 0.0..=1.0, default.min_p)?,
        typical_p: number("typical_p", options.typical_p, 0.0..=1.0, default.typical_p)?,
        repeat_penalty: number("repeat_penalty", repeat, 0.01..=100.0, usual_repeat)?,
        repeat_last_n: last_n.unwrap_or(default.repeat_last_n),
        frequency_penalty: penalty("frequency_penalty", frequency, default.frequency_penalty)?,
        presence_penalty: penalty("presence_penalty", presence, default.presence_penalty)?,
        dry: dry(options)?.or_else(|| default.dry.clone()),
        xtc: xtc(options)?.or(default.xtc),
        // Any integer is a seed; the engines take 32 bits of it.
        seed: options.seed.map_or(default.seed, |seed| Some(seed as u32)),
    })
}

/// Reads DRY, which is off unless its multiplier is above 0; the others are checked all the same.
fn dry(options: &CommonOptions) -> Result<Option<Dry>, ApiError> {
    let usual = Dry::default();
    let multiplier = within("dry_multiplier", options.dry_multiplier, 0.0..=100.0)?;
    let base = within("dry_base", options.dry_base, 1.0..=100.0)?;
    let allowed_length = options.dry_allowed_length.map(|length| {
        u32::try_from(length).map_err(|_| {
            let message = format!("`dry_allowed_length` is {length}; it must not be negative.");
            ApiError::invalid(message).param("dry_allowed_length")
        })
    });
    let last_n = look_back("dry_penalty_last_n", options.dry_penalty_last_n)?;
    let dry = Dry {
        multiplier: multiplier.unwrap_or(0.0),
        base: base.unwrap_or(usual.base),
        allowed_length: allowed_length.transpose()?.unwrap_or(usual.allowed_length),
        penalty_last_n: last_n.unwrap_or(usual.penalty_last_n),
        sequence_breakers: breakers(options)?.unwrap_or(usual.sequence_breakers),
    };
    Ok((dry.multiplier > 0.0).then_some(dry))
}

fn breakers(options: &CommonOptions) -> Result<Option<Vec<String>>, ApiError> {
    let Some(breakers) = &options.dry_sequence_breakers else { return Ok(None) };
    let is_wrong =
        |text: &String| text.is_empty() || text.len() > LONGEST_BREAKER || text.contains('\0');
    if breakers.len() > MOST_BREAKERS || breakers.iter().any(is_wrong) {
        let message = format!(
            "`dry_sequence_breakers` must be at most {MOST_BREAKERS} texts of 1 to {LONGEST_BREAKER} bytes, without zeros."
        );
        return Err(ApiError::invalid(message).param("dry_sequence_breakers"));
    }
    Ok(Some(breakers.clone()))
}

/// Reads XTC, which is off unless its probability is above 0; the threshold is checked all the same.
fn xtc(options: &CommonOptions) -> Result<Option<Xtc>, ApiError> {
    let probability = within("xtc_probability", options.xtc_probability, 0.0..=1.0)?;
    let threshold = within("xtc_threshold", options.xtc_threshold, 0.0..=1.0)?;
    let threshold = threshold.unwrap_or(Xtc::default().threshold);
    let probability = probability.filter(|probability| *probability > 0.0);
    Ok(probability.map(|probability| Xtc { probability, threshold }))
}

/// Reads how many tokens are looked back on: -1 is all.
fn look_back(name: &str, value: Option<i64>) -> Result<Option<i32>, ApiError> {
    match value {
        Some(value) if value < -1 => {
            let message = format!("`{name}` is {value}; it must be -1, which is all, or more.");
            Err(ApiError::invalid(message).param(name))
        }
        value => Ok(value.map(|value| i32::try_from(value).unwrap_or(i32::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn sampling(body: Value) -> Result<Sampling, String> {
        let options: CommonOptions = serde_json::from_value(body).expect("parameters");
        read(&options, &Sampling::default()).map_err(|error| error.detail.param.unwrap_or_default())
    }

    #[test]
    fn what_llama_server_takes_is_read() {
        let read = sampling(json!({
            "typical_p": 0.5, "repeat_penalty": 1.25, "repeat_last_n": -1, "min_p": 0.5, "top_k": 7,
            "dry_multiplier": 0.5, "dry_base": 2.0, "dry_allowed_length": 3, "dry_penalty_last_n": 100,
            "dry_sequence_breakers": ["\n", "."], "xtc_probability": 0.5, "xtc_threshold": 0.25,
        }));
        let dry = Dry {
            multiplier: 0.5,
            base: 2.0,
            allowed_length: 3,
            penalty_last_n: 100,
            sequence_breakers: vec!["\n".to_owned(), ".".to_owned()],
        };
        let expected = Sampling {
            typical_p: 0.5,
            repeat_penalty: 1.25,
            repeat_last_n: -1,
            min_p: 0.5,
            top_k: 7,
            dry: Some(dry),
            xtc: Some(Xtc { probability: 0.5, threshold: 0.25 }),
            ..Sampling::default()
        };
        assert_eq!(read, Ok(expected));
        let some = sampling(json!({"dry_multiplier": 0.8, "xtc_probability": 0.5}));
        let (dry, xtc) = (Some(Dry::default()), Some(Xtc::default()));
        assert_eq!(some, Ok(Sampling { dry, xtc, ..Sampling::default() }));
    }

    #[test]
    fn what_turns_a_sampler_off_changes_nothing_and_what_is_wrong_is_refused() {
        let off = json!({
            "typical_p": 1.0, "dry_multiplier": 0.0, "xtc_probability": 0.0, "repeat_penalty": 1.0,
        });
        assert_eq!(sampling(off), Ok(Sampling::default()));
        for (name, value) in [
            ("typical_p", json!(1.5)),
            ("repeat_penalty", json!(0.0)),
            ("repeat_last_n", json!(-2)),
            ("dry_multiplier", json!(-1.0)),
            ("dry_base", json!(0.5)),
            ("dry_allowed_length", json!(-1)),
            ("dry_penalty_last_n", json!(-5)),
            ("dry_sequence_breakers", json!(["a\u{0}b"])),
            ("dry_sequence_breakers", json!([""])),
            ("dry_sequence_breakers", json!(["x".repeat(41)])),
            ("dry_sequence_breakers", json!(vec!["x"; 17])),
            ("xtc_probability", json!(2.0)),
            ("xtc_threshold", json!(-0.5)),
        ] {
            let mut body = Map::new();
            body.insert(name.to_owned(), value);
            assert_eq!(sampling(body.into()), Err(name.to_owned()));
        }
    }
}
