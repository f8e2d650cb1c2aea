//! What tests share: the router in this process on scripted engines, and the built binary.

mod app;
mod binary;
mod pdf;

pub use app::{App, Reply, multipart};
pub use binary::{Server, check_with_python, free_port, quire, run, run_python, test_python};
pub use pdf::pdf;
