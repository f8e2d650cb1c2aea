//! What templates take for granted, because `transformers` renders them in Python: functions and filters that write as
//! Python does.

use jiff::Timestamp;
use jiff::fmt::strtime::{BrokenDownTime, Config};
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind};

/// Adds them to an environment.
pub fn add_to(environment: &mut Environment<'static>) {
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", strftime_now);
    environment.add_filter("tojson", tojson);
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Writes JSON as Python does: without escaping `<`, `>`, `&` and `'` for HTML.
fn tojson(value: &Value, indent: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    let escaped = minijinja::filters::tojson(value, indent, options)?.to_string();
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped.as_str();
    while let Some(start) = rest.find('\\') {
        text.push_str(&rest[..start]);
        let (escape, plain) = match &rest[start..] {
            code if code.starts_with("\\u003c") => (6, "<"),
            code if code.starts_with("\\u003e") => (6, ">"),
            code if code.starts_with("\\u0026") => (6, "&"),
            code if code.starts_with("\\u0027") => (6, "'"),
            // Any other escape is a backslash and a character of one byte.
            code => (2, code.get(..2).unwrap_or(code)),
        };
        text.push_str(plain);
        rest = rest.get(start + escape..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(Value::from_safe_string(text))
}

/// Shows the current time in UTC as `format` says, in the language of `strftime`.
fn strftime_now(format: &str) -> Result<String, Error> {
    strftime(format, Timestamp::now())
}

/// Writes a time as Python's `strftime` does; what is no directive stays as it is.
fn strftime(format: &str, time: Timestamp) -> Result<String, Error> {
    let config = Config::new().lenient(true);
    BrokenDownTime::from(time).to_string_with_config(&config, format).map_err(|error| {
        let message = format!("`{format}` cannot be written as a time");
        Error::new(ErrorKind::InvalidOperation, message).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_python_does() {
        let mut environment = Environment::new();
        add_to(&mut environment);
        let value = serde_json::json!({"b": "a <b> & \"c\" \\u003c", "a": [1, {}]});
        let write = |template: &str| {
            environment
                .render_str(
                    template,
                    minijinja::context! { value => crate::chat::template::values::shown(&value) },
                )
                .expect("it renders")
        };
        let spaced = r#"{"b": "a <b> & \"c\" \\u003c", "a": [1, {}]}"#;
        assert_eq!(write("{{ value | tojson }}"), spaced);
        assert_eq!(write("{{ value.a | tojson(indent=1) }}"), "[\n 1,\n {}\n]");
    }

    #[test]
    fn times_are_written_as_python_does() {
        let check = |format: &str, seconds: i64, expected: &str| {
            let time = Timestamp::from_second(seconds).expect("a time");
            assert_eq!(strftime(format, time).expect("it is written"), expected);
        };
        check("%d %b %Y %H:%M:%S %%", 0, "01 Jan 1970 00:00:00 %");
        check("%B %d, %Y", 1_709_164_800, "February 29, 2024");
        check("%Y-%m-%d", 1_735_689_599, "2024-12-31");
        check("%A %-d %I %p %j", 1_735_689_599, "Tuesday 31 11 PM 366");
        check("%E %", 0, "%E %");
    }
}
