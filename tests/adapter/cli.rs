//! The program itself on the adapter.

use std::fs;
use std::path::Path;

use flate2::Crc;

use crate::adapter::{adapter_option, adapter_test};
use crate::program::{assert_keys, digit_folder, directory, json_of, program, text};
use lenet_gpu::bench::{MULTIPLY_ADD_FLOPS, training_multiply_adds};
use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::model::{Choices, Network, Recipe};
use lenet_gpu::store::TUNING_FILE;
use lenet_gpu::train::Preset;
use lenet_gpu::verify::{adapter_networks, kernel_cases};
use libtest_mimic::{Completion, Trial};
use serde_json::Value;

/// Name, and what is run with `--adapter`.
type Test = (&'static str, fn(&str));

const TESTS: &[Test] = &[
    ("verify reports every case", verify_reports_every_case),
    ("verify refuses a filter that fits nothing", an_empty_filter),
    ("two trainings leave the same bytes", training_is_repeatable),
    ("a run is evaluated alike everywhere", evaluation_agrees),
    ("a sweep goes on to the same bytes", a_sweep_goes_on),
    (
        "bench sets the adapter beside the processor",
        bench_compares,
    ),
    ("bench times every kernel", bench_times_kernels),
    (
        "bench times dispatches that do nothing",
        bench_times_launches,
    ),
    (
        "bench leaves out more networks than fit",
        bench_leaves_out_what_does_not_fit,
    ),
    ("tune keeps its choice, and runs use it", tuning_is_used),
    (
        "compiled kernels are kept, and change nothing",
        compiled_kernels_are_kept,
    ),
];

pub fn tests() -> Vec<Trial> {
    let trials = TESTS.iter().map(|&(name, test)| {
        adapter_test(name, move |_| {
            test(&adapter_option());
            Ok(Completion::Completed)
        })
    });
    trials.collect()
}

fn verify_reports_every_case(adapter: &str) {
    let arguments = [
        "verify",
        "--json",
        "--filter",
        "squash",
        "--adapter",
        adapter,
    ];
    let document = json_of(directory().path(), &arguments);
    assert_eq!(document["passed"], true);
    assert_keys(
        &document["adapter"],
        &["index", "name", "backend", "type", "driver"],
    );
    let reported = document["cases"].as_array().unwrap();
    let kernels = kernel_cases().into_iter().map(|case| case.name());
    let networks = adapter_networks().into_iter().map(|case| case.name());
    let expected = kernels
        .chain(networks)
        .filter(|name| name.contains("squash"));
    assert!(expected.eq(reported.iter().map(|case| case["name"].as_str().unwrap())));
    for case in reported {
        assert_eq!(case["passed"], true);
        assert!(case["max_abs"].is_f64() && case["max_rel"].is_f64());
        assert!(case["tolerance"]["reason"].is_string());
    }
}

fn tuning_is_used(adapter: &str) {
    let (directory, data) = (directory(), digit_folder(64, 10));
    let file = directory.path().join("kept").join("tuning.json");
    let run = |arguments: &[&str]| {
        let mut command = program(directory.path(), arguments);
        command.env(TUNING_FILE, &file);
        command
    };
    let data_and_adapter = ["--json", "--data", text(data.path()), "--adapter", adapter];
    let tune = [
        &["tune", "--batch", "8", "--seconds", "0.001"],
        &data_and_adapter[..],
    ]
    .concat();
    let success = run(&tune).assert().success();
    let document: Value = serde_json::from_slice(&success.get_output().stdout).unwrap();
    let tuning = &document["tuning"];
    let trials = tuning["trials"].as_array().unwrap();
    assert!(trials.len() > 5, "{trials:?}");
    for trial in trials {
        assert_ne!(trial["correct"], false, "{trial}");
        assert!(
            trial["correct"] == true || trial["kept"] == false,
            "{trial}"
        );
        assert_eq!(trial["ratios"].as_array().unwrap().len(), 1);
    }
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(&kept[0], tuning);

    // Another choice than any default, so that it is clear where a run has it from.
    let mut other = kept;
    other[0]["variant"]["conv_block"] = serde_json::json!([3, 6]);
    fs::write(&file, other.to_string()).unwrap();
    let train = [
        &["train", "--passes", "1", "--out", "run"],
        &data_and_adapter[..],
    ]
    .concat();
    run(&train).assert().success();
    let config = fs::read(directory.path().join("run").join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    // The plan may be that of a race, which is held for a batch size that was not tuned.
    let but_for_the_plan = |variant: &Value| {
        let mut sizes = variant.as_object().unwrap().clone();
        assert!(sizes.remove("plan").is_some());
        sizes
    };
    assert_eq!(
        but_for_the_plan(&config["variant"]),
        but_for_the_plan(&other[0]["variant"])
    );

    // Wider than the arrays of the kernel.
    other[0]["variant"]["conv_block"] = serde_json::json!([14, 40]);
    for (text, named) in [
        (other.to_string(), "conv_block is 14x40"),
        ("{".to_owned(), "expected a sequence"),
    ] {
        fs::write(&file, text).unwrap();
        let train = [&["train", "--out", "second"], &data_and_adapter[..]].concat();
        let failure = run(&train).assert().failure();
        let stderr = String::from_utf8_lossy(&failure.get_output().stderr).into_owned();
        for part in ["tuning.json", named, "lenet-gpu tune", TUNING_FILE] {
            assert!(stderr.contains(part), "no {part} in {stderr}");
        }
    }
}

/// `file`, as kept for an adapter that is not this one: another byte in the key of wgpu's header, under
/// the right checksum.
fn of_another_adapter(file: &[u8]) -> Vec<u8> {
    const SUM_BYTES: usize = 4;
    const KEY_BYTE: usize = 24;
    let mut data = file[SUM_BYTES..].to_vec();
    data[KEY_BYTE] ^= 1;
    let mut sum = Crc::new();
    sum.update(&data);
    [&sum.sum().to_le_bytes()[..], &data].concat()
}

/// Whether `adapter` is a GPU.
fn is_hardware(adapter: &str) -> bool {
    match block_on(Compute::open(&adapter.parse().unwrap())).unwrap() {
        Compute::Gpu(device) => device.description().is_hardware(),
        Compute::Cpu => false,
    }
}

fn compiled_kernels_are_kept(adapter: &str) {
    let is_hardware = is_hardware(adapter);
    let (directory, data) = (directory(), digit_folder(64, 10));
    let folder = directory.path().join("kept");
    let train = |out: &str| {
        let arguments = ["train", "--passes", "1", "--out", out];
        let on = ["--adapter", adapter, "--data", text(data.path())];
        let mut command = program(directory.path(), &[&arguments[..], &on].concat());
        let command = command.env(TUNING_FILE, folder.join("tuning.json"));
        command.assert().success();
        fs::read(directory.path().join(out).join("model.safetensors")).unwrap()
    };
    let first = train("first");
    let Ok(mut files) = folder.read_dir() else {
        let listed = json_of(
            directory.path(),
            &["eval", "--json", "first", "--adapter", adapter],
        );
        let adapter = listed["adapter"].as_str().unwrap();
        assert!(!adapter.contains("vulkan"), "nothing is kept for {adapter}");
        return;
    };
    let file = files.next().unwrap().unwrap().path();
    let kept = fs::read(&file).unwrap();
    assert!(train("same") == first, "the models differ");
    assert!(fs::read(&file).unwrap() == kept, "nothing new was compiled");
    for (out, damaged) in [
        ("cut", kept[..kept.len() - 1].to_vec()),
        ("empty", Vec::new()),
        ("foreign", of_another_adapter(&kept)),
    ] {
        fs::write(&file, &damaged).unwrap();
        assert!(train(out) == first, "{out}: the models differ");
        let replaced = fs::read(&file).unwrap();
        assert!(replaced != damaged, "{out}: the file is not replaced");
        assert!(!replaced.is_empty(), "{out}: nothing is kept");
        // What a GPU's driver compiles anew need not be the same bytes.
        assert!(
            is_hardware || replaced == kept,
            "{out}: another file is kept"
        );
    }
}

fn an_empty_filter(adapter: &str) {
    let arguments = ["verify", "--filter", "no such kernel", "--adapter", adapter];
    let failure = program(directory().path(), &arguments).assert().failure();
    let stderr = String::from_utf8_lossy(&failure.get_output().stderr);
    assert!(stderr.contains("no such kernel"), "{stderr}");
}

/// Trains on a few digits, into the folder `out`.
fn train(directory: &Path, data: &Path, adapter: &str, out: &str) -> Value {
    let arguments = [
        "train",
        "--json",
        "--passes",
        "2",
        "--adapter",
        adapter,
        "--data",
        text(data),
        "--out",
        out,
    ];
    json_of(directory, &arguments)
}

fn training_is_repeatable(adapter: &str) {
    let (directory, data) = (directory(), digit_folder(500, 20));
    let [first, second] = ["first", "second"].map(|out| {
        train(directory.path(), data.path(), adapter, out);
        fs::read(directory.path().join(out).join("model.safetensors")).unwrap()
    });
    assert!(first == second, "the models differ");
}

fn evaluation_agrees(adapter: &str) {
    const TEST_DIGITS: usize = 300;
    let (directory, data) = (directory(), digit_folder(1000, TEST_DIGITS));
    let trained = train(directory.path(), data.path(), adapter, "run");
    let errors_on = |adapter: &str| {
        let arguments = [
            "eval",
            "--json",
            "--adapter",
            adapter,
            "--data",
            text(data.path()),
            "run",
        ];
        let document = json_of(directory.path(), &arguments);
        assert_eq!(document["count"], TEST_DIGITS);
        (document["errors"].as_u64().unwrap(), document)
    };
    let (errors, document) = errors_on(adapter);
    assert_eq!(document["error_percent"], trained["test_error_percent"]);
    assert_eq!(document["adapter"], trained["adapter"]);
    // Rounding may tip a digit that lies between two answers.
    let (on_cpu, _) = errors_on("cpu");
    assert!(errors.abs_diff(on_cpu) <= 1, "{errors} and {on_cpu}");
}

fn a_sweep_goes_on(adapter: &str) {
    let (directory, data) = (directory(), digit_folder(200, 20));
    let sweep = |out: &str| {
        let what = ["sweep", "--json", "--vary", "batch=8,16", "--seeds", "2"];
        let how = ["--passes", "1", "--validation", "50", "--adapter", adapter];
        let place = ["--data", text(data.path()), "--out", out];
        json_of(directory.path(), &[&what[..], &how, &place].concat())
    };
    let model = |out: &str, run: &str| {
        let folder = directory.path().join(out).join(run);
        fs::read(folder.join("model.safetensors")).unwrap()
    };
    sweep("whole");
    sweep("begun");
    let begun = directory.path().join("begun");
    fs::remove_file(begun.join("1_batch=8/result.json")).unwrap();
    fs::remove_dir_all(begun.join("2_batch=16/seed-1")).unwrap();
    fs::remove_file(begun.join("2_batch=16/result.json")).unwrap();
    let again = sweep("begun");
    assert_eq!(again["completed"], true);
    for run in ["1_batch=8/seed-0", "2_batch=16/seed-0", "2_batch=16/seed-1"] {
        assert!(model("begun", run) == model("whole", run), "{run}");
    }
}

/// The document of a short `bench --batch 16` on a few digits, with `arguments` besides.
fn bench(adapter: &str, arguments: &[&str]) -> Value {
    let data = digit_folder(64, 64);
    let fixed = [
        "bench",
        "--json",
        "--rounds",
        "1",
        "--seconds",
        "0.05",
        "--batch",
        "16",
        "--adapter",
        adapter,
        "--data",
        text(data.path()),
    ];
    json_of(data.path(), &[&fixed[..], arguments].concat())
}

fn bench_compares(adapter: &str) {
    // Named twice, measured once.
    let document = bench(&format!("{adapter},cpu,{adapter}"), &[]);
    let rows = document["rows"].as_array().unwrap();
    let of_cpu = |row: &&Value| row["backend"] == "cpu";
    assert_eq!(rows.iter().filter(of_cpu).count(), 2);
    assert_eq!(rows.len(), 4);
    for row in rows {
        assert_keys(row, &["adapter", "mode", "batch"]);
        assert!(row["samples_per_second"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(document["starts"].as_array().unwrap().len(), 2);
}

fn bench_times_kernels(adapter: &str) {
    let document = bench(
        adapter,
        &["--kernels", "--mode", "train", "--plan", "layered"],
    );
    let profile = &document["profiles"][0];
    let number = |value: &Value| value.as_f64().unwrap();
    let kernels = profile["kernels"].as_array().unwrap();
    let is_from = |layer: &str, kernel: &str| {
        kernels.iter().any(|time| {
            time["layer"] == layer && time["kernel"].as_str().unwrap().starts_with(kernel)
        })
    };
    assert!(is_from("C3", "conv.forward") && is_from("update", "optimiser.adam"));
    assert_eq!(profile["dispatches"], kernels.len());
    assert_eq!(document["rows"][1]["dispatches"], kernels.len());
    for kernel in kernels {
        assert!(number(&kernel["microseconds"]["median"]) > 0.0, "{kernel}");
        let rounds = kernel["microseconds"]["rounds"].as_array().unwrap();
        assert_eq!(rounds.len(), 1);
        let count = |key: &str| kernel[key].as_u64().unwrap();
        let (workgroups, invocations) = (count("workgroups"), count("invocations"));
        assert!(workgroups >= 1, "{kernel}");
        assert_eq!(invocations % workgroups, 0, "{kernel}");
    }
    // 60,000 parameters, padded to 60,672, in workgroups of 64 invocations, each of which has four.
    let update = kernels
        .iter()
        .find(|time| time["kernel"] == "optimiser.adam")
        .unwrap();
    assert_eq!(update["workgroups"], 237);
    assert_eq!(update["invocations"], 237 * 64);

    let shares: f64 = kernels
        .iter()
        .map(|time| number(&time["share_percent"]))
        .sum();
    let all = shares + number(&profile["gap_percent"]);
    assert!((all - 100.0).abs() < 1e-6, "shares add up to {all} %");

    // Every multiply-add of the network, forward and back, is in some kernel.
    let flops = |time: &Value| {
        let gflops = time["gflops"].as_f64().unwrap_or_default();
        1e9 * gflops * number(&time["microseconds"]["median"]) / 1e6
    };
    let counted = kernels.iter().map(flops).sum::<f64>() / 16.0;
    let multiply_adds = training_multiply_adds(&Network::lenet5(Choices::default()));
    let expected = MULTIPLY_ADD_FLOPS * multiply_adds as f64;
    assert!(
        (counted / expected - 1.0).abs() < 1e-6,
        "{counted} of {expected}"
    );

    for peak in ["gflops", "gigabytes_per_second"] {
        assert!(number(&profile["peaks"][peak]) > 0.0, "{profile}");
    }
}

fn bench_times_launches(adapter: &str) {
    let data = digit_folder(64, 64);
    let document = json_of(
        data.path(),
        &[
            "bench",
            "--json",
            "--dispatch",
            "--rounds",
            "2",
            "--seconds",
            "0.05",
            "--adapter",
            adapter,
            "--data",
            text(data.path()),
        ],
    );
    let costs = document["costs"].as_array().unwrap();
    assert_eq!(costs.len(), 1, "the CPU path launches nothing");
    let number = |value: &Value| value.as_f64().unwrap();
    let is_hardware = is_hardware(adapter);
    for (what, is_difference) in [
        ("dependent", true),
        ("independent", true),
        ("submission", false),
        ("read_back", false),
    ] {
        let cost = &costs[0][what];
        let median = number(&cost["median"]);
        // On a GPU a difference can be less than the noise.
        let hidden = is_hardware && is_difference && median == 0.0;
        assert!(median > 0.0 || hidden, "{what}: {cost}");
        assert_eq!(cost["rounds"].as_array().unwrap().len(), 2);
    }
    let dependent = number(&costs[0]["dependent"]["median"]);
    let least = number(&costs[0]["dispatches"]) * dependent;
    assert!(is_hardware || least > 0.0);
    assert!(number(&costs[0]["floor_microseconds"]) >= least);
}

fn bench_leaves_out_what_does_not_fit(adapter: &str) {
    let recipe = Recipe {
        batch: 16,
        ..Preset::Default.recipe()
    };
    let compute = block_on(Compute::open(&adapter.parse().unwrap())).unwrap();
    let most = compute.most_models(&Network::of(recipe.choices), &recipe);
    let models = format!("1,{}", most + 1);
    let document = bench(adapter, &["--mode", "train", "--models", &models]);
    let left_out = document["left_out"].as_array().unwrap();
    assert_eq!(left_out.len(), 1, "{document}");
    assert_eq!(left_out[0]["models"], most + 1);
    assert_eq!(left_out[0]["most_models"], most);
    let rows = document["rows"].as_array().unwrap().iter();
    let measured = rows.map(|row| (row["backend"] == "cpu", row["models"].as_u64()));
    let [one, too_many] = [Some(1), Some(most as u64 + 1)];
    assert!(
        measured.eq([(true, one), (true, too_many), (false, one)]),
        "{document}"
    );
}
