//! The commands `export` and `import`.

use std::fs;
use std::path::Path;

use lenet_gpu::exchange::{PixelType, to_onnx};
use lenet_gpu::model::{C3Connections, Choices};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::exchange::{model, replaced, safetensors_file, torch_tensors};
use crate::outcome::{error_of, output_of};
use crate::program::{digit_folder, directory, json_of, program, text};

/// A folder with the run `run` of the paper's network on few digits.
fn trained() -> TempDir {
    let (directory, data) = (directory(), digit_folder(300, 100));
    let train = ["train", "--adapter", "cpu", "--passes", "1", "--out", "run"];
    output_of(
        directory.path(),
        &[&train[..], &["--data", text(data.path())]].concat(),
    );
    directory
}

const EXPORT: [&str; 6] = ["export", "run", "--format", "onnx", "--out", "net.onnx"];
const IMPORT: [&str; 4] = ["import", "net.onnx", "--out", "back.safetensors"];

#[test]
fn a_model_is_exported_and_imported_again() {
    let directory = trained();
    let directory = directory.path();
    let exported = json_of(directory, &[&EXPORT[..], &["--json"]].concat());
    assert_eq!(exported["opset"], json!(17));
    let size = fs::metadata(directory.join("net.onnx")).unwrap().len();
    assert_eq!(exported["bytes"], json!(size));
    let imported = json_of(directory, &[&IMPORT[..], &["--json"]].concat());
    assert_eq!(imported["choices"], exported["choices"]);
    assert_eq!(imported["parameters"], json!(60_000));
    let model = |name: &str| fs::read(directory.join(name)).unwrap();
    assert!(model("back.safetensors") == model("run/model.safetensors"));
}

#[test]
fn of_a_run_the_model_is_what_is_imported() {
    let directory = trained();
    for (file, part) in [
        ("run", "it is a folder"),
        ("run/checkpoint.safetensors", "is a checkpoint"),
    ] {
        let error = error_of(directory.path(), &["import", file, "--out", "new"]);
        for part in [part, "model.safetensors"] {
            assert!(error.contains(part), "no {part} in {error}");
        }
    }
}

#[test]
fn nothing_is_overwritten() {
    let directory = trained();
    let directory = directory.path();
    output_of(directory, &EXPORT);
    let error = error_of(directory, &["eval", "net.onnx"]);
    assert!(error.contains("`lenet-gpu import` takes"), "{error}");
    fs::write(directory.join("back.safetensors"), "mine").unwrap();
    let before = fs::read(directory.join("net.onnx")).unwrap();
    for arguments in [&EXPORT[..], &IMPORT] {
        let error = error_of(directory, arguments);
        assert!(
            error.contains("exists already and is not overwritten"),
            "{error}"
        );
    }
    assert!(fs::read(directory.join("net.onnx")).unwrap() == before);
    assert_eq!(
        fs::read(directory.join("back.safetensors")).unwrap(),
        b"mine"
    );
}

#[test]
fn what_holds_no_network_is_refused_by_name() {
    let directory = directory();
    let directory = directory.path();
    fs::create_dir(directory.join("folder")).unwrap();
    fs::write(directory.join("weights.pt"), b"PK\x03\x04 and so on").unwrap();
    fs::write(directory.join("noise"), b"\xff\xfe\xfd").unwrap();
    fs::write(directory.join("empty"), b"").unwrap();
    let whole = safetensors_file(&torch_tensors(&model(Choices::lenet1())));
    fs::write(directory.join("cut"), &whole[..whole.len() / 2]).unwrap();
    let whole = to_onnx(&model(Choices::lenet1()), PixelType::Floats);
    fs::write(directory.join("cut.onnx"), &whole[..whole.len() / 2]).unwrap();
    for (file, part) in [
        ("absent", "cannot read"),
        ("folder", "cannot read"),
        ("weights.pt", "safetensors.torch.save_file"),
        (
            "noise",
            "neither a whole safetensors file nor a whole ONNX file",
        ),
        ("empty", "it is of another kind, or was cut off"),
        ("cut.onnx", "it is of another kind, or was cut off"),
        ("cut", "not a whole safetensors file"),
    ] {
        let error = error_of(directory, &["import", file, "--out", "new"]);
        for part in [file, part] {
            assert!(error.contains(part), "no {part} in {error}");
        }
        assert!(!directory.join("new").exists());
    }
}

/// What the model new.safetensors predicts for a digit.
fn prediction(directory: &Path) -> Value {
    let digit = directory.join("digit.png");
    crate::cli::picture(0).save(&digit).unwrap();
    let predict = ["predict", "--json", "--adapter", "cpu"];
    let files = ["-m", "new.safetensors", "digit.png"];
    json_of(directory, &[&predict[..], &files].concat())["predictions"][0].take()
}

#[test]
fn files_of_other_programs_need_the_network_named() {
    let directory = directory();
    let directory = directory.path();
    let whole = safetensors_file(&torch_tensors(&model(Choices::lenet1())));
    fs::write(directory.join("torch.safetensors"), whole).unwrap();
    let import = ["import", "torch.safetensors", "--out", "new.safetensors"];
    let error = error_of(directory, &import);
    for part in [
        "C5.weight is missing",
        "--network, --subsampling, --c3 and --head",
    ] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    let rbf = ["--network", "lenet-1", "--head", "rbf"];
    let error = error_of(directory, &[&import[..], &rbf].concat());
    assert!(error.contains("--head is rbf"), "{error}");
    output_of(
        directory,
        &[&import[..], &["--network", "lenet-1"]].concat(),
    );
    let prediction = prediction(directory);
    // The softmax head always has probabilities.
    assert!(prediction["confidence"].is_f64(), "{prediction}");
}

#[test]
fn another_network_is_only_proposed_where_one_may_fit() {
    let directory = directory();
    let directory = directory.path();
    let mut model = model(Choices::lenet1());
    model.arena[0] = f32::NAN;
    let file = safetensors_file(&torch_tensors(&model));
    fs::write(directory.join("nan.safetensors"), file).unwrap();
    let import = ["import", "nan.safetensors", "--network", "lenet-1"];
    let error = error_of(directory, &[&import[..], &["--out", "new"]].concat());
    assert!(
        error.contains("does not fit: C1.weight holds NaN"),
        "{error}"
    );
    assert!(!error.contains("--network"), "{error}");
    assert!(
        error.contains("); names and shapes: docs/onnx.md"),
        "{error}"
    );
}

#[test]
fn distances_of_an_unknown_training_claim_no_probabilities() {
    let directory = directory();
    let directory = directory.path();
    let choices = Choices {
        c3: C3Connections::Full,
        ..Choices::default()
    };
    let mut model = model(choices);
    // A weight as large as this leaves no distance finite.
    model.arena[2] = 0.5;
    let file = safetensors_file(&torch_tensors(&model));
    fs::write(directory.join("torch.safetensors"), file).unwrap();
    let import = [
        "import",
        "torch.safetensors",
        "--c3",
        "full",
        "--out",
        "new.safetensors",
    ];
    output_of(directory, &import);
    let prediction = prediction(directory);
    assert!(prediction["confidence"].is_null(), "{prediction}");
    assert!(prediction["margin"].is_f64(), "{prediction}");
    let reason = prediction["no_confidence"].as_str().unwrap();
    assert!(reason.contains("or imported"), "{reason}");
}

#[test]
fn a_file_that_says_which_network_it_holds_is_believed() {
    let directory = directory();
    let directory = directory.path();
    let file = to_onnx(&model(Choices::lenet1()), PixelType::Floats);
    fs::write(directory.join("net.onnx"), &file).unwrap();
    let error = error_of(directory, &[&IMPORT[..], &["--c3", "full"]].concat());
    for part in ["leave out --network", "It is LeNet-1 ("] {
        assert!(error.contains(part), "no {part} in {error}");
    }
    output_of(directory, &[&IMPORT[..], &["--c3", "table-1"]].concat());

    let odd = replaced(&file, b"\"format\":1", b"\"format\":9");
    fs::write(directory.join("net.onnx"), odd).unwrap();
    let again = ["import", "net.onnx", "--out", "again.safetensors"];
    let error = error_of(directory, &again);
    assert!(error.contains("its format is 9"), "{error}");

    let otherwise = replaced(&file, b"\x22\x04Tanh", b"\x22\x04Relu");
    fs::write(directory.join("net.onnx"), otherwise).unwrap();
    let success = program(directory, &again).assert().success();
    let printed = String::from_utf8_lossy(&success.get_output().stdout).into_owned();
    assert!(printed.contains("Warning: the operators"), "{printed}");
}
