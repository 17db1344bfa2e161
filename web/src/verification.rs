//! The harness, case by case.

use lenet_gpu::compute::Compute;
use lenet_gpu::gpu::GpuError;
use lenet_gpu::verify::{Check, adapter_checks, cpu_checks};

use crate::host::Host;
use crate::values::plain;

/// The checks of `compute` whose name contains one of the words of `filter`; all if it has none.
pub fn checks<'a>(compute: &'a Compute, filter: &str) -> Vec<Check<'a>> {
    let mut checks = match compute {
        Compute::Gpu(device) => adapter_checks(device),
        Compute::Cpu => cpu_checks(),
    };
    let words: Vec<&str> = filter
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    checks.retain(|check| words.is_empty() || words.iter().any(|word| check.name.contains(word)));
    checks
}

/// Runs `checks` and tells `host` of each, until `stops`.
///
/// # Errors
/// If the device is lost. Other errors are the case's.
pub async fn run(
    checks: &[Check<'_>],
    host: &Host,
    stops: impl Fn() -> bool,
) -> Result<(), GpuError> {
    for check in checks {
        // First, so that the page shows what is being run.
        host.turn(0.0).await;
        if stops() {
            return Ok(());
        }
        match check.run().await {
            Err(lost @ GpuError::Lost(_)) => return Err(lost),
            result => host.checked(plain(&check.report(result))),
        }
    }
    Ok(())
}
