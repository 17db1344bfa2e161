//! `lenet-gpu export --format pytorch` and `--format keras`.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::cli::Output;
use crate::cli::output::path_in_json;
use crate::model::Model;
use crate::python::{Library, definition};
use crate::store::write_new;

/// Writes the script that defines the network of `model` in `library` into the new file `file`.
pub fn write(model: &Model, library: Library, file: &Path, output: &Output) -> Result<()> {
    let script = definition(model, library);
    ensure!(
        !hides_an_import(file, &script),
        "--out is {}, which would hide the Python module of that name from the script: choose another name",
        file.display()
    );
    write_new(file, script.as_bytes())?;
    output.result(format!(
        "The network's definition is in {}, which reads the parameters from the model.",
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

/// Whether `script`, as `file`, would import itself: Python looks for modules beside the script first.
fn hides_an_import(file: &Path, script: &str) -> bool {
    let Some(name) = file.file_stem().and_then(|stem| stem.to_str()) else {
        return false;
    };
    script.lines().any(|line| {
        let mut words = line.split([' ', '.']);
        matches!(words.next(), Some("import" | "from")) && words.next() == Some(name)
    })
}
