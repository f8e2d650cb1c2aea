//! How a model is to predict. Settings of how fast it computes are passed over; one that would change what it says and
//! cannot be done is refused by its name.

use quire_domain::WhenFull;
use quire_engines::Constraint;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::kv::{Checkbox, KvConfig, KvField, KvStack};
use crate::http::error::ApiError;
use crate::http::v1::constraint::Form;
use crate::http::v1::options::{CommonOptions, Stop};
use crate::http::v1::tools::{ToolFields, ToolUse};

/// What begins the names of settings that are about predicting.
const PREFIX: &str = "llm.prediction.";

/// The template with which Python's SDK asks for text to be continued as it is.
const AS_IT_IS: &str = "{% for message in messages %}{{ message['content'] }}{% endfor %}";

/// What a prediction is to be like.
#[derive(Debug)]
pub struct PredictionConfig {
    /// The parameters that all protocols have.
    pub options: CommonOptions,
    /// The tools that may be called.
    pub tools: ToolUse,
    /// What the text must be like.
    pub form: Option<Form>,
    /// What the model is told first, if the chat does not say.
    pub system_prompt: Option<String>,
    /// Whether the words of the chat are continued as they are, without the model's template.
    pub is_text: bool,
    /// Whether thoughts are told as such; else they are words like others.
    pub tells_thoughts: bool,
    /// All settings, as they are told again.
    pub told: KvConfig,
}

/// The settings while they are read.
#[derive(Default)]
struct Reader {
    options: CommonOptions,
    stops: Vec<String>,
    tools: ToolFields,
    form: Option<Form>,
    system_prompt: Option<String>,
    is_text: bool,
    hides_thoughts: bool,
}

/// What the text must be like.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Structured {
    #[serde(rename = "type")]
    kind: StructuredKind,
    json_schema: Option<Value>,
    gbnf_grammar: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StructuredKind {
    None,
    Json,
    Gbnf,
}

/// Which tools there are.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Tools {
    None,
    ToolArray { tools: Option<Vec<Value>> },
}

/// Whether one may, must or must not be called.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Choice {
    Generic { mode: Mode },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    None,
    Auto,
    Required,
}

/// How names of tools are changed before the model sees them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Naming {
    PassThrough,
    RemoveSpecial,
    SnakeCase,
    CamelCase,
}

/// What happens when the context is full. The two ways of going on are one here: the oldest that is no instruction is
/// forgotten.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Overflow {
    StopAtLimit,
    TruncateMiddle,
    RollingWindow,
}

impl From<Overflow> for WhenFull {
    fn from(policy: Overflow) -> Self {
        match policy {
            Overflow::StopAtLimit => Self::Stop,
            Overflow::TruncateMiddle | Overflow::RollingWindow => Self::Shift,
        }
    }
}

/// How the chat is written for the model.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptTemplate {
    #[serde(rename = "jinjaPromptTemplate")]
    jinja: Option<JinjaTemplate>,
    #[serde(rename = "manualPromptTemplate")]
    manual: Option<Map<String, Value>>,
    stop_strings: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct JinjaTemplate {
    template: String,
}

#[derive(Debug, Deserialize)]
struct ThoughtParsing {
    enabled: bool,
}

#[derive(Debug, Deserialize)]
struct Mirostat {
    version: u8,
}

/// How much more likely a token is made.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Bias {
    Number(f64),
    /// `-inf`.
    Never(String),
}

impl PredictionConfig {
    /// Reads the settings.
    pub fn read(stack: KvStack) -> Result<Self, ApiError> {
        let told = stack.collapse();
        let mut reader = Reader::default();
        for field in &told.fields {
            if let Some(name) = field.key.strip_prefix(PREFIX) {
                reader.take(name, field)?;
            }
        }
        let stop = (!reader.stops.is_empty()).then_some(Stop::Many(reader.stops));
        Ok(Self {
            options: CommonOptions { stop, ..reader.options },
            tools: reader.tools.read()?,
            form: reader.form,
            system_prompt: reader.system_prompt,
            is_text: reader.is_text,
            tells_thoughts: !reader.hides_thoughts,
            told,
        })
    }
}

impl Reader {
    fn take(&mut self, name: &str, field: &KvField) -> Result<(), ApiError> {
        let options = &mut self.options;
        match name {
            "temperature" => options.temperature = Some(field.read()?),
            "maxPredictedTokens" => options.max_tokens = field.read::<Checkbox<i64>>()?.on(),
            "topKSampling" => options.top_k = Some(field.read::<f64>()? as i64),
            // What is off is not left to the model's preset.
            "topPSampling" => options.top_p = Some(on_or(field, 1.0)?),
            "minPSampling" => options.min_p = Some(on_or(field, 0.0)?),
            "repeatPenalty" => options.repeat_penalty = Some(on_or(field, 1.0)?),
            "llama.frequencyPenalty" => options.frequency_penalty = Some(on_or(field, 0.0)?),
            "llama.presencePenalty" => options.presence_penalty = Some(on_or(field, 0.0)?),
            "seed" => {
                options.seed = field.read::<Checkbox<i64>>()?.on().filter(|seed| *seed != -1);
            }
            "llama.locallyTypicalSampling" => options.typical_p = Some(on_or(field, 1.0)?),
            "llama.xtcProbability" => options.xtc_probability = Some(on_or(field, 0.0)?),
            "llama.xtcThreshold" => {
                options.xtc_threshold = field.read::<Checkbox<f32>>()?.on();
            }
            "llama.logitBias" => options.logit_bias = Some(logit_bias(field)?),
            "stopStrings" => self.stops.extend(field.read::<Vec<String>>()?),
            "systemPrompt" => {
                self.system_prompt = Some(field.read()?).filter(|text: &String| !text.is_empty());
            }
            "structured" => self.form = form(field)?,
            "tools" | "toolChoice" | "toolNaming" => self.take_tools(name, field)?,
            "promptTemplate" => self.take_template(field)?,
            "reasoning.enableThinking" => {
                if !field.read::<bool>()? {
                    options.reasoning_effort = Some("none".to_owned());
                }
            }
            "reasoning.budgetTokens" => match field.read::<Checkbox<u32>>()?.on() {
                None => {}
                Some(0) => options.reasoning_effort = Some("none".to_owned()),
                Some(_) => return Err(field.unsupported("A limit of the tokens to think with")),
            },
            "reasoning.parsing" => self.hides_thoughts = !field.read::<ThoughtParsing>()?.enabled,
            "contextOverflowPolicy" => options.when_full = Some(field.read::<Overflow>()?.into()),
            _ => refuse_samplers(name, field)?,
        }
        Ok(())
    }

    fn take_tools(&mut self, name: &str, field: &KvField) -> Result<(), ApiError> {
        match name {
            "tools" => {
                self.tools.tools = match field.read()? {
                    Tools::None => None,
                    Tools::ToolArray { tools } => tools.map(Value::Array),
                };
            }
            "toolChoice" => {
                let Choice::Generic { mode } = field.read()?;
                let word = match mode {
                    Mode::None => "none",
                    Mode::Auto => "auto",
                    Mode::Required => "required",
                };
                self.tools.tool_choice = Some(word.into());
            }
            _ => match field.read()? {
                // Names with other signs than letters, digits, `_`, `-` and `.` are refused by name.
                Naming::PassThrough | Naming::RemoveSpecial => {}
                Naming::SnakeCase | Naming::CamelCase => {
                    return Err(field.unsupported("Changing the names of tools"));
                }
            },
        }
        Ok(())
    }

    /// Takes a template that has the words of the chat continued as they are. The model's own is used for all else.
    fn take_template(&mut self, field: &KvField) -> Result<(), ApiError> {
        let template: PromptTemplate = field.read()?;
        let is_empty = |value: &Value| value.as_str().is_some_and(str::is_empty);
        let is_as_it_is = match (&template.jinja, &template.manual) {
            (Some(jinja), None) => jinja.template.trim() == AS_IT_IS,
            (None, Some(manual)) => manual.values().all(is_empty),
            _ => false,
        };
        if !is_as_it_is {
            return Err(field.unsupported("Another prompt template than the model's own"));
        }
        self.is_text = true;
        self.stops.extend(template.stop_strings.unwrap_or_default());
        Ok(())
    }
}

/// Reads a setting that can be off, and gives what it is then.
fn on_or(field: &KvField, off: f32) -> Result<f32, ApiError> {
    Ok(field.read::<Checkbox<f32>>()?.on().unwrap_or(off))
}

fn form(field: &KvField) -> Result<Option<Form>, ApiError> {
    let structured: Structured = field.read()?;
    let constraint = match (structured.kind, structured.json_schema, structured.gbnf_grammar) {
        (StructuredKind::None, ..) => return Ok(None),
        (StructuredKind::Json, None | Some(Value::Null), _) => Constraint::JsonObject,
        (StructuredKind::Json, Some(schema @ (Value::Object(_) | Value::Bool(_))), _) => {
            Constraint::JsonSchema(schema)
        }
        (StructuredKind::Gbnf, _, Some(grammar)) => Constraint::Gbnf(grammar),
        (StructuredKind::Json, ..) => {
            let message = "`jsonSchema` of `structured` must be a JSON schema.";
            return Err(ApiError::invalid(message).param(&field.key));
        }
        (StructuredKind::Gbnf, ..) => {
            let message = "`structured` of type `gbnf` needs a `gbnfGrammar`.";
            return Err(ApiError::invalid(message).param(&field.key));
        }
    };
    Ok(Some(Form { constraint, param: "llm.prediction.structured" }))
}

fn logit_bias(field: &KvField) -> Result<Value, ApiError> {
    let mut biases = Map::new();
    for (token, bias) in field.read::<Vec<(u32, Bias)>>()? {
        let bias = match bias {
            Bias::Number(bias) => bias,
            Bias::Never(word) if word == "-inf" => -100.0,
            Bias::Never(word) => {
                let message = format!("`{word}` is neither a number nor `-inf`.");
                return Err(ApiError::invalid(message).param(&field.key));
            }
        };
        biases.insert(token.to_string(), json!(bias));
    }
    Ok(Value::Object(biases))
}

/// Refuses samplers and other things that no engine here has, unless they are off; and what nobody has heard of.
fn refuse_samplers(name: &str, field: &KvField) -> Result<(), ApiError> {
    let is_on = match name {
        "toolCallStopStrings" => !field.read::<Vec<String>>()?.is_empty(),
        "contextPrefill" => !field.read::<Vec<Value>>()?.is_empty(),
        "logProbs" => field.read::<Checkbox<u32>>()?.on().is_some(),
        "speculativeDecoding.draftModel" => !field.read::<String>()?.is_empty(),
        "llama.tailFreeSampling" => on_or(field, 1.0)? < 1.0,
        "llama.mirostatSampling" => field.read::<Mirostat>()?.version != 0,
        // It says how fast it computes; the others say nothing without those above, and no picture is made smaller here.
        "llama.cpuThreads" => false,
        _ if name.starts_with("speculativeDecoding.") || name.starts_with("vision.") => false,
        _ => true,
    };
    if is_on { Err(field.unsupported(&format!("The setting `{name}`"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quire_engines::{Thinking, ToolChoice};

    fn read(fields: &[(&str, Value)]) -> Result<PredictionConfig, ApiError> {
        let fields: Vec<Value> = fields
            .iter()
            .map(|(name, value)| json!({"key": format!("{PREFIX}{name}"), "value": value}))
            .collect();
        let stack = json!({"layers": [{"layerName": "apiOverride", "config": {"fields": fields}}]});
        PredictionConfig::read(serde_json::from_value(stack).expect("a stack"))
    }

    #[test]
    fn settings_are_what_other_protocols_have() {
        let config = read(&[
            ("temperature", json!(0.5)),
            ("maxPredictedTokens", json!({"checked": true, "value": 7})),
            ("stopStrings", json!(["END"])),
            ("topPSampling", json!({"checked": false, "value": 0.9})),
            ("seed", json!({"checked": true, "value": 3})),
            ("llama.logitBias", json!([[5, "-inf"], [6, 2.5]])),
            ("systemPrompt", json!("Be short.")),
            ("reasoning.enableThinking", json!(false)),
            ("reasoning.parsing", json!({"enabled": false, "startString": "a", "endString": "b"})),
            ("contextOverflowPolicy", json!("rollingWindow")),
            ("llama.xtcProbability", json!({"checked": true, "value": 0.5})),
            ("llama.locallyTypicalSampling", json!({"checked": true, "value": 0.5})),
        ]);
        let config = config.expect("all can be done");
        let options = &config.options;
        assert_eq!(options.token_limit().expect("a limit"), Some(7));
        assert_eq!(
            (options.temperature, options.top_p, options.seed),
            (Some(0.5), Some(1.0), Some(3))
        );
        assert_eq!(options.stop_texts(), ["END"]);
        assert_eq!(options.logit_bias().expect("biases").len(), 2);
        assert_eq!(options.thinking(), Thinking::Prevented);
        assert_eq!(config.system_prompt.as_deref(), Some("Be short."));
        assert!(!config.tells_thoughts && !config.is_text);
        assert_eq!((options.xtc_probability, options.typical_p), (Some(0.5), Some(0.5)));
        assert_eq!(options.when_full, Some(WhenFull::Shift));
        assert_eq!(config.told.fields.len(), 12);
    }

    #[test]
    fn forms_tools_and_templates_are_read() {
        let schema = json!({"type": "object"});
        let config = read(&[("structured", json!({"type": "json", "jsonSchema": schema}))]);
        let form = config.expect("a schema").form.expect("a form");
        assert_eq!(form.constraint, Constraint::JsonSchema(schema));
        let tool = json!({"type": "function", "function": {"name": "f", "description": "F.", "parameters": {"type": "object", "properties": {}}}});
        let config = read(&[
            ("tools", json!({"type": "toolArray", "tools": [tool]})),
            ("toolChoice", json!({"type": "generic", "mode": "required"})),
        ]);
        let tools = config.expect("a tool").tools;
        assert_eq!((tools.tools.len(), tools.choice), (1, ToolChoice::Required));
        for template in [
            json!({"type": "jinja", "jinjaPromptTemplate": {"template": AS_IT_IS}, "stopStrings": []}),
            json!({"type": "manual", "manualPromptTemplate": {"beforeUser": "", "afterUser": ""}}),
        ] {
            assert!(read(&[("promptTemplate", template)]).expect("as it is").is_text);
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (name, value) in [
            ("draftModel", json!("a/draft")),
            ("speculativeDecoding.draftModel", json!("a/draft")),
            ("logProbs", json!({"checked": true, "value": 3})),
            ("llama.mirostatSampling", json!({"version": 2})),
            ("llama.tailFreeSampling", json!({"checked": true, "value": 0.5})),
            ("reasoning.budgetTokens", json!({"checked": true, "value": 10})),
            ("toolNaming", json!("snakeCase")),
            ("promptTemplate", json!({"type": "jinja", "jinjaPromptTemplate": {"template": "x"}})),
            ("structured", json!({"type": "gbnf"})),
            ("temperature", json!("warm")),
        ] {
            let error = read(&[(name, value)]).expect_err(name);
            assert_eq!(error.detail.param, Some(format!("{PREFIX}{name}")));
        }
        for (name, value) in [
            ("logProbs", json!({"checked": false, "value": 3})),
            ("llama.mirostatSampling", json!({"version": 0})),
            ("speculativeDecoding.draftModel", json!("")),
            ("llama.cpuThreads", json!(4)),
            ("structured", json!({"type": "none"})),
            ("tools", json!({"type": "none"})),
        ] {
            assert!(read(&[(name, value)]).is_ok(), "{name}");
        }
    }
}
