//! `--vary` and `--case`: what a sweep compares.

use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

use crate::cli::settings::{recipe_of, setting};
use crate::sweep::{Combination, Setting, check_count, name_of, product};

/// An option with all values that it is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vary {
    settings: Vec<Setting>,
}

impl FromStr for Vary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (option, values) = text
            .split_once('=')
            .ok_or("expected OPTION=VALUE,VALUE,…, as in lr=0.002,0.004")?;
        let settings = values.split(',').map(|value| setting(option, value));
        let settings: Vec<Setting> = settings.collect::<Result<_, _>>()?;
        let twice = (1..settings.len()).find(|&place| settings[..place].contains(&settings[place]));
        match twice {
            Some(place) => Err(format!("'{}' is given twice", settings[place].value)),
            None => Ok(Self { settings }),
        }
    }
}

impl Vary {
    fn option(&self) -> &str {
        &self.settings[0].option
    }
}

/// Some options with a value each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    settings: Vec<Setting>,
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let word = |word: &str| match word.split_once('=') {
            Some((option, value)) => setting(option, value),
            None => Err(format!(
                "'{word}' has no value: expected OPTION=VALUE …, as in \"batch=16 lr=0.001\""
            )),
        };
        let settings: Vec<Setting> = text
            .split_whitespace()
            .map(word)
            .collect::<Result<_, _>>()?;
        if settings.is_empty() {
            return Err("it is empty, and the unchanged recipe is a case already".to_owned());
        }
        let mut options: Vec<&str> = settings.iter().map(|one| one.option.as_str()).collect();
        options.sort_unstable();
        match options.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("'{}' is given twice", pair[0])),
            None => Ok(Self { settings }),
        }
    }
}

/// Every combination of `vary` with every case, the first of which is nothing but what is `given`. That is
/// where all begin.
///
/// # Errors
/// If an option is both varied and given otherwise, or a combination makes no recipe.
pub fn combinations(vary: &[Vary], cases: &[Case], given: &[Setting]) -> Result<Vec<Combination>> {
    for (place, axis) in vary.iter().enumerate() {
        let option = axis.option();
        let is_named_in = |settings: &[Setting]| settings.iter().any(|one| one.option == option);
        ensure!(
            vary[..place]
                .iter()
                .all(|earlier| earlier.option() != option),
            "--vary names {option} twice: give all its values at once, separated by commas"
        );
        ensure!(
            !is_named_in(given),
            "{option} is varied by --vary and fixed by --{option}: leave one of them out"
        );
        ensure!(
            !cases.iter().any(|case| is_named_in(&case.settings)),
            "{option} is varied by --vary and set by a --case: leave one of them out"
        );
    }
    let varied = vary.iter().map(|axis| {
        let alternatives = axis.settings.iter();
        alternatives.map(|setting| vec![setting.clone()]).collect()
    });
    let cases = cases.iter().map(|case| case.settings.clone());
    let cases = std::iter::once(Vec::new()).chain(cases).collect();
    let axes: Vec<Vec<Vec<Setting>>> = std::iter::once(cases).chain(varied).collect();
    // Before they are made: a few options with many values are more than the memory holds.
    let count = axes.iter().map(Vec::len).fold(1, usize::saturating_mul);
    check_count(count).map_err(Error::msg)?;
    let combination = |settings: Vec<Setting>| {
        let recipe = recipe_of(given.iter().chain(&settings));
        Ok(Combination {
            recipe: recipe.with_context(|| name_of(&settings))?,
            settings,
        })
    };
    product(&axes).into_iter().map(combination).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::errors::explain;

    fn vary(text: &str) -> Vary {
        text.parse().unwrap()
    }

    fn case(text: &str) -> Case {
        text.parse().unwrap()
    }

    fn names(vary: &[Vary], cases: &[Case], given: &[Setting]) -> Vec<String> {
        let all = combinations(vary, cases, given).unwrap();
        all.iter().map(Combination::name).collect()
    }

    #[test]
    fn a_grid_has_every_combination() {
        let axes = [vary("lr=0.002,0.004"), vary("batch=32,64")];
        let expected = [
            "lr=0.002 batch=32",
            "lr=0.002 batch=64",
            "lr=0.004 batch=32",
            "lr=0.004 batch=64",
        ];
        assert_eq!(names(&axes, &[], &[]), expected);
    }

    #[test]
    fn cases_come_after_the_recipe_as_it_is_and_may_replace_what_is_given() {
        let given = [setting("passes", "9").unwrap()];
        let cases = [case("passes=2"), case("loss-scale=0.1 rubbish=1")];
        assert_eq!(
            names(&[], &cases, &given),
            ["unchanged", "passes=2", "loss-scale=0.1 rubbish=1"]
        );
        let all = combinations(&[], &cases, &given).unwrap();
        let passes: Vec<usize> = all.iter().map(|one| one.recipe.passes).collect();
        assert_eq!(passes, [9, 2, 9]);
        let crossed = names(&[vary("batch=32,64")], &cases[..1], &given);
        let expected = [
            "batch=32",
            "batch=64",
            "passes=2 batch=32",
            "passes=2 batch=64",
        ];
        assert_eq!(crossed, expected);
    }

    #[test]
    fn wrong_values_are_refused_as_they_are_read() {
        for (text, part) in [
            ("lr", "as in lr=0.002,0.004"),
            ("lr=", "empty value"),
            ("lr=0.1,,0.2", "empty value"),
            ("lr=0.1,fast", "'fast'"),
            ("lr=0.1,0.1", "'0.1' is given twice"),
            ("lrr=0.1", "'--lr'"),
        ] {
            let error = text.parse::<Vary>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        for (text, part) in [
            ("", "empty"),
            ("  ", "empty"),
            ("lr", "'lr' has no value"),
            ("lr=1 batch", "'batch' has no value"),
            ("lr=1 batch=3 lr=2", "'lr' is given twice"),
            ("optimiser=sgd optimizer=adam", "'optimiser' is given twice"),
        ] {
            let error = text.parse::<Case>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn what_makes_no_sense_together_is_refused_by_name() {
        let refusal = |vary: &[Vary], cases: &[Case], given: &[Setting]| {
            explain(&combinations(vary, cases, given).unwrap_err())
        };
        let lr = vary("lr=0.1,0.2");
        let twice = refusal(&[lr.clone(), vary("lr=0.3")], &[], &[]);
        assert!(twice.contains("lr twice"), "{twice}");
        let fixed = refusal(
            std::slice::from_ref(&lr),
            &[],
            &[setting("lr", "1").unwrap()],
        );
        assert!(fixed.contains("--lr"), "{fixed}");
        let cased = refusal(&[lr], &[case("lr=1")], &[]);
        assert!(cased.contains("--case"), "{cased}");
        let impossible = refusal(&[vary("batch=32,0")], &[case("gain=2")], &[]);
        assert_eq!(impossible, "batch=0: --batch is 0, expected 1 to 2048");
        let heads = [vary("head=rbf,softmax"), vary("loss-scale=0.1")];
        let softmax = refusal(&heads, &[], &[]);
        assert!(
            softmax.starts_with("head=softmax loss-scale=0.1: the softmax head"),
            "{softmax}"
        );
    }
}
