// Trainable sub-sampling; twin of src/reference/subsample.rs.
//
//   a[c,y,x] = coefficient[c] · (sum of the 2×2 inputs) + bias[c]
//
// forward also squashes the sums if SQUASHED is set; backward_input also applies the derivative of
// the previous layer's squashing if INPUT_SQUASHED is set.
//
// Tensors are [model][group][c][y][x] of `Samples`.
//
// Grids, in invocations by models; `group` is a group of one model:
//   forward                 group × output unit
//   backward_input          group × field of the input, those cut short included
//   backward_weight         slice × map; writes partial sums, which reduce.wgsl adds up
//   second_backward_input   group × input unit
//   second_backward_weight  as backward_weight

import package::shared::samples::Samples;
import package::shared::models::{WEIGHT_STRIDE, BIAS_STRIDE};
import package::shared::fused_squashing::{output_of, through_squashing};
import package::shared::halving::{GROUPS, MAPS, INPUT_HEIGHT, INPUT_WIDTH, OUTPUT_HEIGHT, OUTPUT_WIDTH};
import package::shared::halving::{Field, field_of_input, is_whole, output_unit, first_input};
import package::shared::slices::{SLICES, rows_of_slice};

@group(0) @binding(0) var<storage, read> input: array<Samples>;
// The coefficients.
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
// [model][slice][MAPS coefficients, MAPS biases]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;
@group(0) @binding(7) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(8) var<storage, read_write> input_curvature: array<Samples>;

// The sum of the four inputs of output row `row` (counted through all models, groups and maps),
// column x.
fn sum_of_four(row: u32, x: u32) -> Samples {
    let corner = first_input(Field(row / OUTPUT_HEIGHT, row % OUTPUT_HEIGHT, x));
    let below = corner + INPUT_WIDTH;
    return input[corner] + input[corner + 1u] + input[below] + input[below + 1u];
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let row_of_model = id.x / OUTPUT_WIDTH;
    if row_of_model >= GROUPS * MAPS * OUTPUT_HEIGHT {
        return;
    }
    let row = model * GROUPS * MAPS * OUTPUT_HEIGHT + row_of_model;
    let x = id.x % OUTPUT_WIDTH;
    let c = row / OUTPUT_HEIGHT % MAPS;
    let coefficient = weight[model * WEIGHT_STRIDE + c];
    let sum = coefficient * sum_of_four(row, x) + bias[model * BIAS_STRIDE + c];
    output[row * OUTPUT_WIDTH + x] = output_of(sum);
}

fn store_input_gradient(unit: u32, gradient: Samples) {
    input_gradient[unit] = through_squashing(gradient, input[unit]);
}

// Each of the four inputs gets coefficient · ∂E/∂a; those outside every whole field get 0.
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let across = (INPUT_WIDTH + 1u) / 2u;
    let down = (INPUT_HEIGHT + 1u) / 2u;
    let x = id.x % across;
    let y = id.x / across % down;
    let map_of_model = id.x / (across * down);
    if map_of_model >= GROUPS * MAPS {
        return;
    }
    let map = model * GROUPS * MAPS + map_of_model;
    let field = Field(map, y, x);
    let whole = Field(map, min(y, OUTPUT_HEIGHT - 1u), min(x, OUTPUT_WIDTH - 1u));
    let coefficient = weight[model * WEIGHT_STRIDE + map % MAPS];
    let share = coefficient * output_gradient[output_unit(whole)];
    let gradient = select(Samples(), share, is_whole(field));
    let corner = first_input(field);
    let has_right = 2u * x + 1u < INPUT_WIDTH;
    let has_below = 2u * y + 1u < INPUT_HEIGHT;
    store_input_gradient(corner, gradient);
    if has_right { store_input_gradient(corner + 1u, gradient); }
    if has_below { store_input_gradient(corner + INPUT_WIDTH, gradient); }
    if has_right && has_below { store_input_gradient(corner + INPUT_WIDTH + 1u, gradient); }
}

// Row `row` of map `c` in the output: rows are counted through the groups of one model, and in the
// result through all models, groups and maps.
fn output_row(model: u32, c: u32, row: u32) -> u32 {
    let group = model * GROUPS + row / OUTPUT_HEIGHT;
    return (group * MAPS + c) * OUTPUT_HEIGHT + row % OUTPUT_HEIGHT;
}

fn store_partial_sums(model: u32, slice: u32, c: u32, coefficient_sum: f32, bias_sum: f32) {
    let first = (model * SLICES + slice) * 2u * MAPS;
    partial[first + c] = coefficient_sum;
    partial[first + MAPS + c] = bias_sum;
}

// ∂E/∂coefficient[c] = Σ_{samples,y,x} ∂E/∂a[c,y,x] · (sum of the 2×2 inputs);
// ∂E/∂b[c] = Σ ∂E/∂a[c,y,x]
@compute @workgroup_size(64)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let c = id.x % MAPS;
    let slice = id.x / MAPS;
    if slice >= SLICES {
        return;
    }
    let rows = rows_of_slice(slice, GROUPS * OUTPUT_HEIGHT);
    var coefficient_sum = 0.0;
    var bias_sum = 0.0;
    for (var i = rows.start; i < rows.end; i++) {
        let row = output_row(model, c, i);
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            let gradient = output_gradient[row * OUTPUT_WIDTH + x];
            coefficient_sum += dot(gradient, sum_of_four(row, x));
            bias_sum += dot(gradient, Samples(1.0));
        }
    }
    store_partial_sums(model, slice, c, coefficient_sum, bias_sum);
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value. It
// runs on one batch per pass, so these kernels are written for clarity.

// Each of the four inputs gets coefficient² · ∂²E/∂a²; those outside every whole field get 0.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let units = GROUPS * MAPS * INPUT_HEIGHT * INPUT_WIDTH;
    if id.x >= units {
        return;
    }
    let unit = model * units + id.x;
    let field = field_of_input(unit);
    var curvature = Samples();
    if is_whole(field) {
        let w = weight[model * WEIGHT_STRIDE + field.map % MAPS];
        curvature = w * w * output_curvature[output_unit(field)];
    }
    input_curvature[unit] = curvature;
}

// ∂²E/∂coefficient[c]² = Σ_{samples,y,x} ∂²E/∂a[c,y,x]² · (sum of the 2×2 inputs)²;
// ∂²E/∂b[c]² = Σ ∂²E/∂a[c,y,x]²
@compute @workgroup_size(64)
fn second_backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let c = id.x % MAPS;
    let slice = id.x / MAPS;
    if slice >= SLICES {
        return;
    }
    let rows = rows_of_slice(slice, GROUPS * OUTPUT_HEIGHT);
    var coefficient_sum = 0.0;
    var bias_sum = 0.0;
    for (var i = rows.start; i < rows.end; i++) {
        let row = output_row(model, c, i);
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            let curvature = output_curvature[row * OUTPUT_WIDTH + x];
            let four = sum_of_four(row, x);
            coefficient_sum += dot(curvature, four * four);
            bias_sum += dot(curvature, Samples(1.0));
        }
    }
    store_partial_sums(model, slice, c, coefficient_sum, bias_sum);
}
