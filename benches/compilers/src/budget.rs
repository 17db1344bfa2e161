//! What a kernel may take of a GPU, if much of a step's work is done in it.

use crate::plans::Launch;
use crate::radv::Statistics;

/// Share of a step's arithmetic above which a launch has to keep within the budget.
const HOT_SHARE: f64 = 1.0 / 20.0;
/// Vector registers of an invocation.
const MOST_VECTOR_REGISTERS: u64 = 128;
/// Waves per SIMD unit: fewer hide too little of the time that loads take.
const FEWEST_WAVES: u64 = 8;

/// Whether `launch` does so much of a step's work that it has to keep within the budget.
pub fn is_hot(launch: &Launch) -> bool {
    launch.share > HOT_SHARE
}

/// What of the budget a kernel breaks: nothing if the list is empty.
pub fn broken(statistics: &Statistics) -> Vec<String> {
    let mut broken = Vec::new();
    let Statistics {
        vector_registers,
        spilled_registers,
        waves_per_simd,
        ..
    } = *statistics;
    if spilled_registers > 0 {
        broken.push(format!("{spilled_registers} registers spilled"));
    }
    if vector_registers > MOST_VECTOR_REGISTERS {
        broken.push(format!(
            "{vector_registers} vector registers of at most {MOST_VECTOR_REGISTERS}"
        ));
    }
    if waves_per_simd < FEWEST_WAVES {
        broken.push(format!(
            "{waves_per_simd} waves per SIMD of at least {FEWEST_WAVES}"
        ));
    }
    broken
}
