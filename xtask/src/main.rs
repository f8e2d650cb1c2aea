//! Everything around the code: setting up, building the web app and the server, getting models,
//! running, testing. Called as `cargo xtask`.

#![expect(clippy::print_stdout, reason = "a task tells its steps on the terminal")]

mod paths;
mod step;

mod setup;
mod wasm_toolchain;

mod web;

mod clients;
mod npm;
mod obsidian;

mod build;
mod install;
mod models;

mod run;

mod fuzz;

mod compare_reading;
mod soak;

mod test;
mod test_count;

mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Builds, runs and tests Quire.

Usage: cargo xtask <TASK> [ARGUMENTS]

Tasks:
  run [-- ARGUMENTS]   Sets up, builds, gets the starter models and serves at http://127.0.0.1:1234;
                       ARGUMENTS go to `quire serve` (see `cargo xtask run -- --help`)
  build                Sets up and builds the web app and the server: target/release/quire
  install [--to FOLDER]
                       Builds everything and copies it to FOLDER/bin and FOLDER/lib (~/.local unless
                       told otherwise)
  test                 Everything that CI runs
  fuzz [TARGET...] [--seconds N | --inputs N]
                       Runs the fuzzers: under libFuzzer, each for N seconds (60 unless told
                       otherwise), or on N inputs each that an ordinary build makes up
  compare-reading FOLDER... [--pdfium PYTHON]
                       Compares what the built program reads of PDF files with poppler's pdftotext and
                       with pdfium, if a Python has pypdfium2, and names files and pages that differ
  soak [--minutes N]   Lets clients of all protocols ask the built server for N minutes (10 unless told otherwise), and
                       fails if one is refused but by 429, or if memory grows
  setup                Installs what building needs; without root, prints the command that does
  web                  Builds the web app alone
  obsidian             Builds the plugin for Obsidian: target/obsidian
  models               Gets the starter models
  tidy                 Checks the rules on dependencies and files
  help                 Shows this

Environment:
  CARGO_TARGET_DIR     Where everything is built; default ./target
  QUIRE_TEST_MODELS    Where the models of tests are kept; default ~/.cache/quire/models
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\ncargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let (task, rest) =
        arguments.split_first().map_or(("help", &[][..]), |(task, rest)| (task.as_str(), rest));
    let wants_help = rest.first().is_some_and(|first| first == "--help" || first == "-h");
    if wants_help || matches!(task, "help" | "--help" | "-h") {
        println!("{HELP}");
        return Ok(());
    }
    // `cargo xtask run -- --help`: what follows the dashes is for the program.
    let passed_on = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest);
    match task {
        "run" => run::run(passed_on),
        "build" => build::build(),
        "install" => install::install(passed_on),
        "test" => test::test(),
        "setup" => setup::set_up(setup::FOR_BUILDING),
        "fuzz" => fuzz::fuzz(passed_on),
        "compare-reading" => compare_reading::compare(passed_on),
        "soak" => soak::soak(passed_on),
        "web" => web::build(),
        "obsidian" => obsidian::build(),
        "models" => models::pull_starters(passed_on),
        "tidy" => tidy::check(),
        other => bail!("there is no task `{other}`; `cargo xtask help` lists them"),
    }
}
