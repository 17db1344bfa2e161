//! How far off results may be, and why.

use crate::verify::compare::Tolerance;

pub const SUM: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-5,
    reason: "sums of up to 2,400 products of numbers within ±1, rounded to 24 bits in any order",
};
pub const BATCH_SUM: Tolerance = Tolerance {
    absolute: 1e-3,
    relative: 1e-5,
    reason: "sums over all samples and positions, up to 13,400 products",
};
pub const TANH: Tolerance = Tolerance {
    absolute: 1e-5,
    relative: 5e-4,
    reason: "drivers compute tanh and exp with a few bits less than f32 holds, near 0 most of all",
};
pub const SQUASHED_SUM: Tolerance = Tolerance {
    absolute: 2e-4,
    relative: 5e-4,
    reason: "sums of up to 2,400 products, times a slope of up to 1.15, and the bits that tanh lacks",
};
pub const POINTWISE: Tolerance = Tolerance {
    absolute: 1e-6,
    relative: 1e-5,
    reason: "a few operations per value",
};
pub const INTERPOLATED: Tolerance = Tolerance {
    absolute: 5e-5,
    relative: 1e-5,
    reason: "a place in the picture is exact to a few millionths of a pixel, and noise is steep",
};
pub const DISTANCE: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-5,
    reason: "sums of 84 squares",
};
pub const LOG_SUM_EXP: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-4,
    reason: "WGSL asks of exp and log only about 3 + 2·|x| units in the last place",
};
pub const SEQUENCE: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-5,
    reason: "sequences of up to 512 multiply-adds near 1, rounded to 24 bits in every step",
};
pub const RECORD: Tolerance = Tolerance {
    absolute: 5e-5,
    relative: 1e-3,
    reason: "rounding of f32 through seven layers and the drivers' tanh and exp, and interpolated pixels",
};
pub const SUMMED_UPDATE: Tolerance = Tolerance {
    absolute: 1e-5,
    relative: 1e-4,
    reason: "sums over a few samples, and a few operations per value",
};
