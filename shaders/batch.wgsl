// The samples of a batch, and their pixels; twin of src/reference/batch.rs.
//
// select_samples: chooses the samples of this step; shared/selection.wgsl says which.
//
// assemble: writes the bytes into the middle of the field, 0 as BACKGROUND, 255 as INK; the border is
// background too.
//
// assemble_distorted: the same through a random map, by bilinear interpolation between the pixels of the
// picture; shared/distortion.wgsl says through which.
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
import package::shared::picture::{BACKGROUND, INK, IMAGE_SIDE, FIELD_SIDE, shade};
import package::shared::selection::{SAMPLES, steps_per_pass, batch_of, number_at};
import package::shared::distortion::{MARGIN, LATTICE_BOUND, POINTS_PER_PIXEL};
import package::shared::distortion::{Presentation, presentation_of, Affine, draw_affine};
import package::shared::distortion::{splines, weighted_points, place_shown};

// Groups in the first dimension of the grid.
override GROUPS: u32;
// Samples per step of each model.
override BATCH: u32;

// [model]; read and written by select_samples, which sets `count`.
@group(0) @binding(0) var<storage, read_write> progress: array<Progress>;
@group(0) @binding(1) var<storage, read> data_labels: array<u32>;
// version · SAMPLES + position in the data set; NO_SAMPLE beyond the end of the batch.
@group(0) @binding(2) var<storage, read_write> chosen: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> labels: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> images: array<u32>;
@group(0) @binding(5) var<storage, read> selected: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> fields: array<Samples>;

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
    let count = batch_of(step, BATCH);
    var samples = vec4(NO_SAMPLE);
    var answers = vec4(NO_SAMPLE);
    for (var i = 0u; i < 4u; i++) {
        let place = id.x * 4u + i;
        if place < count {
            let number = number_at(step, seed, BATCH, place);
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

// The presentations of a group, and vectors of its four samples.
struct Presentations { a: Presentation, b: Presentation, c: Presentation, d: Presentation }
struct Vectors { x: Samples, y: Samples }

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
    let shown = place_shown(affine, u, v, vec2(dx, dy));
    let left = floor(shown.x);
    let top = floor(shown.y);
    let column = i32(left);
    let row = i32(top);
    let upper = mix(ink_at(sample, row, column), ink_at(sample, row, column + 1), shown.x - left);
    let lower = mix(ink_at(sample, row + 1, column), ink_at(sample, row + 1, column + 1), shown.x - left);
    return shade(mix(upper, lower, shown.y - top));
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
    let pass_number = progress[model].step / steps_per_pass(BATCH);
    let seed = progress[model].seed;
    let to = Presentations(
        presentation_of(pass_number, seed, numbers.x), presentation_of(pass_number, seed, numbers.y),
        presentation_of(pass_number, seed, numbers.z), presentation_of(pass_number, seed, numbers.w),
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
