//! A kernel on one problem, and how it is run by itself.

use bytemuck::cast_slice;

use super::buffers::{Expected, Input, Output};
use crate::gpu::{
    Device, Dispatch, GROUP, GpuError, Kernel, Plan, Shader, View, group_count, interleave,
};
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::guard::GUARD_WORDS;
use crate::verify::samples::Samples;
use crate::verify::tensor::{Tensor, Values};

/// One kernel on one problem: what it reads, and what the reference makes of it.
#[derive(Clone)]
pub struct KernelCase {
    pub(super) kernel: Kernel,
    /// The name of the problem.
    pub(super) problem: String,
    /// How the kernel computes it, where there are several ways: its blocks, what is fused into it, for
    /// how many models.
    pub(super) ways: Vec<String>,
    pub(super) tolerance: Tolerance,
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
}

impl KernelCase {
    /// Words after the values of every buffer that are bound with them, and that no kernel may touch.
    pub const GUARD_WORDS: usize = GUARD_WORDS;

    /// A case of `kernel` on the problem named `problem`.
    pub(super) fn new(kernel: Kernel, problem: impl ToString, tolerance: Tolerance) -> Self {
        Self {
            kernel,
            problem: problem.to_string(),
            ways: Vec::new(),
            tolerance,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// The same, with a word on how the kernel computes the problem.
    pub(super) fn way(mut self, way: impl Into<String>) -> Self {
        self.ways.push(way.into());
        self
    }

    /// Kernel, problem, and how the kernel computes it.
    pub fn name(&self) -> String {
        let problem = [self.problem.clone()];
        let parts: Vec<String> = problem.into_iter().chain(self.ways.clone()).collect();
        format!("{} {}", self.kernel.name, parts.join(", "))
    }

    /// The name of the problem.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The buffers as they are bound, before the kernel runs: what it reads, then what it writes.
    pub fn inputs(&self) -> Vec<Tensor> {
        let read = self.inputs.iter().map(Input::bound);
        read.chain(self.outputs.iter().map(Output::bound_before))
            .collect()
    }

    /// How far off values may be.
    pub fn tolerance(&self) -> Tolerance {
        self.tolerance
    }

    /// Binds `values`.
    pub(super) fn reads(mut self, name: &'static str, values: &[f32]) -> Self {
        let values = Values::Float(values.to_vec());
        self.inputs.push(Input::new(name, values));
        self
    }

    /// Binds `values` and what comes after them, `least_words` values at least: a uniform binding has
    /// to be as large as its type, however little of it is used.
    pub(super) fn reads_padded(
        mut self,
        name: &'static str,
        values: &[f32],
        least_words: usize,
    ) -> Self {
        self.inputs.push(Input {
            name,
            values: Values::Float(values.to_vec()),
            least_words,
        });
        self
    }

    /// Binds integers.
    pub(super) fn reads_integers(mut self, name: &'static str, values: &[u32]) -> Self {
        let values = Values::Integer(values.to_vec());
        self.inputs.push(Input::new(name, values));
        self
    }

    /// Binds `samples` as a grouped tensor.
    pub(super) fn reads_grouped(self, name: &'static str, samples: &Samples) -> Self {
        self.reads(name, &interleave(&samples.values, samples.units))
    }

    /// Expects `values`.
    pub(super) fn writes(self, name: &'static str, values: Vec<f64>) -> Self {
        let words = values.len();
        self.with_output(name, words, None, Expected::Plain(values))
    }

    /// Expects `values` where `initial` was.
    pub(super) fn updates(self, name: &'static str, initial: &[f32], values: Vec<f64>) -> Self {
        let initial = cast_slice(initial).to_vec();
        let words = values.len();
        self.with_output(name, words, Some(initial), Expected::Plain(values))
    }

    /// Expects `samples` in a grouped tensor.
    pub(super) fn writes_grouped(self, name: &'static str, samples: Samples<f64>) -> Self {
        let words = group_count(samples.count()) * samples.units * GROUP;
        let Samples { values, units } = samples;
        self.with_output(name, words, None, Expected::Grouped { values, units })
    }

    /// Expects `samples` in a grouped tensor where `initial` was.
    pub(super) fn updates_grouped(
        self,
        name: &'static str,
        initial: &Samples,
        samples: Samples<f64>,
    ) -> Self {
        let initial: Vec<u32> = cast_slice(&interleave(&initial.values, initial.units)).to_vec();
        let Samples { values, units } = samples;
        let words = initial.len();
        self.with_output(
            name,
            words,
            Some(initial),
            Expected::Grouped { values, units },
        )
    }

    /// Expects the integers `values`, given with their places, in a buffer of `words` words that
    /// holds `initial` beforehand.
    pub(super) fn writes_integers(
        self,
        name: &'static str,
        initial: Option<Vec<u32>>,
        words: usize,
        values: Vec<(usize, u32)>,
    ) -> Self {
        let expected = Expected::Mixed {
            floats: Vec::new(),
            integers: values,
        };
        self.with_output(name, words, initial, expected)
    }

    /// Expects numbers and integers, given with their places, in a buffer of `words` words.
    pub(super) fn writes_mixed(
        self,
        name: &'static str,
        words: usize,
        floats: Vec<(usize, f64)>,
        integers: Vec<(usize, u32)>,
    ) -> Self {
        self.with_output(name, words, None, Expected::Mixed { floats, integers })
    }

    fn with_output(
        mut self,
        name: &'static str,
        words: usize,
        initial: Option<Vec<u32>>,
        expected: Expected,
    ) -> Self {
        self.outputs
            .push(Output::new(name, words, initial, expected));
        self
    }

    /// Whether the kernel and all that it reads are those of `other`.
    #[cfg(test)]
    pub(super) fn is_same_run(&self, other: &Self) -> bool {
        let inputs = |case: &Self| -> Vec<_> {
            let inputs = case.inputs.iter();
            inputs
                .map(|input| (input.name, input.guarded_words()))
                .collect()
        };
        self.kernel == other.kernel && inputs(self) == inputs(other)
    }

    /// Runs the kernel and compares everything it wrote.
    ///
    /// # Errors
    /// If the adapter fails altogether.
    pub async fn run(&self, device: &Device) -> Result<Outcome, GpuError> {
        self.run_dispatch(device, |kernel, buffers| {
            Dispatch::new(device, kernel, buffers)
        })
        .await
    }

    /// As [`KernelCase::run`], from `shader` in place of the kernel's own.
    ///
    /// # Errors
    /// If its text is not valid WGSL or the adapter fails altogether.
    pub async fn run_with_shader(
        &self,
        device: &Device,
        shader: &Shader,
    ) -> Result<Outcome, GpuError> {
        self.run_dispatch(device, |kernel, buffers| {
            Dispatch::with_shader(device, kernel, shader, buffers)
        })
        .await
    }

    /// As [`KernelCase::run_with_shader`], but compiled as the program's own shaders are, without wgpu's
    /// checks, which would keep a faulty shader from accessing what it should not.
    ///
    /// # Errors
    /// As [`KernelCase::run_with_shader`].
    ///
    /// # Safety
    /// All loops of `shader` must end, and no access may leave its arrays, or the values of a buffer by
    /// more than the [`KernelCase::GUARD_WORDS`] words after them.
    pub async unsafe fn run_with_unchecked_shader(
        &self,
        device: &Device,
        shader: &Shader,
    ) -> Result<Outcome, GpuError> {
        self.run_dispatch(device, |kernel, buffers| {
            // SAFETY: the caller's; the guard words after its values belong to a buffer's binding.
            unsafe { Dispatch::with_unchecked_shader(device, kernel, shader, buffers) }
        })
        .await
    }

    async fn run_dispatch(
        &self,
        device: &Device,
        dispatch: impl FnOnce(Kernel, &[(&str, &View)]) -> Result<Dispatch, GpuError>,
    ) -> Result<Outcome, GpuError> {
        let inputs = self
            .inputs
            .iter()
            .map(|input| {
                Ok((
                    input.name,
                    device.upload(input.name, &input.guarded_words())?,
                ))
            })
            .collect::<Result<Vec<_>, GpuError>>()?;
        let outputs = self
            .outputs
            .iter()
            .map(|output| {
                Ok((
                    output.name,
                    device.upload(output.name, &output.guarded_words())?,
                ))
            })
            .collect::<Result<Vec<_>, GpuError>>()?;
        let views: Vec<(&str, View)> = inputs
            .iter()
            .chain(&outputs)
            .map(|(name, buffer)| (*name, from_first_value(buffer)))
            .collect();
        let buffers: Vec<(&str, &View)> = views.iter().map(|(name, view)| (*name, view)).collect();
        let mut plan = Plan::default();
        plan.push_dispatch(dispatch(self.kernel.clone(), &buffers)?);
        plan.run(device).await?;
        let mut outcome = Outcome::default();
        for (output, (_, buffer)) in self.outputs.iter().zip(&outputs) {
            let words = device.read::<u32>(buffer).await?;
            output.compare(&words, &self.tolerance, &mut outcome);
        }
        Ok(outcome)
    }
}

/// What a kernel is given of a guarded buffer: values and the guard words after them. Bounds checks
/// of the driver would hide that it reads or writes too far if these did not belong to the binding.
fn from_first_value(buffer: &View) -> View {
    const GUARD_BYTES: usize = GUARD_WORDS * size_of::<u32>();
    buffer.part(GUARD_BYTES, buffer.size() as usize - GUARD_BYTES)
}
