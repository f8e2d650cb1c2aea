//! Moments as Anthropic, LM Studio and Ollama write them.

use jiff::Timestamp;

/// Writes a moment, in milliseconds since the Unix epoch, as RFC 3339 has it.
pub fn moment(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default().to_string()
}
