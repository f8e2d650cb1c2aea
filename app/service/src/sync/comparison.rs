//! The comparison of a vault's manifest with a source's register: what each side lacks.

use std::collections::{BTreeMap, HashMap, HashSet};

use quire_catalog::{PlanRecord, SourceRecord};
use quire_domain::sync::{
    FileEntry, FileHash, FileStatus, Missing, PlanFile, PlannedMove, PlannedUpload, ServerVersion,
    SkipReason, Skipped, SourcePath, Stamp, Superseded, UploadReason, clamp_ts,
};
use quire_folder_sync::RuleSet;

/// What came of a comparison.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub unchanged: u64,
    pub hash_wanted: Vec<SourcePath>,
    pub upload: Vec<(PlannedUpload, PlanFile)>,
    /// Files of which only the time changed.
    pub touch: Vec<(SourcePath, FileHash, PlanFile)>,
    /// Renames, with the time of change that the file has.
    pub moves: Vec<(PlannedMove, i64)>,
    pub missing: Vec<Missing>,
    pub superseded: Vec<Superseded>,
    pub skipped: Vec<Skipped>,
    /// Files of the plan's scope that the server has.
    pub held: u64,
}

/// Compares the files of a plan with everything that is known of the source.
pub(super) fn compare(
    source: &SourceRecord,
    rules: &RuleSet,
    plan: &PlanRecord,
    register: Vec<FileEntry>,
    now_ms: i64,
) -> Comparison {
    let mut comparison = Comparison::default();
    let register: BTreeMap<SourcePath, FileEntry> =
        register.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
    let folds_case = source.devices.iter().any(quire_domain::sync::Device::folds_case);
    let manifest = read_manifest(rules, plan, &register, folds_case, &mut comparison.skipped);
    let in_scope = |entry: &&FileEntry| entry.is_live() && plan.plan.scope.contains(&entry.path);
    comparison.held = register.values().filter(in_scope).count() as u64;
    // What came after the plan was begun is news to its manifest, not missing from it.
    let mut missing: BTreeMap<&SourcePath, &FileEntry> = register
        .values()
        .filter(in_scope)
        .filter(|entry| plan.plan.is_complete && entry.seq <= plan.seq)
        .filter(|entry| !manifest.contains_key(&entry.path))
        .map(|entry| (&entry.path, entry))
        .collect();
    for (path, file) in manifest {
        let entry = register.get(&path);
        judge(plan, path, file, entry, now_ms, &mut comparison);
    }
    find_moves(&mut missing, &mut comparison);
    let missing = missing.into_values().filter_map(|entry| {
        let indexed = entry.status == Some(FileStatus::Indexed);
        Some(Missing { path: entry.path.clone(), hash: entry.hash.clone()?, indexed })
    });
    comparison.missing = missing.collect();
    comparison
}

/// Reads the rows of a manifest; those that are not mirrored are noted with the reason.
fn read_manifest(
    rules: &RuleSet,
    plan: &PlanRecord,
    register: &BTreeMap<SourcePath, FileEntry>,
    folds_case: bool,
    skipped: &mut Vec<Skipped>,
) -> BTreeMap<SourcePath, PlanFile> {
    let mut manifest: BTreeMap<SourcePath, PlanFile> = BTreeMap::new();
    for file in &plan.files {
        let why = match file.path.parse::<SourcePath>() {
            Err(_) => Some(SkipReason::InvalidPath),
            Ok(path) if manifest.contains_key(&path) => Some(SkipReason::DuplicatePath),
            Ok(path) if !plan.plan.scope.contains(&path) => Some(SkipReason::OutOfScope),
            Ok(path) => {
                let why = rules.leaves_out(&path, file.size_bytes);
                if why.is_none() {
                    manifest.insert(path, file.clone());
                }
                why
            }
        };
        skipped.extend(why.map(|why| Skipped { path: file.path.clone(), why }));
    }
    if folds_case {
        let is_held = |path: &SourcePath| register.get(path).is_some_and(FileEntry::is_live);
        let mut first: HashMap<String, SourcePath> = HashMap::new();
        // A file that the server has keeps its name; else the first by path does.
        for path in manifest.keys().filter(|path| is_held(path)) {
            first.entry(path.case_key()).or_insert_with(|| path.clone());
        }
        for path in manifest.keys() {
            first.entry(path.case_key()).or_insert_with(|| path.clone());
        }
        manifest.retain(|path, file| {
            let stays = first.get(&path.case_key()) == Some(path) || is_held(path);
            if !stays {
                let path = file.path.clone();
                skipped.push(Skipped { path, why: SkipReason::CaseCollision });
            }
            stays
        });
    }
    manifest
}

/// Sorts one file of the manifest by what the server has of it.
fn judge(
    plan: &PlanRecord,
    path: SourcePath,
    file: PlanFile,
    entry: Option<&FileEntry>,
    now_ms: i64,
    comparison: &mut Comparison,
) {
    let ts_ms = clamp_ts(file.mtime_ms, now_ms);
    let mut wanted = |path, why, file, if_match, if_none_match: Option<&str>| {
        let if_none_match = if_none_match.map(str::to_owned);
        comparison.upload.push((PlannedUpload { path, why, if_match, if_none_match }, file));
    };
    let Some(entry) = entry else {
        wanted(path, UploadReason::New, file, None, None);
        return;
    };
    if !entry.is_live() {
        // A put stands over a deletion of the same time.
        if ts_ms >= entry.ts_ms {
            wanted(path, UploadReason::New, file, None, None);
        } else if is_restored(plan, entry) {
            wanted(path, UploadReason::Restored, file, None, Some("*"));
        } else {
            comparison.superseded.push(superseded(path, entry));
        }
        return;
    }
    match &file.hash {
        _ if !entry.is_whole() => wanted(path, UploadReason::Lost, file, None, None),
        None if file.size_bytes == entry.size_bytes && file.mtime_ms == entry.mtime_ms => {
            comparison.unchanged += 1;
        }
        None => comparison.hash_wanted.push(path),
        Some(hash) if entry.hash.as_ref() == Some(hash) && ts_ms > entry.ts_ms => {
            comparison.touch.push((path, hash.clone(), file));
        }
        Some(hash) if entry.hash.as_ref() == Some(hash) => comparison.unchanged += 1,
        Some(hash) if Stamp::put(ts_ms, hash.clone()) > entry.stamp() => {
            wanted(path, UploadReason::Changed, file, None, None);
        }
        Some(_) if is_restored(plan, entry) => {
            wanted(path, UploadReason::Restored, file, entry.hash.clone(), None);
        }
        Some(_) => comparison.superseded.push(superseded(path, entry)),
    }
}

/// Returns whether the device of a plan itself made the server's later entry, and has had another file
/// there since: then its vault went back, and it is not behind.
fn is_restored(plan: &PlanRecord, entry: &FileEntry) -> bool {
    let same_device = plan.plan.device.is_some() && plan.plan.device == entry.device;
    same_device && plan.plan.planned_at_ms > entry.ts_ms && entry.seq <= plan.seq
}

fn superseded(path: SourcePath, entry: &FileEntry) -> Superseded {
    let hash = entry.hash.clone().filter(|_| entry.is_live());
    let server = ServerVersion { hash, mtime_ms: entry.mtime_ms, device: entry.device.clone() };
    Superseded { path, server }
}

/// Finds files that are missing at one path and new with the same bytes at another.
fn find_moves(missing: &mut BTreeMap<&SourcePath, &FileEntry>, comparison: &mut Comparison) {
    let mut leaving: HashMap<&FileHash, Vec<&FileEntry>> = HashMap::new();
    let mut sizes: HashSet<u64> = HashSet::new();
    for entry in missing.values().copied().filter(|entry| entry.is_whole()) {
        if let Some(hash) = &entry.hash {
            leaving.entry(hash).or_default().push(entry);
            sizes.insert(entry.size_bytes);
        }
    }
    for (upload, file) in std::mem::take(&mut comparison.upload) {
        let arrives = upload.why == UploadReason::New || upload.if_none_match.is_some();
        match &file.hash {
            // It may be a file that was renamed; its hash would tell.
            None if arrives && sizes.contains(&file.size_bytes) => {
                comparison.hash_wanted.push(upload.path);
            }
            Some(hash) if arrives => {
                match leaving.get_mut(hash).and_then(|entries| take_alike(entries, &upload.path)) {
                    Some(entry) => {
                        missing.remove(&entry.path);
                        let (from, to) = (entry.path.clone(), upload.path);
                        let planned = PlannedMove { from, to, hash: hash.clone() };
                        comparison.moves.push((planned, file.mtime_ms));
                    }
                    None => comparison.upload.push((upload, file)),
                }
            }
            _ => comparison.upload.push((upload, file)),
        }
    }
}

/// Takes the entry that a file most likely was: one with its name, else one with its ending.
fn take_alike<'a>(entries: &mut Vec<&'a FileEntry>, path: &SourcePath) -> Option<&'a FileEntry> {
    let name = |path: &SourcePath| path.as_str().rsplit('/').next().map(str::to_owned);
    let same_name = entries.iter().position(|entry| name(&entry.path) == name(path));
    let same_ending =
        || entries.iter().position(|entry| entry.path.extension() == path.extension());
    same_name.or_else(same_ending).map(|place| entries.remove(place))
}

#[cfg(test)]
mod tests;
