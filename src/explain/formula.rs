//! A count, and the arithmetic that leads to it.

use serde::Serialize;

/// A formula with numbers in it, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Formula {
    /// The arithmetic, written with `+`, `-`, `*`, `/` and brackets: `(5*5*1 + 1)*6`.
    pub expression: String,
    /// Its value.
    pub value: usize,
}

impl Formula {
    /// `expression`, which comes to `value`.
    pub(super) fn new(expression: String, value: usize) -> Self {
        Self { expression, value }
    }
}
