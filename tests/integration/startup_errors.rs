//! A start that cannot succeed ends with exit code 1 and an error of one line, and leaves no files.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::harness::log_check::{self, LogGuard};

/// Runs the program in a folder, and checks its log.
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

/// Asserts that `serve` fails with a single line that contains `name`, and creates no file.
fn assert_start_fails(variables: &[(&str, &str)], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("BIND", "127.0.0.1:0"), ("METRICS_BIND", "off")];
    all.extend(variables);
    let output = run(&["serve"], &all, &folder);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains(name), "{log}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{log}");
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
        assert_start_fails(&[(name, value)], name);
    }
}

#[test]
fn postgresql_without_a_secret_is_refused() {
    assert_start_fails(
        &[("DATABASE_URL", "postgres://127.0.0.1:1/x")],
        "JWT_SECRET",
    );
}

#[test]
fn an_unreachable_database_is_reported_in_one_line() {
    let secret = "s".repeat(32);
    assert_start_fails(
        &[
            ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
            ("JWT_SECRET", &secret),
        ],
        "DATABASE_URL",
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_reported_in_one_line() {
    assert_start_fails(
        &[("DATABASE_URL", "sqlite:///proc/nowhere/x.db?mode=rwc")],
        "DATABASE_URL",
    );
}

#[test]
fn a_busy_port_is_reported_in_one_line_and_no_database_is_created() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_start_fails(&[("BIND", &address)], "BIND");
}

#[test]
fn a_file_that_is_not_a_database_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.db"), "not a database ".repeat(100)).unwrap();
    let variables = [
        ("BIND", "127.0.0.1:0"),
        ("METRICS_BIND", "off"),
        ("DATABASE_URL", "sqlite://x.db"),
    ];
    let output = run(&["serve"], &variables, &folder);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("DATABASE_URL"), "{log}");
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
fn demo_data_is_refused_on_an_address_that_others_can_reach() {
    for variable in [
        ("BIND", "0.0.0.0:0"),
        ("BIND", "[::]:0"),
        ("BIND", "192.0.2.1:0"),
        ("PUBLIC_URL", "https://compete.example"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = run(&["serve", "--demo"], &[variable], &folder);
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{variable:?}");
        assert!(log.contains("--demo"), "{log}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{variable:?}");
    }
}

#[test]
fn a_secret_that_is_given_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "redis://127.0.0.1:1").unwrap();
    let file = file.to_str().unwrap();
    assert_start_fails(
        &[
            ("REDIS_URL", "redis://127.0.0.1:1"),
            ("REDIS_URL_FILE", file),
        ],
        "REDIS_URL",
    );
    let secret = "s".repeat(32);
    assert_start_fails(
        &[("JWT_SECRET", &secret), ("JWT_SECRET_PREVIOUS", &secret)],
        "JWT_SECRET_PREVIOUS",
    );
}

/// A secret that must not appear in an error, even if the setting that contains it is invalid.
const HIDDEN: &str = "hunter2andmoreofit";

/// The settings that can come from a file.
const SECRETS: &[&str] = &[
    "DATABASE_URL",
    "REDIS_URL",
    "JWT_SECRET",
    "JWT_SECRET_PREVIOUS",
    "SMTP_URL",
];

/// Invalid values, each with a secret at `{}`.
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
fn an_invalid_setting_is_named_and_its_value_is_not_shown() {
    for (name, value) in MALFORMED {
        let value = value.replace("{}", HIDDEN);
        let flag = format!("--{}", name.to_lowercase().replace('_', "-"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, &value).unwrap();
        assert_fails_without_showing(&["serve"], &[(name, &value)], name);
        assert_fails_without_showing(&["serve", &flag, &value], &[], name);
        if SECRETS.contains(name) {
            let variable = format!("{name}_FILE");
            let file = file.to_str().unwrap();
            assert_fails_without_showing(&["serve"], &[(&variable, file)], name);
        }
    }
}

#[test]
fn a_secret_in_a_wrong_argument_is_not_shown() {
    for arguments in [
        ["serve", HIDDEN],
        ["serve", "--jwt-secrets=hunter2andmoreofit"],
        ["serve", "--demo=hunter2andmoreofit"],
        ["hunter2andmoreofit", "serve"],
        ["seed", "--users=hunter2andmoreofit"],
    ] {
        assert_fails_without_showing(&arguments, &[], "");
    }
}

#[test]
fn an_error_of_the_database_is_shown_without_the_password() {
    let secret = "s".repeat(32);
    let server = crate::harness::service("TEST_POSTGRES_URL");
    let with_password = server.replace("postgres@", &format!("postgres:{HIDDEN}@"));
    let unreachable = format!("postgres://u:{HIDDEN}@127.0.0.1:1/x");
    let unknown_host = format!("postgres://u:{HIDDEN}@nowhere.invalid/x");
    let unknown_database = with_password.replace("/postgres", "/nowhere");
    let secret_as_name = with_password.replace("/postgres", &format!("/{HIDDEN}"));
    for url in [unreachable, unknown_host, unknown_database, secret_as_name] {
        let variables = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", &secret)];
        for command in ["serve", "migrate", "worker"] {
            assert_fails_without_showing(&[command], &variables, "DATABASE_URL");
        }
    }
}

/// Asserts that a command fails with one error line that contains `name`, and that no output contains the
/// secret.
fn assert_fails_without_showing(arguments: &[&str], variables: &[(&str, &str)], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("METRICS_BIND", "off"), ("RUST_LOG", "debug")];
    if !variables.iter().any(|(name, _)| *name == "BIND") {
        all.push(("BIND", "127.0.0.1:0"));
    }
    all.extend(variables);
    let output = run(arguments, &all, &folder);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?} {log}");
    let shown = log.to_lowercase().contains(HIDDEN);
    assert!(!shown, "{arguments:?} {variables:?}: {log}");
    let errors: Vec<_> = log.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{log}");
    assert!(errors[0].contains(name), "{log}");
}

#[test]
fn help_lists_every_setting_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "do-not-show-this-secret-anywhere-0123";
    let output = run(&["serve", "--help"], &[("JWT_SECRET", secret)], &folder);
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for name in ["DATABASE_URL", "REDIS_URL", "REMINDER_CRON", "METRICS_BIND"] {
        assert!(log.contains(name), "{name}");
    }
    assert!(!log.contains(secret));
}
