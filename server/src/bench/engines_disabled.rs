//! The engine beside the plain library, in a build that has neither: it cannot be measured.

use serde_json::Value;

use crate::Folders;

/// Says that this build cannot.
pub async fn measure(_folders: &Folders, _tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    anyhow::bail!("this build has no engines: build with the feature `local`")
}
