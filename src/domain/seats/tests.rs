//! Watchers, interleaved with changes in a fixed order.

use chrono::{TimeDelta, Utc};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait,
    sea_query::{Expr, ExprTrait},
};
use tokio::time::timeout;

use super::*;
use crate::{
    domain::Error,
    model::{CompetitionStatus, Phase, Role, UserId},
    ops::Clock,
    store::{entity::user, memory},
};

/// Seat updates over a database with one competition of ten seats. Dropping it removes the folder.
struct SeatsFixture {
    seats: SeatUpdates,
    database: Database,
    clock: Clock,
    id: CompetitionId,
    _folder: tempfile::TempDir,
}

impl SeatsFixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seats.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
        let schema = database.for_migrations().await.unwrap();
        Migrator::up(&schema, None).await.unwrap();
        let (id, organizer, now) = (CompetitionId::new(), UserId::new(), Utc::now());
        let clock = Clock::manual(now);
        // In whole milliseconds, as the clock counts.
        let now = clock.now();
        let row = user::ActiveModel {
            id: Set(organizer),
            name: Set("Olga".to_owned()),
            email: Set("olga@example.test".to_owned()),
            password_hash: Set("!".to_owned()),
            role: Set(Role::Organizer),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        row.insert(database.write()).await.unwrap();
        let row = competition::ActiveModel {
            id: Set(id),
            organizer_id: Set(organizer),
            title: Set("Sprint".to_owned()),
            description: Set(String::new()),
            location: Set(String::new()),
            tags: Set(serde_json::json!([])),
            capacity: Set(10),
            seats_left: Set(10),
            waitlist_enabled: Set(false),
            status: Set(CompetitionStatus::Published),
            opens_at: Set(Some(now + TimeDelta::minutes(1))),
            reg_deadline: Set(now + TimeDelta::minutes(2)),
            starts_at: Set(now + TimeDelta::minutes(3)),
            time_zone: Set("UTC".to_owned()),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        row.insert(database.write()).await.unwrap();
        let stop = CancellationToken::new();
        let bus = memory::ports(&clock).bus;
        Self {
            seats: SeatUpdates::new(database.clone(), clock.clone(), bus, stop),
            clock,
            database,
            id,
            _folder: folder,
        }
    }

    /// Takes a seat: writes the row, then publishes it.
    async fn take(&self, version: i64) {
        let left = 10 - i32::try_from(version).unwrap();
        competition::Entity::update_many()
            .col_expr(competition::Column::SeatsLeft, Expr::value(left))
            .col_expr(competition::Column::Version, Expr::value(version))
            .filter(competition::Column::Id.eq(self.id))
            .exec(self.database.write())
            .await
            .unwrap();
        let numbers = self.seats.read(&[self.id]).await.unwrap();
        self.seats.publish(self.id, SeatCounts(numbers[0].1)).await;
    }

    /// Counts a change of the results, as publishing does, and says so as every edit does.
    async fn publish_results(&self, revision: i32) {
        use competition::Column;
        competition::Entity::update_many()
            .col_expr(Column::ResultsRevision, Expr::value(revision))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(self.id))
            .exec(self.database.write())
            .await
            .unwrap();
        let message = self.id.to_string().into_bytes();
        let bus = &self.seats.bus;
        bus.publish(EDITS_TOPIC, message.into()).await.unwrap();
    }

    async fn delete(&self) {
        competition::Entity::delete_by_id(self.id)
            .exec(self.database.write())
            .await
            .unwrap();
    }
}

/// Well below the ten seconds after which everything is read again.
const SOON: Duration = Duration::from_secs(4);

async fn sees(watcher: &mut watch::Receiver<LiveView>, left: u32) {
    let seen = timeout(SOON, watcher.wait_for(|seats| seats.seats_left == left)).await;
    seen.expect("soon").expect("it is there");
}

#[tokio::test]
async fn a_seat_taken_while_a_watcher_arrives_is_not_missed() {
    let fixture = SeatsFixture::new().await;
    let taken = fixture.take(1);
    let mut watcher = fixture.seats.watch_with(fixture.id, taken).await.unwrap();
    sees(&mut watcher, 9).await;
    fixture.take(2).await;
    sees(&mut watcher, 8).await;
}

#[tokio::test]
async fn watchers_learn_of_each_phase_when_it_begins() {
    let fixture = SeatsFixture::new().await;
    let mut watcher = fixture.seats.watch(fixture.id).await.unwrap();
    assert_eq!(watcher.borrow().phase, Phase::OpensSoon);
    for phase in [Phase::Open, Phase::Closed, Phase::Running] {
        fixture.clock.advance(TimeDelta::minutes(1));
        let seen = timeout(SOON, watcher.wait_for(|live| live.phase == phase)).await;
        seen.expect("soon").expect("it is there");
    }
}

#[tokio::test]
async fn watchers_learn_that_standings_are_published_and_seats_taken_later_do_not_hide_it() {
    let fixture = SeatsFixture::new().await;
    let mut watcher = fixture.seats.watch(fixture.id).await.unwrap();
    assert_eq!(watcher.borrow().results_revision, 0);
    fixture.publish_results(3).await;
    fixture.take(5).await;
    let seen = watcher.wait_for(|live| live.results_revision == 3 && live.seats_left == 5);
    timeout(SOON, seen)
        .await
        .expect("soon")
        .expect("it is there");
}

#[tokio::test]
async fn an_update_of_an_earlier_release_changes_the_seats_and_keeps_the_rules() {
    let fixture = SeatsFixture::new().await;
    let mut watcher = fixture.seats.watch(fixture.id).await.unwrap();
    let seats = r#"{"seatsLeft":7,"capacity":10,"waitlisted":0}"#;
    let update = format!(
        r#"{{"competition":"{}","version":9,"seats":{seats}}}"#,
        fixture.id
    );
    let bus = &fixture.seats.bus;
    bus.publish(UPDATES_TOPIC, update.into()).await.unwrap();
    sees(&mut watcher, 7).await;
    assert_eq!(watcher.borrow().phase, Phase::OpensSoon);
}

#[tokio::test]
async fn a_competition_that_is_deleted_while_a_watcher_arrives_is_not_there() {
    let fixture = SeatsFixture::new().await;
    let deleted = async {
        fixture.delete().await;
        fixture.seats.end(fixture.id).await;
    };
    let refused = fixture.seats.watch_with(fixture.id, deleted).await;
    assert!(matches!(refused, Err(Error::Domain(DomainError::NotFound))));
    assert!(fixture.seats.lock().is_empty());
}

#[tokio::test]
async fn watchers_learn_of_a_deletion_at_once() {
    let fixture = SeatsFixture::new().await;
    let mut watcher = fixture.seats.watch(fixture.id).await.unwrap();
    fixture.delete().await;
    fixture.seats.end(fixture.id).await;
    assert!(timeout(SOON, watcher.changed()).await.unwrap().is_err());
}

#[tokio::test]
async fn a_deletion_that_was_not_published_is_noticed_when_the_rows_are_read_again() {
    let fixture = SeatsFixture::new().await;
    let mut watcher = fixture.seats.watch(fixture.id).await.unwrap();
    fixture.delete().await;
    fixture.seats.reread_all().await;
    assert!(watcher.changed().await.is_err());
}
