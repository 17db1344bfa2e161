//! Runs that are killed, made longer, or have files that were changed, on the CPU path.

use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::outcome::{error_of, output_of};
use crate::program::{digit_folder, directory, program, text};

const DIGITS: usize = 200;

/// A folder with digits, and runs on them.
struct Workplace {
    directory: TempDir,
    data: TempDir,
}

impl Workplace {
    fn new() -> Self {
        Self {
            directory: directory(),
            data: digit_folder(DIGITS, 20),
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn train(&self, out: &str, more: &[&str]) -> String {
        let start = ["train", "--adapter", "cpu", "--out", out];
        let data = ["--data", text(self.data.path())];
        output_of(self.path(), &[&start[..], &data, more].concat())
    }

    fn resume(&self, run: &str, more: &[&str]) -> String {
        let arguments = [&["train", "--resume", run][..], more].concat();
        output_of(self.path(), &arguments)
    }

    #[track_caller]
    fn error_of_resuming(&self, run: &str, more: &[&str]) -> String {
        error_of(
            self.path(),
            &[&["train", "--resume", run][..], more].concat(),
        )
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path().join(file)).unwrap()
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.path().join(file)).unwrap();
    }

    fn config(&self, run: &str) -> Value {
        serde_json::from_slice(&self.read(&format!("{run}/config.json"))).unwrap()
    }

    fn alter_config(&self, run: &str, alter: impl FnOnce(&mut Value)) {
        let mut config = self.config(run);
        alter(&mut config);
        let file = self.path().join(run).join("config.json");
        fs::write(file, config.to_string()).unwrap();
    }

    #[track_caller]
    fn assert_same_results(&self, one: &str, other: &str) {
        for file in ["model.safetensors", "checkpoint.safetensors"] {
            let bytes = |run: &str| self.read(&format!("{run}/{file}"));
            assert!(
                bytes(one) == bytes(other),
                "{file} of {one} and {other} differ"
            );
        }
    }
}

/// `checkpoint` with the tensor `name` and the step replaced by what `alter` makes of them.
fn altered(
    checkpoint: &[u8],
    name: &str,
    alter: impl FnOnce(&mut Vec<f32>, &mut Value),
) -> Vec<u8> {
    let (_, header) = SafeTensors::read_metadata(checkpoint).unwrap();
    let tensors = SafeTensors::deserialize(checkpoint).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    let mut entry: Value = serde_json::from_str(&metadata["lenet-gpu"]).unwrap();
    let values = tensors.tensor(name).unwrap().data().to_vec();
    let mut values: Vec<f32> = bytemuck::pod_collect_to_vec(&values);
    alter(&mut values, &mut entry);
    metadata.insert("lenet-gpu".to_owned(), entry.to_string());
    let views = tensors.iter().map(|(tensor, view)| {
        let view = match tensor == name {
            true => {
                let bytes = bytemuck::cast_slice(&values);
                TensorView::new(Dtype::F32, vec![values.len()], bytes).unwrap()
            }
            false => view,
        };
        (tensor.to_owned(), view)
    });
    safetensors::serialize(views, Some(metadata)).unwrap()
}

#[test]
fn a_run_that_was_killed_in_its_first_pass_loses_nothing() {
    let work = Workplace::new();
    let passes = ["-q", "--passes", "1", "--batch", "10"];
    work.train("whole", &passes);
    work.train("begun", &passes);
    work.remove("begun/checkpoint.safetensors");
    let error = work.error_of_resuming("begun", &[]);
    assert!(error.contains("checkpoint.safetensors"), "{error}");
    // Between config.json and the first checkpoint.
    for file in ["model.safetensors", "metrics.csv", "curves.png"] {
        work.remove(&format!("begun/{file}"));
    }
    fs::write(work.path().join("begun/.lenet-gpu-1.tmp"), "half a file").unwrap();
    work.resume("begun", &["-q"]);
    work.assert_same_results("whole", "begun");
    let left: Vec<_> = fs::read_dir(work.path().join("begun")).unwrap().collect();
    assert_eq!(left.len(), 5, "{left:?}");
}

#[test]
fn seeds_that_were_never_begun_are_begun_on_resume() {
    let work = Workplace::new();
    let seeds = ["-q", "--passes", "1", "--seeds", "3"];
    work.train("whole", &seeds);
    work.train("begun", &seeds);
    fs::remove_dir_all(work.path().join("begun/seed-1")).unwrap();
    // Made, but not filled.
    for file in fs::read_dir(work.path().join("begun/seed-2")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    work.resume("begun", &["-q"]);
    for seed in 0..3 {
        work.assert_same_results(&format!("whole/seed-{seed}"), &format!("begun/seed-{seed}"));
    }
}

#[test]
fn a_run_may_be_made_longer() {
    let work = Workplace::new();
    work.train("long", &["-q", "--passes", "3"]);
    work.train("short", &["-q", "--passes", "1"]);
    let error = work.error_of_resuming("long", &["--passes", "2"]);
    assert!(
        error.contains("--passes is 2") && error.contains("3 passes"),
        "{error}"
    );

    // From the end of the shorter schedule on, the rate is that of the longer one.
    let noted = work.resume("short", &["--passes", "3"]);
    assert!(
        noted.contains("Planned for 3 passes instead of 1"),
        "{noted}"
    );
    let config = work.config("short");
    assert_eq!(config["recipe"]["passes"], 3);
    assert_eq!(config["raises"], json!([{ "step": 4, "passes": 1 }]));
    assert_eq!(config["recipe"], work.config("long")["recipe"]);
    let long = work.read("long/model.safetensors");
    assert!(long != work.read("short/model.safetensors"));

    // Where no step was made by the shorter one, nothing of it is left.
    work.train("first", &["-q", "--passes", "1"]);
    for file in [
        "model.safetensors",
        "metrics.csv",
        "curves.png",
        "checkpoint.safetensors",
    ] {
        work.remove(&format!("first/{file}"));
    }
    work.resume("first", &["-q", "--passes", "3"]);
    work.assert_same_results("first", "long");
}

#[test]
fn seeds_are_made_longer_together() {
    let work = Workplace::new();
    work.train("run", &["-q", "--passes", "1", "--seeds", "2"]);
    // As if killed between the two.
    work.alter_config("run/seed-0", |config| config["recipe"]["passes"] = 2.into());
    let error = work.error_of_resuming("run", &[]);
    assert!(error.contains("--passes"), "{error}");
    work.resume("run", &["-q", "--passes", "2"]);
    for seed in 0..2 {
        let rows = work.read(&format!("run/seed-{seed}/metrics.csv"));
        assert_eq!(String::from_utf8(rows).unwrap().lines().count(), 3);
    }
}

#[test]
fn checkpoints_that_no_training_leads_to_are_refused() {
    let work = Workplace::new();
    work.train("run", &["-q", "--passes", "2"]);
    let whole = work.read("run/checkpoint.safetensors");
    let nothing = |_: &mut Vec<f32>, _: &mut Value| ();
    assert!(altered(&whole, "averaged", nothing).len() >= whole.len());
    let file = work.path().join("run/checkpoint.safetensors");
    let error_with = |checkpoint: Vec<u8>| {
        fs::write(&file, checkpoint).unwrap();
        work.error_of_resuming("run", &[])
    };
    let cases = [
        (
            altered(&whole, "averaged", |values, _| values[7] = f32::NAN),
            "'averaged' holds NaN",
        ),
        (
            altered(&whole, "second_moment", |values, _| values[7] = -1.0),
            "'second_moment' holds -1",
        ),
        (
            altered(&whole, "parameter", |values, _| values.truncate(100)),
            "F32 [100], expected F32 [",
        ),
        (
            altered(&whole, "parameter", |_, entry| entry["step"] = 9.into()),
            "after 9 steps, but 2 passes over 200 digits are 8",
        ),
        (
            altered(&whole, "parameter", |_, entry| entry["step"] = 7.into()),
            "seen 0 digits, expected 192",
        ),
    ];
    for (checkpoint, expected) in cases {
        let error = error_with(checkpoint);
        assert!(error.contains("is not a checkpoint of this run"), "{error}");
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn the_rows_of_earlier_passes_have_to_be_there() {
    let work = Workplace::new();
    work.train("run", &["-q", "--passes", "2"]);
    work.remove("run/metrics.csv");
    let error = work.error_of_resuming("run", &["--passes", "3"]);
    assert!(error.contains("metrics.csv"), "{error}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let work = Workplace::new();
    work.train("run", &["-q", "--passes", "1"]);
    let cases = [
        ("checkpoint_every", json!(0), "checkpoint_every is 0"),
        ("samples", json!(0), "samples is 0"),
        ("samples", json!(100_000), "100000"),
        ("variant", json!("none"), "Variant"),
    ];
    for (field, value, expected) in cases {
        let before = work.config("run");
        work.alter_config("run", |config| config[field] = value);
        let error = work.error_of_resuming("run", &[]);
        assert!(error.contains(expected), "{expected}: {error}");
        work.alter_config("run", |config| *config = before);
    }
    work.alter_config("run", |config| {
        config["recipe"]["passes"] = json!(u64::MAX);
    });
    let error = work.error_of_resuming("run", &[]);
    assert!(error.contains("passes is 18446744073709551615"), "{error}");
}

#[test]
fn another_number_of_threads_is_no_other_adapter() {
    let work = Workplace::new();
    work.train("run", &["-q", "--passes", "1"]);
    let resumed = |threads: &str| {
        let resume = ["train", "--resume", "run"];
        let success = program(work.path(), &resume)
            .env("RAYON_NUM_THREADS", threads)
            .assert()
            .success();
        String::from_utf8(success.get_output().stdout.clone()).unwrap()
    };
    for threads in ["1", "3"] {
        let text = resumed(threads);
        assert!(!text.contains("bit for bit"), "{text}");
    }
    work.alter_config("run", |config| {
        config["adapter"] = "CPU (2 threads, abacus)".into()
    });
    assert!(resumed("1").contains("bit for bit"));
}

#[test]
fn two_programs_do_not_train_the_same_run() {
    let work = Workplace::new();
    work.train("run", &["-q", "--passes", "1"]);
    let lock = fs::File::create(work.path().join("run/.lock")).unwrap();
    lock.try_lock().unwrap();
    let error = work.error_of_resuming("run", &[]);
    assert!(
        error.contains("being trained by another program"),
        "{error}"
    );
    drop(lock);
    // What a program that was killed leaves is in nobody's way.
    work.resume("run", &["-q"]);
    assert!(!work.path().join("run/.lock").exists());
}

#[test]
fn a_start_that_fails_leaves_nothing() {
    let work = Workplace::new();
    let data = ["--adapter", "cpu", "--data", text(work.data.path())];
    let train = |more: &[&str]| error_of(work.path(), &[&["train"][..], &data, more].concat());
    let most = u64::MAX.to_string();
    for wrong in [
        ["--passes", &most],
        ["--samples", "1000"],
        ["--validation", "200"],
    ] {
        let error = train(&[&["--out", "run"][..], &wrong].concat());
        assert!(error.contains(wrong[1]), "{error}");
        assert!(!work.path().join("run").exists(), "{wrong:?}");
    }
}

#[test]
fn an_empty_folder_is_as_good_as_none_for_a_run() {
    let work = Workplace::new();
    let folder = work.path().join("run");
    fs::create_dir(&folder).unwrap();
    work.train("run", &["-q", "--passes", "1"]);
    let data = ["--adapter", "cpu", "--data", text(work.data.path())];
    let again = [&["train", "--out", "run"][..], &data].concat();
    assert!(error_of(work.path(), &again).contains("exists already"));
    for file in fs::read_dir(&folder).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert!(error_of(work.path(), &again).contains("exists already"));
}

#[test]
fn runs_that_start_together_have_folders_of_their_own() {
    let directory = directory();
    let made = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..40)
            .map(|_| {
                scope.spawn(|| {
                    lenet_gpu::store::RunFolder::create_numbered(directory.path(), "now").unwrap()
                })
            })
            .collect();
        let folders = threads.into_iter().map(|thread| thread.join().unwrap());
        let paths: std::collections::BTreeSet<_> =
            folders.map(|folder| folder.path().to_owned()).collect();
        paths
    });
    assert_eq!(made.len(), 40);
}
