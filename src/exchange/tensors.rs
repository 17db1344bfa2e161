//! Parameters as the tensors of other programs.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{ConnectionTable, KERNEL, Layer, Network, Operation, Parameters, Range};

/// A tensor of a file.
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Its values in that order, or why they cannot be used, as what follows its name.
    pub values: Result<Vec<f32>, String>,
}

/// What is wrong with the tensors of a file, as a sentence of its own.
pub enum Fault {
    /// A name, a shape or a connection that this network has not, but another may have.
    Network(String),
    /// Something that is wrong for every network.
    Values(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Network(text) | Self::Values(text)) = self;
        f.write_str(text)
    }
}

/// How other programs lay out a range of parameters.
struct Layout<'a> {
    /// Dimensions, outermost first.
    shape: Vec<usize>,
    /// Consecutive values of the range that are consecutive there, too.
    block: usize,
    /// Where each block begins there. All other places hold 0.
    starts: Vec<usize>,
    /// The connections that `starts` follow, where there are any.
    table: Option<&'a ConnectionTable>,
}

impl<'a> Layout<'a> {
    /// The weights of a convolution are [output map, input map, row, column], with a kernel of 0 for a pair
    /// of maps that is not joined; everything else is as it is in the arena.
    fn of(layer: &'a Layer, range: &Range) -> Self {
        match &layer.operation {
            Operation::Convolution(table) if range.shape.ends_with(&[KERNEL, KERNEL]) => {
                let (outputs, inputs) = (table.outputs(), table.inputs());
                let block = KERNEL * KERNEL;
                let pairs = table.pairs();
                Self {
                    shape: vec![outputs, inputs, KERNEL, KERNEL],
                    block,
                    starts: pairs
                        .map(|pair| (pair.output * inputs + pair.input) * block)
                        .collect(),
                    table: Some(table),
                }
            }
            _ => Self {
                shape: range.shape.clone(),
                block: range.len(),
                starts: vec![0],
                table: None,
            },
        }
    }

    /// The tensor that has the `values` of the range.
    fn spread(&self, values: &[f32]) -> Vec<f32> {
        let mut tensor = vec![0.0; self.shape.iter().product()];
        for (&start, block) in self.starts.iter().zip(values.chunks(self.block)) {
            tensor[start..start + self.block].copy_from_slice(block);
        }
        tensor
    }

    /// The values of the range in a `tensor` of this layout, or what is in a place where 0 has to be.
    fn gather(&self, tensor: &[f32]) -> Result<Vec<f32>, String> {
        let blocks = tensor.chunks(self.block).enumerate();
        for (place, block) in blocks {
            let stray = block.iter().find(|&&value| value != 0.0);
            if let Some(value) = stray.filter(|_| !self.starts.contains(&(place * self.block))) {
                return Err(self.unjoined(place, *value));
            }
        }
        let blocks = self.starts.iter().map(|&start| &tensor[start..]);
        Ok(blocks
            .flat_map(|from| &from[..self.block])
            .copied()
            .collect())
    }

    /// What is wrong with `value` in the block at `place`.
    fn unjoined(&self, place: usize, value: f32) -> String {
        let inputs = self.table.map_or(1, ConnectionTable::inputs);
        format!(
            "joins output map {} to input map {} with {value}, where the connection table has no connection \
             and a weight must be 0",
            place / inputs,
            place % inputs
        )
    }
}

/// The parameters of `network` in `arena` as other programs lay them out: name, shape and values of each, in
/// the order of the layers.
pub fn tensors_of(network: &Network, arena: &[f32]) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let parameters = Parameters::of(network);
    let tensor = |range: &Range| {
        let layout = Layout::of(&network.layers()[range.layer], range);
        let values = layout.spread(&arena[range.span()]);
        (range.name.clone(), layout.shape, values)
    };
    parameters.ranges().iter().map(tensor).collect()
}

/// The parameters of `network` in `tensors`, which have to be these and no others. The kernels of a
/// convolution may also be those of the pairs that are joined alone, [pair, row, column], as in this program's
/// own files.
///
/// # Errors
/// All that is wrong.
pub fn arena_of(network: &Network, tensors: Vec<Tensor>) -> Result<Vec<f32>, Vec<Fault>> {
    let (mut found, mut faults) = by_name(tensors);
    let parameters = Parameters::of(network);
    let mut arena = vec![0.0; parameters.arena_len()];
    for range in parameters.ranges() {
        let values = match found.remove(&range.name) {
            Some(tensor) => values_of(&network.layers()[range.layer], range, tensor),
            None => Err(Fault::Network(format!("{} is missing", range.name))),
        };
        match values {
            Ok(values) => arena[range.span()].copy_from_slice(&values),
            Err(fault) => faults.push(fault),
        }
    }
    let unknown = found.into_keys();
    faults.extend(unknown.map(|name| Fault::Network(format!("'{name}' is no parameter of it"))));
    match faults.is_empty() {
        true => Ok(arena),
        false => Err(faults),
    }
}

/// `tensors` by their names, and those names that there are several of.
fn by_name(tensors: Vec<Tensor>) -> (BTreeMap<String, Tensor>, Vec<Fault>) {
    let (mut found, mut faults) = (BTreeMap::new(), Vec::new());
    for tensor in tensors {
        if let Some(first) = found.insert(tensor.name.clone(), tensor) {
            let fault = format!("{} is there more than once", first.name);
            faults.push(Fault::Values(fault));
        }
    }
    (found, faults)
}

/// The values of `range`, a parameter of `layer`, in `tensor`, or what is wrong with that.
fn values_of(layer: &Layer, range: &Range, tensor: Tensor) -> Result<Vec<f32>, Fault> {
    let name = &range.name;
    let values = tensor
        .values
        .map_err(|fault| Fault::Values(format!("{name} {fault}")))?;
    let layout = Layout::of(layer, range);
    let is_spread = tensor.shape == layout.shape;
    if !is_spread && tensor.shape != range.shape {
        let (found, expected) = (tensor.shape, layout.shape);
        return Err(Fault::Network(format!(
            "{name} has the shape {found:?}, expected {expected:?}"
        )));
    }
    let odd = values.iter().enumerate().find(|(_, v)| !v.is_finite());
    if let Some((place, value)) = odd {
        return Err(Fault::Values(format!(
            "{name} holds {value} in place {place}, which is no finite number"
        )));
    }
    match is_spread {
        true => layout
            .gather(&values)
            .map_err(|fault| Fault::Network(format!("{name} {fault}"))),
        false => Ok(values),
    }
}
