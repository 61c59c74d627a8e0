//! The folder of static files that the server sends, and the browser bundle in it.
//!
//! The first of these that is available is used:
//!
//! 1. the folder that the setting `SITE_ROOT` names,
//! 2. the folder `site` beside the program,
//! 3. the files that the feature `embed-site` compiles into the program, unpacked into a temporary
//!    folder (`docs/decisions/0027-single-binary.md`),
//! 4. the folder `target/site` of the working directory, where `cargo xtask site` puts the site.

mod embedded;
mod unpacked;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use leptos::config::LeptosOptions;

use self::{embedded::EmbeddedFile, unpacked::UnpackedSite};
use super::start_error::StartError;
use crate::ops::settings::Settings;

/// The folder of the site. A folder that was unpacked for this process is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Site {
    root: PathBuf,
    _unpacked: Option<UnpackedSite>,
}

impl Site {
    /// Finds the folder of the site. The embedded files are unpacked only if `serves_web`: no other
    /// component reads them.
    ///
    /// # Errors
    /// Returns an error if the embedded files are needed and cannot be unpacked.
    pub(super) fn find(settings: &Settings, serves_web: bool) -> Result<Self, StartError> {
        let beside_program = std::env::current_exe()
            .ok()
            .and_then(|program| Some(program.parent()?.join("site")));
        let embedded_files = match serves_web {
            true => embedded::files(),
            false => Vec::new(),
        };
        Self::choose(
            settings.site_root.as_deref(),
            beside_program.as_deref(),
            &embedded_files,
            &std::env::temp_dir(),
        )
    }

    fn choose(
        site_root: Option<&Path>,
        beside_program: Option<&Path>,
        embedded_files: &[EmbeddedFile],
        temporary: &Path,
    ) -> Result<Self, StartError> {
        let existing = site_root.or(beside_program.filter(|site| site.is_dir()));
        if existing.is_none() && !embedded_files.is_empty() {
            let unpacked = UnpackedSite::create(embedded_files, temporary).map_err(|error| {
                StartError(format!(
                    "SITE_ROOT: unset, and the embedded site cannot be unpacked into {}: {error}; \
                     set SITE_ROOT or TMPDIR",
                    temporary.display()
                ))
            })?;
            return Ok(Self {
                root: unpacked.path().to_owned(),
                _unpacked: Some(unpacked),
            });
        }
        Ok(Self {
            root: existing.unwrap_or(Path::new("target/site")).to_owned(),
            _unpacked: None,
        })
    }

    /// Returns what Leptos needs to know about the folder and about the server's `address`.
    pub(super) fn leptos_options(&self, address: SocketAddr) -> LeptosOptions {
        LeptosOptions::builder()
            .output_name("mini-compete")
            .site_root(self.root.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .site_addr(address)
            .hash_files(true)
            .hash_file(self.hash_file().to_string_lossy().into_owned().into())
            .build()
    }

    fn hash_file(&self) -> PathBuf {
        self.root.join("hash.txt")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn site_files() -> Vec<EmbeddedFile> {
        [
            ("hash.txt", "js: 1\nwasm: 2\ncss: 3\n"),
            ("pkg/mini-compete.1.js", "embedded"),
        ]
        .map(|(path, contents)| EmbeddedFile {
            path: Path::new(path),
            contents: contents.as_bytes(),
        })
        .into()
    }

    fn is_empty(folder: &Path) -> bool {
        fs::read_dir(folder).unwrap().next().is_none()
    }

    #[test]
    fn the_setting_comes_before_the_folder_beside_the_program() {
        let temporary = tempfile::tempdir().unwrap();
        let site_beside_program = tempfile::tempdir().unwrap();
        let setting = Path::new("/srv/a-site-that-is-mounted-later");
        let site = Site::choose(
            Some(setting),
            Some(site_beside_program.path()),
            &site_files(),
            temporary.path(),
        );
        assert_eq!(site.unwrap().root, setting);
        assert!(is_empty(temporary.path()), "nothing is unpacked");
    }

    #[test]
    fn the_folder_beside_the_program_comes_before_the_embedded_files() {
        let temporary = tempfile::tempdir().unwrap();
        let site_beside_program = tempfile::tempdir().unwrap();
        let site = Site::choose(
            None,
            Some(site_beside_program.path()),
            &site_files(),
            temporary.path(),
        );
        assert_eq!(site.unwrap().root, site_beside_program.path());
        assert!(is_empty(temporary.path()), "nothing is unpacked");
    }

    #[test]
    fn the_embedded_files_are_used_where_there_is_no_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let missing = temporary.path().join("site");
        let site = Site::choose(None, Some(&missing), &site_files(), temporary.path()).unwrap();
        let script = site.root.join("pkg/mini-compete.1.js");
        assert_eq!(fs::read_to_string(script).unwrap(), "embedded");
        drop(site);
        assert!(is_empty(temporary.path()), "the folder is removed");
    }

    #[test]
    fn a_program_without_embedded_files_looks_into_the_build_directory() {
        let temporary = tempfile::tempdir().unwrap();
        let site = Site::choose(None, None, &[], temporary.path()).unwrap();
        assert_eq!(site.root, Path::new("target/site"));
        assert!(is_empty(temporary.path()), "nothing is unpacked");
    }

    #[test]
    fn the_error_names_the_setting_that_helps() {
        let temporary = tempfile::tempdir().unwrap();
        let missing = temporary.path().join("missing");
        let error = Site::choose(None, None, &site_files(), &missing).unwrap_err();
        assert!(error.to_string().starts_with("SITE_ROOT: "), "{error}");
    }
}
