//! What a person names to be got: a model of the catalog, a repository, or an address.

use std::str::FromStr;

use quire_domain::ModelId;
use reqwest::Url;

use super::hub::stays;

/// What is to be got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reference {
    /// A name that the catalog may know, and a repository if it does not: `owner/name` with or without a quantisation.
    Named {
        /// The name.
        name: ModelId,
        /// Which of the repository's models: `Q4_K_M`, or the name of a file.
        variant: Option<String>,
    },
    /// A file at an address.
    File {
        /// The address.
        url: Url,
        /// The file's name.
        name: String,
    },
}

/// What is not a reference.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{value}` {problem}")]
pub struct InvalidReference {
    /// What was given.
    pub value: String,
    /// What is wrong, and what would be right.
    pub problem: &'static str,
}

/// The hosts whose addresses are those of repositories.
const HUBS: [&str; 3] = ["huggingface.co", "hf.co", "www.huggingface.co"];

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(value: &str) -> Result<Self, InvalidReference> {
        let refuse = |problem| InvalidReference { value: value.to_owned(), problem };
        let bare = value.strip_prefix("hf.co/").or_else(|| value.strip_prefix("huggingface.co/"));
        if let Some(bare) = bare {
            return named(bare).ok_or_else(|| refuse(NO_REPOSITORY));
        }
        if !value.contains("://") {
            return named(value).ok_or_else(|| refuse(NO_NAME));
        }
        let url = Url::parse(value).map_err(|_| refuse("is no address"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("is no address that begins with `https://` or `http://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("holds a password, which would be kept in files and logs"));
        }
        if url.host_str().is_some_and(|host| HUBS.contains(&host)) {
            return of_hub(&url).ok_or_else(|| refuse(NO_REPOSITORY));
        }
        let name = url.path_segments().and_then(|mut parts| parts.next_back());
        let name = name.filter(|name| stays(name) && name.to_lowercase().ends_with(".gguf"));
        let name = name.ok_or_else(|| refuse("does not end in the name of a `.gguf` file"))?;
        Ok(Self::File { name: name.to_owned(), url: url.clone() })
    }
}

const NO_NAME: &str =
    "is neither a model's name, such as `owner/name` or `owner/name:Q4_K_M`, nor an address";
const NO_REPOSITORY: &str = "names no repository, such as `hf.co/owner/name:Q4_K_M`";

fn named(text: &str) -> Option<Reference> {
    let (name, variant) = match text.split_once(':') {
        Some((name, variant)) if !variant.is_empty() => (name, Some(variant.to_owned())),
        Some(_) => return None,
        None => (text, None),
    };
    Some(Reference::Named { name: name.parse().ok()?, variant })
}

/// Reads an address of a repository, or of a file in one: `/owner/name/blob/main/file`.
fn of_hub(url: &Url) -> Option<Reference> {
    let parts: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    let (owner, rest) = parts.split_first()?;
    let (name, rest) = rest.split_first()?;
    let variant = match rest {
        [] | ["tree", ..] => None,
        ["blob" | "resolve", _, .., file] => Some((*file).to_owned()),
        _ => return None,
    };
    Some(Reference::Named { name: format!("{owner}/{name}").parse().ok()?, variant })
}

impl Reference {
    /// Gives the name under which a file at an address is kept: its host and its own.
    pub fn name_of_file(url: &Url, file: &str) -> Option<ModelId> {
        let stem = file.get(..file.len().checked_sub(".gguf".len())?)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain = |text: &str| -> String {
            text.chars().map(|c| if fits(c) { c } else { '-' }).collect()
        };
        format!("{}/{}", plain(url.host_str()?), plain(stem)).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_repositories_and_addresses_are_told_apart() {
        let check = |given: &str, name: &str, variant: Option<&str>| {
            let expected = Reference::Named {
                name: name.parse().expect("a name"),
                variant: variant.map(str::to_owned),
            };
            assert_eq!(given.parse(), Ok(expected), "{given}");
        };
        check("all-minilm", "all-minilm", None);
        check("a/b", "a/b", None);
        check("a/b:Q8_0", "a/b", Some("Q8_0"));
        check("hf.co/a/b:Q8_0", "a/b", Some("Q8_0"));
        check("https://huggingface.co/a/b", "a/b", None);
        check("https://huggingface.co/a/b/tree/main", "a/b", None);
        check("https://huggingface.co/a/b/resolve/main/x/b-Q4_0.gguf", "a/b", Some("b-Q4_0.gguf"));
        let file = "https://example.com:8443/models/b-q4.gguf?x=1".parse().expect("an address");
        let Reference::File { url, name } = file else { panic!("it is a file") };
        let id = Reference::name_of_file(&url, &name).expect("a name");
        assert_eq!((name.as_str(), id.as_str()), ("b-q4.gguf", "example.com/b-q4"));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for given in [
            "",
            "../a",
            "a/b:",
            "ftp://example.com/a.gguf",
            "https://me:secret@example.com/a.gguf",
            "https://example.com/a.zip",
            "https://example.com/%2e%2e%2fa.gguf",
            "https://huggingface.co/a",
        ] {
            let error = given.parse::<Reference>().expect_err(given);
            assert!(error.to_string().contains(&error.value), "{error}");
        }
    }
}
