//! The numbers of a competition over time: they equal the rows of registrations, and refusals and visitors are tallied.

use std::collections::HashMap;

use chrono::TimeDelta;
use migration::MigratorTrait;
use mini_compete::{
    domain::Actor,
    model::{
        BulkAction, CompetitionId, CompetitionView, CountsView, Interval, RegistrationId,
        RegistrationStatus, Role, StatisticsView, UserView,
        forms::{BulkInput, CompetitionInput, CompetitionPatch, ParticipantForm},
    },
    store::entity::{competition_tally, registration_count},
};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Clients, TableSnapshot},
    on_both_backends,
};

on_both_backends!(
    the_counts_equal_the_registrations_in_every_interval,
    what_the_organizer_does_to_participants_is_counted,
    hours_and_days_are_those_of_the_zone_when_its_clocks_are_set,
    an_upgrade_counts_the_registrations_that_exist,
    refusals_are_tallied_by_their_reason_and_repeats_are_not,
    visitors_are_tallied_by_language_and_domain_and_the_domains_are_bounded,
    statistics_are_for_the_organizer_and_administrators,
    the_counts_of_a_deleted_competition_are_removed,
);

/// A competition with its organizer.
struct Setup {
    organizer: UserView,
    competition: CompetitionView,
}

async fn set_up(app: &App, zone: &str) -> Setup {
    let organizer = app.account("Olga", Role::Organizer).await;
    let input = CompetitionInput {
        time_zone: zone.to_owned(),
        starts_at: app.clock.now() + TimeDelta::days(400),
        reg_deadline: app.clock.now() + TimeDelta::days(399),
        ..app.competition_input(4, true)
    };
    let competitions = &app.services.competitions;
    let competition = competitions.create(Actor::from(&organizer), input).await;
    Setup {
        competition: competition.unwrap(),
        organizer,
    }
}

impl Setup {
    async fn statistics(&self, app: &App, interval: Interval) -> StatisticsView {
        let actor = Actor::from(&self.organizer);
        let competitions = &app.services.competitions;
        let statistics = competitions.statistics(actor, self.competition.id, interval);
        statistics.await.unwrap()
    }

    /// Registers new participants, cancels the first of them, and changes the capacity.
    async fn busy_day(&self, app: &App, capacity: i64) {
        let id = self.competition.id;
        let participants = app.participants(6).await;
        app.register_all(&participants, id).await;
        app.clock.advance(TimeDelta::minutes(7));
        let registrations = &app.services.registrations;
        for participant in &participants[..2] {
            let live = registrations.live(*participant, id).await.unwrap().unwrap();
            let cancelled = registrations.cancel(*participant, live.registration_id);
            cancelled.await.unwrap();
        }
        app.clock.advance(TimeDelta::minutes(20));
        let patch: CompetitionPatch =
            serde_json::from_value(json!({ "capacity": capacity })).unwrap();
        let actor = Actor::from(&self.organizer);
        let competitions = &app.services.competitions;
        competitions.edit(actor, id, patch, None).await.unwrap();
    }
}

/// Returns what the rows of registrations say.
async fn counted(app: &App, id: CompetitionId) -> CountsView {
    let tables = TableSnapshot::read(&app.database).await;
    let mut counts = CountsView::default();
    for row in tables.registrations_of(id) {
        match row.waitlist_seq {
            None => counts.registered += 1,
            Some(_) => counts.waitlisted += 1,
        }
        counts.promoted += u64::from(row.promoted_at.is_some());
        if row.status == RegistrationStatus::Cancelled {
            match row.waitlist_seq.is_none() || row.promoted_at.is_some() {
                true => counts.cancelled += 1,
                false => counts.left_waitlist += 1,
            }
        }
    }
    counts
}

fn sum(statistics: &StatisticsView) -> CountsView {
    let mut sum = CountsView::default();
    for bucket in &statistics.buckets {
        sum.registered += bucket.counts.registered;
        sum.waitlisted += bucket.counts.waitlisted;
        sum.promoted += bucket.counts.promoted;
        sum.cancelled += bucket.counts.cancelled;
        sum.left_waitlist += bucket.counts.left_waitlist;
    }
    sum
}

async fn the_counts_equal_the_registrations_in_every_interval(app: App) {
    let setup = set_up(&app, "Asia/Kathmandu").await;
    for capacity in [5, 9] {
        setup.busy_day(&app, capacity).await;
        app.clock.advance(TimeDelta::hours(26));
    }
    let expected = counted(&app, setup.competition.id).await;
    assert_eq!(expected.registered + expected.waitlisted, 12);
    assert_eq!(expected.cancelled + expected.left_waitlist, 4);
    assert!(expected.promoted >= 3);
    for interval in Interval::ALL {
        let statistics = setup.statistics(&app, *interval).await;
        assert_eq!(statistics.totals, expected, "{interval}");
        assert_eq!(sum(&statistics), expected, "{interval}");
        let last = statistics.buckets.last().unwrap();
        let taken = app.assert_seat_invariant().await.unsigned_abs();
        assert_eq!(last.seats_taken, u64::from(taken), "{interval}");
        let first = statistics.buckets.first().unwrap();
        assert!(first.seats_taken <= 5, "{first:?}");
    }
    let days = setup.statistics(&app, Interval::Day).await;
    assert_eq!(days.buckets.len(), 2);
    assert_eq!(days.time_zone, "Asia/Kathmandu");
}

async fn what_the_organizer_does_to_participants_is_counted(app: App) {
    let setup = set_up(&app, "UTC").await;
    let (actor, id) = (Actor::from(&setup.organizer), setup.competition.id);
    let add = async |email: &str| {
        let form = ParticipantForm {
            email: email.to_owned(),
            name: "Ada".to_owned(),
            ..ParticipantForm::default()
        };
        let reply = app.services.participants.add(actor, id, None, &form).await;
        let reply = reply.unwrap();
        let outcome = reply.outcome().unwrap();
        outcome.registration().unwrap().registration_id
    };
    let act = async |action: BulkAction, ids: &[RegistrationId]| {
        let input = BulkInput {
            action,
            ids: ids.to_vec(),
            reason: None,
            dry_run: false,
        };
        let registrations = &app.services.registrations;
        let reply = registrations.act(actor, id, None, input).await.unwrap();
        let outcome = reply.outcome().unwrap();
        assert_eq!(outcome.bulk().unwrap().refused, 0, "{outcome:?}");
    };
    let seated = [
        add("one@example.org").await,
        add("two@example.org").await,
        add("three@example.org").await,
    ];
    app.register_all(&app.participants(2).await, id).await;
    let (first, last) = (add("four@example.org").await, add("five@example.org").await);
    act(BulkAction::Cancel, &[seated[0], first]).await;
    app.clock.advance(TimeDelta::days(401));
    act(BulkAction::Cancel, &seated[1..2]).await;
    act(BulkAction::Promote, &[last]).await;
    let counts = setup.statistics(&app, Interval::Day).await.totals;
    assert_eq!(counts, counted(&app, id).await);
    let expected = CountsView {
        registered: 4,
        waitlisted: 3,
        promoted: 2,
        cancelled: 2,
        left_waitlist: 1,
    };
    assert_eq!(counts, expected);
    assert_eq!(app.assert_seat_invariant().await, 4);
}

async fn hours_and_days_are_those_of_the_zone_when_its_clocks_are_set(app: App) {
    let setup = set_up(&app, "Europe/Copenhagen").await;
    let mut participants = app.participants(4).await.into_iter();
    // In the night in which clocks show the hour from 2 to 3 twice, and at the end of that day.
    for time in [
        "2030-10-27T00:30:00Z",
        "2030-10-27T01:30:00Z",
        "2030-10-27T22:59:59Z",
        "2030-10-27T23:00:00Z",
    ] {
        let time: chrono::DateTime<chrono::Utc> = time.parse().unwrap();
        app.clock.advance(time - app.clock.now());
        let participant = participants.next().unwrap();
        app.register_all(&[participant], setup.competition.id).await;
    }
    let clients = Clients::log_in(&app, &setup.organizer).await;
    let starts = async |interval: &str| {
        let path = format!(
            "/api/v1/competitions/{}/stats?interval={interval}",
            setup.competition.id
        );
        let reply = clients.api.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let bucket = |bucket: &Value| {
            let registered = bucket["counts"]["registered"].as_u64().unwrap();
            (bucket["start"].as_str().unwrap().to_owned(), registered)
        };
        let json = reply.json();
        let buckets = json["buckets"].as_array().unwrap();
        buckets.iter().map(bucket).collect::<Vec<_>>()
    };
    let expected = |starts: &[(&str, u64)]| {
        let starts = starts.iter();
        starts
            .map(|(start, count)| ((*start).to_owned(), *count))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        starts("hour").await,
        expected(&[
            ("2030-10-27T00:00:00Z", 1),
            ("2030-10-27T01:00:00Z", 1),
            ("2030-10-27T22:00:00Z", 1),
            ("2030-10-27T23:00:00Z", 1),
        ])
    );
    assert_eq!(
        starts("day").await,
        expected(&[("2030-10-26T22:00:00Z", 3), ("2030-10-27T23:00:00Z", 1)])
    );
}

async fn an_upgrade_counts_the_registrations_that_exist(app: App) {
    let setup = set_up(&app, "UTC").await;
    setup.busy_day(&app, 6).await;
    let all = async || {
        let rows = registration_count::Entity::find();
        let mut rows = rows.all(app.database.read()).await.unwrap();
        rows.sort_by_key(|row| (row.minutes, row.first_minute));
        rows
    };
    let written = all().await;
    assert!(written.len() >= 3, "{written:?}");
    let schema = app.database.for_migrations().await.unwrap();
    // Back to before the table of counts, whatever came after it.
    let names: Vec<_> = migration::Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let at = names
        .iter()
        .position(|name| name.ends_with("000181_registration_counts"));
    let steps = u32::try_from(names.len() - at.unwrap()).unwrap();
    migration::Migrator::down(&schema, Some(steps))
        .await
        .unwrap();
    migration::Migrator::up(&schema, None).await.unwrap();
    assert_eq!(all().await, written);
}

fn tallies(statistics: &[mini_compete::model::TallyView]) -> HashMap<String, u64> {
    let pairs = statistics.iter();
    pairs
        .map(|tally| (tally.name.clone(), tally.count))
        .collect()
}

async fn refusals_are_tallied_by_their_reason_and_repeats_are_not(app: App) {
    let setup = set_up(&app, "UTC").await;
    let id = setup.competition.id;
    let actor = app.participants(1).await[0];
    let client = app.client().with_token(app.token(actor).await);
    for key in ["a", "b", "b", "c"] {
        client.register(id, key).await;
    }
    let organizer = Actor::from(&setup.organizer);
    let competitions = &app.services.competitions;
    competitions.pause(organizer, id).await.unwrap();
    let other = app.participants(1).await[0];
    let other = app.client().with_token(app.token(other).await);
    for _ in 0..3 {
        other.register(id, "d").await;
    }
    other.register(CompetitionId::new(), "e").await;
    // Twice: the second time there is nothing new.
    for _ in 0..2 {
        app.services.tallies.write(&app.database).await.unwrap();
    }
    let statistics = setup.statistics(&app, Interval::Hour).await;
    let expected = [
        ("already-registered".to_owned(), 2),
        ("registration-paused".to_owned(), 3),
    ];
    assert_eq!(tallies(&statistics.refusals), HashMap::from(expected));
    assert_eq!(statistics.refusals[0].name, "registration-paused");
}

async fn visit(client: &Client, id: CompetitionId, headers: &[(&str, &str)]) {
    let path = format!("/competitions/{id}");
    let mut request = client.request(Method::GET, &path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    assert_eq!(client.send(request).await.status, StatusCode::OK);
}

async fn visitors_are_tallied_by_language_and_domain_and_the_domains_are_bounded(app: App) {
    let setup = set_up(&app, "UTC").await;
    let id = setup.competition.id;
    let visitor = app.client();
    let news = ("referer", "https://www.news.example/today?reader=1");
    visit(&visitor, id, &[news, ("accept-language", "de")]).await;
    visit(&visitor, id, &[news]).await;
    visit(&visitor, id, &[]).await;
    visit(&visitor, id, &[("sec-fetch-mode", "cors")]).await;
    let missing = app.client();
    let missing_page = format!("/competitions/{}", CompetitionId::new());
    assert_eq!(
        missing.get(&missing_page).await.status,
        StatusCode::NOT_FOUND
    );
    app.services.tallies.write(&app.database).await.unwrap();
    let statistics = setup.statistics(&app, Interval::Hour).await;
    let languages = [("de".to_owned(), 1), ("en".to_owned(), 2)];
    assert_eq!(tallies(&statistics.languages), HashMap::from(languages));
    let referrers = [("news.example".to_owned(), 2), (String::new(), 1)];
    assert_eq!(tallies(&statistics.referrers), HashMap::from(referrers));

    for number in 0..70 {
        let page = format!("https://site{number}.example/");
        visit(&visitor, id, &[("referer", page.as_str())]).await;
        if number % 20 == 0 {
            app.services.tallies.write(&app.database).await.unwrap();
        }
    }
    app.services.tallies.write(&app.database).await.unwrap();
    let statistics = setup.statistics(&app, Interval::Hour).await;
    assert_eq!(statistics.referrers.len(), 51);
    let visits: u64 = statistics.referrers.iter().map(|tally| tally.count).sum();
    assert_eq!(visits, 73);
    let rows = competition_tally::Entity::find().count(app.database.read());
    assert_eq!(rows.await.unwrap(), 53);
}

async fn statistics_are_for_the_organizer_and_administrators(app: App) {
    let setup = set_up(&app, "UTC").await;
    let path = format!("/api/v1/competitions/{}/stats", setup.competition.id);
    for (role, own, status) in [
        (Role::Participant, false, StatusCode::FORBIDDEN),
        (Role::Organizer, false, StatusCode::FORBIDDEN),
        (Role::Organizer, true, StatusCode::OK),
        (Role::Admin, false, StatusCode::OK),
    ] {
        let account = match own {
            true => setup.organizer.clone(),
            false => app.account(&format!("Somebody {role}"), role).await,
        };
        let clients = Clients::log_in(&app, &account).await;
        let reply = clients.api.get(&path).await;
        assert_eq!(reply.status, status, "{role}");
        if status == StatusCode::OK {
            assert_eq!(reply.json()["interval"], "hour");
            let invalid = clients.api.get(&format!("{path}?interval=week")).await;
            assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    let anonymous = app.client().get(&path).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
}

async fn the_counts_of_a_deleted_competition_are_removed(app: App) {
    let setup = set_up(&app, "UTC").await;
    setup.busy_day(&app, 6).await;
    visit(&app.client(), setup.competition.id, &[]).await;
    app.services.tallies.write(&app.database).await.unwrap();
    let left = async || {
        let counts = registration_count::Entity::find().count(app.database.read());
        let tallies = competition_tally::Entity::find().count(app.database.read());
        (counts.await.unwrap() > 0, tallies.await.unwrap() > 0)
    };
    assert_eq!(left().await, (true, true));
    let organizer = Actor::from(&setup.organizer);
    let competitions = &app.services.competitions;
    let deletion = competitions.delete(organizer, setup.competition.id, None);
    deletion.await.unwrap();
    app.run_open_jobs().await;
    assert_eq!(left().await, (false, false));
}
