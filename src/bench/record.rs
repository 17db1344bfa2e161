//! Throughput kept in a file, to be measured again and compared with.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::start_up::Wanted;
use super::{Mode, Ratio, Row, Sweep};
use crate::compute::Compute;
use crate::data::Mnist;
use crate::gpu::{AdapterChoice, StepPlan, list_adapters};
use crate::platform::block_on;
use crate::store::{SavedFormat, SavedHeader, processor, write_new};
use crate::train::Preset;

const FORMAT: SavedFormat = SavedFormat {
    command: "bench",
    version: 1,
};

/// The content of a file.
#[derive(Serialize)]
struct Content<'a> {
    #[serde(flatten)]
    header: SavedHeader,
    #[serde(flatten)]
    record: &'a Record,
}

/// A measured throughput: where, how, and every round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the program.
    pub version: String,
    /// The day.
    pub date: String,
    /// The processor's name.
    pub processor: String,
    /// What was measured, and for how long.
    pub settings: Settings,
    /// What it was measured on.
    pub computes: Vec<RecordedCompute>,
    /// The measurements.
    pub rows: Vec<RecordedRow>,
}

/// A [`Sweep`], and the size of the set it ran on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the recipe.
    pub recipe: String,
    /// What was done with the samples.
    pub modes: Vec<Mode>,
    /// Samples per update, or per batch of inference.
    pub batches: Vec<usize>,
    /// Networks side by side.
    pub models: Vec<usize>,
    /// Rounds.
    pub rounds: u32,
    /// Seconds of a measurement.
    pub seconds: f64,
    /// Seed of initial weights and order.
    pub seed: u32,
    /// Digits of the training set and of the test set.
    pub digits: [usize; 2],
}

/// An adapter, or the CPU path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedCompute {
    /// Its name, or CPU.
    pub name: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: String,
    /// The plan of a training step on an adapter.
    pub plan: Option<StepPlan>,
    /// Name, backend, type and driver, or threads and instruction set.
    pub description: String,
}

/// The rounds of one compute, mode, batch size and number of networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedRow {
    /// Name of the adapter, or CPU.
    pub adapter: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: String,
    /// The plan of a training step on an adapter.
    pub plan: Option<StepPlan>,
    /// What was done with the samples.
    pub mode: Mode,
    /// Samples per update, or per batch of inference.
    pub batch: usize,
    /// Networks side by side.
    pub models: usize,
    /// Samples per second of every round, in order.
    pub rounds: Vec<f64>,
}

/// A measurement beside the same one of an earlier run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the adapter, or CPU.
    pub adapter: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: &'static str,
    /// The plan of a training step on an adapter.
    pub plan: Option<StepPlan>,
    /// What was done with the samples.
    pub mode: Mode,
    /// Samples per update, or per batch of inference.
    pub batch: usize,
    /// Networks side by side.
    pub models: usize,
    /// Samples per second now to those then.
    #[serde(flatten)]
    pub ratio: Ratio,
}

impl Settings {
    fn of(sweep: &Sweep, data: &Mnist) -> Self {
        Self {
            recipe: sweep.preset.name().to_owned(),
            modes: sweep.modes.clone(),
            batches: sweep.batches.clone(),
            models: sweep.models.clone(),
            rounds: sweep.rounds,
            seconds: sweep.time.as_secs_f64(),
            seed: sweep.seed,
            digits: digits_of(data),
        }
    }
}

impl Record {
    /// The `rows` that `sweep` measured on `computes` with `data`, today.
    pub fn of(sweep: &Sweep, data: &Mnist, computes: &[Compute], rows: &[Row]) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            date: jiff::Zoned::now().date().to_string(),
            processor: processor(),
            settings: Settings::of(sweep, data),
            computes: computes.iter().map(RecordedCompute::of).collect(),
            rows: rows.iter().map(RecordedRow::of).collect(),
        }
    }

    /// Writes it to `path`, where nothing may be yet, first under a temporary name.
    ///
    /// # Errors
    /// If something is there, or it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let content = Content {
            header: FORMAT.header(),
            record: self,
        };
        let mut text = serde_json::to_string_pretty(&content).expect("plain data serialises");
        text.push('\n');
        Ok(write_new(path, text.as_bytes())?)
    }

    /// Reads `path`.
    ///
    /// # Errors
    /// If it cannot be read, is no such file, or one of another version of the format.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).context("it cannot be read")?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        FORMAT.check(text)?;
        let record: Self = serde_json::from_str(text).context("it is damaged")?;
        for row in &record.rows {
            let is_rate = |rate: &f64| *rate > 0.0 && rate.is_finite();
            ensure!(
                !row.rounds.is_empty() && row.rounds.iter().all(is_rate),
                "it is damaged: rounds of {} at batch {} are {:?}, expected numbers above 0",
                row.adapter,
                row.batch,
                row.rounds
            );
        }
        Ok(record)
    }

    /// What was measured, to be measured again.
    ///
    /// # Errors
    /// If this program has no such recipe, or a value is out of range.
    pub fn sweep(&self) -> Result<Sweep> {
        let settings = &self.settings;
        let preset = Preset::ALL
            .into_iter()
            .find(|preset| preset.name() == settings.recipe);
        let preset = preset.with_context(|| {
            format!(
                "it is of the recipe '{}', which this program does not have",
                settings.recipe
            )
        })?;
        Sweep::new(
            preset,
            settings.modes.clone(),
            settings.batches.clone(),
            settings.models.clone(),
            settings.rounds,
            settings.seconds,
            settings.seed,
        )
    }

    /// Refuses another processor, and a data set of another size.
    ///
    /// # Errors
    /// Says what differs.
    pub fn check_place(&self, data: &Mnist) -> Result<()> {
        let here = processor();
        ensure!(
            self.processor == here,
            "it was measured on another processor, {}, and this is {here}",
            self.processor
        );
        let ([train, test], [train_here, test_here]) = (self.settings.digits, digits_of(data));
        ensure!(
            (train, test) == (train_here, test_here),
            "it was measured with {train} training and {test} test digits, and these are \
             {train_here} and {test_here}: name the same set with --data"
        );
        Ok(())
    }

    /// The computes it was measured on, in order.
    ///
    /// # Errors
    /// If this machine lacks one of them.
    pub fn choices(&self) -> Result<Vec<Wanted>> {
        let adapters = match self.computes.iter().any(|compute| !compute.is_cpu()) {
            true => block_on(list_adapters())?.adapters,
            false => Vec::new(),
        };
        // Of several adapters of one name, each is taken once by each plan.
        let mut taken = Vec::new();
        let choice = |compute: &RecordedCompute| {
            if compute.is_cpu() {
                let here = Compute::Cpu.describe();
                ensure!(
                    compute.description == here,
                    "it was measured on {}, and this is {here}",
                    compute.description
                );
                return Ok(Wanted {
                    choice: AdapterChoice::Cpu,
                    plan: None,
                });
            }
            let same = adapters.iter().find(|adapter| {
                (&adapter.name, adapter.backend) == (&compute.name, &*compute.backend)
                    && !taken.contains(&(adapter.index, compute.plan))
            });
            let same = same.with_context(|| {
                format!(
                    "it was measured on {}, which this machine does not have (`lenet-gpu adapters` \
                     lists what it has)",
                    compute.description
                )
            })?;
            taken.push((same.index, compute.plan));
            Ok(Wanted {
                choice: AdapterChoice::Index(same.index),
                plan: compute.plan,
            })
        };
        self.computes.iter().map(choice).collect()
    }

    /// What is otherwise about `computes`, which are those it was measured on: their drivers, for
    /// example.
    pub fn changes(&self, computes: &[Compute]) -> Vec<String> {
        let pairs = self.computes.iter().zip(computes);
        let changed = pairs.filter(|(then, now)| then.description != now.describe());
        changed
            .map(|(then, now)| format!("It was {}, and is {}.", then.description, now.describe()))
            .collect()
    }

    /// Each of `rows` that it has, beside its own.
    pub fn compare(&self, rows: &[Row]) -> Vec<Comparison> {
        let comparison = |row: &Row| {
            let then = self.rows.iter().find(|then| then.is_of(row))?;
            Some(Comparison {
                adapter: row.adapter.clone(),
                backend: row.backend,
                plan: row.plan,
                mode: row.mode,
                batch: row.batch,
                models: row.models,
                ratio: Ratio::of(&then.rounds, &row.rounds)?,
            })
        };
        rows.iter().filter_map(comparison).collect()
    }
}

impl RecordedCompute {
    fn of(compute: &Compute) -> Self {
        Self {
            name: compute.name(),
            backend: compute.backend().to_owned(),
            plan: compute.only_plan(),
            description: compute.describe(),
        }
    }

    fn is_cpu(&self) -> bool {
        self.backend == Compute::Cpu.backend()
    }
}

impl RecordedRow {
    fn of(row: &Row) -> Self {
        Self {
            adapter: row.adapter.clone(),
            backend: row.backend.to_owned(),
            plan: row.plan,
            mode: row.mode,
            batch: row.batch,
            models: row.models,
            rounds: row.rounds.clone(),
        }
    }

    /// Whether `row` is the same measurement.
    fn is_of(&self, row: &Row) -> bool {
        (&self.adapter, &*self.backend, self.plan) == (&row.adapter, row.backend, row.plan)
            && (self.mode, self.batch, self.models) == (row.mode, row.batch, row.models)
    }
}

/// Digits of the training set and of the test set.
fn digits_of(data: &Mnist) -> [usize; 2] {
    [data.train.len(), data.test.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;

    fn row(batch: usize, rounds: [f64; 5]) -> Row {
        Row {
            adapter: "CPU".to_owned(),
            backend: "cpu",
            plan: None,
            mode: Mode::Train,
            batch,
            models: 1,
            samples_per_second: rounds[2],
            lowest: rounds[0],
            highest: rounds[4],
            rounds: rounds.into(),
            gain_over_one: None,
            gflops: 1.0,
            percent_of_peak: None,
            dispatches: None,
        }
    }

    fn record(rows: &[Row]) -> Record {
        Record {
            version: "0.0.1".to_owned(),
            date: "1998-11-01".to_owned(),
            processor: processor(),
            settings: Settings {
                recipe: "plain".to_owned(),
                modes: vec![Mode::Train],
                batches: vec![1, 16],
                models: vec![1],
                rounds: 5,
                seconds: 0.25,
                seed: 7,
                digits: [64, 16],
            },
            computes: vec![RecordedCompute::of(&Compute::Cpu)],
            rows: rows.iter().map(RecordedRow::of).collect(),
        }
    }

    /// A set of the size in the settings.
    fn digits() -> Mnist {
        let set = |samples| Dataset::new(vec![0; samples * 784], vec![0; samples]).unwrap();
        Mnist {
            train: set(64),
            test: set(16),
            source: String::new(),
            remarks: Vec::new(),
        }
    }

    const RATES: [f64; 5] = [10.0, 11.0, 12.5, 13.0, 14.0];

    #[test]
    fn a_file_holds_the_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("speed.json");
        let record = record(&[row(1, RATES)]);
        record.save(&path).unwrap();
        assert_eq!(Record::load(&path).unwrap(), record);
        assert!(record.save(&path).is_err(), "a file is never overwritten");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn settings_are_those_of_the_sweep() {
        let record = record(&[]);
        let sweep = record.sweep().unwrap();
        assert_eq!(sweep.preset, Preset::Plain);
        let data = digits();
        assert_eq!(Settings::of(&sweep, &data), record.settings);
        record.check_place(&data).unwrap();
    }

    #[test]
    fn other_settings_and_places_are_refused_by_name() {
        let refusal = |change: fn(&mut Record)| {
            let mut record = record(&[]);
            change(&mut record);
            let data = digits();
            let sweep = record.sweep().map(drop);
            let refused = sweep
                .and_then(|()| record.check_place(&data))
                .and_then(|()| record.choices().map(drop));
            refused.unwrap_err().to_string()
        };
        let other_recipe = refusal(|record| record.settings.recipe = "soup".to_owned());
        assert!(other_recipe.contains("'soup'"), "{other_recipe}");
        let batch = refusal(|record| record.settings.batches = vec![0]);
        assert!(batch.contains("batch is 0"), "{batch}");
        let seconds = refusal(|record| record.settings.seconds = -1.0);
        assert!(seconds.contains("seconds is -1"), "{seconds}");
        let rounds = refusal(|record| record.settings.rounds = 0);
        assert!(rounds.contains("rounds is 0"), "{rounds}");
        let models = refusal(|record| record.settings.models = vec![0]);
        assert!(models.contains("models is 0"), "{models}");
        let digits = refusal(|record| record.settings.digits = [60_000, 16]);
        assert!(digits.contains("60000 training"), "{digits}");
        let processor = refusal(|record| record.processor = "Abacus".to_owned());
        assert!(processor.contains("Abacus"), "{processor}");
        let threads = refusal(|record| record.computes[0].description = "CPU (0)".to_owned());
        assert!(threads.contains("CPU (0)"), "{threads}");
        let adapter = refusal(|record| record.computes[0].backend = "abacus".to_owned());
        assert!(adapter.contains("does not have"), "{adapter}");
    }

    #[test]
    fn other_files_are_refused() {
        let whole = serde_json::to_string(&Content {
            header: FORMAT.header(),
            record: &record(&[row(1, RATES)]),
        })
        .unwrap();
        Record::parse(&whole).unwrap();
        for (text, reason) in [
            (String::new(), "no file"),
            ("{}".to_owned(), "no file"),
            (whole.replace("lenet-gpu bench", "lenet-gpu run"), "no file"),
            (whole.replace("_version\":1", "_version\":2"), "version 2"),
            (whole.replace("\"rows\"", "\"lines\""), "damaged"),
            (whole.replace("12.5", "-12.5"), "expected numbers above 0"),
        ] {
            let error = Record::parse(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{reason} is not in: {error}");
        }
    }

    #[test]
    fn rows_are_compared_with_their_like() {
        let record = record(&[row(1, RATES), row(16, RATES.map(|rate| 5.0 * rate))]);
        let now = [
            row(16, RATES.map(|rate| 10.0 * rate)),
            row(64, RATES),
            row(1, RATES),
        ];
        let compared = record.compare(&now);
        let ratios = compared.iter().map(|row| (row.batch, row.ratio.ratio));
        assert!(ratios.eq([(16, 2.0), (1, 1.0)]), "{compared:?}");
    }
}
