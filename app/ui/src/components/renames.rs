//! Renames: what collections were called, and what they are called now.

/// The renames that were heard of, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renames {
    heard: Vec<(String, String)>,
}

impl Renames {
    /// Takes note of a rename.
    pub(crate) fn add(&mut self, before: &str, after: &str) {
        self.heard.push((before.to_owned(), after.to_owned()));
    }

    /// Gives the present name of a collection that was called so at first.
    pub(crate) fn follow(&self, name: &str) -> String {
        self.heard.iter().fold(
            name.to_owned(),
            |name, (before, after)| {
                if name == *before { after.clone() } else { name }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_followed_through_all_its_renames() {
        let mut renames = Renames::default();
        renames.add("Old", "New");
        renames.add("Other", "Another");
        renames.add("New", "Newest");
        assert_eq!(renames.follow("Old"), "Newest");
        assert_eq!(renames.follow("Newest"), "Newest");
        assert_eq!(renames.follow("Manuals"), "Manuals");
    }
}
