//! The results of a sweep as CSV.

use crate::cli::output::path_in_json;
use crate::sweep::{Entry, Standings};

/// What follows the settings in each line.
const RESULTS: [&str; 6] = [
    "seed",
    "errors",
    "digits",
    "error_percent",
    "seconds_of_all_seeds",
    "folder",
];

/// The bytes of a CSV file with a line for each seed of each combination that was measured, best first, and
/// one for each that diverged. What a combination does not set is empty.
pub fn csv(standings: &Standings) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines(standings) {
        writer.write_record(line).expect("memory can be written");
    }
    writer.into_inner().expect("memory can be written")
}

/// The header, and all lines.
fn lines(standings: &Standings) -> Vec<Vec<String>> {
    let options = standings.options();
    let line = |place: String, entry: &Entry, results: [String; 6]| {
        let value = |option: &&str| entry.combination.value_of(option).unwrap_or_default();
        let values = options.iter().map(|option| value(option).to_owned());
        [vec![place], values.collect(), results.to_vec()].concat()
    };
    let header = [&["place"], &options[..], &RESULTS].concat();
    let mut lines = vec![header.into_iter().map(str::to_owned).collect()];
    let digits = standings.plan.held_out.digits;
    for (place, one) in standings.ranking().iter().enumerate() {
        for seed in one.seeds {
            let results = [
                seed.seed.to_string(),
                seed.wrong.len().to_string(),
                digits.to_string(),
                format!("{:.4}", seed.error_percent(digits)),
                format!("{:.3}", one.seconds),
                path_in_json(&one.entry.folder),
            ];
            lines.push(line((place + 1).to_string(), one.entry, results));
        }
    }
    for (entry, _) in standings.diverged() {
        let mut results = [const { String::new() }; 6];
        results[5] = path_in_json(&entry.folder);
        lines.push(line("diverged".to_owned(), entry, results));
    }
    lines
}
