//! Keys that paired devices hold, without what is secret about them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::DeviceId;
use crate::id::{InvalidName, refuse, string_newtype};

/// A key's name, from which the key cannot be told: 16 hexadecimal digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

string_newtype!(KeyId);

impl FromStr for KeyId {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        if value.len() != 16 || !value.chars().all(|c| c.is_ascii_hexdigit()) {
            let problem = "is not 16 hexadecimal digits; take it from the list of keys";
            return Err(refuse("key id", value, problem));
        }
        Ok(Self(value.to_ascii_lowercase()))
    }
}

/// A key of a source, `GET /api/sources/{sid}/keys`; the key itself is not known any more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedKey {
    /// Names it.
    pub id: KeyId,
    /// The device that holds it.
    pub device_id: DeviceId,
    /// What the device's owner calls it; empty until the device has said so.
    pub device_name: String,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at: i64,
    /// When it was last used, to the minute, in milliseconds since the Unix epoch.
    pub used_at: i64,
}

#[cfg(test)]
mod tests {
    use super::KeyId;

    #[test]
    fn a_name_is_sixteen_digits_in_lower_case() {
        let read = |value: &str| value.parse::<KeyId>().map(String::from).ok();
        assert_eq!(read("0123456789ABcdef").as_deref(), Some("0123456789abcdef"));
        for wrong in
            ["", "0123456789abcde", "0123456789abcdefg", "0123456789abcdeg", "%' OR 1=1 --abcd"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
