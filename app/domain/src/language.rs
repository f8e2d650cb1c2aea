//! The languages whose stems and stop words the keyword index knows.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{InvalidName, refuse};

macro_rules! languages {
    ($($variant:ident $code:literal $name:literal),+ $(,)?) => {
        /// A language of documents and questions, named on the wire by its ISO 639-1 code.
        ///
        /// `Unknown` (`und`) indexes words as they are written, without stems or stop words.
        #[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Language {
            /// Not detected yet, or not one of ours.
            #[default]
            #[serde(rename = "und")]
            Unknown,
            $(#[doc = $name] #[serde(rename = $code)] $variant,)+
        }

        impl Language {
            /// Every language but `Unknown`.
            pub const ALL: &[Language] = &[$(Language::$variant),+];

            /// Shows the ISO 639-1 code, or `und`.
            pub fn code(self) -> &'static str {
                match self {
                    Self::Unknown => "und",
                    $(Self::$variant => $code,)+
                }
            }

            /// Shows the English name.
            pub fn name(self) -> &'static str {
                match self {
                    Self::Unknown => "Unknown",
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

languages! {
    English "en" "English",
    German "de" "German",
    Dutch "nl" "Dutch",
    French "fr" "French",
    Spanish "es" "Spanish",
    Italian "it" "Italian",
    Portuguese "pt" "Portuguese",
    Swedish "sv" "Swedish",
    Danish "da" "Danish",
    Norwegian "no" "Norwegian",
    Finnish "fi" "Finnish",
    Russian "ru" "Russian",
}

impl FromStr for Language {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let known = Self::ALL.iter().chain([&Self::Unknown]);
        let wanted = value.to_lowercase();
        let problem = "is not one of en, de, nl, fr, es, it, pt, sv, da, no, fi, ru, und";
        let found = known.copied().find(|language| language.code() == wanted);
        found.ok_or_else(|| refuse("language", value, problem))
    }
}
