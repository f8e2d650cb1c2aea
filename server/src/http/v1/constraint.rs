//! What the text of a reply must be like: `response_format`, and llama.cpp's `json_schema` and `grammar`.

use quire_engines::Constraint;
use serde::Deserialize;
use serde_json::Value;

use super::error::unsupported;
use crate::http::error::ApiError;

/// The fields of a request that hold its text to a form.
#[derive(Debug, Default, Deserialize)]
pub struct FormFields {
    response_format: Option<Value>,
    json_schema: Option<Value>,
    grammar: Option<String>,
}

/// A form, and the field that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// The form.
    pub constraint: Constraint,
    /// The field.
    pub param: &'static str,
}

impl FormFields {
    /// Reads the form that a reply is held to, if any; two are refused.
    pub fn read(&self) -> Result<Option<Form>, ApiError> {
        let format = match self.response_format.as_ref().filter(|format| !format.is_null()) {
            Some(format) => read_format(format)?,
            None => None,
        };
        let schema = self.json_schema.clone().filter(|schema| !schema.is_null());
        let grammar = self.grammar.clone().filter(|grammar| !grammar.is_empty());
        let forms = [
            format.map(|constraint| Form { constraint, param: "response_format" }),
            schema.map(|schema| Form {
                constraint: Constraint::JsonSchema(schema),
                param: "json_schema",
            }),
            grammar.map(|text| Form { constraint: Constraint::Gbnf(text), param: "grammar" }),
        ];
        let mut forms = forms.into_iter().flatten();
        match (forms.next(), forms.next()) {
            (Some(first), Some(second)) => {
                let message =
                    format!("`{}` and `{}` cannot both be kept to.", first.param, second.param);
                Err(ApiError::invalid(message).param(second.param))
            }
            (first, _) => Ok(first),
        }
    }
}

fn read_format(format: &Value) -> Result<Option<Constraint>, ApiError> {
    let refuse = |message: &str| Err(ApiError::invalid(message).param("response_format"));
    // OpenAI has the schema in `json_schema`, llama.cpp and LiteLLM beside the type.
    let named = format.get("json_schema").filter(|named| !named.is_null());
    let schema = named.unwrap_or(format).get("schema").filter(|schema| !schema.is_null());
    match format.get("type").and_then(Value::as_str) {
        None => refuse("`response_format` needs a `type`."),
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(match schema {
            Some(schema) => Constraint::JsonSchema(schema.clone()),
            None => Constraint::JsonObject,
        })),
        Some("json_schema") => match schema {
            Some(schema @ (Value::Object(_) | Value::Bool(_))) => {
                Ok(Some(Constraint::JsonSchema(schema.clone())))
            }
            _ => refuse("`response_format` needs a `json_schema` with a `schema`."),
        },
        Some(other) => Err(unsupported("response_format", &format!("The format `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(fields: &Value) -> Result<Option<Form>, ApiError> {
        serde_json::from_value::<FormFields>(fields.clone()).expect("fields").read()
    }

    #[test]
    fn every_form_is_read() {
        let schema = json!({"type": "object"});
        let kept = || Constraint::JsonSchema(schema.clone());
        for (fields, expected) in [
            (json!({}), None),
            (json!({"response_format": null, "grammar": null, "json_schema": null}), None),
            (json!({"response_format": {"type": "text"}, "grammar": ""}), None),
            (json!({"response_format": {"type": "json_object"}}), Some(Constraint::JsonObject)),
            (json!({"response_format": {"type": "json_object", "schema": schema}}), Some(kept())),
            (json!({"response_format": {"type": "json_schema", "schema": schema}}), Some(kept())),
            (
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}}}),
                Some(kept()),
            ),
            (json!({"json_schema": schema}), Some(kept())),
            (
                json!({"grammar": "root ::= \"a\""}),
                Some(Constraint::Gbnf("root ::= \"a\"".to_owned())),
            ),
        ] {
            let form = read(&fields).expect("well-formed");
            assert_eq!(form.map(|form| form.constraint), expected, "{fields}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused_by_name() {
        for (fields, param) in [
            (json!({"response_format": 5}), "response_format"),
            (json!({"response_format": {"type": "xml"}}), "response_format"),
            (json!({"response_format": {"type": "json_schema"}}), "response_format"),
            (
                json!({"response_format": {"type": "json_object"}, "grammar": "root ::= \"a\""}),
                "grammar",
            ),
        ] {
            let error = read(&fields).expect_err("it is wrong");
            assert_eq!(error.detail.param.as_deref(), Some(param), "{fields}");
        }
    }
}
