//! What tests, and tools that measure, share.

pub mod scan;
