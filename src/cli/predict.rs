//! `lenet-gpu predict`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::Output;
use super::options::{AdapterArgs, ensemble_of, load_models};
use super::output::path_in_json;
use crate::compute::Answer;
use crate::data::PictureError;
use crate::data::picture::{Normalised, Opened, Remark, decode, digit_in, open, read_whole};
use crate::model::Head;
use crate::platform::block_on;

/// Why a network gives no probabilities.
const NO_POSTERIOR: &str =
    "trained by eq. 8 (--loss mse) or imported, so its distances stand for no probabilities";

/// Options of `predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Pictures of one digit each: PNG, JPEG, WebP, GIF, BMP, TIFF …, any size, dark on light or
    /// light on dark; - for standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// A model.safetensors or the folder of a run; the newest under runs/ if left out. Several, or the
    /// folder of a run of several seeds, answer together
    #[arg(long, short, value_name = "MODEL")]
    model: Vec<PathBuf>,
    /// Reject a picture if the confidence is below this, from 0 to 1. A part of the probability always
    /// goes to the rubbish class of eq. 9: with the default recipe the confidence stays below 0.953
    #[arg(long, value_name = "SURE", default_value_t = 0.0)]
    reject_below: f64,
    #[command(flatten)]
    adapter: AdapterArgs,
}

/// The result for one picture, as `--json` prints it.
#[derive(Serialize)]
pub(super) struct Prediction {
    image: String,
    /// The answer; none if it was rejected or there was no digit to see.
    pub digit: Option<usize>,
    /// Squared distances to the ten codes, or −log p with the softmax head.
    pub distances: Vec<f32>,
    /// How much larger the second smallest of them is.
    pub margin: Option<f64>,
    /// Probability of the digit under the loss that the network was trained with.
    pub confidence: Option<f64>,
    /// Why an answer has no confidence.
    no_confidence: Option<&'static str>,
    rejected: bool,
    /// How many digits there are, if the picture could be read.
    digits: Option<usize>,
    /// What was done with the picture that may matter.
    pub remarks: Vec<String>,
    /// Why there is no digit to see.
    error: Option<String>,
}

pub(super) fn run(args: &PredictArgs, output: &Output) -> Result<ExitCode> {
    ensure!(
        (0.0..=1.0).contains(&args.reject_below),
        "--reject-below is {}, expected a share from 0 to 1",
        args.reject_below
    );
    let named = load_models(&args.model, output)?;
    let (_, ensemble) = ensemble_of(named)?;
    ensure!(
        args.reject_below == 0.0 || ensemble.has_posterior(),
        "--reject-below is {}, but there is no confidence to compare: {NO_POSTERIOR}",
        args.reject_below
    );
    let compute = args.adapter.open(output)?;
    let pictures: Vec<Result<_, PictureError>> =
        args.images.iter().map(|path| read_digit(path)).collect();
    let digits: Vec<_> = pictures
        .iter()
        .flatten()
        .map(|picture| picture.digit)
        .collect();
    let mut answers = block_on(ensemble.classify_all(&compute, &digits))?.into_iter();
    let predictions: Vec<Prediction> = args
        .images
        .iter()
        .zip(pictures)
        .map(|(path, picture)| match picture {
            Ok(picture) => {
                let answer = answers.next().expect("one answer per picture");
                Prediction::of(path, &picture, &answer, args.reject_below)
            }
            Err(error) => Prediction::unreadable(path, &error),
        })
        .collect();
    for prediction in &predictions {
        print_prediction(prediction, ensemble.head(), output);
    }
    output.json(&json!({ "predictions": predictions, "adapter": compute.describe() }));
    let all_read = predictions
        .iter()
        .all(|prediction| prediction.error.is_none());
    Ok(if all_read {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is given for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// The digit in the picture at `path`.
pub(super) fn read_digit(path: &Path) -> Result<Normalised, PictureError> {
    digit_in(&open_picture(path)?)
}

/// The picture at `path`, or on standard input.
pub(super) fn open_picture(path: &Path) -> Result<Opened, PictureError> {
    if path != Path::new(STANDARD_INPUT) {
        return open(path);
    }
    let name = Path::new("standard input");
    let file = name.to_owned();
    let unreadable = |source| PictureError::Unreadable { file, source };
    decode(name, read_whole(io::stdin().lock()).map_err(unreadable)?)
}

impl Prediction {
    /// Of the picture at `path`, to whose digit the network gives this answer.
    pub fn of(path: &Path, picture: &Normalised, answer: &Answer, reject_below: f64) -> Self {
        let rejected = answer.confidence.is_some_and(|sure| sure < reject_below);
        Self {
            image: path_in_json(path),
            digit: (!rejected).then_some(answer.digit),
            distances: answer.penalties.to_vec(),
            margin: Some(answer.margin),
            confidence: answer.confidence,
            no_confidence: answer.confidence.is_none().then_some(NO_POSTERIOR),
            rejected,
            digits: Some(1),
            remarks: picture.remarks.iter().map(Remark::to_string).collect(),
            error: None,
        }
    }

    fn unreadable(path: &Path, error: &PictureError) -> Self {
        Self {
            image: path_in_json(path),
            digit: None,
            distances: Vec::new(),
            margin: None,
            confidence: None,
            no_confidence: None,
            rejected: false,
            digits: match error {
                PictureError::SeveralDigits { count } => Some(*count),
                _ => None,
            },
            remarks: Vec::new(),
            error: Some(error.to_string()),
        }
    }
}

/// The answer in one line, the distances in another.
pub(super) fn print_prediction(prediction: &Prediction, head: Head, output: &Output) {
    let name = &prediction.image;
    if let Some(error) = &prediction.error {
        output.result(without_answer(name, "no digit", error));
        return;
    }
    let answer = match prediction.digit {
        Some(digit) => digit.to_string(),
        None => "rejected".to_owned(),
    };
    let margin = prediction.margin.unwrap_or_default();
    let sure = match (prediction.confidence, prediction.no_confidence) {
        (Some(confidence), _) => format!("sure {:.1} %, ", 100.0 * confidence),
        (None, reason) => reason.map_or(String::new(), |reason| format!("{reason}; ")),
    };
    output.result(format!("{name}: {answer}  ({sure}margin {margin:.1})"));
    for remark in &prediction.remarks {
        output.result(format!("    {remark}"));
    }
    let what = match head {
        Head::Rbf => "distances",
        Head::Softmax => "-log p",
    };
    let distances: Vec<String> = prediction
        .distances
        .iter()
        .enumerate()
        .map(|(digit, distance)| format!("{digit}: {distance:.1}"))
        .collect();
    output.result(format!("    {what}  {}", distances.join("  ")));
}

/// What is said of the picture called `name` if there is `what` in it, for the reason `error`, which may begin with
/// that name.
pub(super) fn without_answer(name: &str, what: &str, error: &str) -> String {
    match error.strip_prefix(name) {
        Some(rest) if rest.starts_with(": ") => error.to_owned(),
        _ => format!("{name}: {what}: {error}"),
    }
}
