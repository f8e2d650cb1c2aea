//! Who has to leave so that another model fits.

use std::time::Instant;

use quire_domain::{ModelId, ModelKind};

/// A model that may be asked to leave: it is idle, and not pinned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub model: ModelId,
    /// What it does.
    pub kind: ModelKind,
    /// Bytes that it takes.
    pub memory_bytes: u64,
    /// When it was last used.
    pub used: Instant,
}

/// Chooses those that leave so that `missing_bytes` become free for a model of the kind `wanted`; `None` if that is
/// not enough even if all leave.
///
/// The least recently used leave first. An embedder leaves for a chat model only if the two do not fit together: each
/// question needs both. Nobody leaves without need.
pub fn choose(
    mut candidates: Vec<Candidate>,
    wanted: ModelKind,
    missing_bytes: u64,
) -> Option<Vec<ModelId>> {
    let is_spared = |kind| wanted == ModelKind::Chat && kind == ModelKind::Embedding;
    candidates.sort_by_key(|candidate| (is_spared(candidate.kind), candidate.used));
    let mut freed = 0_u64;
    let mut chosen = Vec::new();
    for candidate in candidates {
        if freed >= missing_bytes {
            break;
        }
        freed = freed.saturating_add(candidate.memory_bytes);
        chosen.push(candidate);
    }
    if freed < missing_bytes {
        return None;
    }
    // A large one that came last may have made room enough alone.
    for place in (0..chosen.len()).rev() {
        let bytes = chosen[place].memory_bytes;
        if freed - bytes >= missing_bytes {
            freed -= bytes;
            chosen.remove(place);
        }
    }
    Some(chosen.into_iter().map(|candidate| candidate.model).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_least_recently_used_leave_and_no_more_than_must() {
        use ModelKind::{Chat, Embedding, Reranker};
        let begin = Instant::now();
        // Name, kind, bytes; used in this order.
        let idle = [
            ("a/embedder", Embedding, 10),
            ("a/small", Chat, 30),
            ("a/reranker", Reranker, 20),
            ("a/large", Chat, 100),
        ];
        let check = |wanted, missing_bytes, expected: Option<&[&str]>| {
            let candidates = idle.iter().enumerate().map(|(place, &(name, kind, memory_bytes))| {
                let used = begin + Duration::from_secs(place as u64);
                Candidate { model: name.parse().expect("a name"), kind, memory_bytes, used }
            });
            let chosen = choose(candidates.collect(), wanted, missing_bytes);
            let names = chosen
                .as_ref()
                .map(|chosen| chosen.iter().map(ModelId::as_str).collect::<Vec<&str>>());
            assert_eq!(names.as_deref(), expected, "{wanted:?}, {missing_bytes} missing");
        };
        check(Chat, 0, Some(&[]));
        check(Chat, 25, Some(&["a/small"]));
        check(Reranker, 5, Some(&["a/embedder"]));
        check(Chat, 45, Some(&["a/small", "a/reranker"]));
        check(Chat, 95, Some(&["a/large"]));
        check(Chat, 150, Some(&["a/small", "a/reranker", "a/large"]));
        check(Chat, 160, Some(&["a/small", "a/reranker", "a/large", "a/embedder"]));
        check(Chat, 161, None);
    }
}
