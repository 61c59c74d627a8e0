//! What accounts choose: which messages are also sent by mail, and the time zone in which times are shown.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        AuditAction, CompetitionView, MailTopic, MessageKind, Role,
        forms::{AnnouncementInput, CompetitionInput},
    },
    store::entity::{audit_event, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, FakeSmtpServer, Reply, spawn_mailing_app},
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    choices_are_changed_over_the_api_and_recorded_without_their_values,
    values_that_are_no_choice_are_refused_with_the_field_name,
    choices_are_changed_on_the_profile_page,
    times_are_shown_in_the_zone_that_was_chosen,
    what_is_the_same_for_everyone_does_not_depend_on_the_zone_of_one_account,
    letters_name_the_time_of_the_venue_and_the_one_that_was_chosen,
    an_export_contains_choices_audit_events_and_opening_reminders,
);

on_both_backends_with!(
    spawn_mailing_app:
    mail_that_was_turned_off_is_not_sent_and_the_mailbox_has_it,
    each_link_turns_off_the_mail_that_it_is_in,
);

async fn account(app: &App, name: &str) -> (Actor, Client) {
    let actor = Actor::from(&app.account(name, Role::Participant).await);
    let client = app.client().with_token(app.token(actor).await);
    (actor, client)
}

async fn patch(client: &Client, body: &Value) -> Reply {
    let request = client.request(Method::PATCH, "/api/v1/me");
    client.send(request.json(body)).await
}

async fn row(app: &App, actor: Actor) -> user::Model {
    let row = user::Entity::find_by_id(actor.id).one(app.database.read());
    row.await.unwrap().unwrap()
}

async fn competition_in(app: &App, zone: &str) -> CompetitionView {
    let name = format!("Organizer {}", uuid::Uuid::now_v7());
    let organizer = Actor::from(&app.account(&name, Role::Organizer).await);
    let input = CompetitionInput {
        time_zone: zone.to_owned(),
        opens_at: Some(app.clock.now() + TimeDelta::minutes(10)),
        ..app.competition_input(10, false)
    };
    let competitions = &app.services.competitions;
    competitions.create(organizer, input).await.unwrap()
}

async fn choices_are_changed_over_the_api_and_recorded_without_their_values(app: App) {
    let (ada, client) = account(&app, "Ada").await;
    let before = row(&app, ada).await;
    assert!(before.reminders && before.opening_reminders && before.announcements);
    assert_eq!(before.time_zone, None);
    let body =
        json!({ "announcements": false, "openingReminders": false, "timeZone": "Asia/Tokyo" });
    let reply = patch(&client, &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let fields: Vec<_> = reply.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields.len(), 5, "the shape of an account: {fields:?}");
    let after = row(&app, ada).await;
    assert!(after.reminders && !after.opening_reminders && !after.announcements);
    assert_eq!(after.time_zone.as_deref(), Some("Asia/Tokyo"));
    // What stays as it is is no change.
    assert_eq!(patch(&client, &body).await.status, 200);
    assert_eq!(patch(&client, &json!({ "timeZone": "" })).await.status, 200);
    assert_eq!(row(&app, ada).await.time_zone, None);
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq(AuditAction::ProfileChange))
        .all(app.database.read())
        .await
        .unwrap();
    assert_eq!(events.len(), 2);
    let text = format!("{events:?}");
    assert!(
        text.contains("announcements") && !text.contains("Tokyo"),
        "{text}"
    );
}

async fn values_that_are_no_choice_are_refused_with_the_field_name(app: App) {
    let (ada, client) = account(&app, "Ada").await;
    for zone in [
        "Mars/Olympus",
        "europe/berlin",
        " ",
        "UTC\0",
        "<script>",
        &"x".repeat(5_000),
    ] {
        let reply = patch(&client, &json!({ "timeZone": zone })).await;
        assert_eq!(reply.status, 422, "{zone:.20}: {}", reply.text);
        assert_eq!(reply.json()["errors"][0]["field"], "timeZone");
    }
    for body in [
        json!({ "reminders": "on" }),
        json!({ "announcements": 1 }),
        json!({ "confirmations": false }),
        json!({ "role": "ADMIN" }),
    ] {
        assert_eq!(patch(&client, &body).await.status, 422, "{body}");
    }
    assert!(row(&app, ada).await.reminders);
}

async fn choices_are_changed_on_the_profile_page(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let page = browser.get("/me/profile").await;
    let form = page.form("[data-testid=profile-form]");
    for field in ["reminders", "openingReminders", "announcements"] {
        assert_eq!(form.value(field), Some("on"), "{field}");
    }
    assert_eq!(form.value("timeZone"), Some(""));
    let mut form = form.fill("timeZone", "America/New_York");
    form.fields.retain(|(name, _)| name != "announcements");
    let page = browser.submit(&form).await;
    assert!(page.find("[role=status]").unwrap().contains("saved"));
    let form = page.form("[data-testid=profile-form]");
    assert_eq!(form.value("announcements"), None);
    assert_eq!(form.value("reminders"), Some("on"));
    assert_eq!(form.value("timeZone"), Some("America/New_York"));
    let bad = form.fill("timeZone", "Mars/Olympus");
    let page = browser.submit(&bad).await;
    let alert = page.find("[role=alert]").unwrap();
    assert!(alert.contains("Choose a time zone"), "{alert}");
    let chosen = row(&app, Actor::from(&ada)).await.time_zone;
    assert_eq!(chosen.as_deref(), Some("America/New_York"));
}

async fn times_are_shown_in_the_zone_that_was_chosen(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let competition = app.competition(5, false).await;
    let token = app.token(Actor::from(&ada)).await;
    let client = app.client().with_token(token);
    assert_eq!(client.register(competition.id, "a").await.status, 201);
    app.run_open_jobs().await;
    let mailbox = async || browser.get("/me/mailbox").await;
    let time = |page: &Reply| page.find("time[data-local]").unwrap();
    let before = mailbox().await;
    let zone = json!({ "timeZone": "Asia/Tokyo" });
    assert_eq!(patch(&client, &zone).await.status, 200);
    let after = mailbox().await;
    assert_ne!(time(&before), time(&after));
    let message = after.text.split("/me/mailbox?message=").nth(1).unwrap();
    let message = message.get(..36).unwrap();
    let message = browser.get(&format!("/me/mailbox?message={message}")).await;
    assert!(message.text.contains(" JST"), "{}", message.text);
    let page = browser.get("/me/profile").await;
    assert!(page.text.contains("data-zone-chosen=\"Asia/Tokyo\""));
    let anonymous = app.client().get("/competitions").await;
    assert!(!anonymous.text.contains("data-zone-chosen"));
}

async fn what_is_the_same_for_everyone_does_not_depend_on_the_zone_of_one_account(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let token = app.token(Actor::from(&ada)).await;
    let client = app.client().with_token(token);
    patch(&client, &json!({ "timeZone": "Asia/Tokyo" })).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let competition = app.competition(5, false).await;
    for path in [
        "/".to_owned(),
        "/competitions".to_owned(),
        format!("/competitions/{}", competition.id),
    ] {
        // The account is the first to see it, so that what it sees is kept.
        let own = browser.get(&path).await;
        assert_eq!(own.status, 200);
        let anonymous = app.client().get(&path).await;
        assert!(!anonymous.text.contains("JST"), "{path}");
        assert!(anonymous.text.contains("UTC"), "{path}");
    }
}

async fn letters_name_the_time_of_the_venue_and_the_one_that_was_chosen(app: App) {
    let competition = competition_in(&app, "Europe/Copenhagen").await;
    let (ada, client) = account(&app, "Ada").await;
    let (bob, _) = account(&app, "Bob").await;
    patch(&client, &json!({ "timeZone": "Asia/Tokyo" })).await;
    let wishes = &app.services.opening_reminders;
    for actor in [ada, bob] {
        wishes.want(actor, competition.id, true).await.unwrap();
    }
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    app.clock.advance(TimeDelta::minutes(10));
    app.register_all(&[ada, bob], competition.id).await;
    app.run_open_jobs().await;
    let of_opening = app.messages(MessageKind::Reminder).await;
    let of_seat = app.messages(MessageKind::Confirmation).await;
    for messages in [of_opening, of_seat] {
        assert_eq!(messages.len(), 2);
        for message in messages {
            let own = message.user_id == ada.id;
            assert!(message.body.contains(" CET"), "{}", message.body);
            assert_eq!(
                message.body.contains("JST for you"),
                own,
                "{}",
                message.body
            );
        }
    }
}

async fn an_export_contains_choices_audit_events_and_opening_reminders(app: App) {
    let competition = competition_in(&app, "UTC").await;
    let (ada, client) = account(&app, "Ada").await;
    let (bob, other) = account(&app, "Bob").await;
    for client in [&client, &other] {
        patch(
            client,
            &json!({ "announcements": false, "timeZone": "Asia/Tokyo" }),
        )
        .await;
    }
    let wishes = &app.services.opening_reminders;
    wishes.want(ada, competition.id, true).await.unwrap();
    let export = client.get("/api/v1/me/export").await;
    assert_eq!(export.status, 200, "{}", export.text);
    let json = export.json();
    assert_eq!(json["announcements"], false);
    assert_eq!(json["openingReminders"], true);
    assert_eq!(json["timeZone"], "Asia/Tokyo");
    assert_eq!(json["secondFactorSince"], Value::Null);
    let wished = &json["openingReminderWishes"];
    assert_eq!(wished.as_array().unwrap().len(), 1);
    assert_eq!(wished[0]["competitionId"], competition.id.to_string());
    assert_eq!(wished[0]["competitionTitle"], competition.title);
    let events = json["auditEvents"].as_array().unwrap();
    let actions: Vec<_> = events
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["PROFILE_CHANGE", "SIGN_UP"]);
    assert_eq!(events[0]["own"], true);
    assert!(!export.text.contains(&bob.id.to_string()));
    assert!(!export.text.contains("addressHash"));
    let nothing = other.get("/api/v1/me/export").await.json();
    assert_eq!(nothing["openingReminderWishes"], json!([]));
}

/// Lets every kind of message be written to two accounts, and sends the mail.
async fn write_everything(app: &App, actors: &[Actor]) {
    let competition = competition_in(app, "UTC").await;
    let wishes = &app.services.opening_reminders;
    for actor in actors {
        wishes.want(*actor, competition.id, true).await.unwrap();
    }
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    app.clock.advance(TimeDelta::minutes(10));
    app.register_all(actors, competition.id).await;
    app.run_jobs_with_retries().await;
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let form = AnnouncementInput {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        ..AnnouncementInput::default()
    };
    let announcements = &app.services.announcements;
    let announced = announcements.announce(organizer, competition.id, None, form);
    announced.await.unwrap();
    app.run_jobs_with_retries().await;
    app.clock.advance(TimeDelta::days(7));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
}

async fn mail_that_was_turned_off_is_not_sent_and_the_mailbox_has_it(
    app: App,
    server: FakeSmtpServer,
) {
    let (ada, client) = account(&app, "Ada").await;
    let (bob, _) = account(&app, "Bob").await;
    let off = json!({ "reminders": false, "openingReminders": false, "announcements": false });
    assert_eq!(patch(&client, &off).await.status, 200);
    write_everything(&app, &[ada, bob]).await;
    let of_bob = server.subjects("bob@example.test");
    assert_eq!(of_bob.len(), 4, "{of_bob:?}");
    let of_ada = server.subjects("ada@example.test");
    assert_eq!(of_ada.len(), 1, "the confirmation: {of_ada:?}");
    for kind in [
        MessageKind::Reminder,
        MessageKind::Announcement,
        MessageKind::Confirmation,
    ] {
        let messages = app.messages(kind).await;
        let count = |actor: Actor| messages.iter().filter(|it| it.user_id == actor.id).count();
        assert_eq!(count(ada), count(bob), "{kind}");
    }
    assert!(app.failed_jobs().await.is_empty());
}

async fn each_link_turns_off_the_mail_that_it_is_in(app: App, server: FakeSmtpServer) {
    let (bob, _) = account(&app, "Bob").await;
    write_everything(&app, &[bob]).await;
    let links: Vec<_> = server
        .received()
        .into_iter()
        .filter_map(|mail| mail.header("list-unsubscribe"))
        .map(|link| link.trim_matches(['<', '>']).to_owned())
        .collect();
    assert_eq!(links.len(), 3, "{links:?}");
    let preferences = &app.services.preferences;
    let mut topics = Vec::new();
    for link in &links {
        let token = link.split("token=").nth(1).unwrap();
        topics.push(preferences.topic_of(token).unwrap());
        let chosen = preferences.of(bob).await.unwrap();
        let on = [
            chosen.reminders,
            chosen.opening_reminders,
            chosen.announcements,
        ];
        assert_eq!(on.iter().filter(|on| !**on).count(), topics.len() - 1);
        let click = app
            .client()
            .request(Method::POST, &format!("/unsubscribe?token={token}"))
            .form(&[("List-Unsubscribe", "One-Click")]);
        assert_eq!(app.client().send(click).await.status, 200);
    }
    topics.sort();
    assert_eq!(topics, MailTopic::ALL);
}
