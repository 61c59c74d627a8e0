//! Storage of files outside of the database: a folder of this machine, or a bucket of a service that is
//! compatible with Amazon S3, which several machines share.

use std::{fmt, path::Path as FilePath, sync::Arc, time::Duration};

use bytes::Bytes;
use object_store::{
    ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem,
    path::Path, prefix::PrefixStore,
};
use url::Url;

/// The time limit for one operation, its retries included.
const TIMEOUT: Duration = Duration::from_secs(6);
/// The number of times that a request to a service is repeated.
const RETRIES: usize = 3;

/// The storage is unavailable or refuses an operation.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The storage answered with an error.
    #[error("the storage failed: {0}")]
    Failed(#[from] object_store::Error),
    /// The storage did not answer in time.
    #[error("the storage did not answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
}

/// Stores files under names like `pictures/1/2.jpg`. Cheap to clone.
#[derive(Clone)]
pub struct ObjectStorage(Arc<dyn ObjectStore>);

impl fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectStorage")
            .field(&self.0.to_string())
            .finish()
    }
}

impl ObjectStorage {
    /// Opens a folder, and creates it if it does not exist: only the account of the process can read it.
    ///
    /// # Errors
    /// Returns one line about what is wrong with the folder.
    pub fn folder(path: &FilePath) -> Result<Self, String> {
        let failed = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|error| failed(&error))?;
        let folder = LocalFileSystem::new_with_prefix(path).map_err(|error| failed(&error))?;
        Ok(Self(Arc::new(
            folder.with_fsync(true).with_automatic_cleanup(true),
        )))
    }

    /// Opens the storage at an address: `file:///path`, or `s3://bucket/prefix` with the optional parameters
    /// `endpoint` and `region`. The credentials for a bucket are read from the environment variables of AWS
    /// (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, …). No request is sent.
    ///
    /// # Errors
    /// Returns one line about what is wrong with the address.
    pub fn open(url: &Url) -> Result<Self, String> {
        match url.scheme() {
            "file" => match url.to_file_path() {
                Ok(path) => Self::folder(&path),
                Err(()) => Err("a folder is named like file:///var/lib/mini-compete".to_owned()),
            },
            "s3" => Self::bucket(url),
            _ => Err("the address begins with file: or s3:".to_owned()),
        }
    }

    fn bucket(url: &Url) -> Result<Self, String> {
        let Some(name) = url.host_str().filter(|name| !name.is_empty()) else {
            return Err("a bucket is named like s3://bucket".to_owned());
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: TIMEOUT,
                ..RetryConfig::default()
            });
        for (parameter, value) in url.query_pairs() {
            builder = match &*parameter {
                "region" => builder.with_region(value),
                "endpoint" => builder
                    .with_allow_http(value.starts_with("http://"))
                    .with_endpoint(value),
                _ => return Err("the parameters of s3: are endpoint and region".to_owned()),
            };
        }
        let bucket = builder.build().map_err(|error| error.to_string())?;
        let prefix = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(PrefixStore::new(bucket, prefix))))
    }

    /// Stores a file under a name, in the place of the one that has it.
    ///
    /// # Errors
    /// Returns a [`StorageError`] if it is not certain that the file is stored.
    pub async fn put(&self, name: &str, file: Bytes) -> Result<(), StorageError> {
        in_time(self.0.put(&Path::from(name), file.into())).await?;
        Ok(())
    }

    /// Returns the file with a name, or `None` if there is none.
    ///
    /// # Errors
    /// Returns a [`StorageError`] if the storage is unavailable.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        let path = Path::from(name);
        let read = async { self.0.get(&path).await?.bytes().await };
        existing(in_time(read).await)
    }

    /// Deletes the file with a name; there may be none.
    ///
    /// # Errors
    /// Returns a [`StorageError`] if it is not certain that the file is gone.
    pub async fn delete(&self, name: &str) -> Result<(), StorageError> {
        existing(in_time(self.0.delete(&Path::from(name))).await)?;
        Ok(())
    }
}

async fn in_time<T>(
    operation: impl Future<Output = object_store::Result<T>>,
) -> Result<T, StorageError> {
    let done = tokio::time::timeout(TIMEOUT, operation).await;
    Ok(done.map_err(|_elapsed| StorageError::TimedOut)??)
}

fn existing<T>(found: Result<T, StorageError>) -> Result<Option<T>, StorageError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StorageError::Failed(object_store::Error::NotFound { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_keeps_replaces_and_deletes_files() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::from_file_path(folder.path().join("made/by/us")).unwrap();
        let storage = ObjectStorage::open(&url).unwrap();
        let name = "pictures/one/400.jpg";
        assert_eq!(storage.get(name).await.unwrap(), None);
        for file in ["first", "second"] {
            storage.put(name, Bytes::from(file)).await.unwrap();
            assert_eq!(storage.get(name).await.unwrap().unwrap(), file);
        }
        for _ in 0..2 {
            storage.delete(name).await.unwrap();
            assert_eq!(storage.get(name).await.unwrap(), None);
        }
    }

    #[test]
    fn addresses_of_other_storages_are_refused_with_one_line() {
        for wrong in [
            "http://example.org",
            "s3:",
            "s3://bucket?unknown=1",
            "file://elsewhere/folder",
        ] {
            let refused = ObjectStorage::open(&wrong.parse().unwrap()).unwrap_err();
            assert!(!refused.contains('\n') && refused.len() > 10, "{refused}");
        }
    }
}
