//! Trials by programs that end in every way.

use std::fs;

use super::*;

/// Says how often it was started in a file beside the one that it tries.
fn trial(folder: &Path, script: &str) -> Trial {
    let script = format!("echo x >> \"$1.trials\"; {script}");
    Trial {
        program: "/bin/sh".into(),
        arguments: ["-c", &script, "trial"].map(str::to_owned).to_vec(),
        passed: Some(folder.join("passed.json")),
    }
}

fn trials(file: &Path) -> usize {
    let counted = fs::read_to_string(format!("{}.trials", file.display())).unwrap_or_default();
    counted.lines().count()
}

/// Tries a new file twice; gives what was said, and how often it was tried.
fn twice(script: &str) -> (Result<(), String>, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.gguf");
    fs::write(&file, "weights").expect("a file");
    let trial = trial(folder.path(), script);
    let first = check_file(&trial, &file, None);
    assert_eq!(check_file(&trial, &file, None), first, "{script}");
    (first, trials(&file))
}

#[test]
fn each_file_is_tried_once() {
    assert_eq!(twice("exit 0"), (Ok(()), 1));
    assert_eq!(twice("echo 'it has no words'; exit 1"), (Err("it has no words".to_owned()), 1));
}

#[test]
fn what_ends_a_process_is_told_with_its_last_words() {
    let assertion = "/src/vocab.cpp:12: ASSERT(a / b) failed";
    let (told, count) = twice(&format!("echo '{assertion}' >&2; kill -ABRT $$"));
    let told = told.expect_err("it was stopped");
    assert!(told.contains("signal 6 (vocab.cpp:12: ASSERT(a / b) failed)"), "{told}");
    assert_eq!(count, 1);
}

#[test]
fn what_somebody_killed_is_tried_again() {
    let (told, count) = twice("kill -KILL $$");
    assert!(told.expect_err("it was killed").contains("signal 9"));
    assert_eq!(count, 2);
}

#[test]
fn a_file_is_tried_again_when_it_changes_and_remembered_by_the_next_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.gguf");
    fs::write(&file, "weights").expect("a file");
    let trial = trial(folder.path(), "exit 0");
    assert_eq!((check_file(&trial, &file, None), trials(&file)), (Ok(()), 1));
    let stamps = [Stamp::of(&file).expect("it is there")];
    let other = "of another process";
    assert_eq!(known::find(&trial, other, &stamps), None);
    let kept = fs::read_to_string(folder.path().join("passed.json")).expect("it is kept");
    let name = name(&file, None);
    fs::write(folder.path().join("passed.json"), kept.replace(&name, other)).expect("a file");
    assert_eq!(known::find(&trial, other, &stamps), Some(Ok(())));
    fs::write(&file, "other weights").expect("a file");
    assert_eq!((check_file(&trial, &file, None), trials(&file)), (Ok(()), 2));
    let adapter = folder.path().join("adapter.gguf");
    fs::write(&adapter, "a little").expect("a file");
    assert_eq!((check_file(&trial, &file, Some(&adapter)), trials(&file)), (Ok(()), 3));
}

#[test]
fn a_program_that_is_not_there_refuses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.gguf");
    fs::write(&file, "weights").expect("a file");
    let trial = Trial { program: "/nowhere/quire".into(), arguments: Vec::new(), passed: None };
    assert_eq!(check_file(&trial, &file, None), Ok(()));
}
