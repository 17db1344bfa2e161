//! A kernel with the constants and the grid of one launch.

/// A kernel with its constants and its number of invocations; its buffers are still to be bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Shader and entry point, as in `conv.forward`.
    pub name: &'static str,
    /// Values of the shader's override constants.
    pub constants: Vec<(&'static str, f64)>,
    /// Invocations for one model, or for all of them if the kernel does not tell models apart.
    pub invocations: usize,
    /// Models trained side by side: the second dimension of the grid.
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

    /// The same kernel for `models` models at once. Their batches follow one another, and so do their
    /// partial sums; the weights of consecutive models are `weight_stride` values apart, their biases
    /// `bias_stride`.
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

    /// The same forward kernel, with the squashing of its output fused into it if `squashed`.
    pub fn squashing(mut self, squashed: bool) -> Self {
        self.constants.push(("SQUASHED", f64::from(squashed)));
        self
    }

    /// The same kernel of a gradient with respect to the input, taken on through the squashing of that
    /// input if it was `squashed`.
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
