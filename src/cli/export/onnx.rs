//! `lenet-gpu export --format onnx`.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::cli::Output;
use crate::cli::output::path_in_json;
use crate::exchange::{OPSET, PixelType, to_onnx};
use crate::model::Model;
use crate::store::write_new;

/// Writes `model` into the new file `file`.
pub fn write(model: &Model, pixels: PixelType, file: &Path, output: &Output) -> Result<()> {
    let bytes = to_onnx(model, pixels);
    write_new(file, &bytes)?;
    output.result(format!(
        "The network is in {}: {} bytes, operators of ONNX version {OPSET}.",
        file.display(),
        bytes.len()
    ));
    output.json(&json!({
        "file": path_in_json(file),
        "format": "onnx",
        "bytes": bytes.len(),
        "opset": OPSET,
        "choices": model.network.choices(),
    }));
    Ok(())
}
