//! What the network says when it fails.

/// Gives the innermost cause of an error, which reqwest leaves out of its own message.
pub fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    // An address may hold what nobody is to read.
    cause.to_string()
}
