//! Fuzzing: builds the targets of `fuzz` with the compiler at hand, and runs them under libFuzzer or,
//! with `--inputs`, on inputs that are made up without it.
//!
//! `cargo fuzz` needs a nightly compiler for the sanitizers. The coverage that libFuzzer steers by
//! is a pass that the stable one has as well, so these are built without sanitizers: what is looked
//! for are panics, broken promises, hangs and memory without end, and the code has no `unsafe`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::paths::{target, workspace};
use crate::step::{cargo, command, output, run, step};

/// How the compiler counts which branches are taken, as `cargo fuzz` asks for it.
const COVERAGE: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// The longest input; what is longer says nothing new of these formats.
const LONGEST: &str = "-max_len=4096";
/// How long a target runs unless told otherwise.
const SECONDS: u64 = 60;

/// What is asked for.
struct Request {
    /// All if empty.
    names: Vec<String>,
    seconds: u64,
    /// How many inputs each target gets, if libFuzzer is not to look for them.
    inputs: Option<u64>,
}

/// Fuzzes all targets, or those that are named.
pub fn fuzz(arguments: &[String]) -> Result<()> {
    let request = read(arguments)?;
    match request.inputs {
        Some(inputs) => try_inputs(&request.names, inputs),
        None => search(request),
    }
}

fn read(arguments: &[String]) -> Result<Request> {
    let mut request = Request { names: Vec::new(), seconds: SECONDS, inputs: None };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || {
            let number = rest.next().and_then(|number| number.parse().ok());
            number.with_context(|| format!("`{argument}` takes a whole number"))
        };
        match argument.as_str() {
            "--seconds" => request.seconds = number()?,
            "--inputs" => request.inputs = Some(number()?),
            name => request.names.push(name.to_owned()),
        }
    }
    Ok(request)
}

/// Tries inputs that are made up without looking at what they reach: an ordinary build does.
fn try_inputs(names: &[String], inputs: u64) -> Result<()> {
    let mut program = cargo(&["run", "--release", "--package", "quire-fuzz", "--"]);
    run(program.args(names).args(["--inputs", &inputs.to_string()]))
}

/// Has libFuzzer look for inputs that reach new code.
fn search(request: Request) -> Result<()> {
    build()?;
    let seeds = folder().join("seeds");
    run(command(program()?, &[]).env("QUIRE_FUZZ_SEEDS", &seeds))?;
    let known = targets(&seeds)?;
    if let Some(name) = request.names.iter().find(|name| !known.contains(name)) {
        bail!("there is no target `{name}`; there are {}", known.join(", "));
    }
    let chosen = if request.names.is_empty() { known } else { request.names };
    let mut failed = Vec::new();
    for name in chosen {
        if let Err(error) = step(&format!("fuzzing {name}"), || run_target(&name, request.seconds))
        {
            println!("{error:#}");
            failed.push(name);
        }
    }
    ensure!(failed.is_empty(), "these targets found something: {}", failed.join(", "));
    Ok(())
}

/// Names the targets: each has a folder of seeds.
fn targets(seeds: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(seeds).with_context(|| format!("`{}`", seeds.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Builds the runner, which has all targets.
fn build() -> Result<()> {
    let host = host()?;
    let mut flags: Vec<&str> = COVERAGE.to_vec();
    if host.starts_with("x86_64") {
        flags.push("-Ctarget-cpu=x86-64-v3");
    }
    let manifest = workspace().join("fuzz").join("runner").join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    // Naming the machine keeps the flags from build scripts and macros, which cannot be linked so.
    let mut build = cargo(&["build", "--release", "--manifest-path", &manifest, "--target", &host]);
    run(build.env("RUSTFLAGS", flags.join(" ")).env("CARGO_TARGET_DIR", folder()))
}

/// Runs a target. What it finds is kept, with what it has grown its corpus to.
fn run_target(name: &str, seconds: u64) -> Result<()> {
    let [corpus, found] = ["corpus", "found"].map(|kind| folder().join(kind).join(name));
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder)?;
    }
    let mut fuzzer = command(program()?, &["-timeout=60", "-rss_limit_mb=2048", LONGEST]);
    fuzzer.arg(format!("-max_total_time={seconds}"));
    fuzzer.arg(format!("-artifact_prefix={}/", found.display()));
    fuzzer.args([&corpus, &folder().join("seeds").join(name)]);
    run(fuzzer.env("QUIRE_FUZZ_TARGET", name)).with_context(|| {
        format!(
            "the input is kept in `{}`; run `QUIRE_FUZZ_TARGET={name} {} INPUT` to see it again",
            found.display(),
            fuzzer.get_program().to_string_lossy()
        )
    })
}

/// Gives the folder of what is built here and found: apart from all else, for the flags differ.
fn folder() -> PathBuf {
    target().join("fuzz")
}

fn program() -> Result<PathBuf> {
    Ok(folder().join(host()?).join("release").join("quire-fuzz-runner"))
}

/// Names the machine that the compiler compiles for.
fn host() -> Result<String> {
    let told = output(&mut command("rustc", &["--version", "--verbose"]))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not name its host")
}
