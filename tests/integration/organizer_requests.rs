//! Participants ask to become organizers; administrators decide, and participants are told.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, UserView},
};
use reqwest::Method;

use crate::{
    harness::{App, Client, Clients, PASSWORD, Reply, confirm_second_factor, set_role},
    on_both_backends,
};

on_both_backends!(
    a_participant_asks_once_and_becomes_an_organizer_who_is_told,
    who_was_declined_is_told_and_asks_again_after_a_month,
    of_two_decisions_at_the_same_time_one_is_told,
    a_reason_has_bounds_and_stays_in_the_form,
    a_deleted_account_asks_for_nothing_and_an_export_has_the_request,
    an_organizer_has_nothing_to_ask_for,
);

const REASON: &str = "The chess club's evening in March,\nfor 40 people.";

async fn administrator(app: &App) -> Clients {
    let admin = app.account("Ada", Role::Admin).await;
    // Before, so that the log-in is one step.
    let clients = Clients::log_in(app, &admin).await;
    confirm_second_factor(app, &admin).await;
    clients
}

async fn ask(browser: &Client, reason: &str) -> Reply {
    let page = browser.browse("/organize").await;
    assert_eq!(page.status, 403);
    let form = page.form("[data-testid=organizer-request-form]");
    browser.submit(&form.fill("reason", reason)).await
}

async fn decide(admin: &Clients, account: &UserView, decision: &str) -> u16 {
    let path = format!("/api/v1/admin/organizer-requests/{}/{decision}", account.id);
    let request = admin.api.request(Method::POST, &path);
    admin.api.send(request).await.status.as_u16()
}

async fn messages(app: &App) -> Vec<String> {
    let messages = app.messages(MessageKind::Account).await;
    messages
        .into_iter()
        .map(|message| message.subject)
        .collect()
}

async fn a_participant_asks_once_and_becomes_an_organizer_who_is_told(app: App) {
    let admin = administrator(&app).await;
    let paula = app.account("Paula", Role::Participant).await;
    let browser = Clients::log_in(&app, &paula).await.browser;
    let asked = ask(&browser, REASON).await;
    assert!(
        asked
            .find("[role=status]")
            .unwrap()
            .contains("Your request was sent.")
    );
    assert!(asked.find("[data-testid=organizer-request]").is_some());
    assert!(asked.find("[data-testid=organizer-request-form]").is_none());
    let health = admin.browser.browse("/admin").await;
    assert!(
        health
            .text
            .contains("One participant asks to become an organizer")
    );
    let listed = admin
        .api
        .get("/api/v1/admin/organizer-requests")
        .await
        .json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["items"][0]["userId"], paula.id.to_string());
    assert_eq!(listed["items"][0]["reason"], REASON);
    let page = admin.browser.browse("/admin/organizer-requests").await;
    assert!(page.find("tbody tr").unwrap().contains("chess club"));
    let form = page.form("form[action='/act/approve-organizer-request']");
    let approved = admin.browser.submit(&form).await;
    assert!(
        approved
            .find("[role=status]")
            .unwrap()
            .contains("is an organizer now")
    );
    assert!(approved.text.contains("Nobody is waiting"));
    assert_eq!(messages(&app).await, ["You can organize competitions now"]);
    // A second press, and a second administrator.
    let again = admin.browser.submit(&form).await;
    assert!(again.find("[role=alert]").is_some());
    assert_eq!(decide(&admin, &paula, "approve").await, 404);
    assert_eq!(messages(&app).await.len(), 1);
    assert_eq!(browser.browse("/organize").await.status, 200);
}

async fn who_was_declined_is_told_and_asks_again_after_a_month(app: App) {
    let admin = administrator(&app).await;
    let paula = app.account("Paula", Role::Participant).await;
    let browser = Clients::log_in(&app, &paula).await.browser;
    ask(&browser, REASON).await;
    assert_eq!(decide(&admin, &paula, "decline").await, 204);
    assert_eq!(
        messages(&app).await,
        ["Your request to become an organizer was declined"]
    );
    let page = browser.browse("/organize").await;
    assert!(
        page.find("[data-testid=organizer-request]")
            .unwrap()
            .contains("declined")
    );
    let actor = Actor::from(&paula);
    let form = mini_compete::model::forms::OrganizerRequestForm {
        reason: REASON.to_owned(),
    };
    let accounts = &app.services.accounts;
    accounts.request_organizer_role(actor, &form).await.unwrap();
    assert_eq!(
        accounts.waiting_organizer_requests().await.unwrap(),
        0,
        "too soon"
    );
    app.clock.advance(TimeDelta::days(30));
    let browser = Clients::log_in(&app, &paula).await.browser;
    ask(&browser, "Another evening, with a better plan.").await;
    assert_eq!(accounts.waiting_organizer_requests().await.unwrap(), 1);
}

async fn of_two_decisions_at_the_same_time_one_is_told(app: App) {
    let admin = administrator(&app).await;
    let paula = app.account("Paula", Role::Participant).await;
    let browser = Clients::log_in(&app, &paula).await.browser;
    ask(&browser, REASON).await;
    let decisions = tokio::join!(
        decide(&admin, &paula, "decline"),
        decide(&admin, &paula, "decline"),
    );
    assert!(
        matches!(decisions, (204, 404) | (404, 204)),
        "{decisions:?}"
    );
    assert_eq!(messages(&app).await.len(), 1);
}

async fn a_reason_has_bounds_and_stays_in_the_form(app: App) {
    let paula = app.account("Paula", Role::Participant).await;
    let browser = Clients::log_in(&app, &paula).await.browser;
    for reason in [
        "",
        "short",
        "\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}",
        &"x".repeat(1_001),
    ] {
        let refused = ask(&browser, reason).await;
        let form = refused.form("[data-testid=organizer-request-form]");
        assert_eq!(
            form.value("reason").map(str::trim),
            Some(reason),
            "it stays"
        );
        assert!(refused.find("#reason-error").is_some(), "{reason}");
    }
    assert_eq!(
        app.services
            .accounts
            .waiting_organizer_requests()
            .await
            .unwrap(),
        0
    );
}

async fn a_deleted_account_asks_for_nothing_and_an_export_has_the_request(app: App) {
    let paula = app.account("Paula", Role::Participant).await;
    let clients = Clients::log_in(&app, &paula).await;
    ask(&clients.browser, REASON).await;
    let export = clients.api.get("/api/v1/me/export").await.json();
    assert_eq!(export["organizerRequest"]["reason"], REASON);
    let body = serde_json::json!({ "password": PASSWORD });
    let delete = clients
        .api
        .request(Method::DELETE, "/api/v1/me")
        .json(&body);
    assert_eq!(clients.api.send(delete).await.status, 204);
    assert_eq!(
        app.services
            .accounts
            .waiting_organizer_requests()
            .await
            .unwrap(),
        0
    );
}

async fn an_organizer_has_nothing_to_ask_for(app: App) {
    let olga = app.account("Olga", Role::Participant).await;
    let browser = Clients::log_in(&app, &olga).await.browser;
    let form = browser
        .browse("/organize")
        .await
        .form("[data-testid=organizer-request-form]");
    set_role(&app, &olga, Role::Organizer).await;
    let refused = browser.submit(&form.fill("reason", REASON)).await;
    assert!(refused.find("[role=alert]").is_some());
    assert_eq!(
        app.services
            .accounts
            .waiting_organizer_requests()
            .await
            .unwrap(),
        0
    );
}
