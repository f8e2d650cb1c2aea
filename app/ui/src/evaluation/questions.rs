//! The questions of a collection: read from and written to a file, one a line, and brought together
//! with those kept before.

use quire_domain::EvaluationQuestion;
use serde_json::Value;

/// Reads a file with one question a line; an error names the line.
///
/// A question without an identifier gets one when it is kept.
pub(crate) fn read_lines(text: &str) -> Result<Vec<EvaluationQuestion>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut questions = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let question = read_line(line)
            .map_err(|problem| format!("line {} is not a question: {problem}", index + 1))?;
        questions.push(question);
    }
    Ok(questions)
}

fn read_line(line: &str) -> Result<EvaluationQuestion, String> {
    let mut value: Value = serde_json::from_str(line).map_err(|_| "it is not JSON".to_owned())?;
    if let Some(object) = value.as_object_mut() {
        object.entry("id").or_insert_with(|| Value::String(String::new()));
    }
    let question: EvaluationQuestion =
        serde_json::from_value(value).map_err(|error| error.to_string())?;
    if question.question.trim().is_empty() {
        return Err("its `question` is empty".to_owned());
    }
    Ok(question)
}

/// Writes questions as [`read_lines`] reads them.
pub(crate) fn write_lines(questions: &[EvaluationQuestion]) -> String {
    let lines = questions.iter().filter_map(|question| serde_json::to_string(question).ok());
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

/// How many questions were new, and how many took another's place.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Merged {
    /// New ones.
    pub(crate) added: u64,
    /// Those whose identifier was there before.
    pub(crate) replaced: u64,
}

/// Puts questions among those kept: in place of the one with the same identifier, else at the end.
#[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "questions are kept on the server"))]
pub(crate) fn merge(kept: &mut Vec<EvaluationQuestion>, new: Vec<EvaluationQuestion>) -> Merged {
    let mut places: std::collections::HashMap<String, usize> =
        kept.iter().enumerate().map(|(place, one)| (one.id.clone(), place)).collect();
    let mut merged = Merged::default();
    let mut number = kept.len();
    for mut question in new {
        while question.id.is_empty() {
            number += 1;
            let id = format!("q{number}");
            if !places.contains_key(&id) {
                question.id = id;
            }
        }
        let before = places.get(&question.id).and_then(|place| kept.get_mut(*place));
        if let Some(before) = before {
            *before = question;
            merged.replaced += 1;
        } else {
            places.insert(question.id.clone(), kept.len());
            kept.push(question);
            merged.added += 1;
        }
    }
    merged
}

/// Returns whether a question names what search has to find.
pub(crate) fn names_documents(question: &EvaluationQuestion) -> bool {
    let EvaluationQuestion { documents, pages, grades, .. } = question;
    !documents.is_empty() || !pages.is_empty() || grades.values().any(|grade| *grade > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, text: &str) -> EvaluationQuestion {
        EvaluationQuestion {
            id: id.to_owned(),
            question: text.to_owned(),
            answerable: true,
            ..EvaluationQuestion::default()
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let mut asked = vec![question("a", "How heavy?"), question("b", "How long?")];
        asked[0].documents = vec!["pump.md".to_owned()];
        asked[1].answerable = false;
        let text = write_lines(&asked);
        assert_eq!(text.lines().count(), 2);
        assert_eq!(read_lines(&format!("\u{feff}{text}\n")), Ok(asked));
    }

    #[test]
    fn a_bad_line_is_named_with_what_is_wrong() {
        let check = |text: &str, message: &str| {
            let problem = read_lines(text).expect_err("it is refused");
            assert!(problem.contains(message), "{problem}");
        };
        check("{\"question\": \"x\"}\n\n{\"id\": \"a\"}", "line 3");
        check("{\"id\": \"a\"}", "missing field `question`");
        check("{\"question\": \" \"}", "is empty");
        check("What is this?", "not JSON");
        check("[1]", "line 1");
    }

    #[test]
    fn the_same_identifier_is_replaced_and_a_missing_one_is_made() {
        let mut kept = vec![question("q2", "old"), question("x", "stays")];
        let new = vec![question("q2", "new"), question("", "unnamed"), question("", "another")];
        assert_eq!(merge(&mut kept, new), Merged { added: 2, replaced: 1 });
        let texts: Vec<&str> = kept.iter().map(|one| one.question.as_str()).collect();
        assert_eq!(texts, ["new", "stays", "unnamed", "another"]);
        let ids: std::collections::HashSet<&str> = kept.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.len(), 4, "{ids:?}");
    }
}
