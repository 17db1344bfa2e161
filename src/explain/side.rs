//! How large the output of a convolution is: (W − F + 2P)/S + 1.

use serde::Serialize;

use super::Formula;
use crate::model::{InvalidValue, convolved_side};

/// The most units that a side, a kernel, a padding or a stride may have here.
pub const MOST_UNITS: usize = 1_000_000;

/// A square kernel that slides over a square input; all sizes in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sliding {
    /// Side of the input (W).
    pub input: usize,
    /// Side of the kernel (F).
    pub kernel: usize,
    /// Units added on each of the four sides of the input (P).
    pub padding: usize,
    /// From one place of the kernel to the next (S).
    pub stride: usize,
}

impl Sliding {
    /// Checks that the kernel has a place in the input.
    ///
    /// # Errors
    /// The size that does not fit the others.
    pub fn check(&self) -> Result<(), InvalidValue> {
        let sizes = [
            ("input", self.input, 1),
            ("kernel", self.kernel, 1),
            ("padding", self.padding, 0),
            ("stride", self.stride, 1),
        ];
        for (field, size, least) in sizes {
            if !(least..=MOST_UNITS).contains(&size) {
                let expected = format!("{least} to {MOST_UNITS}");
                return Err(InvalidValue::new(field, size, expected));
            }
        }
        if self.kernel > self.padded() {
            let Self { input, padding, .. } = self;
            let expected = format!(
                "at most {}, since a larger kernel does not fit into an input of {input} units with \
                 a padding of {padding} on each side",
                self.padded()
            );
            return Err(InvalidValue::new("kernel", self.kernel, expected));
        }
        Ok(())
    }

    /// Side of the input with its padding.
    fn padded(&self) -> usize {
        self.input + 2 * self.padding
    }

    /// Side of the output, rounded down where it does not come out whole.
    pub fn side(&self) -> Formula {
        let Self {
            input,
            kernel,
            padding,
            stride,
        } = *self;
        let expression = format!("({input} - {kernel} + 2*{padding})/{stride} + 1");
        Formula::new(expression, convolved_side(input, kernel, padding, stride))
    }

    /// Rows, and as many columns, at the end of the padded input that the kernel does not get to, because
    /// the stride does not come out there: 0 where the side comes out whole.
    pub fn left_over(&self) -> usize {
        (self.padded() - self.kernel) % self.stride
    }

    /// The padding that keeps the size at stride 1, (F − 1)/2; none for an even kernel, for which that is not
    /// whole.
    pub fn same_padding(&self) -> Option<Formula> {
        let kernel = self.kernel;
        let padding = || Formula::new(format!("({kernel} - 1)/2"), (kernel - 1) / 2);
        (kernel % 2 == 1).then(padding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sliding(input: usize, kernel: usize, padding: usize, stride: usize) -> Sliding {
        Sliding {
            input,
            kernel,
            padding,
            stride,
        }
    }

    #[test]
    fn the_decks_appendix_1_comes_out() {
        let padded = sliding(7, 3, 1, 1);
        padded.check().unwrap();
        assert_eq!(padded.side().value, 7);
        assert_eq!(padded.side().expression, "(7 - 3 + 2*1)/1 + 1");
        assert_eq!(padded.same_padding().unwrap().value, 1);
        assert_eq!(sliding(7, 3, 0, 1).side().value, 5);
    }

    #[test]
    fn what_no_kernel_reaches_is_counted() {
        assert_eq!(sliding(7, 3, 0, 2).left_over(), 0);
        assert_eq!(sliding(7, 3, 0, 3).left_over(), 1);
        assert_eq!(sliding(7, 3, 0, 3).side().value, 2);
        assert_eq!(sliding(7, 4, 0, 1).same_padding(), None);
    }

    #[test]
    fn a_kernel_has_to_fit() {
        assert_eq!(
            sliding(5, 9, 1, 1).check().unwrap_err().to_string(),
            "kernel is 9, expected at most 7, since a larger kernel does not fit into an input of 5 \
             units with a padding of 1 on each side"
        );
        sliding(5, 7, 1, 1).check().unwrap();
        for (size, field) in [
            (sliding(0, 3, 0, 1), "input"),
            (sliding(7, 0, 0, 1), "kernel"),
            (sliding(7, 3, usize::MAX, 1), "padding"),
            (sliding(7, 3, 0, 0), "stride"),
        ] {
            assert_eq!(size.check().unwrap_err().field, field);
        }
    }
}
