//! `summary --explain`: formulas that come to what they say, and what cannot be explained.

use std::fs;

use crate::digits::MNIST;
use crate::outcome::{error_of, output_of};
use crate::program::{directory, json_of, text};
use lenet_gpu::data::{BACKGROUND, FIELD_SIDE, IMAGE_SIDE, level};
use lenet_gpu::model::{ConnectionTable, KERNEL, MapShape};
use lenet_gpu::reference::{batch, conv};
use serde_json::Value;

// --- formulas ------------------------------------------------------------------------------------

/// The value of an expression of numbers, `+`, `-`, `*`, `/` and brackets.
fn value_of(expression: &str) -> f64 {
    let characters: Vec<char> = expression.chars().filter(|c| *c != ' ').collect();
    let (value, rest) = sum(&characters);
    assert!(rest.is_empty(), "{expression}: {rest:?} is left");
    value
}

fn sum(text: &[char]) -> (f64, &[char]) {
    let (mut value, mut rest) = product(text);
    while let [sign @ ('+' | '-'), after @ ..] = rest {
        let (term, next) = product(after);
        value += if *sign == '+' { term } else { -term };
        rest = next;
    }
    (value, rest)
}

fn product(text: &[char]) -> (f64, &[char]) {
    let (mut value, mut rest) = factor(text);
    while let [sign @ ('*' | '/'), after @ ..] = rest {
        let (by, next) = factor(after);
        value = if *sign == '*' { value * by } else { value / by };
        rest = next;
    }
    (value, rest)
}

fn factor(text: &[char]) -> (f64, &[char]) {
    if let ['(', inner @ ..] = text {
        let (value, rest) = sum(inner);
        return (
            value,
            rest.strip_prefix(&[')']).expect("a bracket is closed"),
        );
    }
    let end = text.iter().position(|c| !c.is_ascii_digit());
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    (number.iter().collect::<String>().parse().unwrap(), rest)
}

/// All formulas in `document`, wherever they are.
fn formulas(document: &Value) -> Vec<(&str, f64)> {
    match document {
        Value::Object(entries) => match (entries.get("expression"), entries.get("value")) {
            (Some(Value::String(expression)), Some(value)) => {
                vec![(expression, value.as_f64().unwrap())]
            }
            _ => entries.values().flat_map(formulas).collect(),
        },
        Value::Array(items) => items.iter().flat_map(formulas).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_formula_comes_to_its_value() {
    let directory = directory();
    for variant in [
        "",
        "--c3 full",
        "--subsampling average",
        "--subsampling max --head softmax",
        "--network lenet-1",
        "--network lenet-1 --c3 full",
    ] {
        for topic in [
            "",
            "input",
            "C1",
            "S2",
            "output",
            "local-fields",
            "shared-weights",
        ] {
            let line = format!("summary --json --explain {topic} {variant}");
            let words: Vec<&str> = line.split_whitespace().collect();
            let document = json_of(directory.path(), &words);
            let formulas = formulas(&document["explained"]);
            assert!(formulas.len() > 1, "{line}");
            for (expression, value) in formulas {
                assert_eq!(value_of(expression), value, "{line}: {expression}");
            }
        }
    }
}

#[test]
fn the_counts_explained_are_those_of_the_table() {
    let directory = directory();
    let document = json_of(directory.path(), &["summary", "--json", "--explain"]);
    let table = document["layers"].as_array().unwrap();
    let explained = document["explained"]["layers"].as_array().unwrap();
    assert_eq!(table.len(), explained.len());
    for (row, layer) in table.iter().zip(explained) {
        assert_eq!(row["name"], layer["layer"]);
        for count in ["parameters", "connections"] {
            assert_eq!(row[count], layer[count]["value"], "{layer}");
        }
    }
}

#[test]
fn a_side_that_does_not_come_out_is_rounded_down_and_said_so() {
    let directory = directory();
    let explained = |sizes: &str| {
        let line = format!("summary --explain {sizes}");
        output_of(directory.path(), &line.split(' ').collect::<Vec<_>>())
    };
    let same = explained("--input 7 --kernel 3 --padding 1");
    assert!(same.contains("(7 - 3 + 2*1)/1 + 1 = 7"), "{same}");
    assert!(
        same.contains("whole") && !same.contains("not whole"),
        "{same}"
    );
    let rest = explained("--input 7 --kernel 3 --stride 3");
    assert!(
        rest.contains("(7 - 3 + 2*0)/3 + 1, rounded down: 2"),
        "{rest}"
    );
    assert!(
        rest.contains("not whole") && rest.contains("last row and column"),
        "{rest}"
    );
}

/// A convolution of the 32×32 field, and one with 'same' padding of the 28×28 picture.
#[test]
fn the_field_is_same_padding_of_the_picture_by_the_background() {
    let image = MNIST.test.image(0);
    let side = FIELD_SIDE - KERNEL + 1;
    assert_eq!(side, IMAGE_SIDE);
    let kernel: Vec<f64> = (0..KERNEL * KERNEL).map(|k| k as f64 - 7.0).collect();
    let mut field = vec![0.0; FIELD_SIDE * FIELD_SIDE];
    batch::assemble(image, &mut field);
    let table = ConnectionTable::full(1, 1);
    let shape = conv::Shape {
        table: &table,
        input: MapShape::new(1, FIELD_SIDE, FIELD_SIDE),
        output: MapShape::new(1, side, side),
    };
    let mut from_field = vec![0.0; side * side];
    conv::forward(&shape, &field, &kernel, &[0.5], &mut from_field);

    let padding = (KERNEL - 1) / 2;
    let input = |y: usize, x: usize| match (y.checked_sub(padding), x.checked_sub(padding)) {
        (Some(y), Some(x)) if y < IMAGE_SIDE && x < IMAGE_SIDE => {
            f64::from(level(image[y * IMAGE_SIDE + x]))
        }
        _ => f64::from(BACKGROUND),
    };
    for (unit, from_field) in from_field.iter().enumerate() {
        let (y, x) = (unit / side, unit % side);
        let terms = kernel.iter().enumerate();
        let sum: f64 = terms
            .map(|(k, weight)| weight * input(y + k / KERNEL, x + k % KERNEL))
            .sum();
        assert!((from_field - sum - 0.5).abs() < 1e-5, "at {y}, {x}");
    }
}

// --- refusals ------------------------------------------------------------------------------------

#[test]
fn what_cannot_be_explained_is_refused_with_the_reason() {
    let directory = directory();
    for (line, expected) in [
        (
            "--explain --input 5 --kernel 9",
            "--kernel is 9, expected at most 5",
        ),
        ("--explain --input 0 --kernel 3", "--input is 0"),
        ("--explain --input 7 --kernel 3 --stride 0", "--stride is 0"),
        ("--explain --input 7", "--kernel"),
        ("--explain C1 --input 7 --kernel 3", "leave out 'C1'"),
        ("--input 7 --kernel 3", "--explain"),
        ("--explain F6 --network lenet-1", "no layer F6"),
        ("--explain S9", "S9"),
        ("--explain C1 --bias 1", "--explain sub-sampling"),
        (
            "--explain sub-sampling --coefficient inf",
            "--coefficient is inf",
        ),
        (
            "--explain sub-sampling --bias -1001",
            "--bias is -1001, expected a number from -1000 to 1000",
        ),
        (
            "--explain sub-sampling --subsampling max",
            "choose a network",
        ),
        ("--explain squashing --head softmax", "choose a network"),
        (
            "--explain --input 7 --kernel 3 --network lenet-1",
            "choose a network",
        ),
        ("--explain S2 --plot a.png", "--explain squashing"),
        ("--explain squashing --plot a.gif", ".svg or .png"),
    ] {
        let words: Vec<&str> = ["summary"].into_iter().chain(line.split(' ')).collect();
        let error = error_of(directory.path(), &words);
        assert!(error.contains(expected), "{line}: {error}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

// --- sub-sampling, squashing ---------------------------------------------------------------------

#[test]
fn the_example_of_sub_sampling_takes_a_coefficient_and_a_bias() {
    let words = "summary --json --explain subsampling --coefficient 0.5 --bias -1";
    let words: Vec<&str> = words.split(' ').collect();
    let explained = &json_of(directory().path(), &words)["explained"];
    assert_eq!(
        explained["max"],
        serde_json::json!([[2.0, 3.0], [3.0, 3.0]])
    );
    assert_eq!(
        explained["trainable"],
        serde_json::json!([[2.0, 2.5], [2.0, 2.5]])
    );
    let words = "summary --explain sub-sampling --coefficient -200";
    let printed = output_of(directory().path(), &words.split(' ').collect::<Vec<_>>());
    let apart = "-1200.0000 -1400.0000  -1.7159 -1.7159";
    assert!(printed.contains(apart), "{printed}");
}

#[test]
fn no_padding_keeps_the_size_for_an_even_kernel() {
    let words = "summary --explain --input 7 --kernel 4".split(' ');
    let printed = output_of(directory().path(), &words.collect::<Vec<_>>());
    let reason = "no padding keeps it: (F - 1)/2 = (4 - 1)/2 = 1.5 is not whole";
    assert!(printed.contains(reason), "{printed}");
}

#[test]
fn the_squashing_function_is_drawn_once() {
    let directory = directory();
    for (name, starts) in [("f.svg", &b"<svg "[..]), ("f.PNG", b"\x89PNG")] {
        let file = directory.path().join(name);
        let words = ["summary", "--explain", "squashing", "--plot", text(&file)];
        output_of(directory.path(), &words);
        let drawn = fs::read(&file).unwrap();
        assert!(drawn.starts_with(starts), "{name}");
        let error = error_of(directory.path(), &words);
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), drawn);
    }
}
