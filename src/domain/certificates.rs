//! Certificates: what participants show that they took part, and whoever sees one verifies.
//!
//! | module | what it does |
//! | --- | --- |
//! | `issuing` | issues certificates to many participants, a chunk of them in a job |
//! | `changes` | revokes a certificate, and issues another one in its place |
//! | `lists` | reads certificates for organizers, participants and whoever verifies one |
//! | `document` | says what is printed, in a language |
//!
//! A certificate keeps what is printed on it. A registration has at most one valid certificate of a kind; those that were
//! revoked stay, so that whoever verifies them learns that. The rows go with the registration, and with the account of
//! the participant.

mod changes;
mod document;
mod issuing;
mod lists;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Query};

pub use self::issuing::{CERTIFICATES, CertificateIssue};
use super::{
    Actor, Result, audit::Audit, mailbox::MessageWriter, news::News, pdf_printer::PdfPrinter,
    permissions, rate_limits::RateLimiter,
};
use crate::{
    jobs::outbox::Outbox,
    model::{CompetitionId, Permission, UserId},
    ops::Clock,
    store::{
        Database, InfrastructureError,
        entity::{certificate, competition, registration},
    },
};

/// Issues, shows and verifies certificates. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Certificates {
    database: Database,
    clock: Clock,
    audit: Audit,
    limits: RateLimiter,
    outbox: Outbox,
    printer: PdfPrinter,
    letters: CertificateLetters,
}

/// How participants are told of their certificates.
#[derive(Debug, Clone)]
pub struct CertificateLetters {
    /// Writes messages to mailboxes.
    pub writer: MessageWriter,
    /// Tells open pages that a message has arrived.
    pub news: News,
    /// What links in messages and on certificates begin with.
    pub public_url: String,
}

/// What the service is created from.
#[derive(Debug)]
pub struct CertificateParts {
    pub database: Database,
    pub clock: Clock,
    pub audit: Audit,
    pub limits: RateLimiter,
    pub outbox: Outbox,
    pub printer: PdfPrinter,
    pub letters: CertificateLetters,
}

impl Certificates {
    /// Creates the service from its parts.
    #[must_use]
    pub fn new(parts: CertificateParts) -> Self {
        let CertificateParts {
            database,
            clock,
            audit,
            limits,
            outbox,
            printer,
            letters,
        } = parts;
        Self {
            database,
            clock,
            audit,
            limits,
            outbox,
            printer,
            letters,
        }
    }

    /// Returns a competition whose certificates `actor` may issue. Writes an access that is refused to the audit log.
    async fn permitted(&self, actor: Actor, id: CompetitionId) -> Result<competition::Model> {
        let (database, audit) = (&self.database, &self.audit);
        let needed = Permission::Edit;
        let (row, _) = permissions::permitted(database, audit, actor, id, needed).await?;
        Ok(row)
    }
}

/// Deletes the certificates of an account, which name it.
pub(super) async fn delete_of<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
) -> Result<(), InfrastructureError> {
    let registrations = Query::select()
        .column(registration::Column::Id)
        .from(registration::Entity)
        .and_where(registration::Column::UserId.eq(account))
        .to_owned();
    certificate::Entity::delete_many()
        .filter(certificate::Column::RegistrationId.in_subquery(registrations))
        .exec(transaction)
        .await?;
    Ok(())
}
