//! `/tokenize` and `/detokenize`, as llama.cpp and vLLM have them: the tokens of a chat model.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use quire_engines::{FirstToken, Generator};
use serde::{Deserialize, Serialize};

use super::error::{from_service, unsupported};
use super::resolve::resolve_chat_model;
use crate::http::blocking;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;

/// Text to be cut.
#[derive(Debug, Deserialize)]
pub struct TokenizeBody {
    model: Option<String>,
    /// llama.cpp's name of the text.
    content: Option<String>,
    /// vLLM's.
    prompt: Option<String>,
    /// Whether the token that begins every prompt is added: llama.cpp's name, and no there.
    add_special: Option<bool>,
    /// vLLM's, and yes there.
    add_special_tokens: Option<bool>,
    /// Whether the text of each token is told, in llama.cpp's way.
    with_pieces: Option<bool>,
    /// The same in vLLM's.
    return_token_strs: Option<bool>,
}

/// The tokens of a text. What llama.cpp does not tell is vLLM's.
#[derive(Debug, Serialize)]
pub struct Tokenized {
    tokens: Tokens,
    count: usize,
    max_model_len: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_strs: Option<Vec<String>>,
}

/// Tokens, by themselves or with their texts.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Tokens {
    Numbers(Vec<u32>),
    Pieces(Vec<TokenPiece>),
}

/// A token and its text.
#[derive(Debug, Serialize)]
struct TokenPiece {
    id: u32,
    piece: String,
}

/// Tokens to be put together.
#[derive(Debug, Deserialize)]
pub struct DetokenizeBody {
    model: Option<String>,
    tokens: Vec<u32>,
}

/// The text of tokens, in both names.
#[derive(Debug, Serialize)]
pub struct Detokenized {
    content: String,
    prompt: String,
}

/// Cuts text into tokens.
pub async fn tokenize(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<TokenizeBody>,
) -> Result<Json<Tokenized>, ApiError> {
    let is_first_usual = body.prompt.is_some();
    let text = body.content.or(body.prompt);
    let text = text.ok_or_else(|| {
        ApiError::invalid("`content` is missing; vLLM's `prompt` will do.").param("content")
    })?;
    let is_added = body.add_special.or(body.add_special_tokens).unwrap_or(is_first_usual);
    let first = if is_added { FirstToken::Added } else { FirstToken::LeftOut };
    let generator = generator(&state, body.model.as_deref()).await?;
    let wanted = Wanted {
        first,
        are_pieces_told: body.with_pieces.unwrap_or(false),
        are_texts_told: body.return_token_strs.unwrap_or(false),
    };
    blocking::compute(move || wanted.cut(&generator, &text)).await.map(Json)
}

/// What is wanted of a text.
struct Wanted {
    first: FirstToken,
    /// Whether each token comes with its text, in llama.cpp's way.
    are_pieces_told: bool,
    /// Whether the texts stand beside the tokens, in vLLM's.
    are_texts_told: bool,
}

impl Wanted {
    fn cut(&self, generator: &Arc<dyn Generator>, text: &str) -> Result<Tokenized, ApiError> {
        let tokens = generator.tokenize(text, self.first).ok_or_else(|| untold(generator))?;
        let piece = |token: &u32| generator.detokenize(&[*token]).unwrap_or_default();
        let token_strs = self.are_texts_told.then(|| tokens.iter().map(piece).collect());
        let count = tokens.len();
        let tokens = if self.are_pieces_told {
            let piece = |id: u32| TokenPiece { id, piece: piece(&id) };
            Tokens::Pieces(tokens.into_iter().map(piece).collect())
        } else {
            Tokens::Numbers(tokens)
        };
        let max_model_len = generator.info().context_tokens;
        Ok(Tokenized { tokens, count, max_model_len, token_strs })
    }
}

/// Puts tokens together.
pub async fn detokenize(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<DetokenizeBody>,
) -> Result<Json<Detokenized>, ApiError> {
    let generator = generator(&state, body.model.as_deref()).await?;
    let tokens = body.tokens;
    let join = move || {
        let text = generator.detokenize(&tokens).ok_or_else(|| {
            let message =
                format!("`{}` does not know all of these tokens.", generator.info().model);
            ApiError::invalid(message).param("tokens")
        })?;
        Ok(Detokenized { content: text.clone(), prompt: text })
    };
    blocking::compute(join).await.map(Json)
}

async fn generator(state: &AppState, name: Option<&str>) -> Result<Arc<dyn Generator>, ApiError> {
    let what = "Cutting text into the tokens of a collection";
    let model = resolve_chat_model(&state.services, name, what).await?;
    state.services.models.get_generator(model.as_ref()).await.map_err(from_service)
}

fn untold(generator: &Arc<dyn Generator>) -> ApiError {
    let what = format!("Telling the tokens of `{}`", generator.info().model);
    unsupported("model", &what)
}
