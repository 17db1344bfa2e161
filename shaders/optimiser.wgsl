// Updates of the parameters; twin of src/reference/optimiser.rs. The formulas are in
// shared/updates.wgsl.
//
// All arrays but `rates` are parameter arenas, of one model or of several, four values per element.
//
// Grid, in invocations of one dimension: one per element.

import package::shared::progress::Progress;
import package::shared::rates::{StepRates, place_of_rates};
import package::shared::updates::{Trained, after_adam, after_sgd, after_sdlm, after_average};

// Number of elements: arena length / 4.
override LENGTH: u32;
// Number of places of the ring of rates.
override STEPS: u32;

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
    return rates[place_of_rates(progress.step, STEPS)];
}

@compute @workgroup_size(64)
fn adam(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let before = Trained(parameter[id.x], first_moment[id.x], second_moment[id.x]);
    let after = after_adam(gradient[id.x], before, rates_now());
    first_moment[id.x] = after.first_moment;
    second_moment[id.x] = after.second_moment;
    parameter[id.x] = after.parameter;
}

@compute @workgroup_size(64)
fn sgd(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let before = Trained(parameter[id.x], first_moment[id.x], vec4<f32>());
    let after = after_sgd(gradient[id.x], before, rates_now());
    first_moment[id.x] = after.first_moment;
    parameter[id.x] = after.parameter;
}

@compute @workgroup_size(64)
fn sdlm(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let before = Trained(parameter[id.x], first_moment[id.x], curvature[id.x]);
    let after = after_sdlm(gradient[id.x], before, rates_now());
    first_moment[id.x] = after.first_moment;
    parameter[id.x] = after.parameter;
}

@compute @workgroup_size(64)
fn average(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    averaged[id.x] = after_average(averaged[id.x], parameter[id.x], rates_now());
}
