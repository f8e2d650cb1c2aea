//! What the catalog and the runtime's options say of how an embedding model is run.

use quire_domain::ModelId;

use crate::store::CatalogModel;
use crate::{Cut, EmbedderOptions, EngineError};

use super::RuntimeOptions;

/// Chooses how a model is run, or says why it cannot be run so.
pub fn embedder_options(
    model: &ModelId,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<EmbedderOptions, EngineError> {
    let prefix = |choose: fn(&CatalogModel) -> &String| {
        known.map(choose).filter(|prefix| !prefix.is_empty()).cloned()
    };
    Ok(EmbedderOptions {
        threads: options.threads,
        query_prefix: prefix(|known| &known.query_prefix),
        passage_prefix: prefix(|known| &known.passage_prefix),
        cut: cut(model, known, options)?,
        languages: known.and_then(CatalogModel::languages),
    })
}

fn cut(
    model: &ModelId,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<Option<Cut>, EngineError> {
    let Some(&dimensions) = options.dimensions.get(model) else { return Ok(None) };
    let possible = known.map(|known| known.dimensions.as_slice()).unwrap_or_default();
    if !possible.contains(&dimensions) {
        let possible: Vec<String> = possible.iter().map(ToString::to_string).collect();
        let reason = match possible.as_slice() {
            [] | [_] => "the catalog does not say that its vectors may be cut".to_owned(),
            _ => format!("its vectors may be cut to {}, not {dimensions}", possible.join(", ")),
        };
        return Err(EngineError::Load { model: model.clone(), reason });
    }
    let centred = known.is_some_and(|known| known.centred_before_cut);
    Ok(Some(Cut { dimensions, centred }))
}
