//! What the configuration files beside a model's weights say.

use std::path::Path;

use quire_domain::ModelId;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::EngineError;

use super::kernels::Activation;

/// A model's `config.json`, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
pub struct BertConfig {
    #[serde(default)]
    model_type: String,
    /// The length of a token's vector.
    pub hidden_size: usize,
    /// How many layers there are.
    pub num_hidden_layers: usize,
    /// How many heads look in each layer.
    pub num_attention_heads: usize,
    #[serde(default)]
    hidden_act: String,
    #[serde(default)]
    pad_token_id: usize,
    /// What is added to a variance.
    #[serde(default = "default_epsilon")]
    pub layer_norm_eps: f64,
}

fn default_epsilon() -> f64 {
    1e-12
}

impl BertConfig {
    /// Counts the rows of the position table before that of the first token.
    pub fn first_position(&self) -> usize {
        if self.model_type.contains("roberta") { self.pad_token_id + 1 } else { 0 }
    }

    /// Gives the activation, or what is wrong with it.
    pub fn activation(&self) -> Result<Activation, String> {
        match self.hidden_act.as_str() {
            "gelu" => Ok(Activation::Gelu),
            "relu" => Ok(Activation::Relu),
            other => Err(format!("its activation `{other}` is not one of gelu, relu")),
        }
    }

    /// Says what makes this model one that cannot be run.
    pub fn check(&self) -> Result<(), String> {
        let known = ["bert", "roberta", "xlm-roberta"];
        if !known.contains(&self.model_type.as_str()) {
            let kind = &self.model_type;
            return Err(format!("its type `{kind}` is not one of {}", known.join(", ")));
        }
        if self.num_attention_heads == 0
            || !self.hidden_size.is_multiple_of(self.num_attention_heads)
        {
            return Err("its heads do not divide its width".to_owned());
        }
        self.activation().map(drop)
    }
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's.
    First,
}

#[derive(Default, Deserialize)]
struct PoolingFile {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
}

/// Reads `1_Pooling/config.json`, as sentence-transformers writes it; without it, the mean.
pub fn read_pooling(model: &ModelId, folder: &Path) -> Result<Pooling, EngineError> {
    let path = folder.join("1_Pooling/config.json");
    let file: PoolingFile =
        if path.exists() { read_json(model, &path)? } else { PoolingFile::default() };
    if file.pooling_mode_max_tokens {
        return Err(refuse(model, "its pooling by maximum is not supported"));
    }
    Ok(if file.pooling_mode_cls_token { Pooling::First } else { Pooling::Mean })
}

#[derive(Deserialize)]
struct SentenceFile {
    max_seq_length: Option<usize>,
}

/// Reads how many tokens a text may have: `sentence_bert_config.json`, or else 512.
pub fn read_max_tokens(model: &ModelId, folder: &Path) -> Result<usize, EngineError> {
    let path = folder.join("sentence_bert_config.json");
    let stated =
        if path.exists() { read_json::<SentenceFile>(model, &path)?.max_seq_length } else { None };
    Ok(stated.unwrap_or(512))
}

/// Reads a JSON file of a model.
pub fn read_json<T: DeserializeOwned>(model: &ModelId, path: &Path) -> Result<T, EngineError> {
    let bytes =
        std::fs::read(path).map_err(|source| EngineError::Io { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| refuse(model, &format!("`{}`: {error}", path.display())))
}

/// Makes the error for a model that cannot be loaded.
pub fn refuse(model: &ModelId, reason: &str) -> EngineError {
    EngineError::Load { model: model.clone(), reason: reason.to_owned() }
}
