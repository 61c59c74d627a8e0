//! Logging: one subscriber, which writes text for people or JSON for machines (`docs/LOGGING.md`).

mod log_buffer;

use std::io::{IsTerminal, Stderr, stderr};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use log_buffer::LogBuffer;

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text per event, for people.
    #[default]
    Text,
    /// One JSON object per line, for machines.
    Json,
}

impl std::fmt::Display for LogFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl std::str::FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json".to_owned()),
        }
    }
}

/// The log of this process. Dropping it writes the records that are still in the buffer.
#[derive(Debug)]
#[must_use]
pub struct Log(LogBuffer<Stderr>);

impl Drop for Log {
    fn drop(&mut self) {
        // There is no other place where an error of the log could be reported.
        let _unwritable = self.0.write_all();
    }
}

/// Starts logging to standard error. `filter` is an expression as in `RUST_LOG`.
///
/// Standard output is left to what commands print (`seed`, `openapi`).
///
/// # Errors
/// Returns one line if `filter` is malformed, logging was started before, or its thread can't be
/// started.
pub fn start(format: LogFormat, filter: &str) -> Result<Log, String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let buffer = LogBuffer::start(stderr()).map_err(|error| error.to_string())?;
    let base = tracing_subscriber::registry().with(filter);
    let result = match format {
        LogFormat::Text => base
            .with(
                fmt::layer()
                    .with_ansi(stderr().is_terminal())
                    .with_writer(buffer.clone()),
            )
            .try_init(),
        LogFormat::Json => base
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(buffer.clone()),
            )
            .try_init(),
    };
    result.map_err(|error| error.to_string())?;
    Ok(Log(buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_existing_formats_are_accepted() {
        assert_eq!("json".parse(), Ok(LogFormat::Json));
        assert_eq!("text".parse(), Ok(LogFormat::Text));
        assert!("JSON ".parse::<LogFormat>().is_err());
    }
}
