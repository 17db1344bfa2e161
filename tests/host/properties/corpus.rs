//! The inputs that fuzzing has found worth keeping, tried again.

use std::fs;
use std::path::Path;

use crate::untrusted;

/// Gives every input that is kept for `target` to `read`.
fn replay(target: &str, read: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let inputs = folder.join(target).read_dir().unwrap();
    let tried = inputs.map(|input| read(&fs::read(input.unwrap().path()).unwrap()));
    assert!(tried.count() > 0, "{target} has a corpus");
}

#[test]
fn kept_idx_files_do_no_harm() {
    replay("idx", untrusted::idx);
}

#[test]
fn kept_models_do_no_harm() {
    replay("model", untrusted::model);
}

#[test]
fn kept_networks_of_other_programs_do_no_harm() {
    replay("import", untrusted::import);
}

#[test]
fn kept_checkpoints_do_no_harm() {
    replay("checkpoint", untrusted::checkpoint);
}

#[test]
fn kept_settings_do_no_harm() {
    replay("config", untrusted::config);
}

#[test]
fn kept_pictures_do_no_harm() {
    replay("picture", untrusted::picture);
}
