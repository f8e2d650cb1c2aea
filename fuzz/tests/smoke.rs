//! Every target on its seeds and on some bytes like them: the part of fuzzing that every run of the tests does.
//!
//! It is bounded by inputs and not by time, so that it tries the same on every machine.

use quire_fuzz::{TARGETS, Target};

/// How many inputs each target gets.
const INPUTS: u64 = 300;

#[test]
fn every_target_keeps_its_promises() {
    let found: Vec<String> = TARGETS.iter().flat_map(findings).collect();
    assert!(found.is_empty(), "promises were broken:\n{}", found.join("\n"));
}

fn findings(target: &Target) -> Vec<String> {
    let tried = (0..INPUTS).map(|number| (number, target.try_bytes(&target.input(number))));
    let broken = tried.filter_map(|(number, result)| Some((number, result.err()?)));
    broken.map(|(number, broken)| format!("{} {number}: {broken}", target.name)).collect()
}

#[test]
fn targets_take_nothing_at_all_and_have_seeds() {
    for target in TARGETS {
        assert_eq!(target.try_bytes(b""), Ok(()), "{}", target.name);
        assert!(!target.seeds().is_empty(), "{} has no seeds", target.name);
    }
}
