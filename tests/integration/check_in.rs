//! Check-in: who is let in by which ticket, what is said of those who are there already, and who may do it.

mod crash;
mod drill;
mod offline;
mod pages;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, CompetitionView, RegistrationId, Role, StaffRole, UserView,
        forms::CompetitionPatch, ticket_number,
    },
};
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Clients, Reply, add_staff},
    on_both_backends,
};

on_both_backends!(
    the_first_scan_lets_a_participant_in_and_a_repeat_says_when_and_by_whom,
    a_ticket_is_also_named_by_its_number_and_by_the_registration,
    two_devices_that_scan_one_ticket_at_once_let_it_in_once,
    a_ticket_that_admits_nobody_has_a_problem_of_its_own,
    a_ticket_of_a_former_participant_is_not_valid,
    an_undone_check_in_does_not_count_until_the_next_scan,
    helpers_check_in_and_learn_no_address,
    participants_see_when_they_were_checked_in,
    organizers_list_and_export_those_who_are_there_and_those_who_are_not,
    an_announcement_reaches_those_who_are_checked_in,
    a_saved_view_keeps_who_is_checked_in,
    the_statistics_count_those_who_did_not_come,
    every_check_in_and_undoing_is_in_the_audit_log,
    the_number_of_those_who_are_there_is_sent_when_it_changes,
);

/// A competition with participants, its organizer, and a helper who checks in.
pub struct Setup {
    pub competition: CompetitionView,
    pub owner: Clients,
    pub helper: Clients,
    /// The participants with their registrations and the codes of their tickets.
    pub people: Vec<Ticket>,
}

/// The ticket of a participant.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub holder: UserView,
    pub registration: RegistrationId,
    pub code: String,
}

impl Setup {
    /// Creates the competition with these participants, of whom those beyond `capacity` wait.
    pub async fn new(app: &App, capacity: i64, names: &[&str]) -> Self {
        let owner = app.account("Olga", Role::Organizer).await;
        let helper = app.account("Hilda", Role::Participant).await;
        let competition = app.competition_of(&owner, capacity, true).await;
        add_staff(app, competition.id, helper.id, StaffRole::CheckIn).await;
        let mut people = Vec::new();
        for name in names {
            let holder = app.account(name, Role::Participant).await;
            let actor = Actor::from(&holder);
            app.register_all(&[actor], competition.id).await;
            let registrations = &app.services.registrations;
            let live = registrations.live(actor, competition.id).await.unwrap();
            let registration = live.unwrap().registration_id;
            people.push(Ticket {
                code: code_of(app, actor, registration).await,
                holder,
                registration,
            });
        }
        Self {
            owner: Clients::log_in(app, &owner).await,
            helper: Clients::log_in(app, &helper).await,
            competition,
            people,
        }
    }

    pub fn path(&self, below: &str) -> String {
        format!("/api/v1/competitions/{}{below}", self.competition.id)
    }

    /// Scans a code as the helper.
    pub async fn scan(&self, code: impl ToString) -> Reply {
        let body = json!({ "code": code.to_string() });
        let path = self.path("/check-ins");
        self.helper.api.post_json(&path, &body).await
    }

    /// Sends scans of a device: each with its code and the time at which it was made.
    pub async fn send(&self, device: &str, scans: &[(&str, DateTime<Utc>)]) -> Vec<Value> {
        let scans: Vec<_> = scans
            .iter()
            .map(|(code, at)| json!({ "code": code, "at": at, "device": device }))
            .collect();
        let path = self.path("/check-ins/batch");
        let body = json!({ "scans": scans });
        let reply = self.helper.api.post_json(&path, &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()["items"].as_array().unwrap().clone()
    }

    pub async fn undo(&self, registration: RegistrationId) -> StatusCode {
        let path = self.path(&format!("/check-ins/{registration}"));
        let request = self.helper.api.request(Method::DELETE, &path);
        self.helper.api.send(request).await.status
    }

    /// Returns how many are there, as the page says.
    pub async fn counter(&self) -> String {
        let path = format!("/organize/{}/check-in", self.competition.id);
        let page = self.helper.browser.get(&path).await;
        page.find("[data-testid=check-in-counter]").unwrap()
    }
}

/// Returns the code of a participant's ticket; empty if there is none.
pub async fn code_of(app: &App, actor: Actor, registration: RegistrationId) -> String {
    let tickets = &app.services.tickets;
    let view = tickets.registration(actor, registration).await.unwrap();
    view.ticket_code.unwrap_or_default()
}

/// Returns the status and the code of a problem.
fn problem(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.problem())
}

async fn the_first_scan_lets_a_participant_in_and_a_repeat_says_when_and_by_whom(app: App) {
    let setup = Setup::new(&app, 3, &["Ada"]).await;
    let ada = &setup.people[0];
    let first = setup.scan(&ada.code).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let at = app.clock.now();
    let view = first.json();
    assert_eq!(view["registrationId"], ada.registration.to_string());
    assert_eq!(view["userName"], "Ada");
    assert_eq!(view["division"], Value::Null);
    assert_eq!(view["first"], true);
    assert_eq!(view["checkedInBy"], "Hilda");
    assert_eq!(view["checkedInAt"].as_str().unwrap().parse(), Ok(at));
    app.clock.advance(TimeDelta::minutes(5));
    let path = setup.path("/check-ins");
    let body = json!({ "code": format!(" {}\r\n", ada.code) });
    let repeat = setup.owner.api.post_json(&path, &body).await;
    let repeat_view = repeat.json();
    assert_eq!(repeat.status, StatusCode::OK, "no error: {}", repeat.text);
    assert_eq!(repeat_view["first"], false);
    assert_eq!(repeat_view["checkedInAt"], view["checkedInAt"]);
    assert_eq!(repeat_view["checkedInBy"], "Hilda");
    assert_eq!(setup.counter().await, "1 of 1 checked in");
}

async fn a_ticket_is_also_named_by_its_number_and_by_the_registration(app: App) {
    let setup = Setup::new(&app, 3, &["Ada", "Bob", "Eve"]).await;
    let number = ticket_number(setup.people[0].registration);
    let typed = number.to_lowercase().replace('-', " ");
    let scanned = setup.scan(&typed).await;
    assert_eq!(scanned.json()["userName"], "Ada", "{}", scanned.text);
    let again = setup.scan(&number).await.json();
    assert_eq!(
        (&again["userName"], &again["first"]),
        (&json!("Ada"), &json!(false))
    );
    let by_id = setup.scan(setup.people[1].registration).await.json();
    assert_eq!(
        (&by_id["userName"], &by_id["first"]),
        (&json!("Bob"), &json!(true))
    );
    for unknown in ["7777-7777", "Ada", "ada@example.test", "mc1.x.y"] {
        let refused = setup.scan(unknown).await;
        assert_eq!(
            problem(&refused),
            (422, "ticket-invalid".to_owned()),
            "{unknown}"
        );
    }
    for (body, field) in [
        (json!({ "code": "" }), "code"),
        (json!({ "code": "x".repeat(101) }), "code"),
        (
            json!({ "code": number, "device": "x".repeat(65) }),
            "device",
        ),
        (json!({ "code": number, "who": "me" }), "who"),
        (json!({}), "code"),
    ] {
        let path = setup.path("/check-ins");
        let refused = setup.helper.api.post_json(&path, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}");
    }
    assert_eq!(setup.counter().await, "2 of 3 checked in");
}

async fn two_devices_that_scan_one_ticket_at_once_let_it_in_once(app: App) {
    let setup = Setup::new(&app, 3, &["Ada"]).await;
    let code = &setup.people[0].code;
    let replies = join_all((0..8).map(|_| setup.scan(code))).await;
    let first = replies.iter().filter(|reply| reply.json()["first"] == true);
    assert_eq!(first.count(), 1);
    let times: Vec<_> = replies
        .iter()
        .map(|reply| reply.json()["checkedInAt"].clone())
        .collect();
    assert!(times.iter().all(|time| *time == times[0]), "{times:?}");
}

async fn a_ticket_that_admits_nobody_has_a_problem_of_its_own(app: App) {
    let setup = Setup::new(&app, 3, &["Ada", "Bob", "Eve", "Walt"]).await;
    let [ada, bob, eve, walt] = &setup.people[..] else {
        panic!("four people")
    };
    assert_eq!(walt.code, "", "who waits has no ticket");
    let waits = setup.scan(walt.registration).await;
    assert_eq!(problem(&waits), (409, "ticket-waitlisted".to_owned()));
    // The code of one registration with the id of another, and one with another end.
    let [ours, theirs] = [&ada.code, &bob.code].map(|code| code.split('.').collect::<Vec<_>>());
    let forged = [
        format!("{}.{}.{}", ours[0], ours[1], theirs[2]),
        format!("{}.{}.{}", ours[0], ours[1], "A".repeat(ours[2].len())),
        ada.code.replace("mc1", "mc2"),
        "https://example.org/ticket".to_owned(),
    ];
    for code in &forged {
        let refused = setup.scan(code).await;
        assert_eq!(
            problem(&refused),
            (422, "ticket-invalid".to_owned()),
            "{code}"
        );
        assert!(
            !refused.text.contains("Ada"),
            "a forged ticket reveals nothing"
        );
    }
    let elsewhere = app.competition(3, false).await;
    app.register_all(&[Actor::from(&ada.holder)], elsewhere.id)
        .await;
    let registrations = &app.services.registrations;
    let live = registrations
        .live(Actor::from(&ada.holder), elsewhere.id)
        .await;
    let other = live.unwrap().unwrap().registration_id;
    let code = code_of(&app, Actor::from(&ada.holder), other).await;
    let refused = setup.scan(&code).await;
    assert_eq!(
        problem(&refused),
        (409, "ticket-of-another-competition".to_owned())
    );
    let refused = setup.scan(other).await;
    assert_eq!(
        problem(&refused),
        (422, "ticket-invalid".to_owned()),
        "an id proves nothing"
    );
    let bobs = app.token(Actor::from(&bob.holder)).await;
    app.client().with_token(bobs).cancel(bob.registration).await;
    let refused = setup.scan(&bob.code).await;
    assert_eq!(problem(&refused), (409, "ticket-cancelled".to_owned()));
    let patch = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    let owner = setup.competition.organizer_id;
    let competitions = &app.services.competitions;
    let owner = Actor::new(owner, Role::Organizer);
    competitions
        .edit(owner, setup.competition.id, patch, None)
        .await
        .unwrap();
    let refused = setup.scan(&eve.code).await;
    assert_eq!(problem(&refused), (409, "competition-cancelled".to_owned()));
    assert!(refused.json()["detail"].as_str().unwrap().len() > 20);
}

async fn a_ticket_of_a_former_participant_is_not_valid(app: App) {
    let setup = Setup::new(&app, 3, &["Ada"]).await;
    let ada = &setup.people[0];
    let bob = app.account("Bob", Role::Participant).await;
    let backend = app.database().backend();
    let mut update = sea_orm::sea_query::Query::update();
    update
        .table("registrations")
        .value("user_id", bob.id.0)
        .and_where(sea_orm::sea_query::ExprTrait::eq(
            sea_orm::sea_query::Expr::col("id"),
            ada.registration.0,
        ));
    let statement: Statement = backend.build(&update);
    app.database().write().execute_raw(statement).await.unwrap();
    let refused = setup.scan(&ada.code).await;
    assert_eq!(problem(&refused), (422, "ticket-invalid".to_owned()));
    let new = code_of(&app, Actor::from(&bob), ada.registration).await;
    assert_eq!(setup.scan(&new).await.json()["userName"], "Bob");
}

async fn an_undone_check_in_does_not_count_until_the_next_scan(app: App) {
    let setup = Setup::new(&app, 3, &["Ada", "Bob"]).await;
    let [ada, bob] = &setup.people[..] else {
        panic!("two people")
    };
    setup.scan(&ada.code).await;
    app.clock.advance(TimeDelta::minutes(1));
    for _ in 0..2 {
        assert_eq!(setup.undo(ada.registration).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(
        setup.undo(bob.registration).await,
        StatusCode::NO_CONTENT,
        "nothing to undo"
    );
    assert_eq!(setup.counter().await, "0 of 2 checked in");
    let elsewhere = Setup::new_competition(&app).await;
    let path = format!(
        "/api/v1/competitions/{}/check-ins/{}",
        elsewhere.0.id, ada.registration
    );
    let request = elsewhere.1.request(Method::DELETE, &path);
    assert_eq!(
        elsewhere.1.send(request).await.status,
        StatusCode::NOT_FOUND
    );
    app.clock.advance(TimeDelta::minutes(1));
    let again = setup.scan(&ada.code).await.json();
    assert_eq!(again["first"], true);
    assert_eq!(
        again["checkedInAt"].as_str().unwrap().parse(),
        Ok(app.clock.now())
    );
    assert_eq!(setup.counter().await, "1 of 2 checked in");
}

impl Setup {
    /// Returns another competition, and the client of its organizer.
    async fn new_competition(app: &App) -> (CompetitionView, Client) {
        let owner = app.account("Otto", Role::Organizer).await;
        let competition = app.competition_of(&owner, 3, false).await;
        let token = app.token(Actor::from(&owner)).await;
        (competition, app.client().with_token(token))
    }
}

async fn helpers_check_in_and_learn_no_address(app: App) {
    let setup = Setup::new(&app, 5, &["Ada Lovelace", "Grace", "Bob"]).await;
    let people = setup.path("/registrations");
    let names = async |client: &Client, query: &str| {
        let list = client.get(&format!("{people}?{query}")).await;
        assert!(!list.text.contains("@example.test"), "{}", list.text);
        let items = list.json()["items"].as_array().unwrap().clone();
        let names = items
            .iter()
            .map(|item| item["userName"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let helper = &setup.helper.api;
    assert_eq!(names(helper, "search=lovel").await, ["Ada Lovelace"]);
    assert_eq!(
        names(helper, "search=lovelaec").await,
        ["Ada Lovelace"],
        "a typing error"
    );
    // The addresses are ada.lovelace@example.test and so on.
    for search in ["example", "test", "grace@example.test", "exampel"] {
        let found = names(helper, &format!("search={search}")).await;
        assert_eq!(found, Vec::<String>::new(), "{search}");
        let found = names(
            helper,
            &format!("search={search}&sort=name&status=CONFIRMED"),
        )
        .await;
        assert_eq!(found, Vec::<String>::new(), "{search}");
    }
    let all = setup
        .owner
        .api
        .get(&format!("{people}?search=example"))
        .await
        .json();
    assert_eq!(all["total"], 3, "those who see addresses find by them");
    let offline = helper.get(&setup.path("/check-ins/offline")).await;
    assert!(offline.text.contains("Ada Lovelace") && !offline.text.contains('@'));
    let page = format!("/organize/{}/check-in", setup.competition.id);
    for search in ["example", "ada.lovelace@example.test"] {
        let found = setup
            .helper
            .browser
            .get(&format!("{page}?search={search}"))
            .await;
        let listed = found.find("[data-testid=found]").unwrap();
        assert!(!listed.contains('@'), "{search}: {listed}");
        assert!(
            !listed.contains("Grace") && !listed.contains("Bob"),
            "{search}: {listed}"
        );
    }
}

async fn participants_see_when_they_were_checked_in(app: App) {
    let setup = Setup::new(&app, 3, &["Ada"]).await;
    let ada = &setup.people[0];
    let browser = Clients::log_in(&app, &ada.holder).await;
    let ticket = format!("/me/registrations/{}", ada.registration);
    let before = browser.browser.get(&ticket).await;
    assert_eq!(before.find("[data-testid=checked-in]"), None);
    setup.scan(&ada.code).await;
    for page in [ticket.as_str(), "/me/registrations"] {
        let shown = browser
            .browser
            .get(page)
            .await
            .find("[data-testid=checked-in]");
        assert!(
            shown.is_some_and(|words| words.contains("Checked in") && words.contains("1 Jan 2030")),
            "{page}"
        );
    }
    let at = app.clock.now();
    let view = browser
        .api
        .get(&format!("/api/v1/registrations/{}", ada.registration))
        .await
        .json();
    assert_eq!(view["checkedInAt"].as_str().unwrap().parse(), Ok(at));
    let list = browser.api.get("/api/v1/me/registrations").await.json();
    assert_eq!(list["items"][0]["checkedInAt"], view["checkedInAt"]);
    setup.undo(ada.registration).await;
    let after = browser.browser.get(&ticket).await;
    assert_eq!(after.find("[data-testid=checked-in]"), None);
}

async fn organizers_list_and_export_those_who_are_there_and_those_who_are_not(app: App) {
    let setup = Setup::new(&app, 3, &["Ada", "Bob", "Eve", "Walt"]).await;
    let list = setup.path("/registrations");
    let csv = async |query: &str| {
        let path = format!("{list}?{query}");
        let request = setup.owner.api.request(Method::GET, &path);
        let reply = setup
            .owner
            .api
            .send(request.header("accept", "text/csv"))
            .await;
        reply.text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(
        !csv("").await[0].contains("checkedInAt"),
        "nobody is checked in"
    );
    setup.scan(&setup.people[1].code).await;
    let names = async |query: &str| {
        let page = setup.owner.api.get(&format!("{list}?{query}")).await.json();
        let items = page["items"].as_array().unwrap().clone();
        let names = items
            .iter()
            .map(|item| item["userName"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), page["total"].as_u64().unwrap())
    };
    assert_eq!(names("checkedIn=true").await, (vec!["Bob".to_owned()], 1));
    let missing = vec!["Ada".to_owned(), "Eve".to_owned()];
    assert_eq!(
        names("checkedIn=false&sort=name").await,
        (missing.clone(), 2),
        "Walt has no seat"
    );
    assert_eq!(names("checkedIn=false&search=a").await.0, ["Ada"]);
    assert_eq!(names("checkedIn=").await.1, 4);
    let wrong = setup
        .owner
        .api
        .get(&format!("{list}?checkedIn=maybe"))
        .await;
    assert_eq!(wrong.json()["errors"][0]["field"], "checkedIn");
    let lines = csv("checkedIn=true").await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with(",checkedInAt"), "{}", lines[0]);
    assert!(
        lines[1].contains("Bob") && lines[1].ends_with("2030-01-01T09:00:00.000Z"),
        "{}",
        lines[1]
    );
    let lines = csv("checkedIn=false").await;
    assert!(lines.len() == 3 && lines[1].ends_with(','), "{lines:?}");
    assert_eq!(csv("").await.len(), 5);
    let page = format!(
        "/organize/{}/registrations?checkedIn=true",
        setup.competition.id
    );
    let page = setup.owner.browser.get(&page).await;
    assert!(page.find("tbody").unwrap().contains("Checked in"));
    assert!(!page.find("tbody").unwrap().contains("Ada"));
    assert!(page.text.contains("registrations.csv?checkedIn=true"));
}

async fn an_announcement_reaches_those_who_are_checked_in(app: App) {
    let setup = Setup::new(&app, 3, &["Ada", "Bob"]).await;
    setup.scan(&setup.people[0].code).await;
    let path = setup.path("/announcements");
    let body = json!({ "audience": "CHECKED_IN", "subject": "Soup", "body": "It is ready." });
    let sent = setup.owner.api.post_json(&path, &body).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.text);
    app.run_jobs_with_retries().await;
    let messages = app
        .messages(mini_compete::model::MessageKind::Announcement)
        .await;
    let readers: Vec<_> = messages.iter().map(|message| message.user_id).collect();
    assert_eq!(readers, [setup.people[0].holder.id]);
    let page = format!("/organize/{}/announce", setup.competition.id);
    let page = setup.owner.browser.get(&page).await;
    assert!(page.text.contains("value=\"CHECKED_IN\""), "{}", page.text);
}

async fn a_saved_view_keeps_who_is_checked_in(app: App) {
    let setup = Setup::new(&app, 2, &["Ada", "Bob", "Eve"]).await;
    setup.scan(&setup.people[0].code).await;
    let list = format!("/organize/{}/registrations", setup.competition.id);
    let browser = &setup.owner.browser;
    for (here, holder) in [("true", 0), ("false", 1)] {
        let shown = browser.get(&format!("{list}?checkedIn={here}")).await;
        let form = shown.form("[data-testid=save-view]").fill("name", here);
        let saved = browser.submit(&form).await;
        assert!(
            saved.url.ends_with(&format!("checkedIn={here}")),
            "{}",
            saved.url
        );
        let current = saved.find("#saved-views [aria-current=true]");
        assert_eq!(current.as_deref(), Some(here));
        let views = setup.owner.api.get(&setup.path("/views")).await.json();
        let views = views["items"].as_array().unwrap();
        let view = views.iter().find(|view| view["name"] == here).unwrap();
        assert_eq!(view["checkedIn"].to_string(), here);
        let body =
            json!({ "audience": "VIEW", "viewId": view["id"], "subject": here, "body": "Soup." });
        let path = setup.path("/announcements");
        let sent = setup.owner.api.post_json(&path, &body).await;
        assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.text);
        app.run_jobs_with_retries().await;
        let messages = app
            .messages(mini_compete::model::MessageKind::Announcement)
            .await;
        let mut readers = messages.iter().filter(|it| it.subject.ends_with(here));
        let reader = readers.next().map(|message| message.user_id);
        assert_eq!(reader, Some(setup.people[holder].holder.id), "{here}");
        assert!(readers.next().is_none(), "nobody else, and none who waits");
        let listed = setup.owner.api.get(&path).await.json();
        assert_eq!(listed["items"][0]["total"], 1, "{listed}");
    }
}

async fn the_statistics_count_those_who_did_not_come(app: App) {
    let setup = Setup::new(&app, 5, &["Ada", "Bob", "Eve"]).await;
    let statistics = async || {
        let path = setup.path("/stats?interval=hour");
        setup.owner.api.get(&path).await.json()
    };
    assert_eq!(statistics().await.get("checkedIn"), None);
    setup.scan(&setup.people[0].code).await;
    let before = statistics().await;
    assert_eq!(
        (&before["checkedIn"], before.get("noShows")),
        (&json!(1), None)
    );
    app.clock.advance(TimeDelta::days(9));
    let owner = Actor::new(setup.competition.organizer_id, Role::Organizer);
    let token = app.token(owner).await;
    let path = setup.path("/stats?interval=hour");
    let after = app.client().with_token(token).get(&path).await.json();
    assert_eq!(
        (&after["checkedIn"], &after["noShows"]),
        (&json!(1), &json!(2))
    );
}

async fn every_check_in_and_undoing_is_in_the_audit_log(app: App) {
    let setup = Setup::new(&app, 5, &["Ada", "Bob"]).await;
    setup.scan(&setup.people[0].code).await;
    setup.scan(&setup.people[0].code).await;
    setup.undo(setup.people[0].registration).await;
    let history = setup.owner.api.get(&setup.path("/audit")).await.json();
    let actions: Vec<_> = history["items"].as_array().unwrap().iter().collect();
    let of = |action: &str| {
        actions
            .iter()
            .filter(|event| event["action"] == action)
            .collect::<Vec<_>>()
    };
    let (done, undone) = (of("CHECK_IN"), of("CHECK_IN_UNDO"));
    assert_eq!(
        (done.len(), undone.len()),
        (1, 1),
        "a repeat changes nothing: {actions:?}"
    );
    let id = setup.people[0].registration.to_string();
    assert_eq!(done[0]["detail"]["registrations"], json!([id]));
    assert_eq!(undone[0]["detail"]["registration"], json!(id));
    assert!(
        !history.to_string().contains("Ada"),
        "personal data only by reference"
    );
}

async fn the_number_of_those_who_are_there_is_sent_when_it_changes(app: App) {
    use futures::StreamExt;
    let setup = Setup::new(&app, 5, &["Ada", "Bob"]).await;
    let path = setup.path("/check-ins/events");
    let response = setup
        .helper
        .api
        .request(Method::GET, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    let mut until = async |wanted: &str| {
        while !text.contains(wanted) {
            let bytes = stream.next().await.expect("the stream goes on").unwrap();
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    until("event: check-ins\ndata: {\"checkedIn\":0,\"expected\":2}\n\n").await;
    setup.scan(&setup.people[0].code).await;
    until("data: {\"checkedIn\":1,\"expected\":2}\n\n").await;
}
