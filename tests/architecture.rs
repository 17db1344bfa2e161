//! Who imports whom, read from the source text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room and the rooms it may import. `cli`, on top, may import them all.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("data", &["model"]),
    ("trainer", &["model", "data"]),
    ("reference", &["model", "data", "trainer"]),
    ("gpu", &["model", "data", "trainer"]),
    ("cpu", &["model", "data", "trainer", "reference"]),
    (
        "compute",
        &["model", "data", "trainer", "reference", "cpu", "gpu"],
    ),
    ("store", &["model", "data", "gpu", "compute"]),
    ("plot", &["model", "store"]),
    (
        "verify",
        &["model", "data", "trainer", "reference", "cpu", "gpu"],
    ),
    (
        "train",
        &[
            "model",
            "data",
            "trainer",
            "reference",
            "gpu",
            "compute",
            "store",
            "plot",
        ],
    ),
    (
        "bench",
        &[
            "model",
            "data",
            "trainer",
            "reference",
            "cpu",
            "gpu",
            "compute",
            "store",
            "plot",
            "train",
        ],
    ),
    (
        "tune",
        &[
            "model", "data", "trainer", "gpu", "verify", "store", "train", "bench",
        ],
    ),
    (
        "reproduce",
        &[
            "model",
            "data",
            "reference",
            "compute",
            "store",
            "plot",
            "train",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "data",
            "trainer",
            "reference",
            "cpu",
            "gpu",
            "compute",
            "store",
            "plot",
            "verify",
            "train",
            "bench",
            "reproduce",
            "tune",
        ],
    ),
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files of a folder and its folders.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files_in(&path),
            false => vec![path],
        })
        .collect()
}

/// The text of a file without its comments.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned() + "\n";
    text.lines().map(code).collect()
}

/// The rooms that `code` names behind `root`: `crate::data::…` or `crate::{data, reference::…}`.
fn rooms_named<'a>(code: &'a str, root: &str) -> BTreeSet<&'a str> {
    let mut rooms = BTreeSet::new();
    for (start, _) in code.match_indices(root) {
        let rest = &code[start + root.len()..];
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(top_level_names(list)),
            None => rooms.extend(leading_name(rest)),
        }
    }
    rooms
}

/// The name that `text` starts with.
fn leading_name(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then_some(&text[..end])
}

/// The first names of the items of a `use` list, up to its closing brace.
fn top_level_names(list: &str) -> Vec<&str> {
    let (mut depth, mut names, mut item) = (1, Vec::new(), 0);
    for (place, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                names.extend(leading_name(&list[item..place]));
                item = place + 1;
            }
            _ => {}
        }
        if depth == 0 {
            names.extend(leading_name(&list[item..place]));
            return names;
        }
    }
    panic!("a list is not closed");
}

#[test]
fn imports_are_found_in_all_their_forms() {
    let code = "use crate::reference;
        use crate::data::{Dataset, Mnist};
        use crate::{gpu::{Device, View}, model};
        fn f() -> crate::train::Model {}";
    let expected = BTreeSet::from(["cpu", "data", "gpu", "model", "train"]);
    assert_eq!(rooms_named(code, "crate::"), expected);
}

#[test]
fn every_folder_is_a_known_room() {
    let folders: BTreeSet<String> = sources()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let rooms = IMPORTS.iter().map(|(room, _)| (*room).to_owned());
    assert_eq!(folders, rooms.collect());
}

#[test]
fn imports_run_one_way() {
    for (room, allowed) in IMPORTS {
        let files = files_in(&sources().join(room));
        assert!(!files.is_empty());
        for file in files {
            let code = code_of(&file);
            for named in rooms_named(&code, "crate::") {
                let own = named == *room;
                let fine = own || allowed.contains(&named);
                assert!(fine, "{} imports {named}", file.display());
            }
        }
    }
}

#[test]
fn only_the_gpu_room_knows_wgpu() {
    let gpu = sources().join("gpu");
    for file in files_in(&sources()) {
        let code = code_of(&file);
        let mentions = code.contains("wgpu::") || code.contains("use wgpu");
        let fine = !mentions || file.starts_with(&gpu);
        assert!(fine, "{} uses wgpu", file.display());
    }
    let device = code_of(&gpu.join("device.rs"));
    assert!(device.contains("wgpu::"), "the check looks at code");
}
