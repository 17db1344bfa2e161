//! Running the program itself, and a small set of digits for it.

use std::fs;
use std::path::Path;

use assert_cmd::cargo::cargo_bin_cmd;
use lenet_gpu::data::{Dataset, IMAGE_SIDE};
use serde_json::Value;
use tempfile::TempDir;

use crate::digits::MNIST;

/// The program in `directory`, so that a `runs` folder falls nowhere else.
pub fn program(directory: &Path, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = cargo_bin_cmd!("lenet-gpu");
    command
        .current_dir(directory)
        .env_remove("RUST_LOG")
        .env_remove("WGPU_BACKEND")
        // What the user's own adapter was tuned to, or compiled, is no matter of the tests.
        .env("LENET_GPU_TUNING", "")
        .args(arguments);
    command
}

pub fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The one JSON document on stdout of a run that must succeed.
#[track_caller]
pub fn json_of(directory: &Path, arguments: &[&str]) -> Value {
    let success = program(directory, arguments).assert().success();
    serde_json::from_slice(&success.get_output().stdout).unwrap()
}

#[track_caller]
pub fn assert_keys(document: &Value, keys: &[&str]) {
    for key in keys {
        assert!(document.get(key).is_some(), "no '{key}' in {document}");
    }
}

/// A folder with the first digits of MNIST: runs on it end with a quick evaluation.
pub fn digit_folder(train: usize, test: usize) -> TempDir {
    let folder = directory();
    let (train, test) = (
        MNIST.train.clone().take_first(train),
        MNIST.test.clone().take_first(test),
    );
    write_set(folder.path(), &train, &test);
    folder
}

/// The four files of a set.
pub fn write_set(folder: &Path, train: &Dataset, test: &Dataset) {
    for (name, set) in [("train", train), ("t10k", test)] {
        let count = set.len() as u32;
        let side = IMAGE_SIDE as u32;
        let write = |kind: &str, header: &[u32], bytes: &[u8]| {
            let header = header.iter().flat_map(|word| word.to_be_bytes());
            let file: Vec<u8> = header.chain(bytes.iter().copied()).collect();
            fs::write(folder.join(format!("{name}-{kind}-ubyte")), file).unwrap();
        };
        write("images-idx3", &[0x803, count, side, side], set.images());
        write("labels-idx1", &[0x801, count], set.labels());
    }
}
