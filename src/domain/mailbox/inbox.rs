//! Reading messages and marking them read.

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{Actor, Result, news::News},
    model::{DomainError, MessageId, MessageView, Page, forms::Paging},
    ops::Clock,
    store::{Database, entity::message},
};

/// The mailboxes of all accounts.
#[derive(Debug, Clone)]
pub struct Mailbox {
    database: Database,
    clock: Clock,
    news: News,
}

impl Mailbox {
    /// Creates the service over a database. Open pages learn through `news` that a message was read.
    #[must_use]
    pub const fn new(database: Database, clock: Clock, news: News) -> Self {
        Self {
            database,
            clock,
            news,
        }
    }

    /// Returns a page of `actor`'s messages, newest first.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn list(
        &self,
        actor: Actor,
        unread_only: bool,
        paging: Paging,
    ) -> Result<Page<MessageView>> {
        let mut query = message::Entity::find().filter(message::Column::UserId.eq(actor.id));
        if unread_only {
            query = query.filter(message::Column::ReadAt.is_null());
        }
        let total = query.clone().count(self.database.read()).await?;
        let rows = query
            .order_by_desc(message::Column::CreatedAt)
            .order_by_desc(message::Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(self.database.read())
            .await?;
        Ok(Page {
            items: rows.into_iter().map(view).collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns one of `actor`'s messages.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if `actor` has no such message.
    pub async fn get(&self, actor: Actor, id: MessageId) -> Result<MessageView> {
        message::Entity::find_by_id(id)
            .filter(message::Column::UserId.eq(actor.id))
            .one(self.database.read())
            .await?
            .map(view)
            .ok_or_else(|| DomainError::NotFound.into())
    }

    /// Marks a message as read. A repeat is harmless and keeps the first time.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if `actor` has no such message.
    pub async fn mark_read(&self, actor: Actor, id: MessageId) -> Result<()> {
        let first_or_now = Expr::col(message::Column::ReadAt).if_null(self.clock.now());
        let updated = message::Entity::update_many()
            .col_expr(message::Column::ReadAt, first_or_now)
            .filter(message::Column::Id.eq(id))
            .filter(message::Column::UserId.eq(actor.id))
            .exec(self.database.write())
            .await?;
        if updated.rows_affected == 0 {
            return Err(DomainError::NotFound.into());
        }
        self.news.changed(vec![actor.id]).await;
        Ok(())
    }
}

/// Returns the view of a row.
pub(in crate::domain) fn view(row: message::Model) -> MessageView {
    MessageView {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        body: row.body,
        competition_id: row.competition_id,
        registration_id: row.registration_id,
        read_at: row.read_at,
        created_at: row.created_at,
    }
}
