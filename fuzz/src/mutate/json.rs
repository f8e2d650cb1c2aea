//! JSON, changed value by value: it stays JSON, so that what reads it comes further than its syntax.

use serde_json::{Value, json};

use super::chance::Chance;
use super::{CHARACTERS, NUMBERS};

/// Gives a value another one in its place: another value of the same text, one of another kind, or itself once more;
/// `None` if it is no JSON, or JSON without parts.
pub(super) fn change(data: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let mut whole: Value = serde_json::from_slice(data).ok()?;
    let count = count(&whole);
    if count < 2 {
        return None;
    }
    let other = nth(&mut whole, &mut chance.below(count))?.clone();
    let place = nth(&mut whole, &mut (1 + chance.below(count - 1)))?;
    *place = match (chance.below(4), place.take()) {
        (0, _) => other,
        (1, Value::Array(mut items)) => {
            items.extend(items.clone());
            Value::Array(items)
        }
        (1, value) => json!([value, other]),
        (2, Value::String(mut text)) => {
            let characters: Vec<char> = CHARACTERS.chars().chain(['/', '.', '*', '"']).collect();
            let at = chance.below(text.chars().count() + 1);
            let at = text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
            text.insert(at, chance.of(&characters).copied()?);
            Value::String(text)
        }
        _ => unlike(chance)?,
    };
    serde_json::to_vec(&whole).ok()
}

/// Makes a value that few fields expect.
fn unlike(chance: &mut Chance) -> Option<Value> {
    Some(match chance.below(8) {
        0 => Value::Null,
        1 => json!(chance.below(2) == 0),
        2 => json!([]),
        3 => json!({}),
        4 => json!(""),
        5 => json!("../x"),
        _ => serde_json::from_str(chance.of(NUMBERS)?).ok()?,
    })
}

/// Counts a value with all values in it.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Finds a value by its place, counted from the outside in and from front to back.
fn nth<'a>(value: &'a mut Value, before: &mut usize) -> Option<&'a mut Value> {
    if *before == 0 {
        return Some(value);
    }
    *before -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, before)),
        Value::Object(fields) => fields.values_mut().find_map(|field| nth(field, before)),
        _ => None,
    }
}
