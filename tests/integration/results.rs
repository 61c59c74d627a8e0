//! Results: recording them once and completely, publishing them in versions, and who may do what.

mod keeping;
mod pages;
mod publishing;
mod recording;

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role, StaffRole, UserView},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{App, Client, Clients, Reply, add_staff};

/// A competition with participants, of whom the first has the start number 1, and a helper who records results.
pub struct Setup<'a> {
    pub app: &'a App,
    pub competition: CompetitionView,
    pub owner: Clients,
    pub helper: Clients,
    recorder: UserView,
    pub people: Vec<UserView>,
}

impl<'a> Setup<'a> {
    pub async fn new(app: &'a App, names: &[&str]) -> Self {
        let owner = app.account("Olga", Role::Organizer).await;
        let helper = app.account("Renate", Role::Participant).await;
        let competition = app.competition_of(&owner, 50, true).await;
        add_staff(app, competition.id, helper.id, StaffRole::Results).await;
        let mut people = Vec::new();
        for name in names {
            let person = app.account(name, Role::Participant).await;
            app.register_all(&[Actor::from(&person)], competition.id)
                .await;
            people.push(person);
        }
        let setup = Self {
            owner: Clients::log_in(app, &owner).await,
            helper: Clients::log_in(app, &helper).await,
            app,
            recorder: helper,
            competition,
            people,
        };
        let path = setup.path("/start-numbers");
        let body = json!({ "order": "REGISTERED_AT" });
        let numbered = setup.owner.api.post_json(&path, &body).await;
        assert_eq!(numbered.status, StatusCode::OK, "{}", numbered.text);
        setup
    }

    pub fn path(&self, below: &str) -> String {
        format!("/api/v1/competitions/{}{below}", self.competition.id)
    }

    /// Adds a stage with these settings, and returns its id.
    pub async fn stage(&self, settings: Value) -> String {
        let mut body = json!({ "name": "Final", "metric": "TIME", "state": "OPEN" });
        for (name, value) in settings.as_object().unwrap() {
            body[name] = value.clone();
        }
        let path = self.path("/stages");
        let added = self.owner.api.post_json(&path, &body).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        added.json()["id"].as_str().unwrap().to_owned()
    }

    /// Returns a client of the helper with a token of this moment.
    pub async fn helper_now(&self) -> Client {
        let token = self.app.token(Actor::from(&self.recorder)).await;
        self.app.client().with_token(token)
    }

    /// Records results as the helper.
    pub async fn record(&self, stage: &str, body: Value) -> Reply {
        let path = format!("/api/v1/stages/{stage}/performances");
        self.helper_now().await.post_json(&path, &body).await
    }

    /// Records results, each a code with a value, and returns their ids.
    pub async fn values(&self, stage: &str, values: &[(&str, i64)]) -> Vec<String> {
        let results = values.iter();
        let results = results.map(|(code, value)| json!({ "code": code, "value": value }));
        let recorded = self.record(stage, Value::from_iter(results)).await;
        assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.text);
        let ids = recorded.json()["ids"].as_array().unwrap().clone();
        let id = |id: &Value| id.as_str().unwrap().to_owned();
        ids.iter().map(id).collect()
    }

    pub async fn publish(&self, stage: &str, body: Value) -> Value {
        let path = format!("/api/v1/stages/{stage}/publish");
        let published = self.helper_now().await.post_json(&path, &body).await;
        assert_eq!(published.status, StatusCode::OK, "{}", published.text);
        published.json()
    }

    /// Returns the standings as everybody sees them.
    pub async fn standings(&self, query: &str) -> Value {
        let path = self.path(&format!("/standings{query}"));
        let reply = self.app.client().get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()
    }

    /// Returns everything that was recorded in a stage, the newest first.
    pub async fn recorded(&self, stage: &str) -> Vec<Value> {
        let path = format!("/api/v1/stages/{stage}/performances?perPage=100");
        let list = self.helper_now().await.get(&path).await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text);
        list.json()["items"].as_array().unwrap().clone()
    }

    /// Returns the id of somebody's registration.
    pub async fn registration(&self, person: usize) -> String {
        let actor = Actor::from(&self.people[person]);
        let registrations = &self.app.services.registrations;
        let live = registrations.live(actor, self.competition.id).await;
        live.unwrap().unwrap().registration_id.to_string()
    }

    /// Cancels the registration of somebody.
    pub async fn cancel(&self, person: usize) {
        let token = self.app.token(Actor::from(&self.people[person])).await;
        let client = self.app.client().with_token(token);
        let cancelled = client.cancel(self.registration(person).await).await;
        assert_eq!(cancelled.status, StatusCode::NO_CONTENT);
    }
}

/// Returns the names in standings with their ranks.
pub fn ranks(standings: &Value) -> Vec<(&str, Option<u64>)> {
    let items = standings["items"].as_array().unwrap().iter();
    let row = |row: &'_ Value| -> Option<u64> { row["rank"].as_u64() };
    items
        .map(|it| (it["userName"].as_str().unwrap(), row(it)))
        .collect()
}

/// Sends a request with a body and an idempotency key.
pub async fn post_with_key(client: &Client, path: &str, key: &str, body: &Value) -> Reply {
    let request = client.request(Method::POST, path);
    let request = request.header("idempotency-key", key).json(body);
    client.send(request).await
}
