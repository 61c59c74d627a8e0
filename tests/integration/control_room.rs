//! The control room: what an organizer sees while registration opens, and what can be changed there.

mod letters;
mod processes;

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, CompetitionView, Role, UserView,
        forms::{AnnouncementInput, CompetitionPatch},
    },
};
use reqwest::{Method, StatusCode};

use crate::{
    harness::{App, Clients, Reply, wait_until},
    on_both_backends,
};

on_both_backends!(
    the_control_room_says_what_has_happened,
    the_chart_marks_what_those_who_run_the_competition_did,
    those_who_watch_share_a_snapshot_for_a_second_and_see_own_changes_at_once,
    seats_are_added_after_a_question_that_says_who_is_promoted,
    a_question_that_is_out_of_date_reverts_nothing,
    a_capacity_out_of_bounds_is_refused_in_words,
    the_waitlist_is_closed_and_opened_after_a_question,
    only_a_published_competition_can_be_changed_there,
    the_overview_of_a_competition_has_the_chart_and_a_link_to_the_control_room,
    the_control_room_is_for_the_organizer_and_administrators,
    open_pages_are_counted_until_they_are_closed,
    the_numbers_never_go_back_in_a_rush_and_are_right_at_its_end,
    the_busiest_second_is_found_in_a_minute_that_is_not_among_the_busiest,
);

/// A full competition of two seats, on whose waitlist three people are.
struct Setup {
    organizer: UserView,
    competition: CompetitionView,
    clients: Clients,
    path: String,
}

async fn set_up(app: &App) -> Setup {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 2, true).await;
    app.register_all(&app.participants(5).await, competition.id)
        .await;
    Setup {
        clients: Clients::log_in(app, &organizer).await,
        path: format!("/organize/{}/live", competition.id),
        organizer,
        competition,
    }
}

async fn the_control_room_says_what_has_happened(app: App) {
    let setup = set_up(&app).await;
    app.services.tallies.count(
        setup.competition.id,
        mini_compete::model::TallyKind::Refusal,
        "already-registered",
    );
    app.services.tallies.write(&app.database).await.unwrap();
    for span in ["", "?span=1h", "?span=all", "?span=nonsense"] {
        let page = setup
            .clients
            .browser
            .get(&format!("{}{span}", setup.path))
            .await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let tiles = page.find(".tiles").unwrap();
        for words in [
            "2 of 2",
            "Waitlist on",
            "Sold out at09:00",
            "0 of 2",
            "0 failed",
        ] {
            assert!(tiles.contains(words), "{words} in {tiles}");
        }
        assert_eq!(page.find("[data-phase-badge]").unwrap(), "Waitlist");
        let newest = page.find(".room-newest").unwrap();
        assert_eq!(newest.matches("Person").count(), 5, "{newest}");
        let refusals = page.find(".room-refusals").unwrap();
        assert!(
            refusals.contains("twice1") && refusals.contains("errors0"),
            "{refusals}"
        );
        let chart = page.find(".chart desc").unwrap();
        assert!(
            chart.contains("2 of 2 seats are taken, 3 waiting."),
            "{chart}"
        );
        assert!(page.find("[data-reload]").is_some());
    }
    let hour = setup
        .clients
        .browser
        .get(&format!("{}?span=1h", setup.path))
        .await;
    assert!(
        hour.find(".as-table tbody tr")
            .unwrap()
            .starts_with("09:00")
    );
    app.run_open_jobs().await;
    app.clock.advance(TimeDelta::seconds(2));
    wait_until("the snapshot is taken again", async || {
        let page = setup.clients.browser.get(&setup.path).await;
        page.find(".tiles").unwrap().contains("2 of 2Confirm")
            || page.find(".tiles").unwrap().contains("Confirmations2 of 2")
    })
    .await;
}

async fn the_chart_marks_what_those_who_run_the_competition_did(app: App) {
    let setup = set_up(&app).await;
    let actor = Actor::from(&setup.organizer);
    let (services, id) = (&app.services, setup.competition.id);
    let patch = CompetitionPatch {
        capacity: Some(3),
        ..CompetitionPatch::default()
    };
    let edit = services.competitions.edit(actor, id, patch, None);
    edit.await.unwrap();
    // An edit of something else is no moment of the chart.
    let patch = CompetitionPatch {
        title: Some("Another Cup".to_owned()),
        ..CompetitionPatch::default()
    };
    let edit = services.competitions.edit(actor, id, patch, None);
    edit.await.unwrap();
    services.competitions.pause(actor, id).await.unwrap();
    services.competitions.resume(actor, id).await.unwrap();
    let announcement = AnnouncementInput {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        ..AnnouncementInput::default()
    };
    let announce = services
        .announcements
        .announce(actor, id, None, announcement);
    announce.await.unwrap();
    let page = setup.clients.browser.get(&setup.path).await;
    let list = page.find(".as-table ul").unwrap();
    for words in ["Seats: 3", "Paused", "Resumed", "Announced"] {
        assert_eq!(list.matches(words).count(), 1, "{words} in {list}");
    }
}

async fn those_who_watch_share_a_snapshot_for_a_second_and_see_own_changes_at_once(app: App) {
    let setup = set_up(&app).await;
    let actor = Actor::from(&setup.organizer);
    let (rooms, id) = (&app.services.control_rooms, setup.competition.id);
    let first = rooms.snapshot(actor, id).await.unwrap();
    let second = rooms.snapshot(actor, id).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    app.services.competitions.pause(actor, id).await.unwrap();
    let third = rooms.snapshot(actor, id).await.unwrap();
    assert!(third.competition.paused);
    assert_eq!(third.samples.len(), 2);
}

async fn seats_are_added_after_a_question_that_says_who_is_promoted(app: App) {
    let setup = set_up(&app).await;
    let browser = &setup.clients.browser;
    let room = browser.get(&setup.path).await;
    assert!(room.find(".room-add input[name=seats]").is_some());
    let question = browser
        .get(&setup.path.replace("live", "add-seats?seats=2"))
        .await;
    assert_eq!(question.find("h1").unwrap(), "Add 2 seats?");
    assert!(question.text.contains("The capacity goes from 2 to 4."));
    assert!(question.text.contains("It promotes 2 of 3 waiting"));
    let form = question.form("form[action='/act/change-capacity-of-competition']");
    // Two presses add no more than one.
    for _ in 0..2 {
        let room = browser.submit(&form).await;
        assert!(room.url.ends_with("/live"), "{}", room.url);
        assert!(room.find(".tiles").unwrap().contains("4 of 4"));
    }
    assert_eq!(app.assert_seat_invariant().await, 4);
}

async fn a_question_that_is_out_of_date_reverts_nothing(app: App) {
    let setup = set_up(&app).await;
    let browser = &setup.clients.browser;
    let ask = setup.path.replace("live", "add-seats?seats=1");
    let question = browser.get(&ask).await;
    let stale = question.form("form[action='/act/change-capacity-of-competition']");
    let actor = Actor::from(&setup.organizer);
    let more = CompetitionPatch {
        capacity: Some(9),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    let id = setup.competition.id;
    competitions.edit(actor, id, more, None).await.unwrap();
    let room = browser.submit(&stale).await;
    assert!(room.find(".flash").is_some(), "{}", room.text);
    assert!(room.find(".tiles").unwrap().contains("5 of 9"));
}

async fn a_capacity_out_of_bounds_is_refused_in_words(app: App) {
    let setup = set_up(&app).await;
    let browser = &setup.clients.browser;
    let ask = setup.path.replace("live", "add-seats?seats=4000000000");
    let question = browser.get(&ask).await;
    assert!(
        question
            .text
            .contains("The capacity goes from 2 to 1,000,000.")
    );
    let form = question.form("form[action='/act/change-capacity-of-competition']");
    for (capacity, words) in [
        ("0", "1,000,000"),
        ("many", "1,000,000"),
        ("1", "More seats are taken"),
    ] {
        let room = browser
            .submit(&form.clone().fill("capacity", capacity))
            .await;
        let alert = room.find(".flash").unwrap();
        assert!(alert.contains(words), "{capacity}: {alert}");
        assert!(room.find(".tiles").unwrap().contains("2 of 2"));
    }
}

async fn only_a_published_competition_can_be_changed_there(app: App) {
    let setup = set_up(&app).await;
    let browser = &setup.clients.browser;
    let actor = Actor::from(&setup.organizer);
    let off = CompetitionPatch::status(CompetitionStatus::Cancelled);
    let competitions = &app.services.competitions;
    competitions
        .edit(actor, setup.competition.id, off, None)
        .await
        .unwrap();
    let room = browser.get(&setup.path).await;
    assert_eq!(room.status, StatusCode::OK);
    assert_eq!(room.find("[data-phase-badge]").unwrap(), "Cancelled");
    assert_eq!(room.find(".room-add"), None);
    assert_eq!(room.find("[data-part=switches]").as_deref(), Some(""));
}

async fn the_overview_of_a_competition_has_the_chart_and_a_link_to_the_control_room(app: App) {
    let setup = set_up(&app).await;
    let overview = setup.path.replace("/live", "");
    let page = setup.clients.browser.get(&overview).await;
    let chart = page.find(".chart desc").unwrap();
    assert!(
        chart.contains("2 of 2 seats are taken, 3 waiting."),
        "{chart}"
    );
    let link = format!("a[href='{}']", setup.path);
    assert_eq!(page.find(&link).as_deref(), Some("Control room"));
}

async fn the_waitlist_is_closed_and_opened_after_a_question(app: App) {
    let setup = set_up(&app).await;
    let browser = &setup.clients.browser;
    let path = setup.path.replace("live", "waitlist");
    for (title, shown) in [
        ("Close the waitlist?", "Waitlist off"),
        ("Open a waitlist?", "Waitlist on"),
    ] {
        let question = browser.get(&path).await;
        assert_eq!(question.find("h1").unwrap(), title);
        let form = question.form("form[action='/act/change-waitlist-of-competition']");
        let room = browser.submit(&form).await;
        assert!(room.find(".tiles").unwrap().contains(shown), "{shown}");
    }
}

async fn the_control_room_is_for_the_organizer_and_administrators(app: App) {
    let setup = set_up(&app).await;
    let admin = app.account("Ada", Role::Admin).await;
    let other = app.account("Oleg", Role::Organizer).await;
    for (account, status) in [(&admin, StatusCode::OK), (&other, StatusCode::FORBIDDEN)] {
        let clients = Clients::log_in(&app, account).await;
        assert_eq!(clients.browser.get(&setup.path).await.status, status);
        let question = setup.path.replace("live", "add-seats?seats=2");
        assert_eq!(clients.browser.get(&question).await.status, status);
    }
}

async fn open_pages_are_counted_until_they_are_closed(app: App) {
    let setup = set_up(&app).await;
    let id = setup.competition.id;
    let path = format!("/api/v1/competitions/{id}/events");
    let client = app.client();
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = client.request(Method::GET, &path).send().await.unwrap();
        stream.chunk().await.unwrap().expect("the first event");
        streams.push(stream);
    }
    assert_eq!(app.services.stream_counts.of(id), 3);
    drop(streams);
    wait_until("the streams are closed", async || {
        app.services.stream_counts.of(id) == 0
    })
    .await;
}

async fn the_numbers_never_go_back_in_a_rush_and_are_right_at_its_end(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 120, true).await;
    let people = app.participants(200).await;
    let browser = Clients::log_in(&app, &organizer).await.browser;
    let path = format!("/organize/{}/live", competition.id);
    let done = AtomicBool::new(false);
    let rush = async {
        app.register_all(&people, competition.id).await;
        done.store(true, Ordering::Relaxed);
    };
    let watch = async {
        let mut last = 0;
        while !done.load(Ordering::Relaxed) {
            let taken = taken(&browser.get(&path).await);
            assert!((last..=120).contains(&taken), "{last}, then {taken}");
            last = taken;
        }
    };
    tokio::join!(rush, watch);
    let (rooms, actor) = (&app.services.control_rooms, Actor::from(&organizer));
    wait_until("a snapshot is newer than the rush", async || {
        let room = rooms.snapshot(actor, competition.id).await.unwrap();
        room.competition.waitlisted == 80
    })
    .await;
    let room = rooms.snapshot(actor, competition.id).await.unwrap();
    assert_eq!((room.taken(), room.competition.waitlisted), (120, 80));
    let last = room.samples.last().unwrap();
    assert_eq!((last.taken, last.waiting, last.registered), (120, 80, 200));
    // Two hundred within the three seconds of the clock of the test, which stands still.
    assert_eq!(room.per_second, 67);
    assert_eq!(room.peak, Some((200, app.clock.now())));
    assert_eq!(room.minutes.last().unwrap().seats_taken, 120);
}

/// Returns the number of taken seats that the page shows.
fn taken(page: &Reply) -> u64 {
    let tile = page.find(".tiles dd").unwrap();
    let number = tile.split(' ').next().unwrap();
    number.parse().unwrap()
}

async fn the_busiest_second_is_found_in_a_minute_that_is_not_among_the_busiest(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let id = app.competition_of(&organizer, 20, true).await.id;
    let people = app.participants(14).await;
    let (spread, together) = people.split_at(12);
    for minute in spread.chunks(3) {
        for person in minute {
            app.register_all(std::slice::from_ref(person), id).await;
            app.clock.advance(TimeDelta::seconds(10));
        }
        app.clock.advance(TimeDelta::seconds(30));
    }
    let busiest = app.clock.now();
    app.register_all(together, id).await;
    app.clock.advance(TimeDelta::minutes(5));
    let rooms = &app.services.control_rooms;
    let room = rooms.snapshot(Actor::from(&organizer), id).await.unwrap();
    assert_eq!(room.peak, Some((2, busiest)));
}
