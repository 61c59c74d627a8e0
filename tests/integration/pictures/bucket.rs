//! Pictures of several machines, which keep them in one bucket.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role},
};
use reqwest::{Method, StatusCode};

use super::{file, path, upload, uploaded};
use crate::harness::{App, Backend, Bucket, Client, process::Server, spawn_app, wait_until};

async fn start(app: &App, settings: &[(&str, String)]) -> Server {
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    Server::start(&app.storage, &settings.collect::<Vec<_>>()).await
}

/// Returns a client of a process with the token of the competition's organizer.
async fn organizer_at(server: &Server, app: &App, competition: &CompetitionView) -> Client {
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    server.client().with_token(app.token(actor).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_machine_stores_another_one_serves_and_deletes() {
    let bucket = Bucket::start().await;
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await;
    let settings = bucket.settings();
    let one = start(&app, &settings).await;
    let address = uploaded(&organizer_at(&one, &app, &competition).await, &competition).await;
    assert_eq!(bucket.files(), 3);
    drop(one);

    let other = start(&app, &settings).await;
    let request = other.client().request(Method::GET, &address);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = response.bytes().await.unwrap();
    let picture = image::load_from_memory(&bytes).unwrap();
    assert_eq!(picture.width(), 900);

    let organizer = organizer_at(&other, &app, &competition).await;
    let removal = organizer.request(Method::DELETE, &path(&competition));
    assert_eq!(organizer.send(removal).await.status, StatusCode::NO_CONTENT);
    wait_until("a job deletes the files", async || bucket.files() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_refuses_the_credentials_is_unavailable_and_nothing_is_stored() {
    let bucket = Bucket::start().await;
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(5, false).await;
    let settings = bucket.settings_with_secret("the-secret-of-somebody-else");
    let server = start(&app, &settings).await;
    let organizer = organizer_at(&server, &app, &competition).await;
    let picture = file(900, 700, image::ImageFormat::Png);
    let reply = upload(&organizer, &path(&competition), picture).await;
    assert_eq!(
        reply.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        reply.text
    );
    assert_eq!(reply.header("retry-after"), Some("10"));
    assert!(!reply.text.contains("Signature"), "{}", reply.text);
    assert_eq!(bucket.files(), 0);
    let page = format!("/competitions/{}", competition.id);
    assert_eq!(server.client().get(&page).await.status, StatusCode::OK);
}
