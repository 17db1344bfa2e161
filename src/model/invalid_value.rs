//! A value that makes no sense, named by its field.

use std::fmt;

/// A value that makes no sense where it stands.
///
/// Its text calls fields what the code calls them, such as `distortion.rotation`. A program whose
/// users know them by other names words it with [`message`](Self::message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The field, after the one that holds it: `batch`, `loss.scale`.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What is expected instead.
    pub expected: String,
    /// Fields of which one above 0 would make the value a sensible one; mostly there are none.
    pub unless: &'static [&'static str],
}

impl InvalidValue {
    /// `field` is `value`, and only `expected` makes sense there, whatever other fields are.
    pub fn new(field: &'static str, value: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self {
            field,
            value: value.to_string(),
            expected: expected.into(),
            unless: &[],
        }
    }

    /// What is wrong, in a sentence that calls each field what `name_of` makes of it.
    pub fn message(&self, name_of: impl Fn(&str) -> String) -> String {
        let (name, value, expected) = (name_of(self.field), &self.value, &self.expected);
        let message = format!("{name} is {value}, expected {expected}");
        let names: Vec<String> = self.unless.iter().map(|field| name_of(field)).collect();
        match names.split_last() {
            None => message,
            Some((last, [])) => format!("{message} unless {last} is above 0"),
            Some((last, others)) => {
                format!(
                    "{message} unless {} or {last} is above 0",
                    others.join(", ")
                )
            }
        }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(str::to_owned))
    }
}

impl std::error::Error for InvalidValue {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_called_what_the_caller_calls_them() {
        let error = InvalidValue::new("batch", 0, "1 to 2048");
        assert_eq!(error.to_string(), "batch is 0, expected 1 to 2048");
        let error = InvalidValue {
            unless: &["shift", "shear"],
            ..InvalidValue::new("copies", 3, "0")
        };
        assert_eq!(
            error.message(|field| format!("--{field}")),
            "--copies is 3, expected 0 unless --shift or --shear is above 0"
        );
    }
}
