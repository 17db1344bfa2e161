//! `sweep`: settings side by side, interrupted, shared out, and summed up, on the CPU path.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::outcome::{error_of, output_of};
use crate::program::{assert_keys, digit_folder, directory, json_of, program, text};

/// A folder with digits, and sweeps on them.
struct Workplace {
    directory: TempDir,
    data: TempDir,
}

/// Four combinations with two seeds each.
const GRID: [&str; 6] = [
    "--vary",
    "lr=0.002,0.004",
    "--vary",
    "batch=16,32",
    "--seeds",
    "2",
];

impl Workplace {
    fn new() -> Self {
        Self {
            directory: directory(),
            data: digit_folder(200, 20),
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The arguments of a sweep of `what`, with `more`.
    fn arguments<'a>(&'a self, what: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        let start = [
            "sweep",
            "--adapter",
            "cpu",
            "--validation",
            "60",
            "--passes",
            "2",
        ];
        let data = ["--data", text(self.data.path())];
        [&start[..], &data, what, more].concat()
    }

    fn sweep(&self, what: &[&str], more: &[&str]) -> String {
        output_of(self.path(), &self.arguments(what, more))
    }

    #[track_caller]
    fn refusal(&self, what: &[&str], more: &[&str]) -> String {
        error_of(self.path(), &self.arguments(what, more))
    }

    fn file(&self, file: &str) -> PathBuf {
        self.path().join(file)
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&fs::read(self.file(file)).unwrap()).unwrap()
    }

    /// What each combination of the sweep in `folder` came to, by its folder: wrong digits and models.
    fn results(&self, folder: &str) -> Vec<(String, Value, Vec<Vec<u8>>)> {
        let mut combinations: Vec<PathBuf> = fs::read_dir(self.file(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        combinations.sort();
        let result = |path: PathBuf| {
            let json: Value =
                serde_json::from_slice(&fs::read(path.join("result.json")).unwrap()).unwrap();
            let models = ["seed-0", "seed-1"].map(|seed| path.join(seed).join("model.safetensors"));
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                json["measured"]["seeds"].clone(),
                models
                    .iter()
                    .map(|model| fs::read(model).unwrap())
                    .collect(),
            )
        };
        combinations.into_iter().map(result).collect()
    }
}

/// The table in what a sweep printed, without the times.
fn table(output: &str) -> Vec<Vec<String>> {
    let is_row = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let rows = output
        .lines()
        .filter(is_row)
        .filter(|line| !line.contains(": ") && !line.contains("combinations, "));
    rows.map(|row| {
        let mut words: Vec<String> = row.split_whitespace().map(str::to_owned).collect();
        words.remove(6);
        words
    })
    .collect()
}

#[test]
fn every_combination_is_a_run_like_any_other() {
    let work = Workplace::new();
    let document = json_of(
        work.path(),
        &work.arguments(&GRID, &["--json", "--out", "grid", "--csv", "grid.csv"]),
    );
    assert_keys(
        &document,
        &[
            "completed",
            "combinations",
            "missing",
            "seeds",
            "digits",
            "chance_percent",
            "adapters",
        ],
    );
    assert_keys(&document, &["sweep", "data", "data_warnings", "remarks"]);
    assert_eq!(document["completed"], true);
    assert_eq!(
        (&document["seeds"], &document["digits"]),
        (&json!([0, 1]), &json!(60))
    );
    let combinations = document["combinations"].as_array().unwrap();
    assert_eq!(combinations.len(), 4);
    let mean = |combination: &Value| combination["error_percent"]["mean"].as_f64().unwrap();
    assert!(combinations.is_sorted_by_key(mean), "best first");
    for (place, combination) in combinations.iter().enumerate() {
        assert_keys(
            combination,
            &[
                "name",
                "settings",
                "folder",
                "seconds",
                "recipe",
                "than_best",
            ],
        );
        assert_eq!(combination["place"], place + 1);
        assert_eq!(combination["state"], "measured");
        assert_eq!(combination["than_best"].is_null(), place == 0);
        let percent = mean(combination);
        let errors = combination["seeds"].as_array().unwrap().iter();
        let errors: f64 = errors.map(|seed| seed["errors"].as_f64().unwrap()).sum();
        assert!((percent - 100.0 * errors / 120.0).abs() < 1e-9);
    }
    let csv = fs::read_to_string(work.file("grid.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "place,lr,batch,seed,errors,digits,error_percent,seconds_of_all_seeds,folder"
    );
    assert_eq!(lines.len(), 1 + 4 * 2);

    // The same bytes as a training by itself.
    let alone = [
        "train",
        "-q",
        "--adapter",
        "cpu",
        "--validation",
        "60",
        "--passes",
        "2",
    ];
    let recipe = [
        "--seed", "1", "--lr", "0.004", "--batch", "16", "--out", "alone",
    ];
    let data = ["--data", text(work.data.path())];
    output_of(work.path(), &[&alone[..], &recipe, &data].concat());
    let run = "grid/3_lr=0.004_batch=16/seed-1";
    let model = |run: &str| fs::read(work.file(run).join("model.safetensors")).unwrap();
    assert!(model("alone") == model(run));
    let rows = fs::read_to_string(work.file(run).join("metrics.csv")).unwrap();
    let result = work.json("grid/3_lr=0.004_batch=16/result.json");
    let wrong = result["measured"]["seeds"][1]["wrong"]
        .as_array()
        .unwrap()
        .len();
    let error = 100.0 * wrong as f64 / 60.0;
    assert!(
        rows.lines().last().unwrap().contains(&format!(",{error}")),
        "{error}: {rows}"
    );
    output_of(
        work.path(),
        &[&["eval", run, "--adapter", "cpu"][..], &data].concat(),
    );
    output_of(
        work.path(),
        &["train", "-q", "--resume", "grid/3_lr=0.004_batch=16"],
    );
}

#[test]
fn what_was_killed_goes_on_as_if_it_had_not_been() {
    let work = Workplace::new();
    work.sweep(&GRID, &["-q", "--out", "whole"]);
    work.sweep(&GRID, &["-q", "--out", "killed"]);
    // One not yet summed up, one in its first pass, one not begun.
    fs::remove_file(work.file("killed/1_lr=0.002_batch=16/result.json")).unwrap();
    let begun = "killed/2_lr=0.002_batch=32";
    fs::remove_file(work.file(begun).join("result.json")).unwrap();
    for file in [
        "model.safetensors",
        "checkpoint.safetensors",
        "metrics.csv",
        "curves.png",
    ] {
        fs::remove_file(work.file(begun).join("seed-1").join(file)).unwrap();
    }
    fs::remove_dir_all(work.file("killed/3_lr=0.004_batch=16")).unwrap();
    fs::write(work.file("killed/.lenet-gpu-1.tmp"), "half a file").unwrap();
    let again = work.sweep(&GRID, &["--out", "killed"]);
    assert_eq!(again.matches(": found").count(), 1, "{again}");
    assert_eq!(work.results("killed"), work.results("whole"));
    let found = output_of(work.path(), &["sweep", "--resume", "killed"]);
    assert_eq!(found.matches(": found").count(), 4, "{found}");
    assert_eq!(table(&found), table(&again));
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_after_saving() {
    use std::process::Command;
    use std::time::{Duration, Instant};

    let work = Workplace::new();
    let rates = [
        "--vary",
        "lr=0.002,0.004",
        "--seeds",
        "2",
        "--checkpoint-every",
        "3",
    ];
    let arguments = |out| {
        let mut arguments = work.arguments(&rates, &["-q", "--out", out]);
        let passes = arguments.iter().position(|&word| word == "--passes");
        arguments[passes.unwrap() + 1] = "12";
        arguments
    };
    output_of(work.path(), &arguments("whole"));
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("lenet-gpu"))
        .current_dir(work.path())
        .args(arguments("stopped"))
        .stdout(fs::File::create(work.file("printed")).unwrap())
        .spawn()
        .unwrap();
    let limit = Instant::now() + Duration::from_secs(60);
    let under_way = work.file("stopped/1_lr=0.002/seed-0/metrics.csv");
    while !under_way.exists() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let printed = fs::read_to_string(work.file("printed")).unwrap();
    let hint = "continue with: lenet-gpu sweep --resume stopped";
    assert!(printed.contains(hint), "{printed}");
    assert!(printed.contains("Missing: "), "{printed}");
    output_of(work.path(), &["sweep", "-q", "--resume", "stopped"]);
    assert_eq!(work.results("stopped"), work.results("whole"));
}

#[test]
fn parts_come_to_the_same_as_the_whole() {
    let work = Workplace::new();
    let whole = work.sweep(&GRID, &["--out", "whole"]);
    let first = work.sweep(&GRID, &["--shard", "1/2", "--out", "parts/one"]);
    assert!(
        first.contains("2 of 2: ") && first.contains("--summary parts/one"),
        "{first}"
    );
    assert!(
        first.contains("Missing: 2 of 4 combinations: lr=0.002 batch=32; "),
        "{first}"
    );
    work.sweep(&GRID, &["-q", "--shard", "2/2", "--out", "parts/two"]);
    let summed = output_of(work.path(), &["sweep", "--summary", "parts"]);
    assert!(!summed.contains("Missing"), "{summed}");
    assert_eq!(table(&summed).len(), 4);
    assert_eq!(table(&summed), table(&whole));
    let named = output_of(
        work.path(),
        &["sweep", "--summary", "parts/two", "parts/one"],
    );
    assert_eq!(table(&named), table(&whole));
    // All in one folder, at the same time.
    std::thread::scope(|scope| {
        for shard in ["1/3", "2/3", "3/3"] {
            let work = &work;
            scope.spawn(move || work.sweep(&GRID, &["-q", "--shard", shard, "--out", "together"]));
        }
    });
    assert_eq!(work.results("together"), work.results("whole"));
    let none = work.sweep(&GRID, &["--shard", "9/9", "--out", "whole"]);
    assert_eq!(table(&none), table(&whole));
}

#[test]
fn cases_are_compared_with_the_recipe_as_it_is() {
    let work = Workplace::new();
    let cases = [
        "--case",
        "passes=1",
        "--case",
        "optimizer=sdlm batch=1 lr=0.001",
    ];
    let printed = work.sweep(&cases, &["--out", "cases", "--seeds", "3"]);
    let names = ["unchanged", "passes=1", "optimiser=sdlm batch=1 lr=0.001"];
    for name in names {
        assert!(
            printed.contains(&format!(": {name}: trained")),
            "{name}: {printed}"
        );
    }
    let plan = work.json("cases/sweep.json");
    assert_eq!(plan["fixed"], json!([{ "option": "passes", "value": "2" }]));
    let passes: Vec<&Value> = plan["combinations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|combination| &combination["recipe"]["passes"])
        .collect();
    assert_eq!(passes, [2, 1, 2]);
}

#[test]
fn a_training_that_diverges_is_an_outcome() {
    let work = Workplace::new();
    let rates = ["--vary", "lr=0.002,1e30", "--seeds", "2"];
    let printed = work.sweep(&rates, &["--out", "rates", "--csv", "rates.csv"]);
    assert!(printed.contains("diverged in pass 1"), "{printed}");
    let csv = fs::read_to_string(work.file("rates.csv")).unwrap();
    assert!(csv.contains("diverged,1e30,"), "{csv}");
    let again = json_of(work.path(), &["sweep", "--json", "--resume", "rates"]);
    assert_eq!(again["combinations"][1]["state"], "diverged");
    assert_eq!(again["completed"], true);
    let none = work.arguments(&["--vary", "lr=1e30"], &["--out", "none"]);
    let failure = program(work.path(), &none).assert().code(1);
    let printed = String::from_utf8_lossy(&failure.get_output().stdout).into_owned();
    assert!(printed.contains("try a lower --lr"), "{printed}");
}

#[test]
fn another_sweep_in_the_folder_is_left_alone() {
    let work = Workplace::new();
    let rates = ["--vary", "lr=0.002,0.004"];
    work.sweep(&rates, &["-q", "--out", "sweep"]);
    let before = fs::read(work.file("sweep/sweep.json")).unwrap();
    for (what, more, parts) in [
        (
            &["--vary", "lr=0.002,0.008"][..],
            &[][..],
            &["lr=0.008 now", "lr=0.004 there"][..],
        ),
        (
            &rates,
            &["--seeds", "2"],
            &["seeds: 0 there, and 0 to 1 now"],
        ),
        (
            &rates,
            &["--samples", "50"],
            &["--samples: all there, and 50 now"],
        ),
        (
            &rates,
            &["--gain", "2"],
            &["gain of '", "1.5 there, and 2.0 now"],
        ),
    ] {
        let error = work.refusal(what, &[more, &["--out", "sweep"]].concat());
        for part in parts.iter().chain(&["'sweep'", "--out", "--resume"]) {
            assert!(error.contains(part), "no {part} in {error}");
        }
    }
    assert_eq!(fs::read(work.file("sweep/sweep.json")).unwrap(), before);

    // Other digits, and a run that is another one.
    let others = digit_folder(201, 20);
    let moved = ["sweep", "--resume", "sweep", "--data", text(others.path())];
    let error = error_of(work.path(), &moved);
    assert!(
        error.contains("not those that the sweep was started with"),
        "{error}"
    );
    fs::remove_file(work.file("sweep/1_lr=0.002/result.json")).unwrap();
    let file = work.file("sweep/1_lr=0.002/config.json");
    let mut config = work.json("sweep/1_lr=0.002/config.json");
    config["recipe"]["gain"] = json!(7);
    fs::write(&file, config.to_string()).unwrap();
    let error = error_of(work.path(), &["sweep", "--resume", "sweep"]);
    assert!(
        error.contains("'sweep/1_lr=0.002' holds another training"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), config.to_string());

    // Sweeps that do not compare.
    work.sweep(&rates, &["-q", "--out", "fewer", "--samples", "50"]);
    let error = error_of(work.path(), &["sweep", "--summary", "sweep", "fewer"]);
    assert!(error.contains("do not compare"), "{error}");
    work.sweep(&rates, &["-q", "--out", "wider", "--gain", "2"]);
    let error = error_of(work.path(), &["sweep", "--summary", "sweep", "wider"]);
    assert!(error.contains("gain=2 passes=2 in the second"), "{error}");
    work.sweep(&["--vary", "lr=0.004,0.008"], &["-q", "--out", "more"]);
    fs::remove_dir_all(work.file("sweep/1_lr=0.002")).unwrap();
    let summed = output_of(work.path(), &["sweep", "--summary", "sweep", "more"]);
    assert!(
        summed.contains("Missing: 1 of 3 combinations: lr=0.002."),
        "{summed}"
    );
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_trained() {
    let work = Workplace::new();
    let rates = ["--vary", "lr=0.002,0.004"];
    for (what, more, part) in [
        (
            &["--vary", "lr=0.002,0.002"][..],
            &[][..],
            "'0.002' is given twice",
        ),
        (
            &["--vary", "lr=0.002,2e-3"],
            &[],
            "'lr=0.002' and 'lr=2e-3' are the same recipe",
        ),
        (&["--vary", "batch=32,0"], &[], "batch=0: --batch is 0"),
        (&["--vary", "epochs=3"], &[], "--passes"),
        (
            &["--case", "passes=2"],
            &[],
            "'unchanged' and 'passes=2' are the same recipe",
        ),
        (&rates, &["--lr", "1"], "varied by --vary and fixed by --lr"),
        (&rates, &["--shard", "4/3"], "from 1 to 3"),
        (
            &rates,
            &["--csv", "absent/errors.csv"],
            "--csv is 'absent/errors.csv'",
        ),
        (&rates, &["--plan", "fused"], "--plan fused is for adapters"),
        (&rates, &["--samples", "1000"], "--samples is 1000"),
        (&rates, &["--samples", "0"], "--samples"),
    ] {
        let error = work.refusal(what, &[more, &["--out", "sweep"]].concat());
        assert!(error.contains(part), "no {part} in {error}");
    }
    let left = work.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "a refused sweep left something");
    let error = error_of(work.path(), &["sweep", "--resume", "absent"]);
    assert!(error.contains("'absent' holds no sweep"), "{error}");
    let error = error_of(work.path(), &["sweep", "--summary", "absent"]);
    assert!(error.contains("cannot look into 'absent'"), "{error}");
    fs::write(work.file("notes.txt"), "mine").unwrap();
    let error = work.refusal(&rates, &["--out", "."]);
    assert!(error.contains("exists already"), "{error}");
}

#[test]
// Other systems refuse such names.
#[cfg(target_os = "linux")]
fn folders_need_not_be_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let work = Workplace::new();
    let folder = work.path().join(OsStr::from_bytes(b"sweep\xff"));
    program(
        work.path(),
        &work.arguments(&["--vary", "lr=0.002"], &["--json"]),
    )
    .arg("--out")
    .arg(&folder)
    .arg("--csv")
    .arg(folder.with_extension("csv"))
    .assert()
    .success();
    program(work.path(), &["sweep", "--json", "--resume"])
        .arg(&folder)
        .assert()
        .success();
}

#[test]
fn sweeps_from_other_options_are_not_summed_up() {
    let directory = directory();
    let few = ["--samples", "64", "--validation", "20", "--adapter", "cpu"];
    for (out, options) in [
        ("one", ["--passes", "1", "--vary", "lr=0.002,0.004"]),
        ("other", ["--passes", "2", "--vary", "lr=0.004,0.008"]),
    ] {
        let sweep = [&["sweep", "--json", "--out", out], &options[..], &few].concat();
        json_of(directory.path(), &sweep);
    }
    let error = error_of(directory.path(), &["sweep", "--summary", "one", "other"]);
    for part in [
        "passes=1 in the first",
        "passes=2 in the second",
        "one by one",
    ] {
        assert!(error.contains(part), "no {part} in {error}");
    }
}

#[test]
fn more_combinations_than_there_may_be_are_refused_before_they_are_made() {
    let values: Vec<String> = (1..=40).map(|value| format!("0.{value:03}")).collect();
    let axes = ["lr", "warmup", "momentum", "beta2", "gain", "rubbish"];
    let vary = axes.map(|axis| format!("{axis}={}", values.join(",")));
    let arguments = vary.iter().flat_map(|vary| ["--vary", vary]);
    let arguments: Vec<&str> = std::iter::once("sweep").chain(arguments).collect();
    let error = error_of(directory().path(), &arguments);
    for part in ["4096000000 combinations", "1 to 10000", "fewer"] {
        assert!(error.contains(part), "no {part} in {error}");
    }
}

#[test]
fn combinations_learn_from_the_same_models_or_from_none() {
    let work = Workplace::new();
    let data = ["--data", text(work.data.path())];
    let train = ["train", "-q", "--adapter", "cpu", "--passes", "1", "--out"];
    for (name, seed) in [("teacher", "7"), ("other", "8")] {
        output_of(
            work.path(),
            &[&train[..], &[name, "--seed", seed], &data].concat(),
        );
    }
    let what = ["--vary", "teacher-share=0,0.5,1", "--out", "sweep"];
    let error = work.refusal(&what, &[]);
    assert!(
        error.contains("--teacher-share is 0.5, but there are no teachers"),
        "{error}"
    );
    assert!(!work.file("sweep").exists());
    work.sweep(&what, &["--teacher", "teacher"]);
    let combinations = &work.json("sweep/sweep.json")["combinations"];
    let folders: Vec<String> = (1..=3)
        .map(|number| {
            let share = combinations[number - 1]["settings"][0]["value"].as_str();
            format!("sweep/{number}_teacher-share={}", share.unwrap())
        })
        .collect();
    let error = error_of(work.path(), &["eval", "--adapter", "cpu", "sweep"]);
    assert!(
        error.contains("folder of a sweep") && error.contains(&folders[0]),
        "{error}"
    );
    let model = |folder: &str| fs::read(work.file(&format!("{folder}/model.safetensors"))).unwrap();
    // Each like a run of its own.
    let alone = [
        "--validation",
        "60",
        "--passes",
        "2",
        "--teacher",
        "teacher",
    ];
    output_of(
        work.path(),
        &[
            &["train", "-q", "--adapter", "cpu", "--out", "alone"][..],
            &alone,
            &data,
        ]
        .concat(),
    );
    assert!(model(&folders[2]) == model("alone"));
    assert!(model(&folders[0]) != model(&folders[1]));

    // Without the model, but with its copy.
    fs::remove_dir_all(work.file("teacher")).unwrap();
    let before = model(&folders[2]);
    fs::remove_dir_all(work.file(&folders[2])).unwrap();
    output_of(work.path(), &["sweep", "--resume", "sweep"]);
    assert!(model(&folders[2]) == before);
    let error = work.refusal(&what, &["--teacher", "other"]);
    assert!(
        error.contains("another sweep") && error.contains("teachers"),
        "{error}"
    );
    fs::copy(
        work.file("other/model.safetensors"),
        work.file("sweep/teachers/1.safetensors"),
    )
    .unwrap();
    let error = error_of(work.path(), &["sweep", "--resume", "sweep"]);
    assert!(
        error.contains("not the teacher") && error.contains("once more"),
        "{error}"
    );
}
