//! One case of an adapter, and how a kernel is run by itself.

mod side_by_side;

use bytemuck::cast_slice;

use super::NetworkCase;
use super::Subject;
use super::compare::{Outcome, Tolerance};
use crate::gpu::{
    Device, Dispatch, GpuError, Kernel, Plan, Shader, View, deinterleave, interleave,
};

/// Words before and after every output that no kernel may touch.
pub(super) const GUARD_WORDS: usize = 64;
/// What guard words hold: a quiet NaN that no computation makes.
pub(super) const GUARD: u32 = 0x7fde_adbe;
/// What outputs hold before the kernel runs: NaN, or an impossible integer.
pub(super) const UNWRITTEN: u32 = 0x7fc0_0001;

/// One case of an adapter.
pub enum Case {
    /// One kernel on one shape.
    Kernel(KernelCase),
    /// A whole network.
    Network(NetworkCase),
}

impl Case {
    /// Kernel or network, and what it is run on.
    pub fn name(&self) -> String {
        match self {
            Self::Kernel(case) => case.name(),
            Self::Network(case) => case.name(),
        }
    }

    /// How far off values may be.
    pub fn tolerance(&self) -> Tolerance {
        match self {
            Self::Kernel(case) => case.tolerance,
            Self::Network(case) => case.tolerance(),
        }
    }

    /// Runs the check.
    ///
    /// # Errors
    /// If the adapter fails altogether; a wrong result is an outcome, not an error.
    pub fn run(&self, device: &Device) -> Result<Outcome, GpuError> {
        match self {
            Self::Kernel(case) => case.run(device),
            Self::Network(case) => case.run(Subject::Adapter(device)),
        }
    }
}

/// A buffer's values, by type.
enum Values {
    Float(Vec<f32>),
    Integer(Vec<u32>),
}

impl Values {
    fn words(&self) -> &[u32] {
        match self {
            Self::Float(values) => cast_slice(values),
            Self::Integer(values) => values,
        }
    }
}

/// A buffer the kernel reads.
struct Input {
    name: &'static str,
    values: Values,
    /// Words to bind at least. What is behind the values is not read.
    room: usize,
}

impl Input {
    fn new(name: &'static str, values: Values) -> Self {
        Self {
            name,
            values,
            room: 0,
        }
    }

    fn bound_words(&self) -> Vec<u32> {
        let mut words = self.values.words().to_vec();
        words.resize(words.len().max(self.room), GUARD);
        words
    }
}

/// A buffer the kernel writes, and what should be in it afterwards. What lies between its parts must
/// not be touched.
struct Output {
    name: &'static str,
    parts: Vec<Part>,
    /// Words in the buffer.
    words: usize,
}

/// What a model should have in an output.
struct Part {
    /// Its first word.
    first: usize,
    words: usize,
    /// What it holds beforehand, where the kernel reads it too.
    initial: Option<Vec<u32>>,
    expected: Expected,
}

enum Expected {
    /// Values in the order of the buffer.
    Plain(Vec<f64>),
    /// Values [sample][unit] of a grouped tensor.
    Grouped { values: Vec<f64>, units: usize },
    /// Numbers and integers at the given places only.
    Mixed {
        floats: Vec<(usize, f64)>,
        integers: Vec<(usize, u32)>,
    },
}

/// One kernel on one shape, with what it reads and what the reference makes of it.
pub struct KernelCase {
    kernel: Kernel,
    shape: String,
    tolerance: Tolerance,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

impl KernelCase {
    /// A case of `kernel` on what `shape` describes.
    pub fn new(kernel: Kernel, shape: String, tolerance: Tolerance) -> Self {
        Self {
            kernel,
            shape,
            tolerance,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Kernel and shape.
    pub fn name(&self) -> String {
        format!("{} {}", self.kernel.name, self.shape)
    }

    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Binds `values` as they are.
    pub fn reads(mut self, name: &'static str, values: &[f32]) -> Self {
        let values = Values::Float(values.to_vec());
        self.inputs.push(Input::new(name, values));
        self
    }

    /// Binds `values` in a buffer of `room` values.
    pub fn reads_in_room(mut self, name: &'static str, values: &[f32], room: usize) -> Self {
        let values = Values::Float(values.to_vec());
        self.inputs.push(Input { name, values, room });
        self
    }

    /// Binds integers.
    pub fn reads_integers(mut self, name: &'static str, values: &[u32]) -> Self {
        let values = Values::Integer(values.to_vec());
        self.inputs.push(Input::new(name, values));
        self
    }

    /// Binds `values` [sample][unit] as a grouped tensor.
    pub fn reads_grouped(self, name: &'static str, values: &[f32], units: usize) -> Self {
        let grouped = interleave(values, units);
        self.reads(name, &grouped)
    }

    /// Expects `values`.
    pub fn writes(self, name: &'static str, values: Vec<f64>) -> Self {
        let words = values.len();
        self.with_output(name, words, None, Expected::Plain(values))
    }

    /// Expects `values` where `initial` was.
    pub fn updates(self, name: &'static str, initial: &[f32], values: Vec<f64>) -> Self {
        let initial = cast_slice(initial).to_vec();
        let words = values.len();
        self.with_output(name, words, Some(initial), Expected::Plain(values))
    }

    /// Expects `values` [sample][unit] in a grouped tensor.
    pub fn writes_grouped(self, name: &'static str, values: Vec<f64>, units: usize) -> Self {
        let samples = values.len() / units;
        let words = crate::gpu::group_count(samples) * units * crate::gpu::GROUP;
        self.with_output(name, words, None, Expected::Grouped { values, units })
    }

    /// Expects the integers `values`, given with their places, in a buffer of `words` words that
    /// holds `initial` beforehand.
    pub fn writes_integers(
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
    pub fn writes_mixed(
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
        let part = Part {
            first: 0,
            words,
            initial,
            expected,
        };
        self.outputs.push(Output {
            name,
            parts: vec![part],
            words,
        });
        self
    }

    /// Runs the kernel and compares everything it wrote.
    ///
    /// # Errors
    /// If the adapter fails altogether.
    pub fn run(&self, device: &Device) -> Result<Outcome, GpuError> {
        self.run_dispatch(device, |kernel, buffers| {
            Dispatch::new(device, kernel, buffers)
        })
    }

    /// As [`KernelCase::run`], from `shader` in place of the kernel's own.
    ///
    /// # Errors
    /// If its text is not valid WGSL or the adapter fails altogether.
    pub fn run_with_shader(&self, device: &Device, shader: &Shader) -> Result<Outcome, GpuError> {
        self.run_dispatch(device, |kernel, buffers| {
            Dispatch::with_shader(device, kernel, shader, buffers)
        })
    }

    fn run_dispatch(
        &self,
        device: &Device,
        dispatch: impl FnOnce(Kernel, &[(&str, &View)]) -> Result<Dispatch, GpuError>,
    ) -> Result<Outcome, GpuError> {
        let inputs = self
            .inputs
            .iter()
            .map(|input| Ok((input.name, device.upload(input.name, &input.bound_words())?)))
            .collect::<Result<Vec<_>, GpuError>>()?;
        let guarded = self
            .outputs
            .iter()
            .map(|output| Ok((output, device.upload(output.name, &output.guarded_words())?)))
            .collect::<Result<Vec<_>, GpuError>>()?;
        // The guard words behind an output belong to the binding: bounds checks of the driver
        // must not hide a kernel that writes too far.
        let views: Vec<(&str, View)> = guarded
            .iter()
            .map(|(output, view)| {
                let bytes = (output.words + GUARD_WORDS) * size_of::<u32>();
                (
                    output.name,
                    view.part(GUARD_WORDS * size_of::<u32>(), bytes),
                )
            })
            .chain(inputs)
            .collect();
        let buffers: Vec<(&str, &View)> = views.iter().map(|(name, view)| (*name, view)).collect();
        let mut plan = Plan::default();
        plan.push_dispatch(dispatch(self.kernel.clone(), &buffers)?);
        plan.run(device)?;
        let mut outcome = Outcome::default();
        for (output, view) in &guarded {
            output.compare(&device.read::<u32>(view)?, &self.tolerance, &mut outcome);
        }
        Ok(outcome)
    }
}

impl Output {
    /// The buffer before the kernel runs: guard, parts with guard between them, guard.
    fn guarded_words(&self) -> Vec<u32> {
        let mut words = vec![GUARD; self.words + 2 * GUARD_WORDS];
        for part in &self.parts {
            let unwritten = vec![UNWRITTEN; part.words];
            let values = part.initial.as_ref().unwrap_or(&unwritten);
            words[GUARD_WORDS + part.first..][..part.words].copy_from_slice(values);
        }
        words
    }

    fn compare(&self, guarded: &[u32], tolerance: &Tolerance, outcome: &mut Outcome) {
        let (before, rest) = guarded.split_at(GUARD_WORDS);
        let (words, after) = rest.split_at(self.words);
        let mut between = words.to_vec();
        for part in &self.parts {
            between[part.first..][..part.words].fill(GUARD);
        }
        for (side, guard) in [
            ("before", before),
            ("behind", after),
            ("between models of", &between),
        ] {
            if guard.iter().any(|&word| word != GUARD) {
                outcome.overwritten.push(format!("{side} {}", self.name));
            }
        }
        for (model, part) in self.parts.iter().enumerate() {
            let of_model = match self.parts.len() {
                1 => String::new(),
                _ => format!("[model {model}]"),
            };
            let words = &words[part.first..][..part.words];
            part.compare(self.name, &of_model, words, tolerance, outcome);
        }
    }
}

impl Part {
    fn compare(
        &self,
        name: &str,
        model: &str,
        words: &[u32],
        tolerance: &Tolerance,
        outcome: &mut Outcome,
    ) {
        match &self.expected {
            Expected::Plain(expected) => {
                for (i, (&computed, &expected)) in cast_slice::<u32, f32>(words)
                    .iter()
                    .zip(expected)
                    .enumerate()
                {
                    let index = || format!("{model}[{i}]");
                    outcome.compare(name, index, computed.into(), expected, tolerance);
                }
            }
            Expected::Grouped { values, units } => {
                let computed = deinterleave(cast_slice(words), *units, values.len() / units);
                for (i, (&computed, &expected)) in computed.iter().zip(values).enumerate() {
                    let computed: f32 = computed;
                    let index = || format!("{model}[{}][{}]", i / units, i % units);
                    outcome.compare(name, index, computed.into(), expected, tolerance);
                }
            }
            Expected::Mixed { floats, integers } => {
                for &(place, expected) in floats {
                    let computed = f32::from_bits(words[place]);
                    let index = || format!("{model}[{place}]");
                    outcome.compare(name, index, computed.into(), expected, tolerance);
                }
                for &(place, expected) in integers {
                    let (computed, index) = (words[place], || format!("{model}[{place}]"));
                    let exact = &Tolerance::EXACT;
                    outcome.compare(name, index, computed.into(), expected.into(), exact);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output of `models` models, two values each and one between them.
    fn output(models: usize) -> Output {
        let part = |model| Part {
            first: 3 * model,
            words: 2,
            initial: None,
            expected: Expected::Plain(vec![1.0, 2.0]),
        };
        Output {
            name: "output",
            parts: (0..models).map(part).collect(),
            words: 3 * models - 1,
        }
    }

    fn outcome_of(output: &Output, words: &[u32]) -> Outcome {
        let mut outcome = Outcome::default();
        output.compare(words, &Tolerance::EXACT, &mut outcome);
        outcome
    }

    #[test]
    fn right_values_between_whole_guards_pass() {
        for models in [1, 2] {
            let output = output(models);
            let mut words = output.guarded_words();
            for part in &output.parts {
                words[GUARD_WORDS + part.first] = 1f32.to_bits();
                words[GUARD_WORDS + part.first + 1] = 2f32.to_bits();
            }
            assert!(outcome_of(&output, &words).passed());
            for touched in [0, GUARD_WORDS - 1, GUARD_WORDS + 2, words.len() - 1] {
                let mut words = words.clone();
                words[touched] ^= 1;
                let outcome = outcome_of(&output, &words);
                assert_eq!(outcome.overwritten.len(), 1, "guard word {touched}");
            }
        }
    }

    #[test]
    fn unwritten_values_fail() {
        for models in [1, 2] {
            let output = output(models);
            let outcome = outcome_of(&output, &output.guarded_words());
            assert_eq!(outcome.off, 2 * models);
        }
    }
}
