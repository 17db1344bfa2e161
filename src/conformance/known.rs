//! Cases that are known to fail, by adapter and driver. Such a case must fail: once it passes, its entry
//! has to go, so that the list never hides more than there is.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Target;

/// The list in the program.
const BUILT_IN: &str = include_str!("known_failures.json");

/// Cases that are known to fail on some adapters. Texts are compared ignoring case, and fit if they are
/// contained.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// Part of the cases' names.
    pub case: String,
    /// vulkan, metal, dx12, gl, or cpu.
    pub backend: String,
    /// Part of the adapter's name, or of the processor's; the empty text fits all.
    #[serde(default)]
    pub adapter: String,
    /// Part of the driver's description, for example its name; the empty text fits all.
    #[serde(default)]
    pub driver: String,
    /// The first version of the driver that it is about: the number after `driver` in the description.
    #[serde(default)]
    pub from: Option<Version>,
    /// The first version of the driver that it is no longer about.
    #[serde(default)]
    pub until: Option<Version>,
    /// Why they fail, as far as that is known.
    pub reason: String,
    /// Where that is reported.
    #[serde(default)]
    pub link: Option<String>,
}

/// A driver's version, such as 22.3.6.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Version(Vec<u64>);

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split('.').map(str::parse);
        let parts: Result<Vec<u64>, _> = parts.collect();
        parts
            .map(Self)
            .map_err(|_| format!("the version is '{text}', expected numbers as in 22.3.6"))
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Version {
    /// The first number in `text`.
    fn first_in(text: &str) -> Option<Self> {
        let from_digit = &text[text.find(|c: char| c.is_ascii_digit())?..];
        let end = from_digit.find(|c: char| c != '.' && !c.is_ascii_digit());
        let number = &from_digit[..end.unwrap_or(from_digit.len())];
        number.trim_end_matches('.').parse().ok()
    }
}

/// Whether `text` contains `part`, ignoring case.
fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

impl KnownFailure {
    /// Whether it is about `target`.
    fn fits(&self, target: &Target) -> bool {
        target.backend.eq_ignore_ascii_case(&self.backend)
            && contains(&target.name, &self.adapter)
            && contains(&target.driver, &self.driver)
            && self.fits_version(&target.driver)
    }

    fn fits_version(&self, driver: &str) -> bool {
        if self.from.is_none() && self.until.is_none() {
            return true;
        }
        let (driver, name) = (driver.to_lowercase(), self.driver.to_lowercase());
        let after_name = driver
            .find(&name)
            .map(|place| &driver[place + name.len()..]);
        let Some(version) = after_name.and_then(Version::first_in) else {
            return false;
        };
        self.from.as_ref().is_none_or(|from| *from <= version)
            && self.until.as_ref().is_none_or(|until| version < *until)
    }

    /// Refuses an entry that says too little to be judged later.
    fn check(&self) -> Result<()> {
        for (field, text) in [
            ("case", &self.case),
            ("backend", &self.backend),
            ("reason", &self.reason),
        ] {
            ensure!(!text.is_empty(), "an entry's '{field}' is empty");
        }
        let has_range = self.from.is_some() || self.until.is_some();
        ensure!(
            !has_range || !self.driver.is_empty(),
            "the entry for '{}' has 'from' or 'until' without 'driver', the text before the version",
            self.case
        );
        Ok(())
    }
}

/// A list of failures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownFailures {
    list: Vec<KnownFailure>,
}

impl KnownFailures {
    /// The list in the program.
    ///
    /// # Panics
    /// If it is malformed: a test holds that it is not.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the list in the program is well-formed")
    }

    /// The list in the file `path`.
    ///
    /// # Errors
    /// If it cannot be read, or is no list of failures.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).context("it cannot be read")?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let list: Vec<KnownFailure> = serde_json::from_str(text).context(
            "expected a JSON array of entries with 'case', 'backend', 'reason' and, if wanted, \
             'adapter', 'driver', 'from', 'until', 'link'",
        )?;
        list.iter().try_for_each(KnownFailure::check)?;
        Ok(Self { list })
    }

    /// Those that are about `target`, all of whose cases are `names`.
    ///
    /// # Errors
    /// If one of them is about no case: it would go unnoticed that it is out of date.
    pub fn on<'a>(self, target: &Target, names: impl Iterator<Item = &'a str>) -> Result<Self> {
        let names: Vec<&str> = names.collect();
        let fitting = self.list.into_iter().filter(|known| known.fits(target));
        let list: Vec<KnownFailure> = fitting.collect();
        for known in &list {
            ensure!(
                names.iter().any(|name| contains(name, &known.case)),
                "'{}' is listed as known to fail, but no case's name contains it: correct or remove \
                 the entry",
                known.case
            );
        }
        Ok(Self { list })
    }

    /// The entry of the case called `name`.
    pub fn of_case(&self, name: &str) -> Option<&KnownFailure> {
        self.list.iter().find(|known| contains(name, &known.case))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["conv.forward 1x1", "dense.forward 2x4"];

    /// The list with an entry for `conv` on the example's backend, and the `fields` given as JSON.
    fn list(fields: &str) -> Result<KnownFailures> {
        KnownFailures::parse(&format!(
            r#"[{{"case": "Conv", "backend": "vulkan", "reason": "beads stick" {fields}}}]"#
        ))
    }

    /// Whether a list with these `fields` has an entry about the example.
    fn fits(fields: &str) -> bool {
        let known = list(fields).unwrap();
        let here = known.on(&Target::example(), NAMES.into_iter()).unwrap();
        here.of_case(NAMES[0]).is_some()
    }

    #[test]
    fn the_list_in_the_program_is_well_formed() {
        KnownFailures::built_in();
    }

    #[test]
    fn entries_are_of_cases_adapters_and_drivers() {
        assert!(fits(""));
        assert!(fits(r#", "adapter": "abacus""#));
        assert!(!fits(r#", "adapter": "sliderule""#));
        assert!(fits(r#", "driver": "beads""#));
        assert!(!fits(r#", "driver": "pebbles""#));
        let here = list("").unwrap();
        let here = here.on(&Target::example(), NAMES.into_iter()).unwrap();
        assert_eq!(here.of_case(NAMES[0]).unwrap().reason, "beads stick");
        assert_eq!(here.of_case(NAMES[1]), None);
        let elsewhere = Target {
            backend: "gl".to_owned(),
            ..Target::example()
        };
        let elsewhere = list("").unwrap().on(&elsewhere, NAMES.into_iter()).unwrap();
        assert_eq!(elsewhere, KnownFailures::default());
    }

    #[test]
    fn entries_are_of_ranges_of_versions() {
        // The driver is "abacus Beads 22.3.6 (LLVM 15.0.6)".
        for (range, expected) in [
            (r#""driver": "Beads", "from": "22.3""#, true),
            (r#""driver": "Beads", "from": "22.3.6""#, true),
            (r#""driver": "Beads", "from": "22.3.7""#, false),
            (r#""driver": "Beads", "until": "22.3.6""#, false),
            (r#""driver": "Beads", "until": "22.10""#, true),
            (r#""driver": "Beads", "from": "21", "until": "23""#, true),
            (r#""driver": "LLVM", "from": "15", "until": "16""#, true),
            (r#""driver": "LLVM", "from": "22""#, false),
            (r#""driver": "15.0.6", "from": "1""#, false),
        ] {
            assert_eq!(fits(&format!(", {range}")), expected, "{range}");
        }
    }

    #[test]
    fn lists_that_cannot_be_judged_are_refused() {
        for (fields, reason) in [
            (r#", "soup": 1"#, "soup"),
            (r#", "driver": "Beads", "from": "new""#, "'new'"),
            (r#", "from": "22""#, "without 'driver'"),
        ] {
            let error = format!("{:#}", list(fields).unwrap_err());
            assert!(error.contains(reason), "{reason} is not in: {error}");
        }
        let empty = r#"[{"case": "", "backend": "gl", "reason": "unknown"}]"#;
        let error = KnownFailures::parse(empty).unwrap_err().to_string();
        assert!(error.contains("'case' is empty"), "{error}");
        let unnamed = list("")
            .unwrap()
            .on(&Target::example(), NAMES[1..].iter().copied());
        let error = unnamed.unwrap_err().to_string();
        assert!(error.contains("no case's name contains"), "{error}");
    }
}
