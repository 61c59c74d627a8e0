//! Revokes a certificate, and issues another one in its place.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};
use serde_json::json;

use super::{
    Certificates,
    issuing::{issue_to, letter},
};
use crate::{
    domain::{Actor, Result, audit::AuditEvent},
    jobs::outbox,
    model::{AuditAction, AuditOutcome, CertificateId, CompetitionId, DomainError, RegistrationId},
    store::{
        InfrastructureError, Transaction, advisory_lock, audit,
        entity::{certificate, registration},
    },
};

impl Certificates {
    /// Revokes a certificate: whoever verifies it learns that. To revoke it twice is no error. Returns the name on it.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the competition has no such certificate, or [`DomainError::Forbidden`].
    pub async fn revoke(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: CertificateId,
    ) -> Result<String> {
        self.permitted(actor, competition).await?;
        let transaction = self.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        let row = found(&transaction, competition, id).await?;
        if row.revoked_at.is_some() {
            transaction.rollback().await?;
            return Ok(row.name);
        }
        let action = AuditAction::CertificateRevoke;
        let event = AuditEvent::by(actor, action, AuditOutcome::Done)
            .on(Some(competition))
            .with(json!({ "registration": row.registration_id }));
        let record = self.audit.record(event);
        self.revoke_in(&transaction, &row).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(row.name)
    }

    /// Issues a certificate anew, with the name that the participant has now: the one with this id is revoked, and the
    /// participant gets another one with another serial. Returns the name on it.
    ///
    /// If the participant has a valid one, for example since this was pressed twice, that one is replaced only if it is
    /// the one with this id.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the competition has no such certificate, or the account of the participant
    /// was deleted, or [`DomainError::Forbidden`].
    pub async fn issue_again(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: CertificateId,
    ) -> Result<String> {
        let competition = self.permitted(actor, competition).await?;
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition.id).await?;
        let row = found(&transaction, competition.id, id).await?;
        if let Some(valid) = valid_of(&transaction, row.registration_id).await? {
            if valid.id != row.id {
                transaction.rollback().await?;
                return Ok(valid.name);
            }
            self.revoke_in(&transaction, &row).await?;
        }
        if !is_seated(&transaction, row.registration_id).await? {
            return Err(DomainError::NotFound.into());
        }
        let to = [row.registration_id];
        let issued = issue_to(&transaction, &competition, row.remark, &to, now).await?;
        let issued = issued.first().ok_or(DomainError::NotFound)?;
        let message = letter(&self.letters.public_url, competition.id, issued);
        let writer = &self.letters.writer;
        let jobs = writer.write(&transaction, vec![message], now).await?;
        outbox::write(&transaction, &jobs, now).await?;
        let event = AuditEvent::by(actor, AuditAction::CertificatesIssue, AuditOutcome::Done)
            .on(Some(competition.id))
            .with(json!({ "registration": row.registration_id }));
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.outbox.committed(&jobs).await;
        self.letters.news.changed(vec![issued.user]).await;
        Ok(issued.about.name.clone())
    }

    async fn revoke_in(
        &self,
        transaction: &Transaction,
        row: &certificate::Model,
    ) -> Result<(), InfrastructureError> {
        use certificate::Column;
        certificate::Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.clock.now()))
            .filter(Column::Id.eq(row.id))
            .filter(Column::RevokedAt.is_null())
            .exec(transaction)
            .await?;
        Ok(())
    }
}

/// Reads a certificate of a competition, and locks it.
async fn found(
    transaction: &Transaction,
    competition: CompetitionId,
    id: CertificateId,
) -> Result<certificate::Model> {
    let row = certificate::Entity::find_by_id(id)
        .filter(certificate::Column::CompetitionId.eq(competition))
        .lock(LockType::NoKeyUpdate)
        .one(transaction)
        .await?;
    Ok(row.ok_or(DomainError::NotFound)?)
}

/// Returns the valid certificate of a registration.
pub(super) async fn valid_of<C: ConnectionTrait>(
    connection: &C,
    registration: RegistrationId,
) -> Result<Option<certificate::Model>, InfrastructureError> {
    use certificate::Column;
    Ok(certificate::Entity::find()
        .filter(Column::RegistrationId.eq(registration))
        .filter(Column::RevokedAt.is_null())
        .one(connection)
        .await?)
}

async fn is_seated(
    transaction: &Transaction,
    id: RegistrationId,
) -> Result<bool, InfrastructureError> {
    let row = registration::Entity::find_by_id(id)
        .one(transaction)
        .await?;
    Ok(row.is_some_and(|row| row.status.holds_seat()))
}
