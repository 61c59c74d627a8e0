//! Answering invitations. An invitation belongs to the account that has the invited address: its address is confirmed,
//! or it shows the token of the letter. Nothing happens before the account accepts or declines.

use super::{
    MOST_COMPETITIONS, Staff,
    invitation_letters::{hash, open},
    role_event,
};
use crate::{
    domain::{Actor, Error, Result},
    model::{AuditAction, CompetitionId, DomainError, InvitationList, InvitationView, StaffId},
    store::{
        ErrorKind, InfrastructureError, audit, auth_epoch, bulk,
        entity::{
            competition,
            staff::{Column, Entity, Model},
            user,
        },
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

/// The most invitations that are listed.
const LISTED: u64 = 50;

impl Staff {
    /// Returns the invitations of an account that wait for an answer, the newest first. An account whose address is
    /// not confirmed finds them by their letters only, where mail can be sent.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the account does not exist any more.
    pub async fn own_invitations(&self, actor: Actor) -> Result<InvitationList> {
        let account = account_of(self.database.read(), actor).await?;
        if !self.has_address(&account) {
            return Ok(InvitationList { items: Vec::new() });
        }
        let rows = open(self.clock.now())
            .filter(Column::InvitedEmail.eq(account.email.to_lowercase()))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(LISTED)
            .all(self.database.read())
            .await?;
        let ids: Vec<_> = rows.iter().map(|row| row.competition_id).collect();
        let mut competitions = self.competitions(&ids).await?;
        let items = rows.iter().filter_map(|row| {
            let at = competitions
                .iter()
                .position(|(competition, _)| competition.id == row.competition_id)?;
            let (competition, owner) = competitions.swap_remove(at);
            Some(invitation_view(row, competition, owner))
        });
        Ok(InvitationList {
            items: items.collect(),
        })
    }

    /// Returns an invitation, for the account that it belongs to.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the invitation was answered, withdrawn or has expired, or belongs to
    /// another account, and [`DomainError::EmailNotVerified`] if the account has the address, but has neither
    /// confirmed it nor the token of the letter.
    pub async fn invitation(
        &self,
        actor: Actor,
        id: StaffId,
        token: Option<&str>,
    ) -> Result<InvitationView> {
        let row = self
            .belonging(self.database.read(), actor, id, token)
            .await?;
        let found = self.competitions(&[row.competition_id]).await?;
        let found = found.into_iter().next();
        let (competition, owner) = found.ok_or(DomainError::NotFound)?;
        Ok(invitation_view(&row, competition, owner))
    }

    /// Accepts an invitation. Returns the competition.
    ///
    /// # Errors
    /// Returns the errors of [`invitation`](Self::invitation), and [`DomainError::Forbidden`] if the account works on
    /// [`MOST_COMPETITIONS`] already.
    pub async fn accept(
        &self,
        actor: Actor,
        id: StaffId,
        token: Option<&str>,
    ) -> Result<CompetitionId> {
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        // Of two presses at the same time, one finds the invitation answered.
        auth_epoch::lock(&transaction, actor.id).await?;
        let row = self.belonging(&transaction, actor, id, token).await?;
        let of_account = Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .filter(Entity::is_member());
        if of_account.count(&transaction).await? >= MOST_COMPETITIONS {
            return Err(DomainError::Forbidden.into());
        }
        let accepted = Entity::update_many()
            .col_expr(Column::UserId, Expr::value(actor.id.0))
            .col_expr(Column::InvitedEmail, Expr::value(None::<String>))
            .col_expr(Column::TokenHash, Expr::value(None::<String>))
            .col_expr(Column::ExpiresAt, Expr::value(None::<DateTime<Utc>>))
            .col_expr(Column::AcceptedAt, Expr::value(now))
            .filter(Column::Id.eq(id))
            .filter(Column::UserId.is_null())
            .exec(&transaction)
            .await
            .map_err(already_staff)?;
        if accepted.rows_affected == 0 {
            return Err(DomainError::NotFound.into());
        }
        let row = Model {
            user_id: Some(actor.id),
            ..row
        };
        let event = role_event(actor, AuditAction::StaffAccept, &row, None, Some(row.role));
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(row.competition_id)
    }

    /// Declines an invitation, which is deleted.
    ///
    /// # Errors
    /// Returns the errors of [`invitation`](Self::invitation).
    pub async fn decline(&self, actor: Actor, id: StaffId, token: Option<&str>) -> Result<()> {
        let transaction = self.database.begin().await?;
        let row = self.belonging(&transaction, actor, id, token).await?;
        let deleted = Entity::delete_many()
            .filter(Column::Id.eq(id))
            .filter(Column::UserId.is_null())
            .exec(&transaction)
            .await?;
        if deleted.rows_affected == 0 {
            return Err(DomainError::NotFound.into());
        }
        let event = role_event(actor, AuditAction::StaffDecline, &row, Some(row.role), None);
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }

    /// Returns an open invitation that belongs to an account.
    async fn belonging<C: ConnectionTrait>(
        &self,
        connection: &C,
        actor: Actor,
        id: StaffId,
        token: Option<&str>,
    ) -> Result<Model> {
        let account = account_of(connection, actor).await?;
        let row = open(self.clock.now()).filter(Column::Id.eq(id));
        let row = row.one(connection).await?;
        let row = row.filter(|row| row.invited_email == Some(account.email.to_lowercase()));
        let row = row.ok_or(DomainError::NotFound)?;
        let has_token = token.is_some_and(|token| row.token_hash == Some(hash(token)));
        if has_token || self.has_address(&account) {
            Ok(row)
        } else {
            Err(DomainError::EmailNotVerified.into())
        }
    }

    /// Returns whether an account is known to read what is sent to its address, as far as that can be known.
    fn has_address(&self, account: &user::Model) -> bool {
        account.email_confirmed || !self.sends_mail
    }

    /// Returns those of the competitions that exist, with their owners.
    async fn competitions(
        &self,
        ids: &[CompetitionId],
    ) -> Result<Vec<(competition::Model, Option<user::Model>)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let column = (competition::Entity, competition::Column::Id);
        let among = bulk::among(self.database.backend(), column, ids);
        Ok(competition::Entity::existing()
            .filter(among)
            .find_also_related(user::Entity)
            .all(self.database.read())
            .await?)
    }
}

async fn account_of<C: ConnectionTrait>(connection: &C, actor: Actor) -> Result<user::Model> {
    let row = user::Entity::find_by_id(actor.id)
        .filter(user::Column::DisabledAt.is_null())
        .one(connection)
        .await?;
    Ok(row.ok_or(DomainError::Unauthenticated)?)
}

/// An account that works on the competition already has nothing to accept.
fn already_staff(error: sea_orm::DbErr) -> Error {
    let error = InfrastructureError::from(error);
    match error.kind() {
        ErrorKind::Duplicate => DomainError::NotFound.into(),
        _ => error.into(),
    }
}

fn invitation_view(
    row: &Model,
    competition: competition::Model,
    owner: Option<user::Model>,
) -> InvitationView {
    InvitationView {
        id: row.id,
        competition_id: competition.id,
        competition_title: competition.title,
        organizer_name: owner.map(|owner| owner.name).unwrap_or_default(),
        role: row.role,
        expires_at: row.expires_at.unwrap_or(row.created_at),
    }
}
