// A random map of a picture, drawn anew for every presentation of a sample from (seed, pass, sample) or,
// where versions are fixed, from (seed, version, sample); version 0 is the sample itself:
// src/reference/batch.rs has the twin. A unit at (u, v) from the centre of the field shows the picture at
//
//   SCALING · SHEARING · ROTATION · (u, v) + LINEAR · ( r₁u + r₂v, r₃u + r₄v ) + SHIFT · ( r₅, r₆ )
//   + the unit's elastic displacement,   r uniform in ±1
//
// Elastic displacements (Simard, Steinkraus and Platt 2003) are random vectors at the points of a
// lattice, smoothed by cubic B-splines.

import package::shared::picture::IMAGE_SIDE;
import package::shared::random_bits::mix_bits;
import package::shared::samples::NO_SAMPLE;
import package::shared::selection::{SAMPLES, VERSIONS};

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

// A presentation of a sample: seed, occasion (the pass, or the version), the random bits that elastic
// displacements are drawn from, and 1 if it is distorted, else 0.
struct Presentation { sample: u32, seed: u32, occasion: u32, key: u32, strength: f32 }

// Random bits number `k` of a sample on an occasion.
fn draw_bits(seed: u32, sample: u32, occasion: u32, k: u32) -> u32 {
    return mix_bits(seed ^ mix_bits(occasion ^ mix_bits(sample ^ mix_bits(k))));
}

// Version and sample `number`, as a model presents it in pass `pass_number`.
fn presentation_of(pass_number: u32, seed: u32, number: u32) -> Presentation {
    if number == NO_SAMPLE {
        return Presentation(NO_SAMPLE, 0u, 0u, 0u, 0.0);
    }
    let sample = number % SAMPLES;
    let version = number / SAMPLES;
    let occasion = select(version, pass_number, VERSIONS == 1u);
    let is_original = VERSIONS > 1u && version == 0u;
    let key = draw_bits(seed, sample, occasion, 11u);
    return Presentation(sample, seed, occasion, key, select(1.0, 0.0, is_original));
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

// The place in the picture, in pixels (x, y), that a unit at (u, v) from the centre of the field shows
// where it is displaced by `moved`.
fn place_shown(affine: Affine, u: f32, v: f32, moved: vec2<f32>) -> vec2<f32> {
    let centre = f32(IMAGE_SIDE - 1u) / 2.0;
    return vec2(
        affine.xx * u + affine.xy * v + affine.x + moved.x + centre,
        affine.yx * u + affine.yy * v + affine.y + moved.y + centre,
    );
}
