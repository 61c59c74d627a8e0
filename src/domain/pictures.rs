//! Pictures that organizers upload for their competitions.
//!
//! `renditions` decodes a file and encodes what is served; `domain/picture_removal` deletes the files of a
//! picture that was replaced.
//!
//! The files of a picture are stored under the id of its upload before the competition's row names that id,
//! and deleted by a job that is written with the row that no longer does. So every row names files that
//! exist. If the process ends in between, files remain that no row names; nobody can reach them.

mod renditions;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use moka::future::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use self::renditions::{Renditions, renditions};
use super::{
    Actor, Error, Result, blocking_work::BlockingWork, competitions::Competitions,
    picture_removal::file_name,
};
use crate::{
    external::object_storage::{ObjectStorage, StorageError},
    model::{
        CompetitionId, DomainError,
        picture::{ALT_LENGTH, Focus, MAX_BYTES, Picture, PictureError},
        text_rules::plain,
    },
};

/// The number of files that are received at the same time.
const UPLOADS: usize = 4;
/// How long an upload waits for the one before it until it is refused as overload.
const MAX_WAIT: Duration = Duration::from_secs(4);
/// The memory for files that are served, in bytes.
const MEMORY: u64 = 24 << 20;
/// After this time without use a file is dropped from memory.
const IDLE: Duration = Duration::from_mins(60);

/// A picture as it was uploaded.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The content of the file.
    pub file: Bytes,
    /// What the picture shows, for people who do not see it; may be empty.
    pub alt: String,
    /// The part that stays visible where only a part is shown.
    pub focus: Focus,
}

/// The permission to receive one file. It ends when it is dropped.
#[derive(Debug)]
pub struct UploadSlot(
    #[expect(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit,
);

/// The reason why a picture was not stored.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file or its description is not accepted.
    #[error(transparent)]
    Unusable(#[from] PictureError),
    /// The account may not change the picture, or a part of the application is unavailable.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<DomainError> for UploadError {
    fn from(error: DomainError) -> Self {
        Self::Other(error.into())
    }
}

/// Stores and serves the pictures of competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pictures {
    competitions: Competitions,
    storage: Option<ObjectStorage>,
    /// One at a time: decoding takes hundreds of megabytes.
    decoding: BlockingWork,
    uploads: Arc<Semaphore>,
    files: Cache<(Uuid, u32), Bytes>,
}

impl Pictures {
    /// Creates the service. Without a storage, no picture is accepted.
    #[must_use]
    pub fn new(competitions: Competitions, storage: Option<ObjectStorage>) -> Self {
        let size = |_: &(Uuid, u32), file: &Bytes| u32::try_from(file.len()).unwrap_or(u32::MAX);
        Self {
            competitions,
            storage,
            decoding: BlockingWork::new(1, MAX_WAIT),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            files: Cache::builder()
                .weigher(size)
                .max_capacity(MEMORY)
                .time_to_idle(IDLE)
                .build(),
        }
    }

    /// Returns whether there is a storage for pictures.
    #[must_use]
    pub fn are_accepted(&self) -> bool {
        self.storage.is_some()
    }

    /// Returns the permission to receive a file from an account that manages a competition. The adapters ask for
    /// it before they read the body, so that nobody else sends megabytes.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::PicturesUnavailable`]
    /// without a storage, and [`DomainError::Overloaded`] while four files are received.
    pub async fn admit(&self, actor: Actor, competition: CompetitionId) -> Result<UploadSlot> {
        self.storage()?;
        self.competitions.get_owned(actor, competition).await?;
        let slot = Arc::clone(&self.uploads).try_acquire_owned();
        let overloaded = DomainError::Overloaded { retry_after: 5 };
        Ok(UploadSlot(slot.map_err(|_taken| overloaded)?))
    }

    /// Stores a picture as that of a competition, in the place of the one before.
    ///
    /// # Errors
    /// Returns a [`PictureError`] for a picture that can't be used, [`DomainError::NotFound`],
    /// [`DomainError::Forbidden`], [`DomainError::Overloaded`] if another upload is being decoded for long, and
    /// [`DomainError::PicturesUnavailable`] without a storage.
    pub async fn replace(
        &self,
        actor: Actor,
        competition: CompetitionId,
        upload: Upload,
        slot: UploadSlot,
    ) -> Result<Picture, UploadError> {
        let _slot = slot;
        let storage = self.storage()?;
        let alt = description(&upload.alt)?;
        let focus = upload.focus;
        let made = self.decode(upload).await?;
        let picture = Picture {
            id: Uuid::now_v7(),
            widths: made.files.iter().map(|(width, _)| *width).collect(),
            height: made.height,
            alt,
            focus,
        };
        let mut stored = Ok(());
        for (width, file) in made.files {
            stored = storage.put(&file_name(picture.id, width), file).await;
            if stored.is_err() {
                break;
            }
        }
        let stored = match stored {
            Ok(()) => {
                let competitions = &self.competitions;
                competitions
                    .set_picture(actor, competition, Some(&picture))
                    .await
            }
            Err(error) => Err(unavailable(&error)),
        };
        if let Err(error) = stored {
            self.discard(storage, &picture).await;
            return Err(error.into());
        }
        Ok(picture)
    }

    /// Removes the picture of a competition, if it has one.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn remove(&self, actor: Actor, competition: CompetitionId) -> Result<()> {
        self.competitions
            .set_picture(actor, competition, None)
            .await
    }

    /// Returns the JPEG file of a picture in the stored width that is the next to `wanted`.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the file was removed meanwhile, and
    /// [`DomainError::PicturesUnavailable`] if the storage is unavailable.
    pub async fn file(&self, picture: &Picture, wanted: u32) -> Result<Bytes> {
        let width = picture.width_for(wanted);
        let read = async {
            let file = self.storage()?.get(&file_name(picture.id, width)).await;
            let file = file.map_err(|error| unavailable(&error))?;
            file.ok_or_else(|| Error::from(DomainError::NotFound))
        };
        let found = self.files.try_get_with((picture.id, width), read).await;
        Ok(found?)
    }

    fn storage(&self) -> Result<&ObjectStorage> {
        let storage = self.storage.as_ref();
        storage.ok_or_else(|| DomainError::PicturesUnavailable { retry_after: 60 }.into())
    }

    /// Decodes a file on a blocking thread.
    async fn decode(&self, upload: Upload) -> Result<Renditions, UploadError> {
        if upload.file.len() > MAX_BYTES {
            return Err(PictureError::TooLarge.into());
        }
        let decode = move || renditions(&upload.file, upload.focus);
        let made = self.decoding.run(decode).await?.unwrap_or_else(|error| {
            // A decoder that panics has met a file that it does not expect. The next one is not affected.
            tracing::warn!(%error, "Refused a picture: its decoder stopped unexpectedly");
            Err(PictureError::Unreadable)
        });
        Ok(made?)
    }

    /// Deletes the files of a picture that no row names.
    async fn discard(&self, storage: &ObjectStorage, picture: &Picture) {
        for width in &picture.widths {
            if let Err(error) = storage.delete(&file_name(picture.id, *width)).await {
                tracing::warn!(%error, "Could not delete a file of a picture that is not used");
            }
        }
    }
}

/// Returns the description of a picture, as it is stored.
fn description(alt: &str) -> Result<String, PictureError> {
    let alt = plain(alt).unwrap_or_default();
    let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
    if alt.chars().count() > ALT_LENGTH {
        return Err(PictureError::LongDescription);
    }
    Ok(alt)
}

fn unavailable(error: &StorageError) -> Error {
    tracing::error!(%error, "STORAGE_URL: the storage of pictures is unavailable");
    DomainError::PicturesUnavailable { retry_after: 10 }.into()
}
