//! What `verify` keeps, from outside, on the CPU path: logs, results, comparisons, known failures; and the
//! table in `docs/adapters.md`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{directory, json_of, program};
use lenet_gpu::conformance::{Record, table};
use serde_json::Value;

/// A few cases, quickly run.
const FEW: [&str; 5] = ["verify", "--adapter", "cpu", "--filter", "rbf.forward"];

/// Stdout and stderr of the few cases with more `arguments`, which must end with an error.
#[track_caller]
fn failure_of(directory: &Path, arguments: &[&str]) -> [String; 2] {
    let arguments = [&FEW, arguments].concat();
    let failure = program(directory, &arguments).assert().failure();
    let output = failure.get_output();
    assert_eq!(output.status.code(), Some(1), "no failure that is told");
    [&output.stdout, &output.stderr].map(|text| String::from_utf8(text.clone()).unwrap())
}

#[test]
fn a_run_leaves_a_log_and_a_result_that_is_compared() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    let arguments = [
        "--log",
        "log",
        "--save",
        "before.json",
        "--emit",
        "failures",
        "--json",
    ];
    let document = json_of(directory.path(), &[&FEW[..], &arguments].concat());
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.iter().all(|case| case["status"] == "passed"));

    let log = fs::read_to_string(path("log")).unwrap();
    let log: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(log.len(), 2 * cases.len() + 2);
    assert_eq!(
        (&log[0]["event"], &log[0]["backend"]),
        (&"start".into(), &"cpu".into())
    );
    for (case, lines) in cases.iter().zip(log[1..].chunks(2)) {
        assert_eq!([&lines[0]["event"], &lines[1]["event"]], ["case", "done"]);
        assert_eq!([&lines[0]["name"], &lines[1]["name"]], [&case["name"]; 2]);
    }
    assert!(!path("failures").exists(), "nothing failed");

    let record = Record::load(&path("before.json")).unwrap();
    assert_eq!(record.cases.len(), cases.len());
    let error = &failure_of(directory.path(), &["--save", "before.json"])[1];
    assert!(error.contains("exists already"), "{error}");

    // The same again, but that one case failed; and the file that is older than that.
    let whole = fs::read_to_string(path("before.json")).unwrap();
    let spoilt = whole.replacen("\"status\":\"passed\"", "\"status\":\"failed\"", 1);
    fs::write(path("after.json"), spoilt).unwrap();
    let compare = |files: [&str; 2]| {
        let arguments = ["verify", "--json", "--compare", files[0], files[1]];
        let compared = program(directory.path(), &arguments).output().unwrap();
        let document: Value = serde_json::from_slice(&compared.stdout).unwrap();
        (compared.status.success(), document)
    };
    let (succeeded, document) = compare(["before.json", "after.json"]);
    assert!(!succeeded);
    assert_eq!(document["worse"], true);
    assert_eq!(document["cases"][0]["change"], "worse");
    assert_eq!(document["cases"][0]["name"], cases[0]["name"]);
    let (succeeded, document) = compare(["after.json", "before.json"]);
    assert!(succeeded);
    assert_eq!(
        (&document["worse"], &document["common"]),
        (&false.into(), &cases.len().into())
    );

    let again = [&FEW[..], &["--json", "--compare", "before.json"]].concat();
    let compared = &json_of(directory.path(), &again)["compared"];
    assert_eq!(compared["common"], cases.len());
}

#[test]
fn a_case_that_is_known_to_fail_must_fail() {
    let directory = directory();
    let write = |name: &str, case: &str| {
        let entry = format!(r#"[{{"case": "{case}", "backend": "cpu", "reason": "none"}}]"#);
        fs::write(directory.path().join(name), entry).unwrap();
    };
    write("passing.json", "rbf.forward 6x84");
    let [text, _] = failure_of(directory.path(), &["--known", "passing.json"]);
    for part in ["UNEXPECTED PASS", "remove the entry", "passed unexpectedly"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    write("stale.json", "rbf.sideways");
    let [_, error] = failure_of(directory.path(), &["--known", "stale.json"]);
    assert!(error.contains("'rbf.sideways' is listed"), "{error}");
    fs::write(directory.path().join("other.json"), "{}").unwrap();
    let [_, error] = failure_of(directory.path(), &["--known", "other.json"]);
    assert!(error.contains("--known is 'other.json'"), "{error}");
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is_run() {
    let directory = directory();
    fs::write(directory.path().join("file"), "kept").unwrap();
    for [option, place] in [
        ["--log", "file"],
        ["--log", "nowhere/file"],
        ["--save", "file"],
        ["--save", "nowhere/file"],
        ["--emit", "file"],
    ] {
        let [text, error] = failure_of(directory.path(), &[option, place]);
        assert!(error.contains(&format!("'{place}'")), "{error}");
        assert!(!text.contains("rbf.forward"), "cases were run: {text}");
    }
    assert_eq!(
        fs::read_to_string(directory.path().join("file")).unwrap(),
        "kept"
    );
}

/// The results in `docs/adapters`, ordered by name.
fn results() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/adapters");
    let entries = folder.read_dir().unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_table_of_adapters_is_that_of_the_results() {
    let results = results();
    assert!(!results.is_empty());
    let records = results.iter().map(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        (format!("adapters/{name}"), Record::load(file).unwrap())
    });
    let records: Vec<(String, Record)> = records.collect();
    let rows = records.iter().map(|(link, record)| (link.as_str(), record));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/adapters.md");
    let page = fs::read_to_string(page).unwrap().replace("\r\n", "\n");
    assert!(
        page.contains(&table(rows)),
        "make it anew with `lenet-gpu verify --table docs/adapters/*.json`"
    );
}
