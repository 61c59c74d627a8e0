//! `cargo xtask lint`: all checks that do not run the application.

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use clap::ValueEnum;

mod cycles;
mod docs;
mod graph;
mod layers;
mod names;
mod parse;
mod sources;

use crate::dependencies;
use crate::process;
use crate::progress;
use crate::tools::{self, Tool};
use crate::wasm_target::{self, TRIPLE};
use crate::workspace::{APP, Workspace};
use graph::Graph;

#[derive(clap::Args)]
pub struct Args {
    /// Run only these checks
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Check>,
}

/// One check, in the order in which they run: the fast ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Check {
    /// `cargo fmt` would change nothing
    Formatting,
    /// Imports run downward through the layers, and no files import each other in a circle
    Imports,
    /// Modules are `foo.rs` beside `foo/`, no documentation comment has fewer than four words, and no two
    /// types of the application share a name
    Sources,
    /// `cargo clippy` for the server
    Clippy,
    /// `cargo clippy` for the library as it is compiled for the browser
    ClippyForBrowser,
    /// `cargo doc` without a warning, private items included
    Documentation,
    /// `cargo deny`: licences, sources and advisories of dependencies
    Dependencies,
    /// `cargo machete`: every dependency is used
    UnusedDependencies,
    /// `typos`: spelling of code, documents and texts, with the exceptions of `.typos.toml`
    Spelling,
}

impl Check {
    fn title(self) -> &'static str {
        match self {
            Self::Formatting => "formatting",
            Self::Imports => "layers and import cycles",
            Self::Sources => "module style, documentation comments and names of types",
            Self::Clippy => "clippy",
            Self::ClippyForBrowser => "clippy for the browser",
            Self::Documentation => "documentation",
            Self::Dependencies => "dependencies",
            Self::UnusedDependencies => "unused dependencies",
            Self::Spelling => "spelling",
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Formatting => process::run(workspace.cargo().args(["fmt", "--all", "--check"])),
            Self::Imports => imports(workspace),
            Self::Sources => sources(workspace),
            Self::Clippy => clippy(workspace),
            Self::ClippyForBrowser => clippy_for_browser(workspace),
            Self::Documentation => documentation(workspace),
            Self::Dependencies => dependencies::check(workspace),
            Self::UnusedDependencies => dependencies::check_for_unused(workspace),
            Self::Spelling => spelling(workspace),
        }
    }
}

/// Runs all checks, or those that are asked for, and stops at the first that fails.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    for check in Check::value_variants() {
        if args.only.is_empty() || args.only.contains(check) {
            progress::step(check.title(), || check.run(workspace))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The source folders whose files must not import each other in circles.
const SOURCES: [&str; 6] = [
    "src",
    "migration/src",
    "pdf/src",
    "xtask/src",
    "xtask-site/src",
    "bench/src",
];

/// Checks that imports in `src/` run downward, and that no crate's files import each other in
/// circles.
fn imports(workspace: &Workspace) -> Result<()> {
    let mut problems = Vec::new();
    for folder in SOURCES {
        let sources = sources::read(&workspace.path(""), folder)?;
        let own_name = folder.strip_suffix("/src").unwrap_or("mini_compete");
        let graph = Graph::new(&sources, own_name)?;
        if folder == "src" {
            problems.extend(layers::violations(&graph));
        }
        problems.extend(cycles::find(&graph));
    }
    report(&problems, "imports that are not allowed")
}

/// Checks the style of modules (except in tests, whose roots are folders) and the documentation
/// comments of all crates and tests, and that no two types of the application share a name.
fn sources(workspace: &Workspace) -> Result<()> {
    let mut misplaced = Vec::new();
    let mut short = Vec::new();
    let mut shared = Vec::new();
    for folder in SOURCES.into_iter().chain(["tests"]) {
        let sources = sources::read(&workspace.path(""), folder)?;
        let mod_files = sources.iter().filter(|it| it.path.ends_with("/mod.rs"));
        misplaced.extend(
            mod_files
                .filter(|_| folder != "tests")
                .map(|it| format!("{}: move it to the file named after its folder", it.path)),
        );
        short.extend(docs::too_short(&sources));
        if folder == "src" {
            shared.extend(names::shared(&sources));
        }
    }
    report(&misplaced, "modules in files named mod.rs")?;
    report(&short, "documentation comments of fewer than four words")?;
    report(&shared, "names that several types share")
}

/// Prints the problems that a check has found, one per line.
///
/// # Errors
/// Returns an error if there are any.
fn report(problems: &[String], what: &str) -> Result<()> {
    for line in problems {
        eprintln!("    {line}");
    }
    ensure!(problems.is_empty(), "{} {what}", problems.len());
    Ok(())
}

/// Checks all code for the server, that of the feature `embed-site` included. Any folder will do as the
/// site: nothing is run.
fn clippy(workspace: &Workspace) -> Result<()> {
    let mut clippy = workspace.cargo();
    clippy
        .args(["clippy", "--workspace", "--all-targets", "--locked"])
        .args(["--features", "mini-compete/embed-site"])
        .env("SITE_DIR", workspace.path("public"))
        .args(["--", "-D", "warnings"]);
    process::run(&mut clippy)
}

/// Checks the library as it is compiled for the browser. Much of the code is behind the feature
/// `hydrate`, so the other check does not see it.
fn clippy_for_browser(workspace: &Workspace) -> Result<()> {
    if !wasm_target::is_installed() {
        progress::note(format_args!(
            "skipped: it needs `rustup target add {TRIPLE}` (`cargo xtask site` compiles the code anyway)"
        ));
        return Ok(());
    }
    let mut clippy = workspace.cargo();
    clippy
        .args(["clippy", "--package", APP, "--lib", "--target", TRIPLE])
        .args(["--locked", "--no-default-features", "--features", "hydrate"])
        .args(["--", "-D", "warnings"]);
    process::run(&mut clippy)
}

/// Builds the documentation of all crates. A broken link is an error.
fn documentation(workspace: &Workspace) -> Result<()> {
    let mut doc = workspace.cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
        .arg("--document-private-items")
        .env("RUSTDOCFLAGS", "-D warnings");
    process::run(&mut doc)
}

/// The program that checks spelling.
const TYPOS: Tool = Tool {
    name: "typos-cli",
    version: "1.52.0",
};

/// Checks the spelling of all files under version control.
fn spelling(workspace: &Workspace) -> Result<()> {
    let Some(typos) = tools::provide_or_skip(workspace, &TYPOS)? else {
        return Ok(());
    };
    let mut command = Command::new(typos);
    command.current_dir(workspace.path(""));
    process::run(command.args(["--format", "brief"]))
}
