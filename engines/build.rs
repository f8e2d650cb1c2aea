//! Tells where the libraries of llama.cpp were built: to this crate, and to the build script of the server.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DEP_LLAMA_BACKENDS_DIR");
    // Only with the feature `llama`, and only where its libraries are apart.
    let Some(kernels) = std::env::var_os("DEP_LLAMA_BACKENDS_DIR").map(PathBuf::from) else {
        return;
    };
    println!("cargo::rustc-env=QUIRE_KERNELS={}", kernels.display());
    println!("cargo::metadata=kernels={}", kernels.display());
}
