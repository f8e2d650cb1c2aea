//! Every family writes, token for token, what candle-transformers' own network of it writes.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops::log_softmax;
use candle_transformers::models::{gemma, gemma3, llama, mistral, phi, phi3, qwen2, qwen3};
use quire_domain::ModelKind;
use quire_engines::{GenerateRequest, ModelRuntime, ModelStore, Prompt};
use serde_json::{Value, json};

use super::writing::{
    BYTES, HEAD_WIDTH, HEADS, INNER, KEPT_HEADS, LAYERS, ROWS, Reply, WIDTH, add_head, add_llama,
    ask, bytes_of, config, finish, llama, load, only,
};
use crate::model::{TinyModel, name};

const PROMPT: &[u8] = b"The harbour of Oldenburg was opened in 1847.";
const STEPS: usize = 24;

/// The likeliest bytes that follow the prompt and how likely they are, by a network that takes tokens and their first
/// position and gives scores.
pub fn reference(
    mut scores: impl FnMut(&Tensor, usize) -> Result<Tensor>,
    reads_one_by_one: bool,
) -> Vec<(Vec<u8>, f32)> {
    let mut text: Vec<u32> = PROMPT.iter().map(|byte| u32::from(*byte)).collect();
    let mut read = |tokens: &[u32], position: usize| -> Result<Vec<f32>> {
        let tokens = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let scores = scores(&tokens, position)?.flatten_all()?.to_dtype(DType::F32)?;
        // Rows that stand for no token are none that can be likely.
        log_softmax(&scores.narrow(0, 0, BYTES as usize + 3)?, D::Minus1)?.to_vec1()
    };
    let mut last = Vec::new();
    if reads_one_by_one {
        for (position, token) in text.iter().enumerate() {
            last = read(&[*token], position).expect("scores");
        }
    } else {
        last = read(&text, 0).expect("scores");
    }
    let mut chosen = Vec::new();
    for _ in 0..STEPS {
        let bytes = last[..BYTES as usize].iter().enumerate();
        let (token, share) = bytes.max_by(|a, b| a.1.total_cmp(b.1)).expect("a byte");
        chosen.push((bytes_of(token as u32), *share));
        text.push(token as u32);
        last = read(&text[text.len() - 1..], text.len() - 1).expect("scores");
    }
    chosen
}

/// What this engine writes.
pub async fn written(model: &TinyModel) -> Reply {
    let tokens = PROMPT.iter().map(|byte| u32::from(*byte)).collect();
    let request = GenerateRequest {
        logit_bias: only(|_| true),
        top_logprobs: Some(1),
        ..GenerateRequest::greedy(Prompt::Tokens(tokens), STEPS)
    };
    ask(&load(model).await, request).await
}

/// Checks that both write the same, and hold it to be as likely.
pub fn check(family: &str, reply: &Reply, expected: &[(Vec<u8>, f32)], nearness: f32) {
    assert_eq!((reply.completion_tokens, reply.tokens.len()), (STEPS, STEPS), "{family}");
    for (place, (ours, theirs)) in reply.tokens.iter().zip(expected).enumerate() {
        assert_eq!(ours.0, theirs.0, "{family}: token {place}");
        assert!((ours.1 - theirs.1).abs() < nearness, "{family}: {ours:?} for {theirs:?}");
    }
    let shares = expected.iter().map(|(_, share)| *share);
    let (least, most) = (shares.clone().fold(0.0, f32::min), shares.fold(f32::MIN, f32::max));
    assert!(most - least > 10.0 * nearness, "{family}: all tokens are as likely: {expected:?}");
}

/// A model of Llama's family with other entries.
fn like_llama(kind: &str, more: &Value, norm_middle: f32) -> TinyModel {
    let mut model = TinyModel::new();
    add_llama(&mut model, norm_middle);
    if more.get("tie_word_embeddings") != Some(&json!(true)) {
        add_head(&mut model);
    }
    finish(&model, &config(kind, more));
    model
}

fn llama_reference(model: &TinyModel) -> Vec<(Vec<u8>, f32)> {
    let config = model.config::<llama::LlamaConfig>().into_config(false);
    let network = llama::Llama::load(model.weights(), &config).expect("a network");
    let mut cache = llama::Cache::new(true, DType::F32, &config, &Device::Cpu).expect("a cache");
    reference(|tokens, position| network.forward(tokens, position, &mut cache), false)
}

#[tokio::test]
async fn llama_and_mistral() {
    let scaling = json!({"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 64});
    for more in [json!({}), json!({"tie_word_embeddings": true}), json!({"rope_scaling": scaling})]
    {
        let model = like_llama("llama", &more, 1.0);
        check("llama", &written(&model).await, &llama_reference(&model), 1e-3);
    }
    let model = like_llama("mistral", &json!({}), 1.0);
    let config = model.config::<mistral::Config>();
    let mut network = mistral::Model::new(&config, model.weights()).expect("a network");
    let expected = reference(|tokens, position| network.forward(tokens, position), false);
    check("mistral", &written(&model).await, &expected, 1e-3);
}

#[tokio::test]
async fn qwen() {
    let mut model = TinyModel::new();
    add_llama(&mut model, 1.0);
    for number in 0..LAYERS {
        for (part, width) in [("q", HEADS), ("k", KEPT_HEADS), ("v", KEPT_HEADS)] {
            let bias = format!("model.layers.{number}.self_attn.{part}_proj.bias");
            model.tensor(&bias, &[width * HEAD_WIDTH], 0.0);
        }
    }
    let more = json!({"sliding_window": 4096, "max_window_layers": 2, "use_sliding_window": false,
        "tie_word_embeddings": true});
    finish(&model, &config("qwen2", &more));
    let mut network =
        qwen2::ModelForCausalLM::new(&model.config(), model.weights()).expect("a network");
    let expected = reference(|tokens, position| network.forward(tokens, position), false);
    check("qwen2", &written(&model).await, &expected, 1e-3);

    let mut model = TinyModel::new();
    add_llama(&mut model, 1.0);
    add_head(&mut model);
    for number in 0..LAYERS {
        for part in ["q_norm", "k_norm"] {
            let norm = format!("model.layers.{number}.self_attn.{part}.weight");
            model.tensor(&norm, &[HEAD_WIDTH], 1.0);
        }
    }
    let more = json!({"sliding_window": null, "max_window_layers": 2, "use_sliding_window": false,
        "head_dim": HEAD_WIDTH, "attention_bias": false});
    finish(&model, &config("qwen3", &more));
    let mut network =
        qwen3::ModelForCausalLM::new(&model.config(), model.weights()).expect("a network");
    let expected = reference(|tokens, position| network.forward(tokens, position), false);
    check("qwen3", &written(&model).await, &expected, 1e-3);
}

#[tokio::test]
async fn gemma_and_what_layers_that_see_little_see() {
    let more = json!({"head_dim": HEAD_WIDTH, "hidden_activation": "gelu_pytorch_tanh",
        "hidden_act": null, "attention_bias": false, "tie_word_embeddings": true});
    let model = like_llama("gemma", &more, 0.0);
    let mut network =
        gemma::Model::new(false, &model.config(), model.weights()).expect("a network");
    let expected = reference(|tokens, position| network.forward(tokens, position), false);
    check("gemma", &written(&model).await, &expected, 2e-3);

    let mut model = TinyModel::new();
    add_llama(&mut model, 0.0);
    for number in 0..LAYERS {
        let layer = format!("model.layers.{number}");
        for part in ["pre_feedforward_layernorm", "post_feedforward_layernorm"] {
            model.tensor(&format!("{layer}.{part}.weight"), &[WIDTH], 0.0);
        }
        for part in ["q_norm", "k_norm"] {
            model.tensor(&format!("{layer}.self_attn.{part}.weight"), &[HEAD_WIDTH], 0.0);
        }
    }
    let more = json!({"head_dim": HEAD_WIDTH, "hidden_activation": "gelu_pytorch_tanh",
        "hidden_act": null, "attention_bias": false, "tie_word_embeddings": true,
        "query_pre_attn_scalar": HEAD_WIDTH, "rope_local_base_freq": 1000.0, "sliding_window": 9,
        "sliding_window_pattern": 2, "final_logit_softcapping": 30.0});
    finish(&model, &config("gemma3_text", &more));
    let mut network =
        gemma3::Model::new(false, &model.config(), model.weights()).expect("a network");
    // candle's own mask is wrong for pieces that are longer than the window.
    let expected = reference(|tokens, position| network.forward(tokens, position), true);
    check("gemma3", &written(&model).await, &expected, 2e-3);
}

#[tokio::test]
async fn phi() {
    let mut model = TinyModel::new();
    model.tensor("model.embed_tokens.weight", &[ROWS, WIDTH], 0.0);
    for number in 0..LAYERS {
        let layer = format!("model.layers.{number}");
        let kept = KEPT_HEADS * HEAD_WIDTH;
        for (part, inputs, outputs) in [
            ("self_attn.q_proj", WIDTH, HEADS * HEAD_WIDTH),
            ("self_attn.k_proj", WIDTH, kept),
            ("self_attn.v_proj", WIDTH, kept),
            ("self_attn.dense", HEADS * HEAD_WIDTH, WIDTH),
            ("mlp.fc1", WIDTH, INNER),
            ("mlp.fc2", INNER, WIDTH),
        ] {
            model.linear(&format!("{layer}.{part}"), inputs, outputs);
        }
        model.tensor(&format!("{layer}.input_layernorm.weight"), &[WIDTH], 1.0);
        model.tensor(&format!("{layer}.input_layernorm.bias"), &[WIDTH], 0.0);
    }
    model.tensor("model.final_layernorm.weight", &[WIDTH], 1.0);
    model.tensor("model.final_layernorm.bias", &[WIDTH], 0.0);
    model.linear("lm_head", WIDTH, ROWS);
    let more = json!({"layer_norm_eps": 1e-5, "partial_rotary_factor": 0.5, "qk_layernorm": false,
        "hidden_act": "gelu_new"});
    finish(&model, &config("phi", &more));
    let mut network = phi::Model::new(&model.config(), model.weights()).expect("a network");
    let expected = reference(|tokens, _| network.forward(tokens), false);
    check("phi", &written(&model).await, &expected, 1e-3);

    let mut model = TinyModel::new();
    model.tensor("model.embed_tokens.weight", &[ROWS, WIDTH], 0.0);
    for number in 0..LAYERS {
        let weight = |part: &str| format!("model.layers.{number}.{part}.weight");
        let all = (HEADS + 2 * KEPT_HEADS) * HEAD_WIDTH;
        model.tensor(&weight("self_attn.qkv_proj"), &[all, WIDTH], 0.0);
        model.tensor(&weight("self_attn.o_proj"), &[WIDTH, HEADS * HEAD_WIDTH], 0.0);
        model.tensor(&weight("mlp.gate_up_proj"), &[2 * INNER, WIDTH], 0.0);
        model.tensor(&weight("mlp.down_proj"), &[WIDTH, INNER], 0.0);
        model.tensor(&weight("input_layernorm"), &[WIDTH], 1.0);
        model.tensor(&weight("post_attention_layernorm"), &[WIDTH], 1.0);
    }
    model.tensor("model.norm.weight", &[WIDTH], 1.0);
    add_head(&mut model);
    finish(&model, &config("phi3", &json!({"eos_token_id": 257, "partial_rotary_factor": 0.75})));
    let config = phi3::Config { partial_rotary_factor: Some(0.75), ..model.config() };
    let mut network = phi3::Model::new(&config, model.weights()).expect("a network");
    let expected = reference(|tokens, position| network.forward(tokens, position), false);
    check("phi3", &written(&model).await, &expected, 1e-3);
}

#[tokio::test]
async fn numbers_of_16_bits_say_about_the_same() {
    for kind in [DType::BF16, DType::F16] {
        let mut model = TinyModel::new();
        add_llama(&mut model, 1.0);
        add_head(&mut model);
        model.convert(kind);
        finish(&model, &config("llama", &json!({})));
        let expected = llama_reference(&model);
        let first = &written(&model).await.tokens[0];
        assert_eq!(first.0, expected[0].0, "{kind:?}");
        assert!((first.1 - expected[0].1).abs() < 0.1, "{kind:?}: {first:?} {:?}", expected[0]);
    }
}

#[tokio::test]
async fn weights_in_several_files_are_one_model_and_are_taken_in_from_elsewhere() {
    let model = llama();
    let expected = written(&model).await;
    let mut names: Vec<String> = model.names().map(str::to_owned).collect();
    names.sort();
    let mut map = serde_json::Map::new();
    for (place, part) in names.chunks(names.len().div_ceil(2)).enumerate() {
        let file = format!("model-{:05}-of-00002.safetensors", place + 1);
        let tensors = part.iter().map(|name| (name.clone(), model.get(name).clone())).collect();
        let path = model.folder().join(&file);
        candle_core::safetensors::save::<String, _>(&tensors, path).expect("the weights");
        map.extend(part.iter().map(|name| (name.clone(), json!(file))));
    }
    std::fs::remove_file(model.folder().join("model.safetensors")).expect("it goes");
    model.file("model.safetensors.index.json", &json!({"weight_map": map}));
    assert_eq!(written(&model).await, expected);

    let folder = tempfile::tempdir().expect("a folder");
    let store = ModelStore::new(folder.path());
    let imported = store.import(&model.folder(), Some(&name())).expect("it is a model");
    assert_eq!(imported.len(), 1);
    let listed = &store.list().expect("a list")[0];
    assert_eq!((listed.kind, listed.context_tokens), (ModelKind::Chat, Some(512)));
    assert_eq!(listed.quantization.as_deref(), Some("F32"));
    let runtime = quire_engines::LocalRuntime::new(store, quire_engines::RuntimeOptions::default());
    let generator = runtime.get_generator(&name()).await.expect("it loads");
    assert_eq!(generator.info().context_tokens, 512);
}
