//! Questions: what a competition asks, answers that are checked before a registration is queued, and that no change of a
//! question loses an answer.

use chrono::TimeDelta;
use futures::future::join_all;
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role, StaffRole},
    store::entity::{idempotency_log, question, registration},
};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

mod pages;

use crate::{
    divisions::costs::assert_untouched,
    harness::{App, Client, PASSWORD, Reply, add_staff, spawn_app_with},
    on_both_backends,
};

on_both_backends!(
    every_kind_of_question_is_answered_and_shown_to_those_who_may_see_it,
    wrong_answers_are_named_and_leave_the_key_as_it_was,
    the_key_of_a_request_covers_its_answers,
    a_repeat_gets_its_outcome_although_the_questions_have_changed,
    a_registration_is_checked_by_the_questions_of_its_moment,
    answers_are_changed_by_their_participant_until_the_start,
    changing_a_question_loses_no_answer,
    questions_are_in_an_order_and_within_bounds,
    a_consent_is_kept_with_its_wording_and_its_time,
    whom_an_organizer_adds_answers_later,
    a_rush_stores_the_answers_of_everyone,
    a_copy_asks_the_same,
    answers_belong_to_the_account,
    a_deleted_competition_leaves_no_questions,
);

/// A competition with questions, and its organizer's API client.
pub struct Setup<'a> {
    app: &'a App,
    competition: CompetitionView,
    organizer: Client,
}

impl<'a> Setup<'a> {
    async fn new(app: &'a App, capacity: i64) -> Self {
        // There may be several.
        let name = format!("Organizer {}", uuid::Uuid::now_v7());
        let organizer = app.account(&name, Role::Organizer).await;
        let competition = app.competition_of(&organizer, capacity, true).await;
        let organizer = app.token(Actor::from(&organizer)).await;
        Self {
            app,
            competition,
            organizer: app.client().with_token(organizer),
        }
    }

    fn path(&self) -> String {
        format!("/api/v1/competitions/{}/questions", self.competition.id)
    }

    /// Adds a question and returns its id.
    async fn ask(&self, kind: &str, label: &str, required: bool) -> String {
        let mut question = json!({ "kind": kind, "label": label, "required": required });
        if kind.starts_with("CHOICE") {
            question["options"] = json!(["S", "M", "L"]);
        }
        let added = self.organizer.post_json(&self.path(), &question).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        added.json()["id"].as_str().unwrap().to_owned()
    }

    async fn change(&self, id: &str, fields: Value) -> Reply {
        let path = format!("{}/{id}", self.path());
        let request = self.organizer.request(Method::PATCH, &path).json(&fields);
        self.organizer.send(request).await
    }

    async fn remove(&self, id: &str) -> Reply {
        let path = format!("{}/{id}", self.path());
        let request = self.organizer.request(Method::DELETE, &path);
        self.organizer.send(request).await
    }

    /// Returns the labels of what is asked, as everyone sees them.
    async fn labels(&self) -> Vec<String> {
        let list = self.app.client().get(&self.path()).await.json();
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|one| one["label"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn client(&self) -> Client {
        let participant = self.app.participants(1).await.remove(0);
        let token = self.app.token(participant).await;
        self.app.client().with_token(token)
    }

    async fn register(&self, client: &Client, key: &str, answers: &Value) -> Reply {
        let request = client.registration_request(self.competition.id, key);
        client
            .send(request.json(&json!({ "answers": answers })))
            .await
    }

    /// Registers a new participant, and returns them with their registration.
    async fn registered(&self, answers: &Value) -> (Client, String) {
        let client = self.client().await;
        let reply = self.register(&client, "k", answers).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
        (client, id)
    }
}

async fn answers_of(client: &Client, registration: &str) -> Value {
    let path = format!("/api/v1/registrations/{registration}");
    let reply = client.get(&path).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()["answers"].clone()
}

async fn patch(client: &Client, registration: &str, answers: &Value) -> Reply {
    let path = format!("/api/v1/registrations/{registration}");
    let request = client.request(Method::PATCH, &path);
    client
        .send(request.json(&json!({ "answers": answers })))
        .await
}

/// Asserts that a request was refused because of this field.
fn assert_refused(reply: &Reply, question: &str) {
    assert_eq!(
        reply.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        reply.text
    );
    let errors = reply.json()["errors"].clone();
    let field = format!("answers.{question}");
    let mut fields = errors.as_array().unwrap().iter();
    assert!(
        fields.any(|error| error["field"] == field),
        "{field}: {errors}"
    );
}

/// Makes an answer, or something that is none.
type MakeValue = fn() -> Value;

const KINDS: [(&str, MakeValue); 9] = [
    ("SHORT_TEXT", || json!("Ada <script>alert(1)</script>")),
    ("LONG_TEXT", || json!("one\ntwo")),
    ("NUMBER", || json!(-3.5)),
    ("DATE", || json!("2001-12-31")),
    ("CHOICE", || json!("M")),
    ("CHOICES", || json!(["S", "L"])),
    ("CHECKBOX", || json!(true)),
    ("COUNTRY", || json!("JP")),
    ("PHONE", || json!("+45 12 34 56 78")),
];

async fn every_kind_of_question_is_answered_and_shown_to_those_who_may_see_it(app: App) {
    let setup = Setup::new(&app, 9).await;
    let mut answers = json!({});
    for (kind, answer) in KINDS {
        let id = setup.ask(kind, &format!("={kind}?"), true).await;
        answers[id] = answer();
    }
    let client = setup.client().await;
    let reply = setup.register(&client, "k", &answers).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert!(reply.json().get("answers").is_none(), "it is not repeated");
    let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
    assert_eq!(answers_of(&client, &id).await, answers);
    assert_eq!(answers_of(&setup.organizer, &id).await, answers);
    let own = client.get("/api/v1/me/registrations").await.json();
    assert_eq!(own["items"][0]["answers"], answers);
    let path = format!(
        "/api/v1/competitions/{}/registrations",
        setup.competition.id
    );
    let list = setup.organizer.get(&path).await.json();
    assert_eq!(list["items"][0]["answers"], answers);
    // A column for each question, with nothing that a spreadsheet runs.
    let csv = setup
        .organizer
        .request(Method::GET, &path)
        .header("accept", "text/csv");
    let csv = setup.organizer.send(csv).await.text;
    let mut lines = csv.lines();
    let columns = lines.next().unwrap();
    assert!(columns.contains(",registeredAt,'=SHORT_TEXT?,"), "{csv}");
    assert!(
        csv.contains(",-3.5,2001-12-31,M,\"S, L\",true,JP,'+45 12 34 56 78"),
        "{csv}"
    );
    // Whoever checks people in sees names and no answers, and strangers see nothing.
    let helper = app.account("Helper", Role::Participant).await;
    add_staff(&app, setup.competition.id, helper.id, StaffRole::CheckIn).await;
    let helper = app
        .client()
        .with_token(app.token(Actor::from(&helper)).await);
    let list = helper.get(&path).await.json();
    assert!(list["items"][0].get("answers").is_none(), "{list}");
    let stranger = setup.client().await;
    for who in [&helper, &stranger] {
        let reply = who.get(&format!("/api/v1/registrations/{id}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
    let reply = stranger
        .post_json(&setup.path(), &json!({ "kind": "DATE", "label": "x" }))
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

async fn wrong_answers_are_named_and_leave_the_key_as_it_was(app: App) {
    let setup = Setup::new(&app, 9).await;
    let shirt = setup.ask("CHOICE", "T-shirt", true).await;
    let github = setup.ask("SHORT_TEXT", "GitHub", false).await;
    let archived = setup.ask("SHORT_TEXT", "Old", false).await;
    assert_eq!(
        setup
            .change(&archived, json!({ "archived": true }))
            .await
            .status,
        StatusCode::OK
    );
    let other = Setup::new(&app, 9).await;
    let elsewhere = other.ask("SHORT_TEXT", "Elsewhere", false).await;
    let client = setup.client().await;
    let long = "x".repeat(201);
    for (answers, field) in [
        (json!({}), &*shirt),
        (json!({ &shirt: null }), &*shirt),
        (json!({ &shirt: "XXL" }), &*shirt),
        (json!({ &shirt: ["M"] }), &*shirt),
        (json!({ &shirt: "M", &archived: "x" }), &*archived),
        (json!({ &shirt: "M", &elsewhere: "x" }), &*elsewhere),
        (json!({ &shirt: "M", "github": "x" }), "github"),
        (json!({ &shirt: "M", &github: 1 }), &*github),
        (json!({ &shirt: "M", &github: long }), &*github),
        (
            json!({ &shirt: "M", &github: "\u{200b}\u{2060}" }),
            &*github,
        ),
        (json!({ &shirt: "M", &github: "a\u{202e}b" }), &*github),
        (json!({ &shirt: "M", &github: "a\u{0}b" }), &*github),
    ] {
        let refused = setup.register(&client, "k", &answers).await;
        assert_refused(&refused, field);
    }
    for body in [
        json!({ "answers": [] }),
        json!({ "answers": "x" }),
        json!({ "answer": {} }),
    ] {
        let request = client
            .registration_request(setup.competition.id, "k")
            .json(&body);
        let refused = client.send(request).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            refused.text
        );
    }
    let read = app.database().read();
    assert_eq!(registration::Entity::find().count(read).await.unwrap(), 0);
    assert_eq!(
        idempotency_log::Entity::find().count(read).await.unwrap(),
        0
    );
    let seat = setup.register(&client, "k", &json!({ &shirt: "M" })).await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    // Where nothing is asked, nothing is answered.
    let plain = app.competition(3, false).await;
    let request = client.registration_request(plain.id, "p");
    let refused = client
        .send(request.json(&json!({ "answers": { &shirt: "M" } })))
        .await;
    assert_refused(&refused, &shirt);
    // Nobody is sent to correct answers while registration is closed.
    app.clock.advance(TimeDelta::days(400));
    let late = setup.client().await;
    let closed = setup.register(&late, "k", &json!({})).await;
    assert_eq!(closed.problem(), "registration-closed", "{}", closed.text);
    app.assert_seat_invariant().await;
}

async fn the_key_of_a_request_covers_its_answers(app: App) {
    let setup = Setup::new(&app, 9).await;
    let (github, age) = (
        setup.ask("SHORT_TEXT", "GitHub", false).await,
        setup.ask("NUMBER", "Age", false).await,
    );
    let client = setup.client().await;
    let first = json!({ &github: "ada", &age: 30 });
    let stored = setup.register(&client, "k", &first).await;
    let again = setup.register(&client, "k", &first).await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.text),
        (Some("true"), &stored.text)
    );
    for other in [
        json!({ &github: "bob", &age: 30 }),
        json!({ &github: "ada" }),
        json!({}),
    ] {
        let reused = setup.register(&client, "k", &other).await;
        assert_eq!(reused.problem(), "idempotency-key-reused", "{other}");
    }
}

async fn a_repeat_gets_its_outcome_although_the_questions_have_changed(app: App) {
    let setup = Setup::new(&app, 9).await;
    let github = setup.ask("SHORT_TEXT", "GitHub", false).await;
    let participant = app.participants(1).await.remove(0);
    let token = app.token(participant).await;
    let client = app.client().with_token(&token);
    let answers = json!({ &github: "ada" });
    let first = setup.register(&client, "k", &answers).await;
    assert_eq!(first.status, StatusCode::CREATED);
    setup.ask("DATE", "Date of birth", true).await;
    setup.remove(&github).await;
    let id = setup.competition.id;
    drop(setup);
    // A process that has nothing in memory.
    let app = spawn_app_with(app.shut_down().await, &[]).await;
    let client = app.client().with_token(app.token(participant).await);
    let request = client.registration_request(id, "k");
    let again = client
        .send(request.json(&json!({ "answers": answers })))
        .await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.text),
        (Some("true"), &first.text)
    );
    let request = client.registration_request(id, "k");
    let other = client.send(request.json(&json!({ "answers": {} }))).await;
    assert_eq!(other.problem(), "idempotency-key-reused");
}

async fn a_registration_is_checked_by_the_questions_of_its_moment(app: App) {
    let setup = Setup::new(&app, 9).await;
    // This process knows of no questions yet.
    let github = setup.ask("SHORT_TEXT", "GitHub", true).await;
    let client = setup.client().await;
    assert_refused(&setup.register(&client, "a", &json!({})).await, &github);
    setup.registered(&json!({ &github: "ada" })).await;
    // It knows the former questions, and whoever has loaded the page, too.
    let birth = setup.ask("DATE", "Date of birth", true).await;
    let former = setup
        .register(&client, "b", &json!({ &github: "bob" }))
        .await;
    assert_refused(&former, &birth);
    let both = json!({ &github: "bob", &birth: "2001-12-31" });
    let seat = setup.register(&client, "b", &both).await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    // An answer to what is not asked any more is refused, too.
    setup.change(&github, json!({ "archived": true })).await;
    let late = setup.client().await;
    assert_refused(&setup.register(&late, "c", &both).await, &github);
    let seat = setup
        .register(&late, "c", &json!({ &birth: "2001-12-31" }))
        .await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
}

async fn answers_are_changed_by_their_participant_until_the_start(app: App) {
    let setup = Setup::new(&app, 9).await;
    let (github, shirt) = (
        setup.ask("SHORT_TEXT", "GitHub", false).await,
        setup.ask("CHOICE", "T-shirt", true).await,
    );
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    let answers = json!({ &github: "ada", &shirt: "M" });
    let reply = setup.register(&client, "k", &answers).await;
    let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
    let changed = patch(&client, &id, &json!({ &shirt: "L" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let expected = json!({ &github: "ada", &shirt: "L" });
    assert_eq!(changed.json()["answers"], expected);
    assert_eq!(answers_of(&client, &id).await, expected);
    for (answers, field) in [
        (json!({ &shirt: null }), &*shirt),
        (json!({ &shirt: "XXL" }), &*shirt),
        (json!({ &github: "x", "y": 1 }), "y"),
    ] {
        assert_refused(&patch(&client, &id, &answers).await, field);
    }
    assert_eq!(answers_of(&client, &id).await, expected, "all or nothing");
    patch(&client, &id, &json!({ &github: null })).await;
    assert_eq!(answers_of(&client, &id).await, json!({ &shirt: "L" }));
    // Two changes at once, of which none is lost.
    let (one, two) = (json!({ &github: "bob" }), json!({ &shirt: "S" }));
    let both = [patch(&client, &id, &one), patch(&client, &id, &two)];
    for reply in join_all(both).await {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
    let expected = json!({ &github: "bob", &shirt: "S" });
    assert_eq!(answers_of(&client, &id).await, expected);
    // Nobody else changes them, not even the organizer.
    let stranger = setup.client().await;
    for who in [&stranger, &setup.organizer] {
        let refused = patch(who, &id, &json!({ &shirt: "M" })).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let (gone, cancelled) = setup.registered(&json!({ &shirt: "M" })).await;
    gone.cancel(&cancelled).await;
    let refused = patch(&gone, &cancelled, &json!({ &shirt: "S" })).await;
    assert_eq!(
        (refused.status, &*refused.problem()),
        (StatusCode::CONFLICT, "answers-closed")
    );
    app.clock
        .advance(setup.competition.starts_at - app.clock.now());
    let client = app.client().with_token(app.token(participant).await);
    let late = patch(&client, &id, &json!({ &shirt: "M" })).await;
    assert_eq!(late.problem(), "answers-closed", "{}", late.text);
}

async fn changing_a_question_loses_no_answer(app: App) {
    let setup = Setup::new(&app, 9).await;
    let (github, shirt) = (
        setup.ask("SHORT_TEXT", "GitHub", false).await,
        setup.ask("CHOICE", "T-shirt", false).await,
    );
    let answers = json!({ &github: "ada", &shirt: "M" });
    let (client, id) = setup.registered(&answers).await;
    let change = json!({ "label": "Size", "options": ["S"], "required": true, "help": "In cm" });
    let changed = setup.change(&shirt, change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json()["options"], json!(["S"]));
    assert_eq!(answers_of(&client, &id).await, answers);
    // What was chosen before can stay, but nobody chooses it any more.
    let same = patch(&client, &id, &json!({ &shirt: "M" })).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.text);
    let other = setup.client().await;
    let refused = setup.register(&other, "k", &json!({ &shirt: "M" })).await;
    assert_refused(&refused, &shirt);
    // A question with answers is archived when it is removed, and can be asked again.
    assert_eq!(setup.remove(&github).await.status, StatusCode::NO_CONTENT);
    assert_eq!(setup.labels().await, ["Size"]);
    assert_eq!(answers_of(&client, &id).await, answers);
    assert_refused(
        &patch(&client, &id, &json!({ &github: "bob" })).await,
        &github,
    );
    let asked = setup.change(&github, json!({ "archived": false })).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    assert_eq!(setup.labels().await, ["Size", "GitHub"]);
    let changed = patch(&client, &id, &json!({ &github: "bob" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    // Its kind is that of its answers.
    let kind = setup.change(&github, json!({ "kind": "NUMBER" })).await;
    assert_eq!(kind.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn questions_are_in_an_order_and_within_bounds(app: App) {
    let setup = Setup::new(&app, 9).await;
    let mut ids = Vec::new();
    for label in ["A", "B", "C"] {
        ids.push(setup.ask("SHORT_TEXT", label, false).await);
    }
    let moved = setup.change(&ids[2], json!({ "position": 1 })).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.text);
    assert_eq!(setup.labels().await, ["C", "A", "B"]);
    setup.change(&ids[2], json!({ "position": 3 })).await;
    assert_eq!(setup.labels().await, ["A", "B", "C"]);
    for position in [0, 4, -1] {
        let refused = setup.change(&ids[0], json!({ "position": position })).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.json()["errors"][0]["field"], "position");
    }
    // Without answers, a question leaves nothing.
    assert_eq!(setup.remove(&ids[1]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(setup.remove(&ids[1]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(setup.labels().await, ["A", "C"]);
    for (question, field) in [
        (json!({ "label": "x" }), "kind"),
        (json!({ "label": "x", "kind": "FILE" }), "kind"),
        (json!({ "label": "", "kind": "DATE" }), "label"),
        (json!({ "label": "x".repeat(201), "kind": "DATE" }), "label"),
        (json!({ "label": "x", "kind": "CHOICE" }), "options"),
        (
            json!({ "label": "x", "kind": "DATE", "options": ["y"] }),
            "options",
        ),
        (
            json!({ "label": "x", "kind": "CHOICE", "options": ["y", "y"] }),
            "options",
        ),
        (
            json!({ "label": "x", "kind": "DATE", "scope": "TEAM" }),
            "scope",
        ),
        (
            json!({ "label": "x", "kind": "DATE", "position": 1 }),
            "position",
        ),
    ] {
        let refused = setup.organizer.post_json(&setup.path(), &question).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{question}"
        );
        assert_eq!(refused.json()["errors"][0]["field"], field, "{question}");
    }
    for number in 2..30 {
        setup.ask("NUMBER", &number.to_string(), false).await;
    }
    let question = json!({ "label": "one more", "kind": "DATE" });
    let too_many = setup.organizer.post_json(&setup.path(), &question).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A question of another competition is none of this one.
    let other = Setup::new(&app, 9).await;
    let strange = other.change(&ids[0], json!({ "label": "mine" })).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    let strange = other.remove(&ids[0]).await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
}

async fn a_consent_is_kept_with_its_wording_and_its_time(app: App) {
    let setup = Setup::new(&app, 9).await;
    let photos = setup.ask("CONSENT", "I agree to photos.", true).await;
    let client = setup.client().await;
    for answer in [json!(null), json!(false), json!("true")] {
        let refused = setup
            .register(&client, "k", &json!({ &photos: answer }))
            .await;
        assert_refused(&refused, &photos);
    }
    let (client, id) = setup.registered(&json!({ &photos: true })).await;
    let agreed = answers_of(&client, &id).await[&photos].clone();
    assert_eq!(agreed["wording"], "I agree to photos.");
    assert!(agreed["agreedAt"].is_string(), "{agreed}");
    let label = json!({ "label": "I agree to photos and films." });
    setup.change(&photos, label).await;
    assert_eq!(answers_of(&client, &id).await[&photos], agreed);
    // Nobody writes a wording of their own.
    let forged = json!({ "wording": "I agree to nothing.", "agreedAt": agreed["agreedAt"] });
    assert_refused(
        &patch(&client, &id, &json!({ &photos: forged })).await,
        &photos,
    );
    app.clock.advance(TimeDelta::minutes(1));
    let anew = patch(&client, &id, &json!({ &photos: true })).await;
    let anew = anew.json()["answers"][&photos].clone();
    assert_eq!(anew["wording"], "I agree to photos and films.");
    assert_ne!(anew["agreedAt"], agreed["agreedAt"]);
}

async fn whom_an_organizer_adds_answers_later(app: App) {
    let setup = Setup::new(&app, 9).await;
    let birth = setup.ask("DATE", "Date of birth", true).await;
    let ada = app.account("Ada", Role::Participant).await;
    let path = format!("/api/v1/competitions/{}/participants", setup.competition.id);
    let body = json!({ "email": ada.email, "name": "Ada" });
    let added = setup.organizer.post_json(&path, &body).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let id = added.json()["registrationId"].as_str().unwrap().to_owned();
    let client = app.client().with_token(app.token(Actor::from(&ada)).await);
    assert_eq!(answers_of(&client, &id).await, Value::Null);
    let answers = json!({ &birth: "1815-12-10" });
    assert_refused(&patch(&client, &id, &answers).await, &birth);
    let answers = json!({ &birth: "1915-12-10" });
    let changed = patch(&client, &id, &answers).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(answers_of(&client, &id).await, answers);
}

async fn a_rush_stores_the_answers_of_everyone(app: App) {
    let setup = Setup::new(&app, 20).await;
    let number = setup.ask("NUMBER", "Number", true).await;
    let mut clients = Vec::new();
    for _ in 0..30 {
        clients.push(setup.client().await);
    }
    let registrations = clients.iter().enumerate().map(|(at, client)| {
        let answers = json!({ &number: at });
        let setup = &setup;
        async move {
            // Each twice, as with a double click.
            let both = [0, 1].map(|_| setup.register(client, "k", &answers));
            join_all(both).await
        }
    });
    let edits = async {
        for label in ["One", "Two", "Three"] {
            let edited = setup.change(&number, json!({ "label": label })).await;
            assert_eq!(edited.status, StatusCode::OK, "{}", edited.text);
        }
    };
    let (replies, ()) = tokio::join!(join_all(registrations), edits);
    for (at, (pair, client)) in replies.iter().zip(&clients).enumerate() {
        assert_eq!(pair[0].status, StatusCode::CREATED, "{}", pair[0].text);
        assert_eq!(pair[0].text, pair[1].text);
        let id = pair[0].json()["registrationId"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(answers_of(client, &id).await, json!({ &number: at }));
    }
    assert_eq!(app.assert_seat_invariant().await, 20);
}

async fn a_copy_asks_the_same(app: App) {
    let setup = Setup::new(&app, 9).await;
    let (shirt, old) = (
        setup.ask("CHOICES", "T-shirt", true).await,
        setup.ask("DATE", "Old", false).await,
    );
    setup.registered(&json!({ &shirt: ["M"] })).await;
    setup.remove(&old).await;
    let path = format!("/api/v1/competitions/{}/duplicate", setup.competition.id);
    let copy = setup.organizer.request(Method::POST, &path);
    let copy = setup.organizer.send(copy).await.json();
    let path = format!(
        "/api/v1/competitions/{}/questions",
        copy["id"].as_str().unwrap()
    );
    let list = setup.organizer.get(&path).await.json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{list}");
    assert_eq!(items[0]["options"], json!(["S", "M", "L"]));
    assert_eq!(items[0]["required"], true);
    assert_ne!(items[0]["id"], shirt);
    // A draft is for those who work on it.
    let refused = app.client().get(&path).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

async fn answers_belong_to_the_account(app: App) {
    let setup = Setup::new(&app, 9).await;
    let (github, photos) = (
        setup.ask("SHORT_TEXT", "GitHub", false).await,
        setup.ask("CONSENT", "Photos", false).await,
    );
    let ada = app.account("Ada", Role::Participant).await;
    let body = json!({ "email": ada.email, "password": PASSWORD });
    let tokens = app.client().post_json("/api/v1/auth/login", &body).await;
    let tokens = tokens.json();
    let client = app
        .client()
        .with_token(tokens["accessToken"].as_str().unwrap());
    let answers = json!({ &github: "ada-secret", &photos: true });
    let reply = setup.register(&client, "k", &answers).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
    // No log keeps them, and the history of the competition says that they were changed, not how.
    patch(&client, &id, &json!({ &github: "ada-new" })).await;
    let audit = format!("/api/v1/competitions/{}/audit", setup.competition.id);
    let audit = setup.organizer.get(&audit).await.text;
    assert!(audit.contains("ANSWERS_CHANGE"), "{audit}");
    assert!(!audit.contains("ada-"), "{audit}");
    let export = client.get("/api/v1/me/export").await.json();
    let exported = export["registrations"][0]["answers"].clone();
    assert_eq!(
        exported[0],
        json!({ "question": "GitHub", "answer": "ada-new" })
    );
    assert_eq!(exported[1]["answer"]["wording"], "Photos");
    let request = client.request(Method::DELETE, "/api/v1/me");
    let request = request.json(&json!({ "password": PASSWORD }));
    let deleted = client.send(request).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    let rows = registration::Entity::find()
        .all(app.database().read())
        .await;
    assert!(rows.unwrap().iter().all(|row| row.answers.is_none()));
}

async fn a_deleted_competition_leaves_no_questions(app: App) {
    let setup = Setup::new(&app, 9).await;
    let github = setup.ask("SHORT_TEXT", "GitHub", false).await;
    setup.registered(&json!({ &github: "ada" })).await;
    let path = format!("/api/v1/competitions/{}", setup.competition.id);
    let deleted = setup.organizer.request(Method::DELETE, &path);
    let deleted = setup.organizer.send(deleted).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(
        app.client().get(&setup.path()).await.status,
        StatusCode::NOT_FOUND
    );
    app.run_open_jobs().await;
    let left = question::Entity::find().count(app.database().read()).await;
    assert_eq!(left.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_or_written_about_questions_where_nothing_is_asked() {
    assert_untouched("questions").await;
}
