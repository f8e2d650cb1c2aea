//! GGUF files by candle: the same text as by candle-transformers' quantised networks.

use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};
use quire_engines::candle::{CandleGenerator, ChatOptions};
use quire_engines::{EngineError, GenerateRequest, Generator, Prompt};

use super::families::{check, reference};
use super::writing::{
    CONTEXT, HEAD_WIDTH, HEADS, INNER, KEPT_HEADS, LAYERS, ROWS, SPECIAL, WIDTH, ask, only,
    spellings,
};
use crate::model::{TinyModel, name};

/// A file of a family, and the folder that it is gone with.
struct Gguf {
    folder: tempfile::TempDir,
    family: &'static str,
}

impl Gguf {
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("tiny.gguf")
    }

    /// Writes a network of random numbers, with its matrices in this type.
    fn write(family: &'static str, kind: GgmlDType) -> Self {
        let mut model = TinyModel::new();
        let kept = KEPT_HEADS * HEAD_WIDTH;
        model.tensor("token_embd.weight", &[ROWS, WIDTH], 0.0);
        model.tensor("output_norm.weight", &[WIDTH], 1.0);
        model.tensor("output.weight", &[ROWS, WIDTH], 0.0);
        for number in 0..LAYERS {
            let name = |part: &str| format!("blk.{number}.{part}");
            model.tensor(&name("attn_q.weight"), &[HEADS * HEAD_WIDTH, WIDTH], 0.0);
            model.tensor(&name("attn_k.weight"), &[kept, WIDTH], 0.0);
            model.tensor(&name("attn_v.weight"), &[kept, WIDTH], 0.0);
            model.tensor(&name("attn_output.weight"), &[WIDTH, HEADS * HEAD_WIDTH], 0.0);
            model.tensor(&name("ffn_gate.weight"), &[INNER, WIDTH], 0.0);
            model.tensor(&name("ffn_up.weight"), &[INNER, WIDTH], 0.0);
            model.tensor(&name("ffn_down.weight"), &[WIDTH, INNER], 0.0);
            model.tensor(&name("attn_norm.weight"), &[WIDTH], 1.0);
            model.tensor(&name("ffn_norm.weight"), &[WIDTH], 1.0);
            if family == "qwen2" {
                model.tensor(&name("attn_q.bias"), &[HEADS * HEAD_WIDTH], 0.0);
                model.tensor(&name("attn_k.bias"), &[kept], 0.0);
                model.tensor(&name("attn_v.bias"), &[kept], 0.0);
            }
            if family == "qwen3" {
                model.tensor(&name("attn_q_norm.weight"), &[HEAD_WIDTH], 1.0);
                model.tensor(&name("attn_k_norm.weight"), &[HEAD_WIDTH], 1.0);
            }
        }
        let quantise = |name: &str, tensor: &Tensor| {
            let kind = if tensor.rank() > 1 { kind } else { GgmlDType::F32 };
            (name.to_owned(), QTensor::quantize(tensor, kind).expect("numbers of that type"))
        };
        let tensors: Vec<(String, QTensor)> =
            model.names().map(|name| quantise(name, model.get(name))).collect();
        let tensors: Vec<(&str, &QTensor)> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let entries = entries(family);
        let entries: Vec<(&str, &Value)> =
            entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let written = Self { folder: tempfile::tempdir().expect("a folder"), family };
        let mut file = std::fs::File::create(written.path()).expect("a file");
        gguf_file::write(&mut file, &entries, &tensors).expect("it is written");
        written
    }

    fn open(&self) -> (gguf_file::Content, std::fs::File) {
        let mut file = std::fs::File::open(self.path()).expect("the file");
        let content = gguf_file::Content::read(&mut file).expect("a head");
        file.seek(SeekFrom::Start(0)).expect("its beginning");
        (content, file)
    }

    /// What candle-transformers' network writes.
    fn reference(&self) -> Vec<(Vec<u8>, f32)> {
        let (content, mut file) = self.open();
        let device = Device::Cpu;
        match self.family {
            "llama" => {
                let network = quantized_llama::ModelWeights::from_gguf(content, &mut file, &device);
                let mut network = network.expect("a network");
                reference(|tokens, position| network.forward(tokens, position), false)
            }
            "qwen2" => {
                let network = quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &device);
                let mut network = network.expect("a network");
                reference(|tokens, position| network.forward(tokens, position), false)
            }
            _ => {
                let network = quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &device);
                let mut network = network.expect("a network");
                reference(|tokens, position| network.forward(tokens, position), false)
            }
        }
    }

    fn load(&self) -> Result<Arc<dyn Generator>, EngineError> {
        let options = ChatOptions { batch_tokens: 7, ..ChatOptions::default() };
        let generator = CandleGenerator::load(&self.path(), name(), &options)?;
        Ok(Arc::new(generator))
    }
}

fn entries(family: &str) -> Vec<(String, Value)> {
    let number = |number: usize| Value::U32(number as u32);
    let text = |text: &str| Value::String(text.to_owned());
    let tokens = spellings().into_iter().chain(SPECIAL.map(str::to_owned));
    let tokens: Vec<Value> = tokens.map(Value::String).collect();
    let kinds =
        (0..tokens.len()).map(|token| Value::I32(if token < 256 { 1 } else { 3 })).collect();
    let own = [
        ("context_length", number(CONTEXT)),
        ("embedding_length", number(WIDTH)),
        ("block_count", number(LAYERS)),
        ("feed_forward_length", number(INNER)),
        ("attention.head_count", number(HEADS)),
        ("attention.head_count_kv", number(KEPT_HEADS)),
        ("attention.key_length", number(HEAD_WIDTH)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("rope.dimension_count", number(HEAD_WIDTH)),
        ("rope.freq_base", Value::F32(10_000.0)),
    ];
    let all = [
        ("general.architecture", text(family)),
        ("general.dtype", number(0)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("gpt2")),
        ("tokenizer.ggml.tokens", Value::Array(tokens)),
        ("tokenizer.ggml.token_type", Value::Array(kinds)),
        ("tokenizer.ggml.merges", Value::Array(Vec::new())),
        ("tokenizer.ggml.eos_token_id", number(257)),
    ];
    let own = own.into_iter().map(|(key, value)| (format!("{family}.{key}"), value));
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(own).collect()
}

#[tokio::test]
async fn quantised_networks_write_as_candles_own_do() {
    for family in ["llama", "qwen2", "qwen3"] {
        for (kind, nearness) in [(GgmlDType::F32, 2e-3), (GgmlDType::Q8_0, 5e-2)] {
            let file = Gguf::write(family, kind);
            let prompt = b"The harbour of Oldenburg was opened in 1847.";
            let tokens = prompt.iter().map(|byte| u32::from(*byte)).collect();
            let request = GenerateRequest {
                logit_bias: only(|_| true),
                top_logprobs: Some(1),
                ..GenerateRequest::greedy(Prompt::Tokens(tokens), 24)
            };
            let reply = ask(&file.load().expect("it loads"), request).await;
            check(&format!("{family} {kind:?}"), &reply, &file.reference(), nearness);
        }
    }
}

#[test]
fn what_candle_does_not_run_is_left_to_llama_cpp_by_name() {
    let file = Gguf::write("llama", GgmlDType::F32);
    let bytes = std::fs::read(file.path()).expect("its bytes");
    let refused = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let mut changed = bytes.clone();
        let places: Vec<usize> =
            (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
        assert!(!places.is_empty(), "{from:?} is not there");
        for place in places {
            changed[place..place + to.len()].copy_from_slice(to);
        }
        std::fs::write(file.path(), changed).expect("it is written");
        file.load().map(drop).expect_err("it cannot be run").to_string()
    };
    assert!(refused(b"llama", b"mamba").contains("mamba"));
    assert!(refused(b"gpt2", b"t5t5").contains("t5t5"));
    let without = refused(b"blk.1.ffn_up.weight", b"blk.1.ffn_xp.weight");
    assert!(without.contains("blk.1.ffn_up.weight"), "{without}");
    std::fs::write(file.path(), &bytes[..bytes.len() - 4000]).expect("it is written");
    assert!(file.load().is_err(), "its end is missing");
}
