//! All cases of whole networks, and which of them an adapter and the CPU path run.

use super::case::{Kind, NetworkCase};
use super::settings::{
    COPIES, DECK, DISTORTED, LENET1, MAX_FULL, PAPER, PAPER_MSE, PRECONDITIONED,
    PRECONDITIONED_LENET1, Setting, TAUGHT, TAUGHT_DECK,
};
use crate::gpu::{FusedBlock, StepPlan, Variant};
use crate::model::Optimiser;

/// Batches that gradients are computed for, pictures that are answered at a time, and the batch of the
/// slide deck's trajectory.
struct Batches {
    gradient: &'static [usize],
    inference: &'static [usize],
    deck: usize,
}

/// The cases of an adapter: its kernels' own cases look at batches of every size. Samples come in groups
/// of four, and a kernel is compiled anew for another number of groups, which takes software adapters
/// seconds: where no other number is needed, there are four, the last of them not full.
pub fn adapter_networks() -> Vec<NetworkCase> {
    let mut cases = network_cases(&Batches {
        gradient: &[16],
        inference: &[14],
        deck: 14,
    });
    cases.extend(cases_by_variant());
    cases.extend(fused_cases());
    cases
}

/// Cases by the fused plan, which every adapter is given, whatever plan is its own: every choice, every
/// optimiser, models side by side, and blocks of all sizes.
fn fused_cases() -> impl Iterator<Item = NetworkCase> {
    use Kind::{Curvature, Gradient, Trajectory};
    use Optimiser::{Adam, Sdlm, Sgd};
    [
        ((Gradient, PAPER, Sgd, 1, 1), (256, 1, 1, 8)),
        ((Gradient, PAPER, Sgd, 16, 1), (256, 1, 1, 8)),
        ((Gradient, PAPER, Sgd, 17, 1), (128, 2, 8, 2)),
        ((Gradient, PAPER_MSE, Sgd, 7, 1), (256, 4, 1, 1)),
        ((Gradient, DECK, Sgd, 16, 1), (256, 2, 2, 1)),
        ((Gradient, MAX_FULL, Sgd, 16, 1), (128, 1, 4, 1)),
        ((Gradient, LENET1, Sgd, 16, 1), (64, 8, 1, 4)),
        ((Gradient, DISTORTED, Sgd, 13, 1), (256, 1, 1, 1)),
        ((Gradient, PAPER, Sgd, 16, 3), (256, 1, 1, 8)),
        ((Gradient, DECK, Sgd, 7, 5), (256, 2, 1, 1)),
        ((Curvature, PAPER, Sdlm, 16, 2), (256, 1, 1, 8)),
        ((Trajectory, PAPER, Adam, 16, 1), (256, 1, 1, 8)),
        ((Trajectory, PAPER, Sgd, 1, 1), (256, 1, 1, 8)),
        ((Trajectory, PAPER, Adam, 16, 3), (128, 2, 2, 2)),
        ((Trajectory, PAPER, Sdlm, 1, 3), (256, 1, 1, 8)),
        ((Trajectory, DECK, Adam, 30, 1), (256, 2, 1, 1)),
        ((Trajectory, MAX_FULL, Sgd, 5, 1), (128, 1, 1, 1)),
        ((Trajectory, LENET1, Adam, 16, 5), (64, 8, 4, 4)),
        ((Trajectory, COPIES, Sgd, 40, 1), (256, 2, 8, 1)),
    ]
    .into_iter()
    .map(|(row, (workers, samples, slices, loads))| {
        let block =
            FusedBlock::new(workers, samples, slices, loads).expect("a block that there is");
        case_of(row).fused(block)
    })
}

/// Cases in the variants of all kinds of adapters, so that what a GPU computes is seen on a software
/// adapter before.
fn cases_by_variant() -> impl Iterator<Item = NetworkCase> {
    let kinds = [
        (
            "a GPU",
            Variant {
                plan: StepPlan::Layered,
                ..Variant::HARDWARE
            },
        ),
        ("a software adapter", Variant::SOFTWARE),
    ];
    kinds.into_iter().flat_map(|(kind, variant)| {
        use Kind::{Curvature, Gradient, Inference, Trajectory};
        use Optimiser::{Adam, Sdlm, Sgd};
        [
            (Gradient, PAPER, Sgd, 16, 1),
            (Gradient, MAX_FULL, Sgd, 16, 1),
            (Gradient, LENET1, Sgd, 16, 1),
            (Gradient, PAPER, Sgd, 16, 3),
            (Curvature, PAPER, Sdlm, 16, 1),
            (Trajectory, PAPER, Adam, 16, 1),
            (Inference, PAPER, Sgd, 14, 1),
        ]
        .map(|row| case_of(row).divided_as_on(kind, variant))
    })
}

/// The cases of the CPU path: those of an adapter in more batches, because it goes sample by sample in
/// small batches and in blocks of eight or sixteen, of which the last may be a part, in larger ones.
pub fn cpu_networks() -> Vec<NetworkCase> {
    network_cases(&Batches {
        gradient: &[1, 5, 9, 16, 17, 40, 64],
        inference: &[1, 5, 9, 17, 30, 100],
        deck: 30,
    })
}

/// Several models of one network, trained side by side.
fn side_by_side_cases() -> [NetworkCase; 9] {
    use Kind::{Curvature, Gradient, Trajectory};
    use Optimiser::{Adam, Sdlm, Sgd};
    [
        (Gradient, PAPER, Sgd, 16, 3),
        (Gradient, DECK, Sgd, 7, 5),
        (Gradient, TAUGHT, Sgd, 16, 3),
        (Curvature, MAX_FULL, Sdlm, 16, 3),
        (Trajectory, PAPER, Adam, 16, 3),
        (Trajectory, PAPER, Sdlm, 1, 3),
        (Trajectory, DISTORTED, Sgd, 7, 3),
        (Trajectory, LENET1, Sgd, 5, 5),
        (Trajectory, PRECONDITIONED, Sgd, 16, 3),
    ]
    .map(case_of)
}

/// What is compared, in which setting, by which optimiser, in which batches, and of how many models.
type Row = (Kind, Setting, Optimiser, usize, usize);

fn case_of((kind, setting, optimiser, batch, models): Row) -> NetworkCase {
    NetworkCase::new(kind, &setting, optimiser, batch).side_by_side(models)
}

fn network_cases(batches: &Batches) -> Vec<NetworkCase> {
    use Optimiser::{Adam, Sdlm, Sgd};
    let mut cases = Vec::new();
    for setting in [
        PAPER,
        PAPER_MSE,
        DECK,
        MAX_FULL,
        LENET1,
        DISTORTED,
        TAUGHT,
        TAUGHT_DECK,
    ] {
        for &batch in batches.gradient {
            cases.push(NetworkCase::new(Kind::Gradient, &setting, Sgd, batch));
        }
    }
    for setting in [PAPER, PAPER_MSE, DECK, MAX_FULL, LENET1] {
        cases.push(NetworkCase::new(Kind::Curvature, &setting, Sdlm, 16));
    }
    for (setting, optimiser, batch) in [
        (PAPER, Adam, 16),
        (PAPER, Sgd, 1),
        (PAPER_MSE, Sgd, 5),
        (DECK, Adam, batches.deck),
        (MAX_FULL, Sgd, 64),
        (LENET1, Adam, 16),
        (PAPER, Sdlm, 1),
        (DISTORTED, Sgd, 7),
        (COPIES, Sgd, 40),
        (TAUGHT, Adam, 16),
        (PRECONDITIONED, Adam, 16),
        (PRECONDITIONED, Sgd, 1),
        (PRECONDITIONED_LENET1, Adam, 6),
    ] {
        let kind = Kind::Trajectory;
        cases.push(NetworkCase::new(kind, &setting, optimiser, batch));
    }
    for setting in [PAPER, DECK, MAX_FULL, LENET1] {
        for &batch in batches.inference {
            cases.push(NetworkCase::new(Kind::Inference, &setting, Sgd, batch));
        }
    }
    #[cfg(feature = "strings")]
    for (setting, strips) in [(PAPER, 7), (DECK, 3), (MAX_FULL, 6)] {
        cases.push(NetworkCase::new(Kind::Strip, &setting, Sgd, strips));
    }
    cases.extend(side_by_side_cases());
    cases
}
