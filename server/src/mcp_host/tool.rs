//! A tool of a server, and the name by which a model calls it.

use quire_domain::hex::hex;
use quire_folder_sync::sha256;
use rmcp::model;
use serde_json::{Map, Value, json};

/// The longest name that a model is shown, as OpenAI has it.
const LONGEST_NAME: usize = 64;
/// The most characters of a description that a model is shown: some servers tell whole handbooks.
const LONGEST_DESCRIPTION: usize = 2000;
/// The largest schema of arguments, in bytes of JSON: about 4,000 tokens.
const LARGEST_SCHEMA: usize = 16 << 10;

/// A tool of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedTool {
    /// What the server calls it.
    pub name: String,
    /// What it does, in the server's words, cut to 2,000 characters.
    pub description: String,
    /// The JSON schema of its arguments.
    pub schema: Map<String, Value>,
    /// Hints of the server about it. They are what it says of itself.
    pub annotations: Value,
}

impl HostedTool {
    /// Reads a tool; `None` if its schema is too large to be shown to a model.
    pub fn read(tool: &model::Tool) -> Option<Self> {
        let schema = tool.input_schema.as_ref().clone();
        if json!(schema).to_string().len() > LARGEST_SCHEMA {
            return None;
        }
        let said = tool.description.as_deref().unwrap_or_default();
        let mut description: String = said.chars().take(LONGEST_DESCRIPTION).collect();
        if description.len() < said.len() {
            description.push_str(" [..]");
        }
        let name = tool.name.clone().into_owned();
        Some(Self { name, description, schema, annotations: json!(tool.annotations) })
    }

    /// Returns whether the server says that the tool changes nothing.
    pub fn is_read_only(&self) -> bool {
        self.annotations["readOnlyHint"] == true
    }
}

/// Gives the name by which a model calls a tool: `server__tool`. Letters that a name cannot have become underscores; a name
/// that was changed or cut ends in a part of its hash, so that it stands for one tool.
pub fn shown_name(label: &str, tool: &str) -> String {
    let clean = |text: &str| -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        text.chars().map(|c| if fits(c) { c } else { '_' }).collect()
    };
    let plain = format!("{label}__{tool}");
    let mut shown = format!("{}__{}", clean(label), clean(tool));
    // Else `a_` with `b` and `a` with `_b` would be one name.
    let is_cut_clearly = !label.contains("__") && !tool.contains("__");
    let is_cut_clearly = is_cut_clearly && !label.ends_with('_') && !tool.starts_with('_');
    if shown == plain && shown.len() <= LONGEST_NAME && is_cut_clearly {
        return shown;
    }
    let hash = sha256(format!("{label}\0{tool}").as_bytes());
    let mark = hex(&hash[..4]);
    shown.truncate(LONGEST_NAME - mark.len() - 1);
    format!("{shown}_{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_models_can_say_and_stand_for_one_tool() {
        assert_eq!(shown_name("files", "read_file"), "files__read_file");
        let long = "x".repeat(100);
        let names = [
            shown_name("my files", "read"),
            shown_name("my_files", "read"),
            shown_name("a", &long),
            shown_name("b", &long),
            shown_name("a_", "b"),
            shown_name("a", "_b"),
            shown_name("a", "b__c"),
            shown_name("a__b", "c"),
            shown_name("Ü/ü", "löschen"),
        ];
        for (at, name) in names.iter().enumerate() {
            assert!(name.len() <= LONGEST_NAME && name.is_ascii(), "{name}");
            assert!(!names[..at].contains(name), "{name}");
        }
    }

    #[test]
    fn a_tool_that_says_too_much_is_cut_or_left_out() {
        let tool = |schema: Value, said: String| {
            let schema = schema.as_object().expect("an object").clone();
            HostedTool::read(&model::Tool::new("t", said, schema))
        };
        let cut = tool(json!({"type": "object"}), "é".repeat(3000)).expect("it is shown");
        assert_eq!(cut.description.chars().count(), LONGEST_DESCRIPTION + 5);
        assert!(!cut.is_read_only());
        assert!(tool(json!({"a": "b".repeat(LARGEST_SCHEMA)}), String::new()).is_none());
    }
}
