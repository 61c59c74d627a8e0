//! The registration form, which works without JavaScript and contains an idempotency key.

use mini_compete::model::Role;
use serde_json::json;

use crate::{
    harness::{App, Client, PASSWORD},
    on_both_backends,
};

on_both_backends!(
    submitting_the_form_twice_takes_one_seat_and_succeeds_twice,
    a_form_on_an_old_page_does_not_take_a_second_seat,
);

/// Returns a browser in which a new participant is logged in.
async fn logged_in_browser(app: &App) -> Client {
    let account = app.account("Visitor", Role::Participant).await;
    let client = app.client();
    let form = client.get("/login").await.form("[data-testid=login-form]");
    let form = form
        .fill("email", &account.email)
        .fill("password", PASSWORD);
    client.submit(&form).await;
    let credentials = json!({ "email": account.email, "password": PASSWORD });
    let tokens = app
        .client()
        .post_json("/api/v1/auth/login", &credentials)
        .await;
    assert_eq!(tokens.json()["user"]["id"], account.id.to_string());
    client
}

async fn submitting_the_form_twice_takes_one_seat_and_succeeds_twice(app: App) {
    let competition = app.competition(5, false).await.id;
    let client = logged_in_browser(&app).await;
    let page = client.get(&format!("/competitions/{competition}")).await;
    let form = page.form("[data-testid=register-form]");
    assert!(
        form.value("idempotencyKey")
            .is_some_and(|key| !key.is_empty())
    );
    let (one, other) = tokio::join!(client.submit(&form), client.submit(&form));
    for page in [one, other] {
        assert_eq!(page.status, 200, "{}", page.url);
        assert_eq!(page.find("[role=alert]"), None, "{}", page.url);
    }
    assert_eq!(app.assert_seat_invariant().await, 1);
    let page = client.get(&format!("/competitions/{competition}")).await;
    let seats_left = page.find("[data-testid=seats-left]");
    let seats_left = seats_left.expect("a number");
    assert!(seats_left.contains('4'), "{seats_left}");
}

async fn a_form_on_an_old_page_does_not_take_a_second_seat(app: App) {
    let competition = app.competition(5, false).await.id;
    let client = logged_in_browser(&app).await;
    let path = format!("/competitions/{competition}");
    let old = client.get(&path).await.form("[data-testid=register-form]");
    let new = client.get(&path).await.form("[data-testid=register-form]");
    assert_ne!(old.value("idempotencyKey"), new.value("idempotencyKey"));
    client.submit(&new).await;
    client.submit(&old).await;
    assert_eq!(app.assert_seat_invariant().await, 1);
}
