//! Every command in README and OPERATIONS works as they describe. A documented command that no test knows
//! fails the test.

use std::collections::BTreeSet;

use crate::harness::{Backend, PASSWORD, Program, Storage, process::Server, spawn_app};

const DOCUMENTS: [&str; 2] = [
    include_str!("../../README.md"),
    include_str!("../../docs/OPERATIONS.md"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_command_works_on_sqlite() {
    assert_every_documented_command_works(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_command_works_on_postgres() {
    assert_every_documented_command_works(Backend::Postgres).await;
}

#[tokio::test]
async fn every_command_is_documented() {
    let storage = Storage::create(Backend::Sqlite).await;
    let documented = documented_commands();
    let (_, help, _) = Program::run(&storage, &["--help"]).await;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<_> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() > 5, "{help}");
    for name in names {
        let begin = format!("mini-compete {name}");
        let found = documented.iter().any(|command| command.starts_with(&begin));
        assert!(found, "neither README nor OPERATIONS documents `{begin}`");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_openapi_document_is_the_served_one() {
    let app = spawn_app(Backend::Sqlite).await;
    let served = app.client().get("/api/openapi.json").await.text;
    let (succeeded, printed, log) = Program::run(&app.storage, &["openapi"]).await;
    assert!(succeeded, "{log}");
    assert_eq!(printed.trim_end(), served.trim_end());
}

async fn assert_every_documented_command_works(backend: Backend) {
    let storage = Storage::create(backend).await;
    let documented = documented_commands();
    assert!(documented.len() > 10, "{documented:?}");
    for command in documented {
        let arguments: Vec<_> = command.split(' ').skip(1).map(example).collect();
        let output = match arguments[0] {
            "serve" => serve(&storage, &arguments).await,
            // A worker runs until it is stopped (`tests/integration/crashes.rs`).
            "worker" => run(&storage, &["worker", "--help"], "").await,
            _ => run(&storage, &arguments, PASSWORD).await,
        };
        let as_documented = match arguments[..2.min(arguments.len())] {
            ["openapi"] => output.starts_with("{\n  \"openapi\": \"3.1"),
            ["seed", _] => output.contains(r#""registrations":30"#),
            ["user", _] => output.trim().parse::<uuid::Uuid>().is_ok(),
            ["dead-letters", "retry" | "delete"] | ["queues" | "seat-drift", _] => {
                output.starts_with('{')
            }
            ["dead-letters", "list" | "groups"] | ["migrate"] => output.is_empty(),
            ["serve", ..] | ["worker", ..] => true,
            _ => panic!("`{command}` is documented, but not known to this test"),
        };
        assert!(as_documented, "`{command}` prints {output}");
    }
}

/// Runs a command to its end, and returns its standard output.
async fn run(storage: &Storage, arguments: &[&str], input: &str) -> String {
    let (succeeded, output, log) = Program::run_with(storage, arguments, input).await;
    assert!(succeeded, "{arguments:?}: {log}");
    output
}

/// Starts a server, asserts that it is ready, and stops it.
async fn serve(storage: &Storage, arguments: &[&str]) -> String {
    let mut server = Server::start_with(storage, arguments, &[]).await;
    let ready = server.client().get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert!(server.terminate().await.success());
    String::new()
}

/// Returns an example for a placeholder, which is in capital letters, and any other word unchanged.
fn example(word: &str) -> &str {
    match word {
        "NAME" => "Grace",
        "EMAIL" => "grace@example.test",
        "LANGUAGE" => "de",
        "USERS" => "20",
        "COMPETITIONS" => "3",
        "CAPACITY" => "10",
        "REGISTRATIONS" => "30",
        word => word,
    }
}

/// Returns the commands of the program in fenced blocks and in `code`.
fn documented_commands() -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    for document in DOCUMENTS {
        let mut fenced = false;
        for line in document.lines() {
            if line.starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                commands.extend(command(line.split(" #").next().unwrap_or_default()));
            } else {
                commands.extend(line.split('`').skip(1).step_by(2).filter_map(command));
            }
        }
    }
    commands
}

/// Returns the text if it is a command of the program with arguments.
fn command(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let name = words.first()?;
    (*name == "mini-compete" && words.len() > 1).then(|| words.join(" "))
}
