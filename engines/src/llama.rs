//! The llama.cpp back end: chat models and embedding models from GGUF files.
//!
//! [`LlamaGenerator`] and [`LlamaEmbedder`] are the public faces. Behind each one thread a model owns
//! the context (it borrows the model and may not leave its thread) and works through a bounded inbox.
//! For chat models `loading` reads the weights and `devices` knows where they are computed; `engine` is that loop, `sequences` knows what the context holds, `request` is one request at work,
//! `entry` is what stands at a place of a sequence, a token or a part of an image; `projector` makes such parts of the pixels that `picture` decodes;
//! `shortened` leaves out what does not fit, `lookup` proposes tokens, `prompt_cache` keeps the reading of instructions, `sampling` chooses tokens,
//! `constrained` compiles forms that
//! answers are held to; `trial` has a child process read a file first; `kernels` chooses the library for this processor; prompts and replies are the business of `chat`. For embedding models the
//! loop is in `pooler`. `plain` is the library without all this, to measure it by.

mod backend;
mod child;
mod constrained;
mod devices;
mod embedder;
mod engine;
mod entry;
mod generator;
mod kernels;
mod loading;
mod lookup;
mod picture;
mod plain;
mod pooler;
mod projector;
mod prompt_cache;
mod request;
mod sampling;
mod sequences;
mod shortened;
mod trial;

pub use devices::list_devices;
pub use embedder::{LlamaEmbedder, open_token_count};
pub use generator::LlamaGenerator;
pub use kernels::{load_kernels, test_kernels};
pub use loading::LlamaOptions;
pub use plain::{PlainModel, PlainRun};
pub use trial::{check_file, try_file};
