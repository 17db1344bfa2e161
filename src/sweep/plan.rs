//! What a sweep trains, and what it is measured on.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::difference::first_difference;
use super::{Combination, Setting};
use crate::model::{DataRecord, InvalidValue, MOST_SEEDS, Recipe, SetRecord};
use crate::store::MOST_TEACHERS;

/// The most combinations of a sweep.
const MOST_COMBINATIONS: usize = 10_000;

/// Everything that determines the results of a sweep besides the adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What is compared.
    pub combinations: Vec<Combination>,
    /// The seeds of every combination.
    pub seeds: Range<u32>,
    /// Number of training digits held out, the last ones of the set.
    pub validation: usize,
    /// Number of training digits used, the first ones of the set; all that are left if `None`.
    pub samples: Option<usize>,
    /// The digits that are trained on.
    pub trained_on: DataRecord,
    /// The digits that the error is measured on.
    pub held_out: SetRecord,
    /// Checksums of the models that all combinations learn from whose recipes leave teachers a share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teachers: Vec<String>,
}

impl Plan {
    /// Checks that it can be trained, and that no two combinations are the same.
    ///
    /// # Errors
    /// What is wrong with it, and with which combination.
    pub fn check(&self) -> Result<(), String> {
        if self.seeds.is_empty() || self.seeds.len() > MOST_SEEDS as usize {
            return Err(format!(
                "its seeds are {:?}, expected 1 to {MOST_SEEDS} of them",
                self.seeds
            ));
        }
        if self.held_out.digits == 0 || self.held_out.digits != self.validation {
            return Err(format!(
                "it holds out {} digits and measures on {}, expected the same number above 0",
                self.validation, self.held_out.digits
            ));
        }
        let problem = |combination: &Combination, invalid: InvalidValue| {
            format!("{}: {invalid}", combination.name())
        };
        for combination in &self.combinations {
            let recipe = &combination.recipe;
            let checked = recipe
                .check()
                .and_then(|()| recipe.check_length(self.trained_on.train.digits))
                .and_then(|()| self.check_teachers(recipe));
            checked.map_err(|invalid| problem(combination, invalid))?;
        }
        check_combinations(&self.combinations)
    }

    /// Checks that there are teachers if `recipe` leaves them a share, and not too many.
    fn check_teachers(&self, recipe: &Recipe) -> Result<(), InvalidValue> {
        let count = self.teachers.len();
        if count > MOST_TEACHERS {
            let expected = format!("at most {MOST_TEACHERS}");
            return Err(InvalidValue::new("teachers.count", count, expected));
        }
        match recipe.has_teachers() && count == 0 {
            true => {
                let share = recipe.teacher_share;
                let expected = "0, since there are no teachers";
                Err(InvalidValue::new("teacher_share", share, expected))
            }
            false => Ok(()),
        }
    }

    /// Fails unless `other` is the same plan.
    ///
    /// # Errors
    /// With what differs first, here and in `other`.
    pub fn ensure_same(&self, other: &Self) -> Result<(), Difference> {
        if self == other {
            return Ok(());
        }
        self.ensure_same_measure(other)?;
        let names = |plan: &Self| -> Vec<String> {
            plan.combinations.iter().map(Combination::name).collect()
        };
        let (here, there) = (names(self), names(other));
        if here != there {
            return Err(Difference {
                what: "its combinations".to_owned(),
                here: here.join(", "),
                there: there.join(", "),
            });
        }
        let pairs = self.combinations.iter().zip(&other.combinations);
        let differing = pairs.map(|(here, there)| ensure_same_recipe(here, there));
        differing.collect()
    }

    /// Fails unless errors of `other` compare with those of this: the same seeds, trained and measured on
    /// the same digits.
    ///
    /// # Errors
    /// With what differs first.
    pub fn ensure_same_measure(&self, other: &Self) -> Result<(), Difference> {
        let settings = |plan: &Self| {
            let Self {
                seeds,
                validation,
                samples,
                ..
            } = plan;
            let samples = samples.map_or("all".to_owned(), |samples| samples.to_string());
            let seeds = match seeds.len() {
                1 => seeds.start.to_string(),
                _ => format!("{} to {}", seeds.start, seeds.end.saturating_sub(1)),
            };
            json!({ "seeds": seeds, "--validation": validation, "--samples": samples })
        };
        let digits = |plan: &Self| {
            json!({
                "digits to train on": plan.trained_on,
                "digits held out": plan.held_out,
                "teachers": plan.teachers,
            })
        };
        let its = |field: &str| format!("its {field}");
        difference(&settings(self), &settings(other), its)?;
        difference(&digits(self), &digits(other), its)
    }
}

/// Something that differs between two sweeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub what: String,
    /// What it is in the first.
    pub here: String,
    /// What it is in the second.
    pub there: String,
}

/// Fails unless two combinations of the same settings have the same recipe.
///
/// # Errors
/// With the value that differs.
pub(super) fn ensure_same_recipe(
    here: &Combination,
    there: &Combination,
) -> Result<(), Difference> {
    let json = |combination: &Combination| {
        // By its text, in which numbers of single precision are as short as they were given.
        let text = serde_json::to_string(&combination.recipe).expect("plain data serialises");
        serde_json::from_str::<Value>(&text).expect("JSON is read as it was written")
    };
    let name = here.name();
    difference(&json(here), &json(there), |field| {
        format!("{field} of '{name}'")
    })
}

/// The first difference of two JSON documents, its field as `what` names it.
fn difference(
    here: &Value,
    there: &Value,
    what: impl Fn(&str) -> String,
) -> Result<(), Difference> {
    match first_difference(here, there) {
        None => Ok(()),
        Some((field, here, there)) => Err(Difference {
            what: what(&field),
            here,
            there,
        }),
    }
}

/// Checks that `count` combinations are some, and not too many.
///
/// # Errors
/// If they are not, with what to do.
pub fn check_count(count: usize) -> Result<(), String> {
    if (1..=MOST_COMBINATIONS).contains(&count) {
        return Ok(());
    }
    Err(format!(
        "there are {count} combinations, expected 1 to {MOST_COMBINATIONS}: vary fewer options, or fewer \
         values of them"
    ))
}

/// Fails unless all combinations of two sweeps start from the same options, in whatever order.
///
/// # Errors
/// With both.
pub(super) fn ensure_same_options(here: &[Setting], there: &[Setting]) -> Result<(), Difference> {
    let in_words = |settings: &[Setting]| {
        let mut words: Vec<String> = settings.iter().map(Setting::to_string).collect();
        words.sort_unstable();
        match words.is_empty() {
            true => "none".to_owned(),
            false => words.join(" "),
        }
    };
    let (here, there) = (in_words(here), in_words(there));
    match here == there {
        true => Ok(()),
        false => Err(Difference {
            what: "the options given for all combinations".to_owned(),
            here,
            there,
        }),
    }
}

/// Checks that there are combinations, not too many, and none twice.
fn check_combinations(combinations: &[Combination]) -> Result<(), String> {
    check_count(combinations.len())?;
    for (place, combination) in combinations.iter().enumerate() {
        let earlier = combinations[..place]
            .iter()
            .find(|earlier| earlier.recipe == combination.recipe);
        if let Some(earlier) = earlier {
            return Err(format!(
                "'{}' and '{}' are the same recipe, value for value: leave one of them out",
                earlier.name(),
                combination.name()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Recipe;
    use crate::sweep::Setting;
    use crate::sweep::testing::{combination, plan};
    use crate::train::Preset;

    #[test]
    fn plans_that_make_no_sense_are_refused() {
        let refusal = |change: fn(&mut Plan)| {
            let mut plan = plan();
            assert_eq!(plan.check(), Ok(()));
            change(&mut plan);
            plan.check().unwrap_err()
        };
        for (error, part) in [
            (refusal(|plan| plan.seeds = 3..3), "seeds are 3..3"),
            (refusal(|plan| plan.seeds = 0..2000), "1 to 1000"),
            (refusal(|plan| plan.validation = 7), "7 digits"),
            (refusal(|plan| plan.combinations.clear()), "0 combinations"),
            (
                refusal(|plan| plan.combinations[1].recipe.batch = 0),
                "lr=0.004: batch is 0",
            ),
            (
                refusal(|plan| plan.combinations[1].recipe.passes = usize::MAX),
                "passes",
            ),
            (
                refusal(|plan| plan.combinations[1].recipe.rate = 0.002),
                "'lr=0.002' and 'lr=0.004' are the same recipe",
            ),
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let difference = |change: fn(&mut Plan)| {
            let (here, mut there) = (plan(), plan());
            assert_eq!(here.ensure_same(&there), Ok(()));
            change(&mut there);
            let Difference { what, here, there } = here.ensure_same(&there).unwrap_err();
            [what, here, there]
        };
        let seeds = difference(|plan| plan.seeds = 0..5);
        assert_eq!(seeds, ["its seeds", "0 to 2", "0 to 4"]);
        let samples = difference(|plan| plan.samples = Some(5));
        assert_eq!(samples, ["its --samples", "all", "5"]);
        let passes = difference(|plan| plan.combinations[1].recipe.passes = 9);
        assert_eq!(passes, ["passes of 'lr=0.004'", "4", "9"]);
        let rate = difference(|plan| plan.combinations[0].recipe.rate = 0.01);
        assert_eq!(rate[1..], ["0.002", "0.01"]);
        let more = difference(|plan| plan.combinations.push(combination("lr", "0.01")));
        assert_eq!(more[1], "lr=0.002, lr=0.004");
        assert_eq!(more[2], "lr=0.002, lr=0.004, lr=0.01");
        let digits = difference(|plan| plan.held_out.checksum = "other".to_owned());
        assert_eq!(digits[0], "its digits held out.checksum");
    }

    #[test]
    fn the_unchanged_recipe_is_no_case_again() {
        let mut plan = plan();
        let default = Preset::Default.recipe();
        plan.combinations = vec![
            Combination {
                settings: Vec::new(),
                recipe: default.clone(),
            },
            Combination {
                settings: vec![Setting {
                    option: "batch".to_owned(),
                    value: "64".to_owned(),
                }],
                recipe: Recipe {
                    batch: 64,
                    ..default
                },
            },
        ];
        let error = plan.check().unwrap_err();
        assert!(error.contains("'unchanged' and 'batch=64'"), "{error}");
    }
}
