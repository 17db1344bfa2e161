//! Several models that are measured, or answer, together.

use image::GrayImage;
use lenet_gpu::data::IMAGE_SIDE;
use serde_json::{Value, json};

use crate::digits::MNIST;
use crate::outcome::error_of;
use crate::program::{digit_folder, directory, json_of, text};

const TRAIN: [&str; 7] = [
    "train",
    "--json",
    "--adapter",
    "cpu",
    "--passes",
    "2",
    "--out",
];

#[test]
fn models_are_measured_and_answer_together() {
    let (directory, data) = (directory(), digit_folder(300, 100));
    let directory = directory.path();
    let data = ["--data", text(data.path())];
    let seeds = ["two", "--seeds", "2"];
    let trained = json_of(directory, &[&TRAIN[..], &seeds, &data].concat());

    let eval = ["eval", "--json", "--adapter", "cpu"];
    let [of_folder, of_files] = [
        &["two"][..],
        &["two/seed-0", "two/seed-1/model.safetensors"],
    ]
    .map(|models| json_of(directory, &[&eval[..], &data, models].concat()));
    for measured in [&of_folder, &of_files] {
        for key in ["scores", "error_percent", "ensemble"] {
            assert_eq!(measured[key], trained["test"][key], "{key}");
        }
        assert_eq!(measured["digits_are"], json!(["test", "test"]));
        assert!(measured["models"][1].as_str().unwrap().contains("seed-1"));
    }

    picture_of_first()
        .save(directory.join("digit.png"))
        .unwrap();
    let predict = |models: &[&str]| {
        let arguments = ["predict", "--json", "--adapter", "cpu", "digit.png"];
        let models = models.iter().flat_map(|model| ["--model", model]);
        let arguments: Vec<&str> = arguments.into_iter().chain(models).collect();
        json_of(directory, &arguments)["predictions"][0].take()
    };
    let distance = |prediction: &Value| prediction["distances"][7].as_f64().unwrap();
    let together = predict(&["two"]);
    let each = [predict(&["two/seed-0"]), predict(&["two/seed-1"])];
    assert_eq!(together, predict(&["two/seed-0", "two/seed-1"]));
    let mean = (distance(&each[0]) + distance(&each[1])) / 2.0;
    assert!((distance(&together) - mean).abs() < 1e-3 * mean);
    assert_ne!(distance(&each[0]), distance(&each[1]));
}

#[test]
fn models_that_have_no_mean_are_refused() {
    let (directory, data) = (directory(), digit_folder(64, 20));
    let directory = directory.path();
    let data = ["--data", text(data.path())];
    for (folder, recipe) in [("paper", "plain"), ("deck", "deck")] {
        json_of(
            directory,
            &[&TRAIN[..], &[folder, "--recipe", recipe], &data].concat(),
        );
    }
    let eval = ["eval", "--adapter", "cpu", "paper", "deck"];
    let error = error_of(directory, &[&eval[..], &data].concat());
    assert!(error.contains("place 2 has a softmax head"), "{error}");

    json_of(
        directory,
        &[&TRAIN[..], &["turned", "--invert"], &data].concat(),
    );
    let eval = ["eval", "--adapter", "cpu", "paper", "turned"];
    let error = error_of(directory, &[&eval[..], &data].concat());
    for part in [
        "turned/model.safetensors",
        "read in another way",
        "one by one",
    ] {
        assert!(error.contains(part), "no {part} in {error}");
    }
}

/// The first test digit, a 7.
fn picture_of_first() -> GrayImage {
    let side = IMAGE_SIDE as u32;
    GrayImage::from_raw(side, side, MNIST.test.image(0).to_vec()).unwrap()
}
