//! Registrations as organizers read them: page by page, and as an export.

use std::collections::HashSet;

use mini_compete::{
    domain::{Actor, registration::Export},
    model::{
        CompetitionId, CompetitionView, RegistrationId, RegistrationStatus, RegistrationView, Role,
        forms::{Paging, RegistrationFilter},
    },
    store::{
        bulk::{self, Cells},
        entity::{competition, registration},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::harness::App;

mod export;
mod measuring;
mod paging;
mod searching;
mod spreadsheets;

/// How many registrations of a competition hold a seat, are on the waitlist, and are cancelled.
#[derive(Debug, Clone, Copy)]
struct StatusCounts {
    seated: usize,
    waitlisted: usize,
    cancelled: usize,
}

impl StatusCounts {
    fn total(self) -> usize {
        self.seated + self.waitlisted + self.cancelled
    }
}

/// Inserts a full competition with registrations. Their statuses alternate, so that the registrations of one
/// status are not consecutive rows.
async fn insert_full_competition(app: &App, counts: StatusCounts) -> (CompetitionView, Vec<Actor>) {
    let competition = app
        .competition(i64::try_from(counts.seated).unwrap(), true)
        .await;
    let participants = app.participants(counts.total()).await;
    let mut remaining = [counts.seated, counts.waitlisted, counts.cancelled];
    let (mut statuses, mut seqs, mut seq) = (Vec::new(), Vec::new(), 0);
    while statuses.len() < participants.len() {
        for (kind, remaining) in remaining.iter_mut().enumerate() {
            if *remaining == 0 {
                continue;
            }
            *remaining -= 1;
            let (status, waitlist_seq) = match kind {
                0 if *remaining % 2 == 0 => (RegistrationStatus::Confirmed, None),
                0 => (RegistrationStatus::Pending, None),
                1 => {
                    seq += 1;
                    (RegistrationStatus::Waitlisted, Some(seq))
                }
                _ => (RegistrationStatus::Cancelled, None),
            };
            statuses.push(status.to_string());
            seqs.push(waitlist_seq);
        }
    }
    let now = app.clock.now();
    let columns = vec![
        (
            "id",
            Cells::Uuid(
                participants
                    .iter()
                    .map(|_| RegistrationId::new().0)
                    .collect(),
            ),
        ),
        (
            "user_id",
            Cells::Uuid(participants.iter().map(|p| p.id.0).collect()),
        ),
        (
            "competition_id",
            Cells::Uuid(vec![competition.id.0; participants.len()]),
        ),
        ("status", Cells::Text(statuses)),
        ("waitlist_seq", Cells::MaybeBigInt(seqs)),
        (
            "registered_at",
            Cells::Moment(vec![now; participants.len()]),
        ),
    ];
    let connection = app.database.write();
    bulk::insert(connection, "registrations", columns, "")
        .await
        .unwrap();
    competition::Entity::update_many()
        .col_expr(competition::Column::SeatsLeft, Expr::value(0))
        .col_expr(
            competition::Column::Waitlisted,
            Expr::value(i32::try_from(counts.waitlisted).unwrap()),
        )
        .col_expr(competition::Column::WaitlistSeq, Expr::value(seq))
        .filter(competition::Column::Id.eq(competition.id))
        .exec(connection)
        .await
        .unwrap();
    (competition, participants)
}

/// Returns the organizer of a competition.
fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    }
}

/// Starts an export as the organizer.
async fn start_export(
    app: &App,
    competition: &CompetitionView,
    filter: RegistrationFilter,
) -> Export {
    let registrations = &app.services.registrations;
    let list = registrations.export(organizer(competition), competition.id, filter);
    list.await.unwrap()
}

/// Reads an export to its end.
async fn read_remaining(list: &mut Export) -> Vec<RegistrationView> {
    let mut rows = Vec::new();
    while let Some(page) = list.next().await {
        rows.extend(page.unwrap());
    }
    rows
}

/// Asserts that the rows contain every registration once, and the waitlist positions from 1 in order.
fn assert_complete(rows: &[RegistrationView], counts: StatusCounts) {
    assert_eq!(rows.len(), counts.total());
    let distinct: HashSet<_> = rows.iter().map(|row| row.registration_id).collect();
    assert_eq!(distinct.len(), rows.len(), "a registration is repeated");
    let positions: Vec<_> = rows
        .iter()
        .filter_map(|row| row.waitlist_position)
        .collect();
    let expected: Vec<_> = (1..=u32::try_from(counts.waitlisted).unwrap()).collect();
    assert_eq!(positions, expected);
    let seated = rows.iter().filter(|row| row.status.holds_seat()).count();
    assert_eq!(seated, counts.seated);
}

/// Reads the rows of the registrations for a competition.
async fn registration_rows(app: &App, competition: CompetitionId) -> Vec<registration::Model> {
    registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .all(app.database.read())
        .await
        .unwrap()
}

/// Cancels every 97th live registration, and registers 20 new participants.
async fn change_registrations(app: &App, competition: CompetitionId) {
    let rows = registration_rows(app, competition).await;
    for row in rows.iter().filter(|row| row.status.is_live()).step_by(97) {
        let actor = Actor {
            email_confirmed: true,
            ..Actor::new(row.user_id, Role::Participant)
        };
        app.services
            .registrations
            .cancel(actor, row.id)
            .await
            .unwrap();
    }
    let participants = app.participants(20).await;
    app.register_all(&participants, competition).await;
}

/// Reads a page of 100 registrations as the organizer.
async fn read_page(
    app: &App,
    competition: &CompetitionView,
    number: u64,
    filter: &RegistrationFilter,
) -> Vec<RegistrationView> {
    let paging = Paging::new(Some(number), Some(100), 100);
    let registrations = &app.services.registrations;
    let page = registrations.of_competition(organizer(competition), competition.id, filter, paging);
    page.await.unwrap().items
}
