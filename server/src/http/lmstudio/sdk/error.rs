//! Errors as the SDKs read them: a title, and for some a code that decides which class a client raises.

use quire_service::ServiceError;
use serde::Serialize;

use super::specifier::ModelQuery;
use crate::http::error::ApiError;
use crate::http::v1::error::from_service;

/// The most names of models that an error tells.
const SAMPLE: usize = 10;

/// An error on its way to a client.
#[derive(Debug)]
pub struct Refusal {
    /// The error as other protocols have it.
    pub error: ApiError,
    display: Option<Box<DisplayData>>,
}

/// An error as it is sent.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireError {
    title: String,
    error_data: ErrorData,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_data: Option<Box<DisplayData>>,
}

/// What programs know an error by in other protocols.
#[derive(Clone, Debug, Serialize)]
struct ErrorData {
    status: u16,
    code: Option<String>,
    param: Option<String>,
}

/// What clients make an error of their own of.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "code", rename_all_fields = "camelCase")]
enum DisplayData {
    #[serde(rename = "generic.noModelMatchingQuery")]
    NoModel { query: ModelQuery, loaded_models_sample: Vec<String>, total_loaded_models: usize },
    #[serde(rename = "generic.domainMismatch")]
    OtherDomain { path: String, actual_domain: &'static str, expected_domain: &'static str },
    #[serde(rename = "generic.presetNotFound")]
    NoPreset {
        specified_fuzzy_preset_identifier: String,
        available_presets_sample: [(); 0],
        total_available_presets: usize,
    },
}

impl Refusal {
    /// Says that no model is what was asked for.
    pub fn no_model(error: ApiError, query: ModelQuery, loaded: &[String]) -> Self {
        let display = DisplayData::NoModel {
            query,
            loaded_models_sample: loaded.iter().take(SAMPLE).cloned().collect(),
            total_loaded_models: loaded.len(),
        };
        Self { error, display: Some(Box::new(display)) }
    }

    /// Returns whether it says that no model is what was asked for.
    pub fn is_missing_model(&self) -> bool {
        matches!(self.display.as_deref(), Some(DisplayData::NoModel { .. }))
    }

    /// Says that a model is of another sort than the one that was asked for.
    pub fn other_domain(model: &str, actual: &'static str, expected: &'static str) -> Self {
        let message = format!("`{model}` is of the sort `{actual}`, not `{expected}`.");
        let display = DisplayData::OtherDomain {
            path: model.to_owned(),
            actual_domain: actual,
            expected_domain: expected,
        };
        let error = ApiError::invalid(message).param("modelKey");
        Self { error, display: Some(Box::new(display)) }
    }

    /// Says that there are no presets by name.
    pub fn no_preset(name: String) -> Self {
        let message = format!(
            "There is no preset `{name}`: a model has one preset, which `quire models preset` settles, and which counts without being named."
        );
        let display = DisplayData::NoPreset {
            specified_fuzzy_preset_identifier: name,
            available_presets_sample: [],
            total_available_presets: 0,
        };
        let error = ApiError::new(quire_domain::ErrorKind::NotFound, message);
        let error = error.param("fuzzyPresetIdentifier");
        Self { error, display: Some(Box::new(display)) }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, display: None }
    }
}

impl From<ServiceError> for Refusal {
    fn from(error: ServiceError) -> Self {
        from_service(error).into()
    }
}

impl From<Refusal> for WireError {
    fn from(Refusal { error, display }: Refusal) -> Self {
        let status = error.status.as_u16();
        let detail = *error.detail;
        let error_data = ErrorData { status, code: detail.code, param: detail.param };
        Self { title: detail.message, error_data, display_data: display }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::v1::error::model_not_found;
    use serde_json::json;

    #[test]
    fn a_model_that_is_not_there_has_the_code_that_clients_know() {
        let query = ModelQuery { identifier: Some("none".to_owned()), ..ModelQuery::default() };
        let refusal =
            Refusal::no_model(model_not_found("No.".to_owned()), query, &["a".to_owned()]);
        let wire = json!(WireError::from(refusal));
        assert_eq!(
            wire,
            json!({
                "title": "No.",
                "errorData": {"status": 404, "code": "model_not_found", "param": "model"},
                "displayData": {
                    "code": "generic.noModelMatchingQuery", "query": {"identifier": "none"},
                    "loadedModelsSample": ["a"], "totalLoadedModels": 1,
                },
            })
        );
    }
}
