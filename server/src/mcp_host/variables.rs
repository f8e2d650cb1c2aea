//! Variables in `mcp.json`: `${NAME}`, `${env:NAME}` and `${NAME:-otherwise}` stand for what the environment has, so that
//! keys need not be written into the file.

/// Puts values in the place of variables; a variable that has no value is an error that names it.
pub fn expand(text: &str, find: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        whole.push_str(before);
        let Some((inner, behind)) = after.split_once('}') else {
            return Err(format!("`${{{after}` has no closing brace"));
        };
        let inner = inner.strip_prefix("env:").unwrap_or(inner);
        let (name, otherwise) = match inner.split_once(":-") {
            Some((name, otherwise)) => (name, Some(otherwise)),
            None => (inner, None),
        };
        match find(name).or_else(|| otherwise.map(str::to_owned)) {
            Some(value) => whole.push_str(&value),
            None => return Err(format!("the variable `{name}` is not set")),
        }
        rest = behind;
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_are_replaced_and_what_is_missing_is_named() {
        let find = |name: &str| (name == "KEY").then(|| "s3cret".to_owned());
        for (text, expected) in [
            ("plain $KEY", Ok("plain $KEY")),
            ("Bearer ${KEY}", Ok("Bearer s3cret")),
            ("${env:KEY}/${KEY}", Ok("s3cret/s3cret")),
            ("${NONE:-here}", Ok("here")),
            ("${NONE:-}", Ok("")),
            ("${NONE}", Err("the variable `NONE` is not set")),
            ("a${KEY", Err("`${KEY` has no closing brace")),
        ] {
            let read = expand(text, &find);
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
