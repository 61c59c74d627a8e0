//! Drafts that are published by themselves, at the time that their organizers chose.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, CompetitionView, DomainError, Role, UserView,
        forms::{AuditFilter, CompetitionInput, CompetitionPatch, Paging},
    },
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    harness::{App, Backend, Clients, Storage, set_role, spawn_app_with},
    on_both_backends,
};

on_both_backends!(
    a_draft_is_published_at_its_time_and_not_before,
    more_drafts_than_a_page_are_published_in_one_run,
    a_time_that_is_taken_back_publishes_nothing,
    publishing_by_hand_ends_the_wait,
    only_a_draft_waits_and_only_until_its_registration_closes,
    the_draft_of_an_organizer_who_lost_the_role_stays_a_draft,
    the_form_asks_for_the_time_and_the_overview_shows_it,
    a_copy_of_a_waiting_draft_waits_for_nothing,
);

async fn waiting(app: &App, organizer: &UserView, minutes: i64) -> CompetitionView {
    let input = CompetitionInput {
        status: CompetitionStatus::Draft,
        publish_at: Some(app.clock.now() + TimeDelta::minutes(minutes)),
        time_zone: "Europe/Copenhagen".to_owned(),
        ..app.competition_input(5, false)
    };
    let competitions = &app.services.competitions;
    let created = competitions.create(Actor::from(organizer), input).await;
    created.unwrap()
}

async fn status(app: &App, competition: &CompetitionView) -> CompetitionStatus {
    let now = app.services.competitions.get_owned(
        Actor::new(competition.organizer_id, Role::Admin),
        competition.id,
    );
    let now = now.await.unwrap();
    assert!(now.publish_at.is_none() || now.status == CompetitionStatus::Draft);
    now.status
}

/// Lets the clock pass, and runs the scheduled tasks once a minute.
async fn pass(app: &App, minutes: usize) {
    for _ in 0..minutes {
        app.clock.advance(TimeDelta::minutes(1));
        app.run_scheduled_tasks().await;
    }
}

async fn a_draft_is_published_at_its_time_and_not_before(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 10).await;
    pass(&app, 9).await;
    assert_eq!(status(&app, &draft).await, CompetitionStatus::Draft);
    let public = app.services.catalog.competition(draft.id, None).await;
    assert!(public.is_err(), "nobody else sees it");
    pass(&app, 2).await;
    let public = app.services.catalog.competition(draft.id, None).await;
    let public = public.unwrap();
    assert_eq!(public.status, CompetitionStatus::Published);
    assert_eq!(public.publish_at, None);
    let participant = app.participants(1).await[0];
    app.register_all(&[participant], draft.id).await;
    assert_eq!(app.assert_seat_invariant().await, 1);
    let admin = Actor::from(&app.account("Ada", Role::Admin).await);
    let (id, paging) = (draft.id, Paging::new(None, None, 10));
    let audit = app
        .services
        .audit
        .of_competition(admin, id, AuditFilter::default(), paging)
        .await;
    let actions: Vec<_> = audit
        .unwrap()
        .items
        .iter()
        .map(|e| e.action.to_string())
        .collect();
    assert_eq!(actions, ["COMPETITION_PUBLISH", "COMPETITION_CREATE"]);
}

async fn more_drafts_than_a_page_are_published_in_one_run(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let mut drafts = Vec::new();
    for _ in 0..103 {
        drafts.push(waiting(&app, &organizer, 1).await);
    }
    pass(&app, 2).await;
    for draft in &drafts {
        assert_eq!(status(&app, draft).await, CompetitionStatus::Published);
    }
}

async fn a_time_that_is_taken_back_publishes_nothing(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 5).await;
    let clients = Clients::log_in(&app, &organizer).await;
    let path = format!("/api/v1/competitions/{}", draft.id);
    let seen = clients.api.get(&path).await.json();
    assert!(seen["publishAt"].is_string(), "{seen}");
    let none = json!({ "publishAt": null });
    let request = clients.api.request(Method::PATCH, &path).json(&none);
    let changed = clients.api.send(request).await.json();
    assert!(changed.get("publishAt").is_none(), "{changed}");
    pass(&app, 7).await;
    assert_eq!(status(&app, &draft).await, CompetitionStatus::Draft);
}

async fn publishing_by_hand_ends_the_wait(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 5).await;
    let publish = CompetitionPatch::status(CompetitionStatus::Published);
    let competitions = &app.services.competitions;
    let actor = Actor::from(&organizer);
    let published = competitions.edit(actor, draft.id, publish, None).await;
    let published = published.unwrap();
    assert_eq!(published.publish_at, None);
    pass(&app, 7).await;
    let later = competitions.get_owned(actor, draft.id).await.unwrap();
    assert_eq!(later.version, published.version, "nothing was written");
}

async fn only_a_draft_waits_and_only_until_its_registration_closes(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 5).await;
    let competitions = &app.services.competitions;
    let actor = Actor::from(&organizer);
    let now = app.clock.now();
    let at = |minutes: i64| Some(Some(now + TimeDelta::minutes(minutes)));
    let none = CompetitionPatch::default();
    let refused = [
        CompetitionPatch {
            publish_at: at(-1),
            ..none.clone()
        },
        CompetitionPatch {
            publish_at: at(0),
            ..none.clone()
        },
        CompetitionPatch {
            publish_at: at(60 * 24 * 7),
            ..none.clone()
        },
        CompetitionPatch {
            publish_at: at(10),
            status: Some(CompetitionStatus::Published),
            ..none.clone()
        },
    ];
    for patch in refused {
        let error = competitions
            .edit(actor, draft.id, patch.clone(), None)
            .await;
        let Err(mini_compete::domain::Error::Domain(DomainError::Invalid(errors))) = error else {
            panic!("{patch:?}: {error:?}");
        };
        assert!(errors.of("publishAt").is_some(), "{patch:?}: {errors:?}");
    }
    // A time that came while somebody edits something else is no error.
    app.clock.advance(TimeDelta::minutes(6));
    let same = CompetitionPatch {
        title: Some("Another title".to_owned()),
        publish_at: Some(draft.publish_at),
        ..none
    };
    competitions
        .edit(actor, draft.id, same, None)
        .await
        .unwrap();
    app.run_scheduled_tasks().await;
    assert_eq!(status(&app, &draft).await, CompetitionStatus::Published);
}

async fn the_draft_of_an_organizer_who_lost_the_role_stays_a_draft(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 5).await;
    set_role(&app, &organizer, Role::Participant).await;
    pass(&app, 7).await;
    assert_eq!(status(&app, &draft).await, CompetitionStatus::Draft);
    // It does not come out by surprise when the role is given back.
    set_role(&app, &organizer, Role::Organizer).await;
    pass(&app, 2).await;
    assert_eq!(status(&app, &draft).await, CompetitionStatus::Draft);
}

async fn the_form_asks_for_the_time_and_the_overview_shows_it(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 5).await;
    let browser = Clients::log_in(&app, &organizer).await.browser;
    let overview = browser.browse(&format!("/organize/{}", draft.id)).await;
    assert!(overview.find(".facts").unwrap().contains("Publication"));
    let edit = browser
        .browse(&format!("/organize/{}/edit", draft.id))
        .await;
    let form = edit.form("[data-testid=competition-form]");
    let saved = browser
        .submit(&form.clone().fill("status", "PUBLISHED"))
        .await;
    assert!(
        saved.text.contains("Only a draft can be published later."),
        "{}",
        saved.text
    );
    let saved = browser
        .submit(
            &form
                .clone()
                .fill("status", "PUBLISHED")
                .fill("publishAt", ""),
        )
        .await;
    assert_eq!(saved.status, StatusCode::OK);
    assert_eq!(status(&app, &draft).await, CompetitionStatus::Published);
    let edit = browser
        .browse(&format!("/organize/{}/edit", draft.id))
        .await;
    assert!(edit.find("input[name=publishAt]").is_none());
}

async fn a_copy_of_a_waiting_draft_waits_for_nothing(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = waiting(&app, &organizer, 5).await;
    let competitions = &app.services.competitions;
    let copy = competitions
        .duplicate(Actor::from(&organizer), draft.id)
        .await;
    assert_eq!(copy.unwrap().publish_at, None);
}

/// Two processes on one PostgreSQL and one Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_publish_a_draft_once() {
    let storage = Storage::create(Backend::Postgres).await;
    let first = spawn_app_with(storage.share(), &[]).await;
    let second = spawn_app_with(storage, &[]).await;
    let organizer = first.account("Olga", Role::Organizer).await;
    let draft = waiting(&first, &organizer, 1).await;
    for app in [&first, &second] {
        app.clock.advance(TimeDelta::minutes(2));
    }
    tokio::join!(first.run_scheduled_tasks(), second.run_scheduled_tasks());
    let published = first.services.competitions.get(draft.id, None).await;
    assert_eq!(published.unwrap().version, draft.version + 1);
}
