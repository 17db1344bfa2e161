//! Compares every kernel on an adapter, or the CPU path, with the reference:
//!
//! ```text
//! cargo run --release --example verify_adapter vulkan
//! ```

use std::error::Error;

use lenet_gpu::block_on;
use lenet_gpu::compute::Compute;
use lenet_gpu::verify::{adapter_checks, cpu_checks};

fn main() -> Result<(), Box<dyn Error>> {
    let adapter = std::env::args().nth(1).unwrap_or("cpu".to_owned());
    let compute = block_on(Compute::open(&adapter.parse()?))?;
    let checks = match &compute {
        Compute::Gpu(device) => adapter_checks(device),
        Compute::Cpu => cpu_checks(),
    };
    let mut failed = 0;
    for check in &checks {
        let outcome = block_on(check.run())?;
        if !outcome.passed() {
            failed += 1;
            let (off, compared) = (outcome.off, outcome.compared);
            println!("{}: {off} of {compared} values are off", check.name);
            for buffer in &outcome.overwritten {
                println!("    wrote {buffer}");
            }
        }
    }
    let (passed, count) = (checks.len() - failed, checks.len());
    println!("{passed} of {count} cases passed on {}", compute.describe());
    match failed {
        0 => Ok(()),
        _ => Err("not everything is computed as by the reference".into()),
    }
}
