//! One target under libFuzzer: `QUIRE_FUZZ_TARGET` names it, the arguments are libFuzzer's.
//!
//! `cargo xtask fuzz` builds and starts it. One program has all targets, for it is linked once. Given
//! `QUIRE_FUZZ_SEEDS`, a folder, it writes their seeds there instead.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quire_fuzz::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("QUIRE_FUZZ_TARGET").expect("`QUIRE_FUZZ_TARGET` names a target");
    let target = TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("there is no target `{name}`"))
});

fuzz_target!(init: write_seeds(), |data: &[u8]| {
    // libFuzzer keeps an input if the process aborts.
    if let Err(broken) = TARGET.try_bytes(data) {
        eprintln!("{broken}");
        std::process::abort();
    }
});

fn write_seeds() {
    if let Some(folder) = std::env::var_os("QUIRE_FUZZ_SEEDS") {
        let written = quire_fuzz::write_seeds(folder.as_ref());
        written.expect("the folder of seeds can be written");
        std::process::exit(0);
    }
}
