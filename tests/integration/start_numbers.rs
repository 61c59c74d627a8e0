//! Start numbers: who gets which one, and that nobody ever gets that of another.

use futures::future::join_all;
use mini_compete::model::{CompetitionView, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::{App, Clients},
    on_both_backends,
};

on_both_backends!(
    a_preview_changes_nothing_and_the_act_gives_the_same_numbers,
    numbers_are_given_by_division_from_their_ranges,
    a_number_is_never_given_again_and_those_that_were_given_stay,
    two_presses_at_once_give_each_number_once,
    a_rule_is_checked_field_by_field,
    the_start_number_is_shown_wherever_a_participant_is,
    an_organizer_gives_numbers_on_the_page_without_javascript,
);

/// A competition of an organizer, without participants.
struct Setup<'a> {
    app: &'a App,
    competition: CompetitionView,
    owner: Clients,
}

impl<'a> Setup<'a> {
    async fn new(app: &'a App) -> Self {
        let owner = app.account("Olga", Role::Organizer).await;
        let competition = app.competition_of(&owner, 20, true).await;
        Self {
            app,
            owner: Clients::log_in(app, &owner).await,
            competition,
        }
    }

    fn path(&self, below: &str) -> String {
        format!("/api/v1/competitions/{}{below}", self.competition.id)
    }

    /// Adds a division with a range of start numbers, and returns its id.
    async fn division(&self, name: &str, from: Option<u32>, to: Option<u32>) -> String {
        let body = json!({ "name": name, "numberFrom": from, "numberTo": to });
        let added = self
            .owner
            .api
            .post_json(&self.path("/divisions"), &body)
            .await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        added.json()["id"].as_str().unwrap().to_owned()
    }

    /// Registers somebody, and returns their clients and the id of the registration.
    async fn register(&self, name: &str, division: Option<&str>) -> (Clients, String) {
        let account = self.app.account(name, Role::Participant).await;
        let clients = Clients::log_in(self.app, &account).await;
        let request = clients.api.registration_request(self.competition.id, "k");
        let reply = clients
            .api
            .send(request.json(&json!({ "divisionId": division })))
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
        (clients, id)
    }

    async fn give(&self, body: Value) -> Value {
        let reply = self
            .owner
            .api
            .post_json(&self.path("/start-numbers"), &body)
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()
    }

    /// Returns the names with their start numbers, in the order of names.
    async fn numbers(&self) -> Vec<(String, Option<u64>)> {
        let path = self.path("/registrations?sort=name");
        let list = self.owner.api.get(&path).await.json();
        let items = list["items"].as_array().unwrap().iter();
        let number = |item: &Value| {
            let name = item["userName"].as_str().unwrap().to_owned();
            (name, item["startNumber"].as_u64())
        };
        items.map(number).collect()
    }
}

fn named(result: &Value) -> Vec<(&str, u64)> {
    let items = result["items"].as_array().unwrap().iter();
    items
        .map(|it| {
            (
                it["userName"].as_str().unwrap(),
                it["startNumber"].as_u64().unwrap(),
            )
        })
        .collect()
}

async fn a_preview_changes_nothing_and_the_act_gives_the_same_numbers(app: App) {
    let setup = Setup::new(&app).await;
    for name in ["Zoe", "adam", "Öle", "Mia"] {
        setup.register(name, None).await;
    }
    let rule = json!({ "order": "NAME", "from": 10, "dryRun": true });
    let preview = setup.give(rule).await;
    assert_eq!(
        (&preview["dryRun"], &preview["given"]),
        (&json!(true), &json!(4))
    );
    assert_eq!(
        named(&preview),
        [("adam", 10), ("Mia", 11), ("Öle", 12), ("Zoe", 13)]
    );
    assert!(
        setup
            .numbers()
            .await
            .iter()
            .all(|(_, number)| number.is_none())
    );
    let given = setup.give(json!({ "from": 10 })).await;
    assert_eq!(
        (&given["dryRun"], &given["items"]),
        (&json!(false), &preview["items"])
    );
    let again = setup.give(json!({ "order": "REGISTERED_AT" })).await;
    assert_eq!(
        (&again["given"], &again["kept"]),
        (&json!(0), &json!(4)),
        "numbers stay"
    );
    let history = setup.owner.api.get(&setup.path("/audit")).await.json();
    let events = history["items"].as_array().unwrap().iter();
    let given: Vec<_> = events
        .filter(|event| event["action"] == "START_NUMBERS")
        .collect();
    assert_eq!(given.len(), 1);
    assert_eq!(given[0]["detail"]["given"], 4);
}

async fn numbers_are_given_by_division_from_their_ranges(app: App) {
    let setup = Setup::new(&app).await;
    let long = setup.division("Marathon", Some(1), Some(2)).await;
    let short = setup.division("5 km", None, None).await;
    for (name, division) in [
        ("Ada", &short),
        ("Bob", &long),
        ("Cid", &short),
        ("Dan", &long),
        ("Eve", &long),
    ] {
        setup.register(name, Some(division)).await;
    }
    let given = setup.give(json!({ "order": "REGISTERED_AT" })).await;
    assert_eq!(
        named(&given),
        [("Bob", 1), ("Dan", 2), ("Ada", 3), ("Cid", 4)]
    );
    assert_eq!(
        given["withoutNumber"], 1,
        "the range of the marathon is used up"
    );
    let path = setup.path(&format!("/divisions/{long}"));
    let request = setup
        .owner
        .api
        .request(Method::PATCH, &path)
        .json(&json!({ "numberTo": 9 }));
    let changed = setup.owner.api.send(request).await.json();
    assert_eq!(
        (&changed["numberFrom"], &changed["numberTo"]),
        (&json!(1), &json!(9))
    );
    let rest = setup.give(json!({})).await;
    assert_eq!(
        named(&rest),
        [("Eve", 5)],
        "the numbers of others are skipped"
    );
}

async fn a_number_is_never_given_again_and_those_that_were_given_stay(app: App) {
    let setup = Setup::new(&app).await;
    let (ada, registration) = setup.register("Ada", None).await;
    setup.register("Bob", None).await;
    setup.give(json!({})).await;
    assert_eq!(
        ada.api.cancel(&registration).await.status,
        StatusCode::NO_CONTENT
    );
    setup.register("Cid", None).await;
    let given = setup.give(json!({})).await;
    assert_eq!(
        named(&given),
        [("Cid", 3)],
        "that of a cancelled registration stays a gap"
    );
    // The same person with another registration is somebody else.
    let request = ada.api.registration_request(setup.competition.id, "again");
    assert_eq!(ada.api.send(request).await.status, StatusCode::CREATED);
    assert_eq!(named(&setup.give(json!({})).await), [("Ada", 4)]);
    let bob = setup
        .numbers()
        .await
        .into_iter()
        .find(|(name, _)| name == "Bob");
    assert_eq!(bob.unwrap().1, Some(2));
}

async fn two_presses_at_once_give_each_number_once(app: App) {
    let setup = Setup::new(&app).await;
    for number in 0..12 {
        setup.register(&format!("Person {number}"), None).await;
    }
    let results = join_all((0..4).map(|_| setup.give(json!({})))).await;
    let given = results
        .iter()
        .map(|result| result["given"].as_u64().unwrap());
    assert_eq!(given.sum::<u64>(), 12);
    let mut numbers: Vec<_> = setup
        .numbers()
        .await
        .into_iter()
        .map(|(_, number)| number.unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
}

async fn a_rule_is_checked_field_by_field(app: App) {
    let setup = Setup::new(&app).await;
    for (body, field) in [
        (json!({ "order": "SHOE_SIZE" }), "order"),
        (json!({ "from": 0 }), "from"),
        (json!({ "from": 100_000 }), "from"),
        (json!({ "to": 5 }), "to"),
    ] {
        let refused = setup
            .owner
            .api
            .post_json(&setup.path("/start-numbers"), &body)
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}");
    }
    for (from, to, field) in [
        (Some(5), Some(4), "numberTo"),
        (Some(5), None, "numberTo"),
        (None, Some(5), "numberFrom"),
    ] {
        let body = json!({ "name": "A", "numberFrom": from, "numberTo": to });
        let refused = setup
            .owner
            .api
            .post_json(&setup.path("/divisions"), &body)
            .await;
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}");
    }
}

async fn the_start_number_is_shown_wherever_a_participant_is(app: App) {
    let setup = Setup::new(&app).await;
    let (ada, registration) = setup.register("Ada", None).await;
    let path = setup.path("/registrations");
    let csv = async || {
        let request = setup
            .owner
            .api
            .request(Method::GET, &path)
            .header("accept", "text/csv");
        setup.owner.api.send(request).await.text
    };
    assert!(!csv().await.contains("startNumber"));
    setup.give(json!({ "from": 777 })).await;
    let own = ada
        .api
        .get(&format!("/api/v1/registrations/{registration}"))
        .await
        .json();
    assert_eq!(own["startNumber"], 777);
    let ticket = ada
        .browser
        .get(&format!("/me/registrations/{registration}"))
        .await;
    assert!(
        ticket
            .find("[data-testid=start-number]")
            .unwrap()
            .contains("777")
    );
    let file = csv().await;
    assert!(
        file.lines().next().unwrap().ends_with(",startNumber"),
        "{file}"
    );
    assert!(file.lines().nth(1).unwrap().ends_with(",777"), "{file}");
    let id = setup.competition.id;
    for below in ["registrations", "check-in?search=ada", "check-in/list"] {
        let page = setup
            .owner
            .browser
            .get(&format!("/organize/{id}/{below}"))
            .await;
        assert!(page.text.contains("777"), "{below}: {}", page.text);
    }
    let offline = setup
        .owner
        .api
        .get(&setup.path("/check-ins/offline"))
        .await
        .json();
    assert_eq!(offline["items"][0]["startNumber"], 777);
    let body = json!({ "code": "777" });
    let scanned = setup
        .owner
        .api
        .post_json(&setup.path("/check-ins"), &body)
        .await
        .json();
    assert_eq!(
        (&scanned["userName"], &scanned["startNumber"]),
        (&json!("Ada"), &json!(777))
    );
    let unknown = setup
        .owner
        .api
        .post_json(&setup.path("/check-ins"), &json!({ "code": "778" }))
        .await;
    assert_eq!(unknown.problem(), "ticket-invalid");
}

async fn an_organizer_gives_numbers_on_the_page_without_javascript(app: App) {
    let setup = Setup::new(&app).await;
    for name in ["Zoe", "Ada"] {
        setup.register(name, None).await;
    }
    let browser = &setup.owner.browser;
    let path = format!("/organize/{}/start-numbers", setup.competition.id);
    let page = browser.get(&path).await;
    assert!(page.find("[data-testid=start-number-preview]").is_none());
    let wrong = browser.get(&format!("{path}?order=NAME&from=x")).await;
    assert!(wrong.find(".field-error").is_some(), "{}", wrong.text);
    let preview = browser.get(&format!("{path}?order=NAME&from=20")).await;
    let shown = preview.find("[data-testid=start-number-preview]").unwrap();
    assert!(
        shown.contains("Numbers to give: 2") && shown.find("20Ada") < shown.find("21Zoe"),
        "{shown}"
    );
    let given = browser
        .submit(&preview.form("[data-testid=give-start-numbers]"))
        .await;
    assert!(given.text.contains("Numbers given: 2"), "{}", given.text);
    let after = browser.get(&format!("{path}?order=NAME&from=20")).await;
    assert!(
        after.text.contains("Everybody with a seat has a number."),
        "{}",
        after.text
    );
    let ada = setup
        .numbers()
        .await
        .into_iter()
        .find(|(name, _)| name == "Ada")
        .unwrap();
    assert_eq!(ada.1, Some(20));
}
