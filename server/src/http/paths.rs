//! Mends paths before routing: doubled and trailing slashes, OpenAI's routes without `/v1`, and those that several protocols
//! have.

use axum::http::{HeaderMap, Request, Uri, header};

/// OpenAI's routes that are also served at the root.
const WITHOUT_PREFIX: &[&str] =
    &["/chat/completions", "/completions", "/embeddings", "/rerank", "/tokenize", "/detokenize"];

/// Those of them that have others below them. None is the beginning of another route.
const TREES: &[&str] = &["/responses", "/files", "/vector_stores", "/conversations"];

/// The namespaces that clients of LM Studio open a WebSocket to, at the root, where pages and other routes are as well.
const SOCKETS: &[&str] = &[
    "/llm",
    "/embedding",
    "/system",
    "/files",
    "/repository",
    "/diagnostics",
    "/plugins",
    "/runtime",
];

/// Where those are served.
const SOCKETS_BELOW: &str = "/lmstudio";

/// The one that is a page there, for whoever reads pages.
const MODELS: &str = "/models";

/// The routes of OpenAI's that Anthropic has as well, with other replies.
const MODELS_OF_BOTH: &str = "/v1/models";

/// Where Anthropic's are served.
const ANTHROPIC_BELOW: &str = "/anthropic";

/// What Anthropic's clients say of themselves in every request.
const ANTHROPIC_VERSION: &str = "anthropic-version";

/// Rewrites the path of a request if clients are known to get it wrong.
pub fn mend<B>(mut request: Request<B>) -> Request<B> {
    let accepted =
        request.headers().get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    let reader = match accepted {
        _ if is_upgrade(request.headers()) => Reader::Socket,
        _ if request.headers().contains_key(ANTHROPIC_VERSION) => Reader::AnthropicClient,
        Some(accepted) if accepted.contains("text/html") => Reader::Person,
        _ => Reader::Program,
    };
    if let Some(path) = mended(request.uri().path(), reader) {
        let target = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let mut parts = request.uri().clone().into_parts();
        if let Ok(path_and_query) = target.parse() {
            parts.path_and_query = Some(path_and_query);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

/// Returns whether a request is to become a WebSocket.
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::UPGRADE).and_then(|wanted| wanted.to_str().ok());
    wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case("websocket"))
}

/// For whom a reply is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reader {
    /// Both ends of a WebSocket.
    Socket,
    /// A program that speaks Anthropic's protocol.
    AnthropicClient,
    /// A browser, which asks for pages.
    Person,
    /// Anything else.
    Program,
}

/// Gives the path that was meant, if it is another.
fn mended(path: &str, reader: Reader) -> Option<String> {
    let mut result = path.to_owned();
    while result.contains("//") {
        result = result.replace("//", "/");
    }
    let trimmed = result.trim_end_matches('/');
    if reader == Reader::Socket && SOCKETS.contains(&trimmed) {
        return Some(format!("{SOCKETS_BELOW}{trimmed}"));
    }
    let lacks_prefix = lacks_prefix(trimmed);
    // Not under `/api`, where the page that browses the description ends in a slash.
    if result.starts_with("/v1/") || lacks_prefix {
        result.truncate(trimmed.len());
    }
    let is_program = matches!(reader, Reader::Program | Reader::AnthropicClient);
    let is_list = is_program && trimmed_is(&result, MODELS);
    if is_list {
        result.truncate(MODELS.len());
    }
    if is_list || lacks_prefix {
        result.insert_str(0, "/v1");
    }
    if reader == Reader::AnthropicClient && is_below(&result, MODELS_OF_BOTH) {
        result.insert_str(0, ANTHROPIC_BELOW);
    }
    (result != path).then_some(result)
}

/// Returns whether a path is one of OpenAI's without `/v1`.
fn lacks_prefix(path: &str) -> bool {
    WITHOUT_PREFIX.contains(&path) || TREES.iter().any(|tree| is_below(path, tree))
}

/// Returns whether a path is that of a tree, or of something in it.
fn is_below(path: &str, tree: &str) -> bool {
    path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn trimmed_is(path: &str, expected: &str) -> bool {
    path.trim_end_matches('/') == expected
}

#[cfg(test)]
mod tests {
    use super::{Reader, mended};

    #[test]
    fn known_mistakes_are_mended() {
        let cases = [
            ("/v1//models/", Some("/v1/models")),
            ("/v1/models", None),
            ("/chat/completions", Some("/v1/chat/completions")),
            ("//embeddings/", Some("/v1/embeddings")),
            ("/models", Some("/v1/models")),
            ("/files/", Some("/v1/files")),
            ("/vector_stores/vs_1/files", Some("/v1/vector_stores/vs_1/files")),
            ("/filesystem", None),
            ("/models/", Some("/v1/models")),
            ("/api/docs/", None),
            ("/", None),
            ("/v1/models/a/b", None),
        ];
        for (path, expected) in cases {
            assert_eq!(mended(path, Reader::Program).as_deref(), expected, "`{path}`");
        }
        assert_eq!(mended("/models", Reader::Person), None, "it is a page");
        assert_eq!(mended("/files/", Reader::Socket).as_deref(), Some("/lmstudio/files"));
        assert_eq!(mended("/llm", Reader::Program), None, "it is no socket");
        for (path, expected) in [
            ("/v1/models", Some("/anthropic/v1/models")),
            ("/v1/models/a/b", Some("/anthropic/v1/models/a/b")),
            ("/models/", Some("/anthropic/v1/models")),
            ("/v1/messages", None),
        ] {
            assert_eq!(mended(path, Reader::AnthropicClient).as_deref(), expected, "`{path}`");
        }
    }
}
