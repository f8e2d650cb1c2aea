//! Documents opened by a link: at the words that it points to, wherever they stand by now.

use quire_domain::{DocumentId, DocumentTarget, Span, WantedQuote};
use quire_retrieval::text_version;
use serde::{Deserialize, Serialize};

use super::{DisplayedPage, Documents, no_text, page_index, view_of};
use crate::ServiceError;

/// A page as it is shown, opened at a passage.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OpenedDocument {
    /// The page that the passage is on, or that was asked for.
    pub page: DisplayedPage,
    /// Where the passage stands on it, if it still does.
    pub quote: Option<Span>,
    /// Whether the text is another one than the link was made for.
    pub has_changed: bool,
}

impl Documents {
    /// Reads the page that a link points to as it is shown, with the words that it points to. Where the
    /// document has changed since, those are looked for on all pages.
    pub async fn open(&self, target: &DocumentTarget) -> Result<OpenedDocument, ServiceError> {
        let id: DocumentId = target.id.parse()?;
        let (document, key) = self.stored_text_of(&id).await?;
        let parsed = self.catalog.find_text(&key).await?;
        let parsed = parsed.ok_or_else(|| no_text(&document))?;
        let version = text_version(&key);
        let has_changed = target.version.as_ref().is_some_and(|quoted| *quoted != version);
        let texts: Vec<&str> = parsed.pages.iter().map(|page| page.text.as_str()).collect();
        let found = find_quote(target, &texts, has_changed);
        let index = match (found, document.pages, target.page) {
            (Some((index, _)), _, _) => index,
            // The page may be gone together with the words on it.
            (None, Some(pages), Some(page)) if target.span().is_some() => {
                page.clamp(1, pages.max(1)) as usize - 1
            }
            (None, Some(pages), Some(page)) => page_index(&document, page, pages)?,
            _ => 0,
        };
        let view = view_of(document, parsed, index)?;
        let page = self.display(view).await?;
        Ok(OpenedDocument { page, quote: found.map(|(_, span)| span), has_changed })
    }
}

/// Finds the passage that a link points to: by its words, else by its place in the version of the text
/// that the link was made for.
fn find_quote(target: &DocumentTarget, pages: &[&str], has_changed: bool) -> Option<(usize, Span)> {
    let span = target.span()?;
    let page = target.page.map_or(0, |page| page.saturating_sub(1) as usize);
    match &target.quote {
        Some(words) => WantedQuote { words, page, span }.find(pages),
        None if has_changed => None,
        None => span.slice(pages.get(page)?).map(|_| (page, span)),
    }
}
