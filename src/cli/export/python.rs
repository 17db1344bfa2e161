//! `lenet-gpu export --format pytorch` and `--format keras`.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::cli::Output;
use crate::cli::output::path_in_json;
use crate::model::Model;
use crate::python::{Library, definition, hides_a_module};
use crate::store::write_new;

/// Writes the script that defines the network of `model` in `library` into the new file `file`.
pub fn write(model: &Model, library: Library, file: &Path, output: &Output) -> Result<()> {
    let script = definition(model, library);
    ensure!(
        !hides_a_module(file, &script),
        "--out is {}, which would hide the Python module of that name from the script and from what it imports: \
         choose another name",
        file.display()
    );
    write_new(file, script.as_bytes())?;
    output.result(format!(
        "The network's definition is in {}, which reads the parameters from the model.",
        file.display()
    ));
    output.note(format!(
        "It counts the errors on digits in IDX files: python3 {} MODEL IMAGES LABELS",
        file.display()
    ));
    output.json(&json!({
        "file": path_in_json(file),
        "format": match library {
            Library::Pytorch => "pytorch",
            Library::Keras => "keras",
        },
        "choices": model.network.choices(),
    }));
    Ok(())
}
