//! Reads certificates: for organizers, for participants, and for whoever verifies one.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Certificates, changes::valid_of, document::document, issuing};
use crate::{
    domain::{
        Actor, ClientAddress, PrintedFile, Result, rate_limits::RateLimit,
        registration::complete_roster,
    },
    model::{
        CertificateRunView, CertificateSerial, CertificateState, CertificateView, CompetitionId,
        DELETED_ACCOUNT_NAME, DomainError, IssuedCertificate, Language, Page, RegistrationId,
        RegistrationStatus, UserId, forms::Paging,
    },
    store::{
        InfrastructureError, bulk,
        entity::{certificate, certificate_run, competition, registration, user},
        roster::{RosterOrder, RosterQuery, RosterStart, SearchedText, resolve_terms},
    },
};

/// How many people a search finds.
const FOUND: u64 = 50;

impl Certificates {
    /// Returns what is printed on the certificate with this serial, whether it counts or was revoked.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, or [`DomainError::TooManyRequests`] for a network that asks for
    /// very many.
    pub async fn verify(
        &self,
        serial: &CertificateSerial,
        client: Option<ClientAddress>,
    ) -> Result<CertificateView> {
        let limit = RateLimit::CERTIFICATES;
        let counted = self.limits.count_network(limit, client).await;
        counted.map_err(DomainError::from)?;
        let found = certificate::Entity::find()
            .find_also_related(registration::Entity)
            .filter(certificate::Column::Serial.eq(serial.as_str()))
            .one(self.database.read())
            .await?;
        let (mut row, registration) = found.ok_or(DomainError::NotFound)?;
        // Without a registration a certificate says nothing any more.
        let cancelled_at = registration.and_then(|registration| registration.cancelled_at);
        row.revoked_at = row.revoked_at.or(cancelled_at);
        // The rows of a deleted competition are removed in chunks.
        let issuer = self.issuer(row.competition_id).await?;
        Ok(view(row, issuer.ok_or(DomainError::NotFound)?))
    }

    /// Returns the valid certificate of a registration of `actor`; `None` if there is none.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if `actor` has no such registration.
    pub async fn of_registration(
        &self,
        actor: Actor,
        id: RegistrationId,
    ) -> Result<Option<CertificateView>> {
        let database = self.database.read();
        let owner: Option<(UserId, RegistrationStatus)> = registration::Entity::find_by_id(id)
            .select_only()
            .columns([registration::Column::UserId, registration::Column::Status])
            .into_tuple()
            .one(database)
            .await?;
        let owner = owner.filter(|(owner, _)| *owner == actor.id);
        let (_, status) = owner.ok_or(DomainError::NotFound)?;
        if status == RegistrationStatus::Cancelled {
            return Ok(None);
        }
        let Some(row) = valid_of(database, id).await? else {
            return Ok(None);
        };
        let issuer = self.issuer(row.competition_id).await?;
        Ok(issuer.map(|issuer| view(row, issuer)))
    }

    /// Returns the certificate of a registration of `actor` as a PDF in a language.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if `actor` has no such registration, or it has no valid certificate, and
    /// [`DomainError::Overloaded`] while many documents are made.
    pub async fn pdf(
        &self,
        actor: Actor,
        id: RegistrationId,
        language: Language,
    ) -> Result<PrintedFile> {
        let found = self.of_registration(actor, id).await?;
        let certificate = found.ok_or(DomainError::NotFound)?;
        let site = &self.letters.public_url;
        let address = format!("{site}/certificates/{}", certificate.serial);
        let document = document(&certificate, language, address);
        let print = move |fonts: &_| pdf::certificate(&document, fonts);
        let pdf = self.printer.print(print).await?;
        Ok(PrintedFile {
            title: certificate.competition_title,
            pdf,
        })
    }

    /// Returns the newest run of a competition.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn newest_run(
        &self,
        actor: Actor,
        id: CompetitionId,
    ) -> Result<Option<CertificateRunView>> {
        self.permitted(actor, id).await?;
        let run = certificate_run::Entity::find()
            .filter(certificate_run::Column::CompetitionId.eq(id))
            .order_by_desc(certificate_run::Column::Id)
            .limit(1)
            .one(self.database.read())
            .await?;
        Ok(run.as_ref().map(issuing::view))
    }

    /// Returns the certificates of a competition, the newest first.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn list(
        &self,
        actor: Actor,
        id: CompetitionId,
        paging: Paging,
    ) -> Result<Page<IssuedCertificate>> {
        self.permitted(actor, id).await?;
        let of_competition =
            certificate::Entity::find().filter(certificate::Column::CompetitionId.eq(id));
        let total = of_competition.clone().count(self.database.read()).await?;
        let rows = of_competition
            .order_by_desc(certificate::Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(self.database.read())
            .await?;
        Ok(Page {
            items: self.issued(id, rows).await?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns the certificates of participants who are found by their name, or the one with a serial.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn search(
        &self,
        actor: Actor,
        id: CompetitionId,
        search: &str,
    ) -> Result<Vec<IssuedCertificate>> {
        use certificate::Column;
        self.permitted(actor, id).await?;
        let database = &self.database;
        let of_competition = certificate::Entity::find()
            .filter(Column::CompetitionId.eq(id))
            .order_by_desc(Column::Id)
            .limit(FOUND);
        let query = match search.parse::<CertificateSerial>() {
            Ok(serial) => of_competition.filter(Column::Serial.eq(serial.as_str())),
            Err(_) => {
                let people = self.people(id, search).await?;
                if people.is_empty() {
                    return Ok(Vec::new());
                }
                let registration = (certificate::Entity, Column::RegistrationId);
                of_competition.filter(bulk::among(database.backend(), registration, &people))
            }
        };
        let rows = query.all(database.read()).await?;
        self.issued(id, rows).await
    }

    /// Returns the registrations of those with this name.
    async fn people(&self, id: CompetitionId, search: &str) -> Result<Vec<RegistrationId>> {
        complete_roster(&self.database, id).await?;
        let searched = SearchedText::Names;
        let mut terms = resolve_terms(self.database.read(), id, search, searched)
            .await
            .map_err(InfrastructureError::from)?;
        // A search without words would list everybody.
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        terms.truncate(8);
        let query = RosterQuery {
            competition: id,
            status: None,
            language: None,
            attendance: None,
            terms: &terms,
            order: RosterOrder::Name,
            descending: false,
            start: RosterStart::Offset(0),
            limit: FOUND,
        };
        let found = query.read(&self.database).await;
        Ok(found.map_err(InfrastructureError::from)?.ids)
    }

    async fn issued(
        &self,
        id: CompetitionId,
        rows: Vec<certificate::Model>,
    ) -> Result<Vec<IssuedCertificate>> {
        let issuer = self.issuer(id).await?.unwrap_or_default();
        let issued = rows.into_iter().map(|row| IssuedCertificate {
            id: row.id,
            registration_id: row.registration_id,
            certificate: view(row, issuer.clone()),
        });
        Ok(issued.collect())
    }

    /// Returns the name of the owner of a competition; `None` if the competition does not exist any more.
    async fn issuer(&self, id: CompetitionId) -> Result<Option<String>, InfrastructureError> {
        let found = competition::Entity::existing_by_id(id)
            .find_also_related(user::Entity)
            .one(self.database.read())
            .await?;
        let deleted = || DELETED_ACCOUNT_NAME.to_owned();
        Ok(found.map(|(_, owner)| owner.map_or_else(deleted, |owner| owner.name)))
    }
}

/// Returns what is printed on a certificate.
fn view(row: certificate::Model, issuer_name: String) -> CertificateView {
    CertificateView {
        serial: row.serial,
        state: match row.revoked_at {
            None => CertificateState::Valid,
            Some(_) => CertificateState::Revoked,
        },
        kind: row.kind,
        name: row.name,
        competition_title: row.competition_title,
        issuer_name,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        time_zone: row.time_zone,
        remark: row.remark,
        issued_at: row.issued_at,
        revoked_at: row.revoked_at,
    }
}
