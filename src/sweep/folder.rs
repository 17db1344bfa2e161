//! The folder of a sweep: `sweep.json`, and a folder for the runs of each combination.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::plan::Difference;
use super::{Description, Outcome, Plan};
use crate::model::Model;
use crate::store::{RunError, RunFolder, is_vacant, write_new};

/// The folder of a sweep, or of a part of it.
#[derive(Clone, Debug)]
pub struct SweepFolder {
    path: PathBuf,
}

impl SweepFolder {
    /// The folder at `path`, which is not looked into yet.
    pub fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a sweep in it.
    pub fn is_one(&self) -> bool {
        self.description().is_file()
    }

    /// The sweep in `folder`; or all that are in the folders in it, by name: those of its parts.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn all_in(folder: &Path) -> Result<Vec<Self>> {
        let own = Self::open(folder);
        if own.is_one() {
            return Ok(vec![own]);
        }
        let unreadable = || format!("cannot look into '{}'", folder.display());
        let mut parts = Vec::new();
        for entry in folder.read_dir().with_context(unreadable)? {
            parts.push(Self::open(&entry.with_context(unreadable)?.path()));
        }
        parts.retain(Self::is_one);
        parts.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(parts)
    }

    fn description(&self) -> PathBuf {
        self.path.join("sweep.json")
    }

    /// Makes the folder, unless it is there, and writes `description` into it; or reads the one that is
    /// there already, which has to be of the same plan. Of several programs that do so at the same time, one
    /// writes, and the others read. Returns whether it was there.
    ///
    /// # Errors
    /// If another sweep or anything else is in the folder, or it cannot be written or read.
    pub fn claim(&self, description: &Description) -> Result<bool> {
        self.ensure_free()?;
        let path = &self.path;
        std::fs::create_dir_all(path)
            .with_context(|| format!("cannot make the folder '{}'", path.display()))?;
        if !self.is_one() {
            let mut json = serde_json::to_string_pretty(description)?;
            json.push('\n');
            match write_new(&self.description(), json.as_bytes()) {
                Err(RunError::Write { source, .. })
                    if source.kind() == ErrorKind::AlreadyExists => {}
                written => return Ok(written.map(|()| false)?),
            }
        }
        let there = self.read()?.plan;
        if let Err(Difference { what, here, there }) = there.ensure_same(&description.plan) {
            bail!(
                "'{}' holds another sweep: {what}: {here} there, and {there} now; choose another --out, or \
                 continue that one with --resume",
                path.display()
            );
        }
        Ok(true)
    }

    /// Fails if something else than a sweep is in the folder.
    ///
    /// # Errors
    /// [`RunError::Exists`] if so.
    pub fn ensure_free(&self) -> Result<(), RunError> {
        // In this order: another program may begin the sweep between the two questions.
        match is_vacant(&self.path) || self.is_one() {
            true => Ok(()),
            false => Err(RunError::Exists(self.path.clone())),
        }
    }

    /// What the sweep was started with.
    ///
    /// # Errors
    /// If it is missing, cannot be read, or makes no sense.
    pub fn read(&self) -> Result<Description> {
        let path = self.description();
        let name = path.display();
        let json = std::fs::read(&path).with_context(|| {
            format!(
                "'{}' holds no sweep: cannot read '{name}'",
                self.path.display()
            )
        })?;
        Description::from_json(&json).with_context(|| format!("'{name}' describes no sweep"))
    }

    /// Keeps copies of `teachers`, those of the sweep's combinations.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep_teachers(&self, teachers: &[Model]) -> Result<()> {
        match teachers {
            [] => Ok(()),
            teachers => Ok(RunFolder::open(&self.path).keep_teachers(teachers)?),
        }
    }

    /// The teachers of the combinations of `plan`.
    ///
    /// # Errors
    /// If one is missing, cannot be read, or is another.
    pub fn teachers(&self, plan: &Plan) -> Result<Vec<Model>> {
        let teachers = RunFolder::open(&self.path).given_teachers(&plan.teachers);
        teachers.context(
            "the sweep's copies of its teachers are not all there: put them back, or give the command that \
             started it once more",
        )
    }

    /// The folder of the combination at `place` of `plan`, from 0.
    pub fn run(&self, plan: &Plan, place: usize) -> RunFolder {
        let count = plan.combinations.len();
        let name = plan.combinations[place].folder_name(place + 1, count);
        RunFolder::open(&self.path.join(name))
    }

    fn result(&self, plan: &Plan, place: usize) -> PathBuf {
        self.run(plan, place).path().join("result.json")
    }

    /// What came of the combination at `place` of `plan`; none as long as it is not done.
    ///
    /// # Errors
    /// If it cannot be read, or is nothing that can have come of it.
    pub fn outcome(&self, plan: &Plan, place: usize) -> Result<Option<Outcome>> {
        let path = self.result(plan, place);
        let name = path.display();
        let json = match std::fs::read(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read '{name}'")),
        };
        let outcome = serde_json::from_slice(&json).map_err(|error| error.to_string());
        let checked = outcome.and_then(|outcome: Outcome| outcome.check(plan).map(|()| outcome));
        match checked {
            Ok(outcome) => Ok(Some(outcome)),
            Err(reason) => bail!(
                "'{name}' is no result of this combination: {reason}; delete it, and --resume measures it \
                 again"
            ),
        }
    }

    /// Keeps what came of the combination at `place` of `plan`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, plan: &Plan, place: usize, outcome: &Outcome) -> Result<()> {
        let mut json = serde_json::to_string(outcome)?;
        json.push('\n');
        Ok(write_new(&self.result(plan, place), json.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sweep::testing::plan;
    use crate::sweep::{End, Measured};

    fn outcome(seeds: std::ops::Range<u32>, wrong: &[usize]) -> Outcome {
        let measured = |seed| Measured {
            seed,
            wrong: wrong.to_vec(),
        };
        Outcome {
            version: "0.0.1".to_owned(),
            adapter: "an abacus".to_owned(),
            end: End::Measured {
                seconds: 1.5,
                seeds: seeds.map(measured).collect(),
            },
        }
    }

    #[test]
    fn a_folder_keeps_one_sweep() {
        let directory = tempfile::tempdir().unwrap();
        let folder = SweepFolder::open(&directory.path().join("a/sweep"));
        let description = Description::of(plan());
        assert!(!folder.claim(&description).unwrap());
        assert!(folder.claim(&description).unwrap());
        assert_eq!(folder.read().unwrap(), description);
        let mut other = description.clone();
        other.plan.seeds = 0..5;
        let error = folder.claim(&other).unwrap_err().to_string();
        assert!(
            error.contains("its seeds: 0 to 2 there, and 0 to 4 now"),
            "{error}"
        );
        assert_eq!(folder.read().unwrap(), description);
        let mut moved = description.clone();
        moved.data = Some("elsewhere".into());
        assert!(folder.claim(&moved).unwrap());
        let error = SweepFolder::open(directory.path()).claim(&description);
        assert!(error.unwrap_err().to_string().contains("exists already"));
    }

    #[test]
    fn of_programs_that_start_together_one_writes() {
        let directory = tempfile::tempdir().unwrap();
        let folder = SweepFolder::open(&directory.path().join("sweep"));
        let description = Description::of(plan());
        let claims: Vec<bool> = std::thread::scope(|scope| {
            let claim = || scope.spawn(|| folder.claim(&description).unwrap());
            let threads: Vec<_> = (0..20).map(|_| claim()).collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(claims.iter().filter(|&&was_there| !was_there).count(), 1);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn outcomes_are_kept_and_checked() {
        let directory = tempfile::tempdir().unwrap();
        let (folder, plan) = (SweepFolder::open(directory.path()), plan());
        let run = folder.run(&plan, 1);
        fs::create_dir(run.path()).unwrap();
        assert_eq!(folder.outcome(&plan, 1).unwrap(), None);
        let kept = outcome(0..3, &[2, 19]);
        folder.keep(&plan, 1, &kept).unwrap();
        assert_eq!(folder.outcome(&plan, 1).unwrap(), Some(kept.clone()));
        assert!(
            folder.keep(&plan, 1, &kept).is_err(),
            "nothing is overwritten"
        );
        let file = run.path().join("result.json");
        for (wrong, reason) in [
            (outcome(0..2, &[2]), "seeds"),
            (outcome(0..3, &[2, 20]), "below 20"),
            (outcome(0..3, &[2, 2]), "ascending"),
        ] {
            fs::write(&file, serde_json::to_string(&wrong).unwrap()).unwrap();
            let error = folder.outcome(&plan, 1).unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("result.json"),
                "{error}"
            );
        }
        fs::write(&file, "{}").unwrap();
        assert!(folder.outcome(&plan, 1).is_err());
    }

    #[test]
    fn descriptions_that_make_no_sense_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let folder = SweepFolder::open(directory.path());
        folder.claim(&Description::of(plan())).unwrap();
        let file = directory.path().join("sweep.json");
        let whole = fs::read_to_string(&file).unwrap();
        for (from, to, reason) in [
            ("\"format\": 1", "\"format\": 2", "version 2"),
            ("\"validation\": 20", "\"validation\": 0", "holds out 0"),
            (
                "\"checkpoint_every\": 1",
                "\"checkpoint_every\": 0",
                "at least 1",
            ),
            ("\"combinations\"", "\"mixtures\"", "missing field"),
        ] {
            assert!(whole.contains(from), "{from}");
            fs::write(&file, whole.replace(from, to)).unwrap();
            let error = format!("{:#}", folder.read().unwrap_err());
            assert!(
                error.contains(reason) && error.contains("sweep.json"),
                "{error}"
            );
        }
    }
}
