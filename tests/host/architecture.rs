//! Who imports whom, between modules and between files, read from the source text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every module and those it may import besides [`FOR_ALL`]. `cli`, on top, may import them all.
const IMPORTS: &[(&str, &[&str])] = &[
    (FOR_ALL, &[]),
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
    ("model_file", &["model", "data"]),
    ("exchange", &["model", "model_file", "data"]),
    ("store", &["model", "model_file", "data", "gpu", "compute"]),
    ("plot", &["model"]),
    ("explain", &["model", "data", "reference", "plot"]),
    ("python", &["model", "data"]),
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
            "model_file",
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
            "model", "data", "trainer", "cpu", "gpu", "verify", "store", "train", "bench",
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
        "reading",
        &["model", "data", "reference", "gpu", "compute", "plot"],
    ),
    (
        "sweep",
        &["model", "data", "gpu", "cpu", "compute", "store", "train"],
    ),
    ("web", &["data"]),
    (
        "conformance",
        &["model", "cpu", "gpu", "compute", "store", "verify"],
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
            "model_file",
            "exchange",
            "store",
            "plot",
            "explain",
            "python",
            "verify",
            "conformance",
            "train",
            "bench",
            "reading",
            "reproduce",
            "sweep",
            "tune",
            "web",
        ],
    ),
];

/// The module that all others may import.
const FOR_ALL: &str = "platform";

/// What a page in a browser has not or must not do, and the only files and folders of the core where
/// it stands.
const SEAMS: &[(&str, &[&str])] = &[
    ("block_on", &["platform", "train/runs"]),
    ("pollster", &["platform"]),
    ("rayon", &["platform", "cpu"]),
    ("PollType", &["gpu/arrival.rs"]),
    ("std::fs", &["data/folder.rs", "data/picture/file.rs"]),
    ("std::env", &["gpu/adapter/backends.rs"]),
    ("std::process", &[]),
    ("std::thread", &[]),
    ("std::time::Instant", &[]),
    ("std::time::SystemTime", &[]),
];

/// Functions that the standard library takes from the system, or whose rounding it leaves open, and the
/// only files and folders of the core where they stand: where all numbers are generic, and
/// `reference/real.rs` gives them `platform`'s instead, and where no training depends on them.
const SYSTEMS_MATHEMATICS: &[(&str, &[&str])] = &[
    (".exp()", &["reference/loss.rs", "reference/softmax.rs"]),
    (".ln()", &["reference/loss.rs", "reference/softmax.rs"]),
    (".tanh()", &["reference/squash.rs"]),
    (".powi(", &["verify"]),
    (".powf(", &[]),
    (".exp2(", &[]),
    (".exp_m1(", &[]),
    (".ln_1p(", &[]),
    (".log(", &[]),
    (".log2(", &["gpu/variant.rs"]),
    (".log10(", &[]),
    (".cbrt(", &[]),
    (".hypot(", &[]),
    (".sin(", &[]),
    (".cos(", &[]),
    (".tan(", &[]),
    (".sin_cos(", &[]),
    (".atan(", &[]),
    (".atan2(", &[]),
    (".sinh(", &[]),
    (".cosh(", &[]),
];

/// The modules that are part of every build; see `[features]` in Cargo.toml.
const CORE: &[&str] = &[
    "platform",
    "model",
    "data",
    "trainer",
    "reference",
    "gpu",
    "cpu",
    "compute",
    "verify",
    "train",
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

/// The text of a file without its comments and its unit tests.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned() + "\n";
    let code: String = text.lines().map(code).collect();
    match code.split_once("#[cfg(test)]\nmod ") {
        Some((program, _)) => program.to_owned(),
        None => code,
    }
}

// --- paths in the code ---------------------------------------------------------------------------

/// A path such as `crate::gpu::Device`, as its segments.
type Segments = Vec<String>;

/// The end of the name that `text` starts with.
fn name_end(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}

/// The paths that `text` starts with: one, or those of a list in braces. Returns them and what
/// follows them.
fn paths_at(text: &str) -> (Vec<Segments>, &str) {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        let mut paths = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return (paths, after);
            }
            let (more, after) = paths_at(rest);
            paths.extend(more);
            let item_end = after.find([',', '}']).expect("a list is closed");
            rest = after[item_end..].trim_start_matches(',');
        }
    }
    let (name, rest) = text.split_at(name_end(text));
    match rest.strip_prefix("::") {
        Some(after)
            if after
                .trim_start()
                .starts_with(|c: char| c == '{' || c.is_alphabetic()) =>
        {
            let (tails, rest) = paths_at(after);
            let with_name = |tail: Segments| [vec![name.to_owned()], tail].concat();
            (tails.into_iter().map(with_name).collect(), rest)
        }
        _ => (vec![vec![name.to_owned()]], rest),
    }
}

/// All paths in `code` whose first segment is `root`.
fn paths_from(code: &str, root: &str) -> Vec<Segments> {
    let start = format!("{root}::");
    let is_whole = |place: usize| {
        let before = code[..place].chars().next_back().unwrap_or(' ');
        !(before.is_alphanumeric() || before == '_' || before == ':')
    };
    code.match_indices(&start)
        .filter(|(place, _)| is_whole(*place))
        .flat_map(|(place, _)| paths_at(&code[place..]).0)
        .collect()
}

/// The statements `use …;` of `code` that hand on what they import, and the rest of it.
fn split_reexports(code: &str) -> (String, String) {
    let (mut reexports, mut rest) = (String::new(), String::new());
    for statement in code.split_inclusive(';') {
        let mut line = statement.trim_start();
        // Conditions do not matter: with some feature it is handed on.
        while let Some((_, after)) = line
            .starts_with("#[")
            .then(|| line.split_once(']'))
            .flatten()
        {
            line = after.trim_start();
        }
        let is_public = line.starts_with("pub use ") || {
            line.starts_with("pub(")
                && line
                    .split_once(") ")
                    .is_some_and(|(_, l)| l.starts_with("use "))
        };
        let kind = if is_public { &mut reexports } else { &mut rest };
        kind.push_str(statement);
    }
    (reexports, rest)
}

// --- files as modules ----------------------------------------------------------------------------

/// The files of the crate by the path of their module; that of lib.rs is empty.
struct Crate {
    files: BTreeMap<Segments, PathBuf>,
}

impl Crate {
    fn read() -> Self {
        let module = |file: &PathBuf| {
            let relative = file.strip_prefix(sources()).unwrap().with_extension("");
            let mut segments: Segments = relative
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if matches!(segments.last().map(String::as_str), Some("mod" | "lib")) {
                segments.pop();
            }
            segments
        };
        let files = files_in(&sources());
        let files = files
            .into_iter()
            .filter(|file| !file.ends_with("src/main.rs"));
        Self {
            files: files.map(|file| (module(&file), file)).collect(),
        }
    }

    /// The children of `module`.
    fn children<'a>(&'a self, module: &'a [String]) -> impl Iterator<Item = &'a str> {
        let is_child = move |path: &&Segments| {
            path.split_last()
                .is_some_and(|(_, parent)| parent == module)
        };
        let children = self.files.keys().filter(is_child);
        children.map(|path| path[path.len() - 1].as_str())
    }

    /// The module whose file defines what `path` names, seen from `from`; what a module hands on is
    /// defined where it comes from.
    fn definition(&self, from: &[String], path: &[String]) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        let (mut module, mut rest) = match first.as_str() {
            "crate" => (Vec::new(), rest),
            "self" => (from.to_vec(), rest),
            "super" => (from[..from.len() - 1].to_vec(), rest),
            _ => (from.to_vec(), path),
        };
        while let Some((name, after)) = rest.split_first() {
            if name == "super" {
                module.pop();
            } else if self
                .files
                .contains_key(&[&module[..], std::slice::from_ref(name)].concat())
            {
                module.push(name.clone());
            } else {
                return Some(self.origin(&module, name).unwrap_or(module));
            }
            rest = after;
        }
        Some(module)
    }

    /// Where `name`, which `module` hands on, comes from; none if it does not.
    fn origin(&self, module: &[String], name: &str) -> Option<Segments> {
        let (reexports, _) = split_reexports(&code_of(&self.files[module]));
        let roots = self.children(module).chain(["crate", "super", "self"]);
        let handed_on = roots.flat_map(|root| paths_from(&reexports, root));
        let path = handed_on
            .into_iter()
            .find(|path| path.last().is_some_and(|last| last == name))?;
        self.definition(module, &path)
    }

    /// The modules whose files define what that of `module` uses.
    fn imports(&self, module: &[String]) -> BTreeSet<Segments> {
        let (_, code) = split_reexports(&code_of(&self.files[module]));
        let roots = self.children(module).chain(["crate", "super", "self"]);
        let paths = roots.flat_map(|root| paths_from(&code, root));
        let definitions = paths.filter_map(|path| self.definition(module, &path));
        definitions
            .filter(|definition| definition != module)
            .collect()
    }
}

/// A circle in `graph`, its first member repeated at the end; none if there is none.
fn circle(graph: &BTreeMap<Segments, BTreeSet<Segments>>) -> Option<Vec<Segments>> {
    fn visit(
        node: &Segments,
        graph: &BTreeMap<Segments, BTreeSet<Segments>>,
        path: &mut Vec<Segments>,
        done: &mut BTreeSet<Segments>,
    ) -> Option<Vec<Segments>> {
        if let Some(start) = path.iter().position(|earlier| earlier == node) {
            return Some([&path[start..], std::slice::from_ref(node)].concat());
        }
        if !done.insert(node.clone()) {
            return None;
        }
        path.push(node.clone());
        let found = graph[node]
            .iter()
            .find_map(|next| visit(next, graph, path, done));
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph
        .keys()
        .find_map(|node| visit(node, graph, &mut Vec::new(), &mut done))
}

// --- tests ---------------------------------------------------------------------------------------

fn segments(path: &str) -> Segments {
    path.split("::").map(str::to_owned).collect()
}

#[test]
fn paths_are_found_in_all_their_forms() {
    let code = "use crate::cpu;
        use crate::data::{Dataset, idx::{self, Kind}};
        use crate::{gpu::{Device, View}, model};
        fn f() -> crate::train::Model { not_crate::other() }";
    let expected = [
        "crate::cpu",
        "crate::data::Dataset",
        "crate::data::idx::self",
        "crate::data::idx::Kind",
        "crate::gpu::Device",
        "crate::gpu::View",
        "crate::model",
        "crate::train::Model",
    ];
    assert_eq!(paths_from(code, "crate"), expected.map(segments));
}

#[test]
fn what_a_module_hands_on_is_defined_where_it_comes_from() {
    let files = Crate::read();
    let from = segments("verify");
    for (path, expected) in [
        ("crate::gpu::Device", "gpu::device"),
        ("super::model::Network", "model::network"),
        ("crate::data", "data"),
    ] {
        let found = files.definition(&from, &segments(path));
        assert_eq!(found, Some(segments(expected)), "{path}");
    }
}

#[test]
fn a_circle_is_found() {
    let graph = |edges: &[(&str, &[&str])]| {
        let edges = edges.iter().map(|(from, to)| {
            let to = to.iter().map(|name| segments(name)).collect();
            (segments(from), to)
        });
        edges.collect::<BTreeMap<Segments, BTreeSet<Segments>>>()
    };
    let tree = graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
    assert_eq!(circle(&tree), None);
    let ring = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
    assert_eq!(circle(&ring), Some(["b", "c", "b"].map(segments).to_vec()));
}

#[test]
fn every_folder_is_a_known_module() {
    let folders: BTreeSet<String> = sources()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let modules = IMPORTS.iter().map(|(module, _)| (*module).to_owned());
    assert_eq!(folders, modules.collect());
}

#[test]
fn modules_import_only_what_they_may() {
    let files = Crate::read();
    for (module, allowed) in IMPORTS {
        let of_module = files
            .files
            .keys()
            .filter(|path| path.first().is_some_and(|first| first == module));
        for path in of_module {
            let (reexports, _) = split_reexports(&code_of(&files.files[path]));
            let handed_on = ["crate", "super"]
                .into_iter()
                .flat_map(|root| paths_from(&reexports, root))
                .filter_map(|reexport| files.definition(path, &reexport));
            for import in files.imports(path).into_iter().chain(handed_on) {
                let named = import.first().map_or("lib", String::as_str);
                let fine = [module, FOR_ALL].contains(&named) || allowed.contains(&named);
                assert!(fine, "{} imports {named}", files.files[path].display());
            }
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = Crate::read();
    let graph: BTreeMap<Segments, BTreeSet<Segments>> = files
        .files
        .keys()
        .map(|module| (module.clone(), files.imports(module)))
        .collect();
    assert!(
        graph.values().map(BTreeSet::len).sum::<usize>() > 100,
        "imports are found"
    );
    if let Some(circle) = circle(&graph) {
        let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
        panic!("a circle: {}", names.join(" -> "));
    }
}

#[test]
fn only_the_gpu_module_knows_wgpu() {
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

/// Whether `code` has `word`; one of the standard library in any form of import.
fn mentions(code: &str, word: &str) -> bool {
    match word.starts_with("std::") {
        true => paths_from(code, "std")
            .iter()
            .any(|path| path.starts_with(&segments(word))),
        false => code.contains(word),
    }
}

#[test]
fn words_of_the_standard_library_are_found_in_all_their_forms() {
    for code in [
        "use std::fs;",
        "use std::{fs, io};",
        "use std::fs::{self, File};",
        "fn f() { std::fs::remove_file(path) }",
    ] {
        assert!(mentions(code, "std::fs"), "{code}");
    }
    assert!(!mentions("use std::fmt::Write;", "std::fs"));
}

#[test]
fn the_core_blocks_in_its_seams_only() {
    expect_only_in(SEAMS);
}

#[test]
fn trainings_depend_on_no_mathematics_of_the_system() {
    expect_only_in(SYSTEMS_MATHEMATICS);
}

/// Expects each word of the core in all the places that `table` names, and in no other.
fn expect_only_in(table: &[(&str, &[&str])]) {
    for (word, seams) in table {
        let seams: Vec<PathBuf> = seams.iter().map(|seam| sources().join(seam)).collect();
        for seam in &seams {
            let files = match seam.is_dir() {
                true => files_in(seam),
                false => vec![seam.clone()],
            };
            let is_there = files.iter().any(|file| mentions(&code_of(file), word));
            assert!(is_there, "{word} is no longer in {}", seam.display());
        }
        for file in CORE
            .iter()
            .flat_map(|module| files_in(&sources().join(module)))
        {
            let fine = seams.iter().any(|seam| file.starts_with(seam));
            assert!(
                fine || !mentions(&code_of(&file), word),
                "{} has {word}",
                file.display()
            );
        }
    }
}
