//! Participants ask to become organizers, and administrators decide.
//!
//! An account has one request at most. Who was declined may ask again after [`AGAIN_AFTER`]. An approval changes the role
//! first, and then removes the request and tells the participant in one transaction. If the process ends in between, the
//! request is still listed, and approving it again tells the participant.

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::Accounts;
use crate::{
    domain::{
        Actor, Result, administrators,
        audit::AuditEvent,
        mailbox::{NewMessage, message_texts},
    },
    jobs::outbox,
    model::{
        AuditAction, AuditOutcome, DomainError, MessageKind, OrganizerRequestView,
        OwnOrganizerRequest, Page, Role, UserId,
        forms::{AccountChange, OrganizerRequestForm, Paging},
    },
    store::{
        audit,
        entity::{
            organizer_request::{self, Column, Entity},
            user,
        },
    },
};

/// How long an account that was declined waits until it can ask again.
const AGAIN_AFTER: TimeDelta = TimeDelta::days(30);
/// The number of requests up to which the list counts and pages.
const LISTED_MAX: u64 = 1_000;

impl Accounts {
    /// Returns what became of the actor's request.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn own_organizer_request(&self, actor: Actor) -> Result<OwnOrganizerRequest> {
        let row = Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        let again_at = |declined_at| declined_at + AGAIN_AFTER;
        Ok(match row {
            Some(row) => match row.declined_at.map(again_at) {
                None => OwnOrganizerRequest::Waiting(row.requested_at),
                Some(again_at) if again_at > self.clock.now() => {
                    OwnOrganizerRequest::Declined(again_at)
                }
                Some(_) => OwnOrganizerRequest::None,
            },
            None => OwnOrganizerRequest::None,
        })
    }

    /// Asks that the actor becomes an organizer. A second request while one waits, or soon after one was declined,
    /// changes nothing.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`] if the reason is too short or too long, and [`DomainError::Forbidden`] if the
    /// account is an organizer already.
    pub async fn request_organizer_role(
        &self,
        actor: Actor,
        form: &OrganizerRequestForm,
    ) -> Result<()> {
        if actor.role != Role::Participant {
            return Err(DomainError::Forbidden.into());
        }
        let reason = form.parse()?;
        let now = self.clock.now();
        let request = organizer_request::ActiveModel {
            user_id: Set(actor.id),
            reason: Set(reason),
            requested_at: Set(now),
            declined_at: Set(None),
        };
        let long_ago = Expr::col((Entity, Column::DeclinedAt)).lte(now - AGAIN_AFTER);
        let anew = OnConflict::column(Column::UserId)
            .update_columns([Column::Reason, Column::RequestedAt, Column::DeclinedAt])
            .action_and_where(long_ago)
            .to_owned();
        let event = AuditEvent::by(actor, AuditAction::OrganizerRequest, AuditOutcome::Done);
        let record = self.guard.audit.record(event.on(Some(actor.id)));
        let transaction = self.database.begin().await?;
        let written = Entity::insert(request)
            .on_conflict(anew)
            .exec_without_returning(&transaction)
            .await?;
        if written == 0 {
            transaction.rollback().await?;
            return Ok(());
        }
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }

    /// Returns a page of the requests that wait for a decision, the oldest first.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment.
    pub async fn organizer_requests(
        &self,
        actor: Actor,
        paging: Paging,
    ) -> Result<Page<OrganizerRequestView>> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let total = self.waiting_organizer_requests().await?;
        let left = LISTED_MAX.saturating_sub(paging.offset());
        let rows = Entity::find()
            .filter(Column::DeclinedAt.is_null())
            .order_by_asc(Column::RequestedAt)
            .order_by_asc(Column::UserId)
            .offset(paging.offset())
            .limit(Ord::min(left, paging.per_page))
            .find_also_related(user::Entity)
            .all(self.database.read())
            .await?;
        let items = rows.into_iter().filter_map(|(request, account)| {
            let account = account?;
            Some(OrganizerRequestView {
                user_id: account.id,
                name: account.name,
                email: account.email,
                email_confirmed: account.email_confirmed,
                reason: request.reason,
                requested_at: request.requested_at,
            })
        });
        Ok(Page {
            items: items.collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns the number of requests that wait for a decision, up to a bound.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn waiting_organizer_requests(&self) -> Result<u64> {
        let waiting = Entity::find()
            .select_only()
            .column(Column::UserId)
            .filter(Column::DeclinedAt.is_null())
            .limit(LISTED_MAX);
        Ok(waiting.count(self.database.read()).await?)
    }

    /// Makes a participant who asked for it an organizer, and tells the participant.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if the account has no request that waits for a decision.
    pub async fn approve_organizer_request(&self, actor: Actor, account: UserId) -> Result<()> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let row = self.waiting_request(account).await?;
        // An account that got a higher role meanwhile keeps it.
        if row.role == Role::Participant {
            let organizer = AccountChange {
                role: Some(Role::Organizer),
                disabled: None,
            };
            self.administer(actor, account, organizer).await?;
        }
        self.answer_request(actor, &row, true).await
    }

    /// Declines the request of a participant, and tells the participant.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if the account has no request that waits for a decision.
    pub async fn decline_organizer_request(&self, actor: Actor, account: UserId) -> Result<()> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let row = self.waiting_request(account).await?;
        self.answer_request(actor, &row, false).await
    }

    /// Returns the account of a request that waits for a decision.
    async fn waiting_request(&self, account: UserId) -> Result<user::Model> {
        let found = Entity::find_by_id(account)
            .filter(Column::DeclinedAt.is_null())
            .find_also_related(user::Entity)
            .one(self.database.read())
            .await?;
        let row = found.and_then(|(_, account)| account);
        Ok(row.ok_or(DomainError::NotFound)?)
    }

    /// Removes a request or marks it as declined, and tells the participant. Of two decisions at the same time, only
    /// the first one is told.
    async fn answer_request(&self, actor: Actor, row: &user::Model, approved: bool) -> Result<()> {
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        let waiting = Column::UserId.eq(row.id).and(Column::DeclinedAt.is_null());
        let decided = if approved {
            let delete = Entity::delete_many().filter(waiting);
            delete.exec(&transaction).await?.rows_affected
        } else {
            let decline = Entity::update_many()
                .col_expr(Column::DeclinedAt, Expr::value(now))
                .filter(waiting);
            decline.exec(&transaction).await?.rows_affected
        };
        if decided == 0 {
            return Err(DomainError::NotFound.into());
        }
        let (subject, body) = message_texts::organizer_request(row.reads(), &row.name, approved);
        let message = NewMessage {
            user: row.id,
            registration: None,
            competition: None,
            announcement: None,
            kind: MessageKind::Account,
            dedupe_key: format!("organizer-request:{}:{}", row.id, now.timestamp_micros()),
            subject,
            body,
            follows: None,
        };
        let jobs = self.mail.writer.write(&transaction, vec![message], now);
        let jobs = jobs.await?;
        outbox::write(&transaction, &jobs, now).await?;
        let action = AuditAction::OrganizerRequestDecline;
        let event = AuditEvent::by(actor, action, AuditOutcome::Done).on(Some(row.id));
        // An approval is recorded as the change of the role.
        let record = match approved {
            true => None,
            false => self.guard.audit.record(event),
        };
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.mail.committed(&jobs).await;
        Ok(())
    }
}
