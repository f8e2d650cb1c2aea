//! What llama.cpp computes with on this processor.

use super::check::Check;
use crate::backends;

/// Tests the kernels and tells which are used; a build without llama.cpp has none to test.
pub async fn kernels() -> Option<Check> {
    let found = tokio::task::spawn_blocking(backends::find_kernels).await;
    let found = found.unwrap_or_else(|error| Some(Err(error.to_string())))?;
    Some(match found {
        Ok(kernels) => {
            let refused = kernels.refused.iter();
            let refused: Vec<String> =
                refused.map(|it| format!("{}: {}", it.name, it.reason)).collect();
            let not_used = match refused.as_slice() {
                [] => String::new(),
                refused => format!(" (not used: {})", refused.join("; ")),
            };
            Check::ok("processor", format!("llama.cpp's kernels for {}{not_used}", kernels.name))
        }
        Err(reason) => Check::broken("processor", reason, "build or install Quire anew"),
    })
}
