//! How many tests passed, failed and were skipped, read from what the runners say.

use std::fmt;
use std::ops::AddAssign;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Tally {
    /// What a step counts as that broke before or beside its tests (it did not compile, it crashed).
    pub const BROKEN: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };

    /// Tests that were really run.
    pub fn ran(&self) -> u64 {
        self.passed + self.failed
    }

    /// Adds the numbers of one of libtest's lines: `test result: ok. 3 passed; 0 failed; 1 ignored;
    /// 0 measured; 2 filtered out; finished in 0.01s`. Any other line changes nothing.
    pub fn add_libtest_line(&mut self, line: &str) {
        if let Some(tally) = parse_libtest(line) {
            *self += tally;
        }
    }

    /// The numbers in the report that Playwright's JSON reporter writes. A test that passed only at
    /// a second try passed.
    pub fn from_playwright(report: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Report {
            stats: Stats,
        }
        #[derive(Deserialize)]
        struct Stats {
            expected: u64,
            unexpected: u64,
            flaky: u64,
            skipped: u64,
        }
        let Report { stats } = serde_json::from_str(report).context("Playwright's report")?;
        Ok(Self {
            passed: stats.expected + stats.flaky,
            failed: stats.unexpected,
            skipped: stats.skipped,
        })
    }

    /// The numbers in a report of JUnit's kind, from the element that holds all others.
    pub fn from_junit(report: &str) -> Result<Self> {
        let root = report.split_once("<testsuites").map(|(_, rest)| rest);
        let root = root.and_then(|rest| rest.split_once('>'));
        let (root, _) = root.context("a JUnit report has an element `testsuites`")?;
        let number = |name: &str| -> Result<u64> {
            let value = root
                .split_once(&format!(" {name}=\""))
                .map(|(_, rest)| rest);
            match value.and_then(|rest| rest.split_once('"')) {
                Some((number, _)) => number.parse().context("a JUnit report"),
                None => Ok(0),
            }
        };
        let failed = number("failures")? + number("errors")?;
        let skipped = number("skipped")?;
        Ok(Self {
            passed: number("tests")?.saturating_sub(failed + skipped),
            failed,
            skipped,
        })
    }

    /// A runner that failed without a failed test (a crash, a compile error) counts as one.
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
    }
}

/// The closing line, in the words that tools which read it expect.
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
                skipped: 1
            }
        );
    }

    #[test]
    fn a_line_that_only_talks_of_results_is_not_counted() {
        let mut tally = Tally::default();
        tally.add_libtest_line("    test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured");
        tally.add_libtest_line("test result: ok. many passed; 0 failed; 1 ignored");
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn playwrights_flaky_tests_passed_and_unexpected_ones_failed() -> anyhow::Result<()> {
        let report = r#"{"suites":[],"stats":{"startTime":"x","duration":1.5,
            "expected":7,"skipped":1,"unexpected":2,"flaky":1}}"#;
        let tally = Tally::from_playwright(report)?;
        assert_eq!(
            tally,
            Tally {
                passed: 8,
                failed: 2,
                skipped: 1
            }
        );
        Ok(())
    }

    #[test]
    fn a_junit_report_is_added_up_by_its_root() -> anyhow::Result<()> {
        let report = r#"<?xml version="1.0" ?>
            <testsuites disabled="0" errors="1" failures="2" tests="9" time="1.5">
            <testsuite errors="1" failures="2" name="x" tests="9"/></testsuites>"#;
        let tally = Tally::from_junit(report)?;
        assert_eq!((tally.passed, tally.failed, tally.skipped), (6, 3, 0));
        assert!(Tally::from_junit("").is_err());
        Ok(())
    }

    #[test]
    fn a_runner_that_broke_without_a_failed_test_counts_as_a_failure() {
        assert_eq!(Tally::default().with_outcome(false), Tally::BROKEN);
        let failed = Tally {
            passed: 1,
            failed: 1,
            skipped: 0,
        };
        assert_eq!(failed.with_outcome(false), failed);
    }

    #[test]
    fn the_closing_line_names_skipped_tests_only_when_there_are_any() {
        let tally = Tally {
            passed: 8,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(tally.to_string(), "8 passed, 0 failed");
        let tally = Tally {
            skipped: 2,
            ..tally
        };
        assert_eq!(tally.to_string(), "8 passed, 0 failed, 2 skipped");
    }
}
