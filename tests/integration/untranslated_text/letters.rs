//! The letters of every occasion, in Japanese.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, Language, Role,
        forms::{AnnouncementInput, CompetitionInput, CompetitionPatch},
    },
};
use reqwest::Method;
use serde_json::json;

use super::{Reader, problems::read_calendar};
use crate::{
    harness::{App, PASSWORD, SmtpProcess},
    on_both_backends_with,
    smtp_delivery::app_with_smtp_server,
};

on_both_backends_with!(app_with_smtp_server: no_letter_has_a_word_from_outside_of_the_catalogue,);

/// The least number of different subjects: each kind of letter has its own.
const KINDS: usize = 15;

/// Edits a competition, and sends the letters about it.
async fn change(
    app: &App,
    organizer: Actor,
    id: mini_compete::model::CompetitionId,
    patch: CompetitionPatch,
) {
    let competitions = &app.services.competitions;
    competitions.edit(organizer, id, patch, None).await.unwrap();
    app.run_jobs_with_retries().await;
}

async fn no_letter_has_a_word_from_outside_of_the_catalogue(app: App, mut server: SmtpProcess) {
    server.start().await;
    let organizer = Actor::from(&app.account("Ada", Role::Organizer).await);
    let account = app.account("Grace", Role::Participant).await;
    let grace = Actor::from(&account);
    let mut readers = app.participants(2).await;
    readers.insert(0, grace);
    for reader in &readers {
        let preferences = &app.services.preferences;
        let set = preferences.set_language(*reader, Language::Japanese);
        set.await.unwrap();
    }

    let input = CompetitionInput {
        title: "東京スプリント大会".to_owned(),
        description: "説明".to_owned(),
        location: "会場".to_owned(),
        opens_at: Some(app.clock.now() + TimeDelta::minutes(30)),
        ..app.competition_input(2, true)
    };
    let competitions = &app.services.competitions;
    let id = competitions.create(organizer, input).await.unwrap().id;
    let wishes = &app.services.opening_reminders;
    wishes.want(grace, id, true).await.unwrap();
    for _ in 0..32 {
        app.clock.advance(TimeDelta::minutes(1));
        app.run_scheduled_tasks().await;
    }
    app.register_all(&readers, id).await;
    app.run_jobs_with_retries().await;
    let client = app.client().with_token(app.token(grace).await);
    let mine = client.get("/api/v1/me/registrations").await.json();
    let registration = mine["items"][0]["registrationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let competition = competitions.get(id, Some(organizer)).await.unwrap();
    let later = CompetitionPatch {
        starts_at: Some(competition.starts_at + TimeDelta::hours(1)),
        ..CompetitionPatch::default()
    };
    change(&app, organizer, id, later).await;
    let elsewhere = CompetitionPatch {
        location: Some("別の会場".to_owned()),
        ..CompetitionPatch::default()
    };
    change(&app, organizer, id, elsewhere).await;
    let news = AnnouncementInput {
        subject: "駐車場".to_owned(),
        body: "入口".to_owned(),
        ..AnnouncementInput::default()
    };
    let announcements = &app.services.announcements;
    let announced = announcements.announce(organizer, id, None, news);
    announced.await.unwrap();
    client.cancel(&registration).await;
    app.run_jobs_with_retries().await;
    app.clock.advance(TimeDelta::days(7) + TimeDelta::hours(12));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    let cancelled = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    change(&app, organizer, id, cancelled).await;

    let client = app.client().with_token(app.token(grace).await);
    let email = json!({ "email": account.email });
    for (path, body) in [
        ("/api/v1/auth/forgot", email.clone()),
        ("/api/v1/auth/code", email),
        (
            "/api/v1/me/email",
            json!({ "email": "grace.new@example.test", "password": PASSWORD }),
        ),
        (
            "/api/v1/me/password",
            json!({ "currentPassword": PASSWORD, "newPassword": "another long phrase" }),
        ),
    ] {
        let reply = client
            .send(client.request(Method::POST, path).json(&body))
            .await;
        assert!(
            reply.status.is_success(),
            "{path}: {} {}",
            reply.status,
            reply.text
        );
        app.run_jobs_with_retries().await;
    }

    let mut reader = Reader::new(&["ada", "grace", "person"]);
    let mut subjects = std::collections::BTreeSet::new();
    for mail in server.received() {
        let subject = mail.header("subject").unwrap();
        subjects.insert(subject.to_owned());
        reader.read_text("subject", subject);
        reader.read_text(subject, &mail.part("text/plain").text);
        reader.read_html(subject, &mail.part("text/html").text);
        if mail
            .structure
            .iter()
            .any(|part| part.contains("text/calendar"))
        {
            read_calendar(&mut reader, &mail.part("text/calendar").text);
        }
    }
    reader.assert_nothing_found();
    assert!(subjects.len() >= KINDS, "{subjects:?}");
}
