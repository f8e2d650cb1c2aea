//! Tools that a model may call, and its calls.

use serde_json::{Map, Value, json};

/// A function that a model may ask to be called.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// What it is called.
    pub name: String,
    /// What it does, for the model; may be empty.
    pub description: String,
    /// The JSON schema of its arguments: always that of an object, with `properties`.
    parameters: Value,
}

impl Tool {
    /// Describes a tool. A schema without `type` or `properties`, and none at all, is that of an object with no
    /// properties: templates go through them.
    pub fn new(name: String, description: String, parameters: Option<Map<String, Value>>) -> Self {
        let mut parameters = parameters.unwrap_or_default();
        let kind = parameters.entry("type").or_insert(Value::Null);
        if kind.is_null() {
            *kind = json!("object");
        }
        let properties = parameters.entry("properties").or_insert(Value::Null);
        if properties.is_null() {
            *properties = json!({});
        }
        Self { name, description, parameters: Value::Object(parameters) }
    }

    /// Gives the JSON schema of its arguments.
    pub fn parameters(&self) -> &Value {
        &self.parameters
    }

    /// Gives the names of its arguments, in order.
    pub fn argument_names(&self) -> impl Iterator<Item = &str> {
        let properties = self.parameters.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Map::keys).map(String::as_str)
    }

    /// Returns whether an argument is a string by the schema, and nothing else.
    pub fn takes_string(&self, argument: &str) -> bool {
        let property = self.parameters.get("properties").and_then(|all| all.get(argument));
        property.and_then(|property| property.get("type")).is_some_and(|kind| kind == "string")
    }
}

/// Whether a model may, must or must not call a tool.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ToolChoice {
    /// It decides for itself.
    #[default]
    Auto,
    /// It must not; it is not shown any.
    None,
    /// It must call one or several.
    Required,
    /// It must call the one of this name.
    Named(String),
}

/// A call that a model has made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToolCall {
    /// What its result names it by.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments as the model wrote them: usually the text of a JSON object.
    pub arguments: String,
}

impl ToolCall {
    /// Reads the arguments, if they are a JSON object. None at all are an empty one.
    pub fn read_arguments(&self) -> Option<Value> {
        if self.arguments.trim().is_empty() {
            return Some(json!({}));
        }
        let arguments: Value = serde_json::from_str(&self.arguments).ok()?;
        arguments.is_object().then_some(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_schema_of_an_object() {
        let parameters = |given: Value| {
            let given = given.as_object().cloned();
            Tool::new("f".to_owned(), String::new(), given).parameters().clone()
        };
        let empty = json!({"type": "object", "properties": {}});
        for given in [json!(null), json!({}), json!({"type": null, "properties": null})] {
            assert_eq!(parameters(given), empty);
        }
        let full = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        assert_eq!(parameters(full.clone()), full);
        let tool = Tool::new("f".to_owned(), String::new(), full.as_object().cloned());
        assert!(tool.takes_string("a") && !tool.takes_string("b"));
        assert_eq!(tool.argument_names().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn arguments_are_an_object_or_stay_text() {
        let read = |arguments: &str| {
            let (id, name) = ("1".to_owned(), "f".to_owned());
            ToolCall { id, name, arguments: arguments.to_owned() }.read_arguments()
        };
        assert_eq!(read(r#"{"a": 1}"#), Some(json!({"a": 1})));
        assert_eq!(read(" "), Some(json!({})));
        assert_eq!(read("[1]"), None);
        assert_eq!(read("{a: 1}"), None);
    }
}
