//! Reminders before registration opens: exactly one message for everyone who asked, about the opening as it is.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionView, MessageKind, Role,
        forms::{CompetitionInput, CompetitionPatch},
    },
};

use crate::{harness::App, on_both_backends};

on_both_backends!(
    who_asked_is_reminded_once_before_the_opening,
    an_opening_that_is_moved_to_a_later_time_reminds_again,
    a_wish_that_was_taken_back_or_comes_too_late_reminds_nobody,
    a_participant_asks_on_the_page_of_the_competition,
    an_opening_that_a_pause_puts_off_reminds_nobody_until_the_pause_ends,
);

async fn opening_in(app: &App, minutes: i64) -> CompetitionView {
    let organizer = app.account("Olga", Role::Organizer).await;
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::minutes(minutes)),
        time_zone: "Europe/Copenhagen".to_owned(),
        ..app.competition_input(5, false)
    };
    let competitions = &app.services.competitions;
    competitions
        .create(Actor::from(&organizer), input)
        .await
        .unwrap()
}

/// Lets the clock pass, and runs the scheduled tasks once a minute.
async fn pass(app: &App, minutes: usize) {
    for _ in 0..minutes {
        app.clock.advance(TimeDelta::minutes(1));
        app.run_scheduled_tasks().await;
    }
}

async fn reminders(app: &App) -> usize {
    app.messages(MessageKind::Reminder).await.len()
}

async fn who_asked_is_reminded_once_before_the_opening(app: App) {
    let competition = opening_in(&app, 30).await;
    let asking = app.participants(3).await;
    for actor in &asking {
        let wishes = &app.services.opening_reminders;
        wishes.want(*actor, competition.id, true).await.unwrap();
        wishes.want(*actor, competition.id, true).await.unwrap();
    }
    pass(&app, 14).await;
    assert_eq!(reminders(&app).await, 0, "too early");
    pass(&app, 20).await;
    let messages = app.messages(MessageKind::Reminder).await;
    assert_eq!(messages.len(), 3);
    let mut users: Vec<_> = messages.iter().map(|message| message.user_id).collect();
    users.sort();
    users.dedup();
    assert_eq!(users.len(), 3, "one for each");
    assert!(messages[0].body.contains("CET") || messages[0].body.contains("CEST"));
}

async fn an_opening_that_a_pause_puts_off_reminds_nobody_until_the_pause_ends(app: App) {
    let competition = opening_in(&app, 20).await;
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let actor = app.participants(1).await[0];
    let competitions = &app.services.competitions;
    competitions.pause(organizer, competition.id).await.unwrap();
    let wishes = &app.services.opening_reminders;
    wishes.want(actor, competition.id, true).await.unwrap();
    pass(&app, 15).await;
    assert_eq!(reminders(&app).await, 0, "it is paused");
    competitions
        .resume(organizer, competition.id)
        .await
        .unwrap();
    pass(&app, 2).await;
    assert_eq!(reminders(&app).await, 1);
}

async fn an_opening_that_is_moved_to_a_later_time_reminds_again(app: App) {
    let competition = opening_in(&app, 10).await;
    let actor = app.participants(1).await[0];
    let wishes = &app.services.opening_reminders;
    wishes.want(actor, competition.id, true).await.unwrap();
    pass(&app, 2).await;
    assert_eq!(reminders(&app).await, 1);
    let later = CompetitionPatch {
        opens_at: Some(Some(app.clock.now() + TimeDelta::hours(1))),
        ..CompetitionPatch::default()
    };
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, later, None)
        .await
        .unwrap();
    pass(&app, 65).await;
    assert_eq!(reminders(&app).await, 2);
}

async fn a_wish_that_was_taken_back_or_comes_too_late_reminds_nobody(app: App) {
    let competition = opening_in(&app, 20).await;
    let actors = app.participants(2).await;
    let wishes = &app.services.opening_reminders;
    wishes.want(actors[0], competition.id, true).await.unwrap();
    assert!(wishes.is_wanted(actors[0], competition.id).await.unwrap());
    wishes.want(actors[0], competition.id, false).await.unwrap();
    pass(&app, 25).await;
    assert!(wishes.want(actors[1], competition.id, true).await.is_err());
    assert_eq!(reminders(&app).await, 0);
}

async fn a_participant_asks_on_the_page_of_the_competition(app: App) {
    let competition = opening_in(&app, 20).await;
    let account = app.account("Pia", Role::Participant).await;
    let client = app.client();
    client.log_in(&account.email).await;
    let path = format!("/competitions/{}", competition.id);
    let form = client
        .get(&path)
        .await
        .form("form[action='/act/remind-me']");
    let page = client.submit(&form).await;
    assert!(page.text.contains("remind you"), "{}", page.text);
    let calendar = client.get(&format!("{path}/opening.ics")).await;
    assert!(calendar.text.contains("BEGIN:VALARM"));
    pass(&app, 10).await;
    assert_eq!(reminders(&app).await, 1);
}
