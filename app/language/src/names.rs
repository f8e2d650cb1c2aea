//! Names: words that say which thing is meant, as far as their looks tell.

/// Finds the words of the names in a sentence, in order: those with a capital that do not begin it,
/// and those of capitals.
pub fn named(sentence: &str) -> Vec<&str> {
    let mut named = Vec::new();
    let mut starts_sentence = true;
    for word in sentence.split_whitespace() {
        let bare = bare(word);
        let letters = bare.chars().filter(|c| c.is_alphabetic());
        let capitals = letters.clone().filter(|c| c.is_uppercase()).count();
        let is_acronym = capitals >= 2 && capitals == letters.count();
        let is_name = capitals > 0 && (!starts_sentence || is_acronym);
        if is_name && bare.chars().count() > 1 {
            named.push(bare);
        }
        if !bare.is_empty() {
            starts_sentence = word.ends_with([':', '.', '!', '?']);
        }
    }
    named
}

/// Takes marks and the ending of a possessive off a word.
pub fn bare(word: &str) -> &str {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    bare.strip_suffix("'s").or_else(|| bare.strip_suffix("’s")).unwrap_or(bare)
}
