// The losses on the ten penalties; twin of src/reference/loss.rs.
//
//   map (eq. 9):  E = s·y_D + log( e^(−j) + Σ_i e^(−s·y_i) )
//   mse (eq. 8):  E = s·y_D
//
// Each writes the loss of every sample and ∂E/∂y divided by the number of samples in the batch.
// Tensors are [group][class]; a `Samples` holds the same unit of four samples of the batch. A label
// of NO_SAMPLE marks a place beyond the end of the batch: its loss and gradients are 0.
//
// Grid, in invocations of one dimension: one a group.

alias Samples = vec4<f32>;

struct Progress { step: u32, seed: u32, count: u32 }

const NO_SAMPLE = 0xffffffffu;

override GROUPS: u32;
override CLASSES: u32;
// s
override SCALE: f32;
// j
override RUBBISH: f32;

@group(0) @binding(0) var<storage, read> penalties: array<Samples>;
@group(0) @binding(1) var<storage, read> labels: array<vec4<u32>>;
// The first model's: all models' batches are of the same size.
@group(0) @binding(2) var<storage, read> progress: Progress;
@group(0) @binding(3) var<storage, read_write> gradient: array<Samples>;
@group(0) @binding(4) var<storage, read_write> losses: array<Samples>;

// 1 where a sample is, 0 beyond the end of the batch.
fn present(group: u32) -> Samples {
    return select(Samples(1.0), Samples(), labels[group] == vec4(NO_SAMPLE));
}

// 1 where `digit` is the right answer, else 0.
fn is_label(group: u32, digit: u32) -> Samples {
    return select(Samples(), Samples(1.0), labels[group] == vec4(digit));
}

@compute @workgroup_size(64)
fn map(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    // The smallest exponent is taken out of the sum: e^(−200) is 0 in f32.
    var smallest = Samples(RUBBISH);
    for (var i = 0u; i < CLASSES; i++) {
        smallest = min(smallest, SCALE * penalties[first + i]);
    }
    var total = exp(smallest - RUBBISH);
    var right = Samples();
    for (var i = 0u; i < CLASSES; i++) {
        total += exp(smallest - SCALE * penalties[first + i]);
        right += is_label(id.x, i) * penalties[first + i];
    }
    let share = present(id.x) * SCALE / f32(progress.count);
    for (var i = 0u; i < CLASSES; i++) {
        let posterior = exp(smallest - SCALE * penalties[first + i]) / total;
        gradient[first + i] = share * (is_label(id.x, i) - posterior);
    }
    losses[id.x] = present(id.x) * (SCALE * right + log(total) - smallest);
}

@compute @workgroup_size(64)
fn mse(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    var right = Samples();
    for (var i = 0u; i < CLASSES; i++) {
        gradient[first + i] = is_label(id.x, i) * SCALE / f32(progress.count);
        right += is_label(id.x, i) * penalties[first + i];
    }
    losses[id.x] = SCALE * right;
}

// --- second derivatives --------------------------------------------------------------------------
//
// Where the diagonal Gauss–Newton recursion of Appendix C starts. Eq. 8 is linear in the penalties:
// it needs no kernel, its second derivative is 0.
//
// Grid: one a group.

@group(0) @binding(5) var<storage, read_write> curvature: array<Samples>;

// ∂²E/∂y[i]² = s²·p_i·(1 − p_i), divided by the number of samples in the batch, with the posteriors
// p_i = e^(−s·y_i) / (e^(−j) + Σ e^(−s·y)).
@compute @workgroup_size(64)
fn second_map(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    var smallest = Samples(RUBBISH);
    for (var i = 0u; i < CLASSES; i++) {
        smallest = min(smallest, SCALE * penalties[first + i]);
    }
    var total = exp(smallest - RUBBISH);
    for (var i = 0u; i < CLASSES; i++) {
        total += exp(smallest - SCALE * penalties[first + i]);
    }
    let share = present(id.x) * SCALE * SCALE / f32(progress.count);
    for (var i = 0u; i < CLASSES; i++) {
        let posterior = exp(smallest - SCALE * penalties[first + i]) / total;
        curvature[first + i] = share * posterior * (1.0 - posterior);
    }
}
