//! vectorstore
