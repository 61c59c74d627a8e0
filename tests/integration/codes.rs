//! Codes: limits that hold whatever happens, seats that are set aside, and who may register.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

mod addresses;
mod ages;
mod batches;
mod crash;
mod eligibility;
mod limits;
mod organizing;
mod pages;
mod refusals;
mod repair;
mod reserved;

use crate::{
    divisions::costs::assert_untouched,
    harness::{App, Client, Reply},
};

/// A competition, its organizer's API client, and a way to register with a code.
pub struct Setup<'a> {
    app: &'a App,
    competition: CompetitionView,
    organizer: Client,
}

impl<'a> Setup<'a> {
    async fn new(app: &'a App, capacity: i64, waitlist: bool) -> Self {
        // There may be several.
        let name = format!("Organizer {}", uuid::Uuid::now_v7());
        let organizer = app.account(&name, Role::Organizer).await;
        let competition = app.competition_of(&organizer, capacity, waitlist).await;
        let token = app.token(Actor::from(&organizer)).await;
        Self {
            app,
            competition,
            organizer: app.client().with_token(token),
        }
    }

    fn path(&self) -> String {
        format!("/api/v1/competitions/{}/codes", self.competition.id)
    }

    async fn add(&self, code: Value) -> Reply {
        self.organizer.post_json(&self.path(), &code).await
    }

    /// Adds a code and returns its id.
    async fn code(&self, code: Value) -> String {
        let added = self.add(code).await;
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

    /// Returns how many are registered with the code.
    async fn uses(&self, id: &str) -> u64 {
        let path = format!("{}?perPage=100", self.path());
        let list = self.organizer.get(&path).await.json();
        let items = list["items"].as_array().unwrap();
        let code = items.iter().find(|code| code["id"] == id).unwrap();
        code["uses"].as_u64().unwrap()
    }

    /// Edits the competition with these settings.
    async fn edit(&self, fields: Value) {
        let path = format!("/api/v1/competitions/{}", self.competition.id);
        let request = self.organizer.request(Method::PATCH, &path).json(&fields);
        let reply = self.organizer.send(request).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }

    /// Returns the path of the divisions.
    fn divisions(&self) -> String {
        format!("/api/v1/competitions/{}/divisions", self.competition.id)
    }

    /// Adds two divisions with two seats each, and returns their ids.
    async fn two_divisions(&self) -> [String; 2] {
        let path = self.divisions();
        let mut ids = Vec::new();
        for name in ["A", "B"] {
            let body = json!({ "name": name, "capacity": 2 });
            let added = self.organizer.post_json(&path, &body).await;
            ids.push(added.json()["id"].as_str().unwrap().to_owned());
        }
        ids.try_into().unwrap()
    }

    /// Returns the competition as everyone sees it.
    async fn view(&self) -> Value {
        let path = format!("/api/v1/competitions/{}", self.competition.id);
        self.app.client().get(&path).await.json()
    }

    async fn clients(&self, count: usize) -> Vec<Client> {
        let mut clients = Vec::new();
        for participant in self.app.participants(count).await {
            let token = self.app.token(participant).await;
            clients.push(self.app.client().with_token(token));
        }
        clients
    }

    async fn client(&self) -> Client {
        self.clients(1).await.remove(0)
    }

    async fn register(&self, client: &Client, key: &str, body: Value) -> Reply {
        let request = client.registration_request(self.competition.id, key);
        client.send(request.json(&body)).await
    }

    /// Registers a new participant with this body.
    async fn arrive(&self, body: Value) -> (Client, Reply) {
        let client = self.client().await;
        let reply = self.register(&client, "k", body).await;
        (client, reply)
    }
}

/// Asserts the status of a registration that was accepted, and returns its id.
fn assert_registered(reply: &Reply, status: &str) -> String {
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let view = reply.json();
    assert_eq!(view["status"], status);
    view["registrationId"].as_str().unwrap().to_owned()
}

/// Asserts that a request was refused with this code.
fn assert_refused(reply: &Reply, status: StatusCode, problem: &str) {
    assert_eq!(
        (reply.status, &*reply.problem()),
        (status, problem),
        "{}",
        reply.text
    );
}

fn with_code(code: &str) -> Value {
    json!({ "code": code })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_or_written_about_codes_where_there_are_none() {
    assert_untouched("codes").await;
}
