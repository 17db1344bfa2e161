// Average pooling; twin of src/reference/average_pool.rs.
//
//   a[c,y,x] = mean of the 2×2 inputs
//
// Tensors are [group][c][y][x] of `Samples`.
//
// Grids, in invocations of one dimension:
//   forward                group × output unit
//   backward_input         group × input unit
//   second_backward_input  group × input unit

import package::shared::samples::Samples;
import package::shared::halving::{GROUPS, MAPS, INPUT_WIDTH};
import package::shared::halving::{field_of_output, field_of_input, is_whole, output_unit, first_input};

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read_write> output: array<Samples>;
@group(0) @binding(2) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(4) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_curvature: array<Samples>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let field = field_of_output(id.x);
    if field.map >= GROUPS * MAPS {
        return;
    }
    let corner = first_input(field);
    let below = corner + INPUT_WIDTH;
    output[id.x] = 0.25 * (input[corner] + input[corner + 1u] + input[below] + input[below + 1u]);
}

// Each of the four inputs gets a quarter; those outside every whole field get 0.
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let field = field_of_input(id.x);
    if field.map >= GROUPS * MAPS {
        return;
    }
    var gradient = Samples();
    if is_whole(field) {
        gradient = 0.25 * output_gradient[output_unit(field)];
    }
    input_gradient[id.x] = gradient;
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value.

// Each of the four inputs gets a sixteenth, the square of its quarter; those outside every whole
// field get 0.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let field = field_of_input(id.x);
    if field.map >= GROUPS * MAPS {
        return;
    }
    var curvature = Samples();
    if is_whole(field) {
        curvature = 0.0625 * output_curvature[output_unit(field)];
    }
    input_curvature[id.x] = curvature;
}
