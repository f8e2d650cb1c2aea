//! Writes tiny chat models, and asks them.

use std::sync::Arc;

use quire_engines::{
    FinishReason, GenerateEvent, GenerateRequest, Generator, ModelRuntime, Prompt, RuntimeOptions,
    TokenBias,
};
use serde_json::{Value, json};

use crate::model::{TinyModel, name};

/// The numbers of a token's row.
pub const WIDTH: usize = 64;
/// The numbers within the feed-forward.
pub const INNER: usize = 96;
/// Layers.
pub const LAYERS: usize = 2;
/// Heads.
pub const HEADS: usize = 4;
/// Heads whose keys and values are kept.
pub const KEPT_HEADS: usize = 2;
/// The numbers of a head.
pub const HEAD_WIDTH: usize = 16;
/// The rows of the tokens' table: the bytes, three special tokens, and some that stand for nothing.
pub const ROWS: usize = 264;
/// The tokens that are bytes; those behind them are special.
pub const BYTES: u32 = 256;
/// The longest text.
pub const CONTEXT: usize = 512;

/// The special tokens, from the number [`BYTES`] on.
pub const SPECIAL: [&str; 3] = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"];

/// A template as most small models have it.
const TEMPLATE: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n\
    {{ message.content }}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// The entries of `config.json` that all families have.
pub fn config(kind: &str, more: &Value) -> Value {
    let mut config = json!({
        "model_type": kind, "architectures": ["TinyForCausalLM"], "torch_dtype": "float32",
        "vocab_size": ROWS, "hidden_size": WIDTH, "intermediate_size": INNER,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KEPT_HEADS, "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false,
        "hidden_act": "silu", "eos_token_id": [257, 258],
    });
    for (key, value) in more.as_object().expect("entries") {
        config[key] = value.clone();
    }
    config
}

/// Adds the layers as Llama has them, with norms around the middle that the family wants.
pub fn add_llama(model: &mut TinyModel, norm_middle: f32) {
    let kept = KEPT_HEADS * HEAD_WIDTH;
    model.tensor("model.embed_tokens.weight", &[ROWS, WIDTH], 0.0);
    for number in 0..LAYERS {
        let layer = format!("model.layers.{number}");
        let weight = |part: &str| format!("{layer}.{part}.weight");
        model.tensor(&weight("self_attn.q_proj"), &[HEADS * HEAD_WIDTH, WIDTH], 0.0);
        model.tensor(&weight("self_attn.k_proj"), &[kept, WIDTH], 0.0);
        model.tensor(&weight("self_attn.v_proj"), &[kept, WIDTH], 0.0);
        model.tensor(&weight("self_attn.o_proj"), &[WIDTH, HEADS * HEAD_WIDTH], 0.0);
        model.tensor(&weight("mlp.gate_proj"), &[INNER, WIDTH], 0.0);
        model.tensor(&weight("mlp.up_proj"), &[INNER, WIDTH], 0.0);
        model.tensor(&weight("mlp.down_proj"), &[WIDTH, INNER], 0.0);
        model.tensor(&weight("input_layernorm"), &[WIDTH], norm_middle);
        model.tensor(&weight("post_attention_layernorm"), &[WIDTH], norm_middle);
    }
    model.tensor("model.norm.weight", &[WIDTH], norm_middle);
}

/// Adds what makes scores, where it is not the tokens' table.
pub fn add_head(model: &mut TinyModel) {
    model.tensor("lm_head.weight", &[ROWS, WIDTH], 0.0);
}

/// Writes tensors, configuration, tokenizer and template.
pub fn finish(model: &TinyModel, config: &Value) {
    model.save();
    model.file("config.json", config);
    model.file("tokenizer.json", &tokenizer());
    model.file(
        "tokenizer_config.json",
        &json!({"chat_template": TEMPLATE, "eos_token": "<|im_end|>"}),
    );
}

/// A model of Llama's family.
pub fn llama() -> TinyModel {
    let mut model = TinyModel::new();
    add_llama(&mut model, 1.0);
    add_head(&mut model);
    finish(&model, &config("llama", &json!({})));
    model
}

/// A tokenizer of bytes, as GPT-2 spells them, and special tokens.
pub fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<String, Value> = spellings()
        .into_iter()
        .enumerate()
        .map(|(byte, spelling)| (spelling, json!(byte)))
        .collect();
    let added = |(number, content): (usize, &&str)| {
        json!({"id": BYTES as usize + number, "content": content, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false, "special": true})
    };
    let added: Vec<Value> = SPECIAL.iter().enumerate().map(added).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null, "post_processor": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "vocab": vocabulary, "merges": []},
    })
}

/// The characters that stand for bytes, by the byte.
pub fn spellings() -> Vec<String> {
    let mut next = 0x100_u32;
    let spell = |byte: u8| {
        let is_itself = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
        let number = if is_itself { u32::from(byte) } else { next };
        next += u32::from(!is_itself);
        char::from_u32(number).expect("a character").to_string()
    };
    (0..=255).map(spell).collect()
}

/// Gives what a token is in text.
pub fn bytes_of(token: u32) -> Vec<u8> {
    match token.checked_sub(BYTES) {
        None => vec![token as u8],
        Some(place) => SPECIAL[place as usize].as_bytes().to_vec(),
    }
}

/// Loads a model by way of the runtime, with prompts that are read in pieces of seven tokens.
pub async fn load(model: &TinyModel) -> Arc<dyn Generator> {
    let options = RuntimeOptions { batch_tokens: 7, ..RuntimeOptions::default() };
    model.runtime_with(options).get_generator(&name()).await.expect("it loads")
}

/// Keeps a model from ending, and from saying anything but what `keeps` likes.
pub fn only(keeps: impl Fn(u8) -> bool) -> Vec<TokenBias> {
    let bias = |token: u32| TokenBias { token, bias: -100.0 };
    let is_left_out = |token: &u32| u8::try_from(*token).map_or(true, |byte| !keeps(byte));
    (0..ROWS as u32).filter(is_left_out).map(bias).collect()
}

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// The text.
    pub text: String,
    /// The tokens and how likely they were.
    pub tokens: Vec<(Vec<u8>, f32)>,
    /// The likeliest in their places.
    pub likeliest: Vec<Vec<f32>>,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those that were not read.
    pub cached_tokens: usize,
    /// Tokens of the answer.
    pub completion_tokens: usize,
    /// Why it ended.
    pub reason: Option<FinishReason>,
}

/// Waits for an answer.
pub async fn ask(generator: &Arc<dyn Generator>, request: GenerateRequest) -> Reply {
    let mut generation = generator.generate(request).await.expect("it begins");
    let mut reply = Reply::default();
    while let Some(event) = generation.recv().await {
        match event {
            GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                (reply.prompt_tokens, reply.cached_tokens) = (prompt_tokens, cached_tokens);
            }
            GenerateEvent::Token { chosen, top_logprobs } => {
                reply.tokens.push((chosen.bytes, chosen.log_probability));
                reply.likeliest.push(top_logprobs.iter().map(|it| it.log_probability).collect());
            }
            GenerateEvent::Text(text) => reply.text.push_str(&text),
            GenerateEvent::Finished { reason, completion_tokens } => {
                (reply.reason, reply.completion_tokens) = (Some(reason), completion_tokens);
            }
            other => panic!("{other:?}"),
        }
    }
    reply
}

/// Asks for so many of the likeliest letters behind a text.
pub fn letters(prompt: &str, count: usize) -> GenerateRequest {
    GenerateRequest {
        logit_bias: only(|byte| byte.is_ascii_lowercase()),
        ..GenerateRequest::greedy(Prompt::Text(prompt.to_owned()), count)
    }
}
