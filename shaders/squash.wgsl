// The squashing function by itself; twin of src/reference/squash.rs.
//
//   y = f(a) = A·tanh(S·a), A = 1.7159, S = 2/3 (Appendix A)
//
// Most layers squash in their own kernels, see shared/fused_squashing.wgsl. backward_input is for a
// squashed layer before a pooling; by forward, the harness checks the function over its whole range.
//
// Arrays of `Samples`, of any shape.
//
// Grids, in invocations of one dimension: one per unit of a group.

import package::shared::samples::Samples;
import package::shared::squashing::{squash, slope_at};

// Number of `Samples`: groups × units.
override LENGTH: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read_write> output: array<Samples>;
@group(0) @binding(2) var<storage, read> squashed: array<Samples>;
@group(0) @binding(3) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(4) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(6) var<storage, read_write> input_curvature: array<Samples>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    output[id.x] = squash(input[id.x]);
}

// ∂E/∂a = f′(a) · ∂E/∂y
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    input_gradient[id.x] = slope_at(squashed[id.x]) * output_gradient[id.x];
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value.

// ∂²E/∂a² = f′(a)² · ∂²E/∂y²; the term in f″ is dropped.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let slope = slope_at(squashed[id.x]);
    input_curvature[id.x] = slope * slope * output_curvature[id.x];
}
