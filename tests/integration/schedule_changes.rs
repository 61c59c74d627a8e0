//! Messages to every participant when a competition's time or location changes.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::Actor,
    jobs::Queues,
    model::{
        CompetitionStatus, CompetitionView, MessageKind, Role, UserId, forms::CompetitionPatch,
    },
    ops::Clock,
    store::entity::message,
};

use crate::{
    both, both_with,
    harness::{App, Backend, Place, Program, SmtpServer, spawn_app_by, spawn_app_with, until},
};

both!(
    every_participant_reads_the_old_and_the_new_schedule,
    a_participant_who_registers_after_the_change_gets_no_message,
    several_changes_in_a_row_make_one_true_message,
    a_change_that_is_taken_back_makes_no_message,
    changes_that_no_participant_has_to_know_make_no_message,
    participants_who_cancelled_or_whose_competition_is_cancelled_get_no_message,
);
both_with!(with_relay: a_change_goes_out_as_mail_with_a_calendar_entry_that_replaces_the_old_one,);

fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
    }
}

async fn change(app: &App, competition: &CompetitionView, patch: CompetitionPatch) {
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer(competition), competition.id, patch, None)
        .await
        .unwrap();
}

fn start(at: DateTime<Utc>) -> CompetitionPatch {
    CompetitionPatch {
        starts_at: Some(at),
        ..CompetitionPatch::default()
    }
}

/// Formats a moment as messages do.
fn moment(at: DateTime<Utc>) -> String {
    at.format("%A, %-d %B %Y, %H:%M UTC").to_string()
}

/// "Starts: new (before: old)".
fn moved(old: DateTime<Utc>, new: DateTime<Utc>) -> String {
    format!("Starts: {} (before: {})", moment(new), moment(old))
}

/// Returns the messages of each participant, the oldest first.
async fn messages(app: &App) -> HashMap<UserId, Vec<message::Model>> {
    let mut letters = app.messages(MessageKind::Change).await;
    letters.sort_by_key(|letter| (letter.created_at, letter.id));
    let mut told = HashMap::<_, Vec<_>>::new();
    for letter in letters {
        told.entry(letter.user_id).or_default().push(letter);
    }
    told
}

async fn every_participant_reads_the_old_and_the_new_schedule(app: App) {
    let competition = app.competition(1_150, true).await;
    let people = app.people(1_200).await;
    app.register_all(&people, competition.id).await;
    app.finish_off().await;
    let (old, new) = (
        competition.starts_at,
        competition.starts_at + TimeDelta::days(7),
    );
    let patch = CompetitionPatch {
        ends_at: Some(Some(new + TimeDelta::hours(2))),
        location: Some("Gym".to_owned()),
        ..start(new)
    };
    change(&app, &competition, patch).await;
    app.finish_off().await;

    let told = messages(&app).await;
    assert_eq!(told.len(), 1_200);
    assert!(told.values().all(|letters| letters.len() == 1));
    let letters: Vec<_> = told.values().flatten().collect();
    for letter in &letters {
        assert_eq!(letter.subject, "New date: Spring Sprint");
        for part in [
            moved(old, new),
            format!(
                "Ends: {} (before: not said)",
                moment(new + TimeDelta::hours(2))
            ),
            "Where: Gym (before: Town hall)".to_owned(),
        ] {
            assert!(letter.body.contains(&part), "{part} in {}", letter.body);
        }
    }
    let seated = letters
        .iter()
        .filter(|letter| letter.body.contains("Your seat stays yours"));
    assert_eq!(seated.count(), 1_150);
    let queued = letters
        .iter()
        .filter(|letter| letter.body.contains("place on the waitlist"));
    assert_eq!(queued.count(), 50);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_participant_who_registers_after_the_change_gets_no_message(app: App) {
    let competition = app.competition(5, false).await;
    let people = app.people(2).await;
    app.register_all(&people[..1], competition.id).await;
    let new = competition.starts_at + TimeDelta::hours(1);
    change(&app, &competition, start(new)).await;
    // Before the message to the first participant is written.
    app.register_all(&people[1..], competition.id).await;
    app.finish_off().await;
    let whom: Vec<_> = messages(&app).await.into_keys().collect();
    assert_eq!(whom, [people[0].id]);

    let later = new + TimeDelta::hours(1);
    change(&app, &competition, start(later)).await;
    app.finish_off().await;
    let told = messages(&app).await;
    assert_eq!(told[&people[0].id].len(), 2);
    let second = &told[&people[1].id];
    assert_eq!(second.len(), 1);
    assert!(
        second[0].body.contains(&moved(new, later)),
        "{}",
        second[0].body
    );
}

async fn several_changes_in_a_row_make_one_true_message(app: App) {
    let competition = app.competition(1_200, false).await;
    app.seat_in_bulk(competition.id, 1_200).await;
    let first = competition.starts_at;
    let [second, third, fourth] = [1, 2, 3].map(|days| first + TimeDelta::days(days));
    change(&app, &competition, start(second)).await;
    app.worker().tick().await.unwrap();
    assert_eq!(messages(&app).await.len(), 500, "a page a job");
    app.clock.advance(TimeDelta::seconds(1));
    change(&app, &competition, start(third)).await;
    change(&app, &competition, start(fourth)).await;
    app.lose_the_lists().await;
    app.finish_off().await;

    let told = messages(&app).await;
    assert_eq!(told.len(), 1_200);
    let mut counts = HashMap::new();
    for letters in told.values() {
        *counts.entry(letters.len()).or_insert(0) += 1;
        let knew = if letters.len() == 2 {
            assert!(letters[0].body.contains(&moved(first, second)));
            second
        } else {
            first
        };
        let newest = &letters.last().unwrap().body;
        assert!(newest.contains(&moved(knew, fourth)), "{newest}");
    }
    assert_eq!(counts, HashMap::from([(1, 700), (2, 500)]));
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_change_that_is_taken_back_makes_no_message(app: App) {
    let competition = app.competition(5, false).await;
    let people = app.people(2).await;
    app.register_all(&people[..1], competition.id).await;
    let there = competition.starts_at + TimeDelta::days(1);
    change(&app, &competition, start(there)).await;
    app.register_all(&people[1..], competition.id).await;
    change(&app, &competition, start(competition.starts_at)).await;
    app.finish_off().await;
    let told = messages(&app).await;
    let whom: Vec<_> = told.keys().copied().collect();
    assert_eq!(whom, [people[1].id], "who registered for the other day");
    let way_back = moved(there, competition.starts_at);
    assert!(told[&people[1].id][0].body.contains(&way_back));
}

async fn changes_that_no_participant_has_to_know_make_no_message(app: App) {
    let competition = app.competition(5, false).await;
    app.register_all(&app.people(2).await, competition.id).await;
    app.finish_off().await;
    let words = CompetitionPatch {
        title: Some("Summer Sprint".to_owned()),
        capacity: Some(7),
        starts_at: Some(competition.starts_at),
        location: Some(competition.location.clone()),
        ..CompetitionPatch::default()
    };
    change(&app, &competition, words).await;
    assert_eq!(app.open_jobs().await, 0, "nothing moved");
    let empty = app.competition(5, false).await;
    change(&app, &empty, start(empty.starts_at + TimeDelta::days(1))).await;
    assert_eq!(app.open_jobs().await, 0, "nobody is there");
    app.clock.advance(TimeDelta::days(9));
    let place = CompetitionPatch {
        location: Some("Gym".to_owned()),
        ..CompetitionPatch::default()
    };
    change(&app, &competition, place).await;
    assert_eq!(app.open_jobs().await, 0, "it is over");
}

async fn participants_who_cancelled_or_whose_competition_is_cancelled_get_no_message(app: App) {
    let competition = app.competition(5, false).await;
    let people = app.people(2).await;
    app.register_all(&people, competition.id).await;
    app.finish_off().await;
    let registrations = &app.services.registrations;
    let live = registrations.live(people[0], competition.id).await.unwrap();
    change(
        &app,
        &competition,
        start(competition.starts_at + TimeDelta::days(1)),
    )
    .await;
    let id = live.unwrap().registration_id;
    registrations.cancel(people[0], id).await.unwrap();
    let off = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    change(&app, &competition, off).await;
    app.finish_off().await;
    assert!(messages(&app).await.is_empty());
    assert_eq!(app.messages(MessageKind::Cancellation).await.len(), 2);
}

async fn with_relay(backend: Backend) -> (App, SmtpServer) {
    let relay = SmtpServer::start().await;
    let url = format!("--smtp-url={}", relay.url());
    let more = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (
        spawn_app_with(Place::fresh(backend).await, &more).await,
        relay,
    )
}

async fn a_change_goes_out_as_mail_with_a_calendar_entry_that_replaces_the_old_one(
    app: App,
    relay: SmtpServer,
) {
    let competition = app.competition(1, true).await;
    let people = app.people(2).await;
    app.register_all(&people[..1], competition.id).await;
    app.register_all(&people[1..], competition.id).await;
    app.finish_off().await;
    let new = competition.starts_at + TimeDelta::days(1);
    change(&app, &competition, start(new)).await;
    app.finish_off().await;

    let mails: Vec<_> = relay
        .received()
        .iter()
        .map(|mail| mail.data.clone())
        .collect();
    let of = |subject: &str, person: Actor| {
        let address = format!("{}@example.test", person.id);
        let (subject, mut mails) = (format!("Subject: {subject}"), mails.iter());
        mails
            .find(|mail| mail.contains(&subject) && mail.contains(&address))
            .unwrap_or_else(|| panic!("{subject} to {address}"))
    };
    let entry = |mail: &str, name: &str| {
        let from = mail
            .find(&format!("\n{name}:"))
            .unwrap_or_else(|| panic!("{name} in {mail}"));
        mail[from..].trim_start().lines().next().unwrap().to_owned()
    };
    let sequence = |mail: &str| -> i64 {
        entry(mail, "SEQUENCE")
            .strip_prefix("SEQUENCE:")
            .unwrap()
            .parse()
            .unwrap()
    };
    let (confirmed, moved) = (of("You're in", people[0]), of("New date", people[0]));
    assert_eq!(entry(confirmed, "UID"), entry(moved, "UID"));
    assert!(sequence(confirmed) < sequence(moved));
    let starts = new.format("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(entry(moved, "DTSTART"), starts);
    let waiting = of("New date", people[1]);
    assert!(
        !waiting.contains("BEGIN:VCALENDAR"),
        "it has no seat to note down"
    );
}

async fn killed_at(failpoint: &str) {
    let place = Place::fresh(Backend::Postgres).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    let competition = app.competition(1_300, false).await;
    app.seat_in_bulk(competition.id, 1_300).await;
    change(
        &app,
        &competition,
        start(competition.starts_at + TimeDelta::days(1)),
    )
    .await;
    let mut doomed = Program::worker(&app.place, Some(failpoint));
    doomed.says("failpoint reached").await;
    doomed.kill().await;
    let heir = Program::worker(&app.place, None);
    until("everyone is told", || async { app.open_jobs().await == 0 }).await;
    let letters = app.messages(MessageKind::Change).await;
    let whom: HashSet<_> = letters.iter().map(|letter| letter.user_id).collect();
    assert_eq!((letters.len(), whom.len()), (1_300, 1_300));
    assert!(app.failed_jobs().await.is_empty());
    until("nothing is left in the list", || async {
        app.ports
            .queue
            .depth(Queues::REMINDER)
            .await
            .unwrap()
            .total()
            == 0
    })
    .await;
    assert!(heir.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_within_a_page_leaves_no_participant_out() {
    killed_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_between_two_pages_writes_no_message_twice() {
    killed_at("before-ack").await;
}
