//! A start that can't work ends with one clear line and exit code 1, nothing half done.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::harness::log_check::{self, LogGuard};

fn run(arguments: &[&str], variables: &[(&str, &str)], folder: &TempDir) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_mini-compete"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let _log = LogGuard::new();
    log_check::check(&String::from_utf8_lossy(&output.stderr));
    output
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
        ("HSTS", "always"),
        ("HSTS", "includeSubDomains"),
        ("JWT_SECRET_PREVIOUS", "short"),
        ("JWT_SECRET_FILE", "nowhere"),
        ("SMTP_URL", "smtp://u:p@mail.example"),
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
fn demo_data_is_refused_where_others_reach_it() {
    for variable in [
        ("BIND", "0.0.0.0:0"),
        ("BIND", "[::]:0"),
        ("BIND", "192.0.2.1:0"),
        ("PUBLIC_URL", "https://compete.example"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = run(&["serve", "--demo"], &[variable], &folder);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{variable:?}");
        assert!(said.contains("--demo"), "{said}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{variable:?}");
    }
}

#[test]
fn a_secret_that_is_given_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "redis://127.0.0.1:1").unwrap();
    let file = file.to_str().unwrap();
    refused(
        &[
            ("REDIS_URL", "redis://127.0.0.1:1"),
            ("REDIS_URL_FILE", file),
        ],
        "REDIS_URL",
    );
    let secret = "s".repeat(32);
    refused(
        &[("JWT_SECRET", &secret), ("JWT_SECRET_PREVIOUS", &secret)],
        "JWT_SECRET_PREVIOUS",
    );
}

/// What must not show, however wrong the setting is that it stands in.
const HIDDEN: &str = "hunter2andmoreofit";

/// Those that may come from a file.
const SECRETS: &[&str] = &[
    "DATABASE_URL",
    "REDIS_URL",
    "JWT_SECRET",
    "JWT_SECRET_PREVIOUS",
    "SMTP_URL",
];

/// Values that do not hold, each with a secret in it.
const MALFORMED: &[(&str, &str)] = &[
    ("DATABASE_URL", "{}"),
    ("DATABASE_URL", "mysql://u:{}@h/d"),
    ("DATABASE_URL", "postgres://u:{}@h:port/d"),
    ("DATABASE_URL", "postgres://u:{}@h"),
    ("DATABASE_URL", "postgres://u:{}/x@h/d"),
    ("DATABASE_URL", "postgres://u:x/{}@h/d"),
    ("DATABASE_URL", "postgres://u@h/d?pasword={}"),
    ("DATABASE_URL", "postgres://u@h/d?sslmode={}"),
    ("REDIS_URL", "{}"),
    ("REDIS_URL", "http://:{}@h"),
    ("REDIS_URL", "redis://:{}@h:port"),
    ("REDIS_URL", "redis://:{}/x@h"),
    ("REDIS_URL", "redis://:1/{}@h"),
    ("REDIS_URL", "redis://:{}@h/database"),
    ("JWT_SECRET", "{}"),
    ("JWT_SECRET_PREVIOUS", "{}"),
    ("SMTP_URL", "{}"),
    ("SMTP_URL", "http://u:{}@h"),
    ("SMTP_URL", "smtps://u:{}@h:port"),
    ("SMTP_URL", "smtp://u:{}@mail.example"),
    ("SMTP_URL", "smtps://u:{}@h?tls={}"),
    ("PUBLIC_URL", "https://u:{}@h"),
    ("FRONTEND_URL", "{}"),
    ("SMTP_FROM", "{}"),
    ("BIND", "{}"),
];

#[test]
fn a_setting_that_does_not_hold_is_named_and_its_value_never_shown() {
    for (name, value) in MALFORMED {
        let value = value.replace("{}", HIDDEN);
        let flag = format!("--{}", name.to_lowercase().replace('_', "-"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, &value).unwrap();
        ends_without_showing(&["serve"], &[(name, &value)], name);
        ends_without_showing(&["serve", &flag, &value], &[], name);
        if SECRETS.contains(name) {
            let variable = format!("{name}_FILE");
            let file = file.to_str().unwrap();
            ends_without_showing(&["serve"], &[(&variable, file)], name);
        }
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    for arguments in [
        ["serve", HIDDEN],
        ["serve", "--jwt-secrets=hunter2andmoreofit"],
        ["serve", "--demo=hunter2andmoreofit"],
        ["hunter2andmoreofit", "serve"],
        ["seed", "--users=hunter2andmoreofit"],
    ] {
        ends_without_showing(&arguments, &[], "");
    }
}

#[test]
fn what_a_database_says_is_shown_without_the_password() {
    let secret = "s".repeat(32);
    let server = crate::harness::service("TEST_POSTGRES_URL");
    let with_password = server.replace("postgres@", &format!("postgres:{HIDDEN}@"));
    let nobody = format!("postgres://u:{HIDDEN}@127.0.0.1:1/x");
    let no_host = format!("postgres://u:{HIDDEN}@nowhere.invalid/x");
    let no_database = with_password.replace("/postgres", "/nowhere");
    let named_like_it = with_password.replace("/postgres", &format!("/{HIDDEN}"));
    for url in [nobody, no_host, no_database, named_like_it] {
        let variables = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", &secret)];
        for command in ["serve", "migrate", "worker"] {
            ends_without_showing(&[command], &variables, "DATABASE_URL");
        }
    }
}

/// Fails with one line that holds `names` and not the secret.
fn ends_without_showing(arguments: &[&str], variables: &[(&str, &str)], names: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("METRICS_BIND", "off"), ("RUST_LOG", "debug")];
    if !variables.iter().any(|(name, _)| *name == "BIND") {
        all.push(("BIND", "127.0.0.1:0"));
    }
    all.extend(variables);
    let output = run(arguments, &all, &folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?} {said}");
    let shown = said.to_lowercase().contains(HIDDEN);
    assert!(!shown, "{arguments:?} {variables:?}: {said}");
    let errors: Vec<_> = said.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert!(errors[0].contains(names), "{said}");
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
