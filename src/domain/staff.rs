//! The people who work on a competition: who they are, who invites them, and what becomes of their roles.
//!
//! | act | who | effect |
//! | --- | --- | --- |
//! | invite | the owner | a row with an e-mail address, and a letter to it |
//! | accept, decline | the account with this address | the row gets the account, or is deleted |
//! | change a role | the owner | the row has another role |
//! | remove, leave | the owner, or the account itself | the row is deleted |
//! | hand over | the owner | the account owns the competition, and the former owner becomes an editor |
//!
//! An administrator may do what the owner may. A competition has exactly one owner, who can't leave and can't be
//! removed. What each role permits is in [`permissions`].

pub mod invitation_letters;
mod invitations;
mod members;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{CaseStatement, Expr, LockType, Order},
};
use serde_json::json;

use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    changes::Changes,
    permissions,
    rate_limits::{RateLimit, RateLimiter},
};
use crate::{
    jobs::outbox::{self, Outbox},
    model::{
        AuditAction, AuditOutcome, CompetitionId, DomainError, Permission, StaffId, StaffList,
        StaffRole, StaffView, UserId,
        forms::{FieldErrors, FieldProblem, StaffForm},
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, audit, auth_epoch,
        entity::{
            competition,
            staff::{ActiveModel, Column, Entity, Model},
            user,
        },
    },
};

/// The largest number of people who work on one competition, with the owner and those who are invited.
pub const MOST: u64 = 50;
/// The largest number of competitions of others on which an account works.
pub const MOST_COMPETITIONS: u64 = 500;
/// How long an invitation that has expired is listed, in days.
pub const LISTED_DAYS: i64 = 30;

/// Decides who works on competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Staff {
    database: Database,
    clock: Clock,
    audit: Audit,
    limits: RateLimiter,
    outbox: Outbox,
    changes: Changes,
    /// Whether mail can be sent, so that addresses are confirmed.
    sends_mail: bool,
}

impl Staff {
    /// Creates the service over a database.
    #[must_use]
    pub const fn new(
        database: Database,
        clock: Clock,
        audit: Audit,
        limits: RateLimiter,
        outbox: Outbox,
        changes: Changes,
        sends_mail: bool,
    ) -> Self {
        Self {
            database,
            clock,
            audit,
            limits,
            outbox,
            changes,
            sends_mail,
        }
    }

    /// Returns the people who work on a competition, for one of them: the owner first. Only the owner sees e-mail
    /// addresses and open invitations; everybody sees their own address.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, and [`DomainError::Forbidden`] if `actor`
    /// does not work on it.
    pub async fn list(&self, actor: Actor, competition: CompetitionId) -> Result<StaffList> {
        let (row, role) = self
            .permitted(actor, competition, Permission::SeeOverview)
            .await?;
        let database = self.database.read();
        let owner_first = CaseStatement::new()
            .case(Column::Role.eq(StaffRole::Owner), 0)
            .finally(1);
        let rows = Entity::find()
            .filter(Column::CompetitionId.eq(row.id))
            .find_also_related(user::Entity)
            .order_by(Expr::expr(owner_first), Order::Asc)
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .limit(MOST)
            .all(database)
            .await?;
        let manages = role.permits(Permission::ManageStaff);
        let items = rows
            .into_iter()
            .filter(|(row, _)| manages || row.user_id.is_some())
            .map(|(row, account)| {
                let shows = manages || row.user_id == Some(actor.id);
                view(row, account.as_ref(), shows)
            });
        Ok(StaffList {
            items: items.collect(),
        })
    }

    /// Invites an e-mail address to work on a competition. A letter with a link is sent to it; an account that has
    /// the address also gets a message. The result is the same whether or not there is an account. Inviting the same
    /// address again sends another letter, with which the role is the new one.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] unless `actor` is the owner,
    /// [`DomainError::Invalid`] also if the account with this address works on the competition already or there are
    /// [`MOST`] people, or [`DomainError::TooManyRequests`].
    pub async fn invite(
        &self,
        actor: Actor,
        competition: CompetitionId,
        form: &StaffForm,
    ) -> Result<StaffView> {
        let (competition, _) = self
            .permitted(actor, competition, Permission::ManageStaff)
            .await?;
        let (email, role) = form.parse()?;
        self.count_invitation(actor, &email).await?;
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        // The invitations to the competitions of one owner are written in turns, so that their number is right.
        auth_epoch::lock(&transaction, competition.organizer_id).await?;
        self.check_again(&transaction, actor, competition.id)
            .await?;
        let of_competition = || Entity::find().filter(Column::CompetitionId.eq(competition.id));
        // Locked, so that it is neither answered nor withdrawn meanwhile. Whoever has accepted it is a member then.
        let open = of_competition()
            .filter(Column::InvitedEmail.eq(email.as_str()))
            .lock(LockType::Update)
            .one(&transaction)
            .await?;
        let member = of_competition()
            .inner_join(user::Entity)
            .filter(user::has_email(&email))
            .one(&transaction)
            .await?;
        if member.is_some() {
            return Err(FieldErrors::one("email", FieldProblem::AlreadyStaff).into());
        }
        if open.is_none() && of_competition().count(&transaction).await? >= MOST {
            return Err(FieldErrors::one("email", FieldProblem::TooManyStaff(MOST)).into());
        }
        let row = Model {
            id: open.as_ref().map_or_else(StaffId::new, |open| open.id),
            competition_id: competition.id,
            user_id: None,
            invited_email: Some(email),
            role,
            token_hash: None,
            created_at: now,
            expires_at: Some(now + TimeDelta::days(invitation_letters::INVITATION_DAYS)),
            accepted_at: None,
        };
        let event = role_event(actor, AuditAction::StaffInvite, &row, None, Some(role));
        let record = self.audit.record(event);
        match open {
            Some(_) => {
                Entity::update(active(&row)).exec(&transaction).await?;
            }
            None => {
                Entity::insert(active(&row))
                    .exec_without_returning(&transaction)
                    .await?;
            }
        }
        let job = invitation_letters::job(row.id, actor.language);
        outbox::write(&transaction, std::slice::from_ref(&job), now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.outbox.committed(&[job]).await;
        Ok(view(row, None, true))
    }

    async fn count_invitation(&self, actor: Actor, email: &str) -> Result<()> {
        let account = actor.id.to_string();
        let limits = &self.limits;
        let counted = limits.count(RateLimit::STAFF_INVITATIONS, &account);
        counted.await.map_err(DomainError::from)?;
        let counted = limits.count(RateLimit::INVITATIONS_OF_ADDRESS, email);
        counted.await.map_err(DomainError::from)?;
        Ok(())
    }

    /// Returns a competition and the role of `actor` in it, if the role permits this.
    async fn permitted(
        &self,
        actor: Actor,
        id: CompetitionId,
        permission: Permission,
    ) -> Result<(competition::Model, StaffRole)> {
        let row = competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or(DomainError::NotFound)?;
        let database = self.database.read();
        let role = permissions::require(database, &self.audit, actor, &row, permission).await?;
        Ok((row, role))
    }

    /// Returns the competition as it is in a transaction, if `actor` still decides who works on it.
    async fn check_again<C: ConnectionTrait>(
        &self,
        transaction: &C,
        actor: Actor,
        id: CompetitionId,
    ) -> Result<competition::Model> {
        let row = competition::Entity::existing_by_id(id)
            .one(transaction)
            .await?
            .ok_or(DomainError::NotFound)?;
        let role = permissions::role_of(transaction, actor, id, row.organizer_id).await?;
        permissions::check(role, Permission::ManageStaff)?;
        Ok(row)
    }
}

/// Makes an account an editor of a competition that is being created.
pub(super) async fn add_editor<C: ConnectionTrait>(
    transaction: &C,
    competition: CompetitionId,
    account: UserId,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    Entity::insert(active(&Model {
        id: StaffId::new(),
        competition_id: competition,
        user_id: Some(account),
        invited_email: None,
        role: StaffRole::Editor,
        token_hash: None,
        created_at: now,
        expires_at: None,
        accepted_at: Some(now),
    }))
    .exec_without_returning(transaction)
    .await?;
    Ok(())
}

/// Deletes the roles of an account that is deleted, and the invitations to its address. What it owns it keeps.
pub(super) async fn delete_of<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    email: &str,
) -> Result<(), InfrastructureError> {
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .filter(Column::Role.ne(StaffRole::Owner))
        .exec(transaction)
        .await?;
    Entity::delete_many()
        .filter(Column::InvitedEmail.eq(email.to_lowercase()))
        .exec(transaction)
        .await?;
    Ok(())
}

fn active(row: &Model) -> ActiveModel {
    let row = row.clone();
    ActiveModel {
        id: Set(row.id),
        competition_id: Set(row.competition_id),
        user_id: Set(row.user_id),
        invited_email: Set(row.invited_email),
        role: Set(row.role),
        token_hash: Set(row.token_hash),
        created_at: Set(row.created_at),
        expires_at: Set(row.expires_at),
        accepted_at: Set(row.accepted_at),
    }
}

fn view(row: Model, account: Option<&user::Model>, shows_email: bool) -> StaffView {
    let email = account.map(|account| account.email.clone());
    StaffView {
        id: row.id,
        competition_id: row.competition_id,
        user_id: row.user_id,
        name: account.map(|account| account.name.clone()),
        email: email.or(row.invited_email).filter(|_| shows_email),
        role: row.role,
        invited_at: row.created_at,
        accepted_at: row.accepted_at,
        expires_at: row.expires_at,
    }
}

/// Returns the audit event of a role that was given, changed or taken. It names the account, or the row if there is no
/// account, and no address.
fn role_event(
    actor: Actor,
    action: AuditAction,
    row: &Model,
    before: Option<StaffRole>,
    after: Option<StaffRole>,
) -> AuditEvent {
    AuditEvent::by(actor, action, AuditOutcome::Done)
        .on(Some(row.competition_id))
        .with(json!({
            "staff": row.id,
            "account": row.user_id,
            "changed": ["role"],
            "before": { "role": before },
            "after": { "role": after },
        }))
}
