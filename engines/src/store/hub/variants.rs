//! The models in a repository: one for each quantisation, each in one file or several, or one in safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use quire_domain::ModelFormat;

use super::{HubFile, Repository};
use crate::store::projector::{is_projector_name, rank};
use crate::store::safetensors::{INDEX, WEIGHTS};

/// A model that a repository has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Variant {
    /// How it is stored.
    pub format: ModelFormat,
    /// Such as `Q4_K_M`, by the names of its files.
    pub quantization: Option<String>,
    /// Its files, in order; a projector, with which it reads images, comes last.
    pub files: Vec<HubFile>,
}

/// The quantisations that are taken if none is named, best first: small enough for a laptop, and of them the least harm.
const USUAL: [&str; 8] = ["Q4_K_M", "Q4_K_S", "Q4_0", "Q5_K_M", "Q6_K", "Q8_0", "IQ4_XS", "F16"];
/// What a model in safetensors cannot be without, beside its weights.
const NEEDED: [&str; 2] = ["tokenizer.json", "config.json"];
/// What else says how it is used.
const USEFUL: [&str; 8] = [
    "modules.json",
    "chat_template.jinja",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
];

impl Variant {
    /// Adds up its files; `None` if the size of one is not told.
    pub fn size_bytes(&self) -> Option<u64> {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// Names it in a list.
    pub fn name(&self) -> &str {
        self.quantization.as_deref().unwrap_or(match self.format {
            ModelFormat::Gguf => "GGUF",
            ModelFormat::Safetensors => "safetensors",
            ModelFormat::Onnx => "ONNX",
        })
    }
}

/// Lists the models in a repository, the smallest first.
pub fn find_variants(repository: &Repository) -> Vec<Variant> {
    let mut groups: BTreeMap<String, Vec<HubFile>> = BTreeMap::new();
    for file in &repository.files {
        let path = Path::new(&file.path);
        let is_gguf = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf"));
        if is_gguf && !is_projector_name(file_name(&file.path)) {
            groups.entry(stem(&file.path)).or_default().push(file.clone());
        }
    }
    let projector = find_projector(repository);
    let mut variants: Vec<Variant> = groups
        .into_iter()
        .filter(|(_, files)| is_whole(files))
        .map(|(stem, mut files)| {
            files.sort_by(|a, b| a.path.cmp(&b.path));
            files.extend(projector.cloned());
            Variant { format: ModelFormat::Gguf, quantization: quantization(&stem), files }
        })
        .collect();
    variants.extend(safetensors(repository));
    variants.sort_by_key(|variant| variant.size_bytes().unwrap_or(u64::MAX));
    variants
}

/// Chooses the model of a quantisation, or the usual one if none is named.
pub fn choose<'a>(variants: &'a [Variant], wanted: Option<&str>) -> Option<&'a Variant> {
    let find = |name: &str| {
        variants.iter().find(|one| {
            one.quantization.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name))
                || one.files.first().is_some_and(|file| file_name(&file.path) == name)
        })
    };
    match wanted {
        Some(name) => find(name),
        None => USUAL.iter().find_map(|name| find(name)).or_else(|| variants.first()),
    }
}

/// Finds the projector of a repository's models: of several the one with the best type of numbers.
fn find_projector(repository: &Repository) -> Option<&HubFile> {
    let of_images = repository.files.iter().filter(|file| is_projector_name(file_name(&file.path)));
    of_images.min_by_key(|file| {
        let stem = &file.path[..file.path.len() - ".gguf".len()];
        (rank(quantization(stem).as_deref()), &file.path)
    })
}

fn safetensors(repository: &Repository) -> Option<Variant> {
    let find = |name: &&str| repository.files.iter().find(|file| file.path == **name).cloned();
    let needed: Option<Vec<HubFile>> = NEEDED.iter().map(find).collect();
    let weights = match find(&WEIGHTS) {
        Some(whole) => vec![whole],
        None => parts(repository)?.into_iter().chain([find(&INDEX)?]).collect(),
    };
    let useful = USEFUL.iter().filter_map(find);
    let files = weights.into_iter().chain(needed?).chain(useful).collect();
    Some(Variant { format: ModelFormat::Safetensors, quantization: None, files })
}

/// Lists the parts of weights in safetensors, in order; `None` if they are not all there.
fn parts(repository: &Repository) -> Option<Vec<HubFile>> {
    let count = |file: &HubFile| {
        let stem = file.path.strip_prefix("model-")?.strip_suffix(".safetensors")?;
        stem.split_once("-of-")?.1.parse::<usize>().ok()
    };
    let mut parts: Vec<HubFile> =
        repository.files.iter().filter(|file| count(file).is_some()).cloned().collect();
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    (parts.first().and_then(count) == Some(parts.len())).then_some(parts)
}

/// The path of a model without what numbers its parts.
fn stem(path: &str) -> String {
    let stem = &path[..path.len() - ".gguf".len()];
    match split_of(path) {
        Some(_) => stem[..stem.len() - "-00001-of-00001".len()].to_owned(),
        None => stem.to_owned(),
    }
}

/// Reads which part of how many a file is: `..-00002-of-00003.gguf`.
pub fn split_of(path: &str) -> Option<(u32, u32)> {
    let stem = path.get(..path.len().checked_sub(".gguf".len())?)?;
    let (rest, count) = stem.rsplit_once("-of-")?;
    let (_, number) = rest.rsplit_once('-')?;
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let both = is_number(number) && is_number(count);
    both.then(|| Some((number.parse().ok()?, count.parse().ok()?))).flatten()
}

/// Returns whether all parts of a model are there.
fn is_whole(files: &[HubFile]) -> bool {
    match files.iter().find_map(|file| split_of(&file.path)) {
        Some((_, count)) => files.len() == count as usize,
        None => files.len() == 1,
    }
}

/// Reads a quantisation off a name: its last part that looks like one.
fn quantization(stem: &str) -> Option<String> {
    let is_kind = |part: &str| {
        let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        part.strip_prefix("IQ").is_some_and(digit)
            || part.strip_prefix("TQ").is_some_and(digit)
            || part.strip_prefix('Q').is_some_and(digit)
            || matches!(part, "F32" | "F16" | "BF16" | "MXFP4")
    };
    let upper = stem.to_ascii_uppercase();
    let mut parts = upper.rsplit(['-', '.', '/']);
    parts.find(|part| is_kind(part)).map(str::to_owned)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(files: &[(&str, u64)]) -> Repository {
        let file = |(path, size): &(&str, u64)| HubFile {
            path: (*path).to_owned(),
            size_bytes: Some(*size),
            sha256: None,
        };
        Repository {
            id: "a/b".to_owned(),
            revision: "main".to_owned(),
            licence: None,
            is_gated: false,
            files: files.iter().map(file).collect(),
        }
    }

    #[test]
    fn quantisations_parts_and_projectors_are_told_apart() {
        let variants = find_variants(&repository(&[
            ("README.md", 1),
            ("b-Q8_0.gguf", 80),
            ("b.q4_k_m.gguf", 40),
            ("mmproj-b-BF16.gguf", 6),
            ("mmproj-b-f16.gguf", 5),
            ("mmproj-b-f32.gguf", 9),
            ("BF16/b-BF16-00002-of-00002.gguf", 80),
            ("BF16/b-BF16-00001-of-00002.gguf", 80),
            ("b-Q6_K-00001-of-00003.gguf", 20),
        ]));
        let told: Vec<_> =
            variants.iter().map(|one| (one.name(), one.files.len(), one.size_bytes())).collect();
        let expected = [("Q4_K_M", 2, Some(45)), ("Q8_0", 2, Some(85)), ("BF16", 3, Some(165))];
        assert_eq!(told, expected);
        let last = |variant: &Variant| variant.files.last().map(|file| file.path.clone());
        assert!(variants.iter().all(|one| last(one).as_deref() == Some("mmproj-b-f16.gguf")));
        assert!(variants[2].files[0].path.contains("00001"), "parts are in order");
        let name = |wanted| choose(&variants, wanted).map(Variant::name);
        assert_eq!(name(None), Some("Q4_K_M"));
        assert_eq!(name(Some("q8_0")), Some("Q8_0"));
        assert_eq!(name(Some("Q2_K")), None);
    }

    #[test]
    fn safetensors_come_with_what_they_need() {
        let whole = [("model.safetensors", 90), ("tokenizer.json", 5), ("config.json", 1)];
        let variants = find_variants(&repository(&whole));
        assert_eq!((variants.len(), variants[0].name()), (1, "safetensors"));
        assert_eq!(find_variants(&repository(&whole[..2])), []);
        let parts = [
            ("model-00002-of-00002.safetensors", 40),
            ("model-00001-of-00002.safetensors", 90),
            ("model.safetensors.index.json", 1),
            ("tokenizer.json", 5),
            ("config.json", 1),
            ("chat_template.jinja", 1),
        ];
        let variants = find_variants(&repository(&parts));
        assert_eq!((variants.len(), variants[0].files.len()), (1, 6));
        assert!(variants[0].files[0].path.contains("00001"), "parts are in order");
        assert_eq!(find_variants(&repository(&parts[1..])), [], "a part is missing");
    }
}
