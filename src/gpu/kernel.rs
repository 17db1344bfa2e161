//! A kernel with the constants and the grid of one launch.

/// A kernel with its constants and its number of invocations; what it reads and writes is still
/// to be bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Shader and entry point, as in `conv.forward`.
    pub name: &'static str,
    /// Values of the shader's override constants.
    pub constants: Vec<(&'static str, f64)>,
    /// Invocations needed for one model, or for all where it does not tell them apart.
    pub invocations: usize,
    /// Models side by side: the second dimension of the grid.
    pub models: usize,
}

impl Kernel {
    pub(super) fn new(
        name: &'static str,
        invocations: usize,
        constants: impl IntoIterator<Item = (&'static str, usize)>,
    ) -> Self {
        Self {
            name,
            constants: constants
                .into_iter()
                .map(|(name, value)| (name, value as f64))
                .collect(),
            invocations,
            models: 1,
        }
    }

    /// The same kernel for `models` models at once. Each has a batch and partial sums of its own,
    /// one behind the other; from one model's weights to the next one's it is `weight_stride`
    /// values, from biases to biases `bias_stride`.
    pub fn side_by_side(mut self, models: usize, weight_stride: usize, bias_stride: usize) -> Self {
        if models > 1 {
            self.models = models;
            self.constants.extend([
                ("MODELS", models as f64),
                ("WEIGHT_STRIDE", weight_stride as f64),
                ("BIAS_STRIDE", bias_stride as f64),
            ]);
        }
        self
    }

    /// The same kernel, which squashes its output if `squashed`.
    pub fn squashing(mut self, squashed: bool) -> Self {
        self.constants.push(("SQUASHED", f64::from(squashed)));
        self
    }

    /// The same kernel of a gradient with respect to the input, which goes on through the squashing of that
    /// input if `squashed`.
    pub fn after_squashing(mut self, squashed: bool) -> Self {
        self.constants.push(("INPUT_SQUASHED", f64::from(squashed)));
        self
    }

    /// Stem of the shader.
    pub fn shader(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Name of the entry point.
    pub fn entry_point(&self) -> &'static str {
        self.name.split('.').nth(1).unwrap_or_default()
    }
}
