//! The export of a competition's registrations: one list of one moment, however long it is.
//!
//! The list is a snapshot: each registration that existed when the export began is in it once, whatever
//! changes while it is read. On PostgreSQL the snapshot is a REPEATABLE READ transaction, on SQLite a read
//! transaction (which in WAL mode delays no writer). The list is read in pages by key, so that its cost
//! grows with its length and only a few pages are in memory at a time:
//!
//! | section | order | index |
//! | --- | --- | --- |
//! | seated | registration | `(competition_id, registered_at, id, status)` |
//! | waitlisted | waitlist | `(competition_id, status, waitlist_seq)` |
//! | cancelled | registration | as the first |
//!
//! An export holds a database connection until it ends. So the number of exports at the same time is
//! bounded, and so is the time that a slow client may take, for a page and for the whole list.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect,
    sea_query::{
        Alias, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement, SimpleExpr,
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};

use super::{
    answers::answers_of, organizer_list, queries::DivisionNames, roster_updates::complete_roster,
    service::Registrations,
};
use crate::{
    domain::{Actor, Result, audit::AuditEvent, questions::answered_questions},
    model::{
        AuditAction, AuditOutcome, CompetitionId, DivisionId, DomainError, Permission,
        QuestionView, RegistrationId, RegistrationStatus, RegistrationView, UserId,
        forms::RegistrationFilter,
    },
    store::{
        InfrastructureError, check_ins,
        database::{TimeLimits, Transaction},
        entity::{division, registration, user},
        roster::{self, SearchedText},
        start_numbers,
    },
};

/// How long an export waits for others to end.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(3);
/// The number of registrations that are read at a time.
const PAGE_SIZE: u64 = 1_000;
/// The number of pages that are read ahead of the client.
const PAGES_AHEAD: usize = 2;
/// How long the client may take for a page.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);
/// The connection may be idle while the client takes its time for a page.
const TIME_LIMITS: TimeLimits = TimeLimits {
    idle: Duration::from_secs(20),
    ..TimeLimits::ORDINARY
};
/// Makes PostgreSQL follow an index for each page. With wrong row estimates, it would choose a plan that
/// sorts, and so reads the whole list for each page.
const FORCE_INDEX: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; \
    SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
/// How long an export may take in all. A million registrations are about 150 MB.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// An export that is being read. Dropping it ends the reading.
#[derive(Debug)]
pub struct Export {
    /// The title of the competition.
    pub title: String,
    /// The time zone of the competition, by its IANA name.
    pub time_zone: String,
    /// Whether the competition has divisions.
    pub has_divisions: bool,
    /// Whether anybody is checked in.
    pub has_check_ins: bool,
    /// Whether anybody has a start number.
    pub has_numbers: bool,
    /// The questions that the competition asks or has asked, archived ones last.
    pub questions: Vec<QuestionView>,
    messages: mpsc::Receiver<ExportMessage>,
}

/// What the reading task sends to the export.
#[derive(Debug)]
enum ExportMessage {
    Page(Vec<RegistrationView>),
    Failed(InfrastructureError),
    /// The list is complete. Without this message, the task ended early.
    End,
}

impl Export {
    /// Returns the next registrations, or `None` at the end of the list.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the list breaks off before its end.
    pub async fn next(&mut self) -> Option<Result<Vec<RegistrationView>, InfrastructureError>> {
        match self.messages.recv().await {
            Some(ExportMessage::Page(rows)) => Some(Ok(rows)),
            Some(ExportMessage::Failed(error)) => Some(Err(error)),
            Some(ExportMessage::End) => None,
            None => Some(Err(InfrastructureError::internal(
                "the export took too long",
            ))),
        }
    }
}

impl Registrations {
    /// Exports a competition's registrations as they are at this moment, for its organizer: seated ones,
    /// then the waitlist in its order, then cancelled ones.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if
    /// `actor` does not run it, and [`DomainError::Overloaded`] while too many exports are read.
    pub async fn export(
        &self,
        actor: Actor,
        id: CompetitionId,
        filter: RegistrationFilter,
    ) -> Result<Export> {
        let (competition, _) = self.permitted(actor, id, Permission::ExportPeople).await?;
        let condition = self.export_condition(id, &filter).await?;
        let busy = DomainError::Overloaded { retry_after: 5 };
        let permit = timeout(QUEUE_TIMEOUT, Arc::clone(&self.exports).acquire_owned())
            .await
            .map_err(|_elapsed| busy.clone())?
            .map_err(|_closed| busy)?;
        let snapshot = self.database.begin_snapshot(TIME_LIMITS).await?;
        if self.database.backend() == DatabaseBackend::Postgres {
            snapshot.execute_unprepared(FORCE_INDEX).await?;
        }
        let names = match competition.has_divisions {
            true => names_of(&snapshot, id).await?,
            false => DivisionNames::new(),
        };
        let mut any_check_in = check_ins::of_competition(id);
        any_check_in.limit(1);
        let has_check_ins = snapshot.query_one(&any_check_in).await?.is_some();
        let has_numbers = start_numbers::any(&snapshot, id).await?;
        let questions = match competition.questions_revision {
            0 => Vec::new(),
            _ => answered_questions(&snapshot, id).await?,
        };
        let mut reader = ExportReader {
            snapshot,
            names,
            waiting: HashMap::new(),
            competition: id,
            filter,
            condition,
            position: Some(Position::start(Section::Seated)),
            _permit: permit,
        };
        // An export that fails at its first page is an error response and not a truncated list.
        let first = reader.read_page().await?;
        // Without an entry in the audit log there is no export.
        let event = AuditEvent::by(actor, AuditAction::Export, AuditOutcome::Done);
        self.audit.note(event.on(Some(id))).await?;
        let (sender, messages) = mpsc::channel(PAGES_AHEAD);
        tokio::spawn(async move {
            if timeout(EXPORT_TIMEOUT, reader.run(first, &sender))
                .await
                .is_err()
            {
                tracing::info!(competition.id = %id, "Stopped an export of competition {id}, which took too long");
            }
        });
        Ok(Export {
            title: competition.title,
            time_zone: competition.time_zone,
            has_divisions: competition.has_divisions,
            has_check_ins,
            has_numbers,
            questions,
            messages,
        })
    }
}

impl Registrations {
    /// Returns what the roster entry of a registration must meet. The roster is completed first, since the snapshot
    /// does not see what is written later.
    async fn export_condition(
        &self,
        id: CompetitionId,
        filter: &RegistrationFilter,
    ) -> Result<Option<SimpleExpr>> {
        let checked_in = filter.checked_in.map(checked_in_condition);
        if filter.search.is_none() && filter.language.is_none() {
            return Ok(checked_in);
        }
        complete_roster(&self.database, id).await?;
        // Whoever exports sees the addresses.
        let searched = SearchedText::NamesAndAddresses;
        let search = filter.search.as_deref();
        let terms = organizer_list::terms(&self.database, id, search, searched).await?;
        let words = roster::words_condition(self.database.backend(), ENTRY, &terms);
        let language = filter
            .language
            .map(|language| Expr::col((ENTRY, "language")).eq(language.tag()));
        let all = words.into_iter().chain(language).chain(checked_in);
        Ok(all.reduce(ExprTrait::and))
    }
}

/// Returns the condition that a registration of a page holds a seat, and is checked in or is not.
fn checked_in_condition(wanted: bool) -> SimpleExpr {
    let column = |name: &'static str| (Alias::new("page"), Alias::new(name));
    let found = check_ins::is_checked_in(column("id"));
    let seated = Section::Seated.statuses().iter().copied();
    let seated = Expr::col(column("status")).is_in(seated);
    seated.and(if wanted { found } else { found.not() })
}

/// Returns the names of all divisions that a competition has or had.
async fn names_of(
    snapshot: &Transaction,
    competition: CompetitionId,
) -> Result<DivisionNames, InfrastructureError> {
    use division::Column;
    let names: Vec<(DivisionId, String)> = division::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(Column::CompetitionId.eq(competition))
        .into_tuple()
        .all(snapshot)
        .await?;
    Ok(names.into_iter().collect())
}

/// The alias of the roster entry.
const ENTRY: &str = "e";

/// The sections of the list, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Seated,
    Waitlist,
    Cancelled,
}

impl Section {
    fn statuses(self) -> &'static [RegistrationStatus] {
        match self {
            Self::Seated => &[RegistrationStatus::Pending, RegistrationStatus::Confirmed],
            Self::Waitlist => &[RegistrationStatus::Waitlisted],
            Self::Cancelled => &[RegistrationStatus::Cancelled],
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Seated => Some(Self::Waitlist),
            Self::Waitlist => Some(Self::Cancelled),
            Self::Cancelled => None,
        }
    }
}

/// How far the list was read.
#[derive(Debug, Clone, Copy)]
struct Position {
    section: Section,
    /// The key of the last registration that was read in the section.
    last: Option<(DateTime<Utc>, RegistrationId, Option<i64>)>,
}

impl Position {
    fn start(section: Section) -> Self {
        Self {
            section,
            last: None,
        }
    }
}

/// The task that reads the list.
struct ExportReader {
    snapshot: Transaction,
    competition: CompetitionId,
    filter: RegistrationFilter,
    /// What the roster entry of a registration must meet, if the list is searched.
    condition: Option<SimpleExpr>,
    /// The names of the divisions, also of those that were removed.
    names: DivisionNames,
    /// The number of registrations on the waitlist that were read, by division.
    waiting: HashMap<Option<DivisionId>, u32>,
    /// `None` after the last section.
    position: Option<Position>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug, FromQueryResult)]
struct ExportRow {
    id: RegistrationId,
    user_id: UserId,
    status: RegistrationStatus,
    registered_at: DateTime<Utc>,
    waitlist_seq: Option<i64>,
    division_id: Option<DivisionId>,
    user_name: String,
    user_email: String,
    checked_in_at: Option<DateTime<Utc>>,
    start_number: Option<i32>,
    matches: bool,
    answers: Option<serde_json::Value>,
}

impl ExportReader {
    /// Reads to the end of the list and sends it page by page.
    async fn run(mut self, first: Vec<RegistrationView>, sender: &mpsc::Sender<ExportMessage>) {
        let mut message = ExportMessage::Page(first);
        loop {
            let last = !matches!(message, ExportMessage::Page(_));
            match timeout(PAGE_TIMEOUT, sender.send(message)).await {
                Ok(Ok(())) if last => break,
                Ok(Ok(())) => {}
                // The export was dropped.
                Ok(Err(_)) => break,
                Err(_elapsed) => {
                    let id = self.competition;
                    tracing::info!(competition.id = %id, "Stopped an export of competition {id}, whose client reads too slowly");
                    break;
                }
            }
            message = match self.position {
                None => ExportMessage::End,
                Some(_) => {
                    let page = self.read_page().await;
                    page.map_or_else(ExportMessage::Failed, ExportMessage::Page)
                }
            };
        }
        if let Err(error) = self.snapshot.rollback().await {
            tracing::debug!(competition.id = %self.competition, %error, "Could not end the snapshot of an export of competition {}; it ends with its connection", self.competition);
        }
    }

    /// Reads a page, which may be empty before the end of the list.
    async fn read_page(&mut self) -> Result<Vec<RegistrationView>, InfrastructureError> {
        let Some(mut position) = self.position else {
            return Ok(Vec::new());
        };
        let backend = self.snapshot.get_database_backend();
        let statement = backend.build(&self.page_query(position));
        let rows = ExportRow::find_by_statement(statement)
            .all(&self.snapshot)
            .await?;
        let full = rows.len() as u64 == PAGE_SIZE;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let waitlist_position = (position.section == Section::Waitlist).then(|| {
                let waiting = self.waiting.entry(row.division_id).or_default();
                *waiting += 1;
                *waiting
            });
            position.last = Some((row.registered_at, row.id, row.waitlist_seq));
            if !row.matches {
                continue;
            }
            views.push(RegistrationView {
                registration_id: row.id,
                user_id: row.user_id,
                competition_id: self.competition,
                status: row.status,
                registered_at: row.registered_at,
                division_id: row.division_id,
                division_name: row.division_id.and_then(|id| self.names.get(&id).cloned()),
                waitlist_position,
                start_number: row.start_number.and_then(|it| u32::try_from(it).ok()),
                checked_in_at: row.checked_in_at,
                answers: row.answers.and_then(answers_of),
                ticket_code: None,
                competition_title: None,
                user_name: Some(row.user_name),
                user_email: Some(row.user_email),
            });
        }
        self.position = if full {
            Some(position)
        } else {
            position.section.next().map(Position::start)
        };
        Ok(views)
    }

    /// Returns the query of the next page of a section, by key. A registration that the filter excludes is
    /// read all the same: it counts in waitlist positions, and may be the key of the next page.
    fn page_query(&self, position: Position) -> SelectStatement {
        use registration::Column;
        let page = Alias::new("page");
        let statuses = position.section.statuses().iter();
        let is_included =
            |status: &&RegistrationStatus| self.filter.status.is_none_or(|s| s == **status);
        let mut keys = Query::select();
        keys.columns([
            Column::Id,
            Column::UserId,
            Column::Status,
            Column::RegisteredAt,
            Column::WaitlistSeq,
            Column::DivisionId,
            Column::Answers,
        ])
        .from(registration::Entity)
        .and_where(Column::CompetitionId.into_expr().eq(self.competition))
        .and_where(
            Column::Status
                .into_expr()
                .is_in(statuses.filter(is_included).copied()),
        )
        .limit(PAGE_SIZE);
        if position.section == Section::Waitlist {
            keys.order_by(Column::WaitlistSeq, Order::Asc);
            if let Some((.., seq)) = position.last {
                keys.and_where(Column::WaitlistSeq.into_expr().gt(seq));
            }
        } else {
            keys.order_by(Column::RegisteredAt, Order::Asc)
                .order_by(Column::Id, Order::Asc);
            if let Some((registered_at, id, _)) = position.last {
                let key = [Expr::col(Column::RegisteredAt), Expr::col(Column::Id)];
                let last = [Expr::val(registered_at), Expr::val(id)];
                keys.and_where(Expr::tuple(key).gt(Expr::tuple(last)));
            }
        }
        let matches = match &self.condition {
            Some(condition) => Func::coalesce([condition.clone(), Expr::val(false)]).into(),
            None => Expr::val(true),
        };
        let check_in = |column: &'static str| Expr::col(("c", column));
        let user = |column: user::Column| Expr::col((user::Entity, column));
        let mut rows = Query::select();
        for column in [
            "id",
            "user_id",
            "status",
            "registered_at",
            "waitlist_seq",
            "division_id",
            "answers",
        ] {
            rows.column((page.clone(), Alias::new(column)));
        }
        rows.expr_as(user(user::Column::Name), "user_name")
            .expr_as(user(user::Column::Email), "user_email")
            .expr_as(check_in("at"), "checked_in_at")
            .expr_as(Expr::col(("n", "number")), "start_number")
            .expr_as(matches, "matches")
            .from_subquery(keys, page.clone())
            .join(
                JoinType::InnerJoin,
                user::Entity,
                user(user::Column::Id).eq(Expr::col((page.clone(), Alias::new("user_id")))),
            );
        let same = check_in("registration_id").equals((page.clone(), Alias::new("id")));
        let counts = check_in("undone_at").is_null();
        rows.join_as(JoinType::LeftJoin, "check_ins", "c", same.and(counts));
        let numbered = Expr::col(("n", "registration_id"));
        let same = numbered.equals((page.clone(), Alias::new("id")));
        rows.join_as(JoinType::LeftJoin, "start_numbers", "n", same);
        if self.condition.is_some() {
            let entry = Expr::col((ENTRY, "registration_id"));
            let same = entry.equals((page.clone(), Alias::new("id")));
            rows.join_as(JoinType::LeftJoin, "roster_entries", ENTRY, same);
        }
        let by = |column: &'static str| (page.clone(), Alias::new(column));
        if position.section == Section::Waitlist {
            rows.order_by(by("waitlist_seq"), Order::Asc);
        } else {
            rows.order_by(by("registered_at"), Order::Asc)
                .order_by(by("id"), Order::Asc);
        }
        rows
    }
}
