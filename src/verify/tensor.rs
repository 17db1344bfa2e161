//! What a case is given and what it leaves, by name and shape, for whoever wants to look at it outside
//! the program.

use bytemuck::cast_slice;

use super::samples::Samples;

/// Values, by type.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers.
    Float(Vec<f32>),
    /// Integers, or words of several types.
    Integer(Vec<u32>),
}

impl Values {
    /// The words they are stored as.
    pub fn words(&self) -> &[u32] {
        match self {
            Self::Float(values) => cast_slice(values),
            Self::Integer(values) => values,
        }
    }

    /// `words` as values of the type of these.
    pub(super) fn of_same_type(&self, words: &[u32]) -> Self {
        match self {
            Self::Float(_) => Self::Float(cast_slice(words).to_vec()),
            Self::Integer(_) => Self::Integer(words.to_vec()),
        }
    }
}

/// Values with a name and a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name: a buffer's in the shader, or that of a quantity in a problem.
    pub name: String,
    /// Its length in every dimension, the slowest first.
    pub shape: Vec<usize>,
    /// The values in that order.
    pub values: Values,
}

impl Tensor {
    /// Values [value].
    pub(super) fn new(name: &str, values: Values) -> Self {
        Self {
            name: name.to_owned(),
            shape: vec![values.words().len()],
            values,
        }
    }
}

/// A quantity of a problem.
pub(super) trait Quantity {
    /// The quantity as a tensor called `name`.
    fn tensor(&self, name: &str) -> Tensor;
}

impl Quantity for Samples {
    fn tensor(&self, name: &str) -> Tensor {
        Tensor {
            shape: vec![self.count(), self.units],
            ..self.values.tensor(name)
        }
    }
}

impl Quantity for Vec<f32> {
    fn tensor(&self, name: &str) -> Tensor {
        Tensor::new(name, Values::Float(self.clone()))
    }
}

impl Quantity for Vec<u32> {
    fn tensor(&self, name: &str) -> Tensor {
        Tensor::new(name, Values::Integer(self.clone()))
    }
}

impl Quantity for Vec<u8> {
    fn tensor(&self, name: &str) -> Tensor {
        let values = self.iter().map(|&value| value.into()).collect();
        Tensor::new(name, Values::Integer(values))
    }
}

/// A problem that can show the data it is made of.
pub(super) trait Inputs {
    /// The data, quantity after quantity.
    fn tensors(&self) -> Vec<Tensor>;
}

/// Lets a problem show the fields that are named.
macro_rules! inputs {
    ($problem:ty { $($quantity:ident),+ $(,)? }) => {
        impl $crate::verify::tensor::Inputs for $problem {
            fn tensors(&self) -> Vec<$crate::verify::tensor::Tensor> {
                use $crate::verify::tensor::Quantity;
                vec![$(self.$quantity.tensor(stringify!($quantity))),+]
            }
        }
    };
}

pub(super) use inputs;

#[cfg(test)]
mod tests {
    use super::*;

    struct Problem {
        x: Samples,
        labels: Vec<u8>,
    }

    inputs!(Problem { x, labels });

    #[test]
    fn a_problem_shows_its_quantities_with_their_shapes() {
        let problem = Problem {
            x: Samples::new([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3),
            labels: vec![7, 2],
        };
        let [x, labels] = problem.tensors().try_into().unwrap();
        assert_eq!((&*x.name, &*x.shape), ("x", &[2, 3][..]));
        assert_eq!(x.values, Values::Float(problem.x.values));
        assert_eq!((&*labels.name, &*labels.shape), ("labels", &[2][..]));
        assert_eq!(labels.values, Values::Integer(vec![7, 2]));
    }
}
