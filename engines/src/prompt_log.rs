//! The log of prompts: exactly what chat models are sent. It holds whatever people ask and their documents say, and so
//! nothing is written to it until whoever owns the server turns it on.

use quire_domain::ModelId;
use tracing::Level;

/// The target of its lines. A log that is not told of it by name must leave it out.
pub const PROMPT_LOG: &str = "quire_prompts";

/// Logs a prompt as a model is sent it, if that is wanted; it is one line, in which line breaks are written `\n`.
pub(crate) fn log_prompt(model: &ModelId, text: impl FnOnce() -> String) {
    if tracing::enabled!(target: PROMPT_LOG, Level::INFO) {
        tracing::info!(target: PROMPT_LOG, "prompt for `{model}`: {:?}", text());
    }
}
