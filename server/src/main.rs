//! The `quire` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    quire_server::cli::main()
}
