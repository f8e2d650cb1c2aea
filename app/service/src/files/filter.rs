//! Filters over what is attached to files: comparisons, and several of them together.

use std::cmp::Ordering;

use quire_domain::{AttributeValue, Attributes};
use serde::{Deserialize, Serialize};

/// A filter. An attribute that is missing equals nothing and is neither smaller nor larger than anything.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum AttributeFilter {
    /// The attribute is this.
    Eq(Comparison),
    /// It is not this.
    Ne(Comparison),
    /// It is larger.
    Gt(Comparison),
    /// It is this or larger.
    Gte(Comparison),
    /// It is smaller.
    Lt(Comparison),
    /// It is this or smaller.
    Lte(Comparison),
    /// It is one of these.
    In(Choice),
    /// It is none of these.
    Nin(Choice),
    /// All of these let it through.
    And {
        /// The filters.
        filters: Vec<AttributeFilter>,
    },
    /// One of these lets it through.
    Or {
        /// The filters.
        filters: Vec<AttributeFilter>,
    },
}

/// An attribute and a value.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Comparison {
    key: String,
    value: AttributeValue,
}

/// An attribute and several values.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Choice {
    key: String,
    value: Vec<AttributeValue>,
}

impl AttributeFilter {
    /// Returns whether the filter lets these attributes through.
    pub fn lets_through(&self, attributes: &Attributes) -> bool {
        match self {
            Self::Eq(wanted) => wanted.order(attributes) == Some(Ordering::Equal),
            Self::Ne(wanted) => wanted.order(attributes) != Some(Ordering::Equal),
            Self::Gt(wanted) => wanted.order(attributes) == Some(Ordering::Greater),
            Self::Gte(wanted) => wanted.order(attributes).is_some_and(Ordering::is_ge),
            Self::Lt(wanted) => wanted.order(attributes) == Some(Ordering::Less),
            Self::Lte(wanted) => wanted.order(attributes).is_some_and(Ordering::is_le),
            Self::In(choice) => choice.holds(attributes),
            Self::Nin(choice) => !choice.holds(attributes),
            Self::And { filters } => filters.iter().all(|one| one.lets_through(attributes)),
            Self::Or { filters } => filters.iter().any(|one| one.lets_through(attributes)),
        }
    }
}

impl Comparison {
    fn order(&self, attributes: &Attributes) -> Option<Ordering> {
        compare(attributes.get(&self.key)?, &self.value)
    }
}

impl Choice {
    fn holds(&self, attributes: &Attributes) -> bool {
        let Some(stated) = attributes.get(&self.key) else { return false };
        self.value.iter().any(|value| compare(stated, value) == Some(Ordering::Equal))
    }
}

/// Compares values of one sort; others have no order.
fn compare(one: &AttributeValue, other: &AttributeValue) -> Option<Ordering> {
    match (one, other) {
        (AttributeValue::Flag(one), AttributeValue::Flag(other)) => Some(one.cmp(other)),
        (AttributeValue::Number(one), AttributeValue::Number(other)) => one.partial_cmp(other),
        (AttributeValue::Text(one), AttributeValue::Text(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_compare_and_combine() {
        let attributes = json!({"year": 2024, "region": "EU", "is_final": true});
        let attributes: Attributes = serde_json::from_value(attributes).expect("attributes");
        let is = |kind: &str, key: &str, value: serde_json::Value| json!({"type": kind, "key": key, "value": value});
        for (filter, expected) in [
            (is("eq", "region", json!("EU")), true),
            (is("eq", "region", json!(2024)), false),
            (is("ne", "region", json!("US")), true),
            (is("ne", "author", json!("Ada")), true),
            (is("eq", "author", json!("Ada")), false),
            (is("gt", "year", json!(2023)), true),
            (is("gte", "year", json!(2024.0)), true),
            (is("lt", "year", json!(2024)), false),
            (is("lte", "author", json!("Z")), false),
            (is("in", "year", json!([2020, 2024])), true),
            (is("nin", "region", json!(["EU"])), false),
            (is("eq", "is_final", json!(true)), true),
            (
                json!({"type": "and", "filters": [is("eq", "region", json!("EU")),
                    {"type": "or", "filters": [is("lt", "year", json!(2000)), is("eq", "is_final", json!(true))]}]}),
                true,
            ),
        ] {
            let read: AttributeFilter = serde_json::from_value(filter.clone()).expect("a filter");
            assert_eq!(read.lets_through(&attributes), expected, "{filter}");
        }
    }
}
