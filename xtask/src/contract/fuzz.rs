//! Runs Schemathesis with all of its checks, a fixed seed, and a limited number of examples.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::test_server::{ROLES, TestServer};
use crate::app::token;
use crate::process;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The number of requests for each operation and phase. These are more than a thousand per role, in
/// about fifteen seconds.
const EXAMPLES: &str = "12";

/// Runs Schemathesis anonymously and in each role, each time with another competition of the
/// organizer. Prints the failures.
pub fn run(workspace: &Workspace, python: &Path, server: &TestServer) -> Result<Tally> {
    let mut tally = Tally::default();
    for (role, competition) in ROLES.into_iter().zip(&server.seeded.competitions) {
        let reports = tempfile::tempdir()?;
        let report = reports.path().join("junit.xml");
        let mut command = Command::new(python.with_file_name("schemathesis"));
        command
            .current_dir(reports.path())
            .arg("--config-file")
            .arg(workspace.path("contract/schemathesis.toml"))
            .arg("run")
            .arg(format!("{}/api/openapi.json", server.url()))
            .args(["--checks", "all", "--max-examples", EXAMPLES, "--seed", "7"])
            // A cancelled registration can still be read. This can't be set in the file for its operations alone:
            // `--checks` comes before the file in sequences of requests.
            .args(["--exclude-checks", "use_after_free"])
            // With several workers a bug in the compiler of Python 3.11 appears.
            .env("CONTRACT_COMPETITION", competition)
            .args(["--workers", "1", "--request-timeout", "20", "--no-color"])
            .args(["--generation-database", "none", "--continue-on-failure"])
            .args(["--report", "junit", "--report-junit-path"])
            .arg(&report);
        if let Some(role) = role {
            let token = match role {
                "ORGANIZER" => token::mint(&server.seeded.organizer_id, role)?,
                _ => server.account(role, role)?.token,
            };
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        eprintln!("    as {}", role.unwrap_or("anonymous"));
        // The output is long, so it is printed only if something failed.
        let log = reports.path().join("log.txt");
        let out = std::fs::File::create(&log)?;
        let status = process::status(command.stdout(out.try_clone()?).stderr(out))?;
        process::check_interrupted()?;
        if !status.success() {
            eprintln!("{}", std::fs::read_to_string(&log)?);
        }
        let report = std::fs::read_to_string(&report)
            .with_context(|| format!("Schemathesis ended with {status} and wrote no report"))?;
        tally += Tally::from_junit(&report)?.with_outcome(status.success());
    }
    if tally.ran() == 0 {
        bail!("Schemathesis ran no test");
    }
    Ok(tally)
}
