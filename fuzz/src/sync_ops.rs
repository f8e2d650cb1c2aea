//! Sync: what clients send, read as the server reads it, and the rules both sides keep.

use std::collections::BTreeMap;

use quire_domain::sync::{
    BatchOp, CommitRequest, DeleteGuard, FileHash, PlanRequest, SourcePath, SourceRequest, Stamp,
    clamp_ts, tree_digests,
};
use quire_folder_sync::{DeleteLimit, RuleSet, sha256};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const NOW_MS: i64 = 1_790_000_000_000;

pub(crate) fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(limit) = text.parse::<DeleteLimit>()
    {
        assert!(limit.allows(DeleteGuard::new(0, 10), false), "nothing may always be deleted");
    }
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    for op in value.get("ops").and_then(Value::as_array).into_iter().flatten() {
        round_trip::<BatchOp>(op);
    }
    round_trip::<BatchOp>(&value);
    round_trip::<CommitRequest>(&value);
    if let Some(source) = round_trip::<SourceRequest>(&value)
        && let Some(rules) = &source.rules
        && let Ok(rules) = RuleSet::new(rules, 1000)
        && let Ok(path) = source.name.parse()
    {
        rules.leaves_out(&path, 1);
    }
    if let Some(plan) = round_trip::<PlanRequest>(&value) {
        check_plan(&plan);
    }
}

/// Reads JSON; what was read is written as something that reads the same.
fn round_trip<T: DeserializeOwned + PartialEq + Serialize + std::fmt::Debug>(
    value: &Value,
) -> Option<T> {
    let read: T = serde_json::from_value(value.clone()).ok()?;
    let written = serde_json::to_value(&read).expect("what was read can be written");
    let again: T = serde_json::from_value(written).expect("what was written can be read");
    assert_eq!(read, again);
    Some(read)
}

/// A digest does not depend on the order of files, and changes with each of them; times of writes
/// stay in their bounds, and their order is total.
fn check_plan(plan: &PlanRequest) {
    let mut files: BTreeMap<SourcePath, FileHash> = BTreeMap::new();
    let mut stamps = Vec::new();
    for file in &plan.files {
        let (Ok(path), Some(hash)) = (file.path.parse::<SourcePath>(), &file.hash) else {
            continue;
        };
        let ts_ms = clamp_ts(file.mtime_ms, NOW_MS);
        assert_eq!(clamp_ts(ts_ms, NOW_MS), ts_ms);
        stamps.push(Stamp::put(ts_ms, hash.clone()));
        stamps.push(Stamp::delete(ts_ms));
        files.insert(path, hash.clone());
    }
    stamps.sort();
    for pair in stamps.windows(2) {
        assert!(pair[0] <= pair[1] && (pair[0] == pair[1]) != (pair[0] < pair[1]), "{pair:?}");
    }
    let whole = tree_digests(&files, sha256);
    assert_eq!(whole, tree_digests(files.iter().rev(), sha256), "the order of files counts");
    if let Some(first) = files.keys().next().cloned() {
        files.remove(&first);
        assert_ne!(whole.root, tree_digests(&files, sha256).root, "`{first}` does not count");
    }
}

#[cfg(test)]
mod tests {
    use quire_domain::sync::BatchRequest;

    use super::*;

    /// A seed that is not read as what it stands for would leave most of the promises untried.
    #[test]
    fn seeds_are_requests() {
        let seeds = crate::seeds::sync_ops();
        let [plan, ops, commit, source, limit] = seeds.as_slice() else { panic!("other seeds") };
        let json = |seed: &[u8]| serde_json::from_slice::<Value>(seed).expect("JSON");
        let plan = round_trip::<PlanRequest>(&json(plan)).expect("a plan");
        assert!(plan.files.iter().filter(|file| file.hash.is_some()).count() > 1);
        assert!(round_trip::<BatchRequest>(&json(ops)).is_some_and(|batch| batch.ops.len() == 4));
        assert!(round_trip::<CommitRequest>(&json(commit)).is_some());
        let source = round_trip::<SourceRequest>(&json(source)).expect("a source");
        assert!(source.rules.is_some_and(|rules| RuleSet::new(&rules, 1).is_ok()));
        assert!(str::from_utf8(limit).is_ok_and(|limit| limit.parse::<DeleteLimit>().is_ok()));
    }
}
