//! How often `lenet-gpu predict` is right on pictures as people send them: a hundred of each kind of
//! tests/common/pictures, made from MNIST's first test digits.
//!
//! `cargo bench --bench pictures -- MODEL [PROGRAM]` prints a line per kind: pictures read right, wrong,
//! and refused with a reason; how many of the wrong ones were more than 90 % sure, and which they are.
//! PROGRAM is another lenet-gpu to ask, such as an older one. The pictures stay in target/pictures.

#[path = "../tests/common/digits.rs"]
mod digits;
#[path = "../tests/common/pictures/mod.rs"]
mod pictures;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use digits::MNIST;
use pictures::{Digit, Kind, Wanted, kinds};
use serde_json::Value;

/// Pictures of each kind.
const COUNT: usize = 100;

/// A wrong answer that claims to be this sure misleads.
const SURE: f64 = 0.9;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let (model, program) = match &arguments[..] {
        [model] => (model, env!("CARGO_BIN_EXE_lenet-gpu")),
        [model, program] => (model, program.as_str()),
        _ => return Err("expected a model, and perhaps a program".into()),
    };
    println!("{:28} right wrong refused  sure and wrong", "");
    let (mut plain, mut other) = (Tally::default(), Tally::default());
    for kind in kinds() {
        let paths = make(&kind)?;
        let tally = ask(program, model, &kind, &paths)?;
        println!("{:28} {tally}", kind.name);
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
        let image = MNIST.test.image(index);
        let seed = index as u32;
        let file = (kind.make)(&Digit { image, seed });
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
    wrong: usize,
    refused: usize,
    /// The numbers of the pictures.
    sure_and_wrong: Vec<usize>,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.refused += other.refused;
        self.sure_and_wrong.extend(other.sure_and_wrong);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self {
            right,
            wrong,
            refused,
            sure_and_wrong: sure,
        } = self;
        write!(f, "{right:5} {wrong:5} {refused:7}  {}", sure.len())?;
        match sure.is_empty() {
            true => Ok(()),
            false => write!(f, " {sure:?}"),
        }
    }
}

fn ask(
    program: &str,
    model: &str,
    kind: &Kind,
    paths: &[PathBuf],
) -> Result<Tally, Box<dyn Error>> {
    let mut command = Command::new(program);
    command
        .args(["predict", "--json", "--adapter", "cpu", "--model", model])
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
                tally.wrong += 1;
                if prediction["confidence"].as_f64() > Some(SURE) {
                    tally.sure_and_wrong.push(index);
                }
            }
        }
    }
    Ok(tally)
}
