//! The combinations of a sweep in order, from its folder or from those of its parts.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::comparison::Reach;
use super::plan::{Difference, ensure_same_options, ensure_same_recipe};
use super::{Combination, Comparison, Description, Measured, Outcome, Plan, Setting, SweepFolder};
use crate::train::MeanDeviation;

/// A combination, and what came of it so far.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The combination.
    pub combination: Combination,
    /// The folder of its runs, if any are begun.
    pub folder: PathBuf,
    /// What came of it, if it is done.
    pub outcome: Option<Outcome>,
}

/// All combinations of a sweep.
#[derive(Clone, Debug)]
pub struct Standings {
    /// The plan of the first part, for the seeds and the digits.
    pub plan: Plan,
    /// All combinations, in the order of the plans.
    pub entries: Vec<Entry>,
    /// What is not as expected, in sentences.
    pub remarks: Vec<String>,
}

/// A combination that was measured, as one of all of these.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// What it is.
    pub entry: &'a Entry,
    /// The networks of its seeds.
    pub seeds: &'a [Measured],
    /// Seconds of training, of all seeds together.
    pub seconds: f64,
    /// Mean and deviation of their errors, in per cent.
    pub error_percent: MeanDeviation,
    /// How much worse it is than the best; none of the best itself.
    pub comparison: Option<Comparison>,
}

impl Standings {
    /// Reads what is in `folders`, sweeps or parts of them.
    ///
    /// # Errors
    /// If a folder or a result cannot be read, or the errors of two sweeps do not compare.
    pub fn read(folders: &[SweepFolder]) -> Result<Self> {
        let mut all: Option<(Self, &SweepFolder, Vec<Setting>)> = None;
        for folder in folders {
            let (description, entries) = read_one(folder)?;
            let Description { plan, fixed, .. } = description;
            let Some((standings, first, first_fixed)) = &mut all else {
                let standings = Self {
                    plan,
                    entries,
                    remarks: Vec::new(),
                };
                all = Some((standings, folder, fixed));
                continue;
            };
            let same = standings.plan.ensure_same_measure(&plan);
            // What is the same for all in each of two sweeps is in no column.
            let same = same.and_then(|()| ensure_same_options(first_fixed, &fixed));
            if let Err(Difference { what, here, there }) = same {
                bail!(
                    "the sweeps in '{}' and '{}' do not compare: {what}: {here} in the first and {there} \
                     in the second; sum them up one by one",
                    first.path().display(),
                    folder.path().display()
                );
            }
            for entry in entries {
                standings.add(entry)?;
            }
        }
        match all {
            Some((standings, _, _)) => Ok(standings),
            None => bail!("there is no sweep to sum up"),
        }
    }

    /// Adds `entry`, which another part may have, too.
    fn add(&mut self, entry: Entry) -> Result<()> {
        let is_same = |other: &&mut Entry| other.combination.recipe == entry.combination.recipe;
        let Some(known) = self.entries.iter_mut().find(is_same) else {
            let name = entry.combination.name();
            let mut others = self.entries.iter();
            if let Some(other) = others.find(|other| other.combination.name() == name) {
                ensure_same_name(other, &entry)?;
            }
            self.entries.push(entry);
            return Ok(());
        };
        match (&known.outcome, &entry.outcome) {
            (None, _) => *known = entry,
            (Some(one), Some(other)) if !one.agrees_with(other) => self.remarks.push(format!(
                "'{}' has other results in '{}' than in '{}': those of the first are shown.",
                known.combination.name(),
                known.folder.display(),
                entry.folder.display()
            )),
            _ => {}
        }
        Ok(())
    }

    /// Those that were measured, best first, each compared with the best.
    pub fn ranking(&self) -> Vec<Place<'_>> {
        fn place(entry: &Entry, digits: usize) -> Option<Place<'_>> {
            let outcome = entry.outcome.as_ref()?;
            Some(Place {
                entry,
                seeds: outcome.seeds()?,
                seconds: outcome.seconds()?,
                error_percent: outcome.error_percent(digits)?,
                comparison: None,
            })
        }
        let digits = self.plan.held_out.digits;
        let measured = self.entries.iter();
        let measured = measured.filter_map(|entry| place(entry, digits));
        let mut places: Vec<Place> = measured.collect();
        // The order of the plan among equals.
        places.sort_by(|one, other| one.error_percent.mean.total_cmp(&other.error_percent.mean));
        let reach = Reach::of(places.len(), self.plan.seeds.len(), digits);
        if let Some((best, others)) = places.split_first_mut() {
            for other in others {
                let compared = Comparison::of(best.seeds, other.seeds, digits, reach);
                other.comparison = Some(compared);
            }
        }
        places
    }

    /// Those that are not done.
    pub fn missing(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.outcome.is_none())
    }

    /// Those that diverged, each with the reason.
    pub fn diverged(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries.iter().filter_map(|entry| {
            let reason = entry.outcome.as_ref()?.divergence()?;
            Some((entry, reason))
        })
    }

    /// Whether some diverged, and none was measured.
    pub fn only_diverged(&self) -> bool {
        let mut outcomes = self
            .entries
            .iter()
            .filter_map(|entry| entry.outcome.as_ref());
        self.diverged().next().is_some() && outcomes.all(|outcome| outcome.seeds().is_none())
    }

    /// What the measured ones were finished on, each once.
    pub fn adapters(&self) -> Vec<&str> {
        let outcomes = self
            .entries
            .iter()
            .filter_map(|entry| entry.outcome.as_ref());
        let mut adapters: Vec<&str> = outcomes.map(|outcome| outcome.adapter.as_str()).collect();
        adapters.sort_unstable();
        adapters.dedup();
        adapters
    }

    /// The options that all combinations set, in their order: the columns of a table. None if some
    /// combinations set others.
    pub fn columns(&self) -> Option<Vec<&str>> {
        fn options(entry: &Entry) -> Vec<&str> {
            let settings = entry.combination.settings.iter();
            settings.map(|setting| setting.option.as_str()).collect()
        }
        let mut all = self.entries.iter().map(options);
        let first = all.next()?;
        all.all(|options| options == first).then_some(first)
    }

    /// Every option that any combination sets, in the order of the first that does.
    pub fn options(&self) -> Vec<&str> {
        let mut options = Vec::new();
        for setting in self
            .entries
            .iter()
            .flat_map(|entry| &entry.combination.settings)
        {
            if !options.contains(&setting.option.as_str()) {
                options.push(setting.option.as_str());
            }
        }
        options
    }
}

/// What the sweep in `folder` was started with, and what came of it.
fn read_one(folder: &SweepFolder) -> Result<(Description, Vec<Entry>)> {
    let description = folder.read()?;
    let plan = &description.plan;
    let entry = |(place, combination): (usize, &Combination)| {
        Ok(Entry {
            combination: combination.clone(),
            folder: folder.run(plan, place).path().to_owned(),
            outcome: folder.outcome(plan, place)?,
        })
    };
    let combinations = plan.combinations.iter().enumerate();
    let entries = combinations.map(entry).collect::<Result<Vec<Entry>>>()?;
    Ok((description, entries))
}

/// Fails, unless two combinations of one name are one: a table could not tell them apart.
fn ensure_same_name(one: &Entry, other: &Entry) -> Result<()> {
    let Err(Difference { what, here, there }) =
        ensure_same_recipe(&one.combination, &other.combination)
    else {
        return Ok(());
    };
    bail!(
        "'{}' and '{}' are not the same: {what}: {here} in the first and {there} in the second; sum up \
         their sweeps one by one",
        one.folder.display(),
        other.folder.display()
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::sweep::testing::{combination, plan};
    use crate::sweep::{Description, End, Verdict};

    /// A sweep in `folder` by `plan`, some combinations of which have answered so many digits wrongly.
    fn sweep(folder: &Path, plan: &Plan, done: &[(usize, usize)]) -> SweepFolder {
        let folder = SweepFolder::open(folder);
        folder.claim(&Description::of(plan.clone())).unwrap();
        for &(place, wrong) in done {
            let measured = |seed| Measured {
                seed,
                wrong: (0..wrong).collect(),
            };
            let seeds = plan.seeds.clone().map(measured).collect();
            let outcome = Outcome {
                version: "0.0.1".to_owned(),
                adapter: format!("machine {place}"),
                end: End::Measured {
                    seconds: 1.0,
                    seeds,
                },
            };
            fs::create_dir(folder.run(plan, place).path()).unwrap();
            folder.keep(plan, place, &outcome).unwrap();
        }
        folder
    }

    fn names<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<String> {
        entries.map(|entry| entry.combination.name()).collect()
    }

    #[test]
    fn parts_are_put_together_best_first() {
        let directory = tempfile::tempdir().unwrap();
        let plan = plan();
        let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
        let one = sweep(&one, &plan, &[(0, 9)]);
        let alone = Standings::read(std::slice::from_ref(&one)).unwrap();
        assert_eq!(names(alone.missing()), ["lr=0.004"]);
        let parts = [one, sweep(&two, &plan, &[(1, 2)])];
        assert_eq!(SweepFolder::all_in(directory.path()).unwrap().len(), 2);
        let together = Standings::read(&parts).unwrap();
        assert_eq!(together.missing().count(), 0);
        assert_eq!(together.adapters(), ["machine 0", "machine 1"]);
        assert_eq!(together.columns(), Some(vec!["lr"]));
        let ranking = together.ranking();
        let order = names(ranking.iter().map(|place| place.entry));
        assert_eq!(order, ["lr=0.004", "lr=0.002"]);
        assert!(ranking[0].comparison.is_none());
        let second = ranking[1].comparison.as_ref().unwrap();
        assert!((second.difference_percent - 35.0).abs() < 1e-9);
        assert_eq!(second.verdict, Verdict::More);
    }

    #[test]
    fn what_was_trained_twice_is_shown_once_with_a_remark_if_it_differs() {
        let directory = tempfile::tempdir().unwrap();
        let plan = plan();
        let part =
            |name: &str, wrong| sweep(&directory.path().join(name), &plan, &[(0, wrong), (1, 5)]);
        let same = Standings::read(&[part("one", 9), part("two", 9)]).unwrap();
        assert_eq!((same.entries.len(), same.remarks.len()), (2, 0));
        let other = Standings::read(&[part("three", 9), part("four", 8)]).unwrap();
        assert!(other.remarks[0].contains("'lr=0.002' has other results in"));
    }

    #[test]
    fn sweeps_with_other_values_are_added_and_of_other_digits_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let one = sweep(&path("one"), &plan(), &[]);
        let mut wider = plan();
        wider.combinations = vec![combination("lr", "0.004"), combination("lr", "0.008")];
        let two = sweep(&path("two"), &wider, &[(0, 3)]);
        let together = Standings::read(&[one.clone(), two]).unwrap();
        assert_eq!(
            names(together.entries.iter()),
            ["lr=0.002", "lr=0.004", "lr=0.008"]
        );
        assert_eq!(names(together.missing()), ["lr=0.002", "lr=0.008"]);
        let mut others = plan();
        others.held_out.checksum = "others".to_owned();
        let three = sweep(&path("three"), &others, &[]);
        let error = Standings::read(&[one, three]).unwrap_err().to_string();
        assert!(
            error.contains("do not compare") && error.contains("others"),
            "{error}"
        );
        assert!(Standings::read(&[]).is_err());
    }
}
