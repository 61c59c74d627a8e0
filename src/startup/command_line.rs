//! What is said about a command line or a variable that does not hold: one line, with the name and
//! the reason, and never the value. Any of them may be a secret, or a secret in the wrong place.

use std::{error::Error as _, process::ExitCode};

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Longest word that is repeated as a misspelt command.
const WORD_MAX: usize = 16;

/// Says why the command line or a variable does not work; help and version are no failure.
#[must_use]
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "no log exists yet"
)]
pub fn report_error(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => eprint!("{error}"),
        _ => eprintln!("error: {}", reason(error)),
    }
    ExitCode::FAILURE
}

/// One line without any value.
fn reason(error: &clap::Error) -> String {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match error.kind() {
        // These name what is missing or contradicts, and no value.
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::ArgumentConflict => first_line(error),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => {
            let word = said(ContextKind::InvalidArg).or(said(ContextKind::InvalidSubcommand));
            match word.filter(|word| is_harmless(word)) {
                Some(word) => format!("there is no {word} here; see --help"),
                None => "an argument is not expected where it is; see --help".to_owned(),
            }
        }
        _ => {
            let why = match (error.source(), error.get(ContextKind::ValidValue)) {
                (Some(why), _) => why.to_string(),
                (None, Some(ContextValue::Strings(values))) => {
                    format!("must be one of {}", values.join(", "))
                }
                (None, _) => "a value is missing or does not hold".to_owned(),
            };
            match said(ContextKind::InvalidArg) {
                Some(name) => format!("{name}: {}", why.lines().next().unwrap_or_default()),
                None => "an argument does not hold; see --help".to_owned(),
            }
        }
    }
}

/// The message of `clap` without its usage, its hints and its prefix, on one line.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let until_usage = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = until_usage.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// A flag, or a word that looks like a misspelt command, and like nothing else.
fn is_harmless(word: &str) -> bool {
    let name = word.trim_start_matches('-');
    let lower = |c: char| c.is_ascii_lowercase() || c == '-';
    !name.is_empty() && name.len() <= WORD_MAX && name.chars().all(lower)
}
