// Which samples form a batch, and their pixels; twin of src/cpu/batch.rs.
//
// select_samples: the samples of this step. A pass visits every sample once; the order is a permutation
// computed from (seed, pass) without a table: a Feistel network of six rounds over 2h bits,
// 4^h ≥ samples, and numbers that fall outside are sent through again (cycle walking).
//
// assemble: bytes into the middle of the field, 0 to BACKGROUND, 255 to INK; the border is
// background too.
//
// assemble_distorted: the same through a random affine map, drawn afresh for every presentation of
// a sample from (seed, pass, sample): a unit at (u, v) from the centre of the field shows what the
// picture holds, between its pixels by bilinear interpolation, at
//
//   (u, v) + LINEAR · ( r₁u + r₂v, r₃u + r₄v ) + SHIFT · ( r₅, r₆ ),   r uniform in ±1
//
// The data set stays on the adapter as packed bytes, four pixels a word. A `Samples` holds the same
// unit of four samples of the batch.
//
// Grids, in invocations of one dimension:
//   select_samples                group
//   assemble, assemble_distorted  group × field row

alias Samples = vec4<f32>;

struct Progress { step: u32, seed: u32, count: u32 }

const NO_SAMPLE = 0xffffffffu;
const ROUNDS = 6u;
const BACKGROUND = -0.1;
const INK = 1.175;

override GROUPS: u32;
override BATCH: u32;
// Number of samples in the data set.
override SAMPLES: u32;
// h
override HALF_BITS: u32;
// Whether to shuffle, or to take the samples in order.
override SHUFFLE: bool;
// Sides of picture and field, multiples of 4 with an even difference.
override IMAGE_SIDE: u32;
override FIELD_SIDE: u32;
// Strength of the distortion: linear part, and shift in pixels.
override LINEAR: f32;
override SHIFT: f32;

// Read and written by select_samples, which sets `count`.
@group(0) @binding(0) var<storage, read_write> progress: Progress;
@group(0) @binding(1) var<storage, read> data_labels: array<u32>;
// Position of each sample in the data set; NO_SAMPLE beyond the end of the batch.
@group(0) @binding(2) var<storage, read_write> chosen: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> labels: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> images: array<u32>;
@group(0) @binding(5) var<storage, read> selected: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> fields: array<Samples>;

// A 32-bit integer hash with good avalanche (C. Wellons' "lowbias32").
fn mix_bits(value: u32) -> u32 {
    let a = (value ^ (value >> 16u)) * 0x7feb352du;
    let b = (a ^ (a >> 15u)) * 0x846ca68bu;
    return b ^ (b >> 16u);
}

fn permute(position: u32, pass_number: u32) -> u32 {
    let mask = (1u << HALF_BITS) - 1u;
    var value = position;
    loop {
        var left = value >> HALF_BITS;
        var right = value & mask;
        for (var round = 0u; round < ROUNDS; round++) {
            let key = mix_bits(progress.seed ^ mix_bits(pass_number ^ mix_bits(round)));
            let swapped = left ^ (mix_bits(right ^ key) & mask);
            left = right;
            right = swapped;
        }
        value = (left << HALF_BITS) | right;
        if value < SAMPLES {
            break;
        }
    }
    return value;
}

fn steps_per_pass() -> u32 {
    return (SAMPLES + BATCH - 1u) / BATCH;
}

@compute @workgroup_size(64)
fn select_samples(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let pass_number = progress.step / steps_per_pass();
    let first = progress.step % steps_per_pass() * BATCH;
    let count = min(BATCH, SAMPLES - first);
    var samples = vec4(NO_SAMPLE);
    var answers = vec4(NO_SAMPLE);
    for (var i = 0u; i < 4u; i++) {
        let place = id.x * 4u + i;
        if place < count {
            var sample = first + place;
            if SHUFFLE {
                sample = permute(sample, pass_number);
            }
            samples[i] = sample;
            answers[i] = data_labels[sample];
        }
    }
    chosen[id.x] = samples;
    labels[id.x] = answers;
    if id.x == 0u {
        progress.count = count;
    }
}

// Four neighbouring pixels of one sample; blank where there is none.
fn pixels(sample: u32, word: u32) -> vec4<f32> {
    if sample == NO_SAMPLE {
        return vec4(BACKGROUND);
    }
    let words_per_image = IMAGE_SIDE * IMAGE_SIDE / 4u;
    return BACKGROUND + (INK - BACKGROUND) * unpack4x8unorm(images[sample * words_per_image + word]);
}

@compute @workgroup_size(64)
fn assemble(@builtin(global_invocation_id) id: vec3<u32>) {
    let y = id.x % FIELD_SIDE;
    let group = id.x / FIELD_SIDE;
    if group >= GROUPS {
        return;
    }
    let border = (FIELD_SIDE - IMAGE_SIDE) / 2u;
    let row = id.x * FIELD_SIDE;
    if y < border || y >= border + IMAGE_SIDE {
        for (var x = 0u; x < FIELD_SIDE; x++) {
            fields[row + x] = Samples(BACKGROUND);
        }
        return;
    }
    for (var x = 0u; x < border; x++) {
        fields[row + x] = Samples(BACKGROUND);
        fields[row + FIELD_SIDE - 1u - x] = Samples(BACKGROUND);
    }
    let samples = selected[group];
    for (var x = 0u; x < IMAGE_SIDE; x += 4u) {
        let word = ((y - border) * IMAGE_SIDE + x) / 4u;
        let a = pixels(samples.x, word);
        let b = pixels(samples.y, word);
        let c = pixels(samples.z, word);
        let d = pixels(samples.w, word);
        let first = row + border + x;
        fields[first] = Samples(a.x, b.x, c.x, d.x);
        fields[first + 1u] = Samples(a.y, b.y, c.y, d.y);
        fields[first + 2u] = Samples(a.z, b.z, c.z, d.z);
        fields[first + 3u] = Samples(a.w, b.w, c.w, d.w);
    }
}

// An affine map of the field: (u, v) → (xx·u + xy·v + x, yx·u + yy·v + y).
struct Affine { xx: f32, xy: f32, yx: f32, yy: f32, x: f32, y: f32 }

// Random number `k` of a presentation, uniform in ±1.
fn draw(sample: u32, pass_number: u32, k: u32) -> f32 {
    let bits = mix_bits(progress.seed ^ mix_bits(pass_number ^ mix_bits(sample ^ mix_bits(k))));
    return f32(bits >> 8u) / 8388608.0 - 1.0;
}

fn draw_affine(sample: u32) -> Affine {
    let pass_number = progress.step / steps_per_pass();
    return Affine(
        1.0 + LINEAR * draw(sample, pass_number, 1u), LINEAR * draw(sample, pass_number, 2u),
        LINEAR * draw(sample, pass_number, 3u), 1.0 + LINEAR * draw(sample, pass_number, 4u),
        SHIFT * draw(sample, pass_number, 5u), SHIFT * draw(sample, pass_number, 6u),
    );
}

// A pixel of a picture, from 0 to 1; 0 outside of it.
fn ink_at(sample: u32, y: i32, x: i32) -> f32 {
    let side = i32(IMAGE_SIDE);
    if y < 0 || y >= side || x < 0 || x >= side {
        return 0.0;
    }
    let pixel = u32(y * side + x);
    let word = images[sample * (IMAGE_SIDE * IMAGE_SIDE / 4u) + pixel / 4u];
    return f32((word >> (8u * (pixel % 4u))) & 255u) / 255.0;
}

// A unit of a sample's field, at (u, v) from the centre.
fn distorted_unit(sample: u32, affine: Affine, u: f32, v: f32) -> f32 {
    if sample == NO_SAMPLE {
        return BACKGROUND;
    }
    let centre = f32(IMAGE_SIDE - 1u) / 2.0;
    let x = affine.xx * u + affine.xy * v + affine.x + centre;
    let y = affine.yx * u + affine.yy * v + affine.y + centre;
    let left = floor(x);
    let top = floor(y);
    let column = i32(left);
    let row = i32(top);
    let upper = mix(ink_at(sample, row, column), ink_at(sample, row, column + 1), x - left);
    let lower = mix(ink_at(sample, row + 1, column), ink_at(sample, row + 1, column + 1), x - left);
    return BACKGROUND + (INK - BACKGROUND) * mix(upper, lower, y - top);
}

@compute @workgroup_size(64)
fn assemble_distorted(@builtin(global_invocation_id) id: vec3<u32>) {
    let group = id.x / FIELD_SIDE;
    if group >= GROUPS {
        return;
    }
    let samples = selected[group];
    let a = draw_affine(samples.x);
    let b = draw_affine(samples.y);
    let c = draw_affine(samples.z);
    let d = draw_affine(samples.w);
    let centre = f32(FIELD_SIDE - 1u) / 2.0;
    let v = f32(id.x % FIELD_SIDE) - centre;
    for (var x = 0u; x < FIELD_SIDE; x++) {
        let u = f32(x) - centre;
        fields[id.x * FIELD_SIDE + x] = Samples(
            distorted_unit(samples.x, a, u, v),
            distorted_unit(samples.y, b, u, v),
            distorted_unit(samples.z, c, u, v),
            distorted_unit(samples.w, d, u, v),
        );
    }
}
