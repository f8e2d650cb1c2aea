//! The folders of one installation.

use std::env;
use std::path::PathBuf;

use clap::Args;

/// Where data and models lie.
#[derive(Args, Clone, Debug, Eq, PartialEq)]
pub struct Folders {
    /// The data folder: catalog, originals and index
    #[arg(long, value_name = "DIR", env = "QUIRE_DATA", default_value_os_t = own_folder())]
    pub data: PathBuf,
    /// Where models lie.
    #[command(flatten)]
    pub models: ModelsFolder,
}

/// Where models lie: in a place of its own, so that several data folders share one set of them.
#[derive(Args, Clone, Debug, Eq, PartialEq)]
pub struct ModelsFolder {
    /// The models folder
    #[arg(
        id = "models",
        long = "models",
        value_name = "DIR",
        env = "QUIRE_MODELS",
        global = true,
        default_value_os_t = own_folder().join("models")
    )]
    pub path: PathBuf,
}

impl Folders {
    /// Returns whether the data folder is the one that is used unless another is named.
    pub fn has_usual_data(&self) -> bool {
        self.data == own_folder()
    }
}

/// `$XDG_DATA_HOME/quire`, or `~/.local/share/quire`.
fn own_folder() -> PathBuf {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local").join("share")));
    base.unwrap_or_default().join("quire")
}
