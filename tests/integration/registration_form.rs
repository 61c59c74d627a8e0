//! The same promise behind the button, without JavaScript: its form carries a key.

use mini_compete::model::Role;
use serde_json::json;

use crate::{
    both,
    harness::{App, Client, PASSWORD},
};

both!(
    pressing_the_button_twice_takes_one_seat_and_says_so_twice,
    a_page_that_was_kept_open_does_not_take_a_second_seat,
);

/// Somebody who logged in on the page.
async fn visitor(app: &App) -> Client {
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

async fn pressing_the_button_twice_takes_one_seat_and_says_so_twice(app: App) {
    let competition = app.competition(5, false).await.id;
    let client = visitor(&app).await;
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
    let left = client.get(&format!("/competitions/{competition}")).await;
    let left = left.find("[data-testid=seats-left]").expect("a count");
    assert!(left.contains('4'), "{left}");
}

async fn a_page_that_was_kept_open_does_not_take_a_second_seat(app: App) {
    let competition = app.competition(5, false).await.id;
    let client = visitor(&app).await;
    let path = format!("/competitions/{competition}");
    let kept = client.get(&path).await.form("[data-testid=register-form]");
    let fresh = client.get(&path).await.form("[data-testid=register-form]");
    assert_ne!(kept.value("idempotencyKey"), fresh.value("idempotencyKey"));
    client.submit(&fresh).await;
    client.submit(&kept).await;
    assert_eq!(app.assert_seat_invariant().await, 1);
}
