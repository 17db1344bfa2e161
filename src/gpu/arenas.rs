//! The parameter arenas of several models as one, or other arrays in named ranges: [range][model][values].
//!
//! A range at offset o of one model's arena starts at o·M in that of M models, and each model's
//! part of it is as long as the range with its padding. So updates see one long array, the weights
//! of a layer of all models are one binding, and every range starts where a binding may start.

use super::View;
use crate::model::Range;

/// The places of model `model`'s part of `range`, padding included, in an arena of `models` models.
pub(super) fn part(range: &Range, model: usize, models: usize) -> std::ops::Range<usize> {
    let first = range.offset * models + model * range.padded_len();
    first..first + range.padded_len()
}

/// The places of `range` of all models in an arena of `models` models, without the last padding.
pub(super) fn span(range: &Range, models: usize) -> std::ops::Range<usize> {
    let last = part(range, models - 1, models).start;
    range.offset * models..last + range.len()
}

/// `range` of all models in `arena`, one of `models` models.
pub(super) fn view(range: &Range, models: usize, arena: &View) -> View {
    let span = span(range, models);
    arena.part(span.start * size_of::<f32>(), span.len() * size_of::<f32>())
}

/// Length of one model's arena with `ranges`.
pub(super) fn len(ranges: &[Range]) -> usize {
    ranges.last().map_or(0, |range| range.padded_span().end)
}

/// One arena made of `arenas`, each of which has `ranges`.
pub(crate) fn join<T: Copy + Default>(ranges: &[Range], arenas: &[&[T]]) -> Vec<T> {
    let models = arenas.len();
    let mut joined = vec![T::default(); len(ranges) * models];
    for range in ranges {
        for (model, arena) in arenas.iter().enumerate() {
            joined[part(range, model, models)].copy_from_slice(&arena[range.padded_span()]);
        }
    }
    joined
}

/// The arenas of the `models` models in `joined`.
pub(super) fn split(ranges: &[Range], joined: &[f32], models: usize) -> Vec<Vec<f32>> {
    let arena_of = |model| {
        let mut arena = vec![0.0; len(ranges)];
        for range in ranges {
            arena[range.padded_span()].copy_from_slice(&joined[part(range, model, models)]);
        }
        arena
    };
    (0..models).map(arena_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choices, Network, Parameters};

    /// Arenas of `models` models in which no two places hold the same number.
    fn numbered(parameters: &Parameters, models: usize) -> Vec<Vec<f32>> {
        let arena_len = parameters.arena_len();
        (0..models)
            .map(|model| {
                (0..arena_len)
                    .map(|i| (model * arena_len + i) as f32)
                    .collect()
            })
            .collect()
    }

    fn joined(parameters: &Parameters, arenas: &[Vec<f32>]) -> Vec<f32> {
        let arenas: Vec<&[f32]> = arenas.iter().map(Vec::as_slice).collect();
        join(parameters.ranges(), &arenas)
    }

    #[test]
    fn what_is_joined_splits_into_what_it_was() {
        for choices in [Choices::default(), Choices::lenet1()] {
            let parameters = Parameters::of(&Network::of(choices));
            for models in [1, 2, 3, 7] {
                let arenas = numbered(&parameters, models);
                let joined = joined(&parameters, &arenas);
                assert_eq!(split(parameters.ranges(), &joined, models), arenas);
            }
        }
    }

    #[test]
    fn the_arena_of_one_model_stays_as_it_is() {
        let parameters = Parameters::of(&Network::of(Choices::default()));
        let arenas = numbered(&parameters, 1);
        assert_eq!(joined(&parameters, &arenas), arenas[0]);
    }

    #[test]
    fn a_range_of_all_models_is_one_piece() {
        let parameters = Parameters::of(&Network::of(Choices::default()));
        let arenas = numbered(&parameters, 3);
        let joined = joined(&parameters, &arenas);
        let (weight, _) = parameters.of_layer(2).unwrap();
        for (model, arena) in arenas.iter().enumerate() {
            let first = 3 * weight.offset + model * weight.padded_len();
            assert_eq!(joined[first..][..weight.len()], arena[weight.span()]);
        }
    }
}
