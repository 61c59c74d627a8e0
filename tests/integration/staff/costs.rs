//! What the lists of somebody who works on few of very many competitions cost: they read no rows of others.

use chrono::TimeDelta;
use mini_compete::domain::Actor;
use mini_compete::{
    model::{
        CompetitionId, CompetitionStatus, Role, StaffId, StaffRole,
        forms::{CompetitionFilter, Paging},
    },
    store::{
        bulk::{self, Cells},
        entity::staff,
    },
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use crate::{
    harness::{App, add_staff},
    on_both_backends,
};

on_both_backends!(what_somebody_works_on_is_found_among_very_many_competitions_by_an_index,);

/// The index by account and role.
const BY_ROLE: &str = "ix_staff_user_id_role_competition_id";

/// Returns how the database executes a query in a transaction, in which PostgreSQL does not read whole tables.
async fn plan(app: &App, query: Select<staff::Entity>) -> String {
    let backend = app.database().backend();
    let (explain, column) = match backend {
        DatabaseBackend::Postgres => ("EXPLAIN", 0),
        _ => ("EXPLAIN QUERY PLAN", 3),
    };
    let mut statement = query.build(backend);
    statement.sql = format!("{explain} {}", statement.sql);
    let transaction = app.database().begin().await.unwrap();
    let rows = transaction.query_all_raw(statement).await;
    transaction.rollback().await.unwrap();
    let rows = rows.unwrap().into_iter();
    let lines: Vec<String> = rows
        .map(|row| row.try_get_by_index(column).unwrap())
        .collect();
    lines.join("\n")
}

/// Inserts competitions of one owner, and an invitation to each.
async fn many(app: &App, rows: usize) -> Actor {
    let olga = app.account("Olga", Role::Organizer).await;
    let now = app.clock.now();
    let ids: Vec<_> = (0..rows).map(|_| CompetitionId::new().0).collect();
    let time = |days| Cells::Moment(vec![now + TimeDelta::days(days); rows]);
    let text = |text: &str| Cells::Text(vec![text.to_owned(); rows]);
    let columns = vec![
        ("id", Cells::Uuid(ids.clone())),
        ("organizer_id", Cells::Uuid(vec![olga.id.0; rows])),
        ("title", text("Cup")),
        ("description", text("")),
        ("location", text("Hall")),
        ("tags", Cells::Json(vec![serde_json::json!([]); rows])),
        ("capacity", Cells::Int(vec![100; rows])),
        ("seats_left", Cells::Int(vec![100; rows])),
        ("status", text(CompetitionStatus::Published.as_str())),
        ("reg_deadline", time(1)),
        ("starts_at", time(2)),
        ("created_at", time(0)),
        ("updated_at", time(0)),
    ];
    let database = app.database().write();
    bulk::insert(database, "competitions", columns, "")
        .await
        .unwrap();
    let addresses = (0..rows).map(|row| format!("p{row}@example.org"));
    let columns = vec![
        (
            "id",
            Cells::Uuid((0..rows).map(|_| StaffId::new().0).collect()),
        ),
        ("competition_id", Cells::Uuid(ids)),
        ("invited_email", Cells::Text(addresses.collect())),
        ("role", text(StaffRole::Viewer.as_str())),
        ("created_at", time(0)),
        ("expires_at", time(14)),
    ];
    bulk::insert(database, "staff", columns, "").await.unwrap();
    if app.database().backend() == DatabaseBackend::Postgres {
        database.execute_unprepared("VACUUM ANALYZE").await.unwrap();
    }
    Actor::from(&olga)
}

async fn what_somebody_works_on_is_found_among_very_many_competitions_by_an_index(app: App) {
    use staff::Column;
    let owner = many(&app, 20_000).await;
    let other = app.competition(3, false).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    add_staff(&app, other.id, hilda.id, StaffRole::Viewer).await;
    // The owner of very many competitions works on none of somebody else, which is known at once.
    for account in [owner.id, hilda.id] {
        let works = staff::Entity::find()
            .filter(Column::UserId.eq(account))
            .filter(staff::Entity::is_member())
            .limit(1);
        let plan = plan(&app, works).await;
        assert!(plan.contains(BY_ROLE), "{plan}");
    }
    let invitations = staff::Entity::find()
        .filter(Column::UserId.is_null())
        .filter(Column::ExpiresAt.gt(app.clock.now()))
        .filter(Column::InvitedEmail.eq("p77@example.org"))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(50);
    let plan = plan(&app, invitations).await;
    assert!(plan.contains("ix_staff_invited_email"), "{plan}");
    // The list of competitions begins at the roles.
    let competitions = &app.services.competitions;
    let paging = Paging::new(None, Some(20), 20);
    let hilda = Actor::from(&hilda);
    let filter = CompetitionFilter::default();
    let plans = competitions.explain(Some(hilda), &filter, paging).await;
    let plans = plans.unwrap().join("\n");
    // PostgreSQL may find it cheaper to read tables of this size, so only the plans of SQLite say which indexes there are.
    if app.database().backend() != DatabaseBackend::Postgres {
        assert!(plans.contains(BY_ROLE), "{plans}");
        let reads_all = plans.lines().any(|line| line.contains("SCAN l"));
        assert!(!reads_all, "{plans}");
    }
    let mine = competitions.mine(hilda, &filter, paging).await.unwrap();
    assert_eq!((mine.total, mine.items[0].id), (1, other.id));
}
