//! Lists in parts, as OpenAI has them: the identifier of the last thing of a part asks for the next one.

use quire_service::{Order, Paging};
use serde::{Deserialize, Serialize};

use crate::http::error::ApiError;

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    limit: Option<usize>,
    order: Option<String>,
    after: Option<String>,
    before: Option<String>,
    /// Of files: only those for this.
    pub purpose: Option<String>,
    /// Of a collection's files: only those in this state.
    pub filter: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize)]
pub struct Listed<T> {
    object: &'static str,
    data: Vec<T>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// What became of something that was deleted.
#[derive(Debug, Serialize)]
pub struct Deleted {
    id: String,
    object: &'static str,
    #[serde(rename = "deleted")]
    is_gone: bool,
}

impl Deleted {
    /// Says that something is gone.
    pub fn new(id: String, object: &'static str) -> Self {
        Self { id, object, is_gone: true }
    }
}

/// How many things a part has, unless it is said, and at most.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Unless it is said.
    pub usual: usize,
    /// At most.
    pub most: usize,
}

impl Sizes {
    /// The sizes of most lists.
    pub const USUAL: Self = Self { usual: 20, most: 100 };
}

impl ListQuery {
    /// Reads which part is wanted. One thing more is asked for, which tells if there are more.
    pub fn paging(&self, sizes: Sizes) -> Result<Paging, ApiError> {
        let order = match self.order.as_deref() {
            None | Some("" | "desc") => Order::Descending,
            Some("asc") => Order::Ascending,
            Some(other) => {
                let message = format!("`order` is `{other}`; it must be `asc` or `desc`.");
                return Err(ApiError::invalid(message).param("order"));
            }
        };
        let limit = self.limit.unwrap_or(sizes.usual).clamp(1, sizes.most) + 1;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Ok(Paging { order, limit, after: given(&self.after), before: given(&self.before) })
    }
}

impl<T> Listed<T> {
    /// Makes a part of what was found, of which one thing may be too many.
    pub fn new<F>(
        mut found: Vec<F>,
        paging: &Paging,
        (id, show): (impl Fn(&F) -> String, impl Fn(F) -> T),
    ) -> Self {
        let has_more = found.len() >= paging.limit;
        if has_more && paging.after.is_none() && paging.before.is_some() {
            found.remove(0);
        } else if has_more {
            found.pop();
        }
        let (first_id, last_id) = (found.first().map(&id), found.last().map(&id));
        let data = found.into_iter().map(show).collect();
        Self { object: "list", data, first_id, last_id, has_more }
    }

    /// Makes a list that is whole.
    pub fn whole(data: Vec<T>, id: impl Fn(&T) -> Option<String>) -> Self {
        let (first_id, last_id) = (data.first().and_then(&id), data.last().and_then(&id));
        Self { object: "list", data, first_id, last_id, has_more: false }
    }
}

/// Gives seconds since the Unix epoch, as OpenAI tells times.
pub fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}
