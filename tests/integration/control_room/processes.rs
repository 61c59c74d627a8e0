//! The control room where there are two processes, on one PostgreSQL and one Redis.

use std::{collections::HashSet, sync::Mutex, time::Duration};

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, Role},
};
use reqwest::Method;

use crate::harness::{App, Backend, Storage, eventually, spawn_app_with, wait_until};

/// How long a sample may take to arrive.
const DEADLINE: Duration = Duration::from_secs(60);

async fn two_processes() -> [App; 2] {
    let storage = Storage::create(Backend::Postgres).await;
    let first = spawn_app_with(storage.share(), &[]).await;
    [first, spawn_app_with(storage, &[]).await]
}

/// Returns an organizer and a competition of theirs with 20 seats.
async fn organized(app: &App) -> (Actor, CompetitionId) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 20, true).await;
    (Actor::from(&organizer), competition.id)
}

/// Moves the clocks of both processes, which stand still at the same time.
fn advance(apps: [&App; 2], seconds: i64) {
    for app in apps {
        app.clock.advance(TimeDelta::seconds(seconds));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_pages_are_counted_in_all_processes() {
    let [first, second] = two_processes().await;
    let id = first.competition(2, true).await.id;
    let path = format!("/api/v1/competitions/{id}/events");
    let client = second.client();
    let mut stream = client.request(Method::GET, &path).send().await.unwrap();
    stream.chunk().await.unwrap().expect("the first event");
    wait_until("the other process knows", async || {
        first.services.stream_counts.of(id) == 1
    })
    .await;
    drop(stream);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_peak_is_the_same_in_all_processes_whenever_somebody_begins_to_watch() {
    let [first, second] = two_processes().await;
    let (actor, id) = organized(&first).await;
    let people = first.participants(9).await;
    let rooms = &first.services.control_rooms;
    let before = rooms.snapshot(actor, id).await.unwrap();
    assert_eq!(before.peak, None);
    first.register_all(&people[..3], id).await;
    advance([&first, &second], 2);
    let busiest = first.clock.now();
    second.register_all(&people[3..8], id).await;
    advance([&first, &second], 1);
    first.register_all(&people[8..], id).await;
    wait_until("the first process has another snapshot", async || {
        let room = rooms.snapshot(actor, id).await.unwrap();
        room.peak == Some((5, busiest))
    })
    .await;

    // Nobody watched in the other process, and now it is much later.
    second.clock.advance(TimeDelta::minutes(30));
    let late = second.services.control_rooms.snapshot(actor, id).await;
    let late = late.unwrap();
    assert_eq!(late.peak, Some((5, busiest)));
    assert_eq!(late.per_second, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chart_has_the_seconds_that_another_process_has_read() {
    let [first, second] = two_processes().await;
    let (actor, id) = organized(&first).await;
    let people = first.participants(3).await;
    let _looking = first.services.stream_counts.join(id);
    wait_until("the other process hears the first one", async || {
        second.services.stream_counts.of(id) == 1
    })
    .await;
    // Each snapshot is taken at a time of its own.
    let pass = |taken_at| {
        if taken_at == first.clock.now() {
            advance([&first, &second], 1);
        }
    };
    let rooms = &second.services.control_rooms;
    let times = Mutex::new(HashSet::new());
    // A sample that Redis does not take in time is not sent again: the next one arrives.
    let read_elsewhere = eventually("the other process has a sample", DEADLINE, || async {
        let reading = first.services.control_rooms.snapshot(actor, id);
        let read = reading.await.unwrap().at;
        times.lock().unwrap().insert(read);
        pass(read);
        let room = rooms.snapshot(actor, id).await.unwrap();
        pass(room.at);
        let times = times.lock().unwrap();
        let mut samples = room.samples.iter().map(|sample| sample.at);
        samples.find(|at| times.contains(at))
    })
    .await;
    first.register_all(&people, id).await;
    wait_until("another snapshot is taken", async || {
        let room = rooms.snapshot(actor, id).await.unwrap();
        let mut samples = room.samples.iter();
        let known = samples.find(|sample| sample.at == read_elsewhere);
        let newest = room.samples.last();
        (
            known.map(|it| it.registered),
            newest.map(|it| it.registered),
        ) == (Some(0), Some(3))
    })
    .await;
}
