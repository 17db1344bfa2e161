//! Cases of several models side by side, put together from cases of one model each: so the twin is
//! applied model by model, and nothing a model reads or writes may reach another one's place.

use super::{GUARD, Input, KernelCase, Output, Part, Values};

/// Parameters of one model start at multiples of as many values, as in training.
const PARAMETER_ALIGNMENT: usize = 64;

/// What all models read.
const SHARED: [&str; 7] = [
    "images",
    "data_labels",
    "first_kernel",
    "pairs",
    "first_reader",
    "readers",
    "couples",
];

/// Words from what one model has in the buffer `name` to what the next one has, `words` being how
/// many each has: parameters, and what is computed of them, are padded.
fn stride(name: &str, words: usize) -> usize {
    match name.starts_with("weight") || name.starts_with("bias") {
        true => words.next_multiple_of(PARAMETER_ALIGNMENT),
        false => words,
    }
}

impl KernelCase {
    /// The kernel launched once for several models, of which each has what it has in its own one of
    /// `cases`.
    ///
    /// # Panics
    /// If the cases differ in more than values.
    pub fn side_by_side(cases: Vec<Self>) -> Self {
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
        let (shape, tolerance) = (format!("{}, {models} models", first.shape), first.tolerance);
        let mut outputs: Vec<Vec<Output>> = Vec::new();
        outputs.resize_with(first.outputs.len(), Vec::new);
        for case in cases {
            for (output, of_models) in case.outputs.into_iter().zip(&mut outputs) {
                of_models.push(output);
            }
        }
        Self {
            kernel,
            shape,
            tolerance,
            inputs,
            outputs: outputs.into_iter().map(joined_outputs).collect(),
        }
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
    let joined = match SHARED.contains(&first.name) {
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
        values: Values::Integer(joined),
        room: first.room,
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
