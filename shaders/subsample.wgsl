// Trainable sub-sampling; twin of src/reference/subsample.rs.
//
//   a[c,y,x] = coefficient[c] · (sum of the 2×2 inputs) + bias[c]
//
// forward squashes the sums where SQUASHED, and backward_input goes on through the squashing of the
// layer before where INPUT_SQUASHED; see squash.wgsl.
//
// Tensors are [model][group][c][y][x]; a `Samples` holds the same unit of four samples of the batch.
//
// Grids, in invocations by models; `group` is a group of one model:
//   forward          group × output unit
//   backward_input   group × 2×2 field of the input, those cut short by the border too
//   backward_weight  slice × map; writes partial sums, which reduce.wgsl adds up

alias Samples = vec4<f32>;

// Groups of one model.
override GROUPS: u32;
override MAPS: u32;
override INPUT_HEIGHT: u32;
override INPUT_WIDTH: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;
// Parts into which backward_weight cuts the rows of the batch.
override SLICES: u32;
// From one model's weights or biases to the next one's, in values; 0 where there is one model.
override WEIGHT_STRIDE: u32 = 0u;
override BIAS_STRIDE: u32 = 0u;
// Whether the output is squashed, and whether the input was.
override SQUASHED: bool = false;
override INPUT_SQUASHED: bool = false;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
// [model][slice][MAPS coefficients, MAPS biases]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;

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

// The sum of the four inputs of output row `row` (counted through all models, groups and maps), column x.
fn sum_of_four(row: u32, x: u32) -> Samples {
    let map = row / OUTPUT_HEIGHT;
    let y = row % OUTPUT_HEIGHT;
    let corner = (map * INPUT_HEIGHT + 2u * y) * INPUT_WIDTH + 2u * x;
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
    if SQUASHED {
        output[row * OUTPUT_WIDTH + x] = squash(sum);
    } else {
        output[row * OUTPUT_WIDTH + x] = sum;
    }
}

fn store_input_gradient(place: u32, gradient: Samples) {
    if INPUT_SQUASHED {
        input_gradient[place] = slope_at(input[place]) * gradient;
    } else {
        input_gradient[place] = gradient;
    }
}

// Each of the four inputs gets coefficient · ∂E/∂a; those outside every 2×2 field get 0.
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
    let coefficient = weight[model * WEIGHT_STRIDE + map % MAPS];
    let is_whole = x < OUTPUT_WIDTH && y < OUTPUT_HEIGHT;
    let field = (map * OUTPUT_HEIGHT + min(y, OUTPUT_HEIGHT - 1u)) * OUTPUT_WIDTH
        + min(x, OUTPUT_WIDTH - 1u);
    let gradient = select(Samples(), coefficient * output_gradient[field], is_whole);
    let corner = (map * INPUT_HEIGHT + 2u * y) * INPUT_WIDTH + 2u * x;
    let has_right = 2u * x + 1u < INPUT_WIDTH;
    let has_below = 2u * y + 1u < INPUT_HEIGHT;
    store_input_gradient(corner, gradient);
    if has_right { store_input_gradient(corner + 1u, gradient); }
    if has_below { store_input_gradient(corner + INPUT_WIDTH, gradient); }
    if has_right && has_below { store_input_gradient(corner + INPUT_WIDTH + 1u, gradient); }
}

// ∂E/∂coefficient[c] = Σ_{samples,y,x} ∂E/∂a[c,y,x] · (sum of the 2×2 inputs);  ∂E/∂b[c] = Σ ∂E/∂a[c,y,x]
@compute @workgroup_size(64)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let c = id.x % MAPS;
    let slice = id.x / MAPS;
    if slice >= SLICES {
        return;
    }
    let rows = GROUPS * OUTPUT_HEIGHT;
    let rows_per_slice = (rows + SLICES - 1u) / SLICES;
    var coefficient_sum = 0.0;
    var bias_sum = 0.0;
    for (var i = slice * rows_per_slice; i < min(rows, (slice + 1u) * rows_per_slice); i++) {
        let group = model * GROUPS + i / OUTPUT_HEIGHT;
        let row = (group * MAPS + c) * OUTPUT_HEIGHT + i % OUTPUT_HEIGHT;
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            let gradient = output_gradient[row * OUTPUT_WIDTH + x];
            coefficient_sum += dot(gradient, sum_of_four(row, x));
            bias_sum += dot(gradient, Samples(1.0));
        }
    }
    let first = (model * SLICES + slice) * 2u * MAPS;
    partial[first + c] = coefficient_sum;
    partial[first + MAPS + c] = bias_sum;
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value. It
// runs on one batch a pass, so these are written plainly.
//
// Grids, by models:
//   second_backward_input   group × input unit
//   second_backward_weight  slice × map; writes partial sums, which reduce.wgsl adds up

@group(0) @binding(7) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(8) var<storage, read_write> input_curvature: array<Samples>;

// Each of the four inputs gets coefficient² · ∂²E/∂a²; those outside every 2×2 field get 0.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let x = id.x % INPUT_WIDTH / 2u;
    let y = id.x / INPUT_WIDTH % INPUT_HEIGHT / 2u;
    let map_of_model = id.x / (INPUT_WIDTH * INPUT_HEIGHT);
    if map_of_model >= GROUPS * MAPS {
        return;
    }
    let map = model * GROUPS * MAPS + map_of_model;
    var curvature = Samples();
    if x < OUTPUT_WIDTH && y < OUTPUT_HEIGHT {
        let w = weight[model * WEIGHT_STRIDE + map % MAPS];
        curvature = w * w * output_curvature[(map * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH + x];
    }
    input_curvature[model * GROUPS * MAPS * INPUT_HEIGHT * INPUT_WIDTH + id.x] = curvature;
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
    let rows = GROUPS * OUTPUT_HEIGHT;
    let rows_per_slice = (rows + SLICES - 1u) / SLICES;
    var coefficient_sum = 0.0;
    var bias_sum = 0.0;
    for (var i = slice * rows_per_slice; i < min(rows, (slice + 1u) * rows_per_slice); i++) {
        let group = model * GROUPS + i / OUTPUT_HEIGHT;
        let row = (group * MAPS + c) * OUTPUT_HEIGHT + i % OUTPUT_HEIGHT;
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            let curvature = output_curvature[row * OUTPUT_WIDTH + x];
            let four = sum_of_four(row, x);
            coefficient_sum += dot(curvature, four * four);
            bias_sum += dot(curvature, Samples(1.0));
        }
    }
    let first = (model * SLICES + slice) * 2u * MAPS;
    partial[first + c] = coefficient_sum;
    partial[first + MAPS + c] = bias_sum;
}
