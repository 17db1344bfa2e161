//! Two records beside each other: two drivers, or two versions of the program.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde::Serialize;

use super::{CaseRecord, Record, Status};

/// An error that grows or shrinks by this factor is worth a look.
const FACTOR: f64 = 2.0;
/// But not where it is less than this share of what the tolerance allows.
const LEAST: f64 = 0.05;

/// How a case differs between two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails, and did not, or was known to.
    Worse,
    /// Its status is another, but none of those that are worse.
    OtherStatus,
    /// Its error is at least twice as large.
    LargerError,
    /// Its error is at most half as large.
    SmallerError,
}

impl Change {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worse => "WORSE",
            Self::OtherStatus => "other status",
            Self::LargerError => "larger error",
            Self::SmallerError => "smaller error",
        }
    }

    /// How `after` differs from `before`; `None` if not by much.
    fn of(before: &CaseRecord, after: &CaseRecord) -> Option<Self> {
        if after.status != before.status {
            return Some(match after.status {
                Status::Failed => Self::Worse,
                _ => Self::OtherStatus,
            });
        }
        let (before, after) = (before.worst, after.worst);
        if before.max(after) < LEAST || before == after {
            None
        } else if after >= FACTOR * before {
            Some(Self::LargerError)
        } else if before >= FACTOR * after {
            Some(Self::SmallerError)
        } else {
            None
        }
    }
}

/// A case that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedCase {
    /// The case's name.
    pub name: String,
    /// How it differs.
    pub change: Change,
    /// What it came to, and comes to.
    pub status: [Status; 2],
    /// Its largest error then and now, as a share of what the tolerance allows.
    pub worst: [f64; 2],
}

/// How a record differs from an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The cases that differ, in the order of the later record.
    pub cases: Vec<ComparedCase>,
    /// Cases that both have.
    pub common: usize,
    /// Cases that only the earlier record has.
    pub only_before: usize,
    /// Cases that only the later record has.
    pub only_after: usize,
}

impl Comparison {
    /// How `after` differs from `before`.
    ///
    /// # Errors
    /// If they have no case in common.
    pub fn of(before: &Record, after: &Record) -> Result<Self> {
        let by_name = before.cases.iter().map(|case| (&case.name, case));
        let by_name: BTreeMap<&String, &CaseRecord> = by_name.collect();
        let pairs = after.cases.iter();
        let pairs = pairs.filter_map(|after| Some((*by_name.get(&after.name)?, after)));
        let pairs: Vec<(&CaseRecord, &CaseRecord)> = pairs.collect();
        ensure!(!pairs.is_empty(), "they have no case in common");
        let compared = |&(before, after): &(&CaseRecord, &CaseRecord)| {
            Some(ComparedCase {
                name: after.name.clone(),
                change: Change::of(before, after)?,
                status: [before.status, after.status],
                worst: [before.worst, after.worst],
            })
        };
        Ok(Self {
            cases: pairs.iter().filter_map(compared).collect(),
            common: pairs.len(),
            only_before: before.cases.len() - pairs.len(),
            only_after: after.cases.len() - pairs.len(),
        })
    }

    /// Whether a case is worse.
    pub fn is_worse(&self) -> bool {
        self.cases.iter().any(|case| case.change == Change::Worse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The change from a case with one status and error to another.
    fn change(before: (Status, f64), after: (Status, f64)) -> Option<Change> {
        let case = |(status, worst)| CaseRecord {
            status,
            worst,
            ..Record::example().cases[0].clone()
        };
        Change::of(&case(before), &case(after))
    }

    #[test]
    fn a_case_that_fails_is_worse_unless_it_failed_before() {
        use Status::{Failed, KnownFailure, Passed, UnexpectedPass};
        for (before, after, expected) in [
            (Passed, Failed, Some(Change::Worse)),
            (KnownFailure, Failed, Some(Change::Worse)),
            (UnexpectedPass, Failed, Some(Change::Worse)),
            (Failed, Failed, None),
            (Failed, Passed, Some(Change::OtherStatus)),
            (Passed, KnownFailure, Some(Change::OtherStatus)),
            (KnownFailure, UnexpectedPass, Some(Change::OtherStatus)),
            (Passed, Passed, None),
        ] {
            let change = change((before, 0.5), (after, 0.5));
            assert_eq!(change, expected, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn errors_count_by_factor_where_they_matter() {
        let change = |before, after| change((Status::Passed, before), (Status::Passed, after));
        assert_eq!(change(0.1, 0.3), Some(Change::LargerError));
        assert_eq!(change(0.0, 0.1), Some(Change::LargerError));
        assert_eq!(change(0.3, 0.1), Some(Change::SmallerError));
        assert_eq!(change(0.3, 0.2), None);
        assert_eq!(change(1e-6, 1e-2), None);
        assert_eq!(change(0.0, 0.0), None);
        assert_eq!(change(f64::INFINITY, f64::INFINITY), None);
    }

    #[test]
    fn cases_are_compared_by_name() {
        let before = Record::example();
        let mut after = Record::example();
        after.cases.reverse();
        after.cases[1].status = Status::Failed;
        after.cases[1].worst = 3.0;
        let mut more = after.cases[0].clone();
        more.name = "dense.forward 1x1".to_owned();
        after.cases.push(more);
        let comparison = Comparison::of(&before, &after).unwrap();
        assert_eq!((comparison.common, comparison.only_before), (2, 0));
        assert_eq!(comparison.only_after, 1);
        let [case] = &comparison.cases[..] else {
            panic!("{comparison:?}")
        };
        assert_eq!(case.name, before.cases[0].name);
        assert_eq!(case.worst, [0.25, 3.0]);
        assert!(comparison.is_worse());
        let back = Comparison::of(&after, &before).unwrap();
        assert!(!back.is_worse());
        assert_eq!((back.only_before, back.only_after), (1, 0));
    }

    #[test]
    fn records_without_a_common_case_are_refused() {
        let (before, mut after) = (Record::example(), Record::example());
        after.cases.truncate(1);
        after.cases[0].name = "another".to_owned();
        assert!(Comparison::of(&before, &after).is_err());
    }
}
