//! The tools of a chat request: `tools` and `tool_choice`, and `functions` and `function_call`, which came before them.

use std::collections::HashSet;

use quire_engines::{Tool, ToolChoice};
use serde::Deserialize;
use serde_json::Value;

use super::calls::CallShape;
use super::error::unsupported;
use super::file_search::{FILE_SEARCH, FileSearchTool, is_settled_by_search};
use super::mcp::{MCP, McpTool};
use crate::http::error::ApiError;
use crate::http::guard::access::{Identity, allow_tools};
use crate::http::turn::hosted::Hosted;
use crate::mcp_host::shown_name;

/// The longest name of a tool, as OpenAI has it.
const LONGEST_NAME: usize = 64;

/// The fields of a request that are about tools.
#[derive(Debug, Default, Deserialize)]
pub struct ToolFields {
    /// The tools.
    pub tools: Option<Value>,
    /// What tools were before there were tools.
    pub functions: Option<Value>,
    /// Whether one may, must or must not be called.
    pub tool_choice: Option<Value>,
    /// Their choice.
    pub function_call: Option<Value>,
    /// Whether several may be called at once.
    pub parallel_tool_calls: Option<bool>,
}

/// What is to be done with tools.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolUse {
    /// The tools.
    pub tools: Vec<Tool>,
    /// Whether one may, must or must not be called.
    pub choice: ToolChoice,
    /// Whether several may be called at once.
    pub is_parallel: bool,
    /// The shape in which calls are told.
    pub shape: CallShape,
    /// The files that the answer is to rest on.
    pub file_search: Option<FileSearchTool>,
    /// The servers whose tools may be called here, if whoever asks may use them.
    pub hosted: Option<Box<Hosted>>,
}

impl ToolUse {
    /// Takes out the files that are to be searched, if they are: not where no tool may be called, or one function must be.
    pub fn take_file_search(&mut self) -> Option<FileSearchTool> {
        let is_off = matches!(self.choice, ToolChoice::None | ToolChoice::Named(_));
        self.file_search.take().filter(|_| !is_off)
    }

    /// Takes out the servers whose tools may be called, if any may, or if calls of them were approved.
    pub fn take_hosted(&mut self) -> Option<Box<Hosted>> {
        let is_off = self.choice == ToolChoice::None;
        self.hosted.take().filter(|hosted| !is_off || !hosted.approved.is_empty())
    }

    /// Returns whether the reply may or must call tools.
    pub fn is_wanted(&self) -> bool {
        !self.tools.is_empty() && self.choice != ToolChoice::None
    }
}

impl ToolFields {
    /// Reads the fields where no tools of servers are called. `null` is an absent one, and an empty list is none.
    pub fn read(&self) -> Result<ToolUse, ApiError> {
        match self.read_all()? {
            (_, Some(_)) => Err(unsupported("tools", "A tool of type `mcp` here")),
            (used, None) => Ok(used),
        }
    }

    /// Reads the fields, among them servers if whoever asks may use them.
    pub fn read_for(&self, identity: Option<&Identity>) -> Result<ToolUse, ApiError> {
        let (used, hosted) = self.read_all()?;
        if hosted.is_some() {
            allow_tools(identity)?;
        }
        Ok(ToolUse { hosted, ..used })
    }

    /// Gives the shape in which calls are told.
    pub fn shape(&self) -> CallShape {
        let is_given = |value: &Option<Value>| value.as_ref().is_some_and(|value| !value.is_null());
        let is_function = is_given(&self.functions) && !is_given(&self.tools);
        if is_function { CallShape::Function } else { CallShape::Tools }
    }

    fn read_all(&self) -> Result<(ToolUse, Option<Box<Hosted>>), ApiError> {
        let is_given = |value: &&Value| !value.is_null();
        let functions = self.functions.as_ref().filter(is_given);
        let (listed, shape) = match (self.tools.as_ref().filter(is_given), functions) {
            (Some(tools), _) => (Some(tools), CallShape::Tools),
            (None, Some(functions)) => (Some(functions), CallShape::Function),
            (None, None) => (None, CallShape::Tools),
        };
        let Listed { mut tools, mut file_search, servers } = match listed {
            Some(listed) => read_tools(listed, shape)?,
            None => Listed::default(),
        };
        let mut hosted = (!servers.is_empty()).then(|| Box::new(Hosted::new(servers)));
        // Files are searched in any case, so that a choice of them is none of a function.
        let tool_choice = self
            .tool_choice
            .as_ref()
            .filter(|choice| !is_settled_by_search(choice, &mut file_search, &mut tools));
        let of_servers = match (tool_choice, &mut hosted) {
            (Some(choice), Some(hosted)) => read_choice_of_servers(choice, &tools, hosted)?,
            _ => None,
        };
        let choice = match (of_servers, tool_choice, &self.function_call) {
            (Some(choice), _, _) => choice,
            (None, Some(choice), _) if !choice.is_null() => read_choice(choice, &mut tools)?,
            (None, _, Some(choice)) if !choice.is_null() => {
                read_choice(choice, &mut tools).map_err(|error| error.param("function_call"))?
            }
            _ => ToolChoice::Auto,
        };
        let choice = match choice {
            ToolChoice::Required if file_search.is_some() => ToolChoice::Auto,
            choice => choice,
        };
        let is_parallel = shape == CallShape::Tools && self.parallel_tool_calls.unwrap_or(true);
        let used = ToolUse { tools, choice, is_parallel, shape, file_search, hosted: None };
        Ok((used, hosted))
    }
}

/// The tools of a request by their sorts.
#[derive(Default)]
struct Listed {
    tools: Vec<Tool>,
    file_search: Option<FileSearchTool>,
    servers: Vec<McpTool>,
}

/// Reads the functions, the search of files if there is one, and the servers.
fn read_tools(listed: &Value, shape: CallShape) -> Result<Listed, ApiError> {
    let field = match shape {
        CallShape::Tools => "tools",
        CallShape::Function => "functions",
    };
    let Some(listed) = listed.as_array() else {
        return Err(ApiError::invalid(format!("`{field}` must be an array.")).param(field));
    };
    let mut names = HashSet::new();
    let mut tools = Vec::with_capacity(listed.len());
    let mut file_search = None;
    let mut servers = Vec::new();
    for (at, item) in listed.iter().enumerate() {
        let place = format!("{field}[{at}]");
        let function = match (shape, item.get("type").and_then(Value::as_str)) {
            (CallShape::Function, _) => item,
            (CallShape::Tools, Some("function") | None) => item.get("function").unwrap_or(item),
            (CallShape::Tools, Some(FILE_SEARCH)) if file_search.is_none() => {
                file_search = Some(FileSearchTool::read(item, &place)?);
                continue;
            }
            (CallShape::Tools, Some(MCP)) => {
                servers.push(McpTool::read(item, &place)?);
                continue;
            }
            (CallShape::Tools, Some(other)) => {
                return Err(unsupported(&place, &format!("A tool of type `{other}`")));
            }
        };
        let tool = read_tool(function, &place)?;
        if !names.insert(tool.name.clone()) {
            let message = format!("There are two tools with the name `{}`.", tool.name);
            return Err(ApiError::invalid(message).param(place));
        }
        tools.push(tool);
    }
    McpTool::check_all(&servers)?;
    Ok(Listed { tools, file_search, servers })
}

/// Reads a choice that is about tools of servers, which are not known yet; `None` if it is about functions.
fn read_choice_of_servers(
    choice: &Value,
    tools: &[Tool],
    hosted: &mut Hosted,
) -> Result<Option<ToolChoice>, ApiError> {
    if matches!(choice.as_str(), Some("required" | "any")) && tools.is_empty() {
        return Ok(Some(ToolChoice::Required));
    }
    if choice.get("type").is_none_or(|kind| kind != MCP) {
        return Ok(None);
    }
    let label = choice.get("server_label").and_then(Value::as_str).unwrap_or_default();
    if !hosted.servers.iter().any(|server| server.label == label) {
        let message =
            format!("`tool_choice` asks for the server `{label}`, which is not among `tools`.");
        return Err(ApiError::invalid(message).param("tool_choice"));
    }
    if let Some(name) = name_in(choice) {
        return Ok(Some(ToolChoice::Named(shown_name(label, name))));
    }
    hosted.only = Some(label.to_owned());
    Ok(Some(ToolChoice::Required))
}

fn read_tool(function: &Value, place: &str) -> Result<Tool, ApiError> {
    let refuse = |message: &str| Err(ApiError::invalid(message).param(place));
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_letter) {
        return refuse(
            "A tool needs a `name` of at most 64 letters, digits, underscores, hyphens and full stops.",
        );
    }
    let description = match function.get("description") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return refuse("A tool's `description` must be a string."),
    };
    let parameters = match function.get("parameters") {
        None | Some(Value::Null) => None,
        Some(Value::Object(schema)) => Some(schema.clone()),
        Some(_) => return refuse("A tool's `parameters` must be a JSON schema."),
    };
    let kind = parameters.as_ref().and_then(|schema| schema.get("type"));
    if kind.is_some_and(|kind| !kind.is_null() && kind != "object") {
        return refuse("A tool's `parameters` must be the JSON schema of an object.");
    }
    Ok(Tool::new(name.to_owned(), description, parameters))
}

/// Reads a choice; one that allows some tools leaves the others out.
fn read_choice(choice: &Value, tools: &mut Vec<Tool>) -> Result<ToolChoice, ApiError> {
    let refuse = |message: String| Err(ApiError::invalid(message).param("tool_choice"));
    let mut mode = choice.as_str();
    let allowed = choice.get("allowed_tools").unwrap_or(choice);
    if choice.get("type").is_some_and(|kind| kind == "allowed_tools") {
        let listed = allowed.get("tools").and_then(Value::as_array);
        let names: HashSet<&str> = listed.into_iter().flatten().filter_map(name_in).collect();
        if let Some(unknown) = names.iter().find(|name| !is_among(tools, name)) {
            return refuse(format!(
                "`tool_choice` allows `{unknown}`, which is not among `tools`."
            ));
        }
        tools.retain(|tool| names.contains(tool.name.as_str()));
        mode = Some(allowed.get("mode").and_then(Value::as_str).unwrap_or("auto"));
    }
    match (mode, name_in(choice)) {
        (Some("auto"), _) => Ok(ToolChoice::Auto),
        (Some("none"), _) => Ok(ToolChoice::None),
        (Some("required" | "any"), _) if tools.is_empty() => {
            refuse("`tool_choice` asks for a call, and there are no `tools`.".to_owned())
        }
        (Some("required" | "any"), _) => Ok(ToolChoice::Required),
        (None, Some(name)) if is_among(tools, name) => Ok(ToolChoice::Named(name.to_owned())),
        (None, Some(name)) => {
            refuse(format!("`tool_choice` asks for `{name}`, which is not among `tools`."))
        }
        _ => refuse(
            "`tool_choice` must be auto, none, required, a function or allowed tools.".to_owned(),
        ),
    }
}

/// Gives the name in `{"type": "function", "function": {"name": ..}}`, or in a flat form of it.
fn name_in(choice: &Value) -> Option<&str> {
    choice.get("function").unwrap_or(choice).get("name")?.as_str()
}

fn is_among(tools: &[Tool], name: &str) -> bool {
    tools.iter().any(|tool| tool.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(fields: &Value) -> Result<ToolUse, ApiError> {
        serde_json::from_value::<ToolFields>(fields.clone()).expect("fields").read()
    }

    fn function(name: &str) -> Value {
        json!({"type": "function", "function": {"name": name}})
    }

    #[test]
    fn every_form_of_a_tool_is_read() {
        for tool in [
            function("f"),
            json!({"type": "function", "function": {"name": "f", "description": null, "parameters": null, "strict": null}}),
            json!({"type": "function", "function": {"name": "f", "parameters": {}}}),
            json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}),
            json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}),
        ] {
            let used = read(&json!({"tools": [tool]})).expect("a tool");
            let expected = Tool::new("f".to_owned(), String::new(), None);
            assert_eq!(used.tools, [expected], "{tool}");
            assert!(used.is_parallel && used.is_wanted());
        }
        for none in [json!({}), json!({"tools": null, "tool_choice": null}), json!({"tools": []})] {
            assert!(!read(&none).expect("no tools").is_wanted(), "{none}");
        }
        let legacy = read(&json!({"functions": [{"name": "f"}], "function_call": {"name": "f"}}));
        let legacy = legacy.expect("a function");
        assert_eq!(legacy.choice, ToolChoice::Named("f".to_owned()));
        assert_eq!((legacy.shape, legacy.is_parallel), (CallShape::Function, false));
    }

    #[test]
    fn every_form_of_a_choice_is_read() {
        let choose = |choice: Value| {
            let fields = json!({"tools": [function("f"), function("g")], "tool_choice": choice});
            read(&fields).expect("a choice")
        };
        for (choice, expected) in [
            (json!(null), ToolChoice::Auto),
            (json!("auto"), ToolChoice::Auto),
            (json!("none"), ToolChoice::None),
            (json!("required"), ToolChoice::Required),
            (function("g"), ToolChoice::Named("g".to_owned())),
            (json!({"type": "function", "name": "g"}), ToolChoice::Named("g".to_owned())),
        ] {
            assert_eq!(choose(choice).choice, expected);
        }
        let some = json!({"mode": "required", "tools": [function("g")]});
        let some = choose(json!({"type": "allowed_tools", "allowed_tools": some}));
        assert_eq!((some.choice, some.tools.len()), (ToolChoice::Required, 1));
        assert!(read(&json!({"tool_choice": "none"})).is_ok());
    }

    #[test]
    fn servers_are_read_for_those_who_may_use_them() {
        let read = |choice: Value, identity: Option<&Identity>| {
            let server = json!({"type": "mcp", "server_label": "files"});
            let fields = json!({"tools": [server], "tool_choice": choice});
            serde_json::from_value::<ToolFields>(fields).expect("fields").read_for(identity)
        };
        for (choice, expected, only) in [
            (json!(null), ToolChoice::Auto, None),
            (json!("none"), ToolChoice::None, None),
            (json!("required"), ToolChoice::Required, None),
            (
                json!({"type": "mcp", "server_label": "files", "name": "look"}),
                ToolChoice::Named("files__look".to_owned()),
                None,
            ),
            (json!({"type": "mcp", "server_label": "files"}), ToolChoice::Required, Some("files")),
        ] {
            let used = read(choice, Some(&Identity::Machine)).expect("a choice");
            let hosted = used.hosted.expect("a server");
            assert_eq!((used.choice, hosted.only.as_deref()), (expected, only));
        }
        for identity in [None, Some(&Identity::Stranger)] {
            let refused = read(json!("auto"), identity).expect_err("nobody knows them");
            assert_eq!(refused.status.as_u16(), 401);
        }
    }

    #[test]
    fn what_is_no_tool_or_choice_is_refused_by_place() {
        for (fields, param) in [
            (json!({"tools": 5}), "tools"),
            (json!({"tools": [5]}), "tools[0]"),
            (json!({"tools": [function("f"), function("f")]}), "tools[1]"),
            (json!({"tools": [function("two words")]}), "tools[0]"),
            (json!({"tools": [{"type": "web_search"}]}), "tools[0]"),
            // Whoever reads without saying who asks gets no servers.
            (json!({"tools": [{"type": "mcp", "server_label": "files"}]}), "tools"),
            (json!({"tools": [{"function": {"name": "f", "parameters": []}}]}), "tools[0]"),
            (
                json!({"tools": [{"function": {"name": "f", "parameters": {"type": "array"}}}]}),
                "tools[0]",
            ),
            (json!({"functions": [{}]}), "functions[0]"),
            (json!({"tool_choice": "required"}), "tool_choice"),
            (json!({"tools": [function("f")], "tool_choice": function("g")}), "tool_choice"),
            (json!({"tools": [function("f")], "tool_choice": "maybe"}), "tool_choice"),
            (json!({"tools": [function("f")], "tool_choice": 5}), "tool_choice"),
            (
                json!({"functions": [{"name": "f"}], "function_call": {"name": "g"}}),
                "function_call",
            ),
        ] {
            let error = read(&fields).expect_err("it is wrong");
            assert_eq!(error.detail.param.as_deref(), Some(param), "{fields}");
        }
    }
}
