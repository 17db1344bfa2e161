// Updates of the parameters; twin of src/reference/optimiser.rs.
//
//   adam:     m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − ε·( m̂/(√v̂ + 10⁻⁸) + λw )
//   sgd:      u ← μu + g, w ← w − ε·(u + λw)
//   sdlm:     u ← βu + g, w ← w − η·( u/(μ + h) + λw )   (Appendix C)
//   average:  w̄ ← w̄ + share·(w − w̄)
//
// All arrays but `rates` are parameter arenas, of one model or of several, four values per element. The
// host computes the rates of every step in advance, because a power of 0.999 is not exact enough on all
// adapters, and writes those of the next steps into a ring.
//
// Grid, in invocations of one dimension: one per element.

import package::shared::progress::Progress;

struct StepRates { rate: f32, first_correction: f32, second_correction: f32, average_share: f32 }

const EPSILON = 1e-8;

// Number of elements: arena length / 4.
override LENGTH: u32;
// Number of places of the ring of rates.
override STEPS: u32;
// β₁ of Adam, μ of SGD, β of SDLM
override MOMENTUM: f32;
override BETA2: f32;
// λ
override WEIGHT_DECAY: f32;
// μ of SDLM
override DAMPING: f32;

// The first model's: all models are at the same step.
@group(0) @binding(0) var<storage, read> progress: Progress;
// [step modulo STEPS]
@group(0) @binding(1) var<storage, read> rates: array<StepRates>;
@group(0) @binding(2) var<storage, read> gradient: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> first_moment: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> second_moment: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> parameter: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> averaged: array<vec4<f32>>;
// h, an estimate of ∂²E/∂w²
@group(0) @binding(7) var<storage, read> curvature: array<vec4<f32>>;

// The rates of this step; those of an earlier one after the steps that the ring was written for, where
// a dispatch is repeated to be timed.
fn rates_now() -> StepRates {
    return rates[progress.step % STEPS];
}

@compute @workgroup_size(64)
fn adam(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let now = rates_now();
    let g = gradient[id.x];
    let m = MOMENTUM * first_moment[id.x] + (1.0 - MOMENTUM) * g;
    let v = BETA2 * second_moment[id.x] + (1.0 - BETA2) * g * g;
    let w = parameter[id.x];
    let root = sqrt(v * now.second_correction) + EPSILON;
    first_moment[id.x] = m;
    second_moment[id.x] = v;
    parameter[id.x] = w - now.rate * (m * now.first_correction / root + WEIGHT_DECAY * w);
}

@compute @workgroup_size(64)
fn sgd(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let u = MOMENTUM * first_moment[id.x] + gradient[id.x];
    let w = parameter[id.x];
    first_moment[id.x] = u;
    parameter[id.x] = w - rates_now().rate * (u + WEIGHT_DECAY * w);
}

@compute @workgroup_size(64)
fn sdlm(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let u = MOMENTUM * first_moment[id.x] + gradient[id.x];
    let w = parameter[id.x];
    first_moment[id.x] = u;
    let direction = u / (DAMPING + curvature[id.x]) + WEIGHT_DECAY * w;
    parameter[id.x] = w - rates_now().rate * direction;
}

@compute @workgroup_size(64)
fn average(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let mean = averaged[id.x];
    averaged[id.x] = mean + rates_now().average_share * (parameter[id.x] - mean);
}
