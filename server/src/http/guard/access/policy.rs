//! What each route needs. A route that is not named here needs `read` to get and `write` for all else, so that a new one
//! is never open by accident; the table says where that is not right.

use axum::http::Method;
use quire_domain::Permission;

/// What a caller needs for a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Nothing: it tells nothing of documents and changes nothing.
    Nothing,
    /// Any key.
    AnyKey,
    /// A key with this permission.
    Permission(Permission),
    /// A key that may write and is not limited to collections: models are everybody's.
    Models,
    /// Keys of another sort, which the handler knows: those of paired devices.
    OwnKeys,
    /// Such a key, which the handler knows, or one that was made here: any, or one with this permission.
    OwnKeysOr(Option<Permission>),
    /// To be on this machine.
    Owner,
    /// To be a command of whoever owns the data folder, in which it found the token.
    Command,
}

const READ: Need = Need::Permission(Permission::Read);
const ASK: Need = Need::Permission(Permission::Ask);
const WRITE: Need = Need::Permission(Permission::Write);

/// Any method.
const ANY: &[&str] = &[];
const GET: &[&str] = &["GET", "HEAD"];
const POST: &[&str] = &["POST"];

/// Methods, a path in which `*` is one part and `**` all that follow, if any, and what both need. The first that fits
/// counts.
const RULES: &[(&[&str], &str, Need)] = &[
    // Who may call, and what only this machine may.
    (ANY, "/api/keys/**", Need::Owner),
    (POST, "/api/server/stop", Need::Command),
    // What servers of tools last said may tell what the owner gave them.
    (ANY, "/api/mcp/**", Need::Owner),
    (ANY, "/ui/local/**", Need::Owner),
    (ANY, "/v0/**", Need::OwnKeys),
    (ANY, "/api/sources/**", Need::OwnKeys),
    (ANY, "/api/blobs/**", Need::OwnKeys),
    (POST, "/api/pair", Need::Nothing),
    // Khoj's routes, which paired devices mirror by as well.
    (GET, "/api/v1/user", Need::OwnKeysOr(None)),
    (GET, "/khoj/*/api/v1/user", Need::OwnKeysOr(None)),
    (GET, "/api/search", Need::OwnKeysOr(Some(Permission::Read))),
    (GET, "/khoj/*/api/search", Need::OwnKeysOr(Some(Permission::Read))),
    (ANY, "/api/content/**", Need::OwnKeysOr(Some(Permission::Write))),
    (ANY, "/khoj/*/api/content/**", Need::OwnKeysOr(Some(Permission::Write))),
    // What the page is made of, and whether the server is there.
    (GET, "/health", Need::Nothing),
    (GET, "/pkg/**", Need::Nothing),
    (GET, "/obsidian/**", Need::Nothing),
    (GET, "/favicon.ico", Need::Nothing),
    (GET, "/api/version", Need::Nothing),
    (GET, "/lmstudio-greeting", Need::Nothing),
    // Whoever opens the socket says who they are in its first packet, and each call over it asks for what it needs.
    (GET, "/lmstudio/*", Need::Nothing),
    // Each tool asks for what it needs.
    (ANY, "/mcp/**", Need::AnyKey),
    // Which models there are: clients ask before they do anything else.
    (GET, "/v1/models/**", Need::AnyKey),
    (GET, "/anthropic/v1/models/**", Need::AnyKey),
    (GET, "/api/models/**", Need::AnyKey),
    (GET, "/api/tags", Need::AnyKey),
    (GET, "/api/ps", Need::AnyKey),
    (POST, "/api/show", Need::AnyKey),
    (GET, "/api/v0/models/**", Need::AnyKey),
    (GET, "/api/v1/models/**", Need::AnyKey),
    // Models that come, go, and are loaded.
    (ANY, "/api/models/**", Need::Models),
    (ANY, "/api/pull", Need::Models),
    (ANY, "/api/delete", Need::Models),
    (ANY, "/api/copy", Need::Models),
    (ANY, "/api/v1/models/**", Need::Models),
    // Reading with a body.
    (POST, "/api/collections/*/search", READ),
    (POST, "/v1/vector_stores/*/search", READ),
    // Questions, chats and vectors.
    (ANY, "/api/collections/*/ask", ASK),
    (ANY, "/v1/chat/**", ASK),
    (ANY, "/v1/completions", ASK),
    (ANY, "/v1/responses/**", ASK),
    (ANY, "/v1/conversations/**", ASK),
    (ANY, "/v1/messages/**", ASK),
    (ANY, "/v1/embeddings", ASK),
    (ANY, "/v1/rerank", ASK),
    (ANY, "/v1/tokenize", ASK),
    (ANY, "/v1/detokenize", ASK),
    (ANY, "/tokenize", ASK),
    (ANY, "/detokenize", ASK),
    (ANY, "/api/chat", ASK),
    (ANY, "/api/generate", ASK),
    (ANY, "/api/embed", ASK),
    (ANY, "/api/embeddings", ASK),
    (POST, "/api/v0/**", ASK),
    (ANY, "/api/v1/chat", ASK),
    // What was asked is for those who ask.
    (&["DELETE"], "/api/conversations/**", WRITE),
    (ANY, "/api/conversations/**", ASK),
    (ANY, "/api/collections/*/conversations/**", ASK),
    (POST, "/api/collections/*/evaluations/**", ASK),
    (POST, "/api/collections/*/questions/**", ASK),
    (POST, "/api/evaluations/claims", ASK),
    // The page's functions.
    (ANY, "/ui/list_conversations", ASK),
    (ANY, "/ui/begin_conversation", ASK),
    (ANY, "/ui/get_conversation", ASK),
    (ANY, "/ui/rename_conversation", ASK),
    (ANY, "/ui/unload_model", Need::Models),
];

/// What the names of the page's functions begin with that only read.
const READING: [&str; 5] = ["list_", "get_", "find_", "open_", "detect_"];

/// Finds what a request needs; its path has been mended.
pub fn need_of(method: &Method, path: &str) -> Need {
    let rule = RULES.iter().find(|(methods, pattern, _)| {
        (methods.is_empty() || methods.contains(&method.as_str())) && fits(pattern, path)
    });
    if let Some((_, _, need)) = rule {
        return *need;
    }
    let function = path.strip_prefix("/ui/");
    let is_reading = match function {
        Some(name) => READING.iter().any(|beginning| name.starts_with(beginning)),
        None => matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS),
    };
    if is_reading { READ } else { WRITE }
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.trim_matches('/').split('/');
    for wanted in pattern.trim_matches('/').split('/') {
        match (wanted, parts.next()) {
            ("**", _) => return true,
            ("*", Some(part)) if !part.is_empty() => {}
            (wanted, Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_whole_parts() {
        for (pattern, path, expected) in [
            ("/v1/models/**", "/v1/models", true),
            ("/v1/models/**", "/v1/models/a/b", true),
            ("/v1/models/**", "/v1/modelsx", false),
            ("/api/collections/*/ask", "/api/collections/a/ask", true),
            ("/api/collections/*/ask", "/api/collections/a/b/ask", false),
            ("/api/collections/*/ask", "/api/collections/ask", false),
            ("/health", "/health/", true),
            ("/health", "/", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }
}
