//! Command lines.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};
use lenet_gpu::cli::Cli;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::cases;
use crate::outcome::error_of;
use crate::program::{directory, program, text};

/// What people write where something else is expected, and what has broken parsers before.
const WORDS: [&str; 28] = [
    "",
    "-",
    "--",
    "0",
    "-0",
    "-1",
    "1",
    "+1",
    "0x10",
    "1e308",
    "-1e308",
    "1e999",
    "1e-45",
    "nan",
    "inf",
    "-inf",
    "18446744073709551615",
    "18446744073709551616",
    "4294967296",
    "1,2",
    ",",
    "1,,2",
    "all",
    "auto",
    "cpu",
    "é",
    "a b",
    "\n",
];

fn words() -> impl Strategy<Value = OsString> {
    prop_oneof![
        4 => select(&WORDS[..]).prop_map(OsString::from),
        1 => any::<OsString>(),
    ]
}

/// The command with a number, and some of its options with values, or none.
fn line(command: Index, options: Vec<(Index, Option<OsString>)>) -> Vec<OsString> {
    let all = Cli::command();
    let commands: Vec<_> = all.get_subcommands().collect();
    let command = command.get(&commands);
    let names: Vec<String> = (command.get_opts().chain(all.get_opts()))
        .filter_map(|option| Some(format!("--{}", option.get_long()?)))
        .collect();
    let options = options
        .into_iter()
        .flat_map(|(option, value)| std::iter::once(option.get(&names).into()).chain(value));
    let opening = ["lenet-gpu", command.get_name()].map(OsString::from);
    opening.into_iter().chain(options).collect()
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn any_words_are_a_command_or_an_error(words in vec(words(), 0..6)) {
        let line = std::iter::once("lenet-gpu".into()).chain(words);
        let _ = Cli::try_parse_from(line);
    }

    #[test]
    fn any_values_of_options_are_a_command_or_an_error(
        command in any::<Index>(),
        options in vec((any::<Index>(), prop::option::weighted(0.9, words())), 0..5),
    ) {
        if let Err(error) = Cli::try_parse_from(line(command, options)) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn as_many_networks_as_would_fill_the_memory_are_refused() {
    let directory = directory();
    for (line, named) in [
        (&["bench", "--models", "100000"][..], "--models is 100000"),
        (
            &["bench", "--models", "2", "--seed", "4294967295"],
            "--seed is 4294967295",
        ),
        (&["reproduce", "--seeds", "4294967295"], "--seeds"),
        (&["train", "--seeds", "100000"], "--seeds"),
    ] {
        let error = error_of(directory.path(), line);
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn the_shortest_measurement_measures_something() {
    let directory = directory();
    let line = "bench --adapter cpu --mode infer --batch 64 --rounds 1 --seconds 1e-300";
    let line: Vec<&str> = line.split(' ').collect();
    let printed = program(directory.path(), &line).assert().success();
    let printed = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    assert!(!printed.contains("NaN"), "{printed}");
}

#[test]
fn a_tuning_that_could_not_be_kept_is_not_begun() {
    let directory = directory();
    let taken = directory.path().join("a-file");
    std::fs::write(&taken, "").unwrap();
    let file = taken.join("tuning.json");
    let refused = program(directory.path(), &["tune"])
        .env("LENET_GPU_TUNING", text(&file))
        .assert()
        .failure();
    let error = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(error.contains(text(&taken)), "{error}");
    assert!(!error.contains("Computing on"), "{error}");
}
