//! Reading the fields of forms that contain files.

use bytes::Bytes;

/// Reads a field of at most `most` bytes; `None` if it is larger or breaks off.
pub(super) async fn read(mut field: multer::Field<'static>, most: usize) -> Option<Bytes> {
    let mut content = Vec::new();
    while let Some(chunk) = field.chunk().await.ok()? {
        if content.len() + chunk.len() > most {
            return None;
        }
        content.extend_from_slice(&chunk);
    }
    Some(content.into())
}
