//! The back ends that this build holds.
//!
//! With the feature `local`: LanceDB, llama.cpp and candle. Without it: the in-memory store and
//! scripted engines, which say so wherever the build is named.

#[cfg(feature = "local")]
mod enabled;
#[cfg(feature = "local")]
pub use enabled::{BUILD, find_kernels, open, open_models, open_tokenizers, test_kernels};

#[cfg(not(feature = "local"))]
mod disabled;
#[cfg(not(feature = "local"))]
pub use disabled::{BUILD, find_kernels, open, open_models, open_tokenizers, test_kernels};
