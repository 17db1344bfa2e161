//! What the targets do with their input. Tests without an adapter do the same with the corpus.

#[path = "../../tests/common/untrusted.rs"]
mod untrusted;

pub use untrusted::{checkpoint, config, idx, import, model, picture};
