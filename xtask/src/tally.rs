//! The numbers of tests that passed, failed and were skipped, and the names of those that failed,
//! parsed from the output of the test runners.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    /// The names of the failed tests, as far as their runner tells them.
    pub failures: Vec<String>,
}

impl Tally {
    /// The tally of a step that failed outside of its tests: it did not compile, or it crashed.
    pub const BROKEN: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
        failures: Vec::new(),
    };

    /// Returns the number of tests that ran.
    pub fn ran(&self) -> u64 {
        self.passed + self.failed
    }

    /// Adds one of libtest's lines: the numbers of `test result: ok. 3 passed; 0 failed; 1 ignored;
    /// 0 measured; 2 filtered out; finished in 0.01s`, the name of `test a::b ... FAILED`. Any other line
    /// changes nothing.
    pub fn add_libtest_line(&mut self, line: &str) {
        let failure = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"));
        if let Some(name) = failure {
            self.failures.push(name.to_owned());
        } else if let Some(tally) = parse_libtest(line) {
            *self += tally;
        }
    }

    /// Parses the report of Playwright's JSON reporter. A test that passed only when it was retried
    /// counts as passed.
    pub fn from_playwright(report: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Report {
            stats: Stats,
            #[serde(default)]
            suites: Vec<Suite>,
        }
        /// A file, or a group of tests in a file.
        #[derive(Deserialize)]
        struct Suite {
            #[serde(default)]
            suites: Vec<Suite>,
            #[serde(default)]
            specs: Vec<Spec>,
        }
        #[derive(Deserialize)]
        struct Spec {
            title: String,
            file: String,
            ok: bool,
        }
        fn add_failures(suites: &[Suite], failures: &mut Vec<String>) {
            for suite in suites {
                let failed = suite.specs.iter().filter(|spec| !spec.ok);
                failures.extend(failed.map(|spec| format!("{}: {}", spec.file, spec.title)));
                add_failures(&suite.suites, failures);
            }
        }
        #[derive(Deserialize)]
        struct Stats {
            expected: u64,
            unexpected: u64,
            flaky: u64,
            skipped: u64,
        }
        let Report { stats, suites } =
            serde_json::from_str(report).context("invalid report of Playwright")?;
        let mut failures = Vec::new();
        add_failures(&suites, &mut failures);
        Ok(Self {
            passed: stats.expected + stats.flaky,
            failed: stats.unexpected,
            skipped: stats.skipped,
            failures,
        })
    }

    /// Parses the attributes of the root element of a JUnit report.
    pub fn from_junit(report: &str) -> Result<Self> {
        let root = report.split_once("<testsuites").map(|(_, rest)| rest);
        let root = root.and_then(|rest| rest.split_once('>'));
        let (root, _) = root.context("the JUnit report has no element `testsuites`")?;
        let number = |name: &str| -> Result<u64> {
            let value = root
                .split_once(&format!(" {name}=\""))
                .map(|(_, rest)| rest);
            match value.and_then(|rest| rest.split_once('"')) {
                Some((number, _)) => number.parse().context("invalid JUnit report"),
                None => Ok(0),
            }
        };
        let failed = number("failures")? + number("errors")?;
        let skipped = number("skipped")?;
        Ok(Self {
            passed: number("tests")?.saturating_sub(failed + skipped),
            failed,
            skipped,
            failures: Vec::new(),
        })
    }

    /// Adds a failure if the runner failed without a failed test, for example by a crash or a
    /// compile error.
    pub fn with_outcome(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self += Self::BROKEN;
        }
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
    }
}

/// The last line of the output, in the form that tools parse.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

fn parse_libtest(line: &str) -> Option<Tally> {
    let rest = line.strip_prefix("test result: ")?;
    let rest = rest
        .strip_prefix("ok. ")
        .or_else(|| rest.strip_prefix("FAILED. "))?;
    let mut parts = rest.split("; ");
    let mut number = |what: &str| parts.next()?.strip_suffix(what)?.parse().ok();
    Some(Tally {
        passed: number(" passed")?,
        failed: number(" failed")?,
        skipped: number(" ignored")?,
        failures: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn the_results_of_several_test_programs_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "running 4 tests",
            "test seats::never_one_too_many ... ok",
            "test seats::never_two_for_two_clicks ... FAILED",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ] {
            tally.add_libtest_line(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 8,
                failed: 2,
                skipped: 1,
                failures: vec!["seats::never_two_for_two_clicks".to_owned()],
            }
        );
    }

    #[test]
    fn a_line_that_only_resembles_a_result_is_not_counted() {
        let mut tally = Tally::default();
        tally.add_libtest_line("    test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured");
        tally.add_libtest_line("test result: ok. many passed; 0 failed; 1 ignored");
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn playwrights_flaky_tests_passed_and_unexpected_ones_failed() -> anyhow::Result<()> {
        let report = r#"{"suites":[{"title":"a.spec.js","suites":[{"title":"group",
            "specs":[{"title":"fails","file":"a.spec.js","ok":false}]}],
            "specs":[{"title":"passes","file":"a.spec.js","ok":true},
            {"title":"fails too","file":"a.spec.js","ok":false}]}],
            "stats":{"startTime":"x","duration":1.5,
            "expected":7,"skipped":1,"unexpected":2,"flaky":1}}"#;
        let tally = Tally::from_playwright(report)?;
        assert_eq!(
            tally,
            Tally {
                passed: 8,
                failed: 2,
                skipped: 1,
                failures: vec![
                    "a.spec.js: fails too".to_owned(),
                    "a.spec.js: fails".to_owned()
                ],
            }
        );
        Ok(())
    }

    #[test]
    fn a_junit_report_is_counted_by_its_root_element() -> anyhow::Result<()> {
        let report = r#"<?xml version="1.0" ?>
            <testsuites disabled="0" errors="1" failures="2" tests="9" time="1.5">
            <testsuite errors="1" failures="2" name="x" tests="9"/></testsuites>"#;
        let tally = Tally::from_junit(report)?;
        assert_eq!((tally.passed, tally.failed, tally.skipped), (6, 3, 0));
        assert!(Tally::from_junit("").is_err());
        Ok(())
    }

    #[test]
    fn a_runner_that_fails_without_a_failed_test_counts_as_a_failure() {
        assert_eq!(Tally::default().with_outcome(false), Tally::BROKEN);
        let failed = Tally {
            passed: 1,
            failed: 1,
            ..Tally::default()
        };
        assert_eq!(failed.clone().with_outcome(false), failed);
    }

    #[test]
    fn the_last_line_names_skipped_tests_only_if_there_are_any() {
        let tally = Tally {
            passed: 8,
            ..Tally::default()
        };
        assert_eq!(tally.to_string(), "8 passed, 0 failed");
        let tally = Tally {
            skipped: 2,
            ..tally
        };
        assert_eq!(tally.to_string(), "8 passed, 0 failed, 2 skipped");
    }
}
