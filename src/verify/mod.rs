//! Holding an adapter, or the CPU path, against the reference: every kernel over a sweep of shapes,
//! and whole networks: a gradient, ten steps, the answers.
//!
//! `lenet-gpu verify` and the tests run these same cases.

mod case;
mod cases;
mod check;
mod compare;
mod networks;
mod noise;
mod subject;

pub use case::{Case, KernelCase};
pub use check::Check;
pub use compare::{Mismatch, Outcome, Tolerance};
pub use networks::{NetworkCase, adapter_networks};
pub use subject::Subject;

use crate::cpu::Level;
use crate::gpu::Device;

/// Shader, entry point and reference function of every kernel. That the function exists is
/// checked by the compiler; that every entry point stands here and has a case, by a test.
pub const TWINS: &[(&str, &str)] = {
    macro_rules! twins {
        ($($shader:ident { $($entry:ident $(<$real:ty>)?),+ $(,)? })+) => {{
            $($( let _ = crate::reference::$shader::$entry $(::<$real>)?; )+)+
            &[$($((stringify!($shader), stringify!($entry)),)+)+]
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
        loss { map<f64>, mse<f64>, second_map<f64> }
        max_pool { forward<f64>, backward_input<f64> }
        metrics { gather<f64> }
        optimiser { adam<f64>, sgd<f64>, sdlm<f64>, average<f64> }
        peak { multiply_add<f64>, copy<f64> }
        rbf { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        reduce { sum<f64> }
        softmax { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        squash { forward<f64>, backward_input<f64>, second_backward_input<f64> }
        subsample {
            forward<f64>, backward_input<f64>, backward_weight<f64>,
            second_backward_input<f64>, second_backward_weight<f64>,
        }
    }
};

/// All cases of an adapter, in the order they are run.
pub fn adapter_cases() -> Vec<Case> {
    let kernels = cases::kernel_cases().into_iter().map(Case::Kernel);
    let networks = adapter_networks().into_iter().map(Case::Network);
    kernels.chain(networks).collect()
}

/// The same cases, ready to be run on `device`.
pub fn adapter_checks(device: &Device) -> Vec<Check<'_>> {
    let check = |case: Case| {
        let (name, tolerance) = (case.name(), case.tolerance());
        Check::new(name, tolerance, move || case.run(device))
    };
    adapter_cases().into_iter().map(check).collect()
}

/// All checks of the CPU path, with the vectors of every level that this processor has.
pub fn processor_checks() -> Vec<Check<'static>> {
    let checks = |level: Level| {
        let networks = networks::processor_networks()
            .into_iter()
            .map(move |case| case.at_level(level));
        cases::cpu_checks(level).into_iter().chain(networks)
    };
    Level::available().into_iter().flat_map(checks).collect()
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}
