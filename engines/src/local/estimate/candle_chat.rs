//! What a chat model in safetensors takes of memory: told from its heads and its configuration.

use std::path::Path;

use serde_json::Value;

use crate::store::safetensors::{held_bytes, read_places};

/// The parts of it, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ChatParts {
    /// The weights as they are held.
    pub weights: u64,
    /// Keys and values of a full context, numbers of 32 bits.
    pub cache: u64,
    /// Rows between the steps of computing.
    pub compute: u64,
    /// The context that was reckoned with.
    pub context_tokens: u32,
}

/// Reckons with a context of so many tokens, at most the model's own, and so many tokens that are read at once. A head
/// that cannot be read leaves `file_bytes`; what the configuration does not state takes nothing.
pub fn estimate(
    folder: &Path,
    file_bytes: u64,
    context_tokens: u32,
    batch_tokens: u32,
) -> ChatParts {
    let places = read_places(folder);
    let weights = places.map_or(file_bytes, |places| places.values().map(held_bytes).sum());
    let config = std::fs::read(folder.join("config.json")).unwrap_or_default();
    let config: Value = serde_json::from_slice(&config).unwrap_or_default();
    let number = |name: &str| config.get(name).and_then(Value::as_u64);
    let trained = number("max_position_embeddings").unwrap_or(u64::from(u32::MAX)).max(16);
    let context = u64::from(context_tokens.max(16)).min(trained);
    let (width, heads) =
        (number("hidden_size").unwrap_or(0), number("num_attention_heads").unwrap_or(1).max(1));
    let kept_heads = number("num_key_value_heads").unwrap_or(heads);
    let head_width = number("head_dim").unwrap_or(width / heads);
    let row = kept_heads.saturating_mul(head_width);
    let kept = number("num_hidden_layers").unwrap_or(0).saturating_mul(row).saturating_mul(2);
    let batch = u64::from(batch_tokens.max(1));
    // Scores of attention stand there twice, before and behind their mask, and rows of the feed-forward three times.
    let looks = heads.saturating_mul(context).saturating_mul(2);
    let rows = 8 * width + 3 * number("intermediate_size").unwrap_or(0);
    let scores = number("vocab_size").unwrap_or(0).saturating_mul(4);
    ChatParts {
        weights,
        cache: kept.saturating_mul(4).saturating_mul(context),
        compute: batch
            .saturating_mul(looks.saturating_add(rows))
            .saturating_add(scores)
            .saturating_mul(4),
        context_tokens: context as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_costs_what_the_configuration_says() {
        let folder = tempfile::tempdir().expect("a folder");
        // SmolLM2 135M: 30 layers of 3 kept heads with 64 numbers a key and a value, of 4 bytes, make 45 KiB a token.
        let config = r#"{"hidden_size":576,"num_attention_heads":9,"num_key_value_heads":3,"num_hidden_layers":30,
            "intermediate_size":1536,"vocab_size":49152,"max_position_embeddings":8192}"#;
        std::fs::write(folder.path().join("config.json"), config).expect("a file");
        let head = r#"{"a":{"dtype":"BF16","shape":[100,10],"data_offsets":[0,2000]},"b":{"dtype":"BF16","shape":[10],"data_offsets":[2000,2020]}}"#;
        let bytes = [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &[0; 2020]].concat();
        std::fs::write(folder.path().join("model.safetensors"), bytes).expect("a file");
        let parts = estimate(folder.path(), 7, 2048, 128);
        assert_eq!((parts.cache, parts.weights), ((45 * 2048) << 10, 2040));
        assert_eq!(estimate(folder.path(), 7, 100_000, 128).context_tokens, 8192);
        std::fs::write(folder.path().join("model.safetensors"), "none").expect("a file");
        assert_eq!(estimate(folder.path(), 7, 2048, 128).weights, 7);
    }
}
