//! What came of all cases, as a file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Finding, Status, Target};
use crate::store::{SavedFormat, SavedHeader, write_new};

const FORMAT: SavedFormat = SavedFormat {
    command: "verify",
    version: 1,
};

/// What came of the cases on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The day.
    pub date: String,
    /// What was checked, and by what program.
    pub target: Target,
    /// The text that the cases' names contain; all cases if it is empty.
    pub filter: String,
    /// The cases, in the order they were run.
    pub cases: Vec<CaseRecord>,
}

/// What came of a case. Errors are kept to three digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// The case's name.
    pub name: String,
    /// What it comes to.
    pub status: Status,
    /// Largest error as a share of what the tolerance allows there; in JSON null if it is infinite.
    #[serde(deserialize_with = "or_infinite")]
    pub worst: f64,
    /// Largest absolute error, likewise.
    #[serde(deserialize_with = "or_infinite")]
    pub max_abs: f64,
    /// Largest relative error, likewise.
    #[serde(deserialize_with = "or_infinite")]
    pub max_rel: f64,
    /// How far off values may be: absolute, and relative to what is expected.
    pub tolerance: [f64; 2],
    /// Values compared.
    pub compared: usize,
    /// Values off by more than the tolerance.
    pub off: usize,
    /// Guard words that were overwritten, by buffer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overwritten: Vec<String>,
    /// What kept the case from running at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// JSON has no infinity; it is written as null.
fn or_infinite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?;
    Ok(number.unwrap_or(f64::INFINITY))
}

/// `value` to three digits: more would be of no use, and make files larger.
fn to_three_digits(value: f64) -> f64 {
    let rounded = format!("{value:.2e}");
    rounded.parse().expect("it was printed as a number")
}

impl CaseRecord {
    /// What was found of a case.
    pub fn of(finding: &Finding) -> Self {
        let (report, outcome) = (&finding.report, &finding.report.outcome);
        Self {
            name: report.name.clone(),
            status: finding.status,
            worst: to_three_digits(outcome.worst),
            max_abs: to_three_digits(outcome.max_abs),
            max_rel: to_three_digits(outcome.max_rel),
            tolerance: [report.tolerance.absolute, report.tolerance.relative],
            compared: outcome.compared,
            off: outcome.off,
            overwritten: outcome.overwritten.clone(),
            error: report.error.clone(),
        }
    }
}

/// The content of a file but for its cases.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    header: SavedHeader,
    date: &'a str,
    target: &'a Target,
    filter: &'a str,
}

impl Record {
    /// The `findings` on `target` in the cases whose names contain `filter`, today.
    pub fn new(target: Target, filter: &str, findings: &[Finding]) -> Self {
        Self {
            date: jiff::Zoned::now().date().to_string(),
            target,
            filter: filter.to_owned(),
            cases: findings.iter().map(CaseRecord::of).collect(),
        }
    }

    /// Writes it to `path`, where nothing may be yet, first under a temporary name.
    ///
    /// # Errors
    /// If something is there, or it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(write_new(path, self.text().as_bytes())?)
    }

    /// Reads `path`.
    ///
    /// # Errors
    /// If it cannot be read, is no such file, or one of another version of the format; it is named.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).context("it cannot be read");
        let record = text.and_then(|text| Self::parse(&text));
        record.with_context(|| format!("'{}' cannot be used", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        FORMAT.check(text)?;
        let record: Self = serde_json::from_str(text).context("it is damaged")?;
        ensure!(!record.cases.is_empty(), "it is damaged: it has no cases");
        Ok(record)
    }

    /// The file, with a line for every case, so that two of them can be compared line by line.
    fn text(&self) -> String {
        let head = Head {
            header: FORMAT.header(),
            date: &self.date,
            target: &self.target,
            filter: &self.filter,
        };
        let head = serde_json::to_string_pretty(&head).expect("plain data serialises");
        let head = head.trim_end_matches("\n}");
        let cases = self.cases.iter().map(|case| {
            let case = serde_json::to_string(case).expect("plain data serialises");
            format!("    {case}")
        });
        let cases: Vec<String> = cases.collect();
        format!("{head},\n  \"cases\": [\n{}\n  ]\n}}\n", cases.join(",\n"))
    }

    /// How many cases come to `status`.
    pub fn count(&self, status: Status) -> usize {
        let with_status = self.cases.iter().filter(|case| case.status == status);
        with_status.count()
    }

    /// A record of two cases, for tests.
    #[cfg(test)]
    pub fn example() -> Self {
        let case = |name: &str, worst| CaseRecord {
            name: name.to_owned(),
            status: Status::Passed,
            worst,
            max_abs: worst * 1e-4,
            max_rel: worst * 1e-5,
            tolerance: [1e-4, 1e-5],
            compared: 7,
            off: 0,
            overwritten: Vec::new(),
            error: None,
        };
        Self {
            date: "1998-11-01".to_owned(),
            target: Target::example(),
            filter: String::new(),
            cases: vec![
                case("conv.forward 1x1", 0.25),
                case("squash.forward 3", 0.125),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_the_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        let mut record = Record::example();
        record.cases[1].worst = f64::INFINITY;
        record.cases[1].status = Status::Failed;
        record.cases[1].error = Some("no beads".to_owned());
        record.save(&path).unwrap();
        assert_eq!(Record::load(&path).unwrap(), record);
        let lines = fs::read_to_string(&path).unwrap();
        let with_names = lines.lines().filter(|line| line.contains("\"name\":\""));
        assert_eq!(with_names.count(), 2, "{lines}");
        assert!(record.save(&path).is_err(), "a file is never overwritten");
    }

    #[test]
    fn other_files_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let whole = Record::example().text();
        let none = whole.split("\"cases\"").next().unwrap().to_owned() + "\"cases\": []}";
        for (text, reason) in [
            (
                String::new(),
                "no file that `lenet-gpu verify --save` wrote",
            ),
            (whole.replace("_version\": 1", "_version\": 2"), "version 2"),
            (whole.replace("\"passed\"", "\"past\""), "damaged"),
            (none, "no cases"),
        ] {
            let path = folder.path().join("other.json");
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", Record::load(&path).unwrap_err());
            assert!(error.contains(reason), "{reason} is not in: {error}");
            assert!(error.contains("other.json"), "{error}");
        }
    }

    #[test]
    fn numbers_are_kept_to_three_digits() {
        assert_eq!(to_three_digits(0.000_123_456), 0.000_123);
        assert_eq!(to_three_digits(0.0), 0.0);
        assert_eq!(to_three_digits(f64::INFINITY), f64::INFINITY);
    }
}
