//! `lenet-gpu read`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::Output;
use super::alignment::AlignmentArgs;
use super::options::AdapterArgs;
use super::output::path_in_json;
use super::predict::{open_picture, without_answer};
use super::result_files::ensure_new;
use crate::data::PictureError;
use crate::data::picture::{Remark, WrittenLine, line_in};
use crate::data::strings::{Line, column_of};
use crate::platform::block_on;
use crate::reading::{Reading, drawing};
use crate::store::write_new;

/// Options of `read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Pictures of one line of digits each: PNG, JPEG, WebP, GIF, BMP, TIFF …, any size, dark on light or light
    /// on dark; - for standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// A model.safetensors or the folder of a run of the recipe `strings`; the newest under runs/ if left out
    #[arg(long, short, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Draw the line of the only picture, the closest digit at every position, darker the closer it is, and what was
    /// read, as a PNG that is not there yet
    #[arg(long, value_name = "PNG")]
    draw: Option<PathBuf>,
    #[command(flatten)]
    adapter: AdapterArgs,
    #[command(flatten)]
    alignment: AlignmentArgs,
}

/// The result for one picture, as `--json` prints it.
#[derive(Serialize)]
struct ReadLine {
    image: String,
    /// The digits from left to right.
    text: String,
    digits: Vec<PlacedDigit>,
    /// What was done with the picture that may matter.
    remarks: Vec<String>,
    /// Why nothing was read.
    error: Option<String>,
}

/// A digit and where it is.
#[derive(Serialize)]
struct PlacedDigit {
    digit: u8,
    /// The column of the picture in its middle.
    column: f64,
    /// How much more than it the cheapest alternative costs, in −log p.
    margin: f64,
}

/// Why nothing was read of a picture with ink in it.
const NO_DIGITS: &str = "nothing in it looks like a digit to the network: crop the picture to a single line, or take a \
                         lower --digit-cost";

pub(super) fn run(args: &ReadArgs, output: &Output) -> Result<ExitCode> {
    if let Some(file) = &args.draw {
        ensure!(
            args.images.len() == 1,
            "--draw is '{}', a picture of one line, but {} pictures are to be read: name one of them",
            file.display(),
            args.images.len()
        );
        ensure_new("--draw", file)?;
    }
    let (_, reader) = args.alignment.reader(args.model.as_deref(), output)?;
    let compute = args.adapter.open(output)?;
    let found: Vec<Result<WrittenLine, PictureError>> =
        args.images.iter().map(|path| line_in_file(path)).collect();
    let lines: Vec<&Line> = found.iter().flatten().map(|found| &found.line).collect();
    let readings = block_on(reader.read(&compute, &lines))?;
    if let (Some(file), [line], [reading]) = (&args.draw, &lines[..], &readings[..]) {
        let rubbish_distance = reader.model().loss.rubbish_distance();
        write_new(file, &drawing(line, reading, rubbish_distance).png())?;
    }
    let mut readings = readings.iter();
    let read: Vec<ReadLine> = args
        .images
        .iter()
        .zip(&found)
        .map(|(path, found)| match found {
            Ok(found) => ReadLine::of(path, found, readings.next().expect("one per line")),
            Err(error) => ReadLine::unreadable(path, error.to_string()),
        })
        .collect();
    for line in &read {
        line.print(output);
    }
    if let (Some(file), false) = (&args.draw, lines.is_empty()) {
        output.note(format!("It is drawn in {}.", file.display()));
    }
    output.json(&json!({ "lines": read, "adapter": compute.describe() }));
    Ok(match read.iter().all(|line| line.error.is_none()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The line in the picture at `path`.
fn line_in_file(path: &Path) -> Result<WrittenLine, PictureError> {
    let opened = open_picture(path)?;
    let mut found = line_in(&opened.image)?;
    found.remarks.extend(opened.frame);
    Ok(found)
}

impl ReadLine {
    /// Of the picture at `path`, in which `found` was found and read as `reading`.
    fn of(path: &Path, found: &WrittenLine, reading: &Reading) -> Self {
        let digits = reading.digits.iter();
        Self {
            text: digits
                .clone()
                .map(|read| char::from(b'0' + read.digit))
                .collect(),
            digits: digits
                .map(|read| PlacedDigit {
                    digit: read.digit,
                    column: found.column_in_picture(column_of(read.middle())),
                    margin: read.margin,
                })
                .collect(),
            remarks: found.remarks.iter().map(Remark::to_string).collect(),
            error: reading.digits.is_empty().then(|| NO_DIGITS.to_owned()),
            ..Self::unreadable(path, String::new())
        }
    }

    fn unreadable(path: &Path, error: String) -> Self {
        Self {
            image: path_in_json(path),
            text: String::new(),
            digits: Vec::new(),
            remarks: Vec::new(),
            error: Some(error),
        }
    }

    /// The digits in one line, and each with its place and margin in another.
    fn print(&self, output: &Output) {
        if let Some(error) = &self.error {
            output.result(without_answer(&self.image, "no digits", error));
            return;
        }
        output.result(format!("{}: {}", self.image, self.text));
        for remark in &self.remarks {
            output.result(format!("    {remark}"));
        }
        output.result(format!(
            "    {:>5}  {:>6}  {:>6}",
            "digit", "column", "margin"
        ));
        for PlacedDigit {
            digit,
            column,
            margin,
        } in &self.digits
        {
            output.result(format!("    {digit:>5}  {column:>6.0}  {margin:>6.1}"));
        }
    }
}
