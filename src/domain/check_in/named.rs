//! Finds the participants whom helpers name: by the code of a ticket, by the number on it, by a start number, or by the
//! id of a registration.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use crate::{
    domain::{
        Result,
        registration::complete_roster,
        tickets::codes::{ReadCode, TicketCodes},
    },
    model::{
        CompetitionId, DivisionId, RegistrationId, RegistrationStatus, UserId, parse_ticket_number,
    },
    store::{
        Database, InfrastructureError, bulk,
        entity::{registration, user},
        roster::ticket_word,
        start_numbers,
    },
};

/// The most registrations that are found by their numbers: two have the same practically never.
const MOST_WORDS: u64 = 1_000;
/// How many numbers one statement looks for.
const AT_ONCE: usize = 500;

/// The number of digits of the highest start number. The number on a ticket has eight digits and letters.
const LONGEST_START_NUMBER: usize = 5;

/// Finds participants. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NamedParticipants {
    database: Database,
    codes: TicketCodes,
}

/// A registration that was named.
#[derive(Debug, Clone, FromQueryResult)]
pub(in crate::domain) struct NamedRow {
    pub id: RegistrationId,
    pub user_id: UserId,
    pub competition_id: CompetitionId,
    pub status: RegistrationStatus,
    pub division_id: Option<DivisionId>,
    pub user_name: String,
}

/// What a code names.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) enum ScannedCode {
    /// The code of a ticket, which proves that it was issued.
    Ticket(ReadCode),
    /// The id of a registration, which a helper has found by its name or by the number on its ticket.
    Registration(RegistrationId),
}

impl ScannedCode {
    /// Reads a code; `None` if it names nobody. The numbers are those that were looked up.
    pub(in crate::domain) fn read(
        text: &str,
        numbers: &HashMap<String, RegistrationId>,
    ) -> Option<Self> {
        if let Some(code) = ReadCode::parse(text) {
            return Some(Self::Ticket(code));
        }
        if let Ok(id) = text.parse() {
            return Some(Self::Registration(id));
        }
        let number = parse_ticket_number(text);
        let number = number.or_else(|| Some(start_number(text)?.to_string()))?;
        numbers.get(&number).copied().map(Self::Registration)
    }

    /// Returns the registration that the code names.
    pub(in crate::domain) const fn registration(&self) -> RegistrationId {
        match self {
            Self::Ticket(code) => code.registration,
            Self::Registration(id) => *id,
        }
    }
}

impl NamedParticipants {
    /// Creates the service over a database.
    #[must_use]
    pub const fn new(database: Database, codes: TicketCodes) -> Self {
        Self { database, codes }
    }

    /// Returns whether the code of a ticket was made for this participant.
    pub(in crate::domain) fn verifies(&self, code: &ReadCode, participant: UserId) -> bool {
        self.codes.verifies(code, participant)
    }

    /// Reads registrations with the names of their participants.
    pub(in crate::domain) async fn rows(
        &self,
        ids: &[RegistrationId],
    ) -> Result<HashMap<RegistrationId, NamedRow>, InfrastructureError> {
        use registration::Column;
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let database = &self.database;
        let rows: Vec<NamedRow> = registration::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::UserId,
                Column::CompetitionId,
                Column::Status,
                Column::DivisionId,
            ])
            .column_as(user::Column::Name, "user_name")
            .join(JoinType::InnerJoin, registration::Relation::User.def())
            .filter(bulk::among(
                database.backend(),
                (registration::Entity, Column::Id),
                ids,
            ))
            .into_model()
            .all(database.read())
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// Returns the registrations that codes name by the number on the ticket, or by the start number.
    pub(in crate::domain) async fn numbered(
        &self,
        competition: CompetitionId,
        codes: &[&str],
    ) -> Result<HashMap<String, RegistrationId>> {
        let mut found = HashMap::new();
        let start_numbers: HashSet<_> =
            codes.iter().filter_map(|code| start_number(code)).collect();
        let start_numbers: Vec<_> = start_numbers.into_iter().collect();
        for some in start_numbers.chunks(AT_ONCE) {
            let (database, some) = (self.database.read(), some.iter().copied());
            let all = start_numbers::registrations_with(database, competition, some);
            let all = all.await.map_err(InfrastructureError::from)?;
            found.extend(all.into_iter().map(|(number, id)| (number.to_string(), id)));
        }
        let numbers = codes.iter().filter_map(|code| parse_ticket_number(code));
        let words: HashMap<_, _> = numbers
            .map(|number| (ticket_word(&number), number))
            .collect();
        if words.is_empty() {
            return Ok(found);
        }
        complete_roster(&self.database, competition).await?;
        let searched: Vec<_> = words.keys().cloned().collect();
        for some in searched.chunks(AT_ONCE) {
            let tickets = self.words(competition, some.iter().cloned()).await?;
            let number = |(word, id): (String, _)| Some((words.get(&word)?.clone(), id));
            found.extend(tickets.into_iter().filter_map(number));
        }
        Ok(found)
    }

    /// Returns the registrations of a competition whose roster entries have these words.
    pub(super) async fn words(
        &self,
        competition: CompetitionId,
        words: impl IntoIterator<Item = String>,
    ) -> Result<Vec<(String, RegistrationId)>, InfrastructureError> {
        let mut query = Query::select();
        query
            .columns(["word", "registration_id"])
            .from("roster_words")
            .and_where(Expr::col("competition_id").eq(competition.0))
            .and_where(Expr::col("word").is_in(words))
            .limit(MOST_WORDS);
        let mut found = Vec::new();
        for row in self.database.read().query_all(&query).await? {
            found.push((
                row.try_get("", "word")?,
                row.try_get("", "registration_id")?,
            ));
        }
        Ok(found)
    }
}

/// Reads a start number; `None` if the text is none.
fn start_number(code: &str) -> Option<u32> {
    let is_number = code.len() <= LONGEST_START_NUMBER && code.chars().all(|c| c.is_ascii_digit());
    code.parse().ok().filter(|_| is_number)
}
