//! Examples worked by hand, whose expected values do not come from the reference.

use super::case::KernelCase;
use crate::gpu::{Kernel, kernels};
use crate::model::MapShape;
use crate::verify::compare::Tolerance;
use crate::verify::samples::Samples;

/// The name of the slide deck's example of pooling.
pub const SLIDE_DECK: &str = "the slide deck's example";

pub fn cases() -> [KernelCase; 3] {
    let maps = MapShape::new(1, 4, 4);
    #[rustfmt::skip]
    let picture = [
        1.0, 2.0,   2.0, 0.0,
        1.0, 2.0,   3.0, 2.0,

        3.0, 1.0,   3.0, 2.0,
        0.0, 2.0,   0.0, 2.0,
    ];
    let case = |kernel: Kernel| {
        KernelCase::new(kernel, SLIDE_DECK, Tolerance::EXACT)
            .reads_grouped("input", &Samples::new(picture, 16))
    };
    [
        case(kernels::max_pool::forward(1, maps))
            .writes_grouped("output", Samples::new([2.0, 3.0, 3.0, 3.0], 4)),
        case(kernels::average_pool::forward(1, maps))
            .writes_grouped("output", Samples::new([1.5, 1.75, 1.5, 1.75], 4)),
        // The sums 6, 7, 6, 7, times ½, plus ¼.
        case(kernels::subsample::forward(1, maps))
            .reads("weight", &[0.5])
            .reads("bias", &[0.25])
            .writes_grouped("output", Samples::new([3.25, 3.75, 3.25, 3.75], 4)),
    ]
}
