//! The routes: what is sent to each that is right, and which other fields it knows. Of the native API only the bodies stand
//! here; its routes and fields are read out of its description.

/// A path, its methods, a body that is taken, and the fields beside those of the body.
pub struct Row {
    /// Divided by spaces.
    pub methods: &'static str,
    pub path: &'static str,
    /// Of the method that has one, `POST` where others have none; empty if none has.
    pub body: &'static str,
    /// Divided by spaces.
    pub fields: &'static str,
}

const fn plain(methods: &'static str, path: &'static str) -> Row {
    Row { methods, path, body: "", fields: "" }
}

const CHAT_FIELDS: &str = "model stream stream_options max_completion_tokens max_tokens temperature top_p top_k min_p \
    repeat_penalty frequency_penalty presence_penalty seed stop n best_of logprobs top_logprobs suffix reasoning_effort \
    logit_bias chat_template_kwargs typical_p mirostat ttl tools tool_choice parallel_tool_calls functions function_call \
    response_format evidence user metadata store service_tier modalities audio prediction web_search_options verbosity";
const TEXT_FIELDS: &str = "model stream stream_options max_tokens temperature top_p seed stop n best_of logprobs suffix \
    echo logit_bias frequency_penalty presence_penalty ttl user";
const VECTOR_FIELDS: &str = "model encoding_format dimensions input_type ttl user";
const CHAT: &str = r#"{"messages": [{"role": "user", "content": "Hi."}]}"#;
const MESSAGES: &str = r#"{"max_tokens": 8, "messages": [{"role": "user", "content": "Hi."}]}"#;
const MESSAGES_FIELDS: &str = "model system stop_sequences stream temperature top_p top_k tools tool_choice thinking \
    output_config output_format metadata service_tier container mcp_servers context_management ttl";
const OLLAMA_CHAT: &str =
    r#"{"model": "scripted/generator", "messages": [{"role": "user", "content": "Hi."}]}"#;

/// All routes of other protocols.
pub const ROWS: &[Row] = &[
    plain("GET", "/v1/models"),
    plain("GET", "/v1/models/scripted/generator"),
    // Where `/v1/models` of Anthropic's clients leads.
    plain("GET", "/anthropic/v1/models"),
    plain("GET", "/anthropic/v1/models/scripted/generator"),
    Row { methods: "POST", path: "/v1/chat/completions", body: CHAT, fields: CHAT_FIELDS },
    Row {
        methods: "POST",
        path: "/v1/completions",
        body: r#"{"prompt": "One, two,"}"#,
        fields: TEXT_FIELDS,
    },
    Row {
        methods: "POST",
        path: "/v1/embeddings",
        body: r#"{"input": "a"}"#,
        fields: VECTOR_FIELDS,
    },
    Row {
        methods: "POST",
        path: "/v1/rerank",
        body: r#"{"query": "a", "documents": ["a", "b"]}"#,
        fields: "model top_n return_documents",
    },
    Row {
        methods: "POST",
        path: "/v1/tokenize",
        body: r#"{"content": "a b"}"#,
        fields: "model prompt add_special add_special_tokens with_pieces return_token_strs",
    },
    Row { methods: "POST", path: "/v1/detokenize", body: r#"{"tokens": []}"#, fields: "model" },
    Row {
        // It is got over a WebSocket alone.
        methods: "GET POST",
        path: "/v1/responses",
        body: r#"{"input": "Hi."}"#,
        fields: "model instructions tools tool_choice parallel_tool_calls text reasoning max_output_tokens \
            previous_response_id store temperature top_p metadata truncation max_tool_calls safety_identifier \
            prompt_cache_key stream background conversation include top_logprobs ttl user service_tier prompt",
    },
    Row {
        methods: "POST",
        path: "/v1/responses/compact",
        body: r#"{"model": "scripted/generator", "input": "Hi."}"#,
        fields: "previous_response_id instructions",
    },
    Row {
        methods: "POST",
        path: "/v1/responses/input_tokens",
        body: r#"{"input": "Hi."}"#,
        fields: "model instructions tools tool_choice parallel_tool_calls text reasoning previous_response_id \
            conversation truncation",
    },
    plain("GET DELETE", "/v1/responses/{response}"),
    plain("GET", "/v1/responses/{response}/input_items"),
    plain("POST", "/v1/responses/{response}/cancel"),
    Row { methods: "POST", path: "/v1/conversations", body: "{}", fields: "items metadata" },
    Row {
        methods: "GET POST DELETE",
        path: "/v1/conversations/{thread}",
        body: r#"{"metadata": {}}"#,
        fields: "",
    },
    Row {
        methods: "GET POST",
        path: "/v1/conversations/{thread}/items",
        body: r#"{"items": [{"role": "user", "content": "Hi."}]}"#,
        fields: "",
    },
    plain("GET DELETE", "/v1/conversations/{thread}/items/{item}"),
    plain("GET POST", "/v1/files"),
    plain("GET DELETE", "/v1/files/{file}"),
    plain("GET", "/v1/files/{file}/content"),
    Row {
        methods: "GET POST",
        path: "/v1/vector_stores",
        body: "{}",
        fields: "name description file_ids expires_after chunking_strategy metadata",
    },
    Row {
        methods: "GET POST DELETE",
        path: "/v1/vector_stores/{store}",
        body: "{}",
        fields: "expires_after metadata",
    },
    Row {
        methods: "POST",
        path: "/v1/vector_stores/{store}/search",
        body: r#"{"query": "pump"}"#,
        fields: "filters max_num_results ranking_options rewrite_query",
    },
    Row {
        methods: "GET POST",
        path: "/v1/vector_stores/{store}/files",
        body: r#"{"file_id": "{file}"}"#,
        fields: "attributes chunking_strategy",
    },
    Row {
        methods: "GET POST DELETE",
        path: "/v1/vector_stores/{store}/files/{file}",
        body: r#"{"attributes": {}}"#,
        fields: "",
    },
    plain("GET", "/v1/vector_stores/{store}/files/{file}/content"),
    Row {
        methods: "POST",
        path: "/v1/vector_stores/{store}/file_batches",
        body: r#"{"file_ids": ["{file}"]}"#,
        fields: "files attributes chunking_strategy",
    },
    plain("GET", "/v1/vector_stores/{store}/file_batches/{batch}"),
    plain("GET", "/v1/vector_stores/{store}/file_batches/{batch}/files"),
    plain("POST", "/v1/vector_stores/{store}/file_batches/{batch}/cancel"),
    Row { methods: "POST", path: "/v1/messages", body: MESSAGES, fields: MESSAGES_FIELDS },
    Row {
        methods: "POST",
        path: "/v1/messages/count_tokens",
        body: MESSAGES,
        fields: MESSAGES_FIELDS,
    },
    Row {
        methods: "POST",
        path: "/api/chat",
        body: OLLAMA_CHAT,
        fields: "tools stream format options keep_alive think suffix template",
    },
    Row {
        methods: "POST",
        path: "/api/generate",
        body: r#"{"model": "scripted/generator", "prompt": "Hi."}"#,
        fields: "system images raw stream format options keep_alive think suffix template context",
    },
    Row {
        methods: "POST",
        path: "/api/embed",
        body: r#"{"input": "a"}"#,
        fields: "model dimensions keep_alive truncate options",
    },
    Row {
        methods: "POST",
        path: "/api/embeddings",
        body: r#"{"prompt": "a"}"#,
        fields: "model keep_alive options",
    },
    plain("GET", "/api/tags"),
    plain("GET", "/api/ps"),
    plain("GET", "/api/version"),
    Row {
        methods: "POST",
        path: "/api/show",
        body: r#"{"model": "scripted/generator"}"#,
        fields: "name verbose",
    },
    Row {
        methods: "POST",
        path: "/api/pull",
        body: r#"{"model": "scripted/generator"}"#,
        fields: "name stream insecure",
    },
    plain("DELETE", "/api/delete"),
    plain("POST", "/api/copy"),
    plain("GET", "/api/v0/models"),
    plain("GET", "/api/v0/models/scripted/generator"),
    Row { methods: "POST", path: "/api/v0/chat/completions", body: CHAT, fields: CHAT_FIELDS },
    Row {
        methods: "POST",
        path: "/api/v0/completions",
        body: r#"{"prompt": "One, two,"}"#,
        fields: TEXT_FIELDS,
    },
    Row {
        methods: "POST",
        path: "/api/v0/embeddings",
        body: r#"{"input": "a"}"#,
        fields: VECTOR_FIELDS,
    },
    Row {
        methods: "POST",
        path: "/api/v1/chat",
        body: r#"{"input": "Hi."}"#,
        fields: "model system_prompt integrations stream temperature top_p top_k min_p repeat_penalty \
            max_output_tokens reasoning store previous_response_id ttl context_length",
    },
    plain("GET", "/api/v1/models"),
    Row {
        methods: "POST",
        path: "/api/v1/models/load",
        body: r#"{"model": "scripted/generator"}"#,
        fields: "ttl context_length flash_attention echo_load_config",
    },
    Row {
        methods: "POST",
        path: "/api/v1/models/unload",
        body: r#"{"instance_id": "scripted/generator"}"#,
        fields: "",
    },
    Row {
        methods: "POST",
        path: "/api/v1/models/download",
        body: r#"{"model": "scripted/generator"}"#,
        fields: "quantization",
    },
    plain("GET", "/api/v1/models/download/status/{id}"),
    plain("GET", "/metrics"),
];

/// Bodies that the native API takes, by method and path.
pub const NATIVE_BODIES: &[(&str, &str)] = &[
    ("POST /api/collections", r#"{"name": "plant"}"#),
    ("PATCH /api/collections/{name}", "{}"),
    ("POST /api/collections/{name}/search", r#"{"query": "pump"}"#),
    ("POST /api/collections/{name}/ask", r#"{"question": "How fast is the pump?"}"#),
    ("PATCH /api/conversations/{id}", r#"{"title": "Pump"}"#),
    (
        "POST /api/collections/{name}/evaluations",
        r#"{"questions": [{"id": "1", "question": "How fast is the pump?", "documents": ["pump.md"]}]}"#,
    ),
    (
        "POST /api/collections/{name}/evaluations/sweep",
        r#"{"constant": "keyword_share", "values": [0.5], "held_out_percent": 0,
            "questions": [{"id": "1", "question": "How fast is the pump?", "documents": ["pump.md"]}]}"#,
    ),
    (
        "POST /api/evaluations/claims",
        r#"{"claims": [{"id": "1", "claim": "It runs.", "passages": ["The pump runs."]}]}"#,
    ),
    ("PUT /api/collections/{name}/questions", r#"{"questions": []}"#),
    ("POST /api/collections/{name}/questions/suggest", "{}"),
    ("POST /api/models/load", r#"{"model": "scripted/generator"}"#),
    ("POST /api/models/unload", r#"{"model": "scripted/generator"}"#),
    ("POST /api/keys", r#"{"name": "reader", "allow": ["read"]}"#),
    ("PUT /api/mcp/servers/{server}/tools/{tool}", r#"{"allowed": true}"#),
    ("POST /api/sources/pairing-codes", r#"{"collection": "plant"}"#),
    ("POST /api/pair", r#"{"code": "AAAA-AAAA", "device": {"id": "desk"}}"#),
    ("PUT /api/sources/{sid}", r#"{"kind": "obsidian", "collection": "plant", "name": "Vault"}"#),
    (
        "POST /api/sources/{sid}/plan",
        r#"{"rules_hash": "{rules}", "files": [["a.md", "sha256:{digits}", 5, 1]]}"#,
    ),
    ("POST /api/sources/{sid}/batch", r#"{"ops": []}"#),
    ("POST /api/sources/{sid}/commit", r#"{"plan_id": "pl_none"}"#),
    ("POST /api/sources/{sid}/reindex", "{}"),
];

/// The native routes that read other bodies than JSON as well, or have limits of their own.
pub const READING_OTHERWISE: &[&str] = &[
    "/api/sources/{sid}/batch",
    "/api/evaluations/claims",
    "/api/collections/{name}/evaluations",
    "/api/collections/{name}/evaluations/sweep",
];
