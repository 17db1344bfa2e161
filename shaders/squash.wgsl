// The squashing function; twin of src/reference/squash.rs.
//
//   f(a) = A·tanh(S·a), A = 1.7159, S = 2/3 (Appendix A): f(±1) = ±1
//
// conv, subsample, dense and rbf hold the same functions and compute them themselves where squashing
// stands behind or before them, so that values need not be stored and loaded once more. What is
// left for these kernels: backward_input before a pooling; forward, by which the harness checks the
// function over its whole range.
//
// Arrays of any shape; a `Samples` holds the same unit of four samples of the batch.
//
// Grid, in invocations of one dimension: one a unit of a group, forward and backward_input.

alias Samples = vec4<f32>;

// Number of `Samples`: groups × units.
override LENGTH: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read_write> output: array<Samples>;
@group(0) @binding(2) var<storage, read> squashed: array<Samples>;
@group(0) @binding(3) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(4) var<storage, read_write> input_gradient: array<Samples>;

// The squashing function. tanh is 1 in f32 long before LIMIT; some drivers answer NaN for large
// arguments.
const AMPLITUDE = 1.7159;
const SLOPE = 2.0 / 3.0;
const LIMIT = 15.0;

// f(a)
fn squash(a: Samples) -> Samples {
    return AMPLITUDE * tanh(clamp(SLOPE * a, Samples(-LIMIT), Samples(LIMIT)));
}

// f′(a) = A·S·(1 − tanh²(S·a)) = S·(A − y²/A), from y = f(a)
fn slope_at(y: Samples) -> Samples {
    return SLOPE * (AMPLITUDE - y * y / AMPLITUDE);
}

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
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value. It
// runs on one batch a pass, so these are written plainly.
//
// Grid: one a unit of a group.

@group(0) @binding(5) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(6) var<storage, read_write> input_curvature: array<Samples>;

// ∂²E/∂a² = f′(a)² · ∂²E/∂y²; the term in f″ is dropped.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let y = squashed[id.x];
    let slope = SLOPE * (AMPLITUDE - y * y / AMPLITUDE);
    input_curvature[id.x] = slope * slope * output_curvature[id.x];
}
