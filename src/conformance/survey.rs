//! Running all cases, whatever becomes of the device meanwhile.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::{CaseRecord, Finding, KnownFailures, Log, Reproducers, Status, Target};
use crate::gpu::GpuError;
use crate::platform::block_on;
use crate::verify::{Check, Outcome};

/// What cases are run on: an adapter that is opened, or the CPU path.
pub trait Rig {
    /// All cases, the same ones in the same order whenever it is asked.
    fn checks(&self) -> Vec<Check<'_>>;

    /// Opens the device anew, after it was lost.
    ///
    /// # Errors
    /// If it cannot be opened.
    fn reopen(&mut self) -> Result<()>;
}

/// Is told how a survey goes.
pub trait Observer {
    /// These are the cases.
    fn begins(&self, checks: &[Check<'_>]);

    /// The next one was run.
    fn found(&self, finding: &Finding);
}

/// What is to be run, and what is to be made of it.
pub struct Survey<'a> {
    /// What is checked.
    pub target: &'a Target,
    /// The text that the cases' names contain; all cases if it is empty.
    pub filter: &'a str,
    /// The cases that are known to fail.
    pub known: &'a KnownFailures,
    /// The new file in which what happens is written down.
    pub log: Option<&'a Path>,
    /// The new folder into which cases that fail are emitted.
    pub emit: Option<&'a Path>,
    /// Is told of every finding.
    pub observer: &'a dyn Observer,
}

/// A line of the log.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Entry<'a> {
    Start {
        #[serde(flatten)]
        target: &'a Target,
        filter: &'a str,
        cases: usize,
    },
    Case {
        number: usize,
        name: &'a str,
    },
    Done {
        number: usize,
        seconds: f64,
        #[serde(flatten)]
        case: CaseRecord,
    },
    DeviceLost {
        number: usize,
    },
    DeviceOpened,
    End {
        passed: bool,
    },
}

/// A survey under way.
struct Run<'a> {
    survey: &'a Survey<'a>,
    /// The known failures of the target.
    known: KnownFailures,
    log: Option<Log>,
    reproducers: Option<Reproducers>,
    findings: Vec<Finding>,
}

impl Survey<'_> {
    /// Runs the cases of `rig`. One in which the device is lost has failed; the next ones are run on the
    /// device opened anew.
    ///
    /// # Errors
    /// If no case is wanted, a known failure is about no case, a lost device cannot be opened again, or
    /// the log or a reproducer cannot be written.
    pub fn run(&self, rig: &mut impl Rig) -> Result<Vec<Finding>> {
        let checks = rig.checks();
        let names = checks.iter().map(|check| check.name.as_str());
        let known = self.known.clone().on(self.target, names)?;
        let checks = self.wanted(checks);
        let mut run = Run::start(self, known, &checks)?;
        let mut is_cut_short = run.go_on(&checks)?;
        drop(checks);
        while is_cut_short {
            run.reopen(rig)?;
            is_cut_short = run.go_on(&self.wanted(rig.checks()))?;
        }
        run.end()
    }

    /// Those of `checks` that the filter names.
    fn wanted<'c>(&self, mut checks: Vec<Check<'c>>) -> Vec<Check<'c>> {
        checks.retain(|check| check.name.contains(self.filter));
        checks
    }
}

impl<'a> Run<'a> {
    /// The start of `survey`, of the cases `checks`.
    fn start(survey: &'a Survey<'a>, known: KnownFailures, checks: &[Check<'_>]) -> Result<Self> {
        let filter = survey.filter;
        ensure!(!checks.is_empty(), "no case contains '{filter}'");
        let mut run = Self {
            survey,
            known,
            log: survey.log.map(Log::create).transpose()?,
            reproducers: survey.emit.map(Reproducers::create).transpose()?,
            findings: Vec::new(),
        };
        run.write(&Entry::Start {
            target: survey.target,
            filter,
            cases: checks.len(),
        })?;
        survey.observer.begins(checks);
        Ok(run)
    }

    /// Runs those of `checks` that were not run yet, until the device is lost; whether it is lost before
    /// the last one.
    fn go_on(&mut self, checks: &[Check<'_>]) -> Result<bool> {
        for (number, check) in checks.iter().enumerate().skip(self.findings.len()) {
            let name = &check.name;
            self.write(&Entry::Case { number, name })?;
            let start = Instant::now();
            let result = block_on(check.run());
            let seconds = start.elapsed().as_secs_f64();
            let is_lost = matches!(result, Err(GpuError::Lost(_)));
            let finding = self.finding(number, check, result)?;
            self.write(&Entry::Done {
                number,
                seconds,
                case: CaseRecord::of(&finding),
            })?;
            self.survey.observer.found(&finding);
            self.findings.push(finding);
            if is_lost {
                self.write(&Entry::DeviceLost { number })?;
                return Ok(self.findings.len() < checks.len());
            }
        }
        Ok(false)
    }

    /// What is found of a case that ended with `result`.
    fn finding(
        &mut self,
        number: usize,
        check: &Check<'_>,
        result: Result<Outcome, GpuError>,
    ) -> Result<Finding> {
        let values = match (&self.reproducers, &result) {
            (Some(_), Ok(outcome)) if !outcome.passed() => Some(outcome.clone()),
            _ => None,
        };
        let report = check.report(result);
        let reproducer = match &mut self.reproducers {
            Some(reproducers) if !report.passed => {
                let target = self.survey.target;
                Some(reproducers.emit(number, target, check, &report, values.as_ref())?)
            }
            _ => None,
        };
        let known = self.known.of_case(&check.name);
        Ok(Finding {
            status: Status::of(report.passed, known.is_some()),
            known: known.map(|known| known.reason.clone()),
            report,
            reproducer,
        })
    }

    /// Opens the device of `rig` anew, after it was lost in the last case.
    fn reopen(&mut self, rig: &mut impl Rig) -> Result<()> {
        rig.reopen().with_context(|| {
            let lost_in = self.findings.last().map(|finding| &*finding.report.name);
            let rest = match self.survey.log {
                Some(log) => {
                    format!("what came of the cases before it is in '{}'", log.display())
                }
                None => "with --log FILE, what came of the cases before it is kept".to_owned(),
            };
            format!(
                "the device was lost in the case '{}' and cannot be opened again; {rest}",
                lost_in.unwrap_or_default()
            )
        })?;
        self.write(&Entry::DeviceOpened)
    }

    fn end(mut self) -> Result<Vec<Finding>> {
        let mut findings = self.findings.iter();
        let passed = findings.all(|finding| finding.status.is_expected());
        self.write(&Entry::End { passed })?;
        if let Some(reproducers) = self.reproducers {
            reproducers.finish();
        }
        Ok(self.findings)
    }

    fn write(&mut self, entry: &Entry<'_>) -> Result<()> {
        self.log.as_mut().map_or(Ok(()), |log| log.write(entry))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use anyhow::bail;
    use serde_json::Value;

    use super::*;
    use crate::verify::Tolerance;

    /// Cases that end as they are told; one that loses the device does so whenever it is run.
    struct Scripted {
        cases: Vec<(&'static str, Result<f64, GpuError>)>,
        can_reopen: bool,
        opened: usize,
    }

    impl Rig for Scripted {
        fn checks(&self) -> Vec<Check<'_>> {
            let check = |(name, result): &(&str, Result<f64, GpuError>)| {
                let outcome = |&computed: &f64| {
                    let mut outcome = Outcome::default();
                    outcome.compare("output", String::new, computed, 1.0, &Tolerance::EXACT);
                    outcome
                };
                let result = result.as_ref().map(outcome);
                Check::ending(name, result.map_err(Clone::clone))
            };
            self.cases.iter().map(check).collect()
        }

        fn reopen(&mut self) -> Result<()> {
            self.opened += 1;
            match self.can_reopen {
                true => Ok(()),
                false => bail!("the adapter is gone"),
            }
        }
    }

    /// Counts what it is told.
    #[derive(Default)]
    struct Told {
        begun: Cell<usize>,
        found: Cell<usize>,
    }

    impl Observer for Told {
        fn begins(&self, _: &[Check<'_>]) {
            self.begun.set(self.begun.get() + 1);
        }

        fn found(&self, _: &Finding) {
            self.found.set(self.found.get() + 1);
        }
    }

    fn rig(can_reopen: bool) -> Scripted {
        let lost = || Err(GpuError::Lost("a bead fell off".to_owned()));
        Scripted {
            cases: vec![
                ("right", Ok(1.0)),
                ("losing", lost()),
                ("wrong", Ok(2.0)),
                ("also right", Ok(1.0)),
                ("losing last", lost()),
            ],
            can_reopen,
            opened: 0,
        }
    }

    fn known(case: &str) -> KnownFailures {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.json");
        let entry = format!(r#"[{{"case":"{case}","backend":"vulkan","reason":"beads"}}]"#);
        fs::write(&path, entry).unwrap();
        KnownFailures::load(&path).unwrap()
    }

    /// The findings in the cases of `rig`, and the lines of the log.
    fn survey(rig: &mut Scripted, known: &KnownFailures) -> (Result<Vec<Finding>>, Vec<Value>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let told = Told::default();
        let findings = Survey {
            target: &Target::example(),
            filter: "",
            known,
            log: Some(&path),
            emit: None,
            observer: &told,
        }
        .run(rig);
        assert_eq!(told.begun.get(), 1);
        if let Ok(findings) = &findings {
            assert_eq!(findings.len(), told.found.get());
        }
        let log = fs::read_to_string(&path).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        (findings, lines.collect())
    }

    #[test]
    fn a_lost_device_is_opened_again_and_the_next_cases_are_run() {
        let mut rig = rig(true);
        let (findings, log) = survey(&mut rig, &KnownFailures::default());
        let findings = findings.unwrap();
        let passed = findings.iter().map(|finding| finding.report.passed);
        assert!(passed.eq([true, false, false, true, false]));
        let error = findings[1].report.error.as_deref().unwrap();
        assert!(
            error.contains("device was lost: a bead fell off"),
            "{error}"
        );
        // Not after the last case.
        assert_eq!(rig.opened, 1);
        let events: Vec<&str> = log
            .iter()
            .map(|line| line["event"].as_str().unwrap())
            .collect();
        let expected = "start case done case done device_lost device_opened case done case done case \
                        done device_lost end";
        assert_eq!(events.join(" "), expected);
        assert_eq!(log[0]["name"], "Abacus 9000");
        assert_eq!(
            (&log[3]["name"], &log[3]["number"]),
            (&"losing".into(), &1.into())
        );
        assert_eq!(
            (&log[8]["status"], &log[8]["off"]),
            (&"failed".into(), &1.into())
        );
        assert_eq!(log[14]["passed"], false);
    }

    #[test]
    fn a_device_that_cannot_be_opened_again_ends_it_with_the_case_and_the_log() {
        let (findings, log) = survey(&mut rig(false), &KnownFailures::default());
        let error = format!("{:#}", findings.unwrap_err());
        for part in ["'losing'", "log'", "the adapter is gone"] {
            assert!(error.contains(part), "no {part} in: {error}");
        }
        assert_eq!(log.last().unwrap()["event"], "device_lost");
    }

    #[test]
    fn a_known_failure_must_fail() {
        let (findings, _) = survey(&mut rig(true), &known("right"));
        let statuses: Vec<Status> = findings.unwrap().iter().map(|f| f.status).collect();
        use Status::{Failed, UnexpectedPass};
        assert_eq!(
            statuses,
            [UnexpectedPass, Failed, Failed, UnexpectedPass, Failed]
        );
        let (findings, log) = survey(&mut rig(true), &known("LOS"));
        let findings = findings.unwrap();
        assert_eq!(findings[1].status, Status::KnownFailure);
        assert_eq!(findings[1].known.as_deref(), Some("beads"));
        assert_eq!(log[4]["status"], "known_failure");
    }
}
