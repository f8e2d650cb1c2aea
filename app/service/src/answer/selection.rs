//! The selection: the passages of an answer on their way from search to the prompt.
//!
//! What was found enters it, and nothing leaves it but with a reason, so that the receipt accounts
//! for all of it: passages before the model, those joined to them, and those dropped.

use std::cmp::Reverse;

use quire_domain::{DropReason, Hit, PassageUse, SearchAccount};

use super::passages::Passage;

/// Passages, best first, with the account of those that are no longer among them.
#[derive(Default)]
pub struct Selection {
    passages: Vec<Passage>,
    dropped: Vec<PassageUse>,
    found: usize,
    search: SearchAccount,
}

impl Selection {
    /// Makes an empty one after a search.
    pub fn after(search: SearchAccount) -> Self {
        Self { found: search.over_limit as usize, search, ..Self::default() }
    }

    /// Lets a passage in that was found, behind the others.
    pub fn add(&mut self, passage: Passage) {
        self.found += 1;
        self.passages.push(passage);
    }

    /// Notes that a hit cannot be read any more.
    pub fn lose(&mut self, hit: Hit) {
        self.found += 1;
        self.dropped.push(PassageUse {
            chunk_id: hit.chunk_id,
            document: hit.document,
            page: hit.page,
            tokens: 0,
            used: false,
            joined: Vec::new(),
            shortened: false,
            reason: Some(DropReason::Gone),
        });
    }

    /// Lets in all of another one, behind these.
    pub fn append(&mut self, other: Self) {
        self.passages.extend(other.passages);
        self.dropped.extend(other.dropped);
        self.found += other.found;
        self.search.over_limit += other.search.over_limit;
    }

    /// Returns whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found == 0
    }

    /// Shows the passages that are in it now.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Gives the passages without their account, for what is no answer.
    pub fn into_passages(self) -> Vec<Passage> {
        self.passages
    }

    /// Returns whether something was dropped for want of room, or shortened.
    pub fn lacks_room(&self) -> bool {
        let budget = |one: &PassageUse| one.reason == Some(DropReason::Budget);
        self.dropped.iter().any(budget) || self.passages.iter().any(|passage| passage.shortened)
    }

    /// Drops the passages that `keep` does not want; it sees them in order and may shorten them.
    pub fn retain(&mut self, reason: DropReason, mut keep: impl FnMut(&mut Passage) -> bool) {
        for mut passage in std::mem::take(&mut self.passages) {
            if keep(&mut passage) {
                self.passages.push(passage);
            } else {
                self.dropped.push(PassageUse { reason: Some(reason), ..passage.account() });
            }
        }
    }

    /// Orders the passages by keys, one a passage and in their order. Equals stay as they stand.
    pub fn order_by<K: Ord>(&mut self, keys: Vec<K>) {
        let mut keyed: Vec<(K, Passage)> =
            keys.into_iter().zip(std::mem::take(&mut self.passages)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        self.passages.extend(keyed.into_iter().map(|(_, passage)| passage));
    }

    /// Joins passages to earlier ones. `partner` is given the place of a passage, those that stand
    /// before it by now, and the passage, and names the place among them of the one to join it to.
    pub fn join(&mut self, partner: impl Fn(usize, &[Passage], &Passage) -> Option<usize>) {
        for (index, passage) in std::mem::take(&mut self.passages).into_iter().enumerate() {
            let place = partner(index, &self.passages, &passage);
            let apart = match place.and_then(|place| self.passages.get_mut(place)) {
                Some(target) => target.join(passage),
                None => Some(passage),
            };
            self.passages.extend(apart);
        }
    }

    /// Accounts for everything that was found.
    pub fn account(&self) -> Account {
        let mut dropped = self.dropped.clone();
        // What was gone or said twice is of less interest than what had no room.
        dropped.sort_by_key(|one| Reverse(one.reason == Some(DropReason::Budget)));
        Account {
            found: self.found as u32,
            passages: self.passages.iter().map(Passage::account).collect(),
            dropped,
            search: self.search.clone(),
        }
    }
}

/// What became of everything that was found, as the receipt has it.
pub struct Account {
    pub found: u32,
    pub passages: Vec<PassageUse>,
    pub dropped: Vec<PassageUse>,
    pub search: SearchAccount,
}
