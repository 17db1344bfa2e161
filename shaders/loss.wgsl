// The losses on the ten penalties; twin of src/reference/loss.rs.
//
//   map (eq. 9):  E = s·y_D + log( e^(−j) + Σ_i e^(−s·y_i) )
//   mse (eq. 8):  E = s·y_D
//
// Both write the loss of every sample, and ∂E/∂y divided by the number of samples in the batch. A label
// of NO_SAMPLE marks a place beyond the end of the batch: its loss and gradients are 0. The label after the
// last class marks a field without a digit, whose right answer is the rubbish class: j stands for s·y_D, and
// with eq. 8 the loss is 0.
//
// map_taught and mse_taught do the same where teachers have a share in what a sample should be taken for:
// by_label and then, once for every teacher, learn make these targets.
//
// Tensors are [group][class] of `Samples`.
//
// Grids, in invocations of one dimension: one per group.

import package::shared::samples::{Samples, NO_SAMPLE};
import package::shared::progress::Progress;

override GROUPS: u32;
override CLASSES: u32;
// s
override SCALE: f32;
// j
override RUBBISH: f32;
// What the label (by_label) or one teacher (learn) has in a target.
override SHARE: f32 = 1.0;

@group(0) @binding(0) var<storage, read> penalties: array<Samples>;
@group(0) @binding(1) var<storage, read> labels: array<vec4<u32>>;
// The first model's: the batches of all models are of the same size.
@group(0) @binding(2) var<storage, read> progress: Progress;
@group(0) @binding(3) var<storage, read_write> gradient: array<Samples>;
@group(0) @binding(4) var<storage, read_write> losses: array<Samples>;
@group(0) @binding(5) var<storage, read_write> curvature: array<Samples>;
// What every sample should be taken for: the share of each class.
@group(0) @binding(6) var<storage, read_write> targets: array<Samples>;

// 1 where there is a sample, 0 beyond the end of the batch.
fn present(group: u32) -> Samples {
    return select(Samples(1.0), Samples(), labels[group] == vec4(NO_SAMPLE));
}

// 1 where `digit` is the right answer, else 0.
fn is_label(group: u32, digit: u32) -> Samples {
    return select(Samples(), Samples(1.0), labels[group] == vec4(digit));
}

// The sum e^(−j) + Σ_i e^(−s·y_i) as total · e^(−smallest): the smallest exponent is taken out, because
// e^(−200) is 0 in f32.
struct Evidence { smallest: Samples, total: Samples }

// The evidence of the penalties from `first` on.
fn evidence_of(first: u32) -> Evidence {
    var smallest = Samples(RUBBISH);
    for (var i = 0u; i < CLASSES; i++) {
        smallest = min(smallest, SCALE * penalties[first + i]);
    }
    var total = exp(smallest - RUBBISH);
    for (var i = 0u; i < CLASSES; i++) {
        total += exp(smallest - SCALE * penalties[first + i]);
    }
    return Evidence(smallest, total);
}

// p = e^(−s·y) / (e^(−j) + Σ_i e^(−s·y_i))
fn posterior_of(penalty: Samples, evidence: Evidence) -> Samples {
    return exp(evidence.smallest - SCALE * penalty) / evidence.total;
}

// ∂E/∂y[i] = s·(δ_iD − p_i), δ_iD = 1 for the right answer D
@compute @workgroup_size(64)
fn map(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    let evidence = evidence_of(first);
    let share = present(id.x) * SCALE / f32(progress.count);
    var right = is_label(id.x, CLASSES) * RUBBISH;
    for (var i = 0u; i < CLASSES; i++) {
        let penalty = penalties[first + i];
        right += is_label(id.x, i) * SCALE * penalty;
        gradient[first + i] = share * (is_label(id.x, i) - posterior_of(penalty, evidence));
    }
    losses[id.x] = present(id.x) * (right + log(evidence.total) - evidence.smallest);
}

// ∂E/∂y[i] = s·δ_iD
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

// --- teachers ------------------------------------------------------------------------------------

// target_i = (1 − λ)·δ_iD, with 1 − λ as SHARE
@compute @workgroup_size(64)
fn by_label(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    for (var i = 0u; i < CLASSES; i++) {
        targets[first + i] = SHARE * is_label(id.x, i);
    }
}

// target_i += λ/T·p_i, with the penalties of one of T teachers and λ/T as SHARE. With eq. 8 the posteriors
// have no rubbish class: its launch has a j that leaves it none.
@compute @workgroup_size(64)
fn learn(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    let evidence = evidence_of(first);
    let share = present(id.x) * SHARE;
    for (var i = 0u; i < CLASSES; i++) {
        targets[first + i] += share * posterior_of(penalties[first + i], evidence);
    }
}

// ∂E/∂y[i] = s·(target_i − p_i); what the targets leave of 1 is the share of the rubbish class.
@compute @workgroup_size(64)
fn map_taught(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    let evidence = evidence_of(first);
    let share = present(id.x) * SCALE / f32(progress.count);
    var wanted = Samples();
    var rest = Samples(1.0);
    for (var i = 0u; i < CLASSES; i++) {
        let penalty = penalties[first + i];
        let own_share = targets[first + i];
        wanted += own_share * penalty;
        rest -= own_share;
        gradient[first + i] = share * (own_share - posterior_of(penalty, evidence));
    }
    let energy = SCALE * wanted + RUBBISH * rest + log(evidence.total) - evidence.smallest;
    losses[id.x] = present(id.x) * energy;
}

// ∂E/∂y[i] = s·target_i
@compute @workgroup_size(64)
fn mse_taught(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    let scale = present(id.x) * SCALE;
    var wanted = Samples();
    for (var i = 0u; i < CLASSES; i++) {
        let own_share = targets[first + i];
        gradient[first + i] = scale * own_share / f32(progress.count);
        wanted += own_share * penalties[first + i];
    }
    losses[id.x] = scale * wanted;
}

// --- second derivatives --------------------------------------------------------------------------
//
// Where the diagonal Gauss–Newton recursion of Appendix C starts. Eq. 8 is linear in the penalties:
// its second derivative is 0 and needs no kernel.

// ∂²E/∂y[i]² = s²·p_i·(1 − p_i), divided by the number of samples in the batch
@compute @workgroup_size(64)
fn second_map(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    let evidence = evidence_of(first);
    let share = present(id.x) * SCALE * SCALE / f32(progress.count);
    for (var i = 0u; i < CLASSES; i++) {
        let posterior = posterior_of(penalties[first + i], evidence);
        curvature[first + i] = share * posterior * (1.0 - posterior);
    }
}
