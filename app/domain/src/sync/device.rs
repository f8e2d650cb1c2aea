//! Devices that push a source, and how one is paired: a one-time code is traded for a key.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SourceId;
use crate::id::{CollectionName, InvalidName, refuse, string_newtype};

/// A random name of one installation of a client, kept for as long as it is installed: 1 to 80
/// ASCII letters, digits, `-`, `_` and `.`. Sent with every call as the header `X-Device-Id`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct DeviceId(String);

string_newtype!(DeviceId);

impl FromStr for DeviceId {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if value.is_empty() || value.len() > 80 || !value.chars().all(fits) {
            let problem = "is not 1 to 80 ASCII letters, digits, `-`, `_` and `.`";
            return Err(refuse("device id", value, problem));
        }
        Ok(Self(value.to_owned()))
    }
}

/// An installation of a client.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// Names it.
    pub id: DeviceId,
    /// What its owner calls it.
    #[serde(default)]
    pub name: String,
    /// What it runs on: `linux`, `macos`, `windows`, `ios` or `android`.
    #[serde(default)]
    pub platform: String,
    /// When it last called, in milliseconds since the Unix epoch; the server's to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<i64>,
}

impl Device {
    /// Returns whether its files are usually found without regard to case.
    pub fn folds_case(&self) -> bool {
        let platform = self.platform.to_lowercase();
        ["win", "mac", "darwin", "ios"].iter().any(|known| platform.starts_with(known))
    }
}

/// Asks for a pairing code, `POST /api/sources/pairing-codes`; only from the server's own machine.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingCodeRequest {
    /// The collection that the device may mirror into.
    pub collection: CollectionName,
    /// The source it may push, if there is one already; a new one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<SourceId>,
}

/// A code that one device may trade for a key, once and soon.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingCode {
    /// Eight letters and digits with a dash, such as `K7QM-4ZPD`; typed without regard to case.
    pub code: String,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at: i64,
}

/// Trades a code for a key, `POST /api/pair`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairRequest {
    /// The code.
    pub code: String,
    /// The device that asks.
    pub device: Device,
    /// The source that the device will create, if the code names none; the server chooses one
    /// if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<SourceId>,
}

/// A key, shown this once.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairReply {
    /// The key, sent as `Authorization: Bearer <key>`.
    pub key: String,
    /// What it opens: `sync:<source id>`.
    pub scope: String,
    /// The source that it opens, to be made or updated with `PUT /api/sources/{source_id}`.
    pub source_id: SourceId,
    /// The collection that the source must name.
    pub collection: CollectionName,
}
