//! Grammars in llama.cpp's notation, written in Lark's.
//!
//! The notation is described in llama.cpp's `grammars/README.md`: rules `name ::= ..` of texts, classes of characters, names,
//! groups, alternatives and repetitions. Both notations mean the same by all of it but the names and the escapes.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// What a rule of the original is called here, so that no name means something else to Lark.
const PREFIX: &str = "r_";

/// Writes a grammar in Lark's notation; its rule `start` is the original's `root`.
///
/// The error says what is wrong with the original.
pub fn to_lark(gbnf: &str) -> Result<String, String> {
    let mut reader = Reader { chars: gbnf.chars().peekable() };
    let mut lark = format!("start: {PREFIX}root\n");
    let mut has_root = false;
    reader.skip_blanks(true);
    while reader.chars.peek().is_some() {
        let name = reader.name().ok_or("a rule must begin with its name")?;
        reader.skip_blanks(false);
        reader.expect("::=")?;
        has_root |= name == "root";
        let _ = write!(lark, "{}:", rule(&name));
        let depth = reader.alternatives(&mut lark)?;
        if depth > 0 {
            return Err(format!("the rule `{name}` has a group that is not closed"));
        }
        lark.push('\n');
        reader.skip_blanks(true);
    }
    if has_root { Ok(lark) } else { Err("it has no rule `root`".to_owned()) }
}

fn rule(name: &str) -> String {
    // Lark has small letters for rules; capitals, hyphens and underscores stay apart.
    let mut rule = PREFIX.to_owned();
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' => rule.push(c),
            'A'..='Z' => rule.extend(['_', 'u', c.to_ascii_lowercase()]),
            '-' => rule.push_str("_h"),
            _ => rule.push_str("__"),
        }
    }
    rule
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    /// Passes over blanks and comments, and over ends of lines if told so.
    fn skip_blanks(&mut self, and_lines: bool) {
        while let Some(&c) = self.chars.peek() {
            match c {
                '#' => while self.chars.next_if(|c| *c != '\n').is_some() {},
                ' ' | '\t' => drop(self.chars.next()),
                '\n' | '\r' if and_lines => drop(self.chars.next()),
                _ => return,
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut name = String::new();
        while let Some(c) = self.chars.next_if(is_part) {
            name.push(c);
        }
        (!name.is_empty()).then_some(name)
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        for wanted in text.chars() {
            if self.chars.next() != Some(wanted) {
                return Err(format!("`{text}` is missing behind the name of a rule"));
            }
        }
        Ok(())
    }

    /// Writes what stands behind `::=`; gives how many groups are still open at its end.
    fn alternatives(&mut self, lark: &mut String) -> Result<usize, String> {
        let mut depth = 0_usize;
        // Nothing at all is a text of no letters.
        let mut is_empty = true;
        let mut may_break = true;
        loop {
            self.skip_blanks(may_break || depth > 0);
            may_break = false;
            let Some(&c) = self.chars.peek() else { break };
            if matches!(c, '\n' | '\r') {
                break;
            }
            match c {
                '"' => drop(write!(lark, " {}", quoted(&self.literal()?))),
                '[' => drop(write!(lark, " /{}/", self.class()?)),
                '.' => {
                    self.chars.next();
                    lark.push_str(" /(?s:.)/");
                }
                '(' => {
                    self.chars.next();
                    depth += 1;
                    lark.push_str(" (");
                    is_empty = true;
                    continue;
                }
                ')' | '|' => {
                    self.chars.next();
                    if is_empty {
                        lark.push_str(" \"\"");
                    }
                    if c == ')' {
                        depth = depth.checked_sub(1).ok_or("a `)` closes nothing")?;
                        lark.push_str(" )");
                    } else {
                        lark.push_str(" |");
                        is_empty = true;
                        may_break = true;
                        continue;
                    }
                }
                '*' | '+' | '?' if !is_empty => {
                    self.chars.next();
                    lark.push(c);
                }
                '{' if !is_empty => lark.push_str(&self.repetition()?),
                _ => match self.name() {
                    Some(name) => drop(write!(lark, " {}", rule(&name))),
                    None => return Err(format!("`{c}` cannot stand where it does")),
                },
            }
            is_empty = false;
        }
        if is_empty {
            lark.push_str(" \"\"");
        }
        Ok(depth)
    }

    /// Reads a text between quotation marks.
    fn literal(&mut self) -> Result<String, String> {
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next() {
                None => return Err("a text is not closed".to_owned()),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escaped()?),
                Some(c) => text.push(c),
            }
        }
    }

    /// Reads a class of characters, and writes it as a regular expression does.
    fn class(&mut self) -> Result<String, String> {
        self.chars.next();
        let mut class = String::from("[");
        if self.chars.next_if_eq(&'^').is_some() {
            class.push('^');
        }
        loop {
            let c = match self.chars.next() {
                None => return Err("a class of characters is not closed".to_owned()),
                Some(']') => {
                    class.push(']');
                    return Ok(class);
                }
                Some('-') => {
                    // Between two characters it is a range, and at an edge itself.
                    let is_edge = class.ends_with(['[', '^']) || self.chars.peek() == Some(&']');
                    class.push_str(if is_edge { "\\-" } else { "-" });
                    continue;
                }
                Some('\\') => self.escaped()?,
                Some(c) => c,
            };
            let _ = write!(class, "\\u{{{:x}}}", u32::from(c));
        }
    }

    fn escaped(&mut self) -> Result<char, String> {
        let digits = match self.chars.next() {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(c) if c.is_ascii_punctuation() => return Ok(c),
            _ => return Err("a backslash has no meaning where it stands".to_owned()),
        };
        let text: String = self.chars.by_ref().take(digits).collect();
        let number = (text.len() == digits).then(|| u32::from_str_radix(&text, 16).ok());
        number
            .flatten()
            .and_then(char::from_u32)
            .ok_or(format!("`{text}` is no number of a character"))
    }

    /// Reads `{2}`, `{2,}` or `{2,5}`.
    fn repetition(&mut self) -> Result<String, String> {
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) if c.is_ascii_digit() || c == ',' => text.push(c),
                Some(' ') => {}
                _ => break text.clear(),
            }
        }
        let (least, most) = text.split_once(',').unwrap_or((&text, &text));
        let is_number = |text: &str| text.parse::<u32>().is_ok();
        if !is_number(least) || !(most.is_empty() || is_number(most)) {
            return Err("a repetition has the form `{2}`, `{2,}` or `{2,5}`".to_owned());
        }
        Ok(format!("{{{text}}}"))
    }
}

/// Writes a text as Lark reads it, which has the escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_notation_is_written() {
        for (gbnf, lark) in [
            (r#"root ::= "a""#, r#"start: r_root|r_root: "a""#),
            (
                "root ::= x y?\nx ::= [a-z]+ # letters\ny ::= .",
                "start: r_root|r_root: r_x r_y?|r_x: /[\\u{61}-\\u{7a}]+/|r_y: /(?s:.)/",
            ),
            (r#"root ::= ("a" | "b"){2,3} |"#, r#"start: r_root|r_root: ( "a" | "b" ){2,3} | """#),
            (
                r#"root ::= "\x41\n\"" [^\]\-a]*"#,
                "start: r_root|r_root: \"A\\n\\\"\" /[^\\u{5d}\\u{2d}\\u{61}]/*",
            ),
            (
                "root ::= my-Rule\nmy-Rule ::=\n  \"a\" |\n  \"b\"",
                "start: r_root|r_root: r_my_h_urule|r_my_h_urule: \"a\" | \"b\"",
            ),
            ("root ::= [-a]", "start: r_root|r_root: /[\\-\\u{61}]/"),
            ("root ::= (\n \"a\"\n)", "start: r_root|r_root: ( \"a\" )"),
        ] {
            let written = to_lark(gbnf).expect("a grammar");
            // The repetition of a class stands behind its expression.
            let lark = lark.replace("]+/", "]/+");
            assert_eq!(written.trim_end().replace('\n', "|"), lark, "{gbnf}");
        }
    }

    #[test]
    fn what_is_no_grammar_is_told() {
        for (gbnf, reason) in [
            ("", "no rule `root`"),
            ("start ::= \"a\"", "no rule `root`"),
            ("root = \"a\"", "`::=` is missing"),
            ("root ::= \"a", "a text is not closed"),
            ("root ::= [a", "class of characters is not closed"),
            ("root ::= (\"a\"", "not closed"),
            ("root ::= \"a\")", "closes nothing"),
            ("root ::= *", "cannot stand"),
            ("root ::= \"a\"{x}", "a repetition has the form"),
            ("root ::= \"\\q\"", "a backslash has no meaning"),
            ("root ::= \"\\xZZ\"", "no number of a character"),
        ] {
            let error = to_lark(gbnf).expect_err("it is wrong");
            assert!(error.contains(reason), "{gbnf}: {error}");
        }
    }
}
