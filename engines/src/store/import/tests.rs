//! Folders of other programs.

use std::fs;

use quire_domain::ErrorKind;
use serde_json::json;

use super::*;
use crate::ModelStore;
use crate::store::tests::{gguf, id, projector, put};

fn names(store: &ModelStore) -> Vec<String> {
    store.list().expect("a list").into_iter().map(|model| model.id.to_string()).collect()
}

#[test]
fn a_folder_of_lm_studio_is_taken_in_by_links() {
    let (theirs, ours) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let there = theirs.path();
    put(there, "models/pub/One-GGUF/One-Q4_K_M.gguf", &gguf("llama"));
    put(there, "models/pub/One-GGUF/mmproj-One-F16.gguf", &projector(1));
    put(there, "models/pub/Two-GGUF/Two-Q4_0-00001-of-00002.gguf", &gguf("qwen2"));
    put(there, "models/pub/Two-GGUF/Two-Q4_0-00002-of-00002.gguf", &gguf("qwen2"));
    for (name, text) in [
        ("model.safetensors", "w"),
        ("config.json", "{}"),
        ("tokenizer.json", "{}"),
        ("1_Pooling/config.json", "{}"),
    ] {
        put(there, &format!("models/pub/Three/{name}"), text.as_bytes());
    }
    let imported = import(ours.path(), there, None).expect("they are models");
    assert_eq!(imported.len(), 3);
    let store = ModelStore::new(ours.path());
    assert_eq!(names(&store), ["pub/One-GGUF", "pub/Three", "pub/Two-GGUF"]);
    assert!(ours.path().join("pub/Three/1_Pooling/config.json").is_file());
    assert!(is_same(
        &there.join("models/pub/One-GGUF/One-Q4_K_M.gguf"),
        &ours.path().join("pub/One-GGUF/One-Q4_K_M.gguf")
    ));
    let one = store.get(&id("pub/One-GGUF")).expect("it is there");
    assert!(one.model.reads_images, "its projector came along");
    import(ours.path(), there, None).expect("a second time changes nothing");
    let two = store.get(&id("pub/Two-GGUF")).expect("it is there");
    assert_eq!(two.model.size_bytes, 2 * gguf("qwen2").len() as u64, "both parts count");
    for name in names(&store) {
        store.delete(&id(&name)).expect("the links go");
    }
    assert_eq!(fs::read_dir(ours.path()).expect("a folder").count(), 0);
    assert!(there.join("models/pub/Two-GGUF/Two-Q4_0-00002-of-00002.gguf").is_file());
}

#[test]
fn models_of_ollama_come_with_what_was_settled() {
    let (theirs, ours) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let hash = |c: char| c.to_string().repeat(64);
    let blob = |c: char, bytes: &[u8]| {
        put(theirs.path(), &format!("models/blobs/sha256-{}", hash(c)), bytes);
    };
    blob('a', &gguf("llama"));
    blob('b', br#"{"temperature": 0.6, "num_ctx": 4096, "stop": ["<|end|>"]}"#);
    blob('c', b"You are brief.\n");
    blob('d', &projector(1));
    let layer = |kind: &str, digest: String| json!({"mediaType": format!("application/vnd.ollama.image.{kind}"), "digest": digest});
    let good = json!({"layers": [
        layer("model", format!("sha256:{}", hash('a'))),
        layer("projector", format!("sha256:{}", hash('d'))),
        layer("params", format!("sha256:{}", hash('b'))),
        layer("system", format!("sha256:{}", hash('c'))),
    ]});
    let escapes = json!({"layers": [layer("model", "sha256:../../secret".to_owned())]});
    let manifests = "models/manifests/registry.ollama.ai";
    put(theirs.path(), &format!("{manifests}/library/llama3.2/1b"), good.to_string().as_bytes());
    put(theirs.path(), &format!("{manifests}/me/mine/latest"), good.to_string().as_bytes());
    put(theirs.path(), &format!("{manifests}/me/evil/latest"), escapes.to_string().as_bytes());
    let imported = import(ours.path(), theirs.path(), None).expect("they are models");
    let told: Vec<_> = imported.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(told, ["me/mine", "ollama/llama3.2-1b"]);
    let store = ModelStore::new(ours.path());
    let stored = store.get(&id("llama3.2-1b")).expect("by its short name");
    assert!(stored.model.reads_images, "its projector came along");
    let preset = stored.model.preset.expect("it was settled");
    assert_eq!(preset.system.as_deref(), Some("You are brief."));
    assert_eq!((preset.temperature, preset.load.context_tokens), (Some(0.6), Some(4096)));
}

#[test]
fn a_file_is_named_and_what_is_no_model_refused() {
    let (theirs, ours) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let there = theirs.path();
    put(there, "downloads/My model (1).gguf", &gguf("llama"));
    put(there, "downloads/cut.gguf", &gguf("llama")[..60]);
    let file = there.join("downloads/My model (1).gguf");
    let imported = import(ours.path(), &file, None).expect("it is a model");
    assert_eq!(imported[0].id, id("local/My-model--1-"));
    let alone = there.join("downloads/mmproj.gguf");
    put(there, "downloads/mmproj.gguf", &projector(1));
    let error = import(ours.path(), &alone, None).expect_err("it is no model").to_string();
    assert!(error.contains("projector"), "{error}");
    let named = id("me/model");
    let imported = import(ours.path(), &file, Some(&named)).expect("it is a model");
    assert_eq!(imported[0].id, named);
    assert_eq!(names(&ModelStore::new(ours.path())), ["local/My-model--1-", "me/model"]);
    let is_seen = |name: &ModelId| {
        ModelStore::new(ours.path()).get(name).expect("it is there").model.reads_images
    };
    assert!(!is_seen(&named), "among other files nothing tells whose the projector is");
    let error = import(ours.path(), &there.join("downloads/cut.gguf"), None).expect_err("cut");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("cut.gguf"), "{error}");
    let empty = tempfile::tempdir().expect("three");
    let error = import(ours.path(), empty.path(), None).expect_err("nothing there").to_string();
    assert!(error.contains("LM Studio or Ollama"), "{error}");
    let other = gguf("qwen2");
    put(there, "other/My model (1).gguf", &other);
    let other = there.join("other/My model (1).gguf");
    put(there, "other/mmproj.gguf", &projector(1));
    import(ours.path(), &other, Some(&id("me/other"))).expect("it is a model");
    assert!(is_seen(&id("me/other")), "alone in its folder");
    let error = import(ours.path(), &other, Some(&named)).expect_err("the name is taken");
    assert!(error.to_string().contains("another file"), "{error}");
}
