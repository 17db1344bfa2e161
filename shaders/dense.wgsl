// Full connection; twin of src/reference/dense.rs. C5, whose kernels cover all of S4, is one too.
//
//   a[o] = b[o] + Σ_i w[o,i] · input[i]
//
// forward also squashes the sums if SQUASHED is set; backward_input also applies the derivative of
// the previous layer's squashing if INPUT_SQUASHED is set.
//
// Tensors are [model][group][unit] of `Samples`. Weights are loaded four at a time, so the number of
// inputs is a multiple of 4; four inputs are a quad.
//
// An invocation computes a block of results, so that each load serves many of them. The loops over a
// block have constant bounds, so drivers unroll them. Blocks may extend past the end: there they
// compute the last group, output or quad once more, and do not store it.
//
// Grids, in invocations by models:
//   forward                 block of groups × block of outputs
//   backward_input          block of groups × block of quads
//   backward_weight         block of outputs × block of quads
//   second_backward_input   group × input
//   second_backward_weight  output × quad

import package::shared::samples::Samples;
import package::shared::models::{WEIGHT_STRIDE, BIAS_STRIDE};
import package::shared::fused_squashing::{output_of, through_squashing};

const MOST_GROUPS = 4u;
const MOST_OUTPUTS = 8u;
const MOST_QUADS = 2u;

// Groups of one model.
override GROUPS: u32;
// A multiple of 4.
override INPUTS: u32;
override OUTPUTS: u32;
// Sizes of the blocks, at most MOST_GROUPS, MOST_OUTPUTS and MOST_QUADS.
override GROUP_BLOCK: u32 = 2u;
override OUTPUT_BLOCK: u32 = 4u;
override QUAD_BLOCK: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
// [o][i / 4], a quad per element; the start of each model's weights, too, is a multiple of 4.
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(6) var<storage, read_write> weight_gradient: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>;
@group(0) @binding(8) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(9) var<storage, read_write> input_curvature: array<Samples>;
@group(0) @binding(10) var<storage, read_write> weight_curvature: array<vec4<f32>>;
@group(0) @binding(11) var<storage, read_write> bias_curvature: array<f32>;

// The units of a quad.
struct Quad { a: Samples, b: Samples, c: Samples, d: Samples }

// Number of a model's group `group`, or of its last one, among the groups of all models.
fn among_all(model: u32, group: u32) -> u32 {
    return model * GROUPS + min(group, GROUPS - 1u);
}

fn load_quad(model: u32, group: u32, quad: u32) -> Quad {
    let first = among_all(model, group) * INPUTS + 4u * min(quad, INPUTS / 4u - 1u);
    return Quad(input[first], input[first + 1u], input[first + 2u], input[first + 3u]);
}

fn load_gradient(model: u32, group: u32, o: u32) -> Samples {
    return output_gradient[among_all(model, group) * OUTPUTS + min(o, OUTPUTS - 1u)];
}

fn load_weights(model: u32, o: u32, quad: u32) -> vec4<f32> {
    let quads = INPUTS / 4u;
    return weight[model * (WEIGHT_STRIDE / 4u) + min(o, OUTPUTS - 1u) * quads + min(quad, quads - 1u)];
}

// The sum of w · x over a quad.
fn weighted_quad(weights: vec4<f32>, values: Quad) -> Samples {
    return weights.x * values.a + weights.y * values.b + weights.z * values.c + weights.w * values.d;
}

@compute @workgroup_size(32)
fn forward(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let blocks = (OUTPUTS + OUTPUT_BLOCK - 1u) / OUTPUT_BLOCK;
    let first = id.x % blocks * OUTPUT_BLOCK;
    let group = id.x / blocks * GROUP_BLOCK;
    if group >= GROUPS {
        return;
    }
    var sums: array<array<Samples, MOST_GROUPS>, MOST_OUTPUTS>;
    for (var quad = 0u; quad < INPUTS / 4u; quad++) {
        var values: array<Quad, MOST_GROUPS>;
        for (var g = 0u; g < GROUP_BLOCK; g++) {
            values[g] = load_quad(model, group + g, quad);
        }
        for (var o = 0u; o < OUTPUT_BLOCK; o++) {
            let weights = load_weights(model, first + o, quad);
            for (var g = 0u; g < GROUP_BLOCK; g++) {
                sums[o][g] += weighted_quad(weights, values[g]);
            }
        }
    }
    for (var o = 0u; o < OUTPUT_BLOCK; o++) {
        for (var g = 0u; g < GROUP_BLOCK; g++) {
            if first + o < OUTPUTS && group + g < GROUPS {
                let place = among_all(model, group + g) * OUTPUTS + first + o;
                output[place] = output_of(sums[o][g] + bias[model * BIAS_STRIDE + first + o]);
            }
        }
    }
}

// Adds the products of one ∂E/∂a with the weights of a quad.
fn add_gradient(sums: Quad, weights: vec4<f32>, gradient: Samples) -> Quad {
    return Quad(sums.a + weights.x * gradient, sums.b + weights.y * gradient,
        sums.c + weights.z * gradient, sums.d + weights.w * gradient);
}

fn store_quad(group: u32, quad: u32, gradients: Quad) {
    let first = group * INPUTS + 4u * quad;
    input_gradient[first] = through_squashing(gradients.a, input[first]);
    input_gradient[first + 1u] = through_squashing(gradients.b, input[first + 1u]);
    input_gradient[first + 2u] = through_squashing(gradients.c, input[first + 2u]);
    input_gradient[first + 3u] = through_squashing(gradients.d, input[first + 3u]);
}

// ∂E/∂input[i] = Σ_o w[o,i] · ∂E/∂a[o]
@compute @workgroup_size(32)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let quads = INPUTS / 4u;
    let blocks = (quads + QUAD_BLOCK - 1u) / QUAD_BLOCK;
    let first = id.x % blocks * QUAD_BLOCK;
    let group = id.x / blocks * GROUP_BLOCK;
    if group >= GROUPS {
        return;
    }
    var sums: array<array<Quad, MOST_GROUPS>, MOST_QUADS>;
    for (var o = 0u; o < OUTPUTS; o++) {
        var gradients: array<Samples, MOST_GROUPS>;
        for (var g = 0u; g < GROUP_BLOCK; g++) {
            gradients[g] = load_gradient(model, group + g, o);
        }
        for (var q = 0u; q < QUAD_BLOCK; q++) {
            let weights = load_weights(model, o, first + q);
            for (var g = 0u; g < GROUP_BLOCK; g++) {
                sums[q][g] = add_gradient(sums[q][g], weights, gradients[g]);
            }
        }
    }
    for (var q = 0u; q < QUAD_BLOCK; q++) {
        for (var g = 0u; g < GROUP_BLOCK; g++) {
            if first + q < quads && group + g < GROUPS {
                store_quad(among_all(model, group + g), first + q, sums[q][g]);
            }
        }
    }
}

// ∂E/∂a · x for each x of a quad, summed over the four samples.
fn products(gradient: Samples, values: Quad) -> vec4<f32> {
    return vec4(dot(gradient, values.a), dot(gradient, values.b), dot(gradient, values.c),
        dot(gradient, values.d));
}

// ∂E/∂w[o,i] = Σ_samples ∂E/∂a[o] · input[i];  ∂E/∂b[o] = Σ_samples ∂E/∂a[o]
@compute @workgroup_size(32)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let quads = INPUTS / 4u;
    let blocks = (quads + QUAD_BLOCK - 1u) / QUAD_BLOCK;
    let first_quad = id.x % blocks * QUAD_BLOCK;
    let first = id.x / blocks * OUTPUT_BLOCK;
    if first >= OUTPUTS {
        return;
    }
    var sums: array<array<vec4<f32>, MOST_OUTPUTS>, MOST_QUADS>;
    var bias_sums: array<f32, MOST_OUTPUTS>;
    for (var group = 0u; group < GROUPS; group++) {
        var gradients: array<Samples, MOST_OUTPUTS>;
        for (var o = 0u; o < OUTPUT_BLOCK; o++) {
            gradients[o] = load_gradient(model, group, first + o);
            bias_sums[o] += dot(gradients[o], Samples(1.0));
        }
        for (var q = 0u; q < QUAD_BLOCK; q++) {
            let values = load_quad(model, group, first_quad + q);
            for (var o = 0u; o < OUTPUT_BLOCK; o++) {
                sums[q][o] += products(gradients[o], values);
            }
        }
    }
    for (var o = 0u; o < OUTPUT_BLOCK; o++) {
        for (var q = 0u; q < QUAD_BLOCK; q++) {
            if first + o < OUTPUTS && first_quad + q < quads {
                let place = (first + o) * quads + first_quad + q;
                weight_gradient[model * (WEIGHT_STRIDE / 4u) + place] = sums[q][o];
            }
        }
        // Every block of quads sees the same ∂E/∂a; the first one reports the biases.
        if first + o < OUTPUTS && first_quad == 0u {
            bias_gradient[model * BIAS_STRIDE + first + o] = bias_sums[o];
        }
    }
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value. It
// runs on one batch per pass, so these kernels are written for clarity.

// ∂²E/∂input[i]² = Σ_o w[o,i]² · ∂²E/∂a[o]²
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let i = id.x % INPUTS;
    if id.x / INPUTS >= GROUPS {
        return;
    }
    let group = model * GROUPS + id.x / INPUTS;
    var sum = Samples();
    for (var o = 0u; o < OUTPUTS; o++) {
        let w = weight[(model * WEIGHT_STRIDE + o * INPUTS + i) / 4u][i % 4u];
        sum += w * w * output_curvature[group * OUTPUTS + o];
    }
    input_curvature[group * INPUTS + i] = sum;
}

// ∂²E/∂w[o,i]² = Σ_samples ∂²E/∂a[o]² · input[i]²;  ∂²E/∂b[o]² = Σ_samples ∂²E/∂a[o]²
@compute @workgroup_size(64)
fn second_backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let quad = id.x % (INPUTS / 4u);
    let o = id.x / (INPUTS / 4u);
    if o >= OUTPUTS {
        return;
    }
    var weight_sums = vec4<f32>();
    var bias_sum = 0.0;
    for (var group = 0u; group < GROUPS; group++) {
        let curvature = output_curvature[among_all(model, group) * OUTPUTS + o];
        let x = load_quad(model, group, quad);
        weight_sums += products(curvature, Quad(x.a * x.a, x.b * x.b, x.c * x.c, x.d * x.d));
        bias_sum += dot(curvature, Samples(1.0));
    }
    weight_curvature[model * (WEIGHT_STRIDE / 4u) + id.x] = weight_sums;
    if quad == 0u {
        bias_curvature[model * BIAS_STRIDE + o] = bias_sum;
    }
}
