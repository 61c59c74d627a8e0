//! Brackets: who is in them, recording results once, what follows from a correction, and who sees what.

mod making;
mod pages;
mod recording;

use mini_compete::store::entity::match_change;
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Reply},
    results::Setup,
};

/// Eight names, in the order of their registrations and start numbers.
pub const EIGHT: [&str; 8] = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay", "Gus", "Hal"];

/// A competition with participants and a bracket of them.
pub struct Arena<'a> {
    pub setup: Setup<'a>,
    /// The path of the bracket in the API.
    pub path: String,
}

impl<'a> Arena<'a> {
    /// Creates a published bracket with these settings.
    pub async fn new(app: &'a App, names: &[&str], settings: Value) -> Self {
        let setup = Setup::new(app, names).await;
        let added = add(&setup, settings).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        let path = format!("/api/v1/brackets/{}", added.json()["id"].as_str().unwrap());
        Self { setup, path }
    }

    /// Returns the bracket as everybody sees it.
    pub async fn detail(&self) -> Value {
        let shown = self.setup.app.client().get(&self.path).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
        shown.json()
    }

    /// Returns the matches with the names of their entrants.
    pub async fn matches(&self) -> Vec<Value> {
        let mut detail = self.detail().await;
        let names = detail["entrants"].as_array().unwrap().clone();
        let name = |seed: &Value| match seed.as_u64() {
            Some(seed) => names[usize::try_from(seed).unwrap() - 1]["userName"].clone(),
            None => Value::Null,
        };
        let matches = detail["matches"].as_array_mut().unwrap();
        for game in &mut *matches {
            for side in ["first", "second"] {
                game[side]["name"] = name(&game[side]["seed"]);
            }
        }
        matches.clone()
    }

    /// Returns the path of the match with a number.
    pub async fn match_path(&self, number: usize) -> String {
        let id = self.detail().await["matches"][number - 1]["id"].clone();
        format!("{}/matches/{}", self.path, id.as_str().unwrap())
    }

    /// Records a result as the helper.
    pub async fn record(&self, number: usize, body: Value) -> Reply {
        let path = self.match_path(number).await;
        put(self, &path, None, &body).await
    }

    /// Records who has won the match with a number: FIRST, SECOND or DRAW.
    pub async fn win(&self, number: usize, outcome: &str) -> Value {
        let recorded = self.record(number, json!({ "outcome": outcome })).await;
        assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.text);
        recorded.json()
    }
}

/// Adds a bracket as the helper.
pub async fn add(setup: &Setup<'_>, settings: Value) -> Reply {
    let mut body = json!({
        "name": "Finals",
        "format": "SINGLE_ELIMINATION",
        "seeding": "START_NUMBER",
        "state": "PUBLISHED",
    });
    for (name, value) in settings.as_object().unwrap() {
        body[name] = value.clone();
    }
    let path = setup.path("/brackets");
    setup.helper_now().await.post_json(&path, &body).await
}

/// Records the result of a match as the helper.
pub async fn put(arena: &Arena<'_>, path: &str, key: Option<&str>, body: &Value) -> Reply {
    let client = arena.setup.helper_now().await;
    let mut request = client.request(Method::PUT, path).json(body);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    client.send(request).await
}

/// Returns who meets whom.
pub fn pairs(matches: &[Value]) -> Vec<(&str, &str)> {
    fn name(side: &Value) -> &str {
        side["name"].as_str().unwrap_or("-")
    }
    let matches = matches.iter();
    matches
        .map(|game| (name(&game["first"]), name(&game["second"])))
        .collect()
}

pub async fn patch(client: &Client, path: &str, body: &Value) -> Reply {
    let request = client.request(Method::PATCH, path).json(body);
    client.send(request).await
}

pub async fn delete(client: &Client, path: &str) -> Reply {
    client.send(client.request(Method::DELETE, path)).await
}

/// Returns the number of entries in all histories.
pub async fn changes(app: &App) -> u64 {
    let all = match_change::Entity::find().count(app.database().read());
    all.await.unwrap()
}
