//! Files of models that were made to harm: the server refuses them, says what is wrong and what to do, and stays up.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Server, run};

/// Numbers of GGUF's types.
const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const TEXT: u32 = 8;
const LIST: u32 = 9;

/// A GGUF file as it is put together, with counts that are what they should be unless they are said to be others.
#[derive(Clone, Default)]
struct Gguf {
    entries: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    entry_count: Option<u64>,
    tensor_count: Option<u64>,
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn list(kind: u32, items: &[Vec<u8>]) -> Vec<u8> {
    let count = (items.len() as u64).to_le_bytes();
    [&kind.to_le_bytes()[..], &count, &items.concat()].concat()
}

impl Gguf {
    /// Begins a network that llama.cpp knows, as far as its first weights.
    fn llama() -> Self {
        let number = |file: Self, (key, number): (&str, u32)| {
            file.with(&format!("llama.{key}"), U32, number.to_le_bytes().to_vec())
        };
        let numbers = [
            ("context_length", 64),
            ("embedding_length", 64),
            ("feed_forward_length", 128),
            ("block_count", 1),
            ("attention.head_count", 2),
            ("attention.head_count_kv", 2),
        ];
        let file = Self::default().with("general.architecture", TEXT, text("llama"));
        let file = numbers.into_iter().fold(file, number);
        let epsilon = 1e-5_f32.to_le_bytes().to_vec();
        file.with("llama.attention.layer_norm_rms_epsilon", F32, epsilon)
    }

    /// Adds a vocabulary of words, with so many types of words.
    fn with_words(self, words: &[&str], types: usize) -> Self {
        let texts: Vec<_> = words.iter().map(|word| text(word)).collect();
        let scores: Vec<_> = words.iter().map(|_| 0_f32.to_le_bytes().to_vec()).collect();
        let types = vec![1_i32.to_le_bytes().to_vec(); types];
        self.with("tokenizer.ggml.model", TEXT, text("llama"))
            .with("tokenizer.ggml.tokens", LIST, list(TEXT, &texts))
            .with("tokenizer.ggml.scores", LIST, list(F32, &scores))
            .with("tokenizer.ggml.token_type", LIST, list(I32, &types))
    }

    fn with(mut self, key: &str, kind: u32, value: Vec<u8>) -> Self {
        self.entries.push([text(key), kind.to_le_bytes().to_vec(), value].concat());
        self
    }

    fn with_tensor(mut self, sides: [u64; 2], offset: u64) -> Self {
        let sides: Vec<u8> = sides.iter().flat_map(|side| side.to_le_bytes()).collect();
        let (count, kind) = (2_u32.to_le_bytes(), 0_u32.to_le_bytes());
        let places = [&count[..], &sides, &kind, &offset.to_le_bytes()].concat();
        self.tensors.push([text("token_embd.weight"), places].concat());
        self
    }

    fn write(self) -> Vec<u8> {
        let Self { entries, tensors, entry_count, tensor_count } = self;
        let counts = [
            tensor_count.unwrap_or(tensors.len() as u64),
            entry_count.unwrap_or(entries.len() as u64),
        ];
        let counts: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
        let head = [b"GGUF", &3_u32.to_le_bytes()[..], &counts].concat();
        [head, entries.concat(), tensors.concat(), vec![0; 256]].concat()
    }
}

/// Files, each with a word of what is wrong with it.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let whole = Gguf::llama().with_words(&["<unk>", "<s>", "</s>", "a", "b"], 5);
    let absurd = u64::MAX.to_le_bytes().to_vec();
    let cut = whole.clone().write();
    let most_words = u32::MAX.to_le_bytes().to_vec();
    let many_words = Gguf::llama().with("tokenizer.ggml.model", TEXT, text("no_vocab")).with(
        "llama.vocab_size",
        U32,
        most_words,
    );
    let number = Gguf::default().with("general.architecture", U32, 7_u32.to_le_bytes().to_vec());
    vec![
        (
            "tensors",
            Gguf { tensor_count: Some(u64::MAX), ..whole.clone() }.write(),
            "too many tensors",
        ),
        (
            "entries",
            Gguf { entry_count: Some(u64::MAX), ..whole.clone() }.write(),
            "too many entries",
        ),
        ("text", whole.clone().with("a", TEXT, absurd).write(), "text that is too long"),
        ("sides", whole.clone().with_tensor([u64::MAX, 2], 0).write(), "absurd size"),
        ("place", whole.clone().with_tensor([8, 2], 1 << 40).write(), "ends before its tensors"),
        ("cut", cut[..cut.len() / 2].to_vec(), "cut off"),
        (
            "lists",
            whole.clone().with("a", LIST, list(LIST, &[list(U32, &[])])).write(),
            "list of lists",
        ),
        ("number", number.write(), "wrong type"),
        ("types", Gguf::llama().with_words(&["<unk>", "<s>", "</s>", "a"], 2).write(), "toktypes"),
        (
            "twice",
            Gguf::llama().with_words(&["<unk>", "<s>", "</s>", "a", "a"], 5).write(),
            "did not survive",
        ),
        ("memory", many_words.write(), "bad_alloc"),
        ("empty", whole.write(), "llama.cpp cannot read it"),
    ]
}

fn put(models: &Path, name: &str, bytes: &[u8]) {
    let folder = models.join("hostile").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("model.gguf"), bytes).expect("a file");
}

async fn ask(server: &Server, model: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let message = json!([{"role": "user", "content": "Say hello."}]);
    let body = json!({"model": model, "messages": message, "max_tokens": 4});
    let asked = client.post(format!("{}/v1/chat/completions", server.url)).json(&body);
    let reply = asked.send().await.expect("the server answers");
    (reply.status().as_u16(), reply.json().await.expect("it is JSON"))
}

#[tokio::test]
async fn a_hostile_file_is_refused_and_the_server_goes_on() {
    let data = tempfile::tempdir().expect("a folder");
    let models = tempfile::tempdir().expect("a folder");
    let hostile = hostile();
    for (name, bytes, _) in &hostile {
        put(models.path(), name, bytes);
    }
    let known = std::env::var("QUIRE_TEST_MODELS").expect("it names the folder of models");
    let publisher = "HuggingFaceTB";
    symlink(Path::new(&known).join(publisher), models.path().join(publisher)).expect("a link");
    let server = Server::start_without_chat_model(data.path(), models.path());

    for (name, _, words) in &hostile {
        let model = format!("hostile/{name}");
        let (status, told) = ask(&server, &model).await;
        let message = told["error"]["message"].as_str().expect("a message");
        assert_eq!(status, 400, "{name}: {told}");
        assert!(message.contains(words), "{name}: {message}");
        assert!(message.contains(&format!("quire models pull {model}")), "{name}: {message}");
        assert!(message.contains("model.gguf"), "{name}: {message}");
        // It costs no second trial, and says the same.
        assert_eq!(ask(&server, &model).await.1["error"]["message"], message, "{name}");
    }
    let (status, told) = ask(&server, "smollm2-135m-instruct").await;
    assert_eq!(status, 200, "a good model answers after all that: {told}");
    let passed = fs::read(data.path().join("tried-models.json")).expect("what passed is kept");
    let passed: Value = serde_json::from_slice(&passed).expect("it is JSON");
    assert_eq!(passed["files"].as_object().map(serde_json::Map::len), Some(1), "{passed}");
    assert_eq!(server.stop(), Some(0));

    for name in ["twice", "cut"] {
        let arguments = ["models", "delete", &format!("hostile/{name}")].map(str::to_owned);
        let folder = ["--models".to_owned(), models.path().display().to_string()];
        let deleted = run(arguments.into_iter().chain(folder));
        assert!(deleted.status.success(), "{}", String::from_utf8_lossy(&deleted.stderr));
        assert!(!models.path().join("hostile").join(name).exists(), "{name}");
    }
}
