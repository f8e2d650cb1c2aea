//! How much of a mirror may be deleted unasked: a folder may be half loaded, or not mounted.

use std::str::FromStr;

use quire_domain::sync::DeleteGuard;

/// How many deletions go through without anybody being asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DeleteLimit {
    /// 20, or a fifth of all, whichever is more; never all because the folder is empty.
    #[default]
    Cautious,
    /// This many.
    Files(u64),
    /// This many of a hundred; 100 lets everything through.
    Percent(u64),
}

impl DeleteLimit {
    /// Tells if as many as `guard` counts may go.
    pub fn allows(self, guard: DeleteGuard, folder_is_empty: bool) -> bool {
        let DeleteGuard { would_delete, of, .. } = guard;
        match self {
            Self::Cautious => {
                let is_wiped = folder_is_empty && would_delete > 0;
                !is_wiped && !DeleteGuard::new(would_delete, of).needs_confirm
            }
            Self::Files(most) => would_delete <= most,
            Self::Percent(most) => would_delete.saturating_mul(100) <= most.saturating_mul(of),
        }
    }
}

impl FromStr for DeleteLimit {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, String> {
        let (number, is_percent) = match value.strip_suffix('%') {
            Some(number) => (number, true),
            None => (value, false),
        };
        match number.trim().parse() {
            Ok(percent) if is_percent && percent <= 100 => Ok(Self::Percent(percent)),
            Ok(files) if !is_percent => Ok(Self::Files(files)),
            _ => Err(format!("`{value}` is neither a number of files nor 0% to 100%")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_deletions_and_an_empty_folder_are_held_back() {
        for (limit, would_delete, of, is_empty, allowed) in [
            ("", 20, 25, false, true),
            ("", 21, 25, false, false),
            ("", 200, 1000, false, true),
            ("", 1, 1, true, false),
            ("", 0, 0, true, true),
            ("5", 5, 1000, false, true),
            ("5", 6, 1000, false, false),
            ("50%", 500, 1000, false, true),
            ("50%", 501, 1000, false, false),
            ("100%", 1000, 1000, true, true),
        ] {
            let parsed = match limit {
                "" => DeleteLimit::Cautious,
                limit => limit.parse().expect("a limit"),
            };
            let guard = DeleteGuard::new(would_delete, of);
            assert_eq!(parsed.allows(guard, is_empty), allowed, "{limit}: {would_delete} of {of}");
        }
        for wrong in ["", "%", "101%", "-1", "many"] {
            assert!(wrong.parse::<DeleteLimit>().is_err(), "{wrong}");
        }
    }
}
