//! Networks that learn from others, on the CPU path.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::data::{Dataset, Mnist};
use lenet_gpu::model::{Model, Network, PassTotals, Recipe, TrainingState};
use lenet_gpu::store::{Checkpoint, RunConfig, RunFolder};
use lenet_gpu::train::{Course, Preset, TeacherDefaults, step_rates, wrong_answers};
use lenet_gpu::trainer::TrainingTask;
use serde_json::Value;
use tempfile::TempDir;

use crate::digits::MNIST;
use crate::outcome::{error_of, output_of};
use crate::program::{digit_folder, directory, json_of, text};

/// A folder with digits, and trainings of a moment on them.
struct Workplace {
    directory: TempDir,
    data: TempDir,
}

/// Two teachers of two passes each, and two passes from them.
const TAUGHT: [&str; 8] = [
    "--teachers",
    "2",
    "--teacher-recipe",
    "plain",
    "--teacher-passes",
    "2",
    "--passes",
    "2",
];

impl Workplace {
    fn new() -> Self {
        Self {
            directory: directory(),
            data: digit_folder(300, 50),
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn arguments<'a>(&'a self, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let start = [
            "train",
            "-q",
            "--adapter",
            "cpu",
            "--batch",
            "16",
            "--out",
            out,
        ];
        let data = ["--data", text(self.data.path())];
        [&start[..], &data, more].concat()
    }

    fn train(&self, out: &str, more: &[&str]) -> String {
        output_of(self.path(), &self.arguments(out, more))
    }

    #[track_caller]
    fn error_of_training(&self, out: &str, more: &[&str]) -> String {
        error_of(self.path(), &self.arguments(out, more))
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn config(&self, run: &str) -> Value {
        serde_json::from_slice(&self.bytes(&format!("{run}/config.json"))).unwrap()
    }
}

#[test]
fn teachers_are_trained_first_and_stay_with_the_run() {
    let work = Workplace::new();
    work.train("run", &TAUGHT);
    let config = work.config("run");
    assert_eq!(
        config["recipe"]["teacher_share"],
        f64::from(TeacherDefaults::SHARE)
    );
    assert_eq!(config["teachers"]["trained"]["count"], 2);
    for seed in [2, 3] {
        let folder = format!("run/teachers/seed-{seed}");
        let teacher = work.config(&folder);
        assert_eq!(teacher["recipe"], config["teachers"]["trained"]["recipe"]);
        assert_eq!(teacher["seed"], seed);
        // The same network as one that is trained by itself.
        let (alone, seed) = (format!("alone-{seed}"), seed.to_string());
        let by_itself = [
            "--recipe", "plain", "--passes", "2", "--seed", &seed, "--batch", "64",
        ];
        let start = ["train", "-q", "--adapter", "cpu", "--out", &alone, "--data"];
        let data = [text(work.data.path())];
        output_of(work.path(), &[&start[..], &data, &by_itself].concat());
        let model = |run: &str| work.bytes(&format!("{run}/model.safetensors"));
        assert!(model(&folder) == model(&alone), "teacher {seed}");
    }
    // Those who learn from the same models, given by name, learn the same.
    work.train("given", &["--teacher", "run/teachers", "--passes", "2"]);
    assert!(work.bytes("run/model.safetensors") == work.bytes("given/model.safetensors"));
    let checksums = &work.config("given")["teachers"]["given"]["checksums"];
    assert_eq!(checksums.as_array().unwrap().len(), 2);
    // And others than from the labels.
    work.train("untaught", &["--passes", "2"]);
    assert!(work.bytes("run/model.safetensors") != work.bytes("untaught/model.safetensors"));
}

#[test]
fn every_seed_has_teachers_of_its_own() {
    let work = Workplace::new();
    work.train("two", &[&TAUGHT[..], &["--seeds", "2"]].concat());
    for (seed, teachers) in [(0, [2, 3]), (1, [4, 5])] {
        for teacher in teachers {
            let run = format!("two/seed-{seed}/teachers/seed-{teacher}");
            assert_eq!(work.config(&run)["seed"], teacher);
        }
    }
    work.train("first", &TAUGHT);
    work.train("second", &[&TAUGHT[..], &["--seed", "1"]].concat());
    let model = |run: &str| work.bytes(&format!("{run}/model.safetensors"));
    assert!(model("two/seed-0") == model("first"));
    assert!(model("two/seed-1") == model("second"));
    // All of them as an ensemble, but not their teachers.
    let evaluated = json_of(
        work.path(),
        &[
            "eval",
            "two",
            "--json",
            "--adapter",
            "cpu",
            "--data",
            text(work.data.path()),
        ],
    );
    assert_eq!(evaluated["models"].as_array().unwrap().len(), 2);
}

/// Puts checkpoint and model of the run in `folder`, on the digits in `data`, back to what they were after its
/// first pass.
fn go_back_to_the_first_pass(folder: &Path, data: &Path) {
    let folder = RunFolder::open(folder);
    let RunConfig { recipe, seed, .. } = folder.read_config().unwrap();
    let digits = Mnist::load(Some(data)).unwrap().train;
    let network = Network::of(recipe.choices);
    let task = TrainingTask {
        network: &network,
        recipe: &recipe,
        rates: &step_rates(&recipe, digits.len()),
        data: &digits,
        seeds: vec![seed],
        states: vec![TrainingState::start(&network, &recipe, seed)],
        teachers: Vec::new(),
    };
    let mut course = Course::new(&Compute::Cpu, &task, vec![PassTotals::default()]).unwrap();
    let go_on = |_: &PassTotals| ControlFlow::Continue(());
    assert!(block_on(course.train_pass(usize::MAX, go_on)).unwrap());
    let (state, model) = block_on(course.models()).unwrap().remove(0);
    model.save(&folder.model()).unwrap();
    let pass = PassTotals::default();
    Checkpoint { state, pass }
        .save(&folder.checkpoint())
        .unwrap();
}

/// What a kill leaves at any point is resumed to the same bytes.
#[test]
fn a_run_with_teachers_is_resumed_from_any_point() {
    let work = Workplace::new();
    work.train("whole", &TAUGHT);
    type Undo = fn(&Path, &Path);
    /// Without the results of these runs.
    fn forget(run: &Path, runs: &[&str]) {
        for of_run in runs {
            for file in ["checkpoint.safetensors", "model.safetensors", "metrics.csv"] {
                fs::remove_file(run.join(of_run).join(file)).unwrap();
            }
        }
    }
    const BOTH: [&str; 2] = ["teachers/seed-2", "teachers/seed-3"];
    let before: [(&str, Undo); 6] = [
        ("before the first file of a teacher", |run, _| {
            forget(run, &[""]);
            fs::remove_dir_all(run.join("teachers")).unwrap();
        }),
        ("before the first step of a teacher", |run, _| {
            forget(run, &["", BOTH[0], BOTH[1]]);
        }),
        ("between the first files of two teachers", |run, _| {
            forget(run, &["", BOTH[0]]);
            fs::remove_dir_all(run.join(BOTH[1])).unwrap();
        }),
        ("between the teachers and their student", |run, _| {
            forget(run, &[""])
        }),
        (
            "after the metrics of a teacher's last pass, but before its model",
            |run, data| {
                forget(run, &[""]);
                go_back_to_the_first_pass(&run.join(BOTH[0]), data);
            },
        ),
        ("after all", |_, _| ()),
    ];
    for (place, (when, undo)) in before.into_iter().enumerate() {
        let name = format!("run-{place}");
        work.train(&name, &TAUGHT);
        undo(&work.path().join(&name), work.data.path());
        output_of(work.path(), &["train", "-q", "--resume", &name]);
        for file in ["model.safetensors", "teachers/seed-3/model.safetensors"] {
            let bytes = |run: &str| work.bytes(&format!("{run}/{file}"));
            assert!(bytes(&name) == bytes("whole"), "{when}: {file}");
        }
    }
}

#[test]
fn what_is_changed_while_teachers_are_trained_is_written_down() {
    let work = Workplace::new();
    let taught = [&TAUGHT[..6], &["--passes", "3"]].concat();
    work.train("whole", &taught);
    work.train("run", &TAUGHT);
    let run = work.path().join("run");
    for file in ["checkpoint.safetensors", "model.safetensors", "metrics.csv"] {
        fs::remove_file(run.join(file)).unwrap();
        fs::remove_file(run.join("teachers/seed-3").join(file)).unwrap();
    }
    let moved = work.path().join("moved");
    fs::rename(work.data.path(), &moved).unwrap();
    let longer = [
        "train",
        "-q",
        "--resume",
        "run",
        "--passes",
        "3",
        "--data",
        text(&moved),
    ];
    output_of(work.path(), &longer);
    let config = work.config("run");
    assert_eq!(config["recipe"]["passes"], 3);
    assert_eq!(config["raises"], Value::Null);
    for run in ["run", "run/teachers/seed-3"] {
        let data = work.config(run)["data"].as_str().unwrap().to_owned();
        assert!(data.ends_with("moved"), "{data}");
    }
    let model = |run: &str| work.bytes(&format!("{run}/model.safetensors"));
    assert!(model("run") == model("whole"));
    fs::rename(&moved, work.data.path()).unwrap();
}

#[test]
fn a_run_is_not_resumed_with_other_teachers() {
    let work = Workplace::new();
    work.train("teacher", &["--passes", "1"]);
    let taught = ["--teacher", "teacher", "--passes", "2"];
    work.train("given", &taught);
    work.train("other", &taught);
    // The model that was given may be gone; its copy may not.
    fs::remove_dir_all(work.path().join("teacher")).unwrap();
    let longer = |run| ["train", "-q", "--resume", run, "--passes", "3"];
    output_of(work.path(), &longer("given"));
    let copy = work.path().join("other/teachers/1.safetensors");
    fs::copy(work.path().join("given/model.safetensors"), &copy).unwrap();
    let error = error_of(work.path(), &longer("other"));
    assert!(
        error.contains("1.safetensors") && error.contains("not the teacher"),
        "{error}"
    );
    fs::remove_file(&copy).unwrap();
    let error = error_of(work.path(), &longer("other"));
    assert!(error.contains("1.safetensors"), "{error}");

    // Those that were trained first are not trained again after somebody has learned from them.
    work.train("trained", &TAUGHT);
    fs::remove_dir_all(work.path().join("trained/teachers/seed-2")).unwrap();
    let error = error_of(work.path(), &longer("trained"));
    assert!(
        error.contains("seed-2") && error.contains("has learned from it"),
        "{error}"
    );
    assert!(!work.path().join("trained/teachers/seed-2").exists());
}

/// A teacher that was trained on the digits held out makes the error on them too low.
#[test]
fn a_teacher_that_may_have_seen_the_digits_held_out_is_warned_about() {
    let work = Workplace::new();
    work.train("on-all", &["--passes", "1"]);
    work.train("on-some", &["--passes", "1", "--validation", "100"]);
    for (teacher, is_warned) in [("on-all", true), ("on-some", false)] {
        let out = format!("from-{teacher}");
        let options = ["--passes", "1", "--validation", "100", "--teacher", teacher];
        let output = work.train(&out, &options);
        assert_eq!(
            output.contains("held out"),
            is_warned,
            "{teacher}: {output}"
        );
    }
}

#[test]
fn teachers_and_their_share_go_together() {
    let work = Workplace::new();
    work.train("teacher", &["--passes", "1"]);
    for (options, expected) in [
        (&["--teacher-share", "0.5"][..], "there are no teachers"),
        (
            &["--teacher", "teacher", "--teacher-share", "0"],
            "--teacher-share is 0",
        ),
        (
            &["--recipe", "distilled", "--teacher-share", "0"],
            "--teacher-share is 0",
        ),
        (
            &["--teacher-share", "1.5", "--teacher", "teacher"],
            "--teacher-share is 1.5",
        ),
        (&["--teachers", "0"], "--teachers is 0"),
        (&["--teachers", "101"], "--teachers is 101"),
        (&["--teacher-passes", "0"], "the recipe of the teachers"),
        (
            &["--teacher-passes", "99999999999"],
            "the recipe of the teachers",
        ),
        (
            &["--teachers", "2", "--teacher-recipe", "distilled"],
            "--teacher-recipe is distilled",
        ),
        (
            &["--teachers", "2", "--teacher", "teacher"],
            "cannot be used with",
        ),
        (&["--teacher", "nowhere"], "nowhere"),
    ] {
        let error = work.error_of_training("refused", options);
        assert!(error.contains(expected), "{options:?}: {error}");
        assert!(!work.path().join("refused").exists(), "{options:?}");
    }
}

/// A network without knowledge of the labels takes over what its teacher knows, LeNet-1 in this case, from a
/// teacher that reads another field.
#[test]
fn what_is_learned_from_a_teacher_alone_is_what_it_knows() {
    let digits = MNIST.train.clone().take_first(2000);
    let recipe = |preset: Preset, teacher_share| Recipe {
        teacher_share,
        passes: 6,
        ..preset.recipe()
    };
    let teacher = trained(&recipe(Preset::Lenet1, 0.0), &digits, Vec::new());
    // Labels that are all wrong.
    let labels: Vec<u8> = digits
        .labels()
        .iter()
        .map(|label| (label + 1) % 10)
        .collect();
    let mislabelled = Dataset::new(digits.images().to_vec(), labels).unwrap();
    let teachers = [teacher];
    let student = trained(&recipe(Preset::Plain, 1.0), &mislabelled, vec![&teachers]);
    let wrong = |model: &Model| {
        let penalties = Compute::Cpu.penalties(&model.network, &model.arena, &MNIST.test);
        wrong_answers(&block_on(penalties).unwrap(), &MNIST.test).len()
    };
    let (of_teacher, of_student) = (wrong(&teachers[0]), wrong(&student));
    assert!(
        of_student < of_teacher + 200,
        "{of_student} and {of_teacher}"
    );
    assert!(of_teacher < 1000, "{of_teacher}");
}

/// The model that `recipe` makes on `digits`, from `teachers` if there are any.
fn trained(recipe: &Recipe, digits: &Dataset, teachers: Vec<&[Model]>) -> Model {
    let network = Network::of(recipe.choices);
    let task = TrainingTask {
        network: &network,
        recipe,
        rates: &step_rates(recipe, digits.len()),
        data: digits,
        seeds: vec![0],
        states: vec![TrainingState::start(&network, recipe, 0)],
        teachers,
    };
    let mut course = Course::new(&Compute::Cpu, &task, vec![PassTotals::default()]).unwrap();
    block_on(async {
        while !course.is_over() {
            let go_on = |_: &PassTotals| ControlFlow::Continue(());
            course.train_pass(usize::MAX, go_on).await.unwrap();
            course.take_totals();
        }
        course.models().await.unwrap().remove(0).1
    })
}
