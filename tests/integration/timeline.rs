//! The timeline of a registration.

use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, TimelineEvent},
};
use sea_orm::ConnectionTrait;

use crate::{both, harness::App};

both!(
    a_timeline_has_what_happened_so_far,
    a_timeline_has_failures_and_their_errors_for_administrators_only,
    a_timeline_is_for_the_participant_and_the_organizer,
);

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

async fn registered(app: &App) -> (Actor, mini_compete::model::RegistrationView) {
    let competition = app.competition(1, false).await;
    let person = app.people(1).await[0];
    app.register_all(&[person], competition.id).await;
    let live = app.services.registrations.live(person, competition.id);
    (person, live.await.unwrap().unwrap())
}

async fn a_timeline_has_what_happened_so_far(app: App) {
    let (person, mine) = registered(&app).await;
    let id = mine.registration_id;
    let job = "confirmation".to_owned();
    let begun = events(&app, person, id).await;
    assert_eq!(
        begun,
        [TimelineEvent::SeatTaken, TimelineEvent::Queued { job }]
    );

    app.finish_off().await;
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.services.registrations.cancel(person, id).await.unwrap();
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.finish_off().await;
    let written = |kind| TimelineEvent::Written { kind };
    assert_eq!(
        events(&app, person, id).await,
        [
            TimelineEvent::SeatTaken,
            written(MessageKind::Confirmation),
            TimelineEvent::GivenBack,
            written(MessageKind::Cancellation)
        ]
    );
}

async fn a_timeline_has_failures_and_their_errors_for_administrators_only(app: App) {
    let (person, mine) = registered(&app).await;
    let sql = "UPDATE outbox_jobs SET attempts = 2, last_error = 'no luck'";
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
        events(&app, person, mine.registration_id)
            .await
            .contains(&failed(None))
    );
    let seen = events(&app, admin, mine.registration_id).await;
    assert!(seen.contains(&failed(Some("no luck"))), "{seen:?}");

    let sql = "UPDATE outbox_jobs SET payload = '{}'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    app.finish_off().await;
    let seen = events(&app, person, mine.registration_id).await;
    let given_up = TimelineEvent::GivenUp {
        job: "confirmation".to_owned(),
        error: None,
    };
    assert_eq!(seen, [TimelineEvent::SeatTaken, given_up]);
}

async fn a_timeline_is_for_the_participant_and_the_organizer(app: App) {
    let (_, mine) = registered(&app).await;
    let competition = mine.competition_id;
    let organizer = app
        .services
        .competitions
        .get(competition, None)
        .await
        .unwrap();
    let organizer = Actor {
        id: organizer.organizer_id,
        role: Role::Organizer,
        address: None,
    };
    assert_eq!(events(&app, organizer, mine.registration_id).await.len(), 2);
    let stranger = app.people(1).await[0];
    let registrations = &app.services.registrations;
    assert!(
        registrations
            .timeline(stranger, mine.registration_id)
            .await
            .is_err()
    );
}
