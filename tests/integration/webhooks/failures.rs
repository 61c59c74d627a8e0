//! Receivers that refuse, redirect, hang, or fail for days.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{Organizer, Receiver, app_with_receiver, register_one, stored, text};
use crate::{
    harness::{App, PushMode},
    on_both_backends_with,
};

on_both_backends_with!(
    app_with_receiver:
    what_is_refused_is_sent_again_with_the_same_id_and_becomes_a_dead_letter,
    a_replay_is_sent_with_the_same_id_and_once_at_a_time,
    a_redirect_is_not_followed,
    a_receiver_that_hangs_is_left_alone_and_delays_no_other,
    a_replay_that_fails_waits_like_everything_else,
    a_receiver_that_is_busy_is_asked_when_it_says,
    a_webhook_that_fails_for_days_is_turned_off_until_a_replay_succeeds,
    a_receiver_that_wants_nothing_more_is_believed,
    a_receiver_that_wants_nothing_more_is_believed_also_during_a_pause,
);

const CREATED: Option<&[&str]> = Some(&["registration.created"]);

async fn only_delivery(organizer: &Organizer, hook: &super::Hook) -> Value {
    let deliveries = organizer.deliveries(hook).await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries[0].clone()
}

/// Does jobs until none is open, in long steps: a webhook that has failed often pauses for minutes.
async fn run_jobs_with_pauses(app: &App) {
    for _ in 0..60 {
        app.run_ready_jobs().await;
        if app.open_jobs().await == 0 {
            return;
        }
        app.clock.advance(TimeDelta::minutes(5));
        app.run_relay().await;
    }
    panic!("{} jobs are still open", app.open_jobs().await);
}

async fn what_is_refused_is_sent_again_with_the_same_id_and_becomes_a_dead_letter(
    app: App,
    receiver: Receiver,
) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    receiver.set_mode(PushMode::Answers(500));
    register_one(&app, &olga).await;
    app.run_ready_jobs().await;
    let delivery = only_delivery(&olga, &hook).await;
    assert_eq!(delivery["status"], "PENDING");
    assert_eq!(
        (&delivery["attempts"], &delivery["problem"]),
        (&1.into(), &"REFUSED".into())
    );
    assert_eq!(delivery["responseStatus"], 500);
    assert!(olga.webhooks().await[0]["failingSince"].is_string());

    app.run_jobs_with_retries().await;
    let received = receiver.received();
    assert_eq!(received.len(), 4, "one attempt and three retries");
    for request in &received {
        assert_eq!(request.header("webhook-id"), delivery["eventId"]);
        assert_eq!(request.body, received[0].body);
    }
    let delivery = only_delivery(&olga, &hook).await;
    assert_eq!(delivery["status"], "FAILED");
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (dead[0].kind.as_str(), dead[0].queue.as_str()),
        ("webhook", "webhook")
    );
    assert_eq!(dead[0].error, "the receiver answered 500");
}

async fn a_replay_is_sent_with_the_same_id_and_once_at_a_time(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    receiver.set_mode(PushMode::Answers(404));
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    let failed = only_delivery(&olga, &hook).await;
    assert_eq!(failed["status"], "FAILED");

    receiver.set_mode(PushMode::Accepts);
    let before = receiver.received().len();
    for _ in 0..3 {
        olga.replay(&hook, &failed).await;
    }
    assert_eq!(only_delivery(&olga, &hook).await["status"], "PENDING");
    app.run_jobs_with_retries().await;
    let received = receiver.received();
    assert_eq!(received.len(), before + 1);
    assert_eq!(
        received[before].header("webhook-id"),
        text(&failed["eventId"])
    );
    let delivered = only_delivery(&olga, &hook).await;
    assert_eq!(delivered["status"], "DELIVERED");
    assert_eq!(delivered["problem"], Value::Null);
    assert_eq!(olga.webhooks().await[0]["failingSince"], Value::Null);

    // What was delivered can be replayed, too.
    olga.replay(&hook, &delivered).await;
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), before + 2);
    let unknown = serde_json::json!({ "id": uuid::Uuid::now_v7() });
    let path = format!(
        "/api/v1/webhooks/{}/deliveries/{}/replay",
        hook.id,
        text(&unknown["id"])
    );
    let reply = olga
        .api
        .send(olga.api.request(reqwest::Method::POST, &path))
        .await;
    assert_eq!(reply.status, 404);
}

async fn a_redirect_is_not_followed(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    let other = Receiver::start().await;
    receiver.set_mode(PushMode::Redirects(other.origin()));
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    assert!(other.received().is_empty());
    let delivery = only_delivery(&olga, &hook).await;
    assert_eq!(
        (&delivery["problem"], &delivery["responseStatus"]),
        (&"REDIRECT".into(), &307.into())
    );
}

async fn a_receiver_that_hangs_is_left_alone_and_delays_no_other(app: App, receiver: Receiver) {
    let (olga, otto) = (
        Organizer::new(&app, "Olga").await,
        Organizer::new(&app, "Otto").await,
    );
    let other = Receiver::start().await;
    let hook = olga.webhook(&receiver, CREATED).await;
    otto.webhook(&other, CREATED).await;
    let permits = Arc::new(Semaphore::new(0));
    receiver.set_mode(PushMode::AnswersLater(200, Arc::clone(&permits)));
    register_one(&app, &olga).await;
    app.run_ready_jobs().await;
    let delivery = only_delivery(&olga, &hook).await;
    assert_eq!(delivery["problem"], "TIMEOUT");
    assert_eq!(delivery["responseStatus"], Value::Null);

    // While it is left alone, its events wait without an attempt, and those of others are sent.
    let competition = app.competition_of(&olga.account, 30, false).await.id;
    app.register_all(&app.participants(20).await, competition)
        .await;
    register_one(&app, &otto).await;
    app.run_ready_jobs().await;
    assert_eq!((receiver.received().len(), other.received().len()), (1, 1));
    let waiting = olga.deliveries(&hook).await;
    let untried = waiting.iter().filter(|it| it["attempts"] == 0).count();
    assert_eq!((waiting.len(), untried), (21, 20));

    permits.add_permits(1_000);
    app.run_jobs_with_retries().await;
    for delivery in olga.deliveries(&hook).await {
        assert_eq!(delivery["status"], "DELIVERED", "{delivery}");
    }
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_replay_that_fails_waits_like_everything_else(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    receiver.set_mode(PushMode::Answers(500));
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    let failed = only_delivery(&olga, &hook).await;
    let attempts = receiver.received().len();
    // The webhook pauses for eight seconds. Whoever asks for a replay is not kept waiting.
    olga.replay(&hook, &failed).await;
    app.run_ready_jobs().await;
    assert_eq!(receiver.received().len(), attempts + 1);
    // The retry of the job is due after a second, and the webhook still pauses.
    app.clock.advance(TimeDelta::seconds(2));
    app.run_relay().await;
    app.run_ready_jobs().await;
    assert_eq!(receiver.received().len(), attempts + 1);
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), attempts + 4, "three retries");
}

async fn a_receiver_that_is_busy_is_asked_when_it_says(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    receiver.set_mode(PushMode::Busy(503, "60".to_owned()));
    register_one(&app, &olga).await;
    app.run_ready_jobs().await;
    receiver.set_mode(PushMode::Accepts);
    app.clock.advance(TimeDelta::seconds(30));
    app.run_ready_jobs().await;
    assert_eq!(receiver.received().len(), 1, "not before the time");
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(only_delivery(&olga, &hook).await["status"], "DELIVERED");
}

async fn a_webhook_that_fails_for_days_is_turned_off_until_a_replay_succeeds(
    app: App,
    receiver: Receiver,
) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    receiver.set_mode(PushMode::Answers(500));
    for day in 0..6 {
        register_one(&app, &olga).await;
        run_jobs_with_pauses(&app).await;
        let off = &olga.logged_in(&app).await.webhooks().await[0]["offAt"];
        assert_eq!(off.is_string(), day >= 5, "day {day}");
        app.clock.advance(TimeDelta::days(1));
    }
    let olga = olga.logged_in(&app).await;
    let attempts = receiver.received().len();
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), attempts, "it is off");
    assert_eq!(stored(&app).await, 6, "and nothing is written for it");

    let failed = olga.deliveries(&hook).await;
    olga.replay(&hook, &failed[0]).await;
    run_jobs_with_pauses(&app).await;
    let olga = olga.logged_in(&app).await;
    assert!(olga.webhooks().await[0]["offAt"].is_string(), "still off");
    receiver.set_mode(PushMode::Accepts);
    olga.replay(&hook, &failed[0]).await;
    app.run_jobs_with_retries().await;
    let on = &olga.webhooks().await[0];
    assert_eq!(
        (&on["offAt"], &on["failingSince"]),
        (&Value::Null, &Value::Null)
    );
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    assert_eq!(olga.deliveries(&hook).await[0]["status"], "DELIVERED");
}

async fn a_receiver_that_wants_nothing_more_is_believed(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    receiver.set_mode(PushMode::Answers(410));
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    assert!(olga.webhooks().await[0]["offAt"].is_string());
    let attempts = receiver.received().len();
    assert!((1..=2).contains(&attempts), "{attempts}");
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), attempts);
    for delivery in olga.deliveries(&hook).await {
        assert_eq!(delivery["status"], "FAILED");
    }
}

async fn a_receiver_that_wants_nothing_more_is_believed_also_during_a_pause(
    app: App,
    receiver: Receiver,
) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, CREATED).await;
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    let delivered = only_delivery(&olga, &hook).await;
    receiver.set_mode(PushMode::Answers(500));
    register_one(&app, &olga).await;
    app.run_ready_jobs().await;
    assert!(olga.webhooks().await[0]["failingSince"].is_string());

    receiver.set_mode(PushMode::Answers(410));
    olga.replay(&hook, &delivered).await;
    app.run_ready_jobs().await;
    assert_eq!(receiver.received().len(), 3);
    assert!(olga.webhooks().await[0]["offAt"].is_string());
}
