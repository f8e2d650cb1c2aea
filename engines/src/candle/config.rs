//! What the configuration files beside a model's weights say.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use quire_domain::ModelId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{EngineError, EntailmentLabel};

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
        let other = &self.hidden_act;
        Activation::find(other)
            .filter(|activation| *activation != Activation::Tanh)
            .ok_or_else(|| format!("its activation `{other}` is not one of gelu, relu"))
    }

    /// Reads the configuration, or says what makes this model one that cannot be run.
    pub fn read(config: Value) -> Result<Self, String> {
        let config: Self =
            serde_json::from_value(config).map_err(|error| format!("`config.json`: {error}"))?;
        let known = ["bert", "roberta", "xlm-roberta"];
        if !known.contains(&config.model_type.as_str()) {
            let kind = &config.model_type;
            let known = known.join(", ");
            return Err(format!(
                "its type `{kind}` is not one of {known}, deberta-v2, modernbert, nomic_bert"
            ));
        }
        if config.num_attention_heads == 0
            || !config.hidden_size.is_multiple_of(config.num_attention_heads)
        {
            return Err("its heads do not divide its width".to_owned());
        }
        config.activation()?;
        Ok(config)
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

/// Reads `1_Pooling/config.json`, as sentence-transformers writes it; without it, the mean.
pub fn read_pooling(model: &ModelId, folder: &Path) -> Result<Pooling, EngineError> {
    let path = folder.join("1_Pooling/config.json");
    let file: Value = if path.exists() { read_json(model, &path)? } else { Value::Null };
    let says = |key: &str, value: bool| file.get(key) == Some(&Value::Bool(value));
    let unsupported = [
        ("pooling_mode_max_tokens", true, "by maximum"),
        ("pooling_mode_lasttoken", true, "by the last token"),
        ("pooling_mode_weightedmean_tokens", true, "by a weighted mean"),
        ("include_prompt", false, "without the prompt"),
    ];
    match unsupported.into_iter().find(|(key, value, _)| says(key, *value)) {
        Some((_, _, how)) => Err(refuse(model, &format!("its pooling {how} is not supported"))),
        None if says("pooling_mode_cls_token", true) => Ok(Pooling::First),
        None => Ok(Pooling::Mean),
    }
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

/// Refuses models that `modules.json` gives more to do than to read, pool and normalise.
pub fn check_modules(model: &ModelId, folder: &Path) -> Result<(), EngineError> {
    let path = folder.join("modules.json");
    if !path.exists() {
        return Ok(());
    }
    for module in read_json::<Vec<Module>>(model, &path)? {
        let name = module.kind.rsplit('.').next().unwrap_or_default();
        if !["Transformer", "Pooling", "Normalize"].contains(&name) {
            return Err(refuse(model, &format!("its module `{name}` is not supported")));
        }
    }
    Ok(())
}

/// What a model wants before its texts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Prompts {
    /// Before a question.
    pub query: Option<String>,
    /// Before a passage.
    pub passage: Option<String>,
}

#[derive(Deserialize)]
struct PromptFile {
    #[serde(default)]
    prompts: HashMap<String, String>,
}

/// Reads the prompts in `config_sentence_transformers.json`, by the names that sentence-transformers
/// looks for (`encode_query`, `encode_document`) and those that E5 and Nomic have.
pub fn read_prompts(model: &ModelId, folder: &Path) -> Result<Prompts, EngineError> {
    let path = folder.join("config_sentence_transformers.json");
    if !path.exists() {
        return Ok(Prompts::default());
    }
    let PromptFile { mut prompts } = read_json(model, &path)?;
    let mut first = |names: &[&str]| names.iter().find_map(|name| prompts.remove(*name));
    Ok(Prompts {
        query: first(&["query", "search_query"]),
        passage: first(&["document", "passage", "corpus", "search_document"]),
    })
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

#[derive(Deserialize)]
struct LabelFile {
    #[serde(default)]
    id2label: BTreeMap<usize, String>,
}

/// Reads the labels of an entailment model in the order of its outputs, from `id2label` of its
/// `config.json`.
pub fn read_labels(model: &ModelId, folder: &Path) -> Result<Vec<EntailmentLabel>, EngineError> {
    let LabelFile { id2label } = read_json(model, &folder.join("config.json"))?;
    let is_whole = id2label.keys().copied().eq(0..id2label.len());
    if id2label.is_empty() || !is_whole {
        return Err(refuse(model, "`config.json`: `id2label` does not name each of its outputs"));
    }
    let labels = id2label.values().map(|name| name.parse::<EntailmentLabel>());
    labels.collect::<Result<_, _>>().map_err(|error| {
        refuse(model, &format!("`id2label`: {error}; name its labels in a catalog"))
    })
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
