//! How much was read for an answer that is about everything, and what became of the notes on it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// How much of the documents was read for an answer that is about all of them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// Documents read so far.
    pub documents_read: u32,
    /// Documents there are; more than a few are estimated until all are read.
    pub documents: u32,
    /// Passages read so far.
    pub passages_read: u32,
    /// Passages there are, estimated like the documents.
    pub passages: u32,
    /// Passages read whose notes were known from before.
    pub cached: u32,
    /// Notes that the model took and that their passage bears.
    #[serde(default)]
    pub notes: u32,
    /// Notes that were refused, for their passage does not bear them. Not part of `notes`.
    #[serde(default)]
    pub notes_refused: u32,
    /// Those of `notes` that found no room before the model; known when all is read.
    #[serde(default)]
    pub notes_without_room: u32,
    /// How long the rest will take, by what reading took so far.
    pub estimated_ms: u64,
}

impl Coverage {
    /// Says what became of the notes, such as `12 notes, 3 more refused`; nothing if there are none.
    pub fn describe_notes(&self) -> Option<String> {
        let Self { notes, notes_refused, notes_without_room, .. } = *self;
        if notes + notes_refused == 0 {
            return None;
        }
        let noun = if notes == 1 { "note" } else { "notes" };
        let mut said = format!("{notes} {noun}");
        if notes_without_room > 0 {
            let _ = write!(said, " ({notes_without_room} did not fit)");
        }
        if notes_refused > 0 {
            let _ = write!(said, ", {notes_refused} more refused: their passages do not bear them");
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_notes_are_told() {
        let told = |notes, notes_refused, notes_without_room| {
            Coverage { notes, notes_refused, notes_without_room, ..Coverage::default() }
                .describe_notes()
        };
        assert_eq!(told(0, 0, 0), None);
        assert_eq!(told(1, 0, 0).as_deref(), Some("1 note"));
        assert_eq!(told(9, 0, 4).as_deref(), Some("9 notes (4 did not fit)"));
        let refused = "0 notes, 2 more refused: their passages do not bear them";
        assert_eq!(told(0, 2, 0).as_deref(), Some(refused));
    }
}
