//! How often `lenet-gpu predict` is right on pictures as people send them: a hundred of each kind of
//! tests/common/pictures, made from MNIST's first test digits.
//!
//! `cargo bench --bench pictures -- MODEL [--program PROGRAM] [--kinds WORD]` prints a line per kind:
//! pictures read right, refused with a reason, and wrong; how many of the wrong ones were more than
//! 90 % sure; and the numbers of the wrong ones. PROGRAM is another lenet-gpu to ask, such as an older
//! one; WORD chooses the kinds with it in their names. The pictures stay in target/pictures.

#[path = "../tests/common/digits.rs"]
mod digits;
#[path = "../tests/common/pictures/mod.rs"]
mod pictures;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use digits::MNIST;
use pictures::{Digit, Kind, Wanted, kinds};
use serde_json::Value;

/// Pictures of each kind.
const COUNT: usize = 100;

/// A wrong answer that claims to be this sure misleads.
const SURE: f64 = 0.9;

#[derive(Parser)]
struct Arguments {
    model: PathBuf,
    #[arg(long, default_value = env!("CARGO_BIN_EXE_lenet-gpu"))]
    program: PathBuf,
    #[arg(long, default_value = "")]
    kinds: String,
    /// Which `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    println!("{:28} right refused wrong sure and wrong", "");
    let (mut plain, mut other) = (Tally::default(), Tally::default());
    let is_chosen = |kind: &Kind| kind.name.contains(&arguments.kinds);
    for kind in kinds().into_iter().filter(is_chosen) {
        let paths = make(&kind)?;
        let tally = ask(&arguments, &kind, &paths)?;
        println!("{:28} {tally}  {:?}", kind.name, tally.wrong);
        let total = if kind.plain { &mut plain } else { &mut other };
        total.add(tally);
    }
    println!("{:28} {plain}", "all on plain paper");
    println!("{:28} {other}", "all others");
    Ok(())
}

/// Writes the pictures of a kind.
fn make(kind: &Kind) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/pictures")
        .join(kind.name);
    fs::create_dir_all(&folder)?;
    let write = |index: usize| -> Result<PathBuf, Box<dyn Error>> {
        let file = (kind.make)(&Digit {
            image: MNIST.test.image(index),
            beside: MNIST.test.image(index + 1),
            seed: index as u32,
        });
        let path = folder.join(format!("{index:02}.{}", file.ending));
        fs::write(&path, file.bytes)?;
        Ok(path)
    };
    (0..COUNT).map(write).collect()
}

/// What came of a kind's pictures.
#[derive(Default)]
struct Tally {
    right: usize,
    refused: usize,
    /// The numbers of the pictures.
    wrong: Vec<usize>,
    sure_and_wrong: usize,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.right += other.right;
        self.refused += other.refused;
        self.wrong.extend(other.wrong);
        self.sure_and_wrong += other.sure_and_wrong;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self {
            right,
            refused,
            wrong,
            sure_and_wrong,
        } = self;
        write!(
            f,
            "{right:5} {refused:7} {:5} {sure_and_wrong:14}",
            wrong.len()
        )
    }
}

fn ask(arguments: &Arguments, kind: &Kind, paths: &[PathBuf]) -> Result<Tally, Box<dyn Error>> {
    let mut command = Command::new(&arguments.program);
    command
        .args(["predict", "--json", "--adapter", "cpu", "--model"])
        .arg(&arguments.model)
        .args(paths);
    // The exit code is that of the pictures refused, if any.
    let output = command.output()?;
    let document: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let predictions = document["predictions"].as_array().ok_or("no predictions")?;
    let mut tally = Tally::default();
    for (index, prediction) in predictions.iter().enumerate() {
        let right =
            kind.wanted == Wanted::Digit && prediction["digit"] == MNIST.test.labels()[index];
        match (prediction["error"].is_null(), right) {
            (false, _) => tally.refused += 1,
            (true, true) => tally.right += 1,
            (true, false) => {
                tally.wrong.push(index);
                let is_sure = prediction["confidence"].as_f64() > Some(SURE);
                tally.sure_and_wrong += usize::from(is_sure);
            }
        }
    }
    Ok(tally)
}
