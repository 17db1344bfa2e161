// Which samples a step presents: src/reference/batch.rs has the twin.
//
// A pass presents every sample once, in an order that is a permutation computed from (seed, pass)
// without a table: a Feistel network of six rounds over 2h bits, 4^h ≥ samples, whose results beyond
// the last sample go through it again (cycle walking). Where each sample has several versions, fixed for
// the whole run, the permutation is of all versions of all samples; a pass presents as many of them as
// there are samples, and a new permutation begins when all have been presented. Version and sample are
// one number: version · SAMPLES + sample.

import package::shared::random_bits::mix_bits;

const ROUNDS = 6u;

// Number of samples in the data set.
override SAMPLES: u32;
// Versions of each sample.
override VERSIONS: u32;
// h
override HALF_BITS: u32;
// Whether to shuffle, or to take the samples in order.
override SHUFFLE: bool;

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

// `batch` is the number of samples per step.
fn steps_per_pass(batch: u32) -> u32 {
    return (SAMPLES + batch - 1u) / batch;
}

// The number of samples in the batch of step `step`: the last one of a pass may be smaller.
fn batch_of(step: u32, batch: u32) -> u32 {
    return min(batch, SAMPLES - step % steps_per_pass(batch) * batch);
}

// Version and sample at place `place` of the batch of step `step`, which has so many.
fn number_at(step: u32, seed: u32, batch: u32, place: u32) -> u32 {
    let steps = steps_per_pass(batch);
    let presented = step / steps * SAMPLES + step % steps * batch + place;
    let number = presented % (SAMPLES * VERSIONS);
    if SHUFFLE {
        return permute(seed, number, presented / (SAMPLES * VERSIONS));
    }
    return number;
}
