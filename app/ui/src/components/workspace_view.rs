//! The views of a collection's page, as its address names them.

/// What is shown beside the sidebar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WorkspaceView {
    /// A conversation, or the beginning of one.
    Ask,
    /// The documents.
    Documents,
    /// The vaults and folders that it is kept in step with.
    Sources,
    /// Questions with known answers, and how well they are answered.
    Evaluation,
    /// The language, the embedding model and the indexes.
    Settings,
}

impl WorkspaceView {
    /// Reads it from the path of an address below `/c/`.
    pub(crate) fn of_path(path: &str) -> Self {
        let view = path.trim_start_matches("/c/").split_once('/').map(|(_, view)| view);
        match view {
            Some("documents") => Self::Documents,
            Some("sources") => Self::Sources,
            Some("evaluation") => Self::Evaluation,
            Some("settings") => Self::Settings,
            _ => Self::Ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_may_be_called_like_a_view() {
        let check = |path: &str, view| assert_eq!(WorkspaceView::of_path(path), view, "{path}");
        check("/c/Manuals", WorkspaceView::Ask);
        check("/c/Manuals/chat/1", WorkspaceView::Ask);
        check("/c/Manuals/documents", WorkspaceView::Documents);
        check("/c/Manuals/sources", WorkspaceView::Sources);
        check("/c/Manuals/evaluation", WorkspaceView::Evaluation);
        check("/c/Manuals/settings", WorkspaceView::Settings);
        check("/c/documents", WorkspaceView::Ask);
        check("/c/evaluation/documents", WorkspaceView::Documents);
    }
}
