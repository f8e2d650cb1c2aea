//! What a line at the prompt means: a command if it begins with a slash, else a question.

/// What the commands do.
pub const HELP: &str = "\
/system TEXT  sets what the answers are to be like; without TEXT it shows that
/clear        forgets what was said before
/exit         ends the chat, as Ctrl-D does
Ctrl-C        stops the answer";

/// What a line means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command<'a> {
    /// The line is empty.
    Nothing,
    /// A question is asked.
    Ask(&'a str),
    /// The system message is shown.
    ShowSystem,
    /// The system message is set.
    SetSystem(&'a str),
    /// What was said is forgotten.
    Clear,
    /// The commands are explained.
    Help,
    /// The chat ends.
    Exit,
    /// There is no such command.
    Unknown(&'a str),
}

impl<'a> Command<'a> {
    /// Reads a line. A path such as `/etc/hosts` is a question, as is whatever else is no word behind its slash.
    pub fn read(line: &'a str) -> Self {
        let line = line.trim();
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let is_command = name.strip_prefix('/').is_some_and(|name| {
            !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphabetic())
        });
        match (name, rest) {
            ("", _) => Self::Nothing,
            _ if !is_command => Self::Ask(line),
            ("/system", "") => Self::ShowSystem,
            ("/system", text) => Self::SetSystem(text),
            ("/clear", _) => Self::Clear,
            ("/help", _) => Self::Help,
            ("/exit" | "/quit" | "/bye", _) => Self::Exit,
            (name, _) => Self::Unknown(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Command;

    #[test]
    fn lines_are_commands_or_questions() {
        for (line, expected) in [
            ("", Command::Nothing),
            ("  ", Command::Nothing),
            (" Who? ", Command::Ask("Who?")),
            ("/etc/hosts says what?", Command::Ask("/etc/hosts says what?")),
            ("/ 2", Command::Ask("/ 2")),
            ("/system", Command::ShowSystem),
            ("/system  Be brief. ", Command::SetSystem("Be brief.")),
            ("/clear", Command::Clear),
            ("/help", Command::Help),
            ("/exit", Command::Exit),
            ("/quit", Command::Exit),
            ("/sytem x", Command::Unknown("/sytem")),
        ] {
            assert_eq!(Command::read(line), expected, "`{line}`");
        }
    }
}
