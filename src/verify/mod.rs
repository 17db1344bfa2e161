//! Comparing an adapter, or the CPU path, with the reference: every operation over a sweep of shapes,
//! and whole networks: gradients, second derivatives, ten steps of training, the answers.
//!
//! - A *problem* is an operation on one shape with seeded data, and what the reference makes of them.
//!   It knows nothing of what solves it, so both executors are given the same problems.
//! - A *case* is run and compared: a [`KernelCase`] is one kernel of an adapter on one problem, a
//!   [`NetworkCase`] a whole network, which is trained on a [`Subject`]: an adapter, or the CPU path.
//! - A [`Check`] is a case together with what it is run on, ready to be run. Operations of the CPU path
//!   are checks from the start.
//! - An [`Outcome`] is the result: how far the computed values are off, by which [`Tolerance`], and
//!   whether anything was written beyond them.
//!
//! `lenet-gpu verify` and the tests run the same cases.

mod adapter;
mod check;
mod compare;
mod cpu;
mod guard;
mod networks;
mod noise;
mod problems;
mod samples;
mod tensor;

pub use adapter::{KernelCase, kernel_cases};
pub use check::{CaseReport, Check};
pub use compare::{Compared, Mismatch, Outcome, Tolerance};
pub use networks::{NetworkCase, Subject, adapter_networks};
pub use tensor::{Tensor, Values};

use crate::cpu::Level;
use crate::gpu::Device;

/// Shader and entry point of every kernel, whose twin in the reference has the same names. The compiler
/// checks that the twin exists; a test, that every entry point is listed here and has a case.
pub const TWINS: &[(&str, &str)] = {
    macro_rules! twins {
        ($($shader:ident { $($(#[$condition:meta])? $entry:ident $(<$real:ty>)?),+ $(,)? })+) => {{
            $($($(#[$condition])? { let _ = crate::reference::$shader::$entry $(::<$real>)?; })+)+
            &[$($($(#[$condition])? (stringify!($shader), stringify!($entry)),)+)+]
        }};
    }
    twins! {
        average_pool { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        batch { select_samples, assemble<f64>, assemble_distorted<f64> }
        conv {
            forward<f64>, backward_input<f64>, backward_weight<f64>,
            second_backward_input<f64>, second_backward_weight<f64>,
        }
        dense {
            forward<f64>, backward_input<f64>, backward_weight<f64>,
            second_backward_input<f64>, second_backward_weight<f64>,
        }
        empty { dependent<f64>, independent<f64> }
        fused_sample { forward_backward<f64> }
        fused_update { adam<f64>, sgd<f64>, sdlm<f64> }
        loss {
            map<f64>, mse<f64>, second_map<f64>,
            by_label<f64>, learn<f64>, map_taught<f64>, mse_taught<f64>,
        }
        max_pool { forward<f64>, backward_input<f64> }
        metrics { gather<f64> }
        optimiser { adam<f64>, sgd<f64>, sdlm<f64>, average<f64> }
        peak { multiply_add<f64>, copy<f64> }
        preconditioning { accumulate<f64>, invert<f64>, apply<f64> }
        rbf { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        reduce { sum<f64> }
        softmax { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        squash { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        subsample {
            forward<f64>, backward_input<f64>, backward_weight<f64>,
            second_backward_input<f64>, second_backward_weight<f64>,
        }
        windows { #[cfg(feature = "strings")] gather<f64> }
    }
};

/// All checks of `device`, in the order they are run.
pub fn adapter_checks(device: &Device) -> Vec<Check<'_>> {
    let kernel = |case| Check::of_kernel(case, device);
    let network = |case| Check::of_network(case, Subject::Adapter(device));
    let kernels = kernel_cases().into_iter().map(kernel);
    let mut networks = adapter_networks();
    networks.retain(|case| !case.is_repeated_on(device));
    kernels.chain(networks.into_iter().map(network)).collect()
}

/// All checks of the CPU path, with the vectors of every level that this processor has.
pub fn cpu_checks() -> Vec<Check<'static>> {
    let mut checks = cpu::operations_by_reference();
    for level in Level::available() {
        checks.extend(cpu::operations(level));
        let network = |case| Check::of_network(case, Subject::Cpu(level));
        checks.extend(networks::cpu_networks().into_iter().map(network));
    }
    checks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_check_of_the_cpu_path_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for check in cpu_checks() {
            assert!(
                names.insert(check.name.clone()),
                "{} is there twice",
                check.name
            );
        }
    }

    #[test]
    fn the_cpu_path_is_given_the_problems_of_adapters() {
        // Kernels for what the CPU path does not do: it neither groups its samples, nor sums slices,
        // nor keeps its metrics in a ring, nor launches anything. The average is part of its updates, and
        // windows of strips are copied by the reference.
        const ADAPTERS_ONLY: [&str; 13] = [
            "fused_sample.forward_backward",
            "fused_update.adam",
            "fused_update.sdlm",
            "fused_update.sgd",
            "batch.select_samples",
            "empty.dependent",
            "empty.independent",
            "metrics.gather",
            "optimiser.average",
            "peak.copy",
            "peak.multiply_add",
            "reduce.sum",
            "windows.gather",
        ];
        let checks: BTreeSet<String> = cpu_checks().into_iter().map(|check| check.name).collect();
        for case in kernel_cases() {
            let (kernel, problem) = (case.kernel().name, case.problem());
            // The CPU path assembles whole fields, of which a network takes the middle.
            if ADAPTERS_ONLY.contains(&kernel)
                || problem.contains("field 28x28")
                || problem == adapter::SLIDE_DECK
            {
                continue;
            }
            let name = format!("{kernel} {problem}");
            let is_of_problem = |check: &String| {
                let rest = check.strip_prefix(&name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
            };
            let is_run = checks.iter().any(is_of_problem);
            assert!(is_run, "the CPU path is not given {name}");
        }
    }
}
