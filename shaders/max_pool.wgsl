// Max pooling; twin of src/reference/max_pool.rs.
//
//   a[c,y,x] = largest of the 2×2 inputs
//
// Tensors are [group][c][y][x] of `Samples`.
//
// Grids, in invocations of one dimension:
//   forward         group × output unit
//   backward_input  group × input unit

import package::shared::samples::Samples;
import package::shared::halving::{GROUPS, MAPS, INPUT_HEIGHT, INPUT_WIDTH};
import package::shared::halving::{field_of_output, field_of_input, is_whole, output_unit, first_input};

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read_write> output: array<Samples>;
@group(0) @binding(2) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<Samples>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let field = field_of_output(id.x);
    if field.map >= GROUPS * MAPS {
        return;
    }
    let corner = first_input(field);
    let below = corner + INPUT_WIDTH;
    output[id.x] = max(max(input[corner], input[corner + 1u]), max(input[below], input[below + 1u]));
}

// The largest of the four inputs gets it all; of equals the first, row by row. The others and
// those outside every whole field get 0.
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let field = field_of_input(id.x);
    if field.map >= GROUPS * MAPS {
        return;
    }
    var gradient = Samples();
    if is_whole(field) {
        let corner = first_input(field);
        // The unit's place among the four.
        let own_place = id.x / INPUT_WIDTH % INPUT_HEIGHT % 2u * 2u + id.x % INPUT_WIDTH % 2u;
        let own = input[id.x];
        var wins = vec4<bool>(true);
        for (var place = 0u; place < 4u; place++) {
            let other = input[corner + place / 2u * INPUT_WIDTH + place % 2u];
            // An earlier equal wins over this one, this one over a later equal.
            if place < own_place {
                wins &= own > other;
            } else {
                wins &= own >= other;
            }
        }
        gradient = select(Samples(), output_gradient[output_unit(field)], wins);
    }
    input_gradient[id.x] = gradient;
}
