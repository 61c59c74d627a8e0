//! Messages (signatures first; bodies follow).
use super::{Actor, Result};
use crate::model::{MessageId, MessageView, Page, UserId, forms::Paging};
/// Mailboxes.
#[derive(Debug, Clone)]
pub struct Mailbox {}
impl Mailbox {
    /// Newest first.
    pub async fn list(
        &self,
        _actor: Actor,
        _unread_only: bool,
        _paging: Paging,
    ) -> Result<Page<MessageView>> {
        todo!()
    }
    /// For the header.
    pub async fn unread(&self, _user: UserId) -> Result<u64> {
        todo!()
    }
    /// One message.
    pub async fn get(&self, _actor: Actor, _id: MessageId) -> Result<MessageView> {
        todo!()
    }
    /// Marks it read; again is harmless.
    pub async fn mark_read(&self, _actor: Actor, _id: MessageId) -> Result<()> {
        todo!()
    }
}
