//! The job that deletes the files of a picture that no competition names any more.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    external::object_storage::ObjectStorage,
    jobs::{Effect, Failure, Job, JobKind, Queues, outbox::NewJob},
    model::picture::Picture,
};

/// The kind of the jobs that delete the files of a picture.
pub const KIND: JobKind = JobKind::new("picture-removal", Queues::REMINDER);

/// Returns the name of a file of a picture in the storage.
pub(super) fn file_name(picture: Uuid, width: u32) -> String {
    format!("pictures/{picture}/{width}.jpg")
}

/// The payload of a job.
#[derive(Debug, Serialize, Deserialize)]
struct RemovalPayload {
    id: Uuid,
    widths: Vec<u32>,
}

/// Returns the job that deletes the files of a picture.
pub(super) fn job(picture: &Picture) -> NewJob {
    let payload = serde_json::json!({ "id": picture.id, "widths": picture.widths });
    NewJob::new(KIND, picture.id, payload)
}

/// The effect that deletes the files of a picture. Deleting twice is no error, so a job that was interrupted
/// begins again.
#[derive(Debug, Clone)]
pub struct PictureRemoval {
    storage: Option<ObjectStorage>,
}

impl PictureRemoval {
    /// Creates the effect. Without a storage there is nothing to delete.
    #[must_use]
    pub const fn new(storage: Option<ObjectStorage>) -> Self {
        Self { storage }
    }
}

#[async_trait]
impl Effect for PictureRemoval {
    async fn perform(&self, job: &Job, _now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: RemovalPayload = job.read()?;
        if let Some(storage) = &self.storage {
            for width in payload.widths {
                let deleted = storage.delete(&file_name(payload.id, width)).await;
                deleted.map_err(|error| Failure::Transient(error.to_string()))?;
            }
        }
        Ok(true)
    }
}
