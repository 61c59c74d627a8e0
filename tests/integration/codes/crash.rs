//! Servers that are killed in a rush for the seats of codes.

use mini_compete::ops::Clock;
use reqwest::StatusCode;
use serde_json::json;

use super::{Setup, with_code};
use crate::harness::{Backend, Client, Storage, process::Server, spawn_app_with_clock, wait_until};

/// Some have a code with a limit, others one with seats that are set aside, and others none. What was answered holds, and
/// each counter is right after each kill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_a_rush_for_codes_leaves_all_counters_right() {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let setup = Setup::new(&app, 40, true).await;
    let limited = setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 12 }))
        .await;
    let reserved = setup
        .code(json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 15 }))
        .await;
    let mut tokens = Vec::new();
    for participant in app.participants(90).await {
        tokens.push(app.token(participant).await);
    }
    let mut server = Server::start(&app.storage, &[]).await;
    for round in 0..4 {
        let key = format!("round-{round}");
        let request = |client: Client, number: usize| {
            let body = match number % 3 {
                0 => with_code("FRIENDS"),
                1 => with_code("SPONSOR"),
                _ => json!({}),
            };
            let client = client.with_token(tokens[number].clone());
            let request = client
                .registration_request(setup.competition.id, &key)
                .json(&body);
            (client, request)
        };
        let rush = (0..tokens.len()).map(|number| {
            let (client, request) = request(server.client(), number);
            tokio::spawn(async move { client.try_send(request).await })
        });
        let rush: Vec<_> = rush.collect();
        // At another moment of the rush in each round.
        wait_until("some have a seat", || async {
            let view = app.services.competitions.get(setup.competition.id, None);
            view.await.unwrap().taken() >= round * 9
        })
        .await;
        server.kill();
        let first = futures::future::join_all(rush).await;
        server.start_again().await;
        let mut registered = Vec::new();
        for (number, first) in first.into_iter().enumerate() {
            let (client, request) = request(server.client(), number);
            let again = client.send(request).await;
            if let Ok(first) = first.unwrap() {
                assert_eq!(first.text, again.text, "what was answered holds");
            }
            if again.status == StatusCode::CREATED {
                let id = again.json()["registrationId"].as_str().unwrap().to_owned();
                registered.push((client, id));
            } else {
                assert_eq!(again.problem(), "code-used-up", "{}", again.text);
            }
        }
        assert_eq!(
            setup.uses(&limited).await,
            12,
            "no use is lost or counted twice"
        );
        assert_eq!(setup.uses(&reserved).await, 15);
        assert_eq!(app.assert_seat_invariant().await, 40);
        for (client, id) in registered {
            assert_eq!(client.cancel(id).await.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(
            (setup.uses(&limited).await, setup.uses(&reserved).await),
            (0, 0)
        );
        app.assert_seat_invariant().await;
    }
}
