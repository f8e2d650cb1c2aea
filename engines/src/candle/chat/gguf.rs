//! A GGUF file as candle reads it: the shape of its network, its tensors, its tokenizer and its template.
//!
//! The head was checked by the model store's own reader before; here it is read for what it says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Result, bail};
use candle_nn::Activation;
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use crate::store::gguf::read_head;

use super::rotary::{RotaryShape, Scaling};
use super::shape::{BlockKind, FeedForwardKind, NormKind, Shape};
use super::tensors::{Tensors, tell_error, unpack};

/// The families that are run, as `general.architecture` names them.
const FAMILIES: [&str; 3] = ["llama", "qwen2", "qwen3"];
/// A factor for each frequency, which llama.cpp's converter computes from Llama 3's way of scaling.
const FREQUENCY_FACTORS: &str = "rope_freqs.weight";

/// An open file.
pub struct GgufFile {
    content: Content,
    reader: BufReader<File>,
    read: BTreeSet<String>,
    device: Device,
}

impl GgufFile {
    /// Reads the head; the error says what is wrong with it.
    pub fn open(path: &Path, device: &Device) -> std::result::Result<Self, String> {
        read_head(path).map_err(|error| error.to_string())?;
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(file);
        let content = Content::read(&mut reader).map_err(|error| tell_error(&error))?;
        let file = Self { content, reader, read: BTreeSet::new(), device: device.clone() };
        match file.number("split.count") {
            Some(2..) => Err("it is one of several parts, which llama.cpp reads".to_owned()),
            _ => Ok(file),
        }
    }

    fn entry(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    fn number(&self, key: &str) -> Option<usize> {
        self.entry(key)?.to_u64().ok().and_then(|number| usize::try_from(number).ok())
    }

    fn float(&self, key: &str) -> Option<f64> {
        self.entry(key)?.to_f32().ok().map(f64::from)
    }

    /// Gives an entry that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entry(key)?.to_string().ok().map(String::as_str)
    }

    /// Gives the text of the token that an entry names by its number.
    pub fn token(&self, key: &str) -> Option<String> {
        let tokens = self.entry("tokenizer.ggml.tokens")?.to_vec().ok()?;
        tokens.get(self.number(key)?)?.to_string().ok().cloned()
    }

    /// Makes its tokenizer; the error says why it cannot be made.
    pub fn tokenizer(&mut self) -> std::result::Result<Tokenizer, String> {
        let refuse = |reason: String| {
            format!("{reason} is not read from GGUF files by candle; llama.cpp runs it")
        };
        let kind = self.text("tokenizer.ggml.model").unwrap_or("none");
        if kind != "gpt2" {
            return Err(refuse(format!("its tokenizer `{kind}`")));
        }
        let cutting = self.text("tokenizer.ggml.pre").unwrap_or("default").to_owned();
        let entries = &mut self.content.metadata;
        let split = match cutting.as_str() {
            "qwen2" => None,
            "llama-bpe" | "llama3" | "llama-v3" => {
                // candle knows it under one of its names, and llama.cpp what goes without saying.
                entries.insert("tokenizer.ggml.pre".to_owned(), Value::String("llama3".to_owned()));
                for usual in ["tokenizer.ggml.add_bos_token", "tokenizer.ggml.ignore_merges"] {
                    entries.entry(usual.to_owned()).or_insert(Value::Bool(true));
                }
                None
            }
            "gpt-2" | "gpt2" => Some(PreTokenizerWrapper::ByteLevel(words())),
            "smollm" => {
                let parts = vec![Digits::new(true).into(), words().into()];
                Some(PreTokenizerWrapper::Sequence(Sequence::new(parts)))
            }
            _ => return Err(refuse(format!("its way to cut words, `{cutting}`,"))),
        };
        let mut tokenizer = Tokenizer::from_gguf(&self.content)
            .map_err(|error| format!("its tokenizer: {}", tell_error(&error)))?;
        if split.is_some() {
            tokenizer.with_pre_tokenizer(split);
        }
        Ok(tokenizer)
    }

    /// Lists the tokens that are no text.
    pub fn control_tokens(&self) -> BTreeSet<u32> {
        // Unknown and control, by llama.cpp's `llama_token_type`.
        let is_control = |kind: &Value| match kind {
            Value::I32(kind) => matches!(kind, 2 | 3),
            kind => kind.to_u64().is_ok_and(|kind| matches!(kind, 2 | 3)),
        };
        let kinds = self.entry("tokenizer.ggml.token_type").and_then(|kinds| kinds.to_vec().ok());
        let numbered = (0..).zip(kinds.into_iter().flatten());
        numbered.filter(|(_, kind)| is_control(kind)).map(|(number, _)| number).collect()
    }

    /// Reads the shape of its network, or says what makes it one that cannot be run.
    pub fn shape(&mut self) -> std::result::Result<Shape, String> {
        let family = self.text("general.architecture").unwrap_or_default().to_owned();
        if !FAMILIES.contains(&family.as_str()) {
            return Err(format!(
                "candle does not run `{family}` from GGUF files, only {}; llama.cpp may",
                FAMILIES.join(", ")
            ));
        }
        let key = |name: &str| format!("{family}.{name}");
        let need = |name: &str| {
            self.number(&key(name)).ok_or_else(|| format!("it does not state `{}`", key(name)))
        };
        if self.number(&key("expert_count")).is_some_and(|count| count > 0) {
            return Err("networks of experts are not run by candle; llama.cpp may".to_owned());
        }
        let (width, heads) = (need("embedding_length")?, need("attention.head_count")?);
        let head_width = match self.number(&key("attention.key_length")) {
            Some(width) => width,
            None => width.checked_div(heads).unwrap_or(0),
        };
        let context_tokens = need("context_length")?;
        let inner_width = need("feed_forward_length")?;
        let layers = need("block_count")?;
        let kept_heads = self.number(&key("attention.head_count_kv")).unwrap_or(heads);
        let vocabulary = self.content.tensor_infos.get("token_embd.weight");
        let vocabulary = vocabulary.and_then(|info| info.shape.dims().first().copied());
        let epsilon = self.float(&key("attention.layer_norm_rms_epsilon"));
        let rotary = RotaryShape {
            base: self.float(&key("rope.freq_base")).unwrap_or(10_000.0),
            width: self.number(&key("rope.dimension_count")).unwrap_or(head_width),
            scaling: Scaling::None,
            is_interleaved: family == "llama",
        };
        let scaling = self.scaling(&family, rotary.width)?;
        let shape = Shape {
            width,
            inner_width,
            layers,
            heads,
            kept_heads,
            head_width,
            vocabulary: vocabulary.unwrap_or(0),
            context_tokens,
            epsilon: epsilon.unwrap_or(1e-6),
            norm: NormKind::Rms,
            block: BlockKind::Sequential,
            feed_forward: FeedForwardKind::Gated,
            activation: Activation::Silu,
            has_fused_attention: false,
            has_head_norms: family == "qwen3",
            attention_scale: (head_width as f64).sqrt().recip(),
            attention_cap: None,
            score_cap: None,
            embedding_scale: None,
            is_tied: !self.has("output.weight"),
            rotary: RotaryShape { scaling, ..rotary },
            windowed_rotary: None,
            windows: None,
        };
        shape.check()?;
        Ok(shape)
    }

    fn scaling(&mut self, family: &str, width: usize) -> std::result::Result<Scaling, String> {
        if self.has(FREQUENCY_FACTORS) {
            let divisors = self
                .numbers(FREQUENCY_FACTORS, width / 2)
                .map_err(|error| format!("its factors of frequencies: {}", tell_error(&error)))?;
            return Ok(Scaling::Each { divisors, attention: 1.0 });
        }
        let factor = self.float(&format!("{family}.rope.scaling.factor"));
        match (self.text(&format!("{family}.rope.scaling.type")), factor) {
            (None | Some("none"), _) => Ok(Scaling::None),
            (Some("linear"), Some(factor)) if factor > 0.0 => Ok(Scaling::Linear(factor)),
            (Some(other), _) => Err(format!(
                "positions scaled by `{other}` are not told by candle; llama.cpp may do so"
            )),
        }
    }

    fn tensor(&mut self, name: &str) -> Result<QTensor> {
        let tensor = self.content.tensor(&mut self.reader, name, &self.device)?;
        self.read.insert(name.to_owned());
        Ok(tensor)
    }
}

/// Cuts words as GPT-2 does, with no blank before the first.
fn words() -> ByteLevel {
    ByteLevel::new(false, true, true)
}

impl Tensors for GgufFile {
    fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<QMatMul> {
        let tensor = self.tensor(name)?;
        if tensor.shape().dims() != [outputs, inputs] {
            let sides = tensor.shape().dims();
            bail!("tensor `{name}` has the sides {sides:?} instead of {:?}", [outputs, inputs]);
        }
        unpack(tensor, &self.device)
    }

    fn numbers(&mut self, name: &str, count: usize) -> Result<Vec<f32>> {
        let tensor = self.tensor(name)?;
        if tensor.shape().dims() != [count] {
            bail!("tensor `{name}` has the sides {:?} instead of {count}", tensor.shape().dims());
        }
        tensor.dequantize(&Device::Cpu)?.to_vec1()
    }

    fn unread(&self) -> Vec<String> {
        let names = self.content.tensor_infos.keys();
        names.filter(|name| !self.read.contains(*name)).cloned().collect()
    }
}
