//! The tile of letters: confirmations as they are written, and the mail of this competition alone.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role},
    store::entity::{failed_job, outbox_job},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};

use crate::{
    harness::{App, FakeSmtpServer, SmtpMode, spawn_mailing_app},
    on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    mail_that_is_refused_is_told_in_its_control_room_alone,
    mail_that_waits_is_counted,
);

/// Returns the failed messages and the waiting mail that a control room shows, once its snapshot is taken anew.
async fn undelivered(app: &App, competition: &CompetitionView) -> (u64, u64) {
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    let rooms = &app.services.control_rooms;
    let room = rooms.snapshot(actor, competition.id).await.unwrap();
    (room.failed, room.waiting_mail)
}

async fn mail_that_is_refused_is_told_in_its_control_room_alone(app: App, server: FakeSmtpServer) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 5, true).await;
    let people = app.participants(2).await;
    app.register_all(&people[..1], competition.id).await;
    app.run_jobs_with_retries().await;
    let refused = server.received()[0].to.clone();
    server.set_mode(SmtpMode::Rejects(refused));
    let other = app.competition(5, true).await;
    app.register_all(&people[..1], other.id).await;
    app.run_jobs_with_retries().await;
    // The failures of others are newer, and more than any bound of what is looked at.
    let failed = failed_job::Entity::find().one(app.database().read()).await;
    let failed = failed.unwrap().unwrap();
    for _ in 0..3 {
        let mut copy = failed.clone().into_active_model();
        copy.id = Set(uuid::Uuid::now_v7());
        copy.failed_at = Set(failed.failed_at + TimeDelta::minutes(1));
        copy.insert(app.database().write()).await.unwrap();
    }
    assert_eq!(undelivered(&app, &competition).await, (0, 0));
    assert_eq!(undelivered(&app, &other).await, (4, 0));

    // One of this competition, older than those of the other.
    let message = mini_compete::store::entity::message::Entity::find()
        .one(app.database().read())
        .await;
    let message = message.unwrap().unwrap();
    assert_eq!(message.competition_id, Some(competition.id));
    let mut own = failed.clone().into_active_model();
    own.id = Set(uuid::Uuid::now_v7());
    own.subject_id = Set(Some(message.id.0));
    own.competition_id = Set(None);
    own.failed_at = Set(failed.failed_at - TimeDelta::minutes(1));
    own.insert(app.database().write()).await.unwrap();
    let browser = app.client();
    browser.log_in(&olga.email).await;
    crate::harness::wait_until("the snapshot is taken again", async || {
        undelivered(&app, &competition).await == (1, 0)
    })
    .await;
    let room = browser
        .get(&format!("/organize/{}/live", competition.id))
        .await;
    let tile = room.find(".tiles [data-tone=bad]").unwrap();
    assert!(
        tile.contains("1 of 1") && tile.contains("1 failed"),
        "{tile}"
    );
}

async fn mail_that_waits_is_counted(app: App, server: FakeSmtpServer) {
    let competition = app.competition(5, true).await;
    server.set_mode(SmtpMode::Busy);
    app.register_all(&app.participants(3).await, competition.id)
        .await;
    app.run_ready_jobs().await;
    app.run_ready_jobs().await;
    // Push messages wait in the same queue, and are no mail.
    let job = outbox_job::Entity::find()
        .filter(outbox_job::Column::Kind.eq("mail"))
        .one(app.database().read())
        .await;
    let mut job = job.unwrap().unwrap().into_active_model();
    job.kind = Set("push".to_owned());
    job.update(app.database().write()).await.unwrap();
    assert_eq!(undelivered(&app, &competition).await, (0, 2));
}
