//! The pages, one a file.

pub mod document;
pub mod home;
pub mod models;
pub mod not_found;
pub mod tools;
pub mod workspace;
