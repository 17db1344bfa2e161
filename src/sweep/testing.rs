//! A sweep for the tests of this module.

use super::{Combination, Plan, Setting};
use crate::model::{Conversion, DataRecord, Recipe, SetRecord};
use crate::train::Preset;

/// The default recipe with `option` as `value`; if that is a rate, with this rate.
pub fn combination(option: &str, value: &str) -> Combination {
    let default = Preset::Default.recipe();
    let rate = match option {
        "lr" => value.parse().unwrap(),
        _ => default.rate,
    };
    Combination {
        settings: vec![Setting {
            option: option.to_owned(),
            value: value.to_owned(),
        }],
        recipe: Recipe { rate, ..default },
    }
}

/// Two rates with three seeds each on a hundred digits.
pub fn plan() -> Plan {
    let set = |digits| SetRecord {
        digits,
        checksum: format!("{digits} digits"),
    };
    Plan {
        combinations: vec![combination("lr", "0.002"), combination("lr", "0.004")],
        seeds: 0..3,
        validation: 20,
        samples: None,
        trained_on: DataRecord {
            conversion: Conversion::default(),
            train: set(80),
            test: set(10),
        },
        held_out: set(20),
        teachers: Vec::new(),
    }
}
