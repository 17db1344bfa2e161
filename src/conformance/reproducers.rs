//! Folders of cases that fail, to be attached to a report to a driver's makers: nothing of this program is
//! needed to repeat such a case.

mod case_file;
mod new_folder;
mod readme;
mod shader;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Target, npy};
use crate::verify::{CaseReport, Check, Compared, Outcome, Tensor};
use case_file::{CaseFile, ResultFiles, TensorFile};
use new_folder::NewFolder;

/// A folder for the folders of cases.
pub struct Reproducers {
    folder: PathBuf,
    emitted: usize,
}

impl Reproducers {
    /// Folders in `folder`, which is made, or is empty.
    ///
    /// # Errors
    /// If there is something in it, or it cannot be made.
    pub fn create(folder: &Path) -> Result<Self> {
        let cannot_make = || format!("cannot make the folder '{}'", folder.display());
        fs::create_dir_all(folder).with_context(cannot_make)?;
        let mut entries = folder.read_dir().with_context(cannot_make)?;
        ensure!(
            entries.next().is_none(),
            "'{}' is not empty, and nothing is overwritten: name a new folder",
            folder.display()
        );
        Ok(Self {
            folder: folder.to_owned(),
            emitted: 0,
        })
    }

    /// How many cases were emitted. Without any, the folder is removed.
    pub fn finish(self) -> usize {
        if self.emitted == 0 {
            // It may have been there before, and in use: an empty folder is no harm.
            let _ = fs::remove_dir(&self.folder);
        }
        self.emitted
    }

    /// Makes a folder for the case `check`, which has this `number` on `target`, failed as `report`
    /// says and computed what `outcome` holds, if it got that far. Returns its path.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn emit(
        &mut self,
        number: usize,
        target: &Target,
        check: &Check<'_>,
        report: &CaseReport,
        outcome: Option<&Outcome>,
    ) -> Result<PathBuf> {
        let name = format!("{number:03}-{}", file_name(&check.name));
        let folder = NewFolder::create(&self.folder.join(name))?;
        let launch = check.kernel().map(|kernel| shader::write(&folder, kernel));
        let case = CaseFile {
            target,
            report,
            launch: launch.transpose()?,
            recipe: check.recipe(),
            inputs: write_tensors(&folder, "inputs", &check.inputs())?,
            written: write_tensors(&folder, "written", outcome.map_or(&[], |o| &o.written))?,
            results: write_results(&folder, outcome.map_or(&[], |o| &o.values))?,
        };
        let text = serde_json::to_string_pretty(&case).expect("plain data serialises");
        folder.write("case.json", text + "\n")?;
        folder.write("README.txt", readme::text(&case))?;
        self.emitted += 1;
        Ok(folder.into_path())
    }
}

fn write_tensors(folder: &NewFolder, kind: &str, tensors: &[Tensor]) -> Result<Vec<TensorFile>> {
    let write = |tensor: &Tensor| {
        let file = format!("{kind}/{}.npy", file_name(&tensor.name));
        folder.write(&file, npy::of_values(&tensor.values, &tensor.shape))?;
        Ok(TensorFile {
            name: tensor.name.clone(),
            file,
            kind: npy::type_of(&tensor.values),
            shape: tensor.shape.clone(),
        })
    };
    tensors.iter().map(write).collect()
}

fn write_results(folder: &NewFolder, results: &[Compared]) -> Result<Vec<ResultFiles>> {
    let write = |compared: &Compared| {
        let name = file_name(&compared.buffer);
        let [expected, got] = ["expected", "got"].map(|kind| format!("{kind}/{name}.npy"));
        folder.write(&expected, npy::of_numbers(&compared.expected))?;
        folder.write(&got, npy::of_numbers(&compared.computed))?;
        Ok(ResultFiles {
            buffer: compared.buffer.clone(),
            expected,
            got,
            values: compared.computed.len(),
        })
    };
    results.iter().map(write).collect()
}

/// `name` with nothing in it that a file system, a shell or an archive could mind.
fn file_name(name: &str) -> String {
    /// Paths have an end, on some systems an early one.
    const LONGEST: usize = 80;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    let words = name.split(|c| !is_plain(c)).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    joined[..joined.len().min(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{Tolerance, cpu_checks};

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(
            file_name("conv.forward 5x1@32x32 to 6 maps, full, 2x5 of one map"),
            "conv.forward-5x1-32x32-to-6-maps-full-2x5-of-one-map"
        );
        assert_eq!(
            file_name("../moments of C1.weight"),
            "..-moments-of-C1.weight"
        );
        assert_eq!(file_name(&"long ".repeat(40)).len(), 80);
    }

    /// A case of the CPU path, and an outcome in which one value of four is wrong.
    fn wrong() -> (Check<'static>, Outcome) {
        let mut checks = cpu_checks().into_iter();
        let check = checks.find(|check| check.name.starts_with("rbf.forward 6x84"));
        let mut outcome = Outcome::default();
        for (i, computed) in [1.0, 2.0, 3.0, 9.0].into_iter().enumerate() {
            let (expected, index) = (i as f64 + 1.0, || format!("[{i}]"));
            outcome.compare("output", index, computed, expected, &Tolerance::EXACT);
        }
        (check.unwrap(), outcome)
    }

    #[test]
    fn a_folder_holds_what_an_operation_was_given_and_made() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path().join("failures");
        let mut reproducers = Reproducers::create(&parent).unwrap();
        let (check, outcome) = wrong();
        let report = check.report(Ok(outcome.clone()));
        let target = Target::example();
        let folder = reproducers.emit(7, &target, &check, &report, Some(&outcome));
        let folder = folder.unwrap();
        assert!(folder.ends_with(format!("007-{}", file_name(&check.name))));
        let read = |file: &str| fs::read(folder.join(file)).unwrap();
        let last_number = |file: &str| {
            let bytes = read(file);
            f64::from_le_bytes(bytes[bytes.len() - 8..].try_into().unwrap())
        };
        assert_eq!(last_number("expected/output.npy"), 4.0);
        assert_eq!(last_number("got/output.npy"), 9.0);
        let case: serde_json::Value = serde_json::from_slice(&read("case.json")).unwrap();
        assert_eq!(case["inputs"][0]["name"], "x");
        assert_eq!(case["inputs"][0]["shape"], serde_json::json!([6, 84]));
        assert_eq!(read("inputs/x.npy").len() % 64, 6 * 84 * 4 % 64);
        assert!(case["launch"].is_null() && case["recipe"].is_null());
        let readme = String::from_utf8(read("README.txt")).unwrap();
        for part in ["Abacus 9000", "Beads 22.3.6", "1 of 4 values", &check.name] {
            assert!(readme.contains(part), "no {part} in {readme}");
        }
        assert!(!folder.join("shader.wgsl").exists());
        assert!(Reproducers::create(&parent).is_err(), "it is not empty");
        assert_eq!(reproducers.finish(), 1);
    }

    #[test]
    fn a_folder_without_cases_is_not_left() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("failures");
        assert_eq!(Reproducers::create(&folder).unwrap().finish(), 0);
        assert!(!folder.exists());
    }
}
