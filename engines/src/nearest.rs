//! The known names that are nearest to one that nobody knows.

use quire_domain::ModelId;
use strsim::jaro_winkler;

/// How many names are told.
const MOST_NAMES: usize = 3;
/// How alike a name must be to be told, between 0 and 1. Set by hand: slips and left-out endings are above it.
const LEAST_LIKENESS: f64 = 0.75;

/// Finds the names that are most like `wanted`, with or without their publishers; the nearest first.
pub fn nearest<'a>(wanted: &ModelId, known: impl Iterator<Item = &'a ModelId>) -> Vec<ModelId> {
    let wanted = wanted.as_str().to_lowercase();
    let mut found: Vec<(f64, &ModelId)> = known
        .map(|name| (likeness(&wanted, &name.as_str().to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .collect();
    found.sort_by(|(a, first), (b, second)| {
        b.total_cmp(a).then_with(|| first.as_str().cmp(second.as_str()))
    });
    found.dedup_by(|a, b| a.1 == b.1);
    found.into_iter().take(MOST_NAMES).map(|(_, name)| name.clone()).collect()
}

/// Compares whole names, and the names without their publishers, which people leave out.
fn likeness(wanted: &str, name: &str) -> f64 {
    jaro_winkler(wanted, name).max(jaro_winkler(short(wanted), short(name)))
}

fn short(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, short)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_short_names_find_what_was_meant() {
        let names = [
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF",
            "sentence-transformers/all-MiniLM-L6-v2",
        ];
        let known: Vec<ModelId> = names.iter().map(|name| name.parse().expect("a name")).collect();
        let check = |wanted: &str, first: Option<&str>| {
            let found = nearest(&wanted.parse().expect("a name"), known.iter());
            assert_eq!(found.first().map(ModelId::as_str), first, "`{wanted}`: {found:?}");
        };
        check("qwen2.5-coder-1.5b-instuct", Some(names[0]));
        check("Qwen/Qwen2.5-Coder-GGUF", Some(names[0]));
        check("smollm2-135m", Some(names[1]));
        check("all-minilm-l6", Some(names[2]));
        check("x", None);
    }
}
