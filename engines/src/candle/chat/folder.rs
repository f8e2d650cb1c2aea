//! What the files beside a model's weights say of its chats: the template, and the tokens that begin and end a text.

use std::path::Path;

use quire_domain::ModelId;
use serde::Deserialize;
use serde_json::Value;

use crate::EngineError;
use crate::candle::config::read_json;

use super::vocabulary::StatedTokens;

/// What is said of a model's chats.
#[derive(Clone, Debug, Default)]
pub struct ChatFiles {
    /// The Jinja text that writes messages, if the model has one.
    pub template: Option<String>,
    /// The text of the last token.
    pub eos: Option<String>,
    /// The tokens that are stated.
    pub tokens: StatedTokens,
}

#[derive(Default, Deserialize)]
struct TokenizerFile {
    chat_template: Option<Templates>,
    bos_token: Option<TokenText>,
    eos_token: Option<TokenText>,
}

/// One template, or several by name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<NamedTemplate>),
}

#[derive(Deserialize)]
struct NamedTemplate {
    name: String,
    template: String,
}

/// A token as text, or with more beside its text.
#[derive(Deserialize)]
#[serde(untagged)]
enum TokenText {
    Text(String),
    Described { content: String },
}

impl TokenText {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Described { content: text } => text,
        }
    }
}

/// Reads `tokenizer_config.json`, `chat_template.jinja`, `generation_config.json` and `config.json`; those that are not
/// there say nothing.
pub fn read(model: &ModelId, folder: &Path, config: &Value) -> Result<ChatFiles, EngineError> {
    let tokenizer: TokenizerFile =
        read_if_there(model, &folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let generation: Value =
        read_if_there(model, &folder.join("generation_config.json"))?.unwrap_or_default();
    let apart = folder.join("chat_template.jinja");
    let template = if apart.is_file() {
        let read = std::fs::read_to_string(&apart);
        Some(read.map_err(|source| EngineError::Io { path: apart, source })?)
    } else {
        tokenizer.chat_template.and_then(choose)
    };
    let eos = tokenizer.eos_token.map(TokenText::into_text);
    let ends = [&generation, config].map(|file| numbers(file.get("eos_token_id"))).concat();
    let tokens = StatedTokens {
        bos: tokenizer.bos_token.map(TokenText::into_text),
        end_texts: eos.iter().cloned().collect(),
        ends,
        // The tokenizer says it.
        controls: None,
    };
    Ok(ChatFiles { template, eos, tokens })
}

fn read_if_there<T: serde::de::DeserializeOwned>(
    model: &ModelId,
    path: &Path,
) -> Result<Option<T>, EngineError> {
    if path.is_file() { read_json(model, path).map(Some) } else { Ok(None) }
}

/// Takes the template that is called `default`, or else the first.
fn choose(templates: Templates) -> Option<String> {
    match templates {
        Templates::One(template) => Some(template),
        Templates::Named(mut named) => {
            let place = named.iter().position(|one| one.name == "default").unwrap_or(0);
            (place < named.len()).then(|| named.swap_remove(place).template)
        }
    }
}

/// Reads one number, or a list of them.
fn numbers(entry: Option<&Value>) -> Vec<u32> {
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    match entry {
        Some(Value::Array(items)) => items.iter().filter_map(number).collect(),
        Some(value) => number(value).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_files(files: &[(&str, &str)]) -> Result<ChatFiles, EngineError> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let model = "a/model".parse().expect("a name");
        read(&model, folder.path(), &json!({"eos_token_id": 2}))
    }

    #[test]
    fn templates_and_tokens_are_found_wherever_they_stand() {
        let files = read_files(&[
            (
                "tokenizer_config.json",
                r#"{"chat_template":"one","bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false}}"#,
            ),
            ("generation_config.json", r#"{"eos_token_id":[7,8]}"#),
        ]);
        let files = files.expect("files");
        assert_eq!(files.template.as_deref(), Some("one"));
        assert_eq!(
            (files.tokens.bos.as_deref(), files.eos.as_deref()),
            (Some("<s>"), Some("</s>"))
        );
        assert_eq!(files.tokens.ends, [7, 8, 2]);

        let named = r#"{"chat_template":[{"name":"tool_use","template":"tools"},{"name":"default","template":"plain"}]}"#;
        let files = read_files(&[("tokenizer_config.json", named)]).expect("files");
        assert_eq!(files.template.as_deref(), Some("plain"));
        let apart = [("tokenizer_config.json", named), ("chat_template.jinja", "apart")];
        assert_eq!(read_files(&apart).expect("files").template.as_deref(), Some("apart"));
        let none = read_files(&[]).expect("nothing is needed");
        assert_eq!((none.template, none.tokens.ends), (None, vec![2]));
    }

    #[test]
    fn a_file_that_is_no_json_is_an_error() {
        let error = read_files(&[("tokenizer_config.json", "{")]).expect_err("it is broken");
        assert!(error.to_string().contains("tokenizer_config.json"), "{error}");
    }
}
