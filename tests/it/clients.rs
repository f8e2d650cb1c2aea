//! Other programs' libraries against the built server with the small test models: what lies in `tests/clients`.

use std::path::Path;
use std::process::Command;

use crate::harness::{Server, check_with_python};

#[test]
fn langchain_works() {
    check_with_python(include_str!("../clients/python/with_langchain.py"));
}

#[test]
fn litellm_works() {
    check_with_python(include_str!("../clients/python/with_litellm.py"));
}

#[test]
fn llama_index_works() {
    check_with_python(include_str!("../clients/python/with_llama_index.py"));
}

#[test]
fn javascript_libraries_work() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node");
    assert!(folder.join("node_modules").is_dir(), "`cargo xtask test` gets the libraries first");
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_with_note(data.path());
    let output = Command::new("npm")
        .args(["test", "--silent"])
        .current_dir(folder)
        .env("QUIRE_SERVER", &server.url)
        .output()
        .expect("npm starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("fail 0") && !said.contains("pass 0"), "none was left out:\n{said}");
}
