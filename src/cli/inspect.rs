//! `lenet-gpu inspect`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use super::Output;
use super::options::load_model;
use super::predict::{Prediction, STANDARD_INPUT, print_prediction, read_digit};
use crate::compute::Answer;
use crate::model::CODE_WIDTH;
use crate::reference::Walk;
use crate::reproduce::figure_2;

/// Options of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A picture of one digit: PNG, JPEG, WebP, GIF, BMP, TIFF …, any size, dark on light or light
    /// on dark; - for standard input
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// A model.safetensors or the folder of a run; the newest under runs/ if left out
    #[arg(long, short, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// The picture to draw, a PNG [default: <IMAGE without its ending>-layers.png in the current
    /// folder]
    #[arg(long, short, value_name = "PNG")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &InspectArgs, output: &Output) -> Result<ExitCode> {
    let picture = args
        .out
        .clone()
        .unwrap_or_else(|| default_picture(&args.image));
    ensure!(
        picture != args.image,
        "--out is '{}', the picture to be read: choose another name",
        picture.display()
    );
    let model = load_model(args.model.as_deref(), output)?;
    let read = read_digit(&args.image)?;
    let walk = Walk::through(&model, &read.digit);
    let answer = Answer::of(&model, walk.penalties().try_into()?);
    let prediction = Prediction::of(&args.image, &read, &answer, 0.0);
    figure_2::save(&walk, &picture)?;
    print_prediction(&prediction, &model, output);
    if let Some(glyph) = walk.glyph() {
        print_glyph(glyph, output);
    }
    output.note(format!("All layers are drawn in {}.", picture.display()));
    output.json(&json!({
        "image": args.image,
        "picture": picture,
        "digit": prediction.digit,
        "distances": prediction.distances,
        "margin": prediction.margin,
        "confidence": prediction.confidence,
        "remarks": prediction.remarks,
        "f6": walk.glyph(),
        "head": model.network.choices().head,
    }));
    Ok(ExitCode::SUCCESS)
}

/// `three.png` is drawn into `three-layers.png`, and standard input into `stdin-layers.png`.
fn default_picture(image: &Path) -> PathBuf {
    let stem = match image == Path::new(STANDARD_INPUT) {
        true => OsStr::new("stdin"),
        false => image.file_stem().unwrap_or(image.as_os_str()),
    };
    PathBuf::from(format!("{}-layers.png", stem.to_string_lossy()))
}

/// Prints the values of F6 as the bitmap they stand for: `#` where they are above 0, as in the codes.
fn print_glyph(values: &[f32], output: &Output) {
    output.result("    F6 drew:");
    for row in values.chunks(CODE_WIDTH) {
        let cells: String = row
            .iter()
            .map(|&value| if value > 0.0 { '#' } else { '.' })
            .collect();
        output.result(format!("    {cells}"));
    }
}
