//! What an index is made with, and when one is worth keeping.

use quire_catalog::{IndexRecord, IndexRole, NewIndexRecord, Outgoing};
use quire_domain::{Language, ModelId};
use quire_language::ANALYZER_VERSION;

/// Describes a new index, with a name that no other has.
pub(crate) fn new_index(embedding_model: ModelId, language: Language) -> NewIndexRecord {
    NewIndexRecord {
        id: format!("c_{}", uuid::Uuid::now_v7().simple()),
        embedding_model,
        language,
        analyzer_version: ANALYZER_VERSION,
    }
}

/// Tells if an index is worth keeping when another takes its place: not one with old terms, nor
/// one that only lacked a language, for both would be made anew.
pub(crate) fn outgoing(indexes: &[IndexRecord], next_id: &str) -> Outgoing {
    let next = indexes.iter().find(|one| one.index.id == next_id);
    let active = next.and_then(|next| {
        let of_same = |one: &&IndexRecord| one.collection == next.collection;
        indexes.iter().filter(of_same).find(|one| one.role == IndexRole::Active)
    });
    let (Some(next), Some(active)) = (next, active) else { return Outgoing::Removed };
    let IndexRecord { index: old, .. } = active;
    let differs = old.embedding_model != next.index.embedding_model
        || (old.language != Language::Unknown && old.language != next.index.language);
    if old.analyzer_version == ANALYZER_VERSION && differs {
        Outgoing::Kept
    } else {
        Outgoing::Removed
    }
}
