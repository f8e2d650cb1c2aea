//! Who may call: programs on this machine. The plugin sends a licence key of its own as a bearer
//! token, which means nothing here.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::MiyoError;
use crate::http::guard::local::is_owner;
use crate::http::state::AppState;

/// A caller on this machine, if the service is switched on.
pub struct LocalOnly;

impl FromRequestParts<AppState> for LocalOnly {
    type Rejection = MiyoError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, MiyoError> {
        if !state.options.callers.miyo {
            let detail = "This service is off; start Quire with `quire serve --miyo`.";
            return Err(MiyoError::missing(detail));
        }
        if is_owner(&parts.extensions) { Ok(Self) } else { Err(MiyoError::not_local()) }
    }
}
