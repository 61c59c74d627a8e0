//! A start that can't work ends with one clear line and exit code 1, nothing half done.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn run(arguments: &[&str], variables: &[(&str, &str)], folder: &TempDir) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mini-compete"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Refused with a single line that holds `names`; nothing was left behind.
fn refused(variables: &[(&str, &str)], names: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("BIND", "127.0.0.1:0"), ("METRICS_BIND", "off")];
    all.extend(variables);
    let output = run(&["serve"], &all, &folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(names), "{said}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{said}");
}

#[test]
fn a_malformed_setting_is_named_in_one_line() {
    for (name, value) in [
        ("DATABASE_URL", "mysql://x/y"),
        ("REDIS_URL", "http://x"),
        ("REDIS_PREFIX", "{mc}"),
        ("JWT_SECRET", "short"),
        ("BIND", "everywhere"),
        ("PUBLIC_URL", "compete.example.org"),
        ("FRONTEND_URL", "https://x/app"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ("METRICS_BIND", "on"),
        ("RATE_LIMIT", "maybe"),
        ("JOB_RETRY_BASE_MS", "0"),
        ("JOB_MAX_RETRIES", "-1"),
        ("REMINDER_CRON", "every day"),
        ("CLEANUP_CRON", "0 0 * * *"),
        ("IDEMPOTENCY_TTL_HOURS", "soon"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "a=b=c"),
    ] {
        refused(&[(name, value)], name);
    }
}

#[test]
fn postgresql_without_a_secret_is_refused() {
    refused(
        &[("DATABASE_URL", "postgres://127.0.0.1:1/x")],
        "JWT_SECRET",
    );
}

#[test]
fn a_database_that_cannot_be_reached_is_said_in_one_line() {
    let secret = "s".repeat(32);
    refused(
        &[
            ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
            ("JWT_SECRET", &secret),
        ],
        "DATABASE_URL",
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_said_in_one_line() {
    refused(
        &[("DATABASE_URL", "sqlite:///proc/nowhere/x.db?mode=rwc")],
        "DATABASE_URL",
    );
}

#[test]
fn a_busy_port_is_said_in_one_line_and_leaves_no_database() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&[("BIND", &address)], "BIND");
}

#[test]
fn a_file_that_is_no_database_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.db"), "not a database ".repeat(100)).unwrap();
    let variables = [
        ("BIND", "127.0.0.1:0"),
        ("METRICS_BIND", "off"),
        ("DATABASE_URL", "sqlite://x.db"),
    ];
    let output = run(&["serve"], &variables, &folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("DATABASE_URL"), "{said}");
}

#[test]
fn demo_data_is_refused_on_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "s".repeat(32);
    let variables = [
        ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
        ("JWT_SECRET", secret.as_str()),
    ];
    let output = run(&["serve", "--demo"], &variables, &folder);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--demo"));
}

#[test]
fn help_lists_every_setting_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "do-not-show-this-secret-anywhere-0123";
    let output = run(&["serve", "--help"], &[("JWT_SECRET", secret)], &folder);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for name in ["DATABASE_URL", "REDIS_URL", "REMINDER_CRON", "METRICS_BIND"] {
        assert!(said.contains(name), "{name}");
    }
    assert!(!said.contains(secret));
}
