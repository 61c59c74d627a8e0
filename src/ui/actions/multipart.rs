//! Reading the fields of forms that contain files.

use bytes::Bytes;

/// Reads a field of at most `most` bytes; `None` if it is larger or breaks off.
pub(super) async fn read(field: multer::Field<'static>, most: usize) -> Option<Bytes> {
    let (content, is_whole) = read_start(field, most).await?;
    is_whole.then_some(content)
}

/// Reads up to `most` bytes of a field, and returns whether they are all of it; `None` if it breaks off.
pub(super) async fn read_start(
    mut field: multer::Field<'static>,
    most: usize,
) -> Option<(Bytes, bool)> {
    let mut content = Vec::new();
    while let Some(chunk) = field.chunk().await.ok()? {
        let room = most - content.len();
        if chunk.len() > room {
            content.extend_from_slice(&chunk[..room]);
            return Some((content.into(), false));
        }
        content.extend_from_slice(&chunk);
    }
    Some((content.into(), true))
}
