//! The buffers of a kernel: what it reads, and what it must have written.

use bytemuck::cast_slice;

use crate::gpu::deinterleave;
use crate::verify::compare::{Outcome, Tolerance};
use crate::verify::guard::{GUARD, GUARD_WORDS, UNWRITTEN};
use crate::verify::tensor::{Tensor, Values};

/// A buffer the kernel reads.
#[derive(Clone)]
pub struct Input {
    pub name: &'static str,
    pub values: Values,
    /// Words to bind at least.
    pub least_words: usize,
}

impl Input {
    pub fn new(name: &'static str, values: Values) -> Self {
        Self {
            name,
            values,
            least_words: 0,
        }
    }

    /// The buffer: guard, values, guard.
    pub fn guarded_words(&self) -> Vec<u32> {
        let values = self.values.words();
        let mut words = vec![GUARD; GUARD_WORDS];
        words.extend(values);
        let after = GUARD_WORDS.max(self.least_words.saturating_sub(values.len()));
        words.resize(words.len() + after, GUARD);
        words
    }

    /// The buffer as it is bound: values, guard.
    pub fn bound(&self) -> Tensor {
        let words = self.guarded_words();
        Tensor::new(self.name, self.values.of_same_type(&words[GUARD_WORDS..]))
    }
}

/// A buffer the kernel writes, and what should be in it afterwards. What lies between its parts must
/// not be touched.
#[derive(Clone)]
pub struct Output {
    pub name: &'static str,
    /// One per model.
    pub parts: Vec<Part>,
    /// Words in the buffer.
    pub words: usize,
}

/// A model's part of an output.
#[derive(Clone)]
pub struct Part {
    /// Its first word.
    pub first: usize,
    pub words: usize,
    /// Its content beforehand, where the kernel reads it too.
    pub initial: Option<Vec<u32>>,
    pub expected: Expected,
}

/// The content that an output should have.
#[derive(Clone)]
pub enum Expected {
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

impl Expected {
    fn has_integers(&self) -> bool {
        matches!(self, Self::Mixed { integers, .. } if !integers.is_empty())
    }
}

impl Output {
    /// A buffer of `words` words, for one model.
    pub fn new(
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
        Self {
            name,
            parts: vec![part],
            words,
        }
    }

    /// The buffer before the kernel runs: guard, parts with guard between them, guard.
    pub fn guarded_words(&self) -> Vec<u32> {
        let mut words = vec![GUARD; self.words + 2 * GUARD_WORDS];
        for part in &self.parts {
            let unwritten = vec![UNWRITTEN; part.words];
            let values = part.initial.as_ref().unwrap_or(&unwritten);
            words[GUARD_WORDS + part.first..][..part.words].copy_from_slice(values);
        }
        words
    }

    /// What is bound of the buffer when it holds the words `guarded`: parts, guard.
    fn bound(&self, guarded: &[u32]) -> Tensor {
        let words = &guarded[GUARD_WORDS..];
        let has_integers = self.parts.iter().any(|part| part.expected.has_integers());
        let values = match has_integers {
            true => Values::Integer(words.to_vec()),
            false => Values::Float(cast_slice(words).to_vec()),
        };
        Tensor::new(self.name, values)
    }

    /// The buffer as it is bound before the kernel runs.
    pub fn bound_before(&self) -> Tensor {
        self.bound(&self.guarded_words())
    }

    /// Compares the buffer after the kernel ran, guard words included.
    pub fn compare(&self, guarded: &[u32], tolerance: &Tolerance, outcome: &mut Outcome) {
        outcome.written.push(self.bound(guarded));
        let (before, rest) = guarded.split_at(GUARD_WORDS);
        let (words, after) = rest.split_at(self.words);
        let mut between = words.to_vec();
        for part in &self.parts {
            between[part.first..][..part.words].fill(GUARD);
        }
        for (side, guard) in [
            ("before", before),
            ("after", after),
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
