//! The error message for an invalid command line or environment variable: one line with the name and
//! the reason, and never the value. Any value may be a secret, or a secret in the wrong place.

use std::{
    error::Error as _,
    io::{self, Write},
    process::ExitCode,
};

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The longest word that is repeated as a misspelt command.
const MAX_WORD_LENGTH: usize = 16;

/// Prints why the command line or a variable is invalid, and returns the exit code. Help and version
/// are no failure.
#[must_use]
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "no log exists yet"
)]
pub fn report_error(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Whoever reads it may have seen enough, as `head` has: that is no failure.
            return match write!(io::stdout(), "{error}") {
                Err(failure) if failure.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
                _ => ExitCode::SUCCESS,
            };
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => eprint!("{error}"),
        _ => eprintln!("error: {}", reason(error)),
    }
    ExitCode::FAILURE
}

/// Returns the reason in one line, without any value.
fn reason(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match error.kind() {
        // These name what is missing or contradicts, and no value.
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::ArgumentConflict => first_line(error),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidArg).or(context(ContextKind::InvalidSubcommand));
            match word.filter(|word| is_harmless(word)) {
                Some(word) => format!("there is no {word} here; see --help"),
                None => "an argument is not expected at its position; see --help".to_owned(),
            }
        }
        _ => {
            let why = match (error.source(), error.get(ContextKind::ValidValue)) {
                (Some(why), _) => why.to_string(),
                (None, Some(ContextValue::Strings(values))) => {
                    format!("must be one of {}", values.join(", "))
                }
                (None, _) => "a value is missing or invalid".to_owned(),
            };
            match context(ContextKind::InvalidArg) {
                Some(name) => format!("{name}: {}", why.lines().next().unwrap_or_default()),
                None => "an argument is invalid; see --help".to_owned(),
            }
        }
    }
}

/// Returns the message of `clap` in one line, without its usage, hints and prefix.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let until_usage = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = until_usage.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// Returns whether the word looks like a flag or a misspelt command, so that it is certainly no secret.
fn is_harmless(word: &str) -> bool {
    let name = word.trim_start_matches('-');
    let lower = |c: char| c.is_ascii_lowercase() || c == '-';
    !name.is_empty() && name.len() <= MAX_WORD_LENGTH && name.chars().all(lower)
}
