//! Unpacks the embedded files of the site into a temporary folder that belongs to this process alone.
//!
//! Each process creates a folder with a random name, which no other account can read, and removes it
//! when it stops. The folder of another process is never used, so a process that was killed while it
//! unpacked leaves nothing that could be served.
//!
//! A process locks its folder (`flock`) for as long as it runs. The lock has two readers: later processes,
//! which remove the folders of killed processes, and `systemd-tmpfiles`, which deletes files in `/tmp`
//! that nothing has read for ten days unless their folder is locked.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::embedded::EmbeddedFile;
use crate::startup::private_files;

/// The beginning of the names of all these folders.
const NAME_PREFIX: &str = "mini-compete-site-";
/// How old a folder without a lock must be before it counts as left behind. Between the creation of a
/// folder and its lock there is a moment in which it has none.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);

/// A folder with the unpacked site, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct UnpackedSite {
    path: PathBuf,
    lock: File,
}

impl UnpackedSite {
    /// Unpacks `files` into a new folder in `temporary`, and removes what killed processes of the same
    /// account have left there.
    ///
    /// # Errors
    /// Returns an error if the folder or a file in it cannot be written; nothing of it remains then.
    pub(super) fn create(files: &[EmbeddedFile], temporary: &Path) -> io::Result<Self> {
        // `TMPDIR` may be relative; Leptos would look for a relative path beside the program.
        let temporary = temporary.canonicalize()?;
        let suffix: [u8; 16] = rand::random();
        let path = temporary.join(format!("{NAME_PREFIX}{}", hex::encode(suffix)));
        private_files::new_folder(&path)?;
        let unpacked = Self {
            lock: File::open(&path)?,
            path,
        };
        unpacked.lock.lock()?;
        remove_leftovers(&temporary, &unpacked.lock.metadata()?);
        for file in files {
            unpacked.write(file)?;
        }
        Ok(unpacked)
    }

    /// Returns the absolute path of the folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, file: &EmbeddedFile) -> io::Result<()> {
        let path = self.path.join(file.path);
        if let Some(folder) = path.parent() {
            private_files::folder(folder)?;
        }
        private_files::file()
            .create_new(true)
            .open(path)?
            .write_all(file.contents)
    }
}

impl Drop for UnpackedSite {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            let path = self.path.display();
            tracing::debug!(%error, %path, "Could not remove the unpacked site in {path}");
        }
    }
}

/// Removes the folders that killed processes of the same account as `own_folder`'s have left in
/// `temporary`. What cannot be read or removed stays: it takes space, and does no harm.
fn remove_leftovers(temporary: &Path, own_folder: &Metadata) {
    let Ok(entries) = fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.flatten() {
        let is_named_so = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(NAME_PREFIX));
        // The metadata are those of the entry itself: a symbolic link is not a folder.
        let is_candidate = is_named_so
            && entry.metadata().is_ok_and(|metadata| {
                metadata.is_dir()
                    && private_files::have_same_owner(&metadata, own_folder)
                    && is_old(&metadata)
            });
        if is_candidate && let Err(error) = remove_unlocked(&entry.path()) {
            let path = entry.path();
            let path = path.display();
            tracing::debug!(%error, %path, "Could not remove the site of a killed process in {path}");
        }
    }
}

fn is_old(metadata: &Metadata) -> bool {
    let modified = metadata.modified().ok();
    modified
        .and_then(|modified| modified.elapsed().ok())
        .is_some_and(|age| age > LEFTOVER_AGE)
}

/// Removes the folder, or returns an error if a running process holds its lock.
fn remove_unlocked(folder: &Path) -> io::Result<()> {
    let lock = File::open(folder)?;
    lock.try_lock()?;
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn file(path: &'static str) -> EmbeddedFile {
        EmbeddedFile {
            path: Path::new(path),
            contents: b"whole",
        }
    }

    fn set_age(folder: &Path, age: Duration) {
        let modified = SystemTime::now() - age;
        File::open(folder).unwrap().set_modified(modified).unwrap();
    }

    /// What a process that was killed while it unpacked leaves behind.
    fn half_written(temporary: &Path, age: Duration) -> PathBuf {
        let folder = temporary.join(format!("{NAME_PREFIX}0000"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("hash.txt"), "who").unwrap();
        set_age(&folder, age);
        folder
    }

    #[test]
    fn a_half_written_folder_is_not_used_and_is_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let leftover = half_written(temporary.path(), 2 * LEFTOVER_AGE);
        let site = UnpackedSite::create(&[file("hash.txt")], temporary.path()).unwrap();
        assert_ne!(site.path(), leftover);
        let contents = fs::read_to_string(site.path().join("hash.txt")).unwrap();
        assert_eq!(contents, "whole");
        assert!(!leftover.exists());
    }

    #[test]
    fn a_folder_that_another_process_may_be_creating_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let recent = half_written(temporary.path(), Duration::ZERO);
        UnpackedSite::create(&[file("hash.txt")], temporary.path()).unwrap();
        assert!(recent.exists());
    }

    #[test]
    fn the_folder_of_a_running_process_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let running = UnpackedSite::create(&[file("a")], temporary.path()).unwrap();
        set_age(running.path(), 2 * LEFTOVER_AGE);
        let second = UnpackedSite::create(&[file("a")], temporary.path()).unwrap();
        assert!(running.path().join("a").exists());
        assert!(second.path().join("a").exists());
    }

    #[test]
    fn nothing_remains_of_a_folder_that_could_not_be_unpacked() {
        let temporary = tempfile::tempdir().unwrap();
        let twice = [file("a"), file("a")];
        assert!(UnpackedSite::create(&twice, temporary.path()).is_err());
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn no_other_account_can_read_the_folder() {
        use std::os::unix::fs::PermissionsExt;
        let temporary = tempfile::tempdir().unwrap();
        let site = UnpackedSite::create(&[file("pkg/a")], temporary.path()).unwrap();
        let mode = |path: &str| {
            let metadata = fs::metadata(site.path().join(path)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(
            [mode(""), mode("pkg"), mode("pkg/a")],
            [0o700, 0o700, 0o600]
        );
    }
}
