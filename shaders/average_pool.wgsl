// Average pooling; twin of src/reference/average_pool.rs.
//
//   a[c,y,x] = mean of the 2×2 inputs
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
    output[id.x] = 0.25 * (input[corner] + input[corner + 1u] + input[below] + input[below + 1u]);
}

// Each of the four inputs gets a quarter; those outside every 2×2 field get 0.
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = id.x % INPUT_WIDTH / 2u;
    let y = id.x / INPUT_WIDTH % INPUT_HEIGHT / 2u;
    let map = id.x / (INPUT_WIDTH * INPUT_HEIGHT);
    if map >= GROUPS * MAPS {
        return;
    }
    var gradient = Samples();
    if x < OUTPUT_WIDTH && y < OUTPUT_HEIGHT {
        gradient = 0.25 * output_gradient[(map * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH + x];
    }
    input_gradient[id.x] = gradient;
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value. It
// runs on one batch a pass, so these are written plainly.
//
// Grid: group × input unit.

@group(0) @binding(4) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_curvature: array<Samples>;

// Each of the four inputs gets a sixteenth, the square of its quarter; those outside every 2×2
// field get 0.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = id.x % INPUT_WIDTH / 2u;
    let y = id.x / INPUT_WIDTH % INPUT_HEIGHT / 2u;
    let map = id.x / (INPUT_WIDTH * INPUT_HEIGHT);
    if map >= GROUPS * MAPS {
        return;
    }
    var curvature = Samples();
    if x < OUTPUT_WIDTH && y < OUTPUT_HEIGHT {
        curvature = 0.0625 * output_curvature[(map * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH + x];
    }
    input_curvature[id.x] = curvature;
}
