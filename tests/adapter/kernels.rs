//! Every case of the verification harness as a test of its own, on the adapter and, where none is
//! needed, on the CPU path; and negative controls: shaders with a fault in them, which the harness
//! must find. (Those of the CPU path and of whole networks are unit tests in `src/verify`.)

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use crate::adapter::{adapter_option, adapter_test};
use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::conformance::{Reproducers, Target};
use lenet_gpu::gpu::{Device, GpuError, SHADERS, Shader};
use lenet_gpu::verify::{
    Check, KernelCase, Mismatch, NetworkCase, Outcome, Subject, adapter_networks, cpu_checks,
    kernel_cases,
};
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::Value;

static KERNELS: LazyLock<Vec<KernelCase>> = LazyLock::new(kernel_cases);
static NETWORKS: LazyLock<Vec<NetworkCase>> = LazyLock::new(adapter_networks);

pub fn tests() -> Vec<Trial> {
    let kernels = KERNELS
        .iter()
        .map(|case| verification(case.name(), move |device| block_on(case.run(device))));
    let networks = NETWORKS.iter().map(network_verification);
    let controls = FAULTS.iter().map(negative_control);
    let on_cpu = cpu_checks().into_iter().map(cpu_verification);
    let emission = adapter_test("a case that fails is emitted", emission);
    kernels
        .chain(networks)
        .chain(controls)
        .chain([emission])
        .chain(confused_models())
        .chain(on_cpu)
        .collect()
}

fn verification(
    name: String,
    run: impl FnOnce(&Device) -> Result<Outcome, GpuError> + Send + 'static,
) -> Trial {
    adapter_test(name.clone(), move |device| {
        expect_pass_of(&name, run(device))
    })
}

fn network_verification(case: &'static NetworkCase) -> Trial {
    adapter_test(case.name(), |device| {
        if case.is_repeated_on(device) {
            return Ok(Completion::ignored_with("so the adapter divides its work"));
        }
        let outcome = block_on(case.run(Subject::Adapter(device)));
        expect_pass_of(&case.name(), outcome)
    })
}

/// As [`expect_pass`], and says how to run the case named `name` alone.
fn expect_pass_of(name: &str, result: Result<Outcome, GpuError>) -> Result<Completion, Failed> {
    expect_pass(result).map_err(|report| {
        let adapter = adapter_option();
        format!("{report}reproduce with: lenet-gpu verify --filter '{name}' --adapter '{adapter}'")
            .into()
    })
}

fn cpu_verification(check: Check<'static>) -> Trial {
    let name = check.name.clone();
    Trial::test(format!("cpu: {name}"), move || {
        expect_pass(block_on(check.run())).map_err(|report| {
            format!("{report}reproduce with: lenet-gpu verify --filter '{name}' --adapter cpu")
        })?;
        Ok(())
    })
}

/// The completed test, or what was wrong, a line each.
fn expect_pass(result: Result<Outcome, GpuError>) -> Result<Completion, String> {
    match result {
        Ok(outcome) if outcome.passed() => Ok(Completion::Completed),
        Ok(outcome) => Err(describe(&outcome)),
        Err(error) => Err(format!("the case did not run: {error}\n")),
    }
}

fn describe(outcome: &Outcome) -> String {
    let mut text = format!(
        "{} of {} values are off, at most by {:e} ({:e} relative)\n",
        outcome.off, outcome.compared, outcome.max_abs, outcome.max_rel
    );
    for buffer in &outcome.overwritten {
        writeln!(text, "    wrote {buffer}").unwrap();
    }
    for mismatch in &outcome.mismatches {
        writeln!(
            text,
            "    {}{}: computed {}, expected {}",
            mismatch.buffer, mismatch.index, mismatch.computed, mismatch.expected
        )
        .unwrap();
    }
    text
}

// --- negative controls ---------------------------------------------------------------------------

/// What gives a fault away.
enum Evidence {
    WrongValues,
    /// Words after an output that were written to. The shader is compiled without wgpu's checks.
    StrayWrite,
    /// Values computed from words after an input. The shader is compiled without wgpu's checks.
    StrayRead,
    /// Wrong values, but only by the luck of a race, and a GPU whose invocations run in lockstep
    /// has none: looked for on software adapters only. Workgroup memory is first filled by `stale`:
    /// what the right shader left there could hide the race.
    Race {
        stale: &'static str,
    },
}

/// A fault put into a shader, and the first case that must find it.
struct Fault {
    what: &'static str,
    /// Part of the case's name, which starts with the shader's.
    case: &'static str,
    needle: &'static str,
    replacement: &'static str,
    evidence: Evidence,
}

/// Fills the workgroup memory of `fused_sample.wgsl`.
const STALE_SAMPLE: &str = "for (var i = worker; i < MEMORY; i += WORKERS) { memory[i] = 1000.0; }";

const FAULTS: &[Fault] = &[
    Fault {
        what: "kernel rows upside down",
        case: "conv.forward 5x1@32x32",
        needle: "weights + r * KERNEL",
        replacement: "weights + (KERNEL - 1u - r) * KERNEL",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a kernel that reads another map",
        case: "conv.forward 6x6@14x14",
        needle: "pairs[kernel].x",
        replacement: "pairs[kernel].y % INPUT_MAPS",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "gradients from beyond the border",
        case: "conv.backward_input 7x2@11x13",
        needle: "gradient, column < OUTPUT_WIDTH",
        replacement: "gradient, true",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a dropped barrier",
        case: "metrics.gather 300 of 300",
        needle: "workgroupBarrier();",
        replacement: "",
        evidence: Evidence::Race {
            stale: "loss_sums[worker] = 1000.0; error_sums[worker] = 1000u;",
        },
    },
    Fault {
        what: "a grid that reaches one too far",
        case: "squash.forward 3x1@1x65",
        needle: "id.x >= LENGTH",
        replacement: "id.x > LENGTH",
        evidence: Evidence::StrayWrite,
    },
    Fault {
        what: "a sum that ends one too soon",
        case: "rbf.forward 6x84",
        needle: "j < INPUTS",
        replacement: "j + 1u < INPUTS",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "the slope of another squashing function",
        case: "squash.backward_input",
        needle: "AMPLITUDE - y * y / AMPLITUDE",
        replacement: "AMPLITUDE - y * y",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "slices that leave out their last row",
        case: "subsample.backward_weight",
        needle: "(slice + 1u) * rows_per_slice)",
        replacement: "(slice + 1u) * rows_per_slice) - 1u",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "the last slice left out",
        case: "reduce.sum 7 slices",
        needle: "slice < SLICES",
        replacement: "slice + 1u < SLICES",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "losses beyond the end of the batch",
        case: "loss.map 5 of 16",
        needle: "losses[id.x] = present(id.x) * ",
        replacement: "losses[id.x] = ",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "> for >= in the rule of ties",
        case: "max_pool.backward_input 5x",
        needle: "own >= other",
        replacement: "own > other",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a forgotten bias correction",
        case: "optimiser.adam 256",
        needle: "v * now.second_correction",
        replacement: "v",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a weight that is not squared",
        case: "dense.second_backward_input 7x",
        needle: "w * w * output_curvature",
        replacement: "w * output_curvature",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a forgotten damping",
        case: "optimiser.sdlm 256",
        needle: "DAMPING + before.second_moment",
        replacement: "before.second_moment",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a value never written",
        case: "softmax.forward 6x10",
        needle: "output[first + i] =",
        replacement: "if i > 0u { continue; } output[first + i] =",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "weights of the first model for all",
        case: "conv.forward 6x6@14x14 to 16 maps, table 1, 2x5 of one map, 2 models",
        needle: "model * WEIGHT_STRIDE + ",
        replacement: "",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "biases of the first model for all",
        case: "dense.forward 7x120 to 84, blocks of 2x4x1, 3 models",
        needle: "bias[model * BIAS_STRIDE + ",
        replacement: "bias[",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "partial sums of the first model for all",
        case: "reduce.sum 7 slices of 150 + 6, 3 models",
        needle: "model * SLICES * values + id.x",
        replacement: "id.x",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "models one value too close",
        case: "subsample.forward 5x16@10x10, 3 models",
        needle: "weight[model * WEIGHT_STRIDE",
        replacement: "weight[model * (WEIGHT_STRIDE - 1u)",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "bias gradients between the models",
        case: "dense.backward_weight 5x12 to 7, blocks of 2x4x1, 5 models",
        needle: "bias_gradient[model * BIAS_STRIDE + first + o]",
        replacement: "bias_gradient[model * BIAS_STRIDE + first + o + select(1u, 0u, model == 0u)]",
        evidence: Evidence::StrayWrite,
    },
    Fault {
        what: "one seed for all models",
        case: "batch.select_samples 7 of 50, step 7, shuffle true, 3 models",
        needle: "permute(seed, ",
        replacement: "permute(progress[0].seed, ",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "the first model's step in every model's place",
        case: "metrics.gather 50 of 64, 3 models",
        needle: "now.step % RING * MODELS",
        replacement: "progress[0].step % RING * MODELS",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a sum over one slice too many",
        case: "reduce.sum 5 slices of 61 + 3",
        needle: "slice < SLICES",
        replacement: "slice <= SLICES",
        evidence: Evidence::StrayRead,
    },
    Fault {
        what: "a gradient after the last",
        case: "squash.backward_input 3x1@1x65",
        needle: "output_gradient[id.x]",
        replacement: "output_gradient[id.x + select(0u, 1u, id.x + 1u == LENGTH)]",
        evidence: Evidence::StrayRead,
    },
    Fault {
        what: "the label after the last",
        case: "batch.select_samples 65 of 257",
        needle: "data_labels[number % SAMPLES]",
        replacement: "data_labels[number % SAMPLES + select(0u, 1u, place + 1u == count)]",
        evidence: Evidence::StrayRead,
    },
    Fault {
        what: "a row after a kernel's last",
        case: "conv.forward 5x3@9x20",
        needle: "if r >= KERNEL {",
        replacement: "if r > KERNEL {",
        evidence: Evidence::StrayRead,
    },
    Fault {
        what: "a first moment after the last",
        case: "optimiser.sgd 60",
        needle: "first_moment[id.x], vec4<f32>()",
        replacement: "first_moment[id.x + select(0u, 1u, id.x + 1u == LENGTH)], vec4<f32>()",
        evidence: Evidence::StrayRead,
    },
    Fault {
        what: "dropped barriers",
        case: "fused_sample.forward_backward LeNet-1",
        needle: "workgroupBarrier();",
        replacement: "",
        evidence: Evidence::Race {
            stale: STALE_SAMPLE,
        },
    },
    Fault {
        what: "parts of sums in the place of gradients that are still to be read",
        case: "fused_sample.forward_backward LeNet-1",
        needle: "override PARTS_AT = C5_GRADIENTS_AT + C5_UNITS;",
        replacement: "override PARTS_AT = SCORE_GRADIENTS_AT;",
        evidence: Evidence::Race {
            stale: STALE_SAMPLE,
        },
    },
    Fault {
        what: "gradients of the last sample of a workgroup alone",
        case: "fused_sample.forward_backward LeNet-1",
        needle: "work[at] += gradient;",
        replacement: "work[at] = gradient;",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "what the last workgroup left left out",
        case: "fused_update.adam paper, eq. 9, 5 of batch 7",
        needle: "workgroup < workgroups.end",
        replacement: "workgroup + 1u < workgroups.end",
        evidence: Evidence::WrongValues,
    },
    Fault {
        what: "a sample beyond the end of the batch",
        case: "fused_update.adam paper, eq. 9, 5 of batch 7",
        needle: "rows_of_slice(slice, count)",
        replacement: "rows_of_slice(slice, count + 1u)",
        evidence: Evidence::WrongValues,
    },
];

fn negative_control(fault: &'static Fault) -> Trial {
    let name = format!("negative control: {} in {}", fault.what, fault.case);
    adapter_test(name, |device| {
        let is_race = matches!(fault.evidence, Evidence::Race { .. });
        if is_race && device.description().is_hardware() {
            return Ok(Completion::ignored_with("only sure on software adapters"));
        }
        expect_found(fault, device)
    })
}

/// Every kernel that tells models apart, where all of them are taken for the first.
fn confused_models() -> Vec<Trial> {
    let mut kernels = BTreeSet::new();
    KERNELS
        .iter()
        .filter(|case| case.kernel().models > 1)
        .filter(|case| kernels.insert(case.kernel().name))
        .map(|case| {
            let name = format!("negative control: one model for all in {}", case.name());
            adapter_test(name, |device| {
                expect_wrong_values(device, case, &[(MODEL, "let model = 0u;")])
            })
        })
        .collect()
}

fn expect_found(fault: &Fault, device: &Device) -> Result<Completion, Failed> {
    let case = first_case(fault.case)?;
    let changes = [(fault.needle, fault.replacement)];
    match fault.evidence {
        Evidence::WrongValues => expect_wrong_values(device, case, &changes),
        Evidence::Race { stale } => {
            let filled = format!("{MODEL} {stale} workgroupBarrier();");
            expect_wrong_values(device, case, &[changes[0], (MODEL, &filled)])
        }
        Evidence::StrayWrite => {
            let overwritten = |outcome: &Outcome| !outcome.overwritten.is_empty();
            expect_stray_access_found(device, case, &changes, overwritten)
        }
        Evidence::StrayRead => {
            let stray = |outcome: &Outcome| outcome.mismatches.iter().any(Mismatch::is_stray);
            expect_stray_access_found(device, case, &changes, stray)
        }
    }
}

/// The first statement of a kernel that tells models apart.
const MODEL: &str = "let model = workgroup.y;";

/// Makes `changes` in the shader of `case`, each a text and what replaces it: values must then be wrong.
fn expect_wrong_values(
    device: &Device,
    case: &KernelCase,
    changes: &[(&str, &str)],
) -> Result<Completion, Failed> {
    let run = |shader: &Shader| block_on(case.run_with_shader(device, shader));
    expect_given_away(case, changes, run, |outcome| outcome.off > 0)
}

/// As [`expect_wrong_values`], with shaders that are compiled as the program's own are, whose outcome
/// `gives_away` recognises.
fn expect_stray_access_found(
    device: &Device,
    case: &KernelCase,
    changes: &[(&str, &str)],
    gives_away: impl Fn(&Outcome) -> bool,
) -> Result<Completion, Failed> {
    // SAFETY: the right shader is the program's own. None of the faults is in a loop's end but that of
    // `reduce.sum`, which makes one round more. Each goes beyond the values of a buffer by less than
    // the 256 guard words after them, which are bound with them: by a slice of 64 words, by a row of
    // a kernel, or by one value.
    let run = |shader: &Shader| block_on(unsafe { case.run_with_unchecked_shader(device, shader) });
    expect_given_away(case, changes, run, gives_away)
}

/// Lets `run` run the shader of `case` as it is, which must pass, and with `changes`, whose outcome must
/// give them away.
fn expect_given_away(
    case: &KernelCase,
    changes: &[(&str, &str)],
    run: impl Fn(&Shader) -> Result<Outcome, GpuError>,
    gives_away: impl Fn(&Outcome) -> bool,
) -> Result<Completion, Failed> {
    let right = shader_named(case.kernel().shader())?;
    let mut faulty = right.clone();
    for (needle, replacement) in changes {
        faulty = faulty
            .replaced(needle, replacement)
            .ok_or_else(|| format!("'{needle}' is no longer in the shader"))?;
    }
    expect_pass(run(right))?;
    let outcome = run(&faulty)?;
    match gives_away(&outcome) {
        true => Ok(Completion::Completed),
        false => {
            let report = describe(&outcome);
            Err(format!("the harness did not find the fault: {report}").into())
        }
    }
}

/// A fault as a case that fails: the folder that it leaves.
fn emission(device: &Device) -> Result<Completion, Failed> {
    let case = first_case("softmax.forward 6x10")?;
    let (line, after_first) = (
        "output[first + i] =",
        "if i > 0u { continue; } output[first + i] =",
    );
    let shader = shader_named(case.kernel().shader())?.replaced(line, after_first);
    let shader = shader.ok_or("the line is no longer in the shader")?;
    let outcome = block_on(case.run_with_shader(device, &shader))?;
    let check = Check::of_kernel(case.clone(), device);
    let report = check.report(Ok(outcome.clone()));
    let target = Target::of(&Compute::Gpu(Box::new(device.clone())));
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("failures");
    let emitted = Reproducers::create(&folder)
        .and_then(|mut folders| folders.emit(0, &target, &check, &report, Some(&outcome)))?;

    let read = |file: &str| std::fs::read(emitted.join(file));
    assert_eq!(read("shader.spv")?[..4], 0x0723_0203_u32.to_le_bytes());
    for file in [
        "shader.wgsl",
        "shader.metal",
        "shader-5.1.hlsl",
        "shader-6.0.hlsl",
    ] {
        assert!(
            String::from_utf8(read(file)?)?.contains("forward"),
            "{file}"
        );
    }
    let case: Value = serde_json::from_slice(&read("case.json")?)?;
    let launch = &case["launch"];
    assert_eq!(launch["entry_point"], "forward");
    let bindings = launch["bindings"].as_array().ok_or("no bindings")?;
    for bound in bindings {
        let name = bound["name"].as_str().ok_or("no name")?;
        assert!(!read(&format!("inputs/{name}.npy"))?.is_empty());
    }
    assert_eq!(
        read("written/output.npy")?.len(),
        read("inputs/output.npy")?.len()
    );
    assert_ne!(read("written/output.npy")?, read("inputs/output.npy")?);
    assert_eq!(
        read("got/output.npy")?.len(),
        read("expected/output.npy")?.len()
    );
    assert_ne!(read("got/output.npy")?, read("expected/output.npy")?);
    let readme = String::from_utf8(read("README.txt")?)?;
    for part in ["54 of 60 values", &device.description().driver, &check.name] {
        assert!(readme.contains(part), "no {part} in {readme}");
    }
    Ok(Completion::Completed)
}

fn first_case(part_of_name: &str) -> Result<&'static KernelCase, Failed> {
    KERNELS
        .iter()
        .find(|case| case.name().contains(part_of_name))
        .ok_or_else(|| format!("no case's name contains '{part_of_name}'").into())
}

fn shader_named(name: &str) -> Result<&'static Shader, Failed> {
    SHADERS
        .iter()
        .find(|shader| shader.name() == name)
        .ok_or_else(|| format!("there is no shader '{name}'").into())
}
