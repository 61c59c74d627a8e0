//! The timeline of a registration.

use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, TimelineEvent},
};
use sea_orm::ConnectionTrait;

use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_timeline_lists_what_has_happened_so_far,
    a_timeline_shows_error_details_to_administrators_only,
    only_the_participant_and_the_organizer_can_read_a_timeline,
);

/// Returns the events of a timeline, and asserts that they are in order of time.
async fn events(
    app: &App,
    actor: Actor,
    id: mini_compete::model::RegistrationId,
) -> Vec<TimelineEvent> {
    let steps = app
        .services
        .registrations
        .timeline(actor, id)
        .await
        .unwrap();
    assert!(steps.is_sorted_by_key(|step| step.at));
    steps.into_iter().map(|step| step.event).collect()
}

/// Registers a new participant for a new competition.
async fn register(app: &App) -> (Actor, mini_compete::model::RegistrationView) {
    let competition = app.competition(1, false).await;
    let participant = app.participants(1).await[0];
    app.register_all(&[participant], competition.id).await;
    let live = app.services.registrations.live(participant, competition.id);
    (participant, live.await.unwrap().unwrap())
}

async fn a_timeline_lists_what_has_happened_so_far(app: App) {
    let (participant, registration) = register(&app).await;
    let id = registration.registration_id;
    let job = "confirmation".to_owned();
    let first_events = events(&app, participant, id).await;
    assert_eq!(
        first_events,
        [TimelineEvent::SeatTaken, TimelineEvent::Queued { job }]
    );

    app.run_jobs_with_retries().await;
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.services
        .registrations
        .cancel(participant, id)
        .await
        .unwrap();
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.run_jobs_with_retries().await;
    let written = |kind| TimelineEvent::Written { kind };
    assert_eq!(
        events(&app, participant, id).await,
        [
            TimelineEvent::SeatTaken,
            written(MessageKind::Confirmation),
            TimelineEvent::GivenBack,
            written(MessageKind::Cancellation)
        ]
    );
}

async fn a_timeline_shows_error_details_to_administrators_only(app: App) {
    let (participant, registration) = register(&app).await;
    let sql = "UPDATE outbox_jobs SET attempts = 2, last_error = 'expected failure'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    let failed = |error: Option<&str>| TimelineEvent::AttemptFailed {
        job: "confirmation".to_owned(),
        attempts: 2,
        error: error.map(str::to_owned),
    };
    let admin = Actor::from(&app.account("Root", Role::Admin).await);
    assert!(
        events(&app, participant, registration.registration_id)
            .await
            .contains(&failed(None))
    );
    let seen = events(&app, admin, registration.registration_id).await;
    assert!(seen.contains(&failed(Some("expected failure"))), "{seen:?}");

    let sql = "UPDATE outbox_jobs SET payload = '{}'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let seen = events(&app, participant, registration.registration_id).await;
    let given_up = TimelineEvent::GivenUp {
        job: "confirmation".to_owned(),
        error: None,
    };
    assert_eq!(seen, [TimelineEvent::SeatTaken, given_up]);
}

async fn only_the_participant_and_the_organizer_can_read_a_timeline(app: App) {
    let (_, registration) = register(&app).await;
    let competition = registration.competition_id;
    let organizer = app
        .services
        .competitions
        .get(competition, None)
        .await
        .unwrap();
    let organizer = Actor {
        email_confirmed: true,
        ..Actor::new(organizer.organizer_id, Role::Organizer)
    };
    assert_eq!(
        events(&app, organizer, registration.registration_id)
            .await
            .len(),
        2
    );
    let stranger = app.participants(1).await[0];
    let registrations = &app.services.registrations;
    assert!(
        registrations
            .timeline(stranger, registration.registration_id)
            .await
            .is_err()
    );
}
