//! `eval --answers`: what a network answers, digit by digit.

use std::fs;

use serde_json::json;

use crate::outcome::{error_of, output_of};
use crate::program::{digit_folder, directory, json_of, text};

const EVAL: [&str; 6] = [
    "eval",
    "run",
    "--adapter",
    "cpu",
    "--answers",
    "answers.csv",
];

#[test]
fn answers_are_written_digit_by_digit() {
    let (directory, data) = (directory(), digit_folder(300, 100));
    let directory = directory.path();
    let data = ["--data", text(data.path())];
    let train = ["train", "--adapter", "cpu", "--passes", "1", "--out", "run"];
    output_of(directory, &[&train[..], &data].concat());

    let score = json_of(directory, &[&EVAL[..], &["--json"], &data].concat());
    assert_eq!(score["answers"], "answers.csv");
    let mut rows = csv::Reader::from_path(directory.join("answers.csv")).unwrap();
    let header: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..4], ["place", "digit", "answer", "distance_0"]);
    let (mut count, mut wrong) = (0, 0);
    for row in rows.deserialize::<Vec<f64>>().map(Result::unwrap) {
        assert_eq!((row.len(), row[0]), (13, f64::from(count)));
        let distances = &row[3..];
        let smallest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(distances[row[2] as usize], smallest);
        wrong += u64::from(row[1] != row[2]);
        count += 1;
    }
    assert_eq!(
        (json!(count), json!(wrong)),
        (score["count"].clone(), score["errors"].clone())
    );

    let before = fs::read(directory.join("answers.csv")).unwrap();
    let error = error_of(directory, &[&EVAL[..], &data].concat());
    assert!(
        error.contains("exists already and is not overwritten"),
        "{error}"
    );
    assert!(fs::read(directory.join("answers.csv")).unwrap() == before);

    let several = [
        "eval",
        "run",
        "run",
        "--adapter",
        "cpu",
        "--answers",
        "new.csv",
    ];
    let error = error_of(directory, &[&several[..], &data].concat());
    assert!(error.contains("--answers takes one model"), "{error}");
    assert!(!directory.join("new.csv").exists());
}
