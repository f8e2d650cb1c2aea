//! In the browser there is no response to add headers to.

/// Does nothing.
pub(crate) fn set_content_security_policy() {}

/// Does nothing: the server has answered already.
pub(crate) fn set_not_found() {}

/// Does nothing: likewise.
pub(crate) fn set_status(_status: u16) {}
