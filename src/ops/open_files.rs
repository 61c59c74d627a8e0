//! The limit on files and sockets that the process may have open.

/// Raises the soft limit of open files to the hard limit, and returns it; `None` means no limit.
///
/// Every connection is a file to the operating system. The usual soft limit of 1,024 exists for programs
/// that use `select` (`man 2 select`), which this one does not.
///
/// # Errors
/// Returns an error if the operating system refuses; the limit is unchanged then.
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

/// Does nothing: sockets are not limited like files on this operating system.
///
/// # Errors
/// Never returns an error.
#[cfg(not(unix))]
pub fn raise_limit() -> std::io::Result<Option<u64>> {
    Ok(None)
}
