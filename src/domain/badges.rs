//! Badges of participants: sheets of them as PDF, for the printer.

use std::collections::HashMap;

use pdf::{Badge, BadgeLayout, BadgeSheets};
use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use super::{
    Actor, Result,
    check_in::CheckIns,
    pdf_printer::{PdfPrinter, PrintedFile, qr_code, script},
    tickets::codes::TicketCodes,
};
use crate::{
    model::{
        BadgeSize, CompetitionId, DomainError, ExpectedPersonView, Language, RegistrationId, UserId,
    },
    store::{
        Database, InfrastructureError, bulk,
        entity::{competition, registration},
    },
    text::catalogue,
};

/// Prints badges. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Badges {
    database: Database,
    check_ins: CheckIns,
    codes: TicketCodes,
    printer: PdfPrinter,
}

impl Badges {
    /// Creates the service, which shares the bound of `printer`.
    #[must_use]
    pub const fn new(
        database: Database,
        check_ins: CheckIns,
        codes: TicketCodes,
        printer: PdfPrinter,
    ) -> Self {
        Self {
            database,
            check_ins,
            codes,
            printer,
        }
    }

    /// Returns the badges of a page of those with a seat, by name, 500 on a page, as the list for the printer has them.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, or the page has nobody and is not the first
    /// one, [`DomainError::Forbidden`], or [`DomainError::Overloaded`] while many documents are made.
    pub async fn sheets(
        &self,
        actor: Actor,
        id: CompetitionId,
        page: u64,
        size: BadgeSize,
        language: Language,
    ) -> Result<PrintedFile> {
        let (people, _) = self.check_ins.expected(actor, id, page).await?;
        if people.is_empty() && page > 1 {
            return Err(DomainError::NotFound.into());
        }
        let competition = competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or(DomainError::NotFound)?;
        let participants = self.participants(&people).await?;
        let t = catalogue(language);
        let badge = |person: ExpectedPersonView| {
            let participant = participants.get(&person.registration_id);
            let code = participant.map(|user| self.codes.code(person.registration_id, *user));
            Badge {
                name: t.account.account_name(&person.user_name).to_owned(),
                division: person.division,
                number: person.start_number.map(|number| number.to_string()),
                code: code.as_deref().and_then(qr_code),
            }
        };
        let sheets = BadgeSheets {
            script: script(language),
            title: format!("{} · {}", t.certificates.badges, competition.title),
            competition: competition.title,
            code_description: t.ticket.qr_title.to_owned(),
            badges: people.into_iter().map(badge).collect(),
        };
        let layout = match size {
            BadgeSize::Card => BadgeLayout::Card,
            BadgeSize::Large => BadgeLayout::Large,
        };
        let title = sheets.competition.clone();
        let print = move |fonts: &_| pdf::badges(&sheets, layout, fonts);
        let pdf = self.printer.print(print).await?;
        Ok(PrintedFile { title, pdf })
    }

    /// Reads whose registrations these are, which the codes of tickets depend on.
    async fn participants(
        &self,
        people: &[ExpectedPersonView],
    ) -> Result<HashMap<RegistrationId, UserId>, InfrastructureError> {
        use registration::Column;
        let ids: Vec<_> = people.iter().map(|it| it.registration_id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let column = (registration::Entity, Column::Id);
        let found: Vec<(RegistrationId, UserId)> = registration::Entity::find()
            .select_only()
            .columns([Column::Id, Column::UserId])
            .filter(bulk::among(self.database.backend(), column, &ids))
            .into_tuple()
            .all(self.database.read())
            .await?;
        Ok(found.into_iter().collect())
    }
}
