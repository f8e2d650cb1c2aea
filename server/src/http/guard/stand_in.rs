//! A model that stands in for another: clients have names of hosted models built in, and a header says whose words the
//! reply is.

use std::cell::RefCell;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use quire_domain::ModelId;

/// The header that names the model.
const HEADER: HeaderName = HeaderName::from_static("x-quire-stand-in");

tokio::task_local! {
    static STAND_IN: RefCell<Option<HeaderValue>>;
}

/// Notes that a model stands in for the one that the request names.
pub fn note(model: &ModelId) {
    let name = HeaderValue::from_str(model.as_str()).ok();
    // Outside a request there is nobody to tell.
    let _untold = STAND_IN.try_with(|noted| *noted.borrow_mut() = name);
}

/// Tells of a model that stood in.
pub async fn tell(request: Request, next: Next) -> Response {
    let answer = async {
        let response = next.run(request).await;
        (response, STAND_IN.with(RefCell::take))
    };
    let (mut response, noted) = STAND_IN.scope(RefCell::default(), answer).await;
    if let Some(name) = noted {
        response.headers_mut().insert(HEADER, name);
    }
    response
}
