//! Everyone in a competition as one list of one moment, however long it is.
//!
//! The list is a snapshot: whoever was registered when it began is in it once, whatever people do while
//! it is read. On PostgreSQL that is a REPEATABLE READ transaction, on SQLite a read transaction (which
//! in WAL mode keeps no writer waiting). It is read in pages by key, so that its cost grows with its
//! length and only a few pages are in memory at a time:
//!
//! | part | order | index |
//! | --- | --- | --- |
//! | who has a seat | as they registered | `(competition_id, registered_at, id, status)` |
//! | who queues | the queue's | `(competition_id, status, waitlist_seq)` |
//! | who cancelled | as they registered | as the first |
//!
//! A connection is held for as long as reading takes, so the number of lists that are read at the same
//! time is bounded, and so is the time that a slow reader may take over a page and over all of them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, FromQueryResult,
    sea_query::{Alias, Expr, ExprTrait, JoinType, Order, Query, SelectStatement},
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};

use super::{queries, service::Registrations};
use crate::{
    domain::{Actor, Result, audit::Event},
    model::{
        AuditAction, AuditOutcome, CompetitionId, DomainError, RegistrationId, RegistrationStatus,
        RegistrationView, UserId, forms::RegistrationFilter,
    },
    store::{
        InfrastructureError,
        database::{TimeLimits, Transaction},
        entity::{registration, user},
    },
};

/// How long somebody waits for others' lists to be read.
const PATIENCE: Duration = Duration::from_secs(3);
/// Registrations that are read at a time.
const PAGE: u64 = 1_000;
/// Pages that are read ahead of the reader.
const AHEAD: usize = 2;
/// How long the reader may take over a page.
const STALL: Duration = Duration::from_secs(15);
/// A page is read at once, while the reader may take some time over it.
const LIMITS: TimeLimits = TimeLimits {
    idle: Duration::from_secs(20),
    ..TimeLimits::ORDINARY
};
/// What PostgreSQL is told first: each page follows an index. With row estimates that are off, a plan
/// that sorts would read the whole list for each page.
const BY_INDEX: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; \
    SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
/// How long reading may take in all. A million registrations are about 150 MB.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A list that is being read. Dropped, the reading ends.
#[derive(Debug)]
pub struct Export {
    /// The title of the competition.
    pub title: String,
    pages: mpsc::Receiver<Step>,
}

#[derive(Debug)]
enum Step {
    Page(Vec<RegistrationView>),
    Failed(InfrastructureError),
    End,
}

impl Export {
    /// The next registrations; `None` at the end of the list.
    ///
    /// # Errors
    /// When the list breaks off: what was read so far is not all of it.
    pub async fn next(&mut self) -> Option<Result<Vec<RegistrationView>, InfrastructureError>> {
        match self.pages.recv().await {
            Some(Step::Page(rows)) => Some(Ok(rows)),
            Some(Step::Failed(fault)) => Some(Err(fault)),
            Some(Step::End) => None,
            None => Some(Err(InfrastructureError::internal(
                "the reader took too long",
            ))),
        }
    }
}

impl Registrations {
    /// Everyone in a competition, for its organizer: who has a seat, then the queue in its order, then
    /// who cancelled, as they are at this moment.
    ///
    /// # Errors
    /// [`DomainError::NotFound`], [`DomainError::Forbidden`] if it is somebody else's, [`DomainError::Overloaded`]
    /// while too many lists are read.
    pub async fn export(
        &self,
        actor: Actor,
        id: CompetitionId,
        filter: RegistrationFilter,
    ) -> Result<Export> {
        let competition = self.run_by(actor, id).await?;
        let busy = DomainError::Overloaded { retry_after: 5 };
        let permit = timeout(PATIENCE, Arc::clone(&self.exports).acquire_owned())
            .await
            .map_err(|_elapsed| busy.clone())?
            .map_err(|_closed| busy)?;
        let snapshot = self.database.begin_snapshot(LIMITS).await?;
        if self.database.backend() == DatabaseBackend::Postgres {
            snapshot.execute_unprepared(BY_INDEX).await?;
        }
        let mut reading = Reading {
            snapshot,
            competition: id,
            filter,
            at: Some(At::start(Part::Seated)),
            _permit: permit,
        };
        // What does not even begin is refused and not cut off.
        let first = reading.page().await?;
        // What can't be written down is not given.
        let event = Event::by(actor, AuditAction::Export, AuditOutcome::Done);
        self.audit.note(event.on(Some(id))).await?;
        let (sender, pages) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            if timeout(LONGEST, reading.send(first, &sender))
                .await
                .is_err()
            {
                tracing::info!(competition.id = %id, "a list was read for too long");
            }
        });
        Ok(Export {
            title: competition.title,
            pages,
        })
    }
}

/// The parts of the list, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Seated,
    Queue,
    Cancelled,
}

impl Part {
    fn statuses(self) -> &'static [RegistrationStatus] {
        match self {
            Self::Seated => &[RegistrationStatus::Pending, RegistrationStatus::Confirmed],
            Self::Queue => &[RegistrationStatus::Waitlisted],
            Self::Cancelled => &[RegistrationStatus::Cancelled],
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Seated => Some(Self::Queue),
            Self::Queue => Some(Self::Cancelled),
            Self::Cancelled => None,
        }
    }
}

/// How far the list is read.
#[derive(Debug, Clone, Copy)]
struct At {
    part: Part,
    /// The last registration of the part so far.
    last: Option<(DateTime<Utc>, RegistrationId, Option<i64>)>,
    /// How many of the part came so far.
    count: u32,
}

impl At {
    fn start(part: Part) -> Self {
        Self {
            part,
            last: None,
            count: 0,
        }
    }
}

struct Reading {
    snapshot: Transaction,
    competition: CompetitionId,
    filter: RegistrationFilter,
    /// `None` after the last part.
    at: Option<At>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: RegistrationId,
    user_id: UserId,
    status: RegistrationStatus,
    registered_at: DateTime<Utc>,
    waitlist_seq: Option<i64>,
    user_name: String,
    user_email: String,
    matches: bool,
}

impl Reading {
    /// Reads to the end. Without [`Step::End`] the reader knows that something is missing.
    async fn send(mut self, first: Vec<RegistrationView>, to: &mpsc::Sender<Step>) {
        let mut step = Step::Page(first);
        loop {
            let last = !matches!(step, Step::Page(_));
            match timeout(STALL, to.send(step)).await {
                Ok(Ok(())) if last => break,
                Ok(Ok(())) => {}
                // Nobody reads any more.
                Ok(Err(_)) => break,
                Err(_elapsed) => {
                    tracing::info!(competition.id = %self.competition, "a list was read too slowly");
                    break;
                }
            }
            step = match self.at {
                None => Step::End,
                Some(_) => self.page().await.map_or_else(Step::Failed, Step::Page),
            };
        }
        if let Err(error) = self.snapshot.rollback().await {
            tracing::debug!(%error, "a snapshot ends with its connection");
        }
    }

    /// Some more registrations. A page may be empty before the end.
    async fn page(&mut self) -> Result<Vec<RegistrationView>, InfrastructureError> {
        let Some(mut at) = self.at else {
            return Ok(Vec::new());
        };
        let backend = self.snapshot.get_database_backend();
        let statement = backend.build(&self.query(at));
        let rows = Row::find_by_statement(statement)
            .all(&self.snapshot)
            .await?;
        let full = rows.len() as u64 == PAGE;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            at.count += 1;
            at.last = Some((row.registered_at, row.id, row.waitlist_seq));
            if !row.matches {
                continue;
            }
            views.push(RegistrationView {
                registration_id: row.id,
                user_id: row.user_id,
                competition_id: self.competition,
                status: row.status,
                registered_at: row.registered_at,
                waitlist_position: (at.part == Part::Queue).then_some(at.count),
                competition_title: None,
                user_name: Some(row.user_name),
                user_email: Some(row.user_email),
            });
        }
        self.at = if full {
            Some(at)
        } else {
            at.part.next().map(At::start)
        };
        Ok(views)
    }

    /// The next page of a part by key. Who is filtered out is read all the same: they are the key of
    /// the page after, and have a place in the queue.
    fn query(&self, at: At) -> SelectStatement {
        use registration::Column;
        let page = Alias::new("page");
        let statuses = at.part.statuses().iter();
        let wanted =
            |status: &&RegistrationStatus| self.filter.status.is_none_or(|s| s == **status);
        let mut keys = Query::select();
        keys.columns([
            Column::Id,
            Column::UserId,
            Column::Status,
            Column::RegisteredAt,
            Column::WaitlistSeq,
        ])
        .from(registration::Entity)
        .and_where(Column::CompetitionId.into_expr().eq(self.competition))
        .and_where(
            Column::Status
                .into_expr()
                .is_in(statuses.filter(wanted).copied()),
        )
        .limit(PAGE);
        if at.part == Part::Queue {
            keys.order_by(Column::WaitlistSeq, Order::Asc);
            if let Some((.., seq)) = at.last {
                keys.and_where(Column::WaitlistSeq.into_expr().gt(seq));
            }
        } else {
            keys.order_by(Column::RegisteredAt, Order::Asc)
                .order_by(Column::Id, Order::Asc);
            if let Some((registered_at, id, _)) = at.last {
                let key = [Expr::col(Column::RegisteredAt), Expr::col(Column::Id)];
                let last = [Expr::val(registered_at), Expr::val(id)];
                keys.and_where(Expr::tuple(key).gt(Expr::tuple(last)));
            }
        }
        let matches =
            queries::about(self.filter.search.as_deref()).unwrap_or_else(|| Expr::val(true));
        let user = |column: user::Column| Expr::col((user::Entity, column));
        let mut rows = Query::select();
        for column in ["id", "user_id", "status", "registered_at", "waitlist_seq"] {
            rows.column((page.clone(), Alias::new(column)));
        }
        rows.expr_as(user(user::Column::Name), "user_name")
            .expr_as(user(user::Column::Email), "user_email")
            .expr_as(matches, "matches")
            .from_subquery(keys, page.clone())
            .join(
                JoinType::InnerJoin,
                user::Entity,
                user(user::Column::Id).eq(Expr::col((page.clone(), Alias::new("user_id")))),
            );
        let by = |column: &'static str| (page.clone(), Alias::new(column));
        if at.part == Part::Queue {
            rows.order_by(by("waitlist_seq"), Order::Asc);
        } else {
            rows.order_by(by("registered_at"), Order::Asc)
                .order_by(by("id"), Order::Asc);
        }
        rows
    }
}
