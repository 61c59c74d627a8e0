//! Messages to every participant when the time or the location of a competition changes.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::{Actor, competitions::Edit},
    jobs::Queues,
    model::{
        CompetitionStatus, CompetitionView, MessageKind, Role, UserId, forms::CompetitionPatch,
    },
    ops::Clock,
    store::entity::message,
};

use crate::{
    harness::{
        App, Backend, FakeSmtpServer, Program, Storage, spawn_app_with, spawn_app_with_clock,
        wait_until,
    },
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    every_participant_reads_the_old_and_the_new_schedule,
    a_participant_who_registers_after_the_change_gets_no_message,
    several_changes_in_a_row_make_one_message_with_the_latest_schedule,
    a_reverted_change_makes_no_message,
    a_silent_change_makes_no_message_and_the_next_message_names_what_was_known_before,
    a_silent_change_does_not_stop_the_message_about_the_change_before_it,
    changes_that_do_not_affect_participants_make_no_message,
    participants_who_cancelled_or_whose_competition_is_cancelled_get_no_message,
);
on_both_backends_with!(app_with_smtp_server: a_change_is_mailed_with_a_calendar_entry_that_replaces_the_old_one,);

/// Returns the organizer of a competition.
fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    }
}

/// Edits a competition as its organizer.
async fn change(app: &App, competition: &CompetitionView, patch: CompetitionPatch) {
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer(competition), competition.id, patch, None)
        .await
        .unwrap();
}

/// Returns an edit of the start.
fn start(at: DateTime<Utc>) -> CompetitionPatch {
    CompetitionPatch {
        starts_at: Some(at),
        ..CompetitionPatch::default()
    }
}

/// Formats a time as messages do.
fn format_time(at: DateTime<Utc>) -> String {
    at.format("%A, %-d %B %Y at %H:%M UTC").to_string()
}

/// Returns the line of a message that states the new and the old start.
fn start_line(old: DateTime<Utc>, new: DateTime<Utc>) -> String {
    format!(
        "Starts: {} (before: {})",
        format_time(new),
        format_time(old)
    )
}

/// Returns the messages of each participant, the oldest first.
async fn messages(app: &App) -> HashMap<UserId, Vec<message::Model>> {
    let mut messages = app.messages(MessageKind::Change).await;
    messages.sort_by_key(|message| (message.created_at, message.id));
    let mut by_participant = HashMap::<_, Vec<_>>::new();
    for message in messages {
        let of_participant = by_participant.entry(message.user_id).or_default();
        of_participant.push(message);
    }
    by_participant
}

async fn every_participant_reads_the_old_and_the_new_schedule(app: App) {
    let competition = app.competition(1_150, true).await;
    let participants = app.participants(1_200).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
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
    app.run_jobs_with_retries().await;

    let by_participant = messages(&app).await;
    assert_eq!(by_participant.len(), 1_200);
    assert!(by_participant.values().all(|messages| messages.len() == 1));
    let messages: Vec<_> = by_participant.values().flatten().collect();
    for message in &messages {
        assert_eq!(message.subject, "New date: Spring Sprint");
        for part in [
            start_line(old, new),
            format!(
                "Ends: {} (before: not said)",
                format_time(new + TimeDelta::hours(2))
            ),
            "Where: Gym (before: Town hall)".to_owned(),
        ] {
            assert!(message.body.contains(&part), "{part} in {}", message.body);
        }
    }
    let seated = messages
        .iter()
        .filter(|message| message.body.contains("You keep your seat"));
    assert_eq!(seated.count(), 1_150);
    let waitlisted = messages
        .iter()
        .filter(|message| message.body.contains("place on the waitlist"));
    assert_eq!(waitlisted.count(), 50);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_participant_who_registers_after_the_change_gets_no_message(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], competition.id).await;
    let new = competition.starts_at + TimeDelta::hours(1);
    change(&app, &competition, start(new)).await;
    // Before the message to the first participant is written.
    app.register_all(&participants[1..], competition.id).await;
    app.run_jobs_with_retries().await;
    let recipients: Vec<_> = messages(&app).await.into_keys().collect();
    assert_eq!(recipients, [participants[0].id]);

    let later = new + TimeDelta::hours(1);
    change(&app, &competition, start(later)).await;
    app.run_jobs_with_retries().await;
    let by_participant = messages(&app).await;
    assert_eq!(by_participant[&participants[0].id].len(), 2);
    let second = &by_participant[&participants[1].id];
    assert_eq!(second.len(), 1);
    assert!(
        second[0].body.contains(&start_line(new, later)),
        "{}",
        second[0].body
    );
}

async fn several_changes_in_a_row_make_one_message_with_the_latest_schedule(app: App) {
    let competition = app.competition(1_200, false).await;
    app.insert_confirmed_registrations(competition.id, 1_200)
        .await;
    let first = competition.starts_at;
    let [second, third, fourth] = [1, 2, 3].map(|days| first + TimeDelta::days(days));
    change(&app, &competition, start(second)).await;
    app.worker().tick().await.unwrap();
    assert_eq!(messages(&app).await.len(), 500, "one page per job");
    app.clock.advance(TimeDelta::seconds(1));
    change(&app, &competition, start(third)).await;
    change(&app, &competition, start(fourth)).await;
    app.lose_queues().await;
    app.run_jobs_with_retries().await;

    let by_participant = messages(&app).await;
    assert_eq!(by_participant.len(), 1_200);
    let mut counts = HashMap::new();
    for messages in by_participant.values() {
        *counts.entry(messages.len()).or_insert(0) += 1;
        let known_start = if messages.len() == 2 {
            assert!(messages[0].body.contains(&start_line(first, second)));
            second
        } else {
            first
        };
        let newest = &messages.last().unwrap().body;
        assert!(
            newest.contains(&start_line(known_start, fourth)),
            "{newest}"
        );
    }
    assert_eq!(counts, HashMap::from([(1, 700), (2, 500)]));
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_reverted_change_makes_no_message(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], competition.id).await;
    let changed = competition.starts_at + TimeDelta::days(1);
    change(&app, &competition, start(changed)).await;
    app.register_all(&participants[1..], competition.id).await;
    change(&app, &competition, start(competition.starts_at)).await;
    app.run_jobs_with_retries().await;
    let by_participant = messages(&app).await;
    let recipients: Vec<_> = by_participant.keys().copied().collect();
    assert_eq!(
        recipients,
        [participants[1].id],
        "only the participant who registered after the first change"
    );
    let reverted = start_line(changed, competition.starts_at);
    let message = &by_participant[&participants[1].id][0];
    assert!(message.body.contains(&reverted));
}

/// Edits a competition as its organizer, without a message to participants.
async fn change_silently(app: &App, competition: &CompetitionView, patch: CompetitionPatch) {
    let edit = Edit::of(patch).notifying(false);
    let competitions = &app.services.competitions;
    competitions
        .make_edit(organizer(competition), competition.id, edit)
        .await
        .unwrap();
}

async fn a_silent_change_makes_no_message_and_the_next_message_names_what_was_known_before(
    app: App,
) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], competition.id).await;
    app.run_jobs_with_retries().await;
    let silent = competition.starts_at + TimeDelta::days(1);
    change_silently(&app, &competition, start(silent)).await;
    assert_eq!(app.open_jobs().await, 0, "nobody is told");
    app.register_all(&participants[1..], competition.id).await;
    app.run_jobs_with_retries().await;
    assert!(messages(&app).await.is_empty());

    let told = silent + TimeDelta::days(1);
    change(&app, &competition, start(told)).await;
    app.run_jobs_with_retries().await;
    let by_participant = messages(&app).await;
    let known = [competition.starts_at, silent];
    for (participant, known) in participants.iter().zip(known) {
        let [message] = &by_participant[&participant.id][..] else {
            panic!("one message for each");
        };
        let line = start_line(known, told);
        assert!(message.body.contains(&line), "{line} in {}", message.body);
    }
}

async fn a_silent_change_does_not_stop_the_message_about_the_change_before_it(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], competition.id).await;
    let told = competition.starts_at + TimeDelta::days(1);
    change(&app, &competition, start(told)).await;
    app.register_all(&participants[1..], competition.id).await;
    // Before the job of the first change has run.
    let silent = told + TimeDelta::days(1);
    change_silently(&app, &competition, start(silent)).await;
    app.run_jobs_with_retries().await;
    let by_participant = messages(&app).await;
    let recipients: Vec<_> = by_participant.keys().copied().collect();
    assert_eq!(
        recipients,
        [participants[0].id],
        "who knew the first schedule"
    );
    let message = &by_participant[&participants[0].id][0];
    let line = start_line(competition.starts_at, silent);
    assert!(message.body.contains(&line), "{line} in {}", message.body);
}

async fn changes_that_do_not_affect_participants_make_no_message(app: App) {
    let competition = app.competition(5, false).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    let other_fields = CompetitionPatch {
        title: Some("Summer Sprint".to_owned()),
        capacity: Some(7),
        starts_at: Some(competition.starts_at),
        location: Some(competition.location.clone()),
        ..CompetitionPatch::default()
    };
    change(&app, &competition, other_fields).await;
    assert_eq!(app.open_jobs().await, 0, "the schedule is unchanged");
    let empty = app.competition(5, false).await;
    change(&app, &empty, start(empty.starts_at + TimeDelta::days(1))).await;
    assert_eq!(app.open_jobs().await, 0, "there is no participant");
    app.clock.advance(TimeDelta::days(9));
    let location = CompetitionPatch {
        location: Some("Gym".to_owned()),
        ..CompetitionPatch::default()
    };
    change(&app, &competition, location).await;
    assert_eq!(app.open_jobs().await, 0, "the competition is over");
}

async fn participants_who_cancelled_or_whose_competition_is_cancelled_get_no_message(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(2).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    let registrations = &app.services.registrations;
    let live = registrations
        .live(participants[0], competition.id)
        .await
        .unwrap();
    change(
        &app,
        &competition,
        start(competition.starts_at + TimeDelta::days(1)),
    )
    .await;
    let id = live.unwrap().registration_id;
    registrations.cancel(participants[0], id).await.unwrap();
    let cancelled = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    change(&app, &competition, cancelled).await;
    app.run_jobs_with_retries().await;
    assert!(messages(&app).await.is_empty());
    assert_eq!(app.messages(MessageKind::Cancellation).await.len(), 2);
}

/// Starts an SMTP server, and an application that sends through it.
async fn app_with_smtp_server(backend: Backend) -> (App, FakeSmtpServer) {
    let server = FakeSmtpServer::start().await;
    let url = format!("--smtp-url={}", server.url());
    let arguments = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (
        spawn_app_with(Storage::create(backend).await, &arguments).await,
        server,
    )
}

async fn a_change_is_mailed_with_a_calendar_entry_that_replaces_the_old_one(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(1, true).await;
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], competition.id).await;
    app.register_all(&participants[1..], competition.id).await;
    app.run_jobs_with_retries().await;
    let new = competition.starts_at + TimeDelta::days(1);
    change(&app, &competition, start(new)).await;
    app.run_jobs_with_retries().await;

    let mails = server.received();
    let mail_to = |subject: &str, participant: Actor| {
        let address = format!("{}@example.test", participant.id);
        let begins = |line: String| line.starts_with(subject);
        let mail = mails
            .iter()
            .find(|mail| mail.to == address && mail.header("subject").is_some_and(begins))
            .unwrap_or_else(|| panic!("{subject} to {address}"));
        mail.data.as_str()
    };
    let calendar_line = |mail: &str, name: &str| {
        let start = mail
            .find(&format!("\n{name}:"))
            .unwrap_or_else(|| panic!("{name} in {mail}"));
        mail[start..]
            .trim_start()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    };
    let sequence = |mail: &str| -> i64 {
        calendar_line(mail, "SEQUENCE")
            .strip_prefix("SEQUENCE:")
            .unwrap()
            .parse()
            .unwrap()
    };
    let confirmation = mail_to("You’re in", participants[0]);
    let change = mail_to("New date", participants[0]);
    assert_eq!(
        calendar_line(confirmation, "UID"),
        calendar_line(change, "UID")
    );
    assert!(sequence(confirmation) < sequence(change));
    let starts = new.format("DTSTART:%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(calendar_line(change, "DTSTART"), starts);
    let to_waitlist = mail_to("New date", participants[1]);
    assert!(
        !to_waitlist.contains("BEGIN:VCALENDAR"),
        "a waitlisted participant gets no calendar entry"
    );
}

/// Kills a worker at a failpoint, and asserts that each participant gets one message from the next worker.
async fn kill_worker_at(failpoint: &str) {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let competition = app.competition(1_300, false).await;
    app.insert_confirmed_registrations(competition.id, 1_300)
        .await;
    change(
        &app,
        &competition,
        start(competition.starts_at + TimeDelta::days(1)),
    )
    .await;
    let mut killed = Program::worker(&app.storage, Some(failpoint));
    killed.wait_for_log("failpoint reached").await;
    killed.kill().await;
    let next = Program::worker(&app.storage, None);
    wait_until("every message is written", || async {
        app.open_jobs().await == 0
    })
    .await;
    let messages = app.messages(MessageKind::Change).await;
    let recipients: HashSet<_> = messages.iter().map(|message| message.user_id).collect();
    assert_eq!((messages.len(), recipients.len()), (1_300, 1_300));
    assert!(app.failed_jobs().await.is_empty());
    wait_until("the queue is empty", || async {
        app.ports
            .queue
            .depth(Queues::REMINDER)
            .await
            .unwrap()
            .total()
            == 0
    })
    .await;
    assert!(next.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_within_a_page_leaves_no_participant_out() {
    kill_worker_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_between_two_pages_writes_no_message_twice() {
    kill_worker_at("before-ack").await;
}
