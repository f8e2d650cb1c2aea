//! The prompts of the fixture.

use rmcp::model::{ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt};
use serde_json::{Value, json};

use super::fixture::made;
use super::inputs::{accepted, ask};
use super::tools::PICTURE;

/// Gives all of them.
pub fn list() -> Vec<Prompt> {
    let argument =
        |name: &str| json!({"name": name, "description": "Some text.", "required": true});
    made(json!([
        {"name": "test_simple_prompt", "description": "Says one thing."},
        {
            "name": "test_prompt_with_arguments",
            "description": "Says what it is given.",
            "arguments": [argument("arg1"), argument("arg2")],
        },
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "Has a resource in it.",
            "arguments": [argument("resourceUri")],
        },
        {"name": "test_prompt_with_image", "description": "Has a picture in it."},
        {"name": "test_input_required_result_prompt", "description": "Asks something first."},
    ]))
}

/// Gives one.
pub fn get(request: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let given = |name: &str| {
        let arguments = request.arguments.as_ref();
        let value = arguments.and_then(|arguments| arguments.get(name)).and_then(Value::as_str);
        value.ok_or_else(|| ErrorData::invalid_params(format!("`{name}` is missing"), None))
    };
    let text = |text: &str| json!({"type": "text", "text": text});
    let contents = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (given("arg1")?, given("arg2")?);
            vec![text(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let uri = given("resourceUri")?;
            let words = "Embedded resource content for testing.";
            let resource = json!({"uri": uri, "mimeType": "text/plain", "text": words});
            vec![
                json!({"type": "resource", "resource": resource}),
                text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => vec![
            json!({"type": "image", "data": PICTURE, "mimeType": "image/png"}),
            text("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => {
            let given = accepted(request.input_responses.as_ref(), "user_context", "context");
            let Some(context) = given else {
                let question = ask("What context should the prompt use?", "context", "string");
                return Ok(question.under("user_context", None).into());
            };
            vec![text(&format!("It is about {context}."))]
        }
        name => {
            let message = format!("there is no prompt `{name}`");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    let messages: Vec<Value> =
        contents.into_iter().map(|content| json!({"role": "user", "content": content})).collect();
    Ok(GetPromptResult::new(made(json!(messages))).into())
}
