//! What administrators do to accounts: finding them, changing their role, disabling them, signing them out and
//! confirming their e-mail address.

use mini_compete::{
    domain::{Actor, Error, accounts::Initiator},
    model::{
        AuditAction, DomainError, Role, UserView,
        forms::{AccountChange, AccountFilter, Paging},
    },
    store::entity::{audit_event, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Clients, Reply, set_role},
    on_both_backends,
};

on_both_backends!(
    an_account_is_found_by_the_beginning_of_its_names_and_its_address,
    a_search_reads_a_bounded_part_of_an_index,
    the_newest_accounts_come_first_and_deleted_ones_are_left_out,
    a_new_role_takes_effect_at_once_and_is_recorded,
    a_disabled_account_is_logged_out_and_can_be_enabled_again,
    an_account_is_signed_out_everywhere,
    an_administrator_confirms_an_address,
    the_last_administrator_keeps_the_role_and_stays_enabled,
    administrators_who_demote_each_other_at_once_leave_one,
    an_operator_may_demote_the_last_administrator,
    nobody_but_an_administrator_sees_or_changes_accounts,
    dangerous_changes_need_a_recent_log_in,
);

async fn admin(app: &App, name: &str) -> UserView {
    app.account(name, Role::Admin).await
}

async fn as_admin(app: &App) -> Client {
    let root = admin(app, "Root").await;
    app.client().with_token(app.token(Actor::from(&root)).await)
}

async fn names(app: &App, actor: Actor, search: &str) -> Vec<String> {
    let filter = AccountFilter {
        search: Some(search.to_owned()),
        role: None,
    };
    let accounts = &app.services.accounts;
    let page = accounts.directory(actor, &filter, Paging::new(None, None, 20));
    let page = page.await.unwrap();
    page.items.into_iter().map(|account| account.name).collect()
}

async fn patch(client: &Client, id: impl std::fmt::Display, body: Value) -> Reply {
    let path = format!("/api/v1/admin/users/{id}");
    client
        .send(client.request(Method::PATCH, &path).json(&body))
        .await
}

async fn post(client: &Client, id: impl std::fmt::Display, act: &str) -> Reply {
    let path = format!("/api/v1/admin/users/{id}/{act}");
    client.send(client.request(Method::POST, &path)).await
}

async fn row(app: &App, account: &UserView) -> user::Model {
    let row = user::Entity::find_by_id(account.id);
    row.one(app.database().read()).await.unwrap().unwrap()
}

/// Returns the actions that were recorded about an account by somebody else, in order.
async fn recorded(app: &App, account: &UserView) -> Vec<(AuditAction, Value)> {
    audit_event::Entity::find()
        .filter(audit_event::Column::SubjectId.eq(account.id.0))
        .filter(audit_event::Column::ActorId.ne(account.id.0))
        .order_by_asc(audit_event::Column::Id)
        .all(app.database().read())
        .await
        .unwrap()
        .into_iter()
        .map(|event| (event.action, event.detail))
        .collect()
}

async fn an_account_is_found_by_the_beginning_of_its_names_and_its_address(app: App) {
    let root = Actor::from(&admin(&app, "Root").await);
    for name in ["Ravi Shankar", "Élodie Özil", "Ann Lee Shannon"] {
        app.account(name, Role::Participant).await;
    }
    assert_eq!(names(&app, root, "ravi").await, ["Ravi Shankar"]);
    assert_eq!(names(&app, root, "RAVI SHA").await, ["Ravi Shankar"]);
    assert_eq!(
        names(&app, root, "Shan").await,
        ["Ann Lee Shannon", "Ravi Shankar"]
    );
    assert_eq!(names(&app, root, "ravi.shankar@EX").await, ["Ravi Shankar"]);
    for search in ["élodie", "Élo", "öz", "ÖZIL"] {
        assert_eq!(names(&app, root, search).await, ["Élodie Özil"], "{search}");
    }
    let filter = AccountFilter {
        search: Some("ann".to_owned()),
        role: None,
    };
    let accounts = &app.services.accounts;
    let id = accounts.directory(root, &filter, Paging::new(None, None, 20));
    let id = id.await.unwrap().items[0].id;
    assert_eq!(
        names(&app, root, &id.to_string()).await,
        ["Ann Lee Shannon"]
    );
    for nobody in ["avi", "lee", "%", "_", "' OR 1=1 --", &"x".repeat(100_000)] {
        assert!(names(&app, root, nobody).await.is_empty(), "{nobody:.20}");
    }
}

async fn a_search_reads_a_bounded_part_of_an_index(app: App) {
    let root = Actor::from(&admin(&app, "Root").await);
    app.participants(1_000).await;
    let filter = AccountFilter {
        search: Some("person".to_owned()),
        role: None,
    };
    let accounts = &app.services.accounts;
    let page = |number| accounts.directory(root, &filter, Paging::new(Some(number), Some(100), 20));
    let first = page(1).await.unwrap();
    assert_eq!((first.total, first.items.len()), (200, 100));
    let second = page(2).await.unwrap();
    assert_eq!(second.items.len(), 100);
    assert!(first.items.iter().all(|one| !second.items.contains(one)));
    assert!(page(3).await.unwrap().items.is_empty());
}

async fn the_newest_accounts_come_first_and_deleted_ones_are_left_out(app: App) {
    let client = as_admin(&app).await;
    let olga = app.account("Olga", Role::Organizer).await;
    let gone = app.account("Gone", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&gone.email).await;
    let page = browser.get("/me/data").await;
    let form = page.form("form[action='/act/delete-account']");
    let form = form.fill("password", crate::harness::PASSWORD);
    browser.submit(&form).await;
    let list = async |query: &str| {
        let reply = client.get(&format!("/api/v1/admin/users{query}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let json = reply.json();
        let items = json["items"].as_array().unwrap().iter();
        let names = items.map(|item| item["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), json["total"].as_u64().unwrap())
    };
    let texts = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("").await, (texts(&["Olga", "Root"]), 2));
    assert_eq!(list("?perPage=1&page=2").await, (texts(&["Root"]), 2));
    assert_eq!(list("?role=ORGANIZER").await, (texts(&["Olga"]), 1));
    assert_eq!(list("?role=ADMIN&search=o").await, (vec![], 0));
    assert_eq!(list("?search=Deleted").await, (vec![], 0));
    let change = patch(&client, gone.id, json!({ "role": "ADMIN" })).await;
    assert_eq!(change.status, 404);
    let invalid = client.get("/api/v1/admin/users?role=KING&page=0").await;
    assert_eq!(invalid.status, 422);
    let found = client.get("/api/v1/admin/users?search=olga").await.json();
    let item = &found["items"][0];
    assert_eq!(item["id"], olga.id.to_string());
    assert_eq!(
        (&item["emailConfirmed"], &item["disabledAt"]),
        (&json!(true), &Value::Null)
    );
    assert!(!found.to_string().contains("argon2"), "no password hash");
}

async fn a_new_role_takes_effect_at_once_and_is_recorded(app: App) {
    let client = as_admin(&app).await;
    let olga = app.account("Olga", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    assert_eq!(browser.get("/organize").await.status, 403);
    let changed = patch(&client, olga.id, json!({ "role": "ORGANIZER" })).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.json()["role"]),
        (200, &json!("ORGANIZER"))
    );
    assert_eq!(browser.get("/organize").await.status, 200);
    // What is as wanted already is not recorded again.
    assert_eq!(
        patch(&client, olga.id, json!({ "role": "ORGANIZER" }))
            .await
            .status,
        200
    );
    assert_eq!(patch(&client, olga.id, json!({})).await.status, 200);
    let detail = json!({ "from": "PARTICIPANT", "to": "ORGANIZER" });
    assert_eq!(
        recorded(&app, &olga).await,
        [(AuditAction::RoleChange, detail)]
    );
    for wrong in [
        json!({ "role": "KING" }),
        json!({ "name": "Olga" }),
        json!({ "disabled": 1 }),
    ] {
        assert_eq!(patch(&client, olga.id, wrong).await.status, 422);
    }
    let nobody = mini_compete::model::UserId::new();
    assert_eq!(
        patch(&client, nobody, json!({ "disabled": true }))
            .await
            .status,
        404
    );
    assert_eq!(
        patch(&client, "nobody", json!({ "disabled": true }))
            .await
            .status,
        404
    );
}

async fn a_disabled_account_is_logged_out_and_can_be_enabled_again(app: App) {
    let client = as_admin(&app).await;
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    assert!(
        browser
            .get("/me/profile")
            .await
            .url
            .ends_with("/me/profile")
    );
    let changed = patch(&client, ada.id, json!({ "disabled": true })).await;
    assert!(changed.json()["disabledAt"].is_string(), "{}", changed.text);
    assert!(browser.get("/me/profile").await.url.contains("/login"));
    let body = json!({ "email": ada.email, "password": crate::harness::PASSWORD });
    let refused = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(refused.problem(), "account-disabled");
    let changed = patch(&client, ada.id, json!({ "disabled": false })).await;
    assert_eq!(changed.json()["disabledAt"], Value::Null);
    let accepted = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(accepted.status, 200);
    let actions: Vec<_> = recorded(&app, &ada)
        .await
        .into_iter()
        .map(|(action, _)| action)
        .collect();
    assert_eq!(
        actions,
        [AuditAction::AccountDisable, AuditAction::AccountEnable]
    );
}

async fn an_account_is_signed_out_everywhere(app: App) {
    let client = as_admin(&app).await;
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let body = json!({ "email": ada.email, "password": crate::harness::PASSWORD });
    let tokens = app
        .client()
        .post_json("/api/v1/auth/login", &body)
        .await
        .json();
    let api = app
        .client()
        .with_token(tokens["accessToken"].as_str().unwrap());
    assert_eq!(api.get("/api/v1/me").await.status, 200);
    assert_eq!(post(&client, ada.id, "sign-out").await.status, 204);
    assert_eq!(api.get("/api/v1/me").await.status, 401);
    assert!(browser.get("/me/profile").await.url.contains("/login"));
    assert_eq!(
        recorded(&app, &ada).await,
        [(AuditAction::LogOut, json!({ "which": "all" }))]
    );
    let nobody = mini_compete::model::UserId::new();
    assert_eq!(post(&client, nobody, "sign-out").await.status, 404);
}

async fn an_administrator_confirms_an_address(app: App) {
    let client = as_admin(&app).await;
    let ada = app.account("Ada", Role::Participant).await;
    user::Entity::update_many()
        .col_expr(user::Column::EmailConfirmed, Expr::value(false))
        .filter(user::Column::Id.eq(ada.id))
        .exec(app.database().write())
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(post(&client, ada.id, "verify-email").await.status, 204);
        assert!(row(&app, &ada).await.email_confirmed);
    }
    let actions = recorded(&app, &ada).await;
    assert_eq!(
        actions,
        [(AuditAction::EmailConfirm, json!({}))],
        "the second time changes nothing"
    );
}

async fn the_last_administrator_keeps_the_role_and_stays_enabled(app: App) {
    let root = admin(&app, "Root").await;
    let client = app.client().with_token(app.token(Actor::from(&root)).await);
    for change in [json!({ "role": "ORGANIZER" }), json!({ "disabled": true })] {
        let refused = patch(&client, root.id, change).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (409, "last-administrator")
        );
        assert!(
            refused.json()["detail"]
                .as_str()
                .unwrap()
                .contains("last administrator")
        );
    }
    // An administrator who is disabled can't undo a change, so it does not count.
    let second = admin(&app, "Second").await;
    assert_eq!(
        patch(&client, second.id, json!({ "disabled": true }))
            .await
            .status,
        200
    );
    assert_eq!(
        patch(&client, root.id, json!({ "role": "PARTICIPANT" }))
            .await
            .status,
        409
    );
    assert_eq!(
        patch(&client, second.id, json!({ "disabled": false }))
            .await
            .status,
        200
    );
    assert_eq!(
        patch(&client, root.id, json!({ "role": "PARTICIPANT" }))
            .await
            .status,
        200
    );
    assert_eq!(row(&app, &root).await.role, Role::Participant);
    assert_eq!(
        recorded(&app, &root).await,
        [],
        "it was the account itself that did it"
    );
}

async fn administrators_who_demote_each_other_at_once_leave_one(app: App) {
    let demotion = AccountChange {
        role: Some(Role::Participant),
        disabled: None,
    };
    for round in 0..8 {
        let one = admin(&app, &format!("One {round}")).await;
        let two = admin(&app, &format!("Two {round}")).await;
        let accounts = &app.services.accounts;
        let (first, second) = tokio::join!(
            accounts.administer(Actor::from(&one), two.id, demotion),
            accounts.administer(Actor::from(&two), one.id, demotion),
        );
        let outcomes = [first, second];
        let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        let refused: Vec<_> = refused.collect();
        assert!(
            matches!(
                refused[..],
                [Error::Domain(
                    DomainError::Forbidden | DomainError::LastAdministrator
                )]
            ),
            "{outcomes:?}"
        );
        let roles = [row(&app, &one).await.role, row(&app, &two).await.role];
        assert_eq!(
            roles.iter().filter(|role| **role == Role::Admin).count(),
            1,
            "{roles:?}"
        );
        for account in [&one, &two] {
            set_role(&app, account, Role::Participant).await;
        }
    }
}

async fn an_operator_may_demote_the_last_administrator(app: App) {
    let root = admin(&app, "Root").await;
    let accounts = &app.services.accounts;
    let by = Initiator::Operator("cli:test");
    accounts
        .set_role(&root.email, Role::Organizer, by)
        .await
        .unwrap();
    assert_eq!(row(&app, &root).await.role, Role::Organizer);
}

async fn nobody_but_an_administrator_sees_or_changes_accounts(app: App) {
    let root = admin(&app, "Root").await;
    let former = admin(&app, "Former").await;
    let mut clients = vec![(401_u16, app.client())];
    for (name, role) in [("Paula", Role::Participant), ("Olga", Role::Organizer)] {
        let account = app.account(name, role).await;
        let Clients { browser, api } = Clients::log_in(&app, &account).await;
        clients.extend([(403, browser), (403, api)]);
    }
    let Clients { browser, api } = Clients::log_in(&app, &former).await;
    set_role(&app, &former, Role::Organizer).await;
    clients.extend([(403, browser), (403, api)]);
    for (status, client) in clients {
        let id = root.id;
        for (method, path) in [
            (Method::GET, "/api/v1/admin/users?search=root".to_owned()),
            (Method::PATCH, format!("/api/v1/admin/users/{id}")),
            (Method::POST, format!("/api/v1/admin/users/{id}/sign-out")),
            (
                Method::POST,
                format!("/api/v1/admin/users/{id}/verify-email"),
            ),
        ] {
            let request = client.request(method.clone(), &path);
            let request = request.header("sec-fetch-site", "same-origin");
            let request = match method {
                Method::PATCH => request.json(&json!({ "disabled": true })),
                _ => request,
            };
            let reply = client.send(request).await;
            assert_eq!(reply.status, status, "{method} {path} {}", reply.text);
            assert!(!reply.text.contains(&root.email));
        }
    }
    let untouched = row(&app, &root).await;
    assert_eq!((untouched.disabled_at, untouched.auth_epoch), (None, 0));
}

async fn dangerous_changes_need_a_recent_log_in(app: App) {
    let client = as_admin(&app).await;
    let ada = app.account("Ada", Role::Participant).await;
    app.clock.advance(chrono::TimeDelta::minutes(14));
    assert_eq!(post(&client, ada.id, "verify-email").await.status, 204);
    // The token itself is still valid for the list.
    app.clock.advance(chrono::TimeDelta::seconds(45));
    assert_eq!(client.get("/api/v1/admin/users").await.status, 200);
    let root = app.account("Another Root", Role::Admin).await;
    let browser = app.client();
    browser.log_in(&root.email).await;
    app.clock.advance(chrono::TimeDelta::minutes(16));
    assert_eq!(browser.get("/api/v1/admin/users").await.status, 200);
    for (method, path) in [
        (Method::PATCH, format!("/api/v1/admin/users/{}", ada.id)),
        (
            Method::POST,
            format!("/api/v1/admin/users/{}/sign-out", ada.id),
        ),
        (
            Method::POST,
            format!("/api/v1/admin/users/{}/verify-email", ada.id),
        ),
    ] {
        let request = browser.request(method.clone(), &path);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = match method {
            Method::PATCH => request.json(&json!({ "disabled": true })),
            _ => request,
        };
        let reply = browser.send(request).await;
        assert_eq!(reply.problem(), "recent-login-required", "{method} {path}");
    }
    assert_eq!(row(&app, &ada).await.disabled_at, None);
}
