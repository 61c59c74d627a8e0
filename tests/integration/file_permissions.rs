//! Files of the program are readable by its own system account only.
#![cfg(unix)]

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::harness::log_check;

/// Starts `mini-compete serve` in a folder with the umask 000, waits until it listens, and returns the
/// process and its log.
async fn serve(folder: &Path, database: &str) -> (Child, String) {
    let mut server = Command::new("sh")
        .args(["-c", "umask 000; exec \"$0\" serve"])
        .arg(env!("CARGO_BIN_EXE_mini-compete"))
        .current_dir(folder)
        .env_clear()
        .env("DATABASE_URL", database)
        .env("BIND", "127.0.0.1:0")
        .env("METRICS_BIND", "off")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let mut read_log = String::new();
    while let Some(line) = log.next_line().await.unwrap() {
        log_check::check(&line);
        read_log += &line;
        if line.contains("listening") {
            return (server, read_log);
        }
    }
    panic!("the server does not listen: {read_log}");
}

/// Returns the permission bits of a file or folder.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_database_is_readable_by_its_owner_only_with_any_umask() {
    let home = tempfile::tempdir().unwrap();
    let (server, log) = serve(home.path(), "sqlite://data/deep/x.db?mode=rwc").await;
    let folder = home.path().join("data/deep");
    assert_eq!(mode(&home.path().join("data")), 0o700);
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|f| f.unwrap()).collect();
    let names: Vec<_> = files.iter().map(|file| file.file_name()).collect();
    for name in [
        "x.db",
        "x.db-wal",
        "x.db-shm",
        "x.lock",
        "x.migrating",
        "x.secret",
        "x.files",
    ] {
        assert!(names.iter().any(|found| found == name), "{names:?}");
    }
    for file in files {
        let private = if file.path().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file.path()), private, "{}", file.path().display());
    }
    assert!(!log.contains("every account of this machine"), "{log}");
    drop(server);
}

#[tokio::test]
async fn existing_files_keep_their_mode_and_cause_one_warning() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("mine");
    DirBuilder::new().mode(0o755).create(&folder).unwrap();
    let file = folder.join("x.db");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (server, log) = serve(home.path(), "sqlite://mine/x.db").await;
    assert_eq!((mode(&folder), mode(&file)), (0o755, 0o644));
    assert_eq!(log.matches("every account of this machine").count(), 1);
    drop(server);
}
