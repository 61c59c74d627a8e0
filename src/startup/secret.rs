//! The secret that signs tokens. If the settings have none, it is generated once and stored beside the
//! SQLite file.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

use super::{StartError, private_files};
use crate::{
    domain::signing::SigningKeys,
    ops::settings::{Secret, Settings},
};

/// Returns the keys derived from the secret in the settings, or else from the one beside the database, and
/// from the previous secret while it is being replaced.
///
/// # Errors
/// Returns a [`StartError`] if there is no secret and none can be stored.
pub fn signing_keys(settings: &Settings) -> Result<SigningKeys, StartError> {
    let secret = jwt_secret(settings)?;
    let previous = settings.secrets.jwt_secret_previous();
    Ok(SigningKeys::new(
        secret.expose().as_bytes(),
        previous.map(|secret| secret.expose().as_bytes()),
    ))
}

fn jwt_secret(settings: &Settings) -> Result<Secret, StartError> {
    if let Some(secret) = settings.secrets.jwt_secret() {
        return Ok(secret.clone());
    }
    let url = settings.secrets.database_url();
    let Some(database) = url.sqlite_file() else {
        return Err(StartError(
            "JWT_SECRET: required with PostgreSQL".to_owned(),
        ));
    };
    let path = database.with_extension("secret");
    read_or_create(&path)
        .map_err(|error| StartError(format!("JWT_SECRET: {}: {error}", path.display())))
}

fn read_or_create(path: &Path) -> std::io::Result<Secret> {
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    // Written to a temporary file and then linked to its path, so that a process which starts at the same
    // time finds either no secret or a complete one.
    let random: [u8; 32] = rand::random();
    let temporary = path.with_extension(format!("secret.{}", std::process::id()));
    let mut file = private_files::file()
        .create(true)
        .truncate(true)
        .open(&temporary)?;
    file.write_all(hex::encode(random).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    read(path)?.ok_or_else(|| std::io::Error::other("holds no secret"))
}

fn read(path: &Path) -> std::io::Result<Option<Secret>> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= 64 => Ok(Some(text.trim().to_owned().into())),
        Ok(_) => Err(std::io::Error::other(
            "is too short; delete it to get a new one",
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_created_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.secret");
        let first = read_or_create(&path).unwrap();
        assert_eq!(read_or_create(&path).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
