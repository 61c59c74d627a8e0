//! Every command that README and OPERATIONS show does what they say. A command that is shown and not
//! tried here fails the test.

use std::collections::BTreeSet;

use crate::harness::{Backend, PASSWORD, Place, Program, process::Server, spawn_app};

const DOCUMENTS: [&str; 2] = [
    include_str!("../../README.md"),
    include_str!("../../docs/OPERATIONS.md"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_that_is_shown_works_on_sqlite() {
    every_command_that_is_shown_works(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_that_is_shown_works_on_postgres() {
    every_command_that_is_shown_works(Backend::Postgres).await;
}

#[tokio::test]
async fn every_command_that_there_is_is_shown() {
    let place = Place::fresh(Backend::Sqlite).await;
    let shown = shown();
    let (_, help, _) = Program::run(&place, &["--help"]).await;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<_> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() > 5, "{help}");
    for name in names {
        let begin = format!("mini-compete {name}");
        let found = shown.iter().any(|command| command.starts_with(&begin));
        assert!(found, "neither README nor OPERATIONS shows `{begin}`");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_openapi_document_is_printed_as_it_is_served() {
    let app = spawn_app(Backend::Sqlite).await;
    let served = app.client().get("/api/openapi.json").await.text;
    let (done, printed, said) = Program::run(&app.place, &["openapi"]).await;
    assert!(done, "{said}");
    assert_eq!(printed.trim_end(), served.trim_end());
}

async fn every_command_that_is_shown_works(backend: Backend) {
    let place = Place::fresh(backend).await;
    let shown = shown();
    assert!(shown.len() > 10, "{shown:?}");
    for command in shown {
        let arguments: Vec<_> = command.split(' ').skip(1).map(example).collect();
        let answer = match arguments[0] {
            "serve" => serves(&place, &arguments).await,
            // It works until it is stopped: `tests/integration/crashes.rs`.
            "worker" => runs(&place, &["worker", "--help"], "").await,
            _ => runs(&place, &arguments, PASSWORD).await,
        };
        let as_said = match arguments[..2.min(arguments.len())] {
            ["openapi"] => answer.starts_with("{\n  \"openapi\": \"3.1"),
            ["seed", _] => answer.contains(r#""registrations":30"#),
            ["user", _] => answer.trim().parse::<uuid::Uuid>().is_ok(),
            ["dead-letters", "retry" | "delete"] => answer.starts_with('{'),
            ["dead-letters", "list" | "groups"] | ["migrate"] => answer.is_empty(),
            ["serve", ..] | ["worker", ..] => true,
            _ => panic!("`{command}` is shown, and nothing here knows what it does"),
        };
        assert!(as_said, "`{command}` answers {answer}");
    }
}

async fn runs(place: &Place, arguments: &[&str], input: &str) -> String {
    let (done, answer, said) = Program::run_with(place, arguments, input).await;
    assert!(done, "{arguments:?}: {said}");
    answer
}

async fn serves(place: &Place, arguments: &[&str]) -> String {
    let mut server = Server::start_with(place, arguments, &[]).await;
    let ready = server.client().get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert!(server.terminate().await.success());
    String::new()
}

/// What is shown in capitals stands for something.
fn example(word: &str) -> &str {
    match word {
        "NAME" => "Grace",
        "EMAIL" => "grace@example.test",
        "USERS" => "20",
        "COMPETITIONS" => "3",
        "CAPACITY" => "10",
        "REGISTRATIONS" => "30",
        word => word,
    }
}

/// The program's commands in fenced blocks and in `code`, in order.
fn shown() -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for document in DOCUMENTS {
        let mut fenced = false;
        for line in document.lines() {
            if line.starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                shown.extend(command(line.split(" #").next().unwrap_or_default()));
            } else {
                shown.extend(line.split('`').skip(1).step_by(2).filter_map(command));
            }
        }
    }
    shown
}

/// The text, if it is one of the program's commands with something to do.
fn command(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let name = words.first()?;
    (*name == "mini-compete" && words.len() > 1).then(|| words.join(" "))
}
