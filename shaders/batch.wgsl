// The samples of a batch, and their pixels; twin of src/reference/batch.rs.
//
// select_samples: chooses the samples of this step. A pass presents every sample once, in an order that
// is a permutation computed from (seed, pass) without a table: a Feistel network of six rounds over
// 2h bits, 4^h ≥ samples, whose results beyond the last sample go through it again (cycle walking).
// Where each sample has several versions, fixed for the whole run, the permutation is of all versions
// of all samples; a pass presents as many of them as there are samples, and a new permutation begins
// when all have been presented. Version and sample are one number: version · SAMPLES + sample.
//
// assemble: writes the bytes into the middle of the field, 0 as BACKGROUND, 255 as INK; the border is
// background too.
//
// assemble_distorted: the same through a random map, drawn anew for every presentation of a sample from
// (seed, pass, sample) or, where versions are fixed, from (seed, version, sample); version 0 is the
// sample itself. A unit at (u, v) from the centre of the field shows the picture, by bilinear
// interpolation between its pixels, at
//
//   SCALING · SHEARING · ROTATION · (u, v) + LINEAR · ( r₁u + r₂v, r₃u + r₄v ) + SHIFT · ( r₅, r₆ )
//   + the unit's elastic displacement,   r uniform in ±1
//
// Elastic displacements (Simard, Steinkraus and Platt 2003) are random vectors at the points of a
// lattice, smoothed by cubic B-splines.
//
// The data set stays on the adapter as packed bytes, four pixels per word. Fields are
// [model][group][y][x] of `Samples`.
//
// Grids, in invocations of one dimension, or by models:
//   select_samples      group of one model, by models
//   assemble            group of all models × field row
//   assemble_distorted  group of one model × field row, by models

import package::shared::samples::{Samples, NO_SAMPLE};
import package::shared::progress::Progress;

const ROUNDS = 6u;
const BACKGROUND = -0.1;
const INK = 1.175;

// Groups in the first dimension of the grid.
override GROUPS: u32;
override BATCH: u32;
// Number of samples in the data set.
override SAMPLES: u32;
// Versions of each sample.
override VERSIONS: u32;
// h
override HALF_BITS: u32;
// Whether to shuffle, or to take the samples in order.
override SHUFFLE: bool;
// Sides of picture and field, multiples of 4 with an even difference.
override IMAGE_SIDE: u32;
override FIELD_SIDE: u32;
// Rows and columns of a 32×32 field, on which the lattice lies, that precede those of this field.
override MARGIN: u32;
// Strength of the distortion, as bounds of the numbers drawn: entries of the linear part, shift in
// pixels, tangent of half the angle of rotation, relative scaling, shear, and vectors at the points of
// the lattice in pixels.
override LINEAR: f32;
override SHIFT: f32;
override HALF_TURN: f32;
override STRETCH: f32;
override SHEAR: f32;
override LATTICE_BOUND: f32;
// Less than 1.
override POINTS_PER_PIXEL: f32;

// [model]; read and written by select_samples, which sets `count`.
@group(0) @binding(0) var<storage, read_write> progress: array<Progress>;
@group(0) @binding(1) var<storage, read> data_labels: array<u32>;
// version · SAMPLES + position in the data set; NO_SAMPLE beyond the end of the batch.
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

// The number at place `position` of permutation number `order` of `seed`.
fn permute(seed: u32, position: u32, order: u32) -> u32 {
    let mask = (1u << HALF_BITS) - 1u;
    var value = position;
    loop {
        var left = value >> HALF_BITS;
        var right = value & mask;
        for (var round = 0u; round < ROUNDS; round++) {
            let key = mix_bits(seed ^ mix_bits(order ^ mix_bits(round)));
            let swapped = left ^ (mix_bits(right ^ key) & mask);
            left = right;
            right = swapped;
        }
        value = (left << HALF_BITS) | right;
        if value < SAMPLES * VERSIONS {
            break;
        }
    }
    return value;
}

fn steps_per_pass() -> u32 {
    return (SAMPLES + BATCH - 1u) / BATCH;
}

@compute @workgroup_size(64)
fn select_samples(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    if id.x >= GROUPS {
        return;
    }
    // Not the whole of progress[model]: the first invocation writes its count meanwhile.
    let step = progress[model].step;
    let seed = progress[model].seed;
    let pass_number = step / steps_per_pass();
    let first = step % steps_per_pass() * BATCH;
    let count = min(BATCH, SAMPLES - first);
    var samples = vec4(NO_SAMPLE);
    var answers = vec4(NO_SAMPLE);
    for (var i = 0u; i < 4u; i++) {
        let place = id.x * 4u + i;
        if place < count {
            let presented = pass_number * SAMPLES + first + place;
            var number = presented % (SAMPLES * VERSIONS);
            if SHUFFLE {
                number = permute(seed, number, presented / (SAMPLES * VERSIONS));
            }
            samples[i] = number;
            answers[i] = data_labels[number % SAMPLES];
        }
    }
    chosen[model * GROUPS + id.x] = samples;
    labels[model * GROUPS + id.x] = answers;
    if id.x == 0u {
        progress[model].count = count;
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

// A presentation of a sample: seed, occasion (the pass, or the version), the random bits that elastic
// displacements are drawn from, and 1 if it is distorted, else 0.
struct Presentation { sample: u32, seed: u32, occasion: u32, key: u32, strength: f32 }

// Random bits number `k` of a sample on an occasion.
fn draw_bits(seed: u32, sample: u32, occasion: u32, k: u32) -> u32 {
    return mix_bits(seed ^ mix_bits(occasion ^ mix_bits(sample ^ mix_bits(k))));
}

fn presentation_of(model: u32, number: u32) -> Presentation {
    if number == NO_SAMPLE {
        return Presentation(NO_SAMPLE, 0u, 0u, 0u, 0.0);
    }
    let now = progress[model];
    let sample = number % SAMPLES;
    let version = number / SAMPLES;
    let occasion = select(version, now.step / steps_per_pass(), VERSIONS == 1u);
    let is_original = VERSIONS > 1u && version == 0u;
    let key = draw_bits(now.seed, sample, occasion, 11u);
    return Presentation(sample, now.seed, occasion, key, select(1.0, 0.0, is_original));
}

// Random number `k` of a presentation, uniform in ±1; 0 where nothing is distorted.
fn draw(to: Presentation, k: u32) -> f32 {
    let bits = draw_bits(to.seed, to.sample, to.occasion, k);
    return to.strength * (f32(bits >> 8u) / 8388608.0 - 1.0);
}

// An affine map of the field: (u, v) → (xx·u + xy·v + x, yx·u + yy·v + y).
struct Affine { xx: f32, xy: f32, yx: f32, yy: f32, x: f32, y: f32 }

fn draw_affine(to: Presentation) -> Affine {
    // By t, the tangent of half the angle: WGSL guarantees little accuracy of its own cosine.
    let t = HALF_TURN * draw(to, 7u);
    let cosine = (1.0 - t * t) / (1.0 + t * t);
    let sine = 2.0 * t / (1.0 + t * t);
    let scale_x = 1.0 + STRETCH * draw(to, 8u);
    let scale_y = 1.0 + STRETCH * draw(to, 9u);
    let shear = SHEAR * draw(to, 10u);
    return Affine(
        scale_x * (cosine + shear * sine) + LINEAR * draw(to, 1u),
        scale_x * (shear * cosine - sine) + LINEAR * draw(to, 2u),
        scale_y * sine + LINEAR * draw(to, 3u),
        scale_y * cosine + LINEAR * draw(to, 4u),
        SHIFT * draw(to, 5u), SHIFT * draw(to, 6u),
    );
}

// The presentations of a group, and vectors of its four samples.
struct Presentations { a: Presentation, b: Presentation, c: Presentation, d: Presentation }
struct Vectors { x: Samples, y: Samples }

// Weights of the four cubic B-splines that reach a place, `t` after the point of the second.
fn splines(t: f32) -> vec4<f32> {
    let s = 1.0 - t;
    return vec4(
        s * s * s,
        4.0 - 6.0 * t * t + 3.0 * t * t * t,
        4.0 - 6.0 * s * s + 3.0 * s * s * s,
        t * t * t,
    ) / 6.0;
}

// The random vector at a point of a presentation's lattice, in ±1.
fn lattice_point(to: Presentation, row: u32, column: u32) -> vec2<f32> {
    let bits = mix_bits(to.key ^ (row * 64u + column));
    return to.strength * (vec2(f32(bits & 0xffffu), f32(bits >> 16u)) / 32767.5 - 1.0);
}

fn weighted_points(to: Presentation, row: u32, weights: vec4<f32>, column: u32) -> vec2<f32> {
    return weights.x * lattice_point(to, row, column)
        + weights.y * lattice_point(to, row + 1u, column)
        + weights.z * lattice_point(to, row + 2u, column)
        + weights.w * lattice_point(to, row + 3u, column);
}

// Four points of a column from `row` on, added up by their weights.
fn lattice_column(to: Presentations, row: u32, weights: vec4<f32>, column: u32) -> Vectors {
    let a = weighted_points(to.a, row, weights, column);
    let b = weighted_points(to.b, row, weights, column);
    let c = weighted_points(to.c, row, weights, column);
    let d = weighted_points(to.d, row, weights, column);
    return Vectors(Samples(a.x, b.x, c.x, d.x), Samples(a.y, b.y, c.y, d.y));
}

// Four neighbouring columns, and the number of the next one.
struct Columns { a: Vectors, b: Vectors, c: Vectors, d: Vectors, next: u32 }

fn weighted_columns(columns: Columns, weights: vec4<f32>) -> Vectors {
    let x = weights.x * columns.a.x + weights.y * columns.b.x
        + weights.z * columns.c.x + weights.w * columns.d.x;
    let y = weights.x * columns.a.y + weights.y * columns.b.y
        + weights.z * columns.c.y + weights.w * columns.d.y;
    return Vectors(LATTICE_BOUND * x, LATTICE_BOUND * y);
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

// A unit of a sample's field, at (u, v) from the centre and displaced by (dx, dy).
fn distorted_unit(sample: u32, affine: Affine, u: f32, v: f32, dx: f32, dy: f32) -> f32 {
    if sample == NO_SAMPLE {
        return BACKGROUND;
    }
    let centre = f32(IMAGE_SIDE - 1u) / 2.0;
    let x = affine.xx * u + affine.xy * v + affine.x + dx + centre;
    let y = affine.yx * u + affine.yy * v + affine.y + dy + centre;
    let left = floor(x);
    let top = floor(y);
    let column = i32(left);
    let row = i32(top);
    let upper = mix(ink_at(sample, row, column), ink_at(sample, row, column + 1), x - left);
    let lower = mix(ink_at(sample, row + 1, column), ink_at(sample, row + 1, column + 1), x - left);
    return BACKGROUND + (INK - BACKGROUND) * mix(upper, lower, y - top);
}

@compute @workgroup_size(64)
fn assemble_distorted(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    if id.x / FIELD_SIDE >= GROUPS {
        return;
    }
    let group = model * GROUPS + id.x / FIELD_SIDE;
    let numbers = selected[group];
    let to = Presentations(
        presentation_of(model, numbers.x), presentation_of(model, numbers.y),
        presentation_of(model, numbers.z), presentation_of(model, numbers.w),
    );
    let a = draw_affine(to.a);
    let b = draw_affine(to.b);
    let c = draw_affine(to.c);
    let d = draw_affine(to.d);
    let y = id.x % FIELD_SIDE;
    let lattice_y = f32(y + MARGIN) * POINTS_PER_PIXEL;
    let lattice_row = u32(lattice_y);
    let row_weights = splines(lattice_y - f32(lattice_row));
    var columns = Columns();
    if LATTICE_BOUND > 0.0 {
        columns = Columns(lattice_column(to, lattice_row, row_weights, 0u),
            lattice_column(to, lattice_row, row_weights, 1u),
            lattice_column(to, lattice_row, row_weights, 2u),
            lattice_column(to, lattice_row, row_weights, 3u), 4u);
    }
    let centre = f32(FIELD_SIDE - 1u) / 2.0;
    let v = f32(y) - centre;
    for (var x = 0u; x < FIELD_SIDE; x++) {
        let u = f32(x) - centre;
        var moved = Vectors();
        if LATTICE_BOUND > 0.0 {
            let lattice_x = f32(x + MARGIN) * POINTS_PER_PIXEL;
            let first = u32(lattice_x);
            // Points are more than a pixel apart: at most one new column per unit.
            if first + 4u > columns.next {
                let next = lattice_column(to, lattice_row, row_weights, columns.next);
                columns = Columns(columns.b, columns.c, columns.d, next, columns.next + 1u);
            }
            moved = weighted_columns(columns, splines(lattice_x - f32(first)));
        }
        fields[(group * FIELD_SIDE + y) * FIELD_SIDE + x] = Samples(
            distorted_unit(to.a.sample, a, u, v, moved.x.x, moved.y.x),
            distorted_unit(to.b.sample, b, u, v, moved.x.y, moved.y.y),
            distorted_unit(to.c.sample, c, u, v, moved.x.z, moved.y.z),
            distorted_unit(to.d.sample, d, u, v, moved.x.w, moved.y.w),
        );
    }
}
