//! Writes tiny models as they lie in a store: weights, tokenizer, configuration.

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use quire_domain::ModelId;
use quire_engines::store::Catalog;
use quire_engines::{LocalRuntime, ModelStore, RuntimeOptions};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokenizers::Tokenizer;

/// The length of a token's vector.
pub const WIDTH: usize = 32;
/// The length of the inner layer's.
pub const INNER: usize = 48;
/// How many layers there are.
pub const LAYERS: usize = 2;
/// How many heads look in each.
pub const HEADS: usize = 4;
/// The tokens of the longest text.
pub const WINDOW: usize = 40;
/// The size of the vocabulary: four special tokens, and each letter at a word's start and within.
pub const WORDS: usize = 4 + 2 * LETTERS.len();

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz?.";

/// The store's name for every model here.
pub fn name() -> ModelId {
    "test/tiny".parse().expect("a valid name")
}

/// A model on disk, gone with this value.
pub struct TinyModel {
    store: tempfile::TempDir,
    random: u64,
    tensors: HashMap<String, Tensor>,
}

impl TinyModel {
    /// Makes a model of no files.
    pub fn new() -> Self {
        let store = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(store.path().join("test/tiny")).expect("a folder");
        Self { store, random: 7, tensors: HashMap::new() }
    }

    /// The model's folder.
    pub fn folder(&self) -> PathBuf {
        self.store.path().join("test/tiny")
    }

    /// Adds a tensor of random numbers around `middle`.
    pub fn tensor(&mut self, name: &str, shape: &[usize], middle: f32) {
        let count = shape.iter().product();
        let mut next = || {
            // A linear congruential generator: the same numbers everywhere.
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.random >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
        };
        let numbers: Vec<f32> = (0..count).map(|_| next() * 0.7 + middle).collect();
        let tensor = Tensor::from_vec(numbers, shape, &Device::Cpu).expect("a tensor");
        self.tensors.insert(name.to_owned(), tensor);
    }

    /// Adds a layer with a bias.
    pub fn linear(&mut self, name: &str, inputs: usize, outputs: usize) {
        self.tensor(&format!("{name}.weight"), &[outputs, inputs], 0.0);
        self.tensor(&format!("{name}.bias"), &[outputs], 0.0);
    }

    /// Adds a normalisation.
    pub fn norm(&mut self, name: &str) {
        self.tensor(&format!("{name}.weight"), &[WIDTH], 1.0);
        self.tensor(&format!("{name}.bias"), &[WIDTH], 0.0);
    }

    /// Adds a network as BERT and XLM-RoBERTa have it.
    pub fn bert(&mut self, prefix: &str, positions: usize, kinds: usize) {
        let embeddings = format!("{prefix}embeddings");
        self.tensor(&format!("{embeddings}.word_embeddings.weight"), &[WORDS, WIDTH], 0.0);
        self.tensor(&format!("{embeddings}.position_embeddings.weight"), &[positions, WIDTH], 0.0);
        self.tensor(&format!("{embeddings}.token_type_embeddings.weight"), &[kinds, WIDTH], 0.0);
        self.norm(&format!("{embeddings}.LayerNorm"));
        for number in 0..LAYERS {
            let layer = format!("{prefix}encoder.layer.{number}");
            for part in ["self.query", "self.key", "self.value", "output.dense"] {
                self.linear(&format!("{layer}.attention.{part}"), WIDTH, WIDTH);
            }
            self.norm(&format!("{layer}.attention.output.LayerNorm"));
            self.linear(&format!("{layer}.intermediate.dense"), WIDTH, INNER);
            self.linear(&format!("{layer}.output.dense"), INNER, WIDTH);
            self.norm(&format!("{layer}.output.LayerNorm"));
        }
    }

    /// Adds a network as `DeBERTa` has it, below `deberta.`: with `kinds` token types, or as its third
    /// version without positions and projections of its own for them if there are none.
    pub fn deberta_v2(&mut self, kinds: usize) {
        let embeddings = "deberta.embeddings";
        self.tensor(&format!("{embeddings}.word_embeddings.weight"), &[WORDS, WIDTH], 0.0);
        if kinds > 0 {
            let tables = [("token_type", kinds), ("position", WINDOW)];
            for (table, rows) in tables {
                let name = format!("{embeddings}.{table}_embeddings.weight");
                self.tensor(&name, &[rows, WIDTH], 0.0);
            }
        }
        self.norm(&format!("{embeddings}.LayerNorm"));
        self.tensor("deberta.encoder.rel_embeddings.weight", &[16, WIDTH], 0.0);
        self.norm("deberta.encoder.LayerNorm");
        let shared = ["self.query_proj", "self.key_proj", "self.value_proj", "output.dense"];
        let own = ["self.pos_key_proj", "self.pos_query_proj"];
        for number in 0..LAYERS {
            let layer = format!("deberta.encoder.layer.{number}");
            for part in shared.iter().chain(own.iter().filter(|_| kinds > 0)) {
                self.linear(&format!("{layer}.attention.{part}"), WIDTH, WIDTH);
            }
            self.norm(&format!("{layer}.attention.output.LayerNorm"));
            self.linear(&format!("{layer}.intermediate.dense"), WIDTH, INNER);
            self.linear(&format!("{layer}.output.dense"), INNER, WIDTH);
            self.norm(&format!("{layer}.output.LayerNorm"));
        }
    }

    /// Adds a network as Nomic BERT has it.
    pub fn nomic_bert(&mut self) {
        self.tensor("embeddings.word_embeddings.weight", &[WORDS, WIDTH], 0.0);
        self.tensor("embeddings.token_type_embeddings.weight", &[2, WIDTH], 0.0);
        self.norm("emb_ln");
        for number in 0..LAYERS {
            let layer = format!("encoder.layers.{number}");
            self.tensor(&format!("{layer}.attn.Wqkv.weight"), &[3 * WIDTH, WIDTH], 0.0);
            self.tensor(&format!("{layer}.attn.out_proj.weight"), &[WIDTH, WIDTH], 0.0);
            self.tensor(&format!("{layer}.mlp.fc11.weight"), &[INNER, WIDTH], 0.0);
            self.tensor(&format!("{layer}.mlp.fc12.weight"), &[INNER, WIDTH], 0.0);
            self.tensor(&format!("{layer}.mlp.fc2.weight"), &[WIDTH, INNER], 0.0);
            self.norm(&format!("{layer}.norm1"));
            self.norm(&format!("{layer}.norm2"));
        }
    }

    /// Adds a network as ModernBERT has it, below `prefix`.
    pub fn modern_bert(&mut self, prefix: &str) {
        let scale = |name: &str| format!("{prefix}{name}.weight");
        self.tensor(&scale("embeddings.tok_embeddings"), &[WORDS, WIDTH], 0.0);
        self.tensor(&scale("embeddings.norm"), &[WIDTH], 1.0);
        for number in 0..LAYERS {
            let layer = format!("layers.{number}");
            if number > 0 {
                // The first layer follows a normalisation already.
                self.tensor(&scale(&format!("{layer}.attn_norm")), &[WIDTH], 1.0);
            }
            self.tensor(&scale(&format!("{layer}.attn.Wqkv")), &[3 * WIDTH, WIDTH], 0.0);
            self.tensor(&scale(&format!("{layer}.attn.Wo")), &[WIDTH, WIDTH], 0.0);
            self.tensor(&scale(&format!("{layer}.mlp_norm")), &[WIDTH], 1.0);
            self.tensor(&scale(&format!("{layer}.mlp.Wi")), &[2 * INNER, WIDTH], 0.0);
            self.tensor(&scale(&format!("{layer}.mlp.Wo")), &[WIDTH, INNER], 0.0);
        }
        self.tensor(&scale("final_norm"), &[WIDTH], 1.0);
    }

    /// Writes a file.
    pub fn file(&self, name: &str, value: &Value) {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, value.to_string()).expect("a file");
    }

    /// Keeps the numbers of all tensors in another type.
    pub fn convert(&mut self, kind: DType) {
        for tensor in self.tensors.values_mut() {
            *tensor = tensor.to_dtype(kind).expect("numbers of that type");
        }
    }

    /// Writes the tensors.
    pub fn save(&self) {
        let path = self.folder().join("model.safetensors");
        candle_core::safetensors::save(&self.tensors, path).expect("the weights");
    }

    /// Opens the weights for candle-transformers.
    pub fn weights(&self) -> VarBuilder<'static> {
        VarBuilder::from_tensors(self.tensors.clone(), DType::F32, &Device::Cpu)
    }

    /// Lists the names of the tensors.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Gives a tensor.
    pub fn get(&self, name: &str) -> &Tensor {
        &self.tensors[name]
    }

    /// Reads the tokenizer, without the cutting and padding that its file asks for.
    pub fn tokenizer(&self) -> Tokenizer {
        let file = self.folder().join("tokenizer.json");
        let mut tokenizer = Tokenizer::from_file(file).expect("a tokenizer");
        tokenizer.with_padding(None).with_truncation(None).expect("nothing is cut");
        tokenizer
    }

    /// Reads `config.json` as candle-transformers does.
    pub fn config<T: DeserializeOwned>(&self) -> T {
        let bytes = std::fs::read(self.folder().join("config.json")).expect("the file");
        serde_json::from_slice(&bytes).expect("a configuration")
    }

    /// Makes a runtime that has this model.
    pub fn runtime(&self) -> LocalRuntime {
        self.runtime_with(RuntimeOptions::default())
    }

    /// Makes a runtime with options.
    pub fn runtime_with(&self, options: RuntimeOptions) -> LocalRuntime {
        LocalRuntime::new(ModelStore::new(self.store.path()), options)
    }

    /// Makes a runtime whose catalog has this entry for the model, with what every entry has.
    pub fn runtime_known_as(&self, entry: &Value, options: RuntimeOptions) -> LocalRuntime {
        let mut known = json!({"id": "test/tiny", "kind": "embedding", "licence": "MIT",
            "files": [], "sources": []});
        for (key, value) in entry.as_object().expect("an entry") {
            known[key] = value.clone();
        }
        let catalog: Catalog =
            serde_json::from_value(json!({"models": [known]})).expect("a catalog");
        let store = ModelStore::new(self.store.path()).with_catalog(catalog);
        LocalRuntime::new(store, options)
    }
}

/// The entries of `config.json` that both networks have.
pub fn bert_config(kind: &str, positions: usize, kinds: usize, pad: usize) -> Value {
    json!({
        "model_type": kind, "vocab_size": WORDS, "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
        "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": positions, "type_vocab_size": kinds, "initializer_range": 0.02,
        "layer_norm_eps": 1e-5, "pad_token_id": pad, "position_embedding_type": "absolute",
    })
}

/// A tokenizer of letters, as BERT's are: types tell the texts of a pair apart.
pub fn word_pieces() -> Value {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned);
    let starts = LETTERS.chars().map(String::from);
    let within = LETTERS.chars().map(|letter| format!("##{letter}"));
    let words = special.into_iter().chain(starts).chain(within);
    let vocabulary: serde_json::Map<String, Value> =
        words.enumerate().map(|(number, word)| (word, json!(number))).collect();
    let token = |name: &str, kind: u32| json!({"SpecialToken": {"id": name, "type_id": kind}});
    let text = |name: &str, kind: u32| json!({"Sequence": {"id": name, "type_id": kind}});
    let known = |name: &str, number: u32| json!({"id": name, "ids": [number], "tokens": [name]});
    json!({
        "version": "1.0", "added_tokens": [], "decoder": null,
        "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [token("[CLS]", 0), text("A", 0), token("[SEP]", 0)],
            "pair": [token("[CLS]", 0), text("A", 0), token("[SEP]", 0),
                text("B", 1), token("[SEP]", 1)],
            "special_tokens": {"[CLS]": known("[CLS]", 2), "[SEP]": known("[SEP]", 3)}},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

/// A tokenizer of letters, as XLM-RoBERTa's are: unigrams, and two separators within a pair.
pub fn unigrams() -> Value {
    let special = ["<s>", "<pad>", "</s>", "<unk>"].map(|word| json!([word, 0.0]));
    let within = LETTERS.chars().map(|letter| json!([letter.to_string(), -4.0]));
    let starts = LETTERS.chars().map(|letter| json!([format!("▁{letter}"), -5.0]));
    let words: Vec<Value> = special.into_iter().chain(within).chain(starts).collect();
    let token = |name: &str| json!({"SpecialToken": {"id": name, "type_id": 0}});
    let text = |name: &str| json!({"Sequence": {"id": name, "type_id": 0}});
    let known = |name: &str, number: u32| json!({"id": name, "ids": [number], "tokens": [name]});
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "NFKC"}, "decoder": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}]},
        "post_processor": {"type": "TemplateProcessing",
            "single": [token("<s>"), text("A"), token("</s>")],
            "pair": [token("<s>"), text("A"), token("</s>"), token("</s>"), text("B"), token("</s>")],
            "special_tokens": {"<s>": known("<s>", 0), "</s>": known("</s>", 2)}},
        "model": {"type": "Unigram", "unk_id": 3, "vocab": words, "byte_fallback": false},
    })
}

/// A text or pair: its tokens, and their types.
pub type Encoded = (Vec<u32>, Vec<u32>);

/// Texts in one tensor, padded, with their types and their mask: as transformers reads them.
pub struct Padded {
    /// The tokens.
    pub ids: Tensor,
    /// Their types.
    pub kinds: Tensor,
    /// 1 for a token, 0 for padding.
    pub mask: Tensor,
}

/// Pads texts.
pub fn pad(texts: &[Encoded], pad: u32) -> Padded {
    let longest = texts.iter().map(|(ids, _)| ids.len()).max().expect("a text");
    let grid = |cell: &dyn Fn(&Encoded, usize) -> u32| {
        let cells: Vec<u32> =
            texts.iter().flat_map(|text| (0..longest).map(move |at| cell(text, at))).collect();
        Tensor::from_vec(cells, (texts.len(), longest), &Device::Cpu).expect("a tensor")
    };
    Padded {
        ids: grid(&|text, at| text.0.get(at).copied().unwrap_or(pad)),
        kinds: grid(&|text, at| text.1.get(at).copied().unwrap_or(0)),
        mask: grid(&|text, at| u32::from(at < text.0.len())),
    }
}
