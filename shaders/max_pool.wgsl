// Max pooling; twin of src/reference/max_pool.rs.
//
//   a[c,y,x] = largest of the 2×2 inputs
//
// Tensors are [group][c][y][x]; a `Samples` holds the same unit of four samples of the batch.
//
// Grids, in invocations of one dimension:
//   forward         group × output unit
//   backward_input  group × input unit

alias Samples = vec4<f32>;

override GROUPS: u32;
override MAPS: u32;
override INPUT_HEIGHT: u32;
override INPUT_WIDTH: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read_write> output: array<Samples>;
@group(0) @binding(2) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<Samples>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = id.x % OUTPUT_WIDTH;
    let y = id.x / OUTPUT_WIDTH % OUTPUT_HEIGHT;
    let map = id.x / (OUTPUT_WIDTH * OUTPUT_HEIGHT);
    if map >= GROUPS * MAPS {
        return;
    }
    let corner = (map * INPUT_HEIGHT + 2u * y) * INPUT_WIDTH + 2u * x;
    let below = corner + INPUT_WIDTH;
    output[id.x] = max(max(input[corner], input[corner + 1u]), max(input[below], input[below + 1u]));
}

// The largest of the four inputs gets it all; of equals the first, row by row. The others and
// those outside every 2×2 field get 0.
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = id.x % INPUT_WIDTH;
    let y = id.x / INPUT_WIDTH % INPUT_HEIGHT;
    let map = id.x / (INPUT_WIDTH * INPUT_HEIGHT);
    if map >= GROUPS * MAPS {
        return;
    }
    var gradient = Samples();
    if x / 2u < OUTPUT_WIDTH && y / 2u < OUTPUT_HEIGHT {
        let corner = (map * INPUT_HEIGHT + (y & ~1u)) * INPUT_WIDTH + (x & ~1u);
        let own_place = (y & 1u) * 2u + (x & 1u);
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
        let unit = (map * OUTPUT_HEIGHT + y / 2u) * OUTPUT_WIDTH + x / 2u;
        gradient = select(Samples(), output_gradient[unit], wins);
    }
    input_gradient[id.x] = gradient;
}
