//! The tool `file_search`: which vector stores an answer rests on.

use quire_engines::Tool;
use quire_service::AttributeFilter;
use serde::Deserialize;
use serde_json::Value;

use super::vector_stores::search::RankingOptions;
use crate::http::error::ApiError;

/// The type of the tool.
pub const FILE_SEARCH: &str = "file_search";

/// The most stores of one answer.
const MOST_STORES: usize = 8;

/// The tool.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct FileSearchTool {
    /// The stores, by their identifiers or their collections' names.
    pub vector_store_ids: Vec<String>,
    /// How many passages are told at most.
    pub max_num_results: Option<usize>,
    /// Which files count.
    pub filters: Option<AttributeFilter>,
    /// How passages are ordered.
    pub ranking_options: Option<RankingOptions>,
}

impl FileSearchTool {
    /// Reads the tool; its settings may stand in a field of its name.
    pub fn read(tool: &Value, place: &str) -> Result<Self, ApiError> {
        let fields = tool.get(FILE_SEARCH).unwrap_or(tool);
        let read = Self::deserialize(fields);
        let read =
            read.map_err(|error| ApiError::invalid(format!("{place}: {error}")).param(place))?;
        if (1..=MOST_STORES).contains(&read.vector_store_ids.len()) {
            return Ok(read);
        }
        let message = format!("`vector_store_ids` must name 1 to {MOST_STORES} stores.");
        Err(ApiError::invalid(message).param(place))
    }
}

/// Tells if a choice among tools is settled by the search of files, which is made in any case. One that leaves files out has
/// them not searched, and one that leaves functions out has none called.
pub fn is_settled_by_search(
    choice: &Value,
    search: &mut Option<FileSearchTool>,
    functions: &mut Vec<Tool>,
) -> bool {
    if search.is_none() {
        return false;
    }
    let is_search = |one: &Value| one.get("type").is_some_and(|kind| kind == FILE_SEARCH);
    if is_search(choice) {
        functions.clear();
        return true;
    }
    if choice.get("type").is_none_or(|kind| kind != "allowed_tools") {
        return matches!(choice.as_str(), Some("required" | "any"));
    }
    let allowed = choice.get("allowed_tools").unwrap_or(choice);
    let listed = allowed.get("tools").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !listed.iter().any(is_search) {
        *search = None;
        return false;
    }
    let is_search_alone = listed.iter().all(is_search);
    if is_search_alone {
        functions.clear();
    }
    is_search_alone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::v1::tools::{ToolFields, ToolUse};
    use quire_engines::ToolChoice;
    use serde_json::json;

    fn read(choice: &Value) -> ToolUse {
        let search = json!({"type": "file_search", "vector_store_ids": ["vs_1"]});
        let tools =
            json!([search, {"type": "function", "name": "f"}, {"type": "function", "name": "g"}]);
        let fields: ToolFields =
            serde_json::from_value(json!({"tools": tools, "tool_choice": choice})).expect("fields");
        fields.read().unwrap_or_else(|error| panic!("{choice}: {}", error.detail.message))
    }

    #[test]
    fn a_choice_says_if_files_are_searched_and_which_functions_may_be_called() {
        let some = |mode: &str, listed: Value| json!({"type": "allowed_tools", "mode": mode, "tools": listed});
        let (search, f) =
            (json!({"type": "file_search"}), json!({"type": "function", "name": "f"}));
        for (choice, is_searched, functions) in [
            (json!(null), true, 2),
            (json!("auto"), true, 2),
            (json!("required"), true, 2),
            (json!("none"), false, 2),
            (search.clone(), true, 0),
            (f.clone(), false, 2),
            (some("auto", json!([search, f])), true, 1),
            (some("required", json!([search, f])), true, 1),
            (some("required", json!([search])), true, 0),
            (some("auto", json!([f])), false, 1),
        ] {
            let mut used = read(&choice);
            assert_eq!(used.tools.len(), functions, "{choice}");
            if is_searched {
                assert_eq!(used.choice, ToolChoice::Auto, "{choice}");
            }
            assert_eq!(used.take_file_search().is_some(), is_searched, "{choice}");
        }
    }
}
