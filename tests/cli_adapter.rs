//! The program itself on the adapter.

#[path = "common/adapter.rs"]
mod adapter;
#[path = "common/digits.rs"]
mod digits;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use adapter::{adapter_option, adapter_test};
use lenet_gpu::verify::cases;
use libtest_mimic::{Arguments, Completion};
use program::{assert_keys, digit_folder, directory, json_of, program, text};
use serde_json::Value;

/// Name, and what is run with `--adapter`.
type Test = (&'static str, fn(&str));

const TESTS: &[Test] = &[
    ("verify reports every case", verify_reports_every_case),
    ("verify refuses a filter that fits nothing", an_empty_filter),
    ("two trainings leave the same bytes", training_is_repeatable),
    ("a run is evaluated alike everywhere", evaluation_agrees),
    (
        "bench sets the adapter beside the processor",
        bench_compares,
    ),
];

fn main() {
    let trials = TESTS.iter().map(|&(name, test)| {
        adapter_test(name, move |_| {
            test(&adapter_option());
            Ok(Completion::Completed)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn verify_reports_every_case(adapter: &str) {
    let arguments = [
        "verify",
        "--json",
        "--filter",
        "squash",
        "--adapter",
        adapter,
    ];
    let document = json_of(directory().path(), &arguments);
    assert_eq!(document["passed"], true);
    assert_keys(
        &document["adapter"],
        &["index", "name", "backend", "type", "driver"],
    );
    let reported = document["cases"].as_array().unwrap();
    let expected = cases()
        .into_iter()
        .map(|case| case.name())
        .filter(|name| name.contains("squash"));
    assert!(expected.eq(reported.iter().map(|case| case["name"].as_str().unwrap())));
    for case in reported {
        assert_eq!(case["passed"], true);
        assert!(case["max_abs"].is_f64() && case["max_rel"].is_f64());
        assert!(case["tolerance"]["reason"].is_string());
    }
}

fn an_empty_filter(adapter: &str) {
    let arguments = ["verify", "--filter", "no such kernel", "--adapter", adapter];
    let failure = program(directory().path(), &arguments).assert().failure();
    let stderr = String::from_utf8_lossy(&failure.get_output().stderr);
    assert!(stderr.contains("no such kernel"), "{stderr}");
}

/// Trains on a few digits, into the folder `out`.
fn train(directory: &Path, data: &Path, adapter: &str, out: &str) -> Value {
    let arguments = [
        "train",
        "--json",
        "--passes",
        "2",
        "--adapter",
        adapter,
        "--data",
        text(data),
        "--out",
        out,
    ];
    json_of(directory, &arguments)
}

fn training_is_repeatable(adapter: &str) {
    let (directory, data) = (directory(), digit_folder(500, 20));
    let [first, second] = ["first", "second"].map(|out| {
        train(directory.path(), data.path(), adapter, out);
        fs::read(directory.path().join(out).join("model.safetensors")).unwrap()
    });
    assert!(first == second, "the models differ");
}

fn evaluation_agrees(adapter: &str) {
    const TEST_DIGITS: usize = 300;
    let (directory, data) = (directory(), digit_folder(1000, TEST_DIGITS));
    let trained = train(directory.path(), data.path(), adapter, "run");
    let errors_on = |adapter: &str| {
        let arguments = [
            "eval",
            "--json",
            "--adapter",
            adapter,
            "--data",
            text(data.path()),
            "run",
        ];
        let document = json_of(directory.path(), &arguments);
        assert_eq!(document["count"], TEST_DIGITS);
        (document["errors"].as_u64().unwrap(), document)
    };
    let (errors, document) = errors_on(adapter);
    assert_eq!(document["error_percent"], trained["test_error_percent"]);
    assert_eq!(document["adapter"], trained["adapter"]);
    // Rounding may tip a digit that lies between two answers.
    let (on_cpu, _) = errors_on("cpu");
    assert!(errors.abs_diff(on_cpu) <= 1, "{errors} and {on_cpu}");
}

fn bench_compares(adapter: &str) {
    let data = digit_folder(64, 64);
    let arguments = [
        "bench",
        "--json",
        "--rounds",
        "1",
        "--seconds",
        "0.05",
        "--batch",
        "16",
        "--adapter",
        adapter,
        "--data",
        text(data.path()),
    ];
    let document = json_of(data.path(), &arguments);
    let rows = document["rows"].as_array().unwrap();
    let of_cpu = |row: &&Value| row["backend"] == "cpu";
    assert_eq!(rows.iter().filter(of_cpu).count(), 2);
    assert_eq!(rows.len(), 4);
    for row in rows {
        assert_keys(row, &["adapter", "mode", "batch"]);
        assert!(row["samples_per_second"].as_f64().unwrap() > 0.0);
    }
}
