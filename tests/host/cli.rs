//! The program itself, from outside: what it prints, what it leaves, how it refuses. Everything is
//! computed on the CPU path; `tests/adapter/cli.rs` has what needs an adapter.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::digits::MNIST;
use crate::outcome::{error_of, output_of};
use crate::program::{assert_keys, digit_folder, directory, json_of, program, text};
use flate2::Compression;
use flate2::write::GzEncoder;
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma};
use lenet_gpu::data::IMAGE_SIDE;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

// --- digits and models ---------------------------------------------------------------------------

const TRAIN_DIGITS: usize = 6000;
const TEST_DIGITS: usize = 500;

/// A run of the program, kept in memory.
struct Run {
    document: Value,
    folder: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

/// One run that many tests look at: two passes over a tenth of MNIST, enough for most digits.
static RUN: LazyLock<Run> = LazyLock::new(|| {
    let data = digit_folder(TRAIN_DIGITS + 10, TEST_DIGITS);
    let directory = directory();
    let folder = directory.path().join("deep/run");
    let samples = TRAIN_DIGITS.to_string();
    let document = json_of(
        directory.path(),
        &[
            "train",
            "--json",
            "--adapter",
            "cpu",
            "--passes",
            "2",
            "--samples",
            &samples,
            "--data",
            text(data.path()),
            "--out",
            text(&folder),
        ],
    );
    let files = folder.read_dir().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    Run {
        document,
        files: files.collect(),
        folder,
    }
});

/// The trained model as a file in `directory`.
fn model_in(directory: &Path) -> PathBuf {
    let path = directory.join("trained.safetensors");
    fs::write(&path, &RUN.files["model.safetensors"]).unwrap();
    path
}

/// The picture of digit `index` of the test set, white on black.
pub(crate) fn picture(index: usize) -> GrayImage {
    let side = IMAGE_SIDE as u32;
    GrayImage::from_raw(side, side, MNIST.test.image(index).to_vec()).unwrap()
}

// --- help, summary, adapters ---------------------------------------------------------------------

#[test]
fn every_command_has_help() {
    let directory = directory();
    let overview = output_of(directory.path(), &["--help"]);
    for command in [
        "train",
        "sweep",
        "eval",
        "eval-strings",
        "predict",
        "read",
        "inspect",
        "export",
        "import",
        "reproduce",
        "verify",
        "adapters",
        "summary",
        "bench",
        "web",
        "completions",
        "man",
    ] {
        assert!(overview.contains(command), "{command} is not listed");
        let help = output_of(directory.path(), &[command, "--help"]);
        assert!(help.contains("Usage: lenet-gpu"), "{help}");
        assert!(help.contains("--json"), "{help}");
    }
}

#[test]
fn shells_complete_commands_and_options() {
    let directory = directory();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = output_of(directory.path(), &["completions", shell]);
        for word in ["lenet-gpu", "reproduce", "reject-below"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let directory = directory();
    output_of(directory.path(), &["man", "--out", "pages/man1"]);
    let page = |name: &str| {
        let file = directory.path().join("pages/man1").join(name);
        fs::read_to_string(file).unwrap()
    };
    assert!(page("lenet-gpu.1").contains("lenet\\-gpu\\-predict(1)"));
    assert!(page("lenet-gpu-predict.1").contains("\\-\\-reject\\-below"));
}

#[test]
fn summary_counts_the_papers_network() {
    let summary = json_of(directory().path(), &["summary", "--json"]);
    assert_eq!(summary["parameters"], 60_000);
    assert_eq!(summary["connections"], 340_908);
    let layers = summary["layers"].as_array().unwrap();
    let names: Vec<&str> = layers.iter().map(|l| l["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["C1", "S2", "C3", "S4", "C5", "F6", "output"]);
    let total: u64 = layers
        .iter()
        .map(|l| l["parameters"].as_u64().unwrap())
        .sum();
    assert_eq!(total, 60_000);
}

#[test]
fn summary_counts_other_networks() {
    let arguments = [
        "summary",
        "--json",
        "--subsampling",
        "average",
        "--c3",
        "full",
        "--head",
        "softmax",
    ];
    let summary = json_of(directory().path(), &arguments);
    // Without coefficients and biases in S2 and S4, with 36 kernels and a dense layer more.
    let expected = 60_000 - 2 * (6 + 16) + 36 * 25 + 10 * (84 + 1);
    assert_eq!(summary["parameters"], expected);
    assert_eq!(summary["layers"].as_array().unwrap().len(), 8);
}

#[test]
fn summary_counts_lenet1() {
    let arguments = ["summary", "--json", "--network", "lenet-1"];
    let summary = json_of(directory().path(), &arguments);
    assert_eq!(summary["parameters"], 2578);
    assert_eq!(summary["architecture"], "LeNet-1");
    let error = error_of(
        directory().path(),
        &["summary", "--network", "lenet-1", "--head", "rbf"],
    );
    assert!(error.contains("--head"), "{error}");
}

#[test]
fn summary_prints_a_table() {
    let table = output_of(directory().path(), &["summary"]);
    assert!(
        table.contains("60,000") && table.contains("340,908"),
        "{table}"
    );
}

#[test]
fn adapters_are_listed_with_what_matters() {
    let document = json_of(directory().path(), &["adapters", "--json"]);
    for (index, adapter) in document["adapters"].as_array().unwrap().iter().enumerate() {
        assert_keys(
            adapter,
            &["index", "name", "backend", "type", "driver", "usable"],
        );
        assert_eq!(adapter["index"], index);
    }
}

#[test]
fn the_environment_restricts_what_is_listed() {
    let directory = directory();
    let mut command = program(directory.path(), &["adapters", "--json"]);
    let success = command.env("WGPU_BACKEND", "gl").assert().success();
    let document: Value = serde_json::from_slice(&success.get_output().stdout).unwrap();
    assert_eq!(document["restriction"], "WGPU_BACKEND=gl");
    for adapter in document["adapters"].as_array().unwrap() {
        assert_eq!(adapter["backend"], "gl");
    }
}

// --- refusals ------------------------------------------------------------------------------------

/// The message of a run that must fail with `backends` as WGPU_BACKEND.
fn error_under(backends: &str, arguments: &[&str]) -> String {
    let directory = directory();
    let mut command = program(directory.path(), arguments);
    let failure = command.env("WGPU_BACKEND", backends).assert().failure();
    let left = directory.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "a refused run left something");
    String::from_utf8(failure.get_output().stderr.clone()).unwrap()
}

#[test]
fn an_unknown_backend_in_the_environment_is_refused_by_name() {
    for arguments in [
        &["adapters"][..],
        &["train"],
        &["train", "--adapter", "0"],
        &["verify"],
        &["bench", "--adapter", "all"],
        &["bench"],
        &["tune"],
        &["reproduce", "--quick"],
    ] {
        let error = error_under("abacus", arguments);
        let expected = "WGPU_BACKEND is 'abacus', expected vulkan, metal, dx12, gl";
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn an_adapter_that_the_environment_rules_out_is_refused() {
    for command in ["train", "verify", "bench"] {
        let error = error_under("gl", &[command, "--adapter", "vulkan"]);
        for part in ["'vulkan'", "WGPU_BACKEND=gl", "--adapter"] {
            assert!(error.contains(part), "no {part} in {error}");
        }
    }
}

#[test]
fn an_unknown_adapter_is_answered_with_those_there_are() {
    let directory = directory();
    for command in ["train", "verify", "bench"] {
        let error = error_of(directory.path(), &[command, "--adapter", "abacus"]);
        assert!(error.contains("abacus"), "{error}");
        assert!(error.contains("--adapter cpu"), "{error}");
    }
    let left = directory.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "a refused run left something");
}

#[test]
fn verify_holds_the_cpu_path_against_the_reference() {
    let arguments = ["verify", "--adapter", "cpu", "--filter", "dense", "--json"];
    let document = json_of(directory().path(), &arguments);
    assert_eq!(document["passed"], true);
    let adapter = &document["adapter"];
    assert_eq!(
        (&adapter["name"], &adapter["backend"]),
        (&"CPU".into(), &"cpu".into())
    );
    assert!(adapter["threads"].as_u64().unwrap() > 0);
    let sets = adapter["instruction_sets"].as_array().unwrap();
    assert_eq!(sets[0], "portable");
    let cases = document["cases"].as_array().unwrap();
    let name_of = |case: &Value| case["name"].as_str().unwrap().to_owned();
    for set in sets {
        for operation in ["forward", "backward_input", "backward_weight"] {
            let (kernel, set) = (format!("dense.{operation} "), set.as_str().unwrap());
            let is_of = |name: String| name.starts_with(&kernel) && name.contains(set);
            let found = cases.iter().any(|case| is_of(name_of(case)));
            assert!(found, "no case of {kernel}with {set}");
        }
    }
    for case in cases {
        assert_eq!(case["passed"], true);
        assert!(name_of(case).contains("dense"));
        assert!(case["compared"].as_u64().unwrap() > 0);
    }
}

#[test]
fn an_existing_folder_is_left_alone() {
    let directory = directory();
    let folder = directory.path().join("precious");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("model.safetensors"), "mine").unwrap();
    let arguments = ["train", "--adapter", "cpu", "--out", text(&folder)];
    let error = error_of(directory.path(), &arguments);
    assert!(error.contains(text(&folder)), "{error}");
    let files: Vec<_> = folder.read_dir().unwrap().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), b"mine");
}

#[test]
fn values_out_of_range_are_named_by_their_option() {
    let directory = directory();
    for (command, option, value) in [
        ("train", "--lr", "nan"),
        ("train", "--lr", "0"),
        ("train", "--lr", "fast"),
        ("train", "--batch", "0"),
        ("train", "--batch", "1000000"),
        ("train", "--warmup", "2"),
        ("train", "--warmup", "-1"),
        ("train", "--momentum", "1"),
        ("train", "--beta2", "1.5"),
        ("train", "--average", "inf"),
        ("train", "--gain", "0"),
        ("train", "--loss-scale", "nan"),
        ("train", "--rubbish", "0"),
        ("train", "--distort", "nan"),
        ("train", "--shift", "-1"),
        ("train", "--passes", "0"),
        ("train", "--samples", "0"),
        ("train", "--samples", "60001"),
        ("train", "--checkpoint-every", "0"),
        ("train", "--seed", "-1"),
        ("train", "--seeds", "0"),
        ("train", "--seeds", "many"),
        ("train", "--head", "oracle"),
        ("train", "--recipe", "oracle"),
        ("reproduce", "--figure", "7"),
        ("reproduce", "--seeds", "0"),
        ("bench", "--seconds", "0"),
        ("bench", "--rounds", "0"),
        ("bench", "--batch", "0"),
        ("bench", "--batch", "16,4096"),
        ("bench", "--seconds", "inf"),
        ("bench", "--seconds", "1e300"),
        ("bench", "--models", "0"),
        ("bench", "--mode", "dream"),
        ("bench", "--time-to", "0"),
        ("bench", "--time-to", "nan"),
        ("bench", "--seeds", "0"),
        ("bench", "--csv", "absent/speed.csv"),
        ("bench", "--save", "absent/speed.json"),
        ("bench", "--plot", "absent/speed.png"),
        ("bench", "--plot", "speed.jpg"),
    ] {
        let given = format!("{option}={value}");
        let arguments = [command, "--adapter", "cpu", &given];
        let error = error_of(directory.path(), &arguments);
        assert!(error.contains(option), "{given}: {error}");
    }
    let left = directory.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "a refused run left something");
}

#[test]
fn a_share_to_reject_below_is_at_most_1() {
    let directory = directory();
    let arguments = ["predict", "digit.png", "--reject-below", "2"];
    let error = error_of(directory.path(), &arguments);
    assert!(error.contains("--reject-below"), "{error}");
}

#[test]
fn a_missing_data_folder_is_named() {
    let directory = directory();
    let absent = directory.path().join("absent");
    let error = error_of(directory.path(), &["train", "--data", text(&absent)]);
    assert!(error.contains(text(&absent)), "{error}");
}

#[cfg(not(feature = "embedded-mnist"))]
#[test]
fn without_a_built_in_set_data_is_asked_for() {
    let error = error_of(directory().path(), &["train", "--adapter", "cpu"]);
    assert!(error.contains("--data DIR"), "{error}");
}

#[test]
fn a_web_page_in_place_of_a_data_file_is_named() {
    let data = digit_folder(20, 20);
    let images = data.path().join("train-images-idx3-ubyte");
    fs::remove_file(&images).unwrap();
    let page = data.path().join("train-images-idx3-ubyte.gz");
    let mut gzip = GzEncoder::new(fs::File::create(&page).unwrap(), Compression::fast());
    gzip.write_all(b"<!DOCTYPE html><html><body>Not here</body></html>")
        .unwrap();
    gzip.finish().unwrap();
    let error = error_of(data.path(), &["train", "--data", text(data.path())]);
    assert!(error.contains(text(&page)), "{error}");
    assert!(error.contains("web page"), "{error}");
}

/// What `eval` and `predict` say of the file `bytes`; both must name it.
#[track_caller]
fn model_errors(bytes: &[u8]) -> [String; 2] {
    let directory = directory();
    let path = directory.path().join("odd.safetensors");
    fs::write(&path, bytes).unwrap();
    picture(0).save(directory.path().join("digit.png")).unwrap();
    let commands: [&[&str]; 2] = [
        &["eval", "--adapter", "cpu", text(&path)],
        &[
            "predict",
            "--adapter",
            "cpu",
            "digit.png",
            "--model",
            text(&path),
        ],
    ];
    commands.map(|arguments| {
        let error = error_of(directory.path(), arguments);
        assert!(error.contains("odd.safetensors"), "{error}");
        error
    })
}

#[test]
fn a_truncated_model_is_refused() {
    let model = &RUN.files["model.safetensors"];
    for length in [0, 1, 8, 100, model.len() / 2, model.len() - 1] {
        for error in model_errors(&model[..length]) {
            assert!(error.contains("safetensors file"), "{length}: {error}");
        }
    }
}

#[test]
fn a_foreign_model_is_refused() {
    let bytes = [0u8; 16];
    let tensor = TensorView::new(Dtype::F32, vec![4], &bytes).unwrap();
    let foreign = safetensors::serialize([("w", tensor)], None).unwrap();
    for error in model_errors(&foreign) {
        assert!(error.contains("not a model of lenet-gpu"), "{error}");
    }
}

#[test]
fn a_model_with_a_weight_that_is_no_number_is_refused() {
    let mut model = RUN.files["model.safetensors"].clone();
    let last = model.len() - 4;
    model[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    for error in model_errors(&model) {
        assert!(error.contains("finite"), "{error}");
    }
}

#[test]
fn a_checkpoint_is_not_a_model() {
    for error in model_errors(&RUN.files["checkpoint.safetensors"]) {
        assert!(error.contains("not a model of lenet-gpu"), "{error}");
    }
}

#[test]
fn a_missing_model_is_named_or_explained() {
    let directory = directory();
    let error = error_of(directory.path(), &["eval", "absent.safetensors"]);
    assert!(error.contains("absent.safetensors"), "{error}");
    let error = error_of(directory.path(), &["eval"]);
    assert!(error.contains("lenet-gpu train"), "{error}");
}

#[test]
fn a_folder_without_a_run_cannot_be_resumed() {
    let directory = directory();
    let error = error_of(directory.path(), &["train", "--resume", "absent"]);
    assert!(error.contains("absent"), "{error}");
}

// --- train and eval ------------------------------------------------------------------------------

/// What `train --resume` says of a folder that holds the configuration of [`RUN`], changed by `alter`,
/// and nothing else.
fn error_of_resuming(alter: impl FnOnce(&mut Value)) -> String {
    let (directory, folder) = (directory(), "begun");
    let path = directory.path().join(folder);
    fs::create_dir(&path).unwrap();
    let mut config: Value = serde_json::from_slice(&RUN.files["config.json"]).unwrap();
    // The folder that these digits came from is gone by now.
    config["data"] = Value::Null;
    alter(&mut config);
    fs::write(path.join("config.json"), config.to_string()).unwrap();
    error_of(directory.path(), &["train", "--resume", folder])
}

#[test]
fn a_run_whose_recipe_makes_no_sense_cannot_be_resumed() {
    let error = error_of_resuming(|config| config["recipe"]["batch"] = 0.into());
    assert!(error.contains("config.json"), "{error}");
    assert!(error.contains("batch is 0, expected 1 to "), "{error}");
}

#[test]
fn train_reports_in_one_json_document() {
    let document = &RUN.document;
    assert_keys(
        document,
        &[
            "test_error_percent",
            "passes",
            "seconds",
            "samples_per_second",
            "run",
            "adapter",
        ],
    );
    assert_eq!(document["passes"], 2);
    assert_eq!(document["run"], text(&RUN.folder));
    assert!(document["seconds"].as_f64().unwrap() > 0.0);
    assert!(document["samples_per_second"].as_f64().unwrap() > 0.0);
    // An untrained network errs on 90 %, this one on about 5.
    let error_percent = document["test_error_percent"].as_f64().unwrap();
    assert!(error_percent < 15.0, "{error_percent} %");
}

#[test]
fn a_run_leaves_its_files_and_no_others() {
    let names: Vec<&str> = RUN.files.keys().map(String::as_str).collect();
    let expected = [
        "checkpoint.safetensors",
        "config.json",
        "curves.png",
        "metrics.csv",
        "model.safetensors",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_model_file_is_readable_by_other_tools() {
    let model = safetensors::SafeTensors::deserialize(&RUN.files["model.safetensors"]).unwrap();
    let sizes: usize = model
        .tensors()
        .iter()
        .map(|(_, t)| t.shape().iter().product::<usize>())
        .sum();
    assert_eq!(sizes, 60_000);
    assert_eq!(model.tensor("C3.weight").unwrap().shape(), [60, 5, 5]);
}

#[test]
fn the_configuration_and_the_curves_are_well_formed() {
    let config: Value = serde_json::from_slice(&RUN.files["config.json"]).unwrap();
    assert_eq!(config["recipe"]["passes"], 2);
    assert_eq!(config["samples"], TRAIN_DIGITS);
    let curves = image::load_from_memory(&RUN.files["curves.png"]).unwrap();
    assert!(curves.width() > 100 && curves.height() > 100);
}

#[test]
fn metrics_have_a_row_a_pass() {
    let mut reader = csv::Reader::from_reader(&RUN.files["metrics.csv"][..]);
    let rows: Vec<BTreeMap<String, String>> =
        reader.deserialize().map(|row| row.unwrap()).collect();
    let column =
        |name: &str| -> Vec<f64> { rows.iter().map(|row| row[name].parse().unwrap()).collect() };
    assert_eq!(column("pass"), [1.0, 2.0]);
    let losses = column("training_loss");
    assert!(losses[1] < losses[0], "{losses:?}");
    let errors = column("test_error_percent");
    assert_eq!(Some(errors[1]), RUN.document["test_error_percent"].as_f64());
    assert!(
        rows.iter()
            .all(|row| row["validation_error_percent"].is_empty())
    );
    for name in ["training_error_percent", "samples_per_second", "seconds"] {
        assert_eq!(column(name).len(), 2);
    }
}

#[test]
fn eval_finds_the_error_that_train_ended_with() {
    let (directory, data) = (directory(), digit_folder(20, TEST_DIGITS));
    let model = model_in(directory.path());
    let arguments = [
        "eval",
        "--json",
        "--adapter",
        "cpu",
        "--data",
        text(data.path()),
        text(&model),
    ];
    let document = json_of(directory.path(), &arguments);
    assert_eq!(document["count"], TEST_DIGITS);
    assert_eq!(
        document["error_percent"],
        RUN.document["test_error_percent"]
    );
    let confusion: Vec<Vec<usize>> = serde_json::from_value(document["confusion"].clone()).unwrap();
    let mut wrong = TEST_DIGITS;
    for (digit, row) in confusion.iter().enumerate() {
        assert_eq!(row.len(), 10);
        let labels = &MNIST.test.labels()[..TEST_DIGITS];
        let count = labels.iter().filter(|&&l| usize::from(l) == digit).count();
        assert_eq!(row.iter().sum::<usize>(), count, "rows are the truth");
        wrong -= row[digit];
    }
    assert_eq!(confusion.len(), 10);
    assert_eq!(document["errors"], wrong);
}

/// LeNet-1 from training to the picture of its layers: its files say which network they are of.
#[test]
fn lenet1_is_trained_resumed_measured_and_inspected() {
    let (directory, data) = (directory(), digit_folder(TRAIN_DIGITS, TEST_DIGITS));
    let data = text(data.path());
    let arguments = ["train", "--json", "--adapter", "cpu", "--data", data];
    let network = ["--network", "lenet-1", "--passes", "3", "--out", "run"];
    let trained = json_of(directory.path(), &[&arguments[..], &network].concat());
    assert!(
        trained["test_error_percent"].as_f64().unwrap() < 30.0,
        "{trained}"
    );
    let resumed = json_of(directory.path(), &["train", "--json", "--resume", "run"]);
    assert_eq!(resumed["test_error_percent"], trained["test_error_percent"]);
    let eval = ["eval", "--json", "--adapter", "cpu", "--data", data, "run"];
    let measured = json_of(directory.path(), &eval);
    assert_eq!(measured["error_percent"], trained["test_error_percent"]);
    picture(0).save(directory.path().join("digit.png")).unwrap();
    let inspect = ["inspect", "--json", "--model", "run", "digit.png"];
    let inspected = json_of(directory.path(), &inspect);
    assert!(inspected["f6"].is_null(), "{inspected}");
    assert!(directory.path().join("digit-layers.png").is_file());
}

#[test]
fn the_newest_run_is_evaluated_if_none_is_named() {
    let (directory, data) = (directory(), digit_folder(64, 20));
    let data = text(data.path());
    let train = [
        "train",
        "-q",
        "--adapter",
        "cpu",
        "--passes",
        "1",
        "--data",
        data,
    ];
    output_of(directory.path(), &train);
    assert_eq!(directory.path().join("runs").read_dir().unwrap().count(), 1);
    let eval = ["eval", "--adapter", "cpu", "--data", data];
    let result = output_of(directory.path(), &eval);
    assert!(result.contains("of 20 wrong"), "{result}");
}

#[test]
fn several_seeds_have_a_folder_each_and_are_summed_up() {
    let (directory, data) = (directory(), digit_folder(64, 20));
    let directory = directory.path();
    let data = ["--adapter", "cpu", "--data", text(data.path())];
    let arguments = [
        "train", "--json", "--passes", "2", "--seed", "3", "--seeds", "2",
    ];
    let document = json_of(
        directory,
        &[&arguments[..], &["--out", "runs/two"], &data].concat(),
    );
    let test = &document["test"];
    assert_eq!(test["seeds"], json!([3, 4]));
    let errors = |place: usize| test["scores"][place]["error_percent"].as_f64().unwrap();
    let mean = (errors(0) + errors(1)) / 2.0;
    let about = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-9;
    assert!(about(&document["test_error_percent"], mean));
    let deviation = (errors(0) - errors(1)).abs() / 2f64.sqrt();
    assert!(about(&test["error_percent"]["deviation"], deviation));
    assert_eq!(test["ensemble"]["count"], 20);
    let kept = fs::read_to_string(directory.join("runs/two/seeds.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), document);

    let alone = [
        "train", "-q", "--passes", "2", "--seed", "4", "--out", "alone",
    ];
    output_of(directory, &[&alone[..], &data].concat());
    let model = |folder: &str| fs::read(directory.join(folder).join("model.safetensors")).unwrap();
    assert!(
        model("alone") == model("runs/two/seed-4"),
        "seed 4 alone is another network"
    );

    let resumed = json_of(directory, &["train", "--json", "--resume", "runs/two"]);
    assert_eq!(resumed["test"], document["test"]);
    let newest = output_of(directory, &[&["eval"], &data[..]].concat());
    assert!(newest.contains("of 20 wrong"), "{newest}");
    let inspect = ["inspect", "--model", "runs/two", "digit.png"];
    let error = error_of(directory, &inspect);
    assert!(error.contains("seed-3"), "{error}");
}

#[test]
fn seeds_of_different_runs_are_not_resumed_together() {
    let (directory, data) = (directory(), digit_folder(64, 20));
    let directory = directory.path();
    for (seed, passes) in [("0", "1"), ("1", "2")] {
        let out = format!("mixed/seed-{seed}");
        let data = ["--adapter", "cpu", "--data", text(data.path())];
        let run = [
            "train", "-q", "--seed", seed, "--passes", passes, "--out", &out,
        ];
        output_of(directory, &[&run[..], &data].concat());
    }
    let error = error_of(directory, &["train", "--resume", "mixed"]);
    assert!(error.contains("seed-1"), "{error}");
    assert!(error.contains("one by one"), "{error}");
}

#[test]
fn validation_digits_are_held_out_and_watched() {
    let (directory, data) = (directory(), digit_folder(164, 20));
    let arguments = [
        "train",
        "-q",
        "--adapter",
        "cpu",
        "--passes",
        "1",
        "--validation",
        "100",
        "--data",
        text(data.path()),
        "--out",
        "run",
    ];
    output_of(directory.path(), &arguments);
    let mut reader = csv::Reader::from_path(directory.path().join("run/metrics.csv")).unwrap();
    let row: BTreeMap<String, String> = reader.deserialize().next().unwrap().unwrap();
    assert!(!row["validation_error_percent"].is_empty());
    assert!(
        row["test_error_percent"].is_empty(),
        "the test set was looked at"
    );
}

/// The same training with one thread and with two leaves the same bytes.
#[test]
fn the_cpu_path_does_not_depend_on_the_number_of_threads() {
    let (directory, data) = (directory(), digit_folder(500, 20));
    let model_with = |threads: &str| {
        let out = format!("threads-{threads}");
        let arguments = [
            "train",
            "-q",
            "--adapter",
            "cpu",
            "--passes",
            "1",
            "--data",
            text(data.path()),
            "--out",
            &out,
        ];
        program(directory.path(), &arguments)
            .env("RAYON_NUM_THREADS", threads)
            .assert()
            .success();
        fs::read(directory.path().join(out).join("model.safetensors")).unwrap()
    };
    assert!(model_with("1") == model_with("2"));
}

#[test]
fn resuming_takes_no_recipe() {
    let directory = directory();
    for option in ["--lr", "--seed", "--head", "--recipe", "--out"] {
        let arguments = ["train", "--resume", "run", option, "1"];
        let error = error_of(directory.path(), &arguments);
        assert!(error.contains(option), "{option}: {error}");
    }
}

#[test]
fn a_finished_run_is_resumed_to_itself() {
    let (directory, data) = (directory(), digit_folder(64, 20));
    let arguments = [
        "train",
        "-q",
        "--adapter",
        "cpu",
        "--passes",
        "2",
        "--data",
        text(data.path()),
        "--out",
        "run",
    ];
    output_of(directory.path(), &arguments);
    let model = || fs::read(directory.path().join("run/model.safetensors")).unwrap();
    let before = model();
    let document = json_of(directory.path(), &["train", "--json", "--resume", "run"]);
    assert_eq!(document["passes"], 2);
    assert!(before == model());
}

#[test]
fn a_run_that_diverges_says_what_to_try() {
    let (directory, data) = (directory(), digit_folder(200, 20));
    let arguments = [
        "train",
        "--adapter",
        "cpu",
        "--optimiser",
        "sgd",
        "--lr",
        "3e38",
        "--data",
        text(data.path()),
        "--out",
        "run",
    ];
    let error = error_of(directory.path(), &arguments);
    assert!(
        error.contains("diverged") && error.contains("--lr"),
        "{error}"
    );
    assert!(!directory.path().join("run/model.safetensors").exists());
}

/// A film changes nothing of the training, which has frames within its passes, and is not written over
/// anything.
#[test]
fn a_training_is_filmed() {
    let (directory, data) = (directory(), digit_folder(200, 20));
    let train = |out: &'static str, film: &'static [&'static str]| {
        let arguments = [
            "train",
            "--adapter",
            "cpu",
            "--passes",
            "2",
            "--batch",
            "10",
        ];
        let data = ["--data", text(data.path()), "--out", out];
        program(directory.path(), &[&arguments[..], &data, film].concat()).assert()
    };
    let model = |run: &str| fs::read(directory.path().join(run).join("model.safetensors")).unwrap();
    train("plain", &[]).success();
    train("filmed", &["--film", "film.gif"]).success();
    assert_eq!(model("plain"), model("filmed"));
    let film = fs::read(directory.path().join("film.gif")).unwrap();
    assert!(film.starts_with(b"GIF89a"));
    train("frames", &["--film", "pictures"]).success();
    let frames: Vec<_> = fs::read_dir(directory.path().join("pictures"))
        .unwrap()
        .collect();
    // 40 steps: more frames than passes, the state before the first step among them.
    assert!((30..=41).contains(&frames.len()), "{}", frames.len());

    let refused = train("again", &["--film", "film.gif"]).failure();
    let message = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        message.contains("film.gif") && message.contains("exists"),
        "{message}"
    );
    assert!(!directory.path().join("again").exists());
    assert_eq!(fs::read(directory.path().join("film.gif")).unwrap(), film);
}

/// A film that could not be written is refused before the training; its place may be a folder that the
/// training makes.
#[test]
fn a_film_has_a_folder_to_be_in() {
    let (directory, data) = (directory(), digit_folder(20, 20));
    fs::write(directory.path().join("file"), "").unwrap();
    let train = |out: &'static str, film: &'static str| {
        let arguments = ["train", "--adapter", "cpu", "--passes", "1"];
        let more = ["--data", text(data.path()), "--out", out, "--film", film];
        program(directory.path(), &[&arguments[..], &more].concat()).assert()
    };
    for (film, folder) in [
        ("missing/film.gif", "'missing'"),
        ("missing/deep/frames", "'missing/deep'"),
        ("file/film.gif", "'file'"),
    ] {
        let refused = train("run", film).failure();
        let message = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        for part in [film, folder, "make that folder"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(!directory.path().join("run").exists());
    }
    train("deep/run", "deep/run/film.gif").success();
    assert!(directory.path().join("deep/run/film.gif").is_file());
}

/// Ctrl-C in the middle of a long run: it ends with a checkpoint, and the model can be used.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_a_checkpoint() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let (directory, data) = (directory(), digit_folder(64, 20));
    let mut training = Command::new(env!("CARGO_BIN_EXE_lenet-gpu"))
        .current_dir(directory.path())
        .args([
            "train",
            "--adapter",
            "cpu",
            "--passes",
            "1000",
            "--out",
            "run",
        ])
        .args(["--data", text(data.path())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(training.stdout.take().unwrap()).lines();
    let first_pass = lines.find(|line| line.as_ref().unwrap().starts_with("pass"));
    assert!(first_pass.is_some());
    let id = training.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(training.wait().unwrap().code(), Some(130));
    assert!(
        rest.iter().any(|line| line.contains("--resume run")),
        "{rest:?}"
    );
    assert!(
        directory
            .path()
            .join("run/checkpoint.safetensors")
            .is_file()
    );
    let eval = [
        "eval",
        "--adapter",
        "cpu",
        "--data",
        text(data.path()),
        "run",
    ];
    output_of(directory.path(), &eval);
}

// --- predict -------------------------------------------------------------------------------------

/// The answers to pictures made from the first test digits.
fn predict(make: impl Fn(GrayImage) -> GrayImage) -> Vec<Value> {
    let directory = directory();
    let model = model_in(directory.path());
    let names: Vec<String> = (0..20).map(|i| format!("{i}.png")).collect();
    for (index, name) in names.iter().enumerate() {
        let image = make(picture(index));
        image.save(directory.path().join(name)).unwrap();
    }
    let mut arguments = prediction(&model, &[]);
    arguments.extend(names.iter().map(String::as_str));
    let document = json_of(directory.path(), &arguments);
    document["predictions"].as_array().unwrap().clone()
}

#[track_caller]
fn assert_mostly_right(predictions: &[Value]) {
    assert_eq!(predictions.len(), 20);
    let right = predictions
        .iter()
        .zip(MNIST.test.labels())
        .filter(|(prediction, label)| prediction["digit"] == **label)
        .count();
    assert!(right >= 16, "{right} of 20 are right");
}

#[test]
fn digits_as_they_are_are_read() {
    let predictions = predict(|image| image);
    assert_mostly_right(&predictions);
    for prediction in &predictions {
        assert_keys(prediction, &["image", "margin", "confidence", "rejected"]);
        assert_eq!(prediction["distances"].as_array().unwrap().len(), 10);
    }
}

/// Dark on light, larger, off the middle, with a margin: as a scanner gives them.
#[test]
fn digits_from_elsewhere_are_read() {
    let predictions = predict(|image| {
        let large = imageops::resize(&image, 140, 140, FilterType::CatmullRom);
        let mut page = GrayImage::from_pixel(240, 200, Luma([0]));
        imageops::overlay(&mut page, &large, 70, 20);
        imageops::invert(&mut page);
        page
    });
    assert_mostly_right(&predictions);
}

/// The arguments of a prediction on the CPU path, by `model`, of `pictures` and by further options.
fn prediction<'a>(model: &'a Path, pictures: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "predict",
        "--json",
        "--adapter",
        "cpu",
        "--model",
        text(model),
    ];
    [&fixed[..], pictures].concat()
}

#[test]
fn pictures_without_a_digit_are_said_to_have_none() {
    let directory = directory();
    let model = model_in(directory.path());
    let path = |name: &str| directory.path().join(name);
    GrayImage::from_pixel(50, 50, Luma([255]))
        .save(path("blank.png"))
        .unwrap();
    fs::write(path("text.png"), "no picture").unwrap();
    picture(0).save(path("digit.png")).unwrap();
    let arguments = prediction(
        &model,
        &["blank.png", "text.png", "digit.png", "absent.png"],
    );
    let failure = program(directory.path(), &arguments).assert().failure();
    let stdout = &failure.get_output().stdout;
    let document: Value = serde_json::from_slice(stdout).unwrap();
    let predictions = document["predictions"].as_array().unwrap();
    for (index, name) in [(0, "blank.png"), (1, "text.png"), (3, "absent.png")] {
        assert_eq!(predictions[index]["image"], name);
        assert!(predictions[index]["digit"].is_null(), "{name} has a digit");
        assert!(!predictions[index]["error"].as_str().unwrap().is_empty());
    }
    assert_eq!(
        predictions[2]["digit"],
        MNIST.test.labels()[0],
        "the others are still read"
    );
}

/// As by `predict -` and by `predict /dev/stdin`.
#[cfg(unix)]
#[test]
fn pictures_are_read_from_a_pipe() {
    let directory = directory();
    let model = model_in(directory.path());
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(0)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    for name in ["-", "/dev/stdin"] {
        let arguments = prediction(&model, &[name]);
        let assert = program(directory.path(), &arguments)
            .write_stdin(bytes.get_ref().clone())
            .assert()
            .success();
        let document: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
        let prediction = &document["predictions"][0];
        assert_eq!(prediction["digit"], MNIST.test.labels()[0], "{name}");
        assert_eq!(prediction["digits"], 1);
    }
}

#[test]
fn unsure_answers_are_rejected_on_request() {
    let directory = directory();
    let model = model_in(directory.path());
    picture(0).save(directory.path().join("digit.png")).unwrap();
    let arguments = prediction(&model, &["--reject-below", "1", "digit.png"]);
    let document = json_of(directory.path(), &arguments);
    let prediction = &document["predictions"][0];
    assert_eq!(prediction["rejected"], true);
    assert!(prediction["digit"].is_null());
}

// --- inspect -------------------------------------------------------------------------------------

#[test]
fn inspect_draws_every_layer_and_gives_the_answer_of_predict() {
    let directory = directory();
    let model = model_in(directory.path());
    picture(0).save(directory.path().join("digit.png")).unwrap();
    let arguments = ["inspect", "--json", "--model", text(&model), "digit.png"];
    let inspected = json_of(directory.path(), &arguments);
    let arguments = prediction(&model, &["digit.png"]);
    let predicted = json_of(directory.path(), &arguments);
    assert_eq!(inspected["digit"], predicted["predictions"][0]["digit"]);
    let distances = |document: &Value| -> Vec<f64> {
        serde_json::from_value(document["distances"].clone()).unwrap()
    };
    let [ours, theirs] = [&inspected, &predicted["predictions"][0]].map(distances);
    assert_eq!(ours.len(), 10);
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() < 1e-3 * b.max(1.0), "{a} and {b}");
    }
    assert_eq!(inspected["f6"].as_array().unwrap().len(), 84);
    assert_eq!(inspected["picture"], "digit-layers.png");
    let sheet = image::open(directory.path().join("digit-layers.png")).unwrap();
    assert!(sheet.width() > 500 && sheet.height() > 500);
}

#[test]
fn inspect_does_not_draw_over_its_picture() {
    let directory = directory();
    picture(0).save(directory.path().join("digit.png")).unwrap();
    let model = model_in(directory.path());
    let inspect = |out: &[&str]| {
        let arguments = [&["inspect", "-m", text(&model), "digit.png"], out].concat();
        program(directory.path(), &arguments).assert()
    };
    for read in ["digit.png", "./digit.png", "trained.safetensors"] {
        let refused = inspect(&["--force", "--out", read]).failure();
        let error = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(error.contains("what is read from"), "{error}");
    }
    inspect(&[]).success();
    let refused = inspect(&[]).failure();
    let error = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(error.contains("'digit-layers.png' exists already") && error.contains("--force"));
    inspect(&["--force"]).success();
}

// --- reproduce -----------------------------------------------------------------------------------

/// `reproduce --quick` on the CPU path with the digits in `data`, into `report`.
fn reproduce<'a>(data: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "reproduce",
        "--quick",
        "--adapter",
        "cpu",
        "--out",
        "report",
    ];
    let with_data = [&fixed[..], &["--data", text(data)]].concat();
    [&with_data[..], more].concat()
}

/// The columns of a CSV file and its rows.
fn csv_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let columns = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        record.iter().map(str::to_owned).collect()
    });
    (columns, rows.collect())
}

/// The model of every network of a report by the name of its folder.
fn network_models(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let networks = directory.join("report/networks").read_dir().unwrap();
    networks
        .map(|entry| {
            let folder = entry.unwrap().path();
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(folder.join("model.safetensors")).unwrap())
        })
        .collect()
}

#[test]
fn reproduce_leaves_a_report_of_all_figures() {
    let (directory, data) = (directory(), digit_folder(200, 100));
    let document = json_of(directory.path(), &reproduce(data.path(), &["--json"]));
    let report = |file: &str| directory.path().join("report").join(file);
    let markdown = fs::read_to_string(report("report.md")).unwrap();
    let html = fs::read_to_string(report("report.html")).unwrap();
    let sections = document["sections"].as_array().unwrap();
    let numbers: Vec<&Value> = sections.iter().map(|section| &section["figure"]).collect();
    let expected = [json!(5), json!(6), json!(8), json!(9), json!(10), json!(13)];
    assert!(
        numbers
            .iter()
            .copied()
            .eq(expected.iter().chain([&json!("sub-sampling")]))
    );
    let mut pictures = 0;
    for section in sections {
        let title = section["title"].as_str().unwrap();
        let heading = match section["figure"].as_u64() {
            Some(number) => format!("Figure {number}: {title}"),
            None => title.to_owned(),
        };
        assert!(markdown.contains(&heading) && html.contains(&heading));
        for picture in section["pictures"].as_array().unwrap() {
            let file = picture["file"].as_str().unwrap();
            assert!(markdown.contains(&format!("({file})")));
            assert!(image::open(report(file)).unwrap().width() > 300, "{file}");
            pictures += 1;
        }
    }
    let charts = html.matches("<figure><svg ").count();
    let sheets = html.matches("src=\"data:image/png;base64,").count();
    assert_eq!((pictures, charts, sheets), (9, 7, 2));
    assert_eq!(
        html.matches("src=").count(),
        2,
        "nothing lies outside the page"
    );
}

#[test]
fn the_figures_of_reproduce_have_their_numbers_as_csv() {
    let (directory, data) = (directory(), digit_folder(200, 100));
    output_of(directory.path(), &reproduce(data.path(), &["--seeds", "3"]));
    let csv = |figure: usize| {
        let file = format!("report/figure-{figure}.csv");
        csv_rows(&directory.path().join(file))
    };
    let number = |cell: &String| -> f64 { cell.parse().unwrap() };
    let (columns, passes) = csv(5);
    assert_eq!(columns[3], "test_error_percent");
    assert!(passes[..4].iter().all(|row| number(&row[3]) <= 100.0));
    let (_, sizes) = csv(6);
    let digits: Vec<&str> = sizes.iter().map(|row| &row[0][..]).collect();
    assert_eq!(digits, ["50", "100", "200", "200"]);
    assert!(sizes.iter().all(|row| row[4] == "3"));
    let (_, mistakes) = csv(8);
    for mistake in &mistakes {
        let digit: usize = mistake[1].parse().unwrap();
        assert_eq!(mistake[2], MNIST.test.labels()[digit].to_string());
        assert_ne!(mistake[2], mistake[3]);
    }
    let (_, methods) = csv(9);
    let ours = methods.iter().filter(|row| row[1] == "here").count();
    assert_eq!(ours, 8, "six recipes, an ensemble and a mean over shifts");
    let error_of = |method: &str| {
        let row = methods.iter().find(|row| row[0].ends_with(method));
        &row.unwrap()[2]
    };
    let (columns, rejection) = csv(10);
    assert_eq!((rejection.len(), &rejection[0][0][..]), (1001, "0.0"));
    let paper = columns.iter().position(|name| name.ends_with("(paper)"));
    let unrejected = &rejection[0][paper.unwrap()];
    assert_eq!(unrejected, error_of("LeNet-5 (paper)"));
    let (_, changes) = csv(13);
    let unchanged = |row: &&Vec<String>| row[0] == "scale" && row[1] == "1";
    let unchanged = &changes.iter().find(unchanged).unwrap()[2];
    assert_eq!(unchanged, error_of("distorted (best)"));
}

#[test]
fn reproduce_takes_the_networks_it_finds() {
    let (directory, data) = (directory(), digit_folder(100, 50));
    let arguments = reproduce(data.path(), &["--figure", "8,10", "--seeds", "1"]);
    output_of(directory.path(), &arguments);
    let before = network_models(directory.path());
    assert_eq!(before.len(), 6);
    let again = output_of(directory.path(), &arguments);
    assert_eq!(again.matches("found").count(), 6, "{again}");
    assert!(network_models(directory.path()) == before);

    let other = digit_folder(100, 20);
    let error = error_of(
        directory.path(),
        &reproduce(other.path(), &["--seeds", "1"]),
    );
    assert!(
        error.contains("--out") && error.contains("networks"),
        "{error}"
    );
}

/// Ctrl-C in the middle: the same command continues, and ends with the same networks.
#[cfg(unix)]
#[test]
fn reproduce_goes_on_where_it_was_stopped() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let (directory, data) = (directory(), digit_folder(TRAIN_DIGITS, 100));
    let arguments = reproduce(data.path(), &["--figure", "10", "--seeds", "1"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_lenet-gpu"))
        .current_dir(directory.path())
        .args(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().contains("trained"));
    assert!(first.is_some());
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.last().unwrap().contains("same command"), "{rest:?}");
    assert!(!directory.path().join("report/report.md").exists());

    let continued = output_of(directory.path(), &arguments);
    assert!(continued.contains("found"), "{continued}");
    let whole = crate::program::directory();
    output_of(whole.path(), &arguments);
    assert!(network_models(directory.path()) == network_models(whole.path()));
}

// --- bench ---------------------------------------------------------------------------------------

/// The document of a short `bench` on the CPU path and a few digits, with `arguments` besides.
fn bench(directory: &Path, arguments: &[&str]) -> Value {
    let data = digit_folder(128, 64);
    let fixed = [
        "bench",
        "--json",
        "--adapter",
        "cpu",
        "--data",
        text(data.path()),
    ];
    json_of(directory, &[&fixed[..], arguments].concat())
}

const SHORT: [&str; 4] = ["--rounds", "2", "--seconds", "0.05"];

#[test]
fn bench_reports_a_row_a_measurement() {
    let arguments = [&SHORT[..], &["--batch", "1,16"]].concat();
    let document = bench(directory().path(), &arguments);
    let rows = document["rows"].as_array().unwrap();
    for row in rows {
        assert_keys(row, &["adapter", "dispatches"]);
        assert_eq!(row["backend"], "cpu");
        let [lowest, median, highest, gflops] =
            ["lowest", "samples_per_second", "highest", "gflops"]
                .map(|key| row[key].as_f64().unwrap());
        assert!(
            0.0 < lowest && lowest <= median && median <= highest,
            "{row}"
        );
        // A sample takes 0.66 MFLOP forward and 1.73 MFLOP forward and back.
        let flops_per_sample = 1e9 * gflops / median;
        let expected = if row["mode"] == "train" {
            1.736e6
        } else {
            0.656e6
        };
        assert!((flops_per_sample / expected - 1.0).abs() < 0.01, "{row}");
    }
    let measured = rows.iter().map(|row| (&row["mode"], row["batch"].as_u64()));
    let [train, infer] = ["train", "infer"].map(Value::from);
    let expected = [
        (&train, Some(1)),
        (&train, Some(16)),
        (&infer, Some(1)),
        (&infer, Some(16)),
    ];
    assert!(measured.eq(expected), "{document}");
    let starts = document["starts"].as_array().unwrap();
    assert_eq!(starts.len(), 1);
    assert!(starts[0]["first_step_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(document["profiles"], Value::Array(Vec::new()));
}

#[test]
fn bench_trains_networks_side_by_side() {
    let arguments = [
        &SHORT[..],
        &["--mode", "train,infer", "--batch", "4", "--models", "1,3"],
    ];
    let document = bench(directory().path(), &arguments.concat());
    let rows = document["rows"].as_array().unwrap().iter();
    let rows: Vec<_> = rows
        .map(|row| {
            (
                row["mode"].as_str().unwrap(),
                row["models"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(rows, [("train", 1), ("train", 3), ("infer", 1)]);
}

#[test]
fn bench_measures_only_the_modes_asked_for() {
    let arguments = [&SHORT[..], &["--batch", "16", "--mode", "infer"]].concat();
    let document = bench(directory().path(), &arguments);
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["mode"], "infer");
}

#[test]
fn bench_leaves_a_table_and_a_picture() {
    let directory = directory();
    let arguments = [
        &SHORT[..],
        &["--batch", "16", "--csv", "speed.csv", "--plot", "speed.png"],
    ]
    .concat();
    let document = bench(directory.path(), &arguments);
    let mut reader = csv::Reader::from_path(directory.path().join("speed.csv")).unwrap();
    let figures: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let throughput = figures
        .iter()
        .find(|figure| figure["measure"] == "throughput" && figure["mode"] == "train")
        .unwrap();
    assert_eq!(throughput["batch"], "16");
    assert_eq!(throughput["unit"], "samples/s");
    let median: f64 = throughput["median"].parse().unwrap();
    assert_eq!(
        median,
        document["rows"][0]["samples_per_second"].as_f64().unwrap()
    );
    let picture = image::open(directory.path().join("speed.png"))
        .unwrap()
        .to_rgb8();
    let drawn = picture.pixels().filter(|pixel| pixel.0 != [255; 3]).count();
    assert!(drawn > 1000, "only {drawn} pixels are drawn");
    let files = directory.path().read_dir().unwrap().count();
    assert_eq!(files, 2, "something else was left");
}

#[test]
fn bench_trains_to_an_error_or_says_that_it_was_not_reached() {
    let directory = directory();
    let attempts = |goal: &str| {
        let document = bench(directory.path(), &["--time-to", goal, "--seeds", "2"]);
        let time = document["times"][0].clone();
        assert_eq!(time["attempts"].as_array().unwrap().len(), 2);
        assert_eq!(time["goal_percent"].to_string(), goal);
        time
    };
    let easy = attempts("99.9");
    assert_eq!(easy["reached"], 2);
    assert_eq!(easy["passes"]["median"], 1.0);
    assert_eq!(easy["samples"]["median"], 128.0);
    // Of LeNet-5, two per multiply-add: forward, and backward where there is a gradient.
    let operations = 128.0 * 2.0 * (3 * 328_096 - 117_600 - 840) as f64;
    assert_eq!(easy["training_flops"]["median"], operations);
    assert!(easy["seconds"]["lowest"].as_f64().unwrap() > 0.0);
    let seeds = easy["attempts"].as_array().unwrap().iter();
    assert!(
        seeds
            .map(|attempt| attempt["seed"].as_u64())
            .eq([Some(0), Some(1)])
    );
    // 128 digits are not enough to learn from.
    let hard = attempts("0.001");
    assert_eq!(hard["reached"], 0);
    assert_eq!(hard["seconds"], Value::Null);
    let attempt = &hard["attempts"][0];
    assert_eq!(attempt["reached"], false);
    assert_eq!(attempt["passes"], 4);
    assert!(attempt["error_percent"].as_f64().unwrap() > 0.001);
}

#[test]
fn bench_says_what_side_by_side_gains() {
    let arguments = [
        &SHORT[..],
        &["--mode", "train", "--batch", "4", "--models", "1,3"],
    ];
    let document = bench(directory().path(), &arguments.concat());
    let rows = document["rows"].as_array().unwrap();
    let speed = |row: &Value| row["samples_per_second"].as_f64().unwrap();
    assert_eq!(rows[0]["gain_over_one"], Value::Null);
    let gain = rows[1]["gain_over_one"].as_f64().unwrap();
    assert_eq!(gain, speed(&rows[1]) / speed(&rows[0]));
    assert_eq!(
        document["left_out"],
        json!([]),
        "the CPU path trains any number"
    );
}

#[test]
fn bench_keeps_its_rounds_and_compares_with_them() {
    let directory = directory();
    let rounds = ["--rounds", "5", "--seconds", "0.02", "--batch", "1,16"];
    let settings = [
        "--recipe",
        "plain",
        "--mode",
        "train",
        "--save",
        "then.json",
    ];
    let then = bench(directory.path(), &[&rounds[..], &settings].concat());
    for row in then["rows"].as_array().unwrap() {
        assert_eq!(row["rounds"].as_array().unwrap().len(), 5);
    }
    assert_eq!(then["compared"], Value::Null);

    // Without `bench`, which names an adapter: the file names its own.
    let data = digit_folder(128, 64);
    let compare = [
        "bench",
        "--json",
        "--compare",
        "then.json",
        "--data",
        text(data.path()),
    ];
    let now = json_of(directory.path(), &compare);
    assert_eq!(now["rounds"], 5);
    assert_eq!(now["seconds"], 0.02);
    let compared = now["compared"]["rows"].as_array().unwrap();
    let batches = compared.iter().map(|row| row["batch"].as_u64());
    assert!(batches.eq([Some(1), Some(16)]), "{now}");
    for row in compared {
        let [lowest, ratio, highest] =
            ["lowest", "ratio", "highest"].map(|key| row[key].as_f64().unwrap());
        assert!(0.0 < lowest && lowest <= ratio && ratio <= highest, "{row}");
        let expected = match (lowest > 1.0, highest < 1.0) {
            (true, _) => "faster",
            (_, true) => "slower",
            _ => "no difference beyond noise",
        };
        assert_eq!(row["verdict"], expected);
    }

    let kept = fs::read(directory.path().join("then.json")).unwrap();
    let error = error_of(directory.path(), &["bench", "--save", "then.json"]);
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(fs::read(directory.path().join("then.json")).unwrap(), kept);

    let other = digit_folder(64, 64);
    let arguments = [
        "bench",
        "--compare",
        "then.json",
        "--data",
        text(other.path()),
    ];
    let error = error_of(directory.path(), &arguments);
    assert!(error.contains("128 training"), "{error}");
}

#[test]
fn bench_compares_with_its_own_files_alone() {
    let directory = directory();
    fs::write(directory.path().join("other.json"), "{}").unwrap();
    for (file, reason) in [("other.json", "--save"), ("absent.json", "cannot be read")] {
        let error = error_of(directory.path(), &["bench", "--compare", file]);
        assert!(error.contains(file) && error.contains(reason), "{error}");
    }
}

#[test]
fn the_cpu_path_has_no_dispatches_to_time() {
    let arguments = ["bench", "--dispatch", "--adapter", "cpu"];
    let error = error_of(directory().path(), &arguments);
    assert!(error.contains("name one with --adapter"), "{error}");
}

#[test]
fn bench_refuses_options_that_do_not_go_together() {
    let directory = directory();
    for (arguments, named) in [
        (&["--time-to", "0.95", "--batch", "16"][..], "--batch"),
        (&["--time-to", "0.95", "--kernels"], "--kernels"),
        (&["--seeds", "3"], "--time-to"),
        (&["--dispatch", "--batch", "16"], "--batch"),
        (&["--dispatch", "--save", "speed.json"], "--save"),
        (&["--time-to", "0.95", "--save", "speed.json"], "--save"),
        (&["--compare", "speed.json", "--batch", "16"], "--batch"),
        (
            &["--compare", "speed.json", "--adapter", "cpu"],
            "--adapter",
        ),
        (
            &["--compare", "speed.json", "--time-to", "0.95"],
            "--time-to",
        ),
        (&["--dispatch", "--kernels"], "--kernels"),
        (&["--dispatch", "--time-to", "0.95"], "--time-to"),
    ] {
        let error = error_of(directory.path(), &[&["bench"], arguments].concat());
        assert!(error.contains(named), "{error}");
    }
}
