//! How the results of a sweep are worded.

use crate::train::MeanDeviation;

/// "0.95 ± 0.04", or "0.95" of a single seed.
pub fn error_of(error: &MeanDeviation) -> String {
    match error.deviation {
        Some(deviation) => format!("{:.2} ± {deviation:.2}", error.mean),
        None => format!("{:.2}", error.mean),
    }
}

/// "1 seed", "3 seeds".
pub fn count_of(what: &str, count: usize) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// "8.5 s".
pub fn seconds_of(seconds: f64) -> String {
    format!("{seconds:.1} s")
}
