//! The results of a sweep as JSON.

use serde_json::{Map, Value, json};

use super::table::chance_percent;
use crate::cli::output::path_in_json;
use crate::sweep::{Entry, Place, Standings};

/// What `--json` prints, less where it comes from.
pub fn document(standings: &Standings) -> Value {
    let plan = &standings.plan;
    let digits = plan.held_out.digits;
    let ranking = standings.ranking();
    let best = ranking.first().map(|best| best.error_percent.mean);
    let places = ranking.iter().enumerate();
    let measured = places.map(|(place, one)| measured(place + 1, one, digits));
    let diverged = standings.diverged().map(|(entry, reason)| {
        let mut document = of_entry(entry, "diverged");
        document["reason"] = json!(reason);
        document
    });
    let missing = standings.missing().map(|entry| of_entry(entry, "missing"));
    json!({
        "completed": standings.missing().next().is_none(),
        "combinations": measured.chain(diverged).chain(missing).collect::<Vec<Value>>(),
        "missing": standings.missing().map(|entry| entry.combination.name()).collect::<Vec<String>>(),
        "seeds": plan.seeds.clone().collect::<Vec<u32>>(),
        "digits": digits,
        "chance_percent": best.map(|best| chance_percent(best, digits)),
        "adapters": standings.adapters(),
        "remarks": standings.remarks,
    })
}

/// A combination, whatever came of it.
fn of_entry(entry: &Entry, state: &str) -> Value {
    let settings = entry.combination.settings.iter();
    let settings: Map<String, Value> = settings
        .map(|setting| (setting.option.clone(), Value::from(setting.value.as_str())))
        .collect();
    json!({
        "name": entry.combination.name(),
        "settings": settings,
        "state": state,
        "folder": path_in_json(&entry.folder),
        "recipe": entry.combination.recipe,
    })
}

/// One that was measured, and came out at `place`.
fn measured(place: usize, one: &Place, digits: usize) -> Value {
    let seeds = one.seeds.iter().map(|seed| {
        json!({
            "seed": seed.seed,
            "errors": seed.wrong.len(),
            "error_percent": seed.error_percent(digits),
        })
    });
    let mut document = of_entry(one.entry, "measured");
    document["place"] = json!(place);
    document["error_percent"] = json!(one.error_percent);
    document["seeds"] = seeds.collect();
    document["seconds"] = json!(one.seconds);
    document["than_best"] = json!(one.comparison);
    document
}
