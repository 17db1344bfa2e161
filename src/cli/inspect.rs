//! `lenet-gpu inspect`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use super::Output;
use super::options::load_model;
use super::output::path_in_json;
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
    /// Draw over a picture that is there already
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &InspectArgs, output: &Output) -> Result<ExitCode> {
    let picture = args
        .out
        .clone()
        .unwrap_or_else(|| default_picture(&args.image));
    let model = load_model(args.model.as_deref(), output)?;
    ensure_free(&picture, args)?;
    let read = read_digit(&args.image)?;
    let walk = Walk::through(&model, &read.digit);
    let answer = Answer::of(&model, walk.penalties().try_into()?);
    let prediction = Prediction::of(&args.image, &read, &answer, 0.0);
    figure_2::save(&walk, &picture)?;
    print_prediction(&prediction, model.network.choices().head, output);
    if let Some(glyph) = walk.glyph() {
        print_glyph(glyph, output);
    }
    output.note(format!("All layers are drawn in {}.", picture.display()));
    output.json(&json!({
        "image": path_in_json(&args.image),
        "picture": path_in_json(&picture),
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

/// Fails if `picture` is what is read, or is there already and may not be drawn over.
fn ensure_free(picture: &Path, args: &InspectArgs) -> Result<()> {
    let Ok(there) = picture.canonicalize() else {
        return Ok(());
    };
    let read = [Some(args.image.as_path()), args.model.as_deref()];
    for read in read.into_iter().flatten() {
        ensure!(
            read.canonicalize().ok() != Some(there.clone()),
            "--out is '{}', which is what is read from: choose another name",
            picture.display()
        );
    }
    ensure!(
        args.force,
        "'{}' exists already: name another picture with --out, or draw over it with --force",
        picture.display()
    );
    Ok(())
}

/// `three.png` is drawn into `three-layers.png`, and standard input into `stdin-layers.png`.
fn default_picture(image: &Path) -> PathBuf {
    let stem = match image == Path::new(STANDARD_INPUT) {
        true => OsStr::new("stdin"),
        false => image.file_stem().unwrap_or(image.as_os_str()),
    };
    let mut name = stem.to_owned();
    name.push("-layers.png");
    PathBuf::from(name)
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
