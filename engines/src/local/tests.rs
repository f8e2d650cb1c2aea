//! The runtime without models: what is said about those that are not there.

use quire_domain::ErrorKind;

use super::*;

fn runtime() -> (tempfile::TempDir, LocalRuntime) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = ModelStore::new(folder.path());
    (folder, LocalRuntime::new(store, RuntimeOptions::default()))
}

#[tokio::test]
async fn a_missing_model_names_the_command_to_get_it() {
    let (_folder, runtime) = runtime();
    let name: ModelId = "qwen2.5-coder-1.5b-instruct".parse().expect("a valid name");
    let Err(error) = runtime.get_generator(&name).await else { panic!("it is not there") };
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("quire models pull qwen2.5-coder-1.5b-instruct"), "{error}");
    let Err(error) = runtime.get_embedder(&name).await else { panic!("it is not there") };
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(runtime.list_models().await.expect("an empty list").is_empty());
}
