//! The settings of runs.

use std::fs;

use lenet_gpu::gpu::Variant;
use lenet_gpu::model::{Distortion, Loss, Recipe};
use lenet_gpu::store::{RunConfig, RunFolder};
use lenet_gpu::train::Preset;
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::cases;
use super::damage::Damage;
use crate::untrusted::config_of;
use crate::{program, untrusted};

/// Any number above 0.
fn positive() -> impl Strategy<Value = f32> {
    proptest::num::f32::POSITIVE | proptest::num::f32::NORMAL
}

fn distortions() -> impl Strategy<Value = Distortion> {
    let share = || 0.0..1f32;
    let pixels = || 0.0..=28f32;
    let planar = (share(), pixels(), 0.0..=90f32, share(), share());
    (planar, pixels(), 1.0..=28f32).prop_map(|(planar, elastic, smoothness)| {
        let (linear, shift, rotation, scale, shear) = planar;
        Distortion {
            linear,
            shift,
            rotation,
            scale,
            shear,
            elastic,
            smoothness,
            fixed_copies: 0,
        }
    })
}

/// Recipes that make sense.
fn recipes() -> impl Strategy<Value = Recipe> {
    let share = || 0.0..1f32;
    let sizes = (1..1000usize, 1..=2048usize, 1..=2048usize);
    let positive = [positive(), positive(), positive()];
    let factors = [f32::MIN_POSITIVE..=1e6, f32::MIN_POSITIVE..=1e6];
    let shares = [share(), share(), share(), share()];
    let preconditioning = prop_oneof![Just(0.0), 0.001..=1e6f32];
    let preset = prop::sample::select(&Preset::ALL[..]);
    let parts = (distortions(), preconditioning);
    (preset, parts, sizes, positive, factors, shares).prop_map(
        |(preset, parts, sizes, positive, factors, shares)| {
            let (distortion, preconditioning) = parts;
            let (passes, batch, estimate_samples) = sizes;
            let [rate, gain, damping] = positive;
            let [scale, rubbish] = factors;
            let [warmup, momentum, beta2, average] = shares;
            let preset = preset.recipe();
            Recipe {
                distortion,
                passes,
                batch,
                estimate_samples,
                rate,
                gain,
                damping,
                warmup,
                momentum,
                beta2,
                average,
                preconditioning,
                loss: Loss {
                    scale,
                    rubbish,
                    ..preset.loss
                },
                teacher_share: 0.0,
                ..preset
            }
        },
    )
}

/// The settings of a run with everything that there may be in them.
fn full_config() -> Value {
    let mut config = config_of(&Preset::Distilled.recipe());
    let teachers = config_of(&Preset::Best.recipe())["recipe"].take();
    config["teachers"] = json!({ "trained": { "count": 5, "recipe": teachers } });
    config["seeds"] = json!({ "start": 0, "end": 5 });
    config["raises"] = json!([{ "step": 10, "passes": 2 }]);
    config
}

/// Values that someone may write where others are expected.
fn values() -> impl Strategy<Value = Value> {
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3..3i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["rbf", "softmax", "adam", "nan", "lenet-1"])
            .prop_map(Value::from),
    ];
    simple.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            hash_map(any::<String>(), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The places of all values in `value`, as JSON pointers.
fn places(value: &Value) -> Vec<String> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .flat_map(|(key, inner)| {
            let below = places(inner);
            let below = below.into_iter().map(|place| format!("/{key}{place}"));
            below.chain([format!("/{key}")]).collect::<Vec<String>>()
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn settings_are_read_as_they_were_written(
        recipe in recipes(),
        seed in any::<u32>(),
        data in any::<Option<String>>(),
        on_adapter in any::<bool>(),
    ) {
        let variant = on_adapter.then_some(Variant::HARDWARE);
        let mut json = config_of(&recipe);
        json["seed"] = json!(seed);
        json["data"] = json!(data);
        json["variant"] = json!(variant);
        let config = RunConfig::from_json(json.to_string().as_bytes()).unwrap();
        // Text tells 0 from -0, and numbers of different bits.
        prop_assert_eq!(format!("{:?}", &config.recipe), format!("{:?}", &recipe));
        prop_assert_eq!((config.seed, config.variant), (seed, variant));
        let again = RunConfig::from_json(&serde_json::to_vec(&config).unwrap()).unwrap();
        prop_assert_eq!(format!("{again:?}"), format!("{config:?}"));
    }

    #[test]
    fn a_damaged_text_of_settings_is_checked_or_an_error(damage in Damage::some()) {
        let json = serde_json::to_string_pretty(&full_config()).unwrap();
        untrusted::config(&Damage::all_done(&damage, json.into_bytes()));
    }

    #[test]
    fn any_json_as_settings_is_an_error(json in values()) {
        prop_assert!(RunConfig::from_json(json.to_string().as_bytes()).is_err());
    }

    #[test]
    fn a_setting_of_any_value_is_checked_or_an_error(place in any::<prop::sample::Index>(), value in values()) {
        let mut config = full_config();
        let places = places(&config);
        let place = place.get(places.as_slice());
        *config.pointer_mut(place).unwrap() = value;
        untrusted::config(config.to_string().as_bytes());
    }
}

/// The refusal of the full settings with `value` at `place`.
fn refusal(place: &str, value: Value) -> String {
    let mut config = full_config();
    *config.pointer_mut(place).unwrap() = value;
    RunConfig::from_json(config.to_string().as_bytes()).unwrap_err()
}

#[test]
fn settings_of_nothing_are_refused_by_name() {
    for (place, field) in [
        ("/samples", "samples"),
        ("/checkpoint_every", "checkpoint_every"),
        ("/recipe/batch", "batch"),
        ("/recipe/passes", "passes"),
        ("/teachers/trained/count", "teachers.count"),
        ("/recipe/teacher_share", "teacher_share"),
    ] {
        let error = refusal(place, json!(0));
        assert!(
            error.starts_with(&format!("{field} is 0, expected")),
            "{error}"
        );
    }
}

#[test]
fn seeds_that_would_fill_the_disk_with_folders_are_refused() {
    let all = json!({ "start": 0, "end": u32::MAX });
    assert!(refusal("/seeds", all).contains("at most 1000 seeds"));
    let others = json!({ "start": 3, "end": 5 });
    assert!(refusal("/seeds", others).contains("0 among them"));
    assert!(RunConfig::from_json(full_config().to_string().as_bytes()).is_ok());
}

proptest! {
    // Each is written to a disk.
    #![proptest_config(cases(20))]

    #[test]
    fn settings_that_cannot_be_used_are_refused_by_file_and_reason(json in values()) {
        let folder = program::directory();
        let file = folder.path().join("config.json");
        fs::write(&file, json.to_string()).unwrap();
        let error = RunFolder::open(folder.path()).read_config().unwrap_err().to_string();
        prop_assert!(error.contains(program::text(&file)), "{error}");
    }
}
