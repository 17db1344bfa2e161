//! `docs/deck.md`: every command in it runs, and prints what the page says it prints.

use std::fs;
use std::path::Path;

use crate::cli::picture;
use crate::program::{directory, program};

/// A command of the page and the lines that follow it there.
struct Example {
    command: String,
    excerpt: Vec<String>,
}

/// All commands in the blocks of `markdown` that are marked `sh`.
fn examples(markdown: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_inside = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_inside = line == "```sh";
        } else if let (true, Some(command)) = (is_inside, line.strip_prefix("$ ")) {
            examples.push(Example {
                command: command.to_owned(),
                excerpt: Vec::new(),
            });
        } else if is_inside {
            let example = examples.last_mut().expect("a block starts with a command");
            example.excerpt.push(line.to_owned());
        }
    }
    examples
}

/// Whether `line` of an excerpt, in which `…` stands for any text, is `printed`.
fn is_line(line: &str, printed: &str) -> bool {
    let mut parts = line.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.trim_end().strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The first line of `excerpt` that is not in `output`, after those before it. A line `…` stands for any
/// number of lines; others follow each other.
fn first_missing<'a>(excerpt: &'a [String], output: &str) -> Option<&'a str> {
    let mut printed = output.lines();
    let mut may_skip = false;
    for line in excerpt {
        if line == "…" {
            may_skip = true;
            continue;
        }
        let is_there = match may_skip {
            true => printed.any(|printed| is_line(line, printed)),
            false => printed.next().is_some_and(|printed| is_line(line, printed)),
        };
        if !is_there {
            return Some(line);
        }
        may_skip = false;
    }
    let is_cut = excerpt.last().is_some_and(|line| line == "…");
    let left = printed.next().filter(|_| !is_cut && !excerpt.is_empty());
    left.map(|_| "(the end)")
}

#[test]
fn excerpts_are_compared_line_by_line() {
    let missing = |excerpt: &[&str], output: &str| {
        let excerpt: Vec<String> = excerpt.iter().map(|&line| line.to_owned()).collect();
        first_missing(&excerpt, output).map(str::to_owned)
    };
    let output = "one\ntwo 2\nthree\nfour\n";
    assert_eq!(missing(&["one", "two…", "three", "four"], output), None);
    assert_eq!(missing(&["…", "t…e", "…"], output), None);
    assert_eq!(missing(&["one", "t…o", "…"], output).unwrap(), "t…o");
    assert_eq!(missing(&[], output), None);
    assert_eq!(missing(&["one", "three", "…"], output).unwrap(), "three");
    assert_eq!(missing(&["…", "four", "one"], output).unwrap(), "one");
    assert_eq!(missing(&["one", "two 2"], output).unwrap(), "(the end)");
}

/// One test, since commands use what those before them have left.
#[test]
fn every_command_of_the_page_prints_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deck.md");
    let examples = examples(&fs::read_to_string(page).unwrap());
    assert!(
        examples.len() > 12,
        "{} commands were found",
        examples.len()
    );
    let directory = directory();
    picture(MNIST_THREE)
        .save(directory.path().join("three.png"))
        .unwrap();
    for Example { command, excerpt } in &examples {
        let words: Vec<&str> = command.split(' ').collect();
        let Some(("lenet-gpu", arguments)) =
            words.split_first().map(|(first, rest)| (*first, rest))
        else {
            panic!("{command} is no command of the program");
        };
        let success = program(directory.path(), arguments).assert().success();
        let output = String::from_utf8(success.get_output().stdout.clone()).unwrap();
        if let Some(line) = first_missing(excerpt, &output) {
            panic!("`{command}` does not print\n{line}\nwhere docs/deck.md has it:\n{output}");
        }
    }
}

/// A test digit that shows a three.
const MNIST_THREE: usize = 18;
