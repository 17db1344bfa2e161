// Full connection; twin of src/cpu/dense.rs. C5, whose kernels cover all of S4, is this too.
//
//   a[o] = b[o] + Σ_i w[o,i] · input[i]
//
// Tensors are [group][unit]; a `Samples` holds the same unit of four samples of the batch.
//
// Grids, in invocations of one dimension:
//   forward          pair of groups × block of four outputs
//   backward_input   pair of groups × block of four inputs
//   backward_weight  block of four outputs × block of four inputs

alias Samples = vec4<f32>;

override GROUPS: u32;
override INPUTS: u32;
override OUTPUTS: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(6) var<storage, read_write> weight_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>;

// Four neighbouring units of one group.
struct Four { a: Samples, b: Samples, c: Samples, d: Samples }

// Adds the products of one value with four weights.
fn add_products(sums: Four, weights: vec4<f32>, value: Samples) -> Four {
    return Four(
        sums.a + weights.x * value,
        sums.b + weights.y * value,
        sums.c + weights.z * value,
        sums.d + weights.w * value,
    );
}

// The four units from `first` on; past the last unit stands the last one again, which only
// reaches results that are not stored.
fn block(first: u32, units: u32) -> vec4<u32> {
    return min(vec4(first, first + 1u, first + 2u, first + 3u), vec4(units - 1u));
}

fn store_output(group: u32, first: u32, sums: Four) {
    if group < GROUPS {
        let start = group * OUTPUTS;
        output[start + first] = sums.a;
        if first + 1u < OUTPUTS { output[start + first + 1u] = sums.b; }
        if first + 2u < OUTPUTS { output[start + first + 2u] = sums.c; }
        if first + 3u < OUTPUTS { output[start + first + 3u] = sums.d; }
    }
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let blocks = (OUTPUTS + 3u) / 4u;
    let first = id.x % blocks * 4u;
    let group = id.x / blocks * 2u;
    if group >= GROUPS {
        return;
    }
    let o = block(first, OUTPUTS);
    let row = o * INPUTS;
    let here = group * INPUTS;
    let there = min(group + 1u, GROUPS - 1u) * INPUTS;
    let start = Four(Samples(bias[o.x]), Samples(bias[o.y]), Samples(bias[o.z]), Samples(bias[o.w]));
    var sums_here = start;
    var sums_there = start;
    for (var i = 0u; i < INPUTS; i++) {
        let weights = vec4(weight[row.x + i], weight[row.y + i], weight[row.z + i], weight[row.w + i]);
        sums_here = add_products(sums_here, weights, input[here + i]);
        sums_there = add_products(sums_there, weights, input[there + i]);
    }
    store_output(group, first, sums_here);
    store_output(group + 1u, first, sums_there);
}

fn store_input_gradient(group: u32, first: u32, sums: Four) {
    if group < GROUPS {
        let start = group * INPUTS;
        input_gradient[start + first] = sums.a;
        if first + 1u < INPUTS { input_gradient[start + first + 1u] = sums.b; }
        if first + 2u < INPUTS { input_gradient[start + first + 2u] = sums.c; }
        if first + 3u < INPUTS { input_gradient[start + first + 3u] = sums.d; }
    }
}

// ∂E/∂input[i] = Σ_o w[o,i] · ∂E/∂a[o]
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let blocks = (INPUTS + 3u) / 4u;
    let first = id.x % blocks * 4u;
    let group = id.x / blocks * 2u;
    if group >= GROUPS {
        return;
    }
    let i = block(first, INPUTS);
    let here = group * OUTPUTS;
    let there = min(group + 1u, GROUPS - 1u) * OUTPUTS;
    let start = Four(Samples(), Samples(), Samples(), Samples());
    var sums_here = start;
    var sums_there = start;
    for (var o = 0u; o < OUTPUTS; o++) {
        let row = o * INPUTS;
        let weights = vec4(weight[row + i.x], weight[row + i.y], weight[row + i.z], weight[row + i.w]);
        sums_here = add_products(sums_here, weights, output_gradient[here + o]);
        sums_there = add_products(sums_there, weights, output_gradient[there + o]);
    }
    store_input_gradient(group, first, sums_here);
    store_input_gradient(group + 1u, first, sums_there);
}

fn store_weight_gradient(o: u32, first: u32, sums: vec4<f32>) {
    if o < OUTPUTS {
        let start = o * INPUTS;
        weight_gradient[start + first] = sums.x;
        if first + 1u < INPUTS { weight_gradient[start + first + 1u] = sums.y; }
        if first + 2u < INPUTS { weight_gradient[start + first + 2u] = sums.z; }
        if first + 3u < INPUTS { weight_gradient[start + first + 3u] = sums.w; }
    }
}

fn store_bias_gradient(o: u32, sum: f32) {
    if o < OUTPUTS {
        bias_gradient[o] = sum;
    }
}

fn sum_products(gradient: Samples, inputs: Four) -> vec4<f32> {
    return vec4(dot(gradient, inputs.a), dot(gradient, inputs.b), dot(gradient, inputs.c),
        dot(gradient, inputs.d));
}

// ∂E/∂w[o,i] = Σ_samples ∂E/∂a[o] · input[i];  ∂E/∂b[o] = Σ_samples ∂E/∂a[o]
@compute @workgroup_size(64)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>) {
    let blocks = (INPUTS + 3u) / 4u;
    let first_input = id.x % blocks * 4u;
    let first_output = id.x / blocks * 4u;
    if first_output >= OUTPUTS {
        return;
    }
    let i = block(first_input, INPUTS);
    let o = block(first_output, OUTPUTS);
    var sums_a = vec4<f32>();
    var sums_b = vec4<f32>();
    var sums_c = vec4<f32>();
    var sums_d = vec4<f32>();
    var bias_sums = vec4<f32>();
    for (var group = 0u; group < GROUPS; group++) {
        let x = group * INPUTS;
        let da = group * OUTPUTS;
        let inputs = Four(input[x + i.x], input[x + i.y], input[x + i.z], input[x + i.w]);
        let gradients = Four(output_gradient[da + o.x], output_gradient[da + o.y],
            output_gradient[da + o.z], output_gradient[da + o.w]);
        sums_a += sum_products(gradients.a, inputs);
        sums_b += sum_products(gradients.b, inputs);
        sums_c += sum_products(gradients.c, inputs);
        sums_d += sum_products(gradients.d, inputs);
        bias_sums += sum_products(Samples(1.0), gradients);
    }
    store_weight_gradient(first_output, first_input, sums_a);
    store_weight_gradient(first_output + 1u, first_input, sums_b);
    store_weight_gradient(first_output + 2u, first_input, sums_c);
    store_weight_gradient(first_output + 3u, first_input, sums_d);
    if first_input == 0u {
        store_bias_gradient(first_output, bias_sums.x);
        store_bias_gradient(first_output + 1u, bias_sums.y);
        store_bias_gradient(first_output + 2u, bias_sums.z);
        store_bias_gradient(first_output + 3u, bias_sums.w);
    }
}
