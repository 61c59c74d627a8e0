//! Files and folders that hold personal data or a secret: created so that no other account of the machine
//! can read them, whatever the umask is. Existing ones keep their mode.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, ErrorKind},
    path::Path,
};

/// Returns the options to create a file that only its owner can read and write.
pub(super) fn file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Creates an empty file, unless it exists.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    match file().create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result.map(drop),
    }
}

/// Creates a folder and the missing folders above it.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    folder_builder().recursive(true).create(path)
}

/// Creates a folder, and fails if the path exists.
pub(super) fn new_folder(path: &Path) -> io::Result<()> {
    folder_builder().create(path)
}

fn folder_builder() -> DirBuilder {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only Unix has modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
}

/// Returns whether both files or folders belong to the same account.
#[cfg(unix)]
pub(super) fn have_same_owner(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
pub(super) fn have_same_owner(_one: &fs::Metadata, _other: &fs::Metadata) -> bool {
    true
}

/// Returns whether other accounts of the machine can read the file, or replace it.
#[cfg(unix)]
pub(super) fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    const READ: u32 = 0o004;
    const WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let mode = |path: &Path| fs::metadata(path).map_or(0, |found| found.permissions().mode());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = mode(folder.unwrap_or(Path::new(".")));
    // Other accounts cannot reach a file in a folder that they cannot enter.
    let entered = folder & 0o001 != 0;
    entered && (mode(path) & (READ | WRITE) != 0 || (folder & WRITE != 0 && folder & STICKY == 0))
}

#[cfg(not(unix))]
pub(super) fn is_exposed(_path: &Path) -> bool {
    false
}
