//! Cases of several models in one launch, put together from cases of one model each: the twin is
//! applied model by model, and nothing a model reads or writes may belong to another.

use super::buffers::{Input, Output, Part};
use super::case::KernelCase;
use crate::verify::guard::GUARD;

/// Parameters of one model start at multiples of as many values, as in training.
const PARAMETER_ALIGNMENT: usize = 64;

/// Buffers that all models read.
const SHARED: [&str; 10] = [
    "images",
    "data_labels",
    "first_kernel",
    "pairs",
    "first_reader",
    "readers",
    "couples",
    "blocks",
    "places",
    "teams",
];

/// Words from one model's part of the buffer `name` to the next one's, each of `words` words: the
/// parts of parameters, and of what is computed of parameters, are padded.
fn stride(name: &str, words: usize) -> usize {
    let padded = ["weight", "bias", "mean", "inverses"];
    match padded.iter().any(|start| name.starts_with(start)) {
        true => words.next_multiple_of(PARAMETER_ALIGNMENT),
        false => words,
    }
}

/// The cases that `cases_of` gives for each of `models` models, one launch for all models.
pub fn in_one_launch(
    models: usize,
    cases_of: impl Fn(usize) -> Vec<KernelCase>,
) -> Vec<KernelCase> {
    let mut of_models: Vec<_> = (0..models)
        .map(|model| cases_of(model).into_iter())
        .collect();
    let mut next =
        || -> Vec<KernelCase> { of_models.iter_mut().filter_map(Iterator::next).collect() };
    std::iter::from_fn(|| Some(next()).filter(|cases| !cases.is_empty()))
        .map(KernelCase::side_by_side)
        .collect()
}

impl KernelCase {
    /// The kernel launched once for several models, with the data of each from its own one of
    /// `cases`.
    ///
    /// # Panics
    /// If the cases differ in more than values.
    fn side_by_side(cases: Vec<Self>) -> Self {
        let (models, first) = (cases.len(), &cases[0]);
        assert!(cases.iter().all(|case| case.kernel == first.kernel));
        let kernel = first.kernel.clone().side_by_side(
            models,
            first.stride_of("weight"),
            first.stride_of("bias"),
        );
        let inputs = (0..first.inputs.len()).map(|index| {
            let inputs: Vec<&Input> = cases.iter().map(|case| &case.inputs[index]).collect();
            joined_inputs(&inputs)
        });
        let inputs = inputs.collect();
        let (problem, tolerance) = (first.problem.clone(), first.tolerance);
        let ways = first.ways.clone();
        let mut outputs: Vec<Vec<Output>> = Vec::new();
        outputs.resize_with(first.outputs.len(), Vec::new);
        for case in cases {
            for (output, of_models) in case.outputs.into_iter().zip(&mut outputs) {
                of_models.push(output);
            }
        }
        Self {
            kernel,
            problem,
            ways,
            tolerance,
            inputs,
            outputs: outputs.into_iter().map(joined_outputs).collect(),
        }
        .way(format!("{models} models"))
    }

    /// The stride of the buffers whose name starts with `name`; 0 if there is none.
    fn stride_of(&self, name: &str) -> usize {
        let inputs = self.inputs.iter();
        let outputs = self
            .outputs
            .iter()
            .map(|output| (output.name, output.words));
        inputs
            .map(|input| (input.name, input.values.words().len()))
            .chain(outputs)
            .find(|(buffer, _)| buffer.starts_with(name))
            .map_or(0, |(buffer, words)| stride(buffer, words))
    }
}

fn joined_inputs(inputs: &[&Input]) -> Input {
    let first = inputs[0];
    let words = first.values.words();
    let joined: Vec<u32> = match SHARED.contains(&first.name) {
        true => {
            assert!(inputs.iter().all(|input| input.values.words() == words));
            words.to_vec()
        }
        false => {
            let stride = stride(first.name, words.len());
            let padded = |input: &&Input| {
                let mut words = input.values.words().to_vec();
                words.resize(stride, GUARD);
                words
            };
            inputs.iter().flat_map(padded).collect()
        }
    };
    Input {
        name: first.name,
        values: first.values.of_same_type(&joined),
        least_words: first.least_words,
    }
}

fn joined_outputs(outputs: Vec<Output>) -> Output {
    let (name, words) = (outputs[0].name, outputs[0].words);
    let stride = stride(name, words);
    let total = (outputs.len() - 1) * stride + words;
    let parts = outputs.into_iter().enumerate().flat_map(|(model, output)| {
        output.parts.into_iter().map(move |part| Part {
            first: model * stride + part.first,
            ..part
        })
    });
    Output {
        name,
        parts: parts.collect(),
        words: total,
    }
}
