// Dispatches that do nothing, by which the cost of launching one is timed; twin of src/reference/empty.rs.
// No part of a training step.
//
//   dependent:    its buffer is bound for writing, so it waits for whatever was launched before
//   independent:  its buffer is bound for reading alone, so there is nothing to wait for
//
// Both leave it as it is. Arrays of any shape.
//
// Grid: one workgroup.

@group(0) @binding(0) var<storage, read_write> bound: array<f32>;
@group(0) @binding(1) var<storage, read> read_only: array<f32>;

// An entry point is given only the buffers that it names. Nothing uses these values, so drivers drop
// the loads.

@compute @workgroup_size(64)
fn dependent() {
    _ = bound[0];
}

@compute @workgroup_size(64)
fn independent() {
    _ = read_only[0];
}
