//! Messages as real mail, through a real relay.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, MessageKind, Role, forms::CompetitionInput},
    store::entity::message,
};
use sea_orm::EntityTrait;

use crate::{
    both_with,
    harness::{App, Backend, Mode, Place, SmtpServer, spawn_app_with},
};

both_with!(
    with_relay:
    every_message_also_goes_out_as_mail_once,
    a_mail_has_what_mail_should_have,
    one_recipient_who_is_refused_does_not_stop_the_others,
    a_relay_that_is_busy_or_down_gets_the_mail_later,
    a_slow_relay_blocks_neither_confirmations_nor_the_database,
    reminders_can_be_unsubscribed_from_with_the_link_in_them,
);

async fn with_relay(backend: Backend) -> (App, SmtpServer) {
    let relay = SmtpServer::start().await;
    let url = format!("--smtp-url={}", relay.url());
    let place = Place::fresh(backend).await;
    let more = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (spawn_app_with(place, &more).await, relay)
}

async fn sent(app: &App) -> usize {
    let rows = message::Entity::find().all(app.database().read()).await;
    rows.unwrap().iter().filter(|m| m.sent_at.is_some()).count()
}

async fn every_message_also_goes_out_as_mail_once(app: App, relay: SmtpServer) {
    let competition = app.competition(60, true).await;
    let people = app.people(70).await;
    app.register_all(&people, competition.id).await;
    app.finish_off().await;

    let counts = relay.counts();
    assert_eq!(counts.len(), 70);
    assert!(counts.values().all(|n| *n == 1), "{counts:?}");
    assert_eq!(sent(&app).await, 70);
    assert!(
        relay.connections() <= 8,
        "{} connections",
        relay.connections()
    );
    let ids: HashSet<_> = relay
        .received()
        .iter()
        .map(|mail| mail.header("message-id").unwrap())
        .collect();
    assert_eq!(ids.len(), 70);
}

async fn a_mail_has_what_mail_should_have(app: App, relay: SmtpServer) {
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        title: "Räder & <Sprints>".to_owned(),
        ..app.input(5, false)
    };
    let competition = app
        .services
        .competitions
        .create(organizer, input)
        .await
        .unwrap();
    app.register_all(&app.people(1).await, competition.id).await;
    app.finish_off().await;

    let mail = relay.received().remove(0);
    assert_eq!(
        mail.header("from").unwrap(),
        "\"Mini Compete\" <post@compete.test>"
    );
    assert!(
        mail.header("message-id")
            .unwrap()
            .ends_with("@compete.test>")
    );
    // When the letter was written, however late it goes out.
    let letter = message::Entity::find().one(app.database().read()).await;
    let written = letter.unwrap().unwrap().created_at;
    assert_eq!(
        mail.header("date").unwrap(),
        written.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
    );
    assert_eq!(mail.header("auto-submitted").unwrap(), "auto-generated");
    assert!(mail.header("list-unsubscribe").is_none(), "only reminders");
    assert!(mail.header("subject").unwrap().contains("=?utf-8?"));
    for part in [
        "text/plain",
        "text/html",
        "text/calendar",
        "competition.ics",
    ] {
        assert!(mail.data.contains(part), "{part} in {}", mail.data);
    }
    let unwrapped = mail.data.replace("=\r\n", "");
    assert!(unwrapped.contains("&amp; &lt;Sprints&gt;"), "{unwrapped}");
    assert!(!app.messages(MessageKind::Confirmation).await.is_empty());
}

async fn one_recipient_who_is_refused_does_not_stop_the_others(app: App, relay: SmtpServer) {
    let competition = app.competition(20, false).await;
    let people = app.people(20).await;
    let refused = format!("{}@example.test", people[7].id);
    relay.set(Mode::Refuses(refused.clone()));
    app.register_all(&people, competition.id).await;
    app.finish_off().await;

    assert_eq!(relay.counts().len(), 19);
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].kind.as_str(), dead[0].attempts), ("mail", 1));
    assert!(dead[0].error.contains("550"), "{}", dead[0].error);
    assert!(!dead[0].error.contains(&refused), "no addresses in errors");
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 20);
}

async fn a_relay_that_is_busy_or_down_gets_the_mail_later(app: App, relay: SmtpServer) {
    relay.set(Mode::Busy);
    let competition = app.competition(10, false).await;
    app.register_all(&app.people(10).await, competition.id)
        .await;
    // The letters are written, whatever the relay does.
    for _ in 0..20 {
        app.work().await;
        app.clock.advance(TimeDelta::seconds(3));
        app.sweep().await;
    }
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 10);
    assert!(relay.received().is_empty());
    assert_eq!(app.open_jobs().await, 10);
    assert!(
        app.failed_jobs().await.is_empty(),
        "a minute is not the end"
    );

    relay.set(Mode::Normal);
    for _ in 0..20 {
        app.clock.advance(TimeDelta::minutes(2));
        app.sweep().await;
        app.work().await;
    }
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(relay.counts().len(), 10);
    assert!(relay.counts().values().all(|n| *n == 1));
}

async fn a_slow_relay_blocks_neither_confirmations_nor_the_database(app: App, relay: SmtpServer) {
    use tokio_util::{sync::CancellationToken, task::TaskTracker};
    relay.set(Mode::Slow(Duration::from_millis(300)));
    let competition = app.competition(60, false).await;
    let people = app.people(60).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    app.worker().spawn(|_| 2, &tracker, &stop);
    let begun = std::time::Instant::now();
    for some in people.chunks(20) {
        app.register_all(some, competition.id).await;
        let so_far = app.messages(MessageKind::Confirmation).await.len() + 20;
        crate::harness::until("confirmed meanwhile", || async {
            app.messages(MessageKind::Confirmation).await.len() >= so_far.min(20)
        })
        .await;
    }
    crate::harness::until("all are confirmed", || async {
        app.messages(MessageKind::Confirmation).await.len() == 60
    })
    .await;
    // One after the other the mails would take 18 s.
    let confirmed = begun.elapsed();
    assert!(relay.received().len() < 60, "confirmed after {confirmed:?}");
    crate::harness::until("all are sent", || async { sent(&app).await == 60 }).await;
    assert!(begun.elapsed() < Duration::from_secs(18));
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert!(relay.counts().values().all(|n| *n == 1));
}

async fn reminders_can_be_unsubscribed_from_with_the_link_in_them(app: App, relay: SmtpServer) {
    let people = app.people(2).await;
    let remind = async |expected: usize| {
        let competition = soon(&app).await;
        app.register_all(&people, competition.id).await;
        app.finish_off().await;
        app.clock.advance(TimeDelta::hours(24));
        app.chores().await;
        app.finish_off().await;
        let reminders: Vec<_> = relay
            .received()
            .into_iter()
            .filter(|mail| mail.header("list-unsubscribe").is_some())
            .collect();
        assert_eq!(reminders.len(), expected);
        reminders
    };
    let first = remind(2).await;
    let mail = first
        .iter()
        .find(|mail| mail.to.starts_with(&people[0].id.to_string()))
        .unwrap();
    let post = mail.header("list-unsubscribe-post").unwrap();
    assert_eq!(post, "List-Unsubscribe=One-Click");
    let link = mail.header("list-unsubscribe").unwrap();
    let link = link.trim_matches(['<', '>']);
    let token = link.split("token=").nth(1).unwrap();

    let preferences = &app.services.preferences;
    assert!(preferences.unsubscribe("nonsense").await.is_err());
    let access = app.token(people[0]).await;
    assert!(
        preferences.unsubscribe(&access).await.is_err(),
        "another key"
    );
    preferences.unsubscribe(token).await.unwrap();
    preferences.unsubscribe(token).await.unwrap();
    assert!(!preferences.reminders(people[0]).await.unwrap());
    let second = remind(3).await;
    assert!(second[2].to.starts_with(&people[1].id.to_string()));
    // The mailbox still has it.
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 4);
    assert!(app.failed_jobs().await.is_empty());
}

async fn soon(app: &App) -> CompetitionView {
    let name = format!("Organizer {}", uuid::Uuid::now_v7());
    let organizer = Actor::from(&app.account(&name, Role::Organizer).await);
    let start = app.clock.now() + TimeDelta::hours(30);
    let input = CompetitionInput {
        starts_at: start,
        reg_deadline: start - TimeDelta::hours(1),
        ..app.input(10, false)
    };
    app.services
        .competitions
        .create(organizer, input)
        .await
        .unwrap()
}
