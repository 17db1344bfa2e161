//! What the program says of sets that are not like MNIST, and of sets that change: `--data`, `--invert`,
//! `--transpose`, `--ink`, and what runs and models record.

use std::fs;
use std::path::Path;

use lenet_gpu::data::Dataset;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::digits::MNIST;
use crate::program::{digit_folder, directory, json_of, program, text, write_set};

/// A set of the first digits of MNIST, whose images are turned by `turn`.
fn turned_folder(turn: impl Fn(&[u8; 784]) -> Vec<u8>) -> TempDir {
    let folder = directory();
    let turned = |set: &Dataset, count: usize| {
        let images = (0..count).flat_map(|index| turn(set.image(index)));
        Dataset::new(images.collect(), set.labels()[..count].to_vec()).unwrap()
    };
    write_set(
        folder.path(),
        &turned(&MNIST.train, 64),
        &turned(&MNIST.test, 40),
    );
    folder
}

fn transposed(image: &[u8; 784]) -> Vec<u8> {
    (0..784).map(|at| image[at % 28 * 28 + at / 28]).collect()
}

fn negative(image: &[u8; 784]) -> Vec<u8> {
    image.iter().map(|&byte| 255 - byte).collect()
}

/// The arguments of a training of one pass on `data` into the folder `run`.
fn training<'a>(data: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "train",
        "--adapter",
        "cpu",
        "--passes",
        "1",
        "--out",
        "run",
        "--data",
    ];
    [&fixed[..], &[text(data)], more].concat()
}

/// The arguments of an evaluation of the network in `run` on `data`.
fn evaluation<'a>(data: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["eval", "run", "--adapter", "cpu", "--data", text(data)];
    [&fixed[..], more].concat()
}

/// Stdout and stderr of a run, and whether it succeeded.
fn run(directory: &Path, arguments: &[&str]) -> (String, bool) {
    let output = program(directory, arguments).output().unwrap();
    let both = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(both).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    (text, output.status.success())
}

#[track_caller]
fn success(directory: &Path, arguments: &[&str]) -> String {
    let (text, succeeded) = run(directory, arguments);
    assert!(succeeded, "{text}");
    text
}

#[track_caller]
fn failure(directory: &Path, arguments: &[&str]) -> String {
    let (text, succeeded) = run(directory, arguments);
    assert!(!succeeded, "{text}");
    text
}

fn config(directory: &Path) -> Value {
    let json = fs::read(directory.join("run/config.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// `--json` has the findings, and people are told what to do, with `--quiet`, too.
#[test]
fn sets_unlike_mnist_are_said_with_what_to_do() {
    type Turn = fn(&[u8; 784]) -> Vec<u8>;
    let sets: [(Turn, &str, &str); 3] = [
        (transposed, "turned", "Read them with --transpose"),
        (negative, "inverted", "Read them with --invert"),
        (
            |image| image.iter().map(|&byte| byte / 128).collect(),
            "narrow-range",
            "Read them with --ink 1",
        ),
    ];
    for (turn, finding, advice) in sets {
        let (directory, data) = (directory(), turned_folder(turn));
        let quiet = success(directory.path(), &training(data.path(), &["--quiet"]));
        assert!(
            quiet.contains("Warning: the training and test digits"),
            "{quiet}"
        );
        assert!(quiet.contains(advice), "{quiet}");
        assert!(quiet.contains("likely to misread"), "{quiet}");
        let arguments = evaluation(data.path(), &["--json"]);
        let document = json_of(directory.path(), &arguments);
        let warning = &document["data_warnings"][0];
        assert_eq!(warning["finding"], finding);
        assert_eq!(warning["advice"], advice);
        assert_eq!(document["data_warnings"][1], Value::Null);
    }
}

#[test]
fn a_turned_set_trains_to_the_same_network_as_the_upright_one() {
    let (upright, turned) = (directory(), directory());
    let data = digit_folder(64, 40);
    let said = success(upright.path(), &training(data.path(), &[]));
    assert!(!said.contains("Warning"), "{said}");
    let other = turned_folder(|image| negative(&transposed(image).try_into().unwrap()));
    let options = ["--invert", "--transpose"];
    let said = success(turned.path(), &training(other.path(), &options));
    assert!(!said.contains("Warning"), "{said}");
    assert!(said.contains("inverted, transposed"), "{said}");
    let recorded = config(turned.path());
    let conversion = &recorded["trained_on"]["conversion"];
    assert_eq!(
        *conversion,
        json!({ "ink": 255, "invert": true, "transpose": true })
    );
    let (one, two) = (config(upright.path()), &recorded["trained_on"]);
    assert_eq!(one["trained_on"]["train"], two["train"]);

    // The network reads the same files as it did, and others as they are.
    let eval = |data: &Path, more: &[&str]| {
        let arguments = evaluation(data, &["--json"]);
        json_of(turned.path(), &[&arguments[..], more].concat())
    };
    let expected = eval(data.path(), &[]);
    let same = eval(other.path(), &[]);
    let asked = eval(other.path(), &options);
    for document in [&expected, &same, &asked] {
        assert_eq!(document["digits_are"], "test");
        assert_eq!(document["data_warnings"], json!([]));
        assert_eq!(document["errors"], expected["errors"]);
    }
    let arguments = evaluation(other.path(), &[]);
    let said = success(turned.path(), &arguments);
    assert!(
        said.contains("read as then: inverted, transposed"),
        "{said}"
    );
}

#[test]
fn options_that_turn_need_a_set_to_turn() {
    let directory = directory();
    for option in ["--invert", "--transpose", "--ink=16"] {
        for command in ["train", "eval", "bench", "reproduce", "tune"] {
            let error = failure(directory.path(), &[command, option]);
            assert!(error.contains("--data"), "{command} {option}: {error}");
        }
    }
    let data = digit_folder(20, 20);
    let error = failure(directory.path(), &training(data.path(), &["--ink", "16"]));
    assert!(
        error.contains("--ink is 16, expected at least 255"),
        "{error}"
    );
    assert!(!directory.path().join("run").exists());
}

#[test]
fn digits_are_known_by_their_checksum() {
    let (directory, data) = (directory(), digit_folder(64, 40));
    success(
        directory.path(),
        &training(data.path(), &["--samples", "50"]),
    );
    let eval = |data: &Path, more: &[&str]| {
        let arguments = evaluation(data, &["--json"]);
        json_of(directory.path(), &[&arguments[..], more].concat())["digits_are"].clone()
    };
    assert_eq!(eval(data.path(), &[]), "test");
    assert_eq!(eval(data.path(), &["--set", "train"]), "training");
    let other = digit_folder(40, 30);
    assert_eq!(eval(other.path(), &[]), "other");
    assert_eq!(eval(other.path(), &["--set", "train"]), "other");
    // Training digits under the names of test digits.
    let train = MNIST.train.clone();
    write_set(
        other.path(),
        &train.clone().take_first(20),
        &train.take_first(50),
    );
    assert_eq!(eval(other.path(), &[]), "training");
    let arguments = evaluation(other.path(), &["-q"]);
    let said = success(directory.path(), &arguments);
    assert!(said.contains("was trained on these digits"), "{said}");
}

#[test]
fn a_run_goes_on_with_the_digits_it_was_started_with() {
    let (directory, data) = (directory(), digit_folder(64, 40));
    success(directory.path(), &training(data.path(), &[]));
    let resume = |more: &[&str]| {
        run(
            directory.path(),
            &[&["train", "--resume", "run"], more].concat(),
        )
    };
    let changed = digit_folder(63, 40);
    let set_aside = data.path().join("train-labels-idx1-ubyte");
    let labels = fs::read(&set_aside).unwrap();
    let mut others = labels.clone();
    *others.last_mut().unwrap() ^= 1;
    fs::write(&set_aside, &others).unwrap();
    let (said, succeeded) = resume(&[]);
    assert!(
        !succeeded && said.contains("not those that the run was started with"),
        "{said}"
    );
    assert!(
        said.contains("xxh3-128:") && said.contains("--data"),
        "{said}"
    );
    fs::write(&set_aside, &labels).unwrap();
    assert!(resume(&[]).1);

    // Moved digits are the same digits, wherever the program is run.
    let moved = directory.path().join("moved");
    fs::rename(data.path(), &moved).unwrap();
    let (said, succeeded) = resume(&[]);
    assert!(!succeeded && said.contains("no such folder"), "{said}");
    let (said, succeeded) = resume(&["--data", "moved"]);
    assert!(succeeded && !said.contains("other digits"), "{said}");
    let recorded = config(directory.path())["data"].clone();
    let recorded = Path::new(recorded.as_str().unwrap());
    assert!(
        recorded.is_absolute() && recorded.ends_with("moved"),
        "{recorded:?}"
    );
    let elsewhere = crate::program::directory();
    let folder = directory.path().join("run");
    success(elsewhere.path(), &["train", "--resume", text(&folder)]);

    let (said, succeeded) = resume(&["--data", text(changed.path())]);
    assert!(
        succeeded && said.contains("Warning: these are other digits"),
        "{said}"
    );
    let error = failure(
        directory.path(),
        &["train", "--resume", "run", "--data", "moved", "--invert"],
    );
    assert!(error.contains("cannot be used with"), "{error}");
}

/// Files as version 0.1.0 left them: without a word on the digits.
#[test]
fn older_files_are_read() {
    let (directory, data) = (directory(), digit_folder(64, 40));
    success(directory.path(), &training(data.path(), &[]));
    let folder = directory.path().join("run");
    let mut old = config(directory.path());
    old.as_object_mut().unwrap().remove("trained_on").unwrap();
    fs::write(folder.join("config.json"), old.to_string()).unwrap();
    success(directory.path(), &["train", "--resume", "run"]);
    let model = folder.join("model.safetensors");
    let mut metadata = Value::Null;
    alter_metadata(&model, |description| {
        description.as_object_mut().unwrap().remove("trained_on");
        metadata = description.clone();
    });
    assert_eq!(metadata["format"], 1);
    let arguments = evaluation(data.path(), &["--json"]);
    let document = json_of(directory.path(), &arguments);
    assert_eq!(document["digits_are"], Value::Null);
}

/// Changes what a model file says of itself.
fn alter_metadata(file: &Path, alter: impl FnOnce(&mut Value)) {
    let bytes = fs::read(file).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, tensors) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    let entry = &mut header["__metadata__"]["lenet-gpu"];
    let mut description: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
    alter(&mut description);
    *entry = description.to_string().into();
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    fs::write(file, [&length[..], header.as_bytes(), tensors].concat()).unwrap();
}

#[test]
fn a_model_of_other_inputs_or_an_impossible_loss_is_refused() {
    let (directory, data) = (directory(), digit_folder(20, 20));
    success(directory.path(), &training(data.path(), &[]));
    let model = directory.path().join("run/model.safetensors");
    let whole = fs::read(&model).unwrap();
    type Alter = fn(&mut Value);
    let alterations: [(Alter, &str); 8] = [
        (
            |model| model["normalisation"]["background"] = json!(-0.5),
            "-0.5 for paper",
        ),
        (
            |model| model["normalisation"]["ink"] = json!(1.0),
            "to 1 for ink",
        ),
        (
            |model| model["normalisation"]["field"] = json!([28, 28]),
            "28 x 28 inputs",
        ),
        (
            |model| model["loss"]["scale"] = json!(0.0),
            "loss.scale is 0",
        ),
        (
            |model| model["loss"]["scale"] = json!(-1.0),
            "loss.scale is -1",
        ),
        (|model| model["loss"]["scale"] = json!(1e30), "at most 1e6"),
        (|model| model["loss"]["rubbish"] = json!(1e300), "unusable"),
        (|model| model["loss"]["scale"] = Value::Null, "unusable"),
    ];
    for (alter, said) in alterations {
        fs::write(&model, &whole).unwrap();
        alter_metadata(&model, alter);
        let arguments = evaluation(data.path(), &[]);
        let error = failure(directory.path(), &arguments);
        assert!(
            error.contains(said) && error.contains("model.safetensors"),
            "{error}"
        );
    }
}

/// Eq. 8 trains no posterior, and none is made up.
#[test]
fn a_network_trained_by_eq_8_gives_no_confidence() {
    let (directory, data) = (directory(), digit_folder(20, 20));
    success(directory.path(), &training(data.path(), &["--loss", "mse"]));
    let image = image::GrayImage::from_raw(28, 28, MNIST.test.image(0).to_vec()).unwrap();
    image.save(directory.path().join("digit.png")).unwrap();
    let arguments = ["predict", "-m", "run", "--adapter", "cpu", "digit.png"];
    let said = success(directory.path(), &arguments);
    assert!(
        said.contains("trained by eq. 8") && !said.contains("sure"),
        "{said}"
    );
    let document = json_of(directory.path(), &[&arguments[..], &["--json"]].concat());
    let prediction = &document["predictions"][0];
    assert_eq!(prediction["confidence"], Value::Null);
    let reason = prediction["no_confidence"].as_str().unwrap();
    assert!(reason.contains("eq. 8"), "{reason}");
    assert!(prediction["digit"].is_number());
    let rejecting = [&arguments[..], &["--reject-below", "0.5"]].concat();
    let error = failure(directory.path(), &rejecting);
    assert!(
        error.contains("--reject-below is 0.5") && error.contains("eq. 8"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_config_json_cannot_name_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let (directory, data) = (directory(), digit_folder(20, 20));
    let odd = directory.path().join(OsStr::from_bytes(b"d\xff"));
    fs::rename(data.path(), &odd).unwrap();
    let with_data = |arguments: &[&str]| {
        let mut command = program(directory.path(), arguments);
        let output = command.arg("--data").arg(&odd).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!stderr.contains("panicked"), "{stderr}");
        (stderr, output.status.success())
    };
    let (error, _) = with_data(&["train", "--adapter", "cpu", "--passes", "1", "--out", "run"]);
    assert!(error.contains("not UTF-8"), "{error}");
    assert!(!directory.path().join("run").exists());
    success(
        directory.path(),
        &training(data_again(&odd, directory.path()), &[]),
    );
    let (error, succeeded) = with_data(&["eval", "run", "--json", "--adapter", "cpu"]);
    assert!(succeeded, "{error}");
}

/// The same set by a link whose name is UTF-8.
#[cfg(unix)]
fn data_again<'a>(odd: &Path, directory: &'a Path) -> &'a Path {
    std::os::unix::fs::symlink(odd, directory.join("link")).unwrap();
    Path::new("link")
}

/// A report's networks are used again for the same digits alone.
#[test]
fn reproduce_tells_digits_from_others_in_the_same_folder() {
    let (directory, data) = (directory(), digit_folder(60, 40));
    let arguments = [
        "reproduce",
        "--quick",
        "--seeds",
        "1",
        "--figure",
        "5",
        "--adapter",
        "cpu",
        "--data",
    ];
    let reproduce = [&arguments[..], &[text(data.path())]].concat();
    success(directory.path(), &reproduce);
    let said = success(directory.path(), &reproduce);
    assert!(said.contains("found"), "{said}");
    let moved = digit_folder(60, 40);
    let said = success(
        directory.path(),
        &[&arguments[..], &[text(moved.path())]].concat(),
    );
    assert!(said.contains("found"), "the same digits elsewhere: {said}");
    write_set(
        data.path(),
        &MNIST.train.clone().take_first(60),
        &MNIST.test.clone().take_first(39),
    );
    let error = failure(directory.path(), &reproduce);
    assert!(error.contains("other data"), "{error}");
}
