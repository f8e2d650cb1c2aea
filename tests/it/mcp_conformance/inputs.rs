//! Tools of the fixture that ask the client something before they answer, in results of their own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ErrorData, InputRequiredResult,
    InputResponses,
};
use serde_json::{Map, Value, json};

use super::fixture::{made, said};

/// What the names of these tools begin with.
const PREFIX: &str = "test_input_required_result_";

/// How far calls are, by the states that clients were given. They are kept here: one that was not given out is refused.
#[derive(Clone, Default)]
pub struct States {
    steps: Arc<Mutex<HashMap<String, &'static str>>>,
}

impl States {
    /// Gives out a state that stands for a step.
    fn issue(&self, step: &'static str) -> String {
        let mut steps = self.steps.lock().expect("nobody panicked");
        let state = format!("{step}-{}", steps.len());
        steps.insert(state.clone(), step);
        state
    }

    /// Finds the step that a state stands for.
    fn find(&self, state: Option<&str>) -> Result<Option<&'static str>, ErrorData> {
        let Some(state) = state else { return Ok(None) };
        let steps = self.steps.lock().expect("nobody panicked");
        let wrong = || ErrorData::invalid_params("`requestState` was not given out here", None);
        steps.get(state).copied().map(Some).ok_or_else(wrong)
    }
}

/// What a client is asked.
pub struct Question(Value);

impl Question {
    /// Asks it alone.
    pub fn under(self, key: &str, state: Option<String>) -> InputRequiredResult {
        all([(key, self)], state)
    }
}

/// Asks the user for one value.
pub fn ask(message: &str, field: &str, kind: &str) -> Question {
    Question(json!({"method": "elicitation/create", "params": {
        "message": message,
        "requestedSchema": {
            "type": "object",
            "properties": {field: {"type": kind}},
            "required": [field],
        },
    }}))
}

/// Asks a model.
fn sample(text: &str) -> Question {
    Question(json!({"method": "sampling/createMessage", "params": {
        "messages": [{"role": "user", "content": {"type": "text", "text": text}}],
        "maxTokens": 100,
    }}))
}

/// Asks for folders.
fn roots() -> Question {
    Question(json!({"method": "roots/list", "params": {}}))
}

fn all<const N: usize>(
    questions: [(&str, Question); N],
    state: Option<String>,
) -> InputRequiredResult {
    let questions: Map<String, Value> =
        questions.into_iter().map(|(key, Question(request))| (key.to_owned(), request)).collect();
    InputRequiredResult::new(made(json!(questions)), state)
}

/// Gives the value that the user was asked for, if it was given.
pub fn accepted(responses: Option<&InputResponses>, key: &str, field: &str) -> Option<Value> {
    let response = responses?.get(key)?;
    let is_accepted = response["action"] == "accept";
    response["content"].get(field).filter(|_| is_accepted).cloned()
}

/// Answers a call of one of these tools; nothing if it is another.
pub fn answer(
    states: &States,
    request: &CallToolRequestParams,
    can: &ClientCapabilities,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let name = request.name.strip_prefix(PREFIX)?;
    Some(answer_one(name, states, request, can))
}

fn answer_one(
    name: &str,
    states: &States,
    request: &CallToolRequestParams,
    can: &ClientCapabilities,
) -> Result<CallToolResponse, ErrorData> {
    let step = states.find(request.request_state.as_deref())?;
    let responses = request.input_responses.as_ref();
    let text = |key: &str, field: &str| {
        accepted(responses, key, field).and_then(|value| value.as_str().map(str::to_owned))
    };
    let given = |key: &str| responses.and_then(|responses| responses.get(key));
    let has_roots = || given("client_roots").is_some_and(|given| given["roots"].is_array());
    let name_question = || ask("What is your name?", "name", "string");
    let asked = match name {
        "elicitation" => match text("user_name", "name") {
            Some(name) => return Ok(said(&format!("Hello, {name}!")).into()),
            None => name_question().under("user_name", None),
        },
        "sampling" => match given("capital_question") {
            Some(answer) => return Ok(said(&format!("It said: {}", answer["content"])).into()),
            None => sample("What is the capital of France?").under("capital_question", None),
        },
        "list_roots" if has_roots() => return Ok(said("There are roots.").into()),
        "list_roots" => roots().under("client_roots", None),
        "request_state" | "tampered_state" => {
            let is_given = accepted(responses, "confirm", "ok").is_some_and(|ok| ok.is_boolean());
            if is_given && step == Some("confirm") {
                return Ok(said("state-ok").into());
            }
            ask("Please confirm", "ok", "boolean").under("confirm", Some(states.issue("confirm")))
        }
        "multiple_inputs" => {
            let is_whole = text("user_name", "name").is_some() && given("greeting").is_some();
            if is_whole && has_roots() && step == Some("all") {
                return Ok(said("All is there.").into());
            }
            let greeting = sample("Generate a greeting");
            all(
                [("user_name", name_question()), ("greeting", greeting), ("client_roots", roots())],
                Some(states.issue("all")),
            )
        }
        "multi_round" => match (step, text("step1", "name"), text("step2", "color")) {
            (Some("second"), _, Some(_)) => return Ok(said("Both are there.").into()),
            (Some("first"), Some(_), _) | (Some("second"), ..) => {
                ask("Step 2: What is your favorite color?", "color", "string")
                    .under("step2", Some(states.issue("second")))
            }
            _ => ask("Step 1: What is your name?", "name", "string")
                .under("step1", Some(states.issue("first"))),
        },
        // It asks only what the client can answer.
        "capabilities" => match (&can.elicitation, &can.sampling) {
            _ if given("user_name").or(given("greeting")).is_some() => {
                return Ok(said("It is there.").into());
            }
            (Some(_), Some(_)) => all(
                [("user_name", name_question()), ("greeting", sample("Generate a greeting"))],
                None,
            ),
            (Some(_), None) => name_question().under("user_name", None),
            (None, Some(_)) => sample("Generate a greeting").under("greeting", None),
            (None, None) => return Ok(said("There is nobody to ask.").into()),
        },
        other => {
            let message = format!("there is no tool `{PREFIX}{other}`");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    Ok(asked.into())
}
