//! Windows of strips.

use super::case::KernelCase;
use crate::gpu::kernels;
use crate::verify::problems::windows::{STRIPS, Windows};

pub fn cases() -> Vec<KernelCase> {
    let of_strips = |(strips, positions)| case_of(&Windows::new(strips, positions));
    STRIPS.map(of_strips).into()
}

fn case_of(windows: &Windows) -> KernelCase {
    let Windows {
        features,
        shape,
        window,
        positions,
    } = windows;
    let kernel = kernels::windows::gather(features.count(), *positions, *shape, *window);
    KernelCase::new(kernel, windows, Windows::TOLERANCE)
        .reads_grouped("features", features)
        .writes_grouped("windows", windows.gather())
}
