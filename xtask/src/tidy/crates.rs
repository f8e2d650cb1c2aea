//! Who may depend on whom: the table of the design.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::step::{cargo, output};

/// What one crate may import of ours, and what it must not know of others.
struct Rule {
    name: &'static str,
    ours: &'static [&'static str],
    forbidden: &'static [&'static str],
}

/// What a pure, synchronous crate must not know.
const ABOVE_PURE: &[&str] = &[
    "tokio", "futures", "reqwest", "axum", "leptos", "lance", "arrow", "candle", "llama",
    "rusqlite",
];

const RULES: &[Rule] = &[
    Rule {
        name: "quire-domain",
        ours: &[],
        forbidden: &["tokio", "leptos", "axum", "arrow", "reqwest", "futures"],
    },
    Rule { name: "quire-language", ours: &["quire-domain"], forbidden: ABOVE_PURE },
    Rule {
        name: "quire-grounding",
        ours: &["quire-domain", "quire-language"],
        forbidden: ABOVE_PURE,
    },
    Rule {
        name: "quire-ingest",
        ours: &["quire-domain"],
        forbidden: &[
            "tokio", "reqwest", "futures", "axum", "lance", "candle", "llama", "rten", "rusqlite",
        ],
    },
    // It reads pages for ingest, which knows it by a trait; parse workers alone hold it.
    Rule { name: "quire-ocr", ours: &["quire-domain", "quire-ingest"], forbidden: ABOVE_PURE },
    Rule {
        name: "quire-vectorstore",
        ours: &["quire-domain", "quire-language"],
        forbidden: &["axum", "reqwest", "leptos", "candle", "llama"],
    },
    Rule {
        name: "quire-engines",
        ours: &["quire-domain"],
        forbidden: &["axum", "leptos", "lance", "arrow", "rusqlite"],
    },
    Rule {
        name: "quire-folder-sync",
        ours: &["quire-domain"],
        forbidden: &[
            "axum", "hyper", "leptos", "lance", "arrow", "candle", "llama", "rusqlite", "reqwest",
        ],
    },
    Rule {
        name: "quire-catalog",
        ours: &["quire-domain", "quire-folder-sync"],
        forbidden: &["axum", "leptos", "lance", "candle", "llama"],
    },
    Rule {
        name: "quire-retrieval",
        ours: &[
            "quire-domain",
            "quire-language",
            "quire-catalog",
            "quire-vectorstore",
            "quire-engines",
        ],
        forbidden: &[
            "axum", "hyper", "leptos", "lance", "arrow", "candle", "llama", "rusqlite", "reqwest",
        ],
    },
    Rule {
        name: "quire-service",
        ours: &[
            "quire-domain",
            "quire-language",
            "quire-retrieval",
            "quire-grounding",
            "quire-folder-sync",
            "quire-catalog",
            "quire-ingest",
            "quire-vectorstore",
            "quire-engines",
        ],
        forbidden: &[
            "axum", "hyper", "leptos", "lance", "arrow", "candle", "llama", "rusqlite", "reqwest",
        ],
    },
    Rule {
        name: "quire-ui",
        ours: &["quire-domain", "quire-service"],
        forbidden: &["axum", "tokio", "reqwest", "lance", "candle", "llama", "rusqlite"],
    },
    Rule { name: "quire-frontend", ours: &["quire-ui"], forbidden: &["axum", "tokio"] },
    Rule {
        name: "quire-server",
        ours: &[
            "quire-domain",
            "quire-folder-sync",
            "quire-catalog",
            "quire-ingest",
            "quire-ocr",
            "quire-vectorstore",
            "quire-engines",
            "quire-service",
            "quire-ui",
        ],
        forbidden: &["lance", "arrow", "candle", "llama", "rten"],
    },
    Rule {
        name: "quire-fuzz",
        ours: &[
            "quire-domain",
            "quire-engines",
            "quire-folder-sync",
            "quire-grounding",
            "quire-ingest",
            "quire-language",
        ],
        forbidden: &["tokio", "leptos", "lance", "arrow", "candle", "llama", "rusqlite"],
    },
    Rule { name: "xtask", ours: &[], forbidden: &["tokio", "axum", "leptos"] },
];

/// Reads the manifests through cargo and tells every dependency that should not be.
pub(super) fn check() -> Result<Vec<String>> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value =
        serde_json::from_str(&metadata).context("cargo's metadata is not JSON")?;
    let packages = metadata["packages"].as_array().context("cargo's metadata lists no packages")?;
    Ok(packages.iter().flat_map(check_package).collect())
}

fn check_package(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    // Tests may use everything.
    if name == "quire-tests" {
        return Vec::new();
    }
    let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
        return vec![format!(
            "{name}: no rule says what it may depend on; add one to xtask/src/tidy/crates.rs"
        )];
    };
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
    normal.filter_map(|dependency| breach(rule, dependency)).collect()
}

fn breach(rule: &Rule, dependency: &Value) -> Option<String> {
    let name = dependency["name"].as_str()?;
    let crate_name = rule.name;
    if name.starts_with("quire-") {
        let only_for_the_server = (crate_name, name) == ("quire-ui", "quire-service");
        if only_for_the_server && dependency["optional"] != Value::Bool(true) {
            return Some(format!("{crate_name} may know {name} only under `ssr`"));
        }
        let is_allowed = rule.ours.contains(&name);
        return (!is_allowed).then(|| format!("{crate_name} must not depend on {name}"));
    }
    let matches = |forbidden: &&str| {
        name == *forbidden
            || name.strip_prefix(forbidden).is_some_and(|rest| rest.starts_with(['-', '_']))
            || (*forbidden == "lance" && name == "lancedb")
    };
    rule.forbidden.iter().any(matches).then(|| format!("{crate_name} must not depend on {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(name: &str, dependency: &Value) -> Vec<String> {
        check_package(&serde_json::json!({ "name": name, "dependencies": [dependency] }))
    }

    #[test]
    fn forbidden_dependencies_are_told_and_others_are_not() {
        let dependency =
            |name: &str| serde_json::json!({ "name": name, "kind": null, "optional": false });
        for (crate_name, name, allowed) in [
            ("quire-domain", "serde", true),
            ("quire-domain", "tokio", false),
            ("quire-ingest", "quire-domain", true),
            ("quire-ingest", "quire-engines", false),
            ("quire-ingest", "quire-ocr", false),
            ("quire-ingest", "rten", false),
            ("quire-ocr", "quire-ingest", true),
            ("quire-ocr", "rten", true),
            ("quire-ocr", "tokio", false),
            ("quire-service", "quire-ocr", false),
            ("quire-retrieval", "quire-grounding", false),
            ("quire-retrieval", "quire-ingest", false),
            ("quire-folder-sync", "quire-service", false),
            ("quire-folder-sync", "reqwest", false),
            ("quire-service", "lancedb", false),
            ("quire-service", "llama-cpp-2", false),
            ("quire-service", "quire-engines", true),
            ("quire-ui", "quire-catalog", false),
            ("quire-ui", "quire-service", false),
            ("quire-new", "serde", false),
            ("quire-tests", "lancedb", true),
        ] {
            let breaches = check_one(crate_name, &dependency(name));
            assert_eq!(breaches.is_empty(), allowed, "{crate_name} -> {name}: {breaches:?}");
        }
    }

    #[test]
    fn the_pages_know_the_service_only_as_an_option() {
        let optional =
            serde_json::json!({ "name": "quire-service", "kind": null, "optional": true });
        assert!(check_one("quire-ui", &optional).is_empty());
    }
}
