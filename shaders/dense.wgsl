// Full connection; twin of src/cpu/dense.rs. C5, whose kernels cover all of S4, is this too.
//
//   a[o] = b[o] + Σ_i w[o,i] · input[i]
//
// forward squashes the sums where SQUASHED, and backward_input goes on through the squashing of the
// layer before where INPUT_SQUASHED; see squash.wgsl.
//
// Tensors are [group][unit]; a `Samples` holds the same unit of four samples of the batch. Weights
// are loaded four at a time, so the number of inputs is a multiple of 4.
//
// Grids, in invocations of one dimension:
//   forward          pair of groups × block of four outputs
//   backward_input   pair of groups × block of four inputs
//   backward_weight  block of four outputs × block of four inputs

alias Samples = vec4<f32>;

override GROUPS: u32;
// A multiple of 4.
override INPUTS: u32;
override OUTPUTS: u32;
// Whether the output is squashed, and whether the input was.
override SQUASHED: bool = false;
override INPUT_SQUASHED: bool = false;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
// [o][i / 4], four inputs an element
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(6) var<storage, read_write> weight_gradient: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>;

// Squashing, as in squash.wgsl.
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

// Four neighbouring units of one group.
struct Four { a: Samples, b: Samples, c: Samples, d: Samples }

// Four neighbouring outputs from `first` on. Past the last stands the last again: it only reaches
// results that are not stored.
fn output_block(first: u32) -> vec4<u32> {
    return min(first + vec4(0u, 1u, 2u, 3u), vec4(OUTPUTS - 1u));
}

fn load_inputs(first: u32) -> Four {
    return Four(input[first], input[first + 1u], input[first + 2u], input[first + 3u]);
}

fn load_gradients(start: u32, o: vec4<u32>) -> Four {
    return Four(output_gradient[start + o.x], output_gradient[start + o.y],
        output_gradient[start + o.z], output_gradient[start + o.w]);
}

// w · x of four inputs.
fn weighted(weights: vec4<f32>, values: Four) -> Samples {
    return weights.x * values.a + weights.y * values.b + weights.z * values.c + weights.w * values.d;
}

// Adds the products of four inputs with the weights of four outputs.
fn add_inputs(sums: Four, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>, values: Four) -> Four {
    return Four(sums.a + weighted(a, values), sums.b + weighted(b, values),
        sums.c + weighted(c, values), sums.d + weighted(d, values));
}

fn store_sum(place: u32, sum: Samples) {
    if SQUASHED {
        output[place] = squash(sum);
    } else {
        output[place] = sum;
    }
}

fn store_outputs(group: u32, first: u32, sums: Four) {
    if group >= GROUPS {
        return;
    }
    let start = group * OUTPUTS + first;
    store_sum(start, sums.a);
    if first + 1u < OUTPUTS { store_sum(start + 1u, sums.b); }
    if first + 2u < OUTPUTS { store_sum(start + 2u, sums.c); }
    if first + 3u < OUTPUTS { store_sum(start + 3u, sums.d); }
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let blocks = (OUTPUTS + 3u) / 4u;
    let first = id.x % blocks * 4u;
    let group = id.x / blocks * 2u;
    if group >= GROUPS {
        return;
    }
    let o = output_block(first);
    let row = o * (INPUTS / 4u);
    let here = group * INPUTS;
    let there = min(group + 1u, GROUPS - 1u) * INPUTS;
    let start = Four(Samples(bias[o.x]), Samples(bias[o.y]), Samples(bias[o.z]), Samples(bias[o.w]));
    var sums_here = start;
    var sums_there = start;
    for (var quad = 0u; quad < INPUTS / 4u; quad++) {
        let a = weight[row.x + quad];
        let b = weight[row.y + quad];
        let c = weight[row.z + quad];
        let d = weight[row.w + quad];
        sums_here = add_inputs(sums_here, a, b, c, d, load_inputs(here + 4u * quad));
        sums_there = add_inputs(sums_there, a, b, c, d, load_inputs(there + 4u * quad));
    }
    store_outputs(group, first, sums_here);
    store_outputs(group + 1u, first, sums_there);
}

// Adds the products of one ∂E/∂a with the weights to four inputs.
fn add_gradient(sums: Four, weights: vec4<f32>, gradient: Samples) -> Four {
    return Four(sums.a + weights.x * gradient, sums.b + weights.y * gradient,
        sums.c + weights.z * gradient, sums.d + weights.w * gradient);
}

fn store_input_gradient(place: u32, gradient: Samples) {
    if INPUT_SQUASHED {
        input_gradient[place] = slope_at(input[place]) * gradient;
    } else {
        input_gradient[place] = gradient;
    }
}

fn store_input_gradients(group: u32, first: u32, sums: Four) {
    if group >= GROUPS {
        return;
    }
    let start = group * INPUTS + first;
    store_input_gradient(start, sums.a);
    store_input_gradient(start + 1u, sums.b);
    store_input_gradient(start + 2u, sums.c);
    store_input_gradient(start + 3u, sums.d);
}

// ∂E/∂input[i] = Σ_o w[o,i] · ∂E/∂a[o]
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let quads = INPUTS / 4u;
    let quad = id.x % quads;
    let group = id.x / quads * 2u;
    if group >= GROUPS {
        return;
    }
    let here = group * OUTPUTS;
    let there = min(group + 1u, GROUPS - 1u) * OUTPUTS;
    var sums_here = Four();
    var sums_there = Four();
    for (var o = 0u; o < OUTPUTS; o++) {
        let weights = weight[o * quads + quad];
        sums_here = add_gradient(sums_here, weights, output_gradient[here + o]);
        sums_there = add_gradient(sums_there, weights, output_gradient[there + o]);
    }
    store_input_gradients(group, 4u * quad, sums_here);
    store_input_gradients(group + 1u, 4u * quad, sums_there);
}

// ∂E/∂a · x, summed over the four samples, for four values of one and one of the other.
fn products(one: Samples, values: Four) -> vec4<f32> {
    return vec4(dot(one, values.a), dot(one, values.b), dot(one, values.c), dot(one, values.d));
}

// ∂E/∂w[o,i] = Σ_samples ∂E/∂a[o] · input[i];  ∂E/∂b[o] = Σ_samples ∂E/∂a[o]
@compute @workgroup_size(64)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>) {
    let quads = INPUTS / 4u;
    let quad = id.x % quads;
    let first = id.x / quads * 4u;
    if first >= OUTPUTS {
        return;
    }
    let o = output_block(first);
    var sums_a = vec4<f32>();
    var sums_b = vec4<f32>();
    var sums_c = vec4<f32>();
    var sums_d = vec4<f32>();
    var bias_sums = vec4<f32>();
    for (var group = 0u; group < GROUPS; group++) {
        let inputs = load_inputs(group * INPUTS + 4u * quad);
        let gradients = load_gradients(group * OUTPUTS, o);
        sums_a += products(gradients.a, inputs);
        sums_b += products(gradients.b, inputs);
        sums_c += products(gradients.c, inputs);
        sums_d += products(gradients.d, inputs);
        bias_sums += products(Samples(1.0), gradients);
    }
    let place = first * quads + quad;
    weight_gradient[place] = sums_a;
    if first + 1u < OUTPUTS { weight_gradient[place + quads] = sums_b; }
    if first + 2u < OUTPUTS { weight_gradient[place + 2u * quads] = sums_c; }
    if first + 3u < OUTPUTS { weight_gradient[place + 3u * quads] = sums_d; }
    if quad == 0u {
        bias_gradient[first] = bias_sums.x;
        if first + 1u < OUTPUTS { bias_gradient[first + 1u] = bias_sums.y; }
        if first + 2u < OUTPUTS { bias_gradient[first + 2u] = bias_sums.z; }
        if first + 3u < OUTPUTS { bias_gradient[first + 3u] = bias_sums.w; }
    }
}
