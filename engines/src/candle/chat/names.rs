//! What the tensors of a network are called: as transformers names them in safetensors, or as llama.cpp does in GGUF.

/// The names of one family; those of a layer stand behind its prefix.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The rows of the tokens.
    pub embedding: &'static str,
    /// The last norm.
    pub norm: &'static str,
    /// What makes scores of rows, without `.weight`.
    pub head: &'static str,
    /// Before the number of a layer.
    pub layer: &'static str,
    /// Before attention.
    pub before_attention: &'static str,
    /// Behind attention, if there is one.
    pub after_attention: &'static str,
    /// Before the feed-forward.
    pub before_feed_forward: &'static str,
    /// Behind the feed-forward, if there is one.
    pub after_feed_forward: &'static str,
    /// Queries, keys and values, each or all in one.
    pub query: &'static str,
    /// Keys.
    pub key: &'static str,
    /// Values.
    pub value: &'static str,
    /// All three.
    pub fused_attention: &'static str,
    /// The norm of queries.
    pub query_norm: &'static str,
    /// The norm of keys.
    pub key_norm: &'static str,
    /// What comes out of attention.
    pub output: &'static str,
    /// The gate.
    pub gate: &'static str,
    /// What the gate is multiplied with.
    pub up: &'static str,
    /// Both in one.
    pub fused_gate: &'static str,
    /// What comes out of the feed-forward.
    pub down: &'static str,
}

/// Most families, in safetensors.
pub const LLAMA: Names = Names {
    embedding: "model.embed_tokens.weight",
    norm: "model.norm",
    head: "lm_head",
    layer: "model.layers",
    before_attention: "input_layernorm",
    after_attention: "",
    before_feed_forward: "post_attention_layernorm",
    after_feed_forward: "",
    query: "self_attn.q_proj",
    key: "self_attn.k_proj",
    value: "self_attn.v_proj",
    fused_attention: "self_attn.qkv_proj",
    query_norm: "self_attn.q_norm",
    key_norm: "self_attn.k_norm",
    output: "self_attn.o_proj",
    gate: "mlp.gate_proj",
    up: "mlp.up_proj",
    fused_gate: "mlp.gate_up_proj",
    down: "mlp.down_proj",
};

/// Gemma 3, in safetensors.
pub const GEMMA_3: Names = Names {
    after_attention: "post_attention_layernorm",
    before_feed_forward: "pre_feedforward_layernorm",
    after_feed_forward: "post_feedforward_layernorm",
    ..LLAMA
};

/// Phi 1 and 2, in safetensors.
pub const PHI: Names = Names {
    norm: "model.final_layernorm",
    output: "self_attn.dense",
    up: "mlp.fc1",
    down: "mlp.fc2",
    ..LLAMA
};

/// All families, in GGUF.
pub const GGUF: Names = Names {
    embedding: "token_embd.weight",
    norm: "output_norm",
    head: "output",
    layer: "blk",
    before_attention: "attn_norm",
    after_attention: "",
    before_feed_forward: "ffn_norm",
    after_feed_forward: "",
    query: "attn_q",
    key: "attn_k",
    value: "attn_v",
    fused_attention: "attn_qkv",
    query_norm: "attn_q_norm",
    key_norm: "attn_k_norm",
    output: "attn_output",
    gate: "ffn_gate",
    up: "ffn_up",
    fused_gate: "ffn_up",
    down: "ffn_down",
};
