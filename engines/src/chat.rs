//! Chats between a person and a model, whatever engine runs it: the messages, how a model's template writes them,
//! and how its reply is read.
//!
//! [`Chat`] is what a model is given. [`ChatTemplate`] writes it as the text that the model was trained on,
//! [`TextStream`] makes characters of the bytes that come back, and [`ReplyParser`] takes those apart into thought,
//! answer and calls of tools. None of it needs a loaded model.

mod message;
mod tool;

mod constraint;

mod template;

mod mark;
mod stream;

mod reply;

// What engines that choose tokens have in common.
#[cfg(any(feature = "candle", feature = "llama"))]
mod probabilities;
#[cfg(feature = "candle")]
mod sampler;
#[cfg(any(feature = "candle", feature = "llama"))]
mod writer;

pub use constraint::Constraint;
#[cfg(any(feature = "candle", feature = "llama"))]
pub(crate) use constraint::{Grammars, Guard, form_of};
pub use message::{Chat, ChatMessage, ChatRole, ContentPart, Image, Thinking};
#[cfg(any(feature = "candle", feature = "llama"))]
pub(crate) use probabilities::tell;
pub use reply::{ReplyFormat, ReplyParser, ReplyPart};
#[cfg(feature = "candle")]
pub use sampler::Sampler;
pub use stream::{Step, TextStream};
pub use template::ChatTemplate;
pub use tool::{Tool, ToolCall, ToolChoice};
#[cfg(any(feature = "candle", feature = "llama"))]
pub(crate) use writer::{Ending, Piece, Writer};
