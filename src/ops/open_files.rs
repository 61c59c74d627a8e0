//! How many files and sockets the process may have open.

/// Raises the process's limit of open files as far as it may by itself, and returns it; `None` when
/// there is no limit.
///
/// Every connection is a file to the system, and the usual limit of 1,024 is meant for programs
/// that use `select` (`man 2 select`), which this one does not.
///
/// # Errors
/// When the system refuses; the old limit stays.
#[cfg(unix)]
pub fn raise_limit() -> std::io::Result<Option<u64>> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit)?;
    }
    Ok(limit.current)
}

/// Nothing to raise: sockets are no files here.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn raise_limit() -> std::io::Result<Option<u64>> {
    Ok(None)
}
