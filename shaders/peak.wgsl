// An adapter's peak rates, which kernels are compared with; twin of src/reference/peak.rs. No part of a
// training step.
//
//   multiply_add:  y = Σ c_k, each c_k being x + k/4 after 8·ROUNDS times c ← FACTOR·c + TERM:
//                  4 × 8·ROUNDS multiply-adds per value, in registers, 4 of them independent
//   copy:          y = x
//
// Arrays of any shape.
//
// Grids, in invocations of one dimension:
//   multiply_add  one per vec4
//   copy          one per COPIES vec4

// Both are exact in binary, so the sequence c stays near its fixed point 1.
const FACTOR = vec4<f32>(1.0 - 1.0 / 1024.0);
const TERM = vec4<f32>(1.0 / 1024.0);

// Number of vec4 that an invocation copies.
const COPIES = 8u;

// Number of vec4.
override LENGTH: u32;
override ROUNDS: u32;

@group(0) @binding(0) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;

// Eight multiply-adds, written out: a round of the loop costs more than one.
fn eight_steps(start: vec4<f32>) -> vec4<f32> {
    var c = fma(FACTOR, start, TERM);
    c = fma(FACTOR, c, TERM);
    c = fma(FACTOR, c, TERM);
    c = fma(FACTOR, c, TERM);
    c = fma(FACTOR, c, TERM);
    c = fma(FACTOR, c, TERM);
    c = fma(FACTOR, c, TERM);
    return fma(FACTOR, c, TERM);
}

@compute @workgroup_size(64)
fn multiply_add(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= LENGTH {
        return;
    }
    let x = input[id.x];
    var c0 = x;
    var c1 = x + 0.25;
    var c2 = x + 0.5;
    var c3 = x + 0.75;
    for (var round = 0u; round < ROUNDS; round++) {
        c0 = eight_steps(c0);
        c1 = eight_steps(c1);
        c2 = eight_steps(c2);
        c3 = eight_steps(c3);
    }
    output[id.x] = c0 + c1 + c2 + c3;
}

@compute @workgroup_size(64)
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
    let invocations = (LENGTH + COPIES - 1u) / COPIES;
    if id.x >= invocations {
        return;
    }
    for (var place = id.x; place < LENGTH; place += invocations) {
        output[place] = input[place];
    }
}
