//! What llama.cpp computes with: a library for a kind of processor, chosen by a test in a process of its own.

use std::path::PathBuf;

/// The command that tests a library of kernels, whose path is added to the arguments.
///
/// It loads that library and nothing else, and prints what `llama::test_kernels` gives as JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SelfTest {
    /// The program.
    pub program: PathBuf,
    /// What it is called with, before the path.
    pub arguments: Vec<String>,
}

/// Which library is used, and why no better one is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kernels {
    /// The kind of processor that it was built for.
    pub name: String,
    /// Those that would be better, and what is wrong with them.
    pub refused: Vec<RefusedKernels>,
}

/// A library that is not used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedKernels {
    /// The kind of processor that it was built for.
    pub name: String,
    /// Why it is not used.
    pub reason: String,
}

/// A device that models can be computed with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Device {
    /// Its name, such as `CUDA0`.
    pub name: String,
    /// What it is, such as the name that its maker gave it.
    pub description: String,
    /// What drives it, such as `CUDA` or `CPU`.
    pub backend: String,
    /// Whether it is a graphics processor, which layers of a model go to.
    pub is_graphics: bool,
    /// What it has free of memory.
    pub free_bytes: u64,
    /// What it has of memory.
    pub total_bytes: u64,
}
