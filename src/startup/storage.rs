//! The storage of uploaded pictures: that of the settings, or else a folder beside the SQLite file.

use super::StartError;
use crate::{external::object_storage::ObjectStorage, ops::settings::Settings};

/// Opens the storage. With PostgreSQL there is none unless the settings name it: a folder of one machine would
/// be invisible to the others.
///
/// # Errors
/// Returns a [`StartError`] that names the variable.
pub(super) fn open(settings: &Settings) -> Result<Option<ObjectStorage>, StartError> {
    let opened = match (
        &settings.storage_url,
        settings.secrets.database_url().sqlite_file(),
    ) {
        (Some(url), _) => ObjectStorage::open(url),
        (None, Some(database)) => ObjectStorage::folder(&database.with_extension("files")),
        (None, None) => return Ok(None),
    };
    opened
        .map(Some)
        .map_err(|error| StartError(format!("STORAGE_URL: {error}")))
}
