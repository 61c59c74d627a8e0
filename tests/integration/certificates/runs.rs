//! Runs: certificates for many, at once, and through a crash.

use futures::future::join_all;
use mini_compete::{
    model::forms::CertificateForm,
    store::entity::{certificate, certificate_run, outbox_job},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::Setup;
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_run_goes_through_several_pages_and_says_how_far_it_is,
    presses_at_once_begin_one_run,
    jobs_that_are_delivered_twice_or_lost_issue_nothing_twice,
);

fn form() -> CertificateForm {
    CertificateForm {
        audience: "SEATED".to_owned(),
        remark: String::new(),
    }
}

async fn count(app: &App) -> u64 {
    let all = certificate::Entity::find();
    all.count(app.database().read()).await.unwrap()
}

/// Creates a competition that has begun, with this many participants.
async fn with_many(app: &App, number: usize) -> Setup<'_> {
    let mut setup = Setup::new(app, &[]).await;
    let capacity = i64::try_from(number).unwrap();
    let competition = app.competition_of(&setup.organizer, capacity, false).await;
    app.insert_confirmed_registrations(competition.id, number)
        .await;
    let until_start = competition.starts_at - app.clock.now();
    app.clock
        .advance(until_start + chrono::TimeDelta::minutes(1));
    setup.competition = competition;
    setup
}

async fn a_run_goes_through_several_pages_and_says_how_far_it_is(app: App) {
    let setup = with_many(&app, 450).await;
    let certificates = &app.services.certificates;
    let id = setup.competition.id;
    let begun = certificates
        .issue(setup.actor(), id, &form())
        .await
        .unwrap();
    assert_eq!((begun.total, begun.done, begun.finished_at), (450, 0, None));
    app.run_ready_jobs().await;
    app.run_jobs_with_retries().await;
    let run = certificates
        .newest_run(setup.actor(), id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((run.total, run.done, run.issued), (450, 450, 450));
    assert!(run.finished_at.is_some());
    assert_eq!(count(&app).await, 450);

    certificates
        .issue(setup.actor(), id, &form())
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let run = certificates
        .newest_run(setup.actor(), id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((run.done, run.issued), (450, 0));
    assert_eq!(count(&app).await, 450);
}

async fn presses_at_once_begin_one_run(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let press = || async {
        let certificates = &app.services.certificates;
        certificates
            .issue(setup.actor(), setup.competition.id, &form())
            .await
    };
    for begun in join_all((0..6).map(|_| press())).await {
        begun.unwrap();
    }
    let runs = certificate_run::Entity::find().count(app.database().read());
    assert_eq!(runs.await.unwrap(), 1);
    app.run_jobs_with_retries().await;
    assert_eq!(count(&app).await, 2);
    assert_eq!(setup.letters().await, 2);
}

async fn jobs_that_are_delivered_twice_or_lost_issue_nothing_twice(app: App) {
    let setup = with_many(&app, 250).await;
    let certificates = &app.services.certificates;
    certificates
        .issue(setup.actor(), setup.competition.id, &form())
        .await
        .unwrap();
    // Two workers at the same time, and queues that lose what they hold.
    let (one, other) = (app.worker(), app.worker());
    futures::future::join(
        app.run_jobs_with_retries_by(&one),
        app.run_jobs_with_retries_by(&other),
    )
    .await;
    app.lose_queues().await;
    app.run_relay().await;
    app.run_jobs_with_retries().await;
    assert_eq!(count(&app).await, 250);
    assert_eq!(setup.letters().await, 250);
    let jobs = outbox_job::Entity::find()
        .filter(outbox_job::Column::Kind.eq("certificates"))
        .count(app.database().read());
    assert_eq!(jobs.await.unwrap(), 0);
}
