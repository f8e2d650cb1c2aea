//! One line of the doctor's report.

use serde::Serialize;

/// How something is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It works.
    Ok,
    /// It works, but not for long or not for everything.
    Warning,
    /// It does not work.
    Broken,
}

impl Health {
    /// Shows the word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Broken => "BROKEN",
        }
    }
}

/// One thing that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Check {
    /// Reports that something works.
    pub fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, health: Health::Ok, detail: detail.into(), fix: None }
    }

    /// Reports something to keep an eye on, and what to do.
    pub fn warning(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, health: Health::Warning, detail: detail.into(), fix: Some(fix.into()) }
    }

    /// Reports something that does not work, and what to do.
    pub fn broken(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, health: Health::Broken, detail: detail.into(), fix: Some(fix.into()) }
    }
}
