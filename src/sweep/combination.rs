//! The combinations of a sweep: options with values, and the recipes they make.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Recipe;

/// An option with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The option's long name, without dashes.
    pub option: String,
    /// Its value, as it was given.
    pub value: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.option, self.value)
    }
}

/// One combination of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Combination {
    /// What it has in place of the values that all combinations start from; nothing where it is just these.
    pub settings: Vec<Setting>,
    /// What they make, every value of it.
    pub recipe: Recipe,
}

impl Combination {
    /// Its settings, as in "lr=0.002 batch=32".
    pub fn name(&self) -> String {
        name_of(&self.settings)
    }

    /// The name of its folder, if it is number `number` of `count`, both from 1. The number keeps names
    /// apart where little else is left of them.
    pub fn folder_name(&self, number: usize, count: usize) -> String {
        const MOST_CHARACTERS: usize = 100;
        let name = self.name().replace(' ', "_");
        let is_harmless = |c: char| c.is_ascii_alphanumeric() || "._=+-".contains(c);
        let harmless = name.chars().map(|c| if is_harmless(c) { c } else { '-' });
        let name: String = harmless.take(MOST_CHARACTERS).collect();
        let width = count.to_string().len();
        format!("{number:0width$}_{name}")
    }

    /// Its value of `option`, if it sets one.
    pub fn value_of(&self, option: &str) -> Option<&str> {
        let same = self
            .settings
            .iter()
            .find(|setting| setting.option == option);
        same.map(|setting| setting.value.as_str())
    }
}

/// The name of the combination that has `settings`.
pub fn name_of(settings: &[Setting]) -> String {
    if settings.is_empty() {
        return "unchanged".to_owned();
    }
    let words: Vec<String> = settings.iter().map(Setting::to_string).collect();
    words.join(" ")
}

/// One alternative of each of `axes`, in all combinations; the last axis changes fastest.
pub fn product(axes: &[Vec<Vec<Setting>>]) -> Vec<Vec<Setting>> {
    let mut combinations = vec![Vec::new()];
    for alternatives in axes {
        let with = |combination: Vec<Setting>| {
            let longer = |more: &Vec<Setting>| [&combination[..], more].concat();
            alternatives.iter().map(longer).collect::<Vec<_>>()
        };
        combinations = combinations.into_iter().flat_map(with).collect();
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Preset;

    fn setting(word: &str) -> Setting {
        let (option, value) = word.split_once('=').unwrap();
        Setting {
            option: option.to_owned(),
            value: value.to_owned(),
        }
    }

    fn combination(words: &str) -> Combination {
        Combination {
            settings: words.split_whitespace().map(setting).collect(),
            recipe: Preset::Default.recipe(),
        }
    }

    #[test]
    fn every_alternative_meets_every_other_once() {
        let axis = |words: [&str; 2]| words.map(|word| vec![setting(word)]).to_vec();
        let cases = vec![vec![], vec![setting("loss-scale=1"), setting("gain=2")]];
        let all = product(&[axis(["lr=1", "lr=2"]), cases, axis(["batch=3", "batch=4"])]);
        let names: Vec<String> = all.iter().map(|settings| name_of(settings)).collect();
        let expected = [
            "lr=1 batch=3",
            "lr=1 batch=4",
            "lr=1 loss-scale=1 gain=2 batch=3",
            "lr=1 loss-scale=1 gain=2 batch=4",
            "lr=2 batch=3",
            "lr=2 batch=4",
            "lr=2 loss-scale=1 gain=2 batch=3",
            "lr=2 loss-scale=1 gain=2 batch=4",
        ];
        assert_eq!(names, expected);
        assert_eq!(product(&[]), [vec![]]);
    }

    #[test]
    fn folders_sort_as_combinations_do_and_stay_where_they_are_put() {
        assert_eq!(
            combination("lr=2e-3 batch=32").folder_name(3, 12),
            "03_lr=2e-3_batch=32"
        );
        assert_eq!(combination("").folder_name(1, 9), "1_unchanged");
        let hostile = combination("lr=../../etc").folder_name(1, 1);
        assert_eq!(hostile, "1_lr=..-..-etc");
        let long = combination(&format!("lr={}", "0".repeat(300))).folder_name(1, 1);
        assert_eq!(long.len(), 102);
    }
}
