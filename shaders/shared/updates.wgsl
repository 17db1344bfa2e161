// Updates of the parameters, four at a time: src/reference/optimiser.rs has the twins.
//
//   adam:     m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − ε·( m̂/(√v̂ + 10⁻⁸) + λw )
//   sgd:      u ← μu + g, w ← w − ε·(u + λw)
//   sdlm:     u ← βu + g, w ← w − η·( u/(μ + h) + λw )   (Appendix C)
//   average:  w̄ ← w̄ + share·(w − w̄)

import package::shared::rates::StepRates;

const EPSILON = 1e-8;

// β₁ of Adam, μ of SGD, β of SDLM
override MOMENTUM: f32;
override BETA2: f32;
// λ
override WEIGHT_DECAY: f32;
// μ of SDLM
override DAMPING: f32;

// Four parameters w; m or u, and v or h of each.
struct Trained { parameter: vec4<f32>, first_moment: vec4<f32>, second_moment: vec4<f32> }

fn after_adam(g: vec4<f32>, before: Trained, now: StepRates) -> Trained {
    let m = MOMENTUM * before.first_moment + (1.0 - MOMENTUM) * g;
    let v = BETA2 * before.second_moment + (1.0 - BETA2) * g * g;
    let w = before.parameter;
    let root = sqrt(v * now.second_correction) + EPSILON;
    return Trained(w - now.rate * (m * now.first_correction / root + WEIGHT_DECAY * w), m, v);
}

fn after_sgd(g: vec4<f32>, before: Trained, now: StepRates) -> Trained {
    let u = MOMENTUM * before.first_moment + g;
    let w = before.parameter;
    return Trained(w - now.rate * (u + WEIGHT_DECAY * w), u, before.second_moment);
}

fn after_sdlm(g: vec4<f32>, before: Trained, now: StepRates) -> Trained {
    let u = MOMENTUM * before.first_moment + g;
    let w = before.parameter;
    let direction = u / (DAMPING + before.second_moment) + WEIGHT_DECAY * w;
    return Trained(w - now.rate * direction, u, before.second_moment);
}

fn after_average(mean: vec4<f32>, parameter: vec4<f32>, now: StepRates) -> vec4<f32> {
    return mean + now.average_share * (parameter - mean);
}
