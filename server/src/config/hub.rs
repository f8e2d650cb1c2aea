//! Where models are got from, and what that place is shown.

use clap::Args;
use quire_engines::Key;
use quire_engines::PullOptions;

/// Where Hugging Face is.
#[derive(Args, Clone, Debug)]
pub struct HubOptions {
    /// The address of Hugging Face or of a mirror of it, for getting models; the token in `$HF_TOKEN` is sent there, if there
    /// is one
    #[arg(
        long = "hf-endpoint",
        alias = "endpoint",
        value_name = "URL",
        env = "HF_ENDPOINT",
        default_value = "https://huggingface.co"
    )]
    endpoint: String,
}

impl HubOptions {
    /// Makes the options of the store, with the token of the environment.
    pub fn pull_options(&self) -> PullOptions {
        let token = std::env::var("HF_TOKEN").ok().and_then(|token| Key::new(&token));
        PullOptions { hf_endpoint: self.endpoint.clone(), token, ..PullOptions::default() }
    }
}
