//! `export --format pytorch` and `keras`: scripts of every network. `scripts/test-export` runs them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome::{error_of, output_of};
use crate::program::{directory, json_of, text};
use lenet_gpu::model::{
    C3Connections, Choices, Conversion, DataRecord, Head, Model, Network, Parameters, Recipe,
    SetRecord, Subsampling,
};
use lenet_gpu::python::{Library, definition};
use lenet_gpu::train::Preset;

const LIBRARIES: [Library; 2] = [Library::Pytorch, Library::Keras];

/// A network of `choices` whose parameters are all 0.
fn model_of(choices: Choices) -> Model {
    let network = Network::of(choices);
    let Recipe { loss, .. } = Preset::Default.recipe();
    Model {
        arena: vec![0.0; Parameters::of(&network).arena_len()],
        network,
        loss,
        trained_on: None,
        string_fields: 0,
    }
}

/// All networks there are.
fn all_choices() -> Vec<Choices> {
    let mut all = Vec::new();
    for start in [Choices::default(), Choices::lenet1()] {
        for subsampling in [
            Subsampling::Trainable,
            Subsampling::Average,
            Subsampling::Max,
        ] {
            for c3 in [C3Connections::Table1, C3Connections::Full] {
                for head in [Head::Rbf, Head::Softmax] {
                    let choices = Choices {
                        subsampling,
                        c3,
                        head,
                        ..start
                    };
                    all.extend(choices.check().is_ok().then_some(choices));
                }
            }
        }
    }
    all
}

fn saved(directory: &Path) -> PathBuf {
    let file = directory.join("model.safetensors");
    model_of(Choices::default()).save(&file).unwrap();
    file
}

#[test]
fn scripts_have_a_layer_for_all_parameters_and_nothing_that_is_not_used() {
    assert_eq!(all_choices().len(), 12 + 6);
    for choices in all_choices() {
        let model = model_of(choices);
        for library in LIBRARIES {
            let script = definition(&model, library);
            for range in Parameters::of(&model.network).ranges() {
                let (layer, role) = range.name.split_once('.').unwrap();
                let made = match library {
                    Library::Pytorch => format!("self.{layer} = "),
                    Library::Keras => format!("name=\"{layer}\""),
                };
                assert!(script.contains(&made), "{choices:?}: no {layer}");
                assert!(
                    script.contains(role) || script.contains("nn.Linear"),
                    "{choices:?}: no {role}"
                );
            }
            let uses = |word: &str| script.matches(word).count();
            for name in ["codes()", "C3_SOURCES", "Subsampling", "FullConnection"] {
                assert_ne!(
                    uses(name),
                    1,
                    "{choices:?}: {name} is defined or used, not both"
                );
            }
            assert_eq!(uses("C3_SOURCES") > 0, choices.c3 == C3Connections::Table1);
            assert_eq!(uses("codes()") > 0, choices.head == Head::Rbf);
            assert!(
                script.lines().all(|line| line.chars().count() <= 110),
                "{script}"
            );
        }
    }
}

#[test]
fn a_script_reads_pictures_as_those_of_the_training_were_read() {
    let set = SetRecord {
        digits: 1,
        checksum: "0".to_owned(),
    };
    let model = Model {
        trained_on: Some(DataRecord {
            conversion: Conversion {
                ink: 16,
                invert: true,
                transpose: true,
            },
            train: set.clone(),
            test: set,
        }),
        ..model_of(Choices::default())
    };
    for library in LIBRARIES {
        let script = definition(&model, library);
        for line in [
            "images = numpy.minimum((images.astype(int) * 255 + 8) // 16, 255)",
            "images = 255 - images",
            "images = images.transpose(0, 2, 1)",
        ] {
            assert!(script.contains(line), "{script}");
        }
        let plain = definition(&model_of(Choices::default()), library);
        assert!(!plain.contains("images = "), "{plain}");
    }
}

#[test]
fn export_writes_a_script_into_a_new_file_alone() {
    let directory = directory();
    let model = saved(directory.path());
    for (format, library) in ["pytorch", "keras"].into_iter().zip(LIBRARIES) {
        let file = directory.path().join(format!("lenet_in_{format}.py"));
        let words = [
            "export",
            text(&model),
            "--format",
            format,
            "--out",
            text(&file),
        ];
        output_of(directory.path(), &words);
        let expected = definition(&model_of(Choices::default()), library);
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
        let error = error_of(directory.path(), &words);
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    }
    let words = [
        "export",
        text(&model),
        "--json",
        "--format",
        "keras",
        "--out",
        "b.py",
    ];
    let document = json_of(directory.path(), &words);
    assert_eq!(document["format"], "keras");
    assert_eq!(document["choices"]["head"], "rbf");
}

#[test]
fn export_refuses_what_it_cannot_do() {
    let directory = directory();
    let model = saved(directory.path());
    for (words, expected) in [
        (vec!["export", "--out", "a.py"], "--format"),
        (
            vec!["export", "--format", "caffe", "--out", "a.py"],
            "pytorch",
        ),
        (vec!["export", text(&model), "--format", "keras"], "--out"),
        (
            vec![
                "export",
                "no.safetensors",
                "--format",
                "keras",
                "--out",
                "a.py",
            ],
            "no.safetensors",
        ),
        (
            vec!["export", "--format", "keras", "--out", "a.py"],
            "no model was named",
        ),
        (
            vec![
                "export",
                text(&model),
                "--format",
                "keras",
                "--out",
                "no/a.py",
            ],
            "no folder 'no'",
        ),
        (
            vec![
                "export",
                text(&model),
                "--format",
                "keras",
                "--out",
                "keras.py",
            ],
            "choose another name",
        ),
        (
            vec![
                "export",
                text(&model),
                "--format",
                "pytorch",
                "--out",
                "random.py",
            ],
            "choose another name",
        ),
        (
            vec![
                "export",
                text(&model),
                "--format",
                "pytorch",
                "--input",
                "bytes",
                "--out",
                "a.py",
            ],
            "--input is for --format onnx",
        ),
    ] {
        let error = error_of(directory.path(), &words);
        assert!(error.contains(expected), "{words:?}: {error}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}
