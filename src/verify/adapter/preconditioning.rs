//! Gradients multiplied by the inverses of their inputs' second moments.

use super::case::KernelCase;
use super::models::in_one_launch;
use crate::gpu::kernels::preconditioning;
use crate::verify::problems::preconditioning::{DAMPING, Preconditioned, shapes};

pub fn cases() -> Vec<KernelCase> {
    let shapes = shapes();
    let of_shape = |&shape| cases_of(&Preconditioned::new(shape, 0));
    let mut cases: Vec<KernelCase> = shapes.iter().flat_map(of_shape).collect();
    // Renewed in this step, with maps and without; and not renewed.
    for (models, place) in [(3, 2), (2, 3), (5, 4)] {
        let of_model = |model| cases_of(&Preconditioned::new(shapes[place], model));
        cases.extend(in_one_launch(models, of_model));
    }
    cases
}

fn cases_of(problem: &Preconditioned) -> Vec<KernelCase> {
    let (layer, batch) = (&problem.layer, problem.x.count());
    let progress = [problem.step as u32, 0, batch as u32];
    let (blocks, places) = preconditioning::blocks_of(layer);
    let teams = preconditioning::teams_of(layer);
    vec![
        KernelCase::new(
            preconditioning::accumulate(layer, batch),
            problem,
            Preconditioned::MEAN,
        )
        .reads_integers("progress", &progress)
        .reads_grouped("input", &problem.x)
        .updates("mean", &problem.mean, problem.accumulated()),
        KernelCase::new(
            preconditioning::invert(layer, DAMPING),
            problem,
            Preconditioned::INVERSE,
        )
        .reads_integers("progress", &progress)
        .reads("mean", &problem.mean)
        .reads_integers("blocks", blocks.as_flattened())
        .reads_integers("places", &places)
        .updates("inverses", &problem.inverses, problem.inverted()),
        KernelCase::new(
            preconditioning::apply(layer),
            problem,
            Preconditioned::PRODUCT,
        )
        .reads("inverses", &problem.inverses)
        .reads_integers("blocks", blocks.as_flattened())
        .reads_integers("teams", teams.as_flattened())
        .updates("weight_gradient", &problem.gradient, problem.product()),
    ]
}
