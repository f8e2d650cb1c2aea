//! When a key was last used. It is for people, who want to know which keys are in use, so that a minute is exact enough:
//! a busy client would otherwise have the catalog written to with each of its requests.

/// For how long a use that was noted stands for those after it.
const EXACT_TO_MS: i64 = 60_000;

/// Returns whether a use now is to be noted, when the last one that was noted is this. A clock that was set back does not
/// keep a key looking used in the future.
pub(super) fn is_use_worth_noting(noted_ms: Option<i64>, now_ms: i64) -> bool {
    noted_ms.is_none_or(|noted| noted > now_ms || now_ms - noted >= EXACT_TO_MS)
}

#[cfg(test)]
mod tests {
    use super::is_use_worth_noting;

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let now = 10_000_000;
        for (noted, expected) in [
            (None, true),
            (Some(now), false),
            (Some(now - 59_999), false),
            (Some(now - 60_000), true),
            (Some(now + 1), true),
        ] {
            assert_eq!(is_use_worth_noting(noted, now), expected, "{noted:?}");
        }
    }
}
