//! How tokens are chosen, and how a chat model is loaded and served, by the real small chat model.

#![cfg(feature = "llama")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quire_domain::ErrorKind;
use quire_engines::llama::{LlamaGenerator, LlamaOptions};
use quire_engines::{
    Caller, ChatMessage, ChatRole, Dry, EngineError, FinishReason, GenerateEvent, GenerateRequest,
    Generator, GpuLayers, KvType, LoadOptions, LoraAdapter, ModelStore, Prompt, Sampling,
    TokenBias, WhenFull, Xtc,
};

fn stored() -> (PathBuf, quire_domain::ModelId) {
    let folder = std::env::var("QUIRE_TEST_MODELS").expect(
        "QUIRE_TEST_MODELS names the folder of models; run the tests by `cargo xtask test`",
    );
    let name = "smollm2-135m-instruct".parse().expect("a valid name");
    let stored = ModelStore::new(folder).get(&name).expect("it is there");
    (stored.path, stored.model.id)
}

fn try_load(options: &LlamaOptions) -> Result<Arc<dyn Generator>, EngineError> {
    let (path, name) = stored();
    Ok(Arc::new(LlamaGenerator::load(&path, name, options)?))
}

fn load(options: &LlamaOptions) -> Arc<dyn Generator> {
    try_load(options).expect("it loads")
}

fn of_context(context_tokens: u32) -> LlamaOptions {
    loaded_as(LoadOptions::of_context(context_tokens))
}

fn loaded_as(load: LoadOptions) -> LlamaOptions {
    LlamaOptions { load, ..LlamaOptions::default() }
}

/// What a generation came to.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    text: String,
    prompt_tokens: usize,
    completion_tokens: usize,
    dropped: Vec<usize>,
    reason: Option<FinishReason>,
}

async fn generate(generator: &dyn Generator, request: GenerateRequest) -> Outcome {
    let mut events = generator.generate(request).await.expect("it begins");
    let mut outcome = Outcome::default();
    while let Some(event) = events.recv().await {
        match event {
            GenerateEvent::Started { prompt_tokens, .. } => outcome.prompt_tokens = prompt_tokens,
            GenerateEvent::Text(more) => outcome.text.push_str(&more),
            GenerateEvent::Dropped { tokens } => outcome.dropped.push(tokens),
            GenerateEvent::Finished { reason, completion_tokens } => {
                outcome.reason = Some(reason);
                outcome.completion_tokens = completion_tokens;
            }
            GenerateEvent::Failed(error) => panic!("it failed: {error}"),
            _ => {}
        }
    }
    outcome
}

fn text(prompt: &str, most: usize) -> GenerateRequest {
    GenerateRequest::greedy(Prompt::Text(prompt.to_owned()), most)
}

fn chat(messages: &[(ChatRole, String)], most: usize) -> GenerateRequest {
    let messages = messages.iter().map(|(role, text)| ChatMessage::new(*role, text.as_str()));
    GenerateRequest::greedy(Prompt::chat(messages.collect()), most)
}

const ROME: &str = "What is the capital city of Italy? Answer in one sentence.";

#[tokio::test]
async fn what_repeats_is_held_back() {
    let generator = load(&of_context(1024));
    let line = "The cat sat on the mat.";
    let prompt = [line; 6].join(" ");
    let with = |sampling| GenerateRequest { sampling, ..text(&prompt, 24) };
    let greedy = generate(&*generator, text(&prompt, 24)).await.text;
    assert!(greedy.contains(line), "it repeats the line by itself: {greedy}");
    let dry = Dry { multiplier: 4.0, sequence_breakers: Vec::new(), ..Dry::default() };
    let held = Sampling { dry: Some(dry.clone()), ..Sampling::greedy() };
    let held = generate(&*generator, with(held)).await.text;
    assert!(!held.contains(line), "{held}");
    // The line is far behind then.
    let blind = Sampling { dry: Some(Dry { penalty_last_n: 3, ..dry }), ..Sampling::greedy() };
    assert_eq!(generate(&*generator, with(blind)).await.text, greedy);

    let penalty =
        |repeat_last_n| Sampling { repeat_penalty: 2.0, repeat_last_n, ..Sampling::greedy() };
    let held = generate(&*generator, with(penalty(-1))).await.text;
    assert!(!held.contains(line), "{held}");
    assert_eq!(generate(&*generator, with(penalty(0))).await.text, greedy);
}

#[tokio::test]
async fn the_likeliest_are_left_out_and_the_typical_are_kept() {
    let generator = load(&of_context(1024));
    let prompt = "Once upon a time there was a";
    let greedy = generate(&*generator, text(prompt, 1)).await.text;
    let xtc = Xtc { probability: 1.0, threshold: 0.02 };
    let others = Sampling { xtc: Some(xtc), ..Sampling::greedy() };
    let request = GenerateRequest { sampling: others, ..text(prompt, 1) };
    let other = generate(&*generator, request).await.text;
    assert!(!other.is_empty() && other != greedy, "`{other}` and `{greedy}`");
    let never = Xtc { probability: 0.0, ..xtc };
    let sampling = Sampling { xtc: Some(never), ..Sampling::greedy() };
    let request = GenerateRequest { sampling, ..text(prompt, 1) };
    assert_eq!(generate(&*generator, request).await.text, greedy);

    // The one token that is nearest to what is expected is left, whatever is drawn.
    let typical = |seed, typical_p| {
        let (top_k, min_p, seed) = (0, 0.0, Some(seed));
        let drawn = Sampling { temperature: 1.5, top_k, min_p, top_p: 1.0, ..Sampling::default() };
        let sampling = Sampling { typical_p, seed, ..drawn };
        GenerateRequest { sampling, ..text(prompt, 6) }
    };
    let first = generate(&*generator, typical(1, 0.001)).await.text;
    assert_eq!(first, generate(&*generator, typical(2, 0.001)).await.text);
    assert_ne!(
        generate(&*generator, typical(1, 1.0)).await.text,
        generate(&*generator, typical(2, 1.0)).await.text
    );
}

#[tokio::test]
async fn keys_and_values_take_less_and_answer_alike() {
    let sizes = [KvType::F16, KvType::Q8_0, KvType::Q4_0].map(|kv_type| {
        let kv_type = Some(kv_type);
        let generator = load(&loaded_as(LoadOptions { kv_type, ..LoadOptions::of_context(1024) }));
        (generator.info().memory_bytes, generator)
    });
    assert!(sizes[0].0 > sizes[1].0 && sizes[1].0 > sizes[2].0);
    let request = chat(&[(ChatRole::User, ROME.to_owned())], 24);
    let answer = generate(&*sizes[1].1, request.clone()).await.text;
    assert!(answer.contains("Rome"), "{answer}");
    assert!(!generate(&*sizes[2].1, request).await.text.is_empty());
}

#[tokio::test]
async fn an_answer_goes_on_when_the_context_is_full_and_says_what_was_forgotten() {
    let generator = load(&of_context(128));
    let prompt = "1 2 3 4 5 6 7 8 9 10 11 12";
    // Nothing ends it but the limit.
    let sampling = Sampling { temperature: 0.0, ..Sampling::default() };
    let logit_bias = [0, 2].map(|token| TokenBias { token, bias: -100.0 }).to_vec();
    let endless = GenerateRequest { sampling, logit_bias, ..text(prompt, 300) };
    let stopped = generate(&*generator, endless.clone()).await;
    assert_eq!(stopped.reason, Some(FinishReason::Length));
    assert!(stopped.completion_tokens < 128 && stopped.dropped.is_empty(), "{stopped:?}");
    let shifting = GenerateRequest { when_full: WhenFull::Shift, ..endless };
    let shifted = generate(&*generator, shifting.clone()).await;
    assert_eq!((shifted.reason, shifted.completion_tokens), (Some(FinishReason::Length), 300));
    assert!(shifted.dropped.len() >= 2, "{:?}", shifted.dropped);
    assert!(shifted.dropped.iter().all(|dropped| (16..128).contains(dropped)));
    assert!(shifted.text.starts_with(&stopped.text), "it is the same until it is full");
    // What is read behind forgotten tokens is not taken for what it was before.
    let question = chat(&[(ChatRole::User, ROME.to_owned())], 24);
    let fresh = generate(&*load(&of_context(128)), question.clone()).await;
    assert_eq!(generate(&*generator, question).await.text, fresh.text);
    let again = generate(&*generator, shifting).await;
    assert_eq!(again.dropped, shifted.dropped);
}

#[tokio::test]
async fn a_chat_that_is_too_long_loses_its_oldest_messages() {
    let generator = load(&of_context(512));
    let mut messages = vec![(ChatRole::System, "You name the city that is asked for.".to_owned())];
    let capitals = [("Spain", "Madrid"), ("France", "Paris"), ("Japan", "Tokyo")];
    for (country, capital) in capitals.into_iter().cycle().take(21) {
        messages.push((ChatRole::User, ROME.replace("Italy", country)));
        let answer = format!("The capital city of {country} is {capital}.");
        messages.push((ChatRole::Assistant, answer));
    }
    messages.push((ChatRole::User, ROME.to_owned()));
    let request = chat(&messages, 24);
    let error = generator.generate(request.clone()).await.err().expect("it is too long");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let request = GenerateRequest { when_full: WhenFull::Shift, ..request };
    let outcome = generate(&*generator, request).await;
    assert!(outcome.prompt_tokens < 512 && outcome.prompt_tokens > 300, "{outcome:?}");
    assert_eq!(outcome.dropped.len(), 1);
    assert!(outcome.text.contains("Rome"), "{}", outcome.text);
    // A message that fills the context by itself is not cut.
    let long = chat(&[(ChatRole::User, "north ".repeat(600))], 8);
    let long = GenerateRequest { when_full: WhenFull::Shift, ..long };
    let error = generator.generate(long).await.err().expect("it is too long");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    // Of a text the end counts.
    let long = GenerateRequest { when_full: WhenFull::Shift, ..text(&"north ".repeat(600), 8) };
    let outcome = generate(&*generator, long).await;
    assert!(outcome.prompt_tokens <= 504 && !outcome.dropped.is_empty(), "{outcome:?}");
}

#[tokio::test]
async fn one_caller_with_many_requests_does_not_hold_up_another() {
    let options = LlamaOptions { parallel: 1, queue: 6, ..of_context(512) };
    let generator = load(&options);
    let of = |name: &str, number: usize| {
        let caller = Caller::new(name);
        GenerateRequest { caller, ..text(&format!("{number} {number} {number} "), 12) }
    };
    let mut asked = Vec::new();
    // One is at work, or about to be, and six wait.
    let mut busy = None;
    for number in 0..12 {
        match generator.generate(of("many", number)).await {
            Ok(generation) => asked.push((format!("many {number}"), generation)),
            Err(error) => {
                busy = Some(error);
                break;
            }
        }
    }
    assert_eq!(busy.expect("six may wait").kind(), ErrorKind::Busy);
    let few = generator.generate(of("few", 0)).await.expect("there is room for others");
    asked.push(("few".to_owned(), few));
    let ended = Arc::new(std::sync::Mutex::new(Vec::new()));
    let work = asked.into_iter().map(|(name, mut generation)| {
        let ended = Arc::clone(&ended);
        async move {
            while let Some(event) = generation.recv().await {
                if matches!(event, GenerateEvent::Finished { .. }) {
                    ended.lock().expect("nobody panics with it").push(name.clone());
                }
            }
        }
    });
    futures::future::join_all(work).await;
    let ended = ended.lock().expect("nobody panics with it");
    let place = ended.iter().position(|name| name == "few").expect("it was served");
    assert!(ended.len() - place > 3, "{ended:?}");
}

#[tokio::test]
async fn an_adapter_changes_the_model_and_one_that_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let with = |path: &Path, scale| {
        let lora = Some(LoraAdapter { path: path.to_owned(), scale });
        try_load(&loaded_as(LoadOptions { lora, ..LoadOptions::of_context(256) }))
    };
    std::fs::write(path("fits.gguf"), adapter("llama", "lora", 576)).expect("a file");
    let prompt = || text("Once upon a time there was a", 12);
    let plain = generate(&*load(&of_context(256)), prompt()).await.text;
    let changed = with(&path("fits.gguf"), 1.0).expect("it fits");
    assert_ne!(generate(&*changed, prompt()).await.text, plain);
    let weak = with(&path("fits.gguf"), 0.0).expect("it fits");
    assert_eq!(generate(&*weak, prompt()).await.text, plain);
    assert_ne!(weak.info().fingerprint, changed.info().fingerprint);

    std::fs::write(path("other.gguf"), adapter("qwen2", "lora", 576)).expect("a file");
    std::fs::write(path("wide.gguf"), adapter("llama", "lora", 640)).expect("a file");
    std::fs::write(path("vector.gguf"), adapter("llama", "control", 576)).expect("a file");
    std::fs::write(path("text.gguf"), "no adapter").expect("a file");
    for (file, words) in [
        (path("missing.gguf"), "is not a file"),
        (path("text.gguf"), "cannot be read"),
        (path("vector.gguf"), "is not a LoRA adapter"),
        (stored().0, "is not a LoRA adapter"),
        (path("other.gguf"), "`qwen2`"),
        (path("wide.gguf"), "does not fit the model"),
    ] {
        let error = with(&file, 1.0).err().expect("it cannot be used");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let told = error.to_string();
        assert!(told.contains(words) && told.contains(&file.display().to_string()), "{told}");
    }
}

#[tokio::test]
async fn layers_for_a_processor_that_is_not_there_change_nothing() {
    let request = || chat(&[(ChatRole::User, ROME.to_owned())], 12);
    let expected = generate(&*load(&of_context(256)), request()).await.text;
    for gpu_layers in [GpuLayers::Max, GpuLayers::Off, GpuLayers::Count(3), GpuLayers::Share(0.5)] {
        let wanted = Some(gpu_layers);
        let wanted = LoadOptions { gpu_layers: wanted, ..LoadOptions::of_context(256) };
        let generator = load(&loaded_as(wanted));
        assert_eq!(generate(&*generator, request()).await.text, expected, "{gpu_layers}");
    }
}

/// Writes an adapter that changes the queries of one layer, for a model whose rows have so many numbers.
fn adapter(architecture: &str, kind: &str, width: u64) -> Vec<u8> {
    const RANK: u64 = 4;
    const ALIGNMENT: usize = 32;
    let put_text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    let mut file = b"GGUF".to_vec();
    file.extend(3_u32.to_le_bytes());
    file.extend(2_u64.to_le_bytes());
    file.extend(4_u64.to_le_bytes());
    let texts = [
        ("general.architecture", architecture),
        ("general.type", "adapter"),
        ("adapter.type", kind),
    ];
    for (key, value) in texts {
        put_text(&mut file, key);
        file.extend(8_u32.to_le_bytes());
        put_text(&mut file, value);
    }
    put_text(&mut file, "adapter.lora.alpha");
    file.extend(6_u32.to_le_bytes());
    file.extend((RANK as f32).to_le_bytes());
    let mut weights = Vec::new();
    for (name, shape) in [("a", [width, RANK]), ("b", [RANK, width])] {
        put_text(&mut file, &format!("blk.15.attn_q.weight.lora_{name}"));
        file.extend(2_u32.to_le_bytes());
        for side in &shape {
            file.extend(side.to_le_bytes());
        }
        file.extend(0_u32.to_le_bytes());
        file.extend((weights.len() as u64).to_le_bytes());
        for place in 0..width * RANK {
            let number = ((place * 37 + 11) % 64) as f32 / 32.0 - 1.0;
            weights.extend(number.to_le_bytes());
        }
        weights.resize(weights.len().next_multiple_of(ALIGNMENT), 0);
    }
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
    file.extend(weights);
    file
}
