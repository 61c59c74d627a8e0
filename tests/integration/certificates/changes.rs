//! What becomes of a certificate: revoked, issued again, renamed, deleted with an account or a competition.

use mini_compete::{
    domain::{Actor, Error},
    model::{CertificateId, DomainError, RegistrationStatus, Role},
    store::entity::{certificate, registration},
};
use reqwest::{Method, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use super::Setup;
use crate::{
    harness::{App, Clients, PASSWORD},
    on_both_backends,
};

on_both_backends!(
    a_certificate_keeps_the_name_that_it_was_issued_with_until_it_is_issued_again,
    who_was_revoked_gets_no_other_certificate_by_a_list,
    the_certificate_of_a_cancelled_registration_does_not_count,
    two_presses_issue_a_certificate_again_once,
    a_certificate_of_another_competition_is_not_touched,
    the_certificates_of_a_deleted_account_are_gone,
    the_certificates_of_a_deleted_competition_are_gone,
    an_export_of_an_account_has_its_certificates,
);

async fn a_certificate_keeps_the_name_that_it_was_issued_with_until_it_is_issued_again(app: App) {
    let setup = Setup::new(&app, &["Ada Byron"]).await;
    setup.issue("SEATED").await;
    let clients = Clients::log_in(&app, &setup.people[0].0).await;
    let request = clients.api.request(Method::PATCH, "/api/v1/me");
    let renamed = clients
        .api
        .send(request.json(&json!({ "name": "Ada Lovelace" })))
        .await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.text);
    let first = setup.certificates().await.remove(0);
    assert_eq!(first.name, "Ada Byron");

    let certificates = &app.services.certificates;
    let name = certificates
        .issue_again(setup.actor(), setup.competition.id, first.id)
        .await
        .unwrap();
    assert_eq!(name, "Ada Lovelace");
    let all = setup.certificates().await;
    assert_eq!(all.len(), 2);
    assert!(all[0].revoked_at.is_some() && all[1].revoked_at.is_none());
    assert_eq!(all[1].name, "Ada Lovelace");
    assert_eq!(all[1].remark, all[0].remark);
    assert_ne!(all[0].serial, all[1].serial);
    app.run_jobs_with_retries().await;
    assert_eq!(setup.letters().await, 2);
}

async fn who_was_revoked_gets_no_other_certificate_by_a_list(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    setup.issue("SEATED").await;
    let first = setup.certificates().await.remove(0);
    let certificates = &app.services.certificates;
    for _ in 0..2 {
        let revoked = certificates.revoke(setup.actor(), setup.competition.id, first.id);
        revoked.await.unwrap();
    }
    setup.issue("SEATED").await;
    let all = setup.certificates().await;
    assert_eq!(all.len(), 2);
    assert!(all[0].revoked_at.is_some());
}

async fn the_certificate_of_a_cancelled_registration_does_not_count(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    setup.issue("SEATED").await;
    let certificate = setup.certificates().await.remove(0);
    let public = format!("/api/v1/certificates/{}", certificate.serial);
    let state = async || app.client().get(&public).await.json()["state"].clone();
    assert_eq!(state().await, "VALID");
    let own = Clients::log_in(&app, &setup.people[0].0).await.api;
    let pdf = format!(
        "/api/v1/registrations/{}/certificate.pdf",
        certificate.registration_id
    );
    assert_eq!(own.get(&pdf).await.status, StatusCode::OK);
    registration::Entity::update_many()
        .col_expr(
            registration::Column::Status,
            Expr::value(RegistrationStatus::Cancelled),
        )
        .col_expr(
            registration::Column::CancelledAt,
            Expr::value(app.clock.now()),
        )
        .filter(registration::Column::Id.eq(certificate.registration_id))
        .exec(app.database.write())
        .await
        .unwrap();
    assert_eq!(state().await, "REVOKED");
    assert_eq!(own.get(&pdf).await.status, StatusCode::NOT_FOUND);
}

async fn two_presses_issue_a_certificate_again_once(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    setup.issue("SEATED").await;
    let first = setup.certificates().await.remove(0);
    let again = || {
        let certificates = &app.services.certificates;
        certificates.issue_again(setup.actor(), setup.competition.id, first.id)
    };
    let (one, other) = futures::future::join(again(), again()).await;
    one.unwrap();
    other.unwrap();
    let all = setup.certificates().await;
    assert_eq!(all.len(), 2, "{all:?}");
    let valid = all.iter().filter(|it| it.revoked_at.is_none());
    assert_eq!(valid.count(), 1);
}

async fn a_certificate_of_another_competition_is_not_touched(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    setup.issue("SEATED").await;
    let first = setup.certificates().await.remove(0);
    let other = app.account("Otto", Role::Organizer).await;
    let competition = app.competition_of(&other, 5, true).await;
    let certificates = &app.services.certificates;
    let actor = Actor::from(&other);
    for id in [first.id, CertificateId::new()] {
        let refused = certificates.revoke(actor, competition.id, id).await;
        assert!(matches!(refused, Err(Error::Domain(DomainError::NotFound))));
        let refused = certificates.issue_again(actor, competition.id, id).await;
        assert!(matches!(refused, Err(Error::Domain(DomainError::NotFound))));
    }
    assert_eq!(setup.certificates().await, [first]);
}

async fn the_certificates_of_a_deleted_account_are_gone(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    setup.issue("SEATED").await;
    let all = setup.certificates().await;
    let ada = all.iter().find(|it| it.name == "Ada").unwrap();
    let account = app.client();
    let log_in = json!({ "email": setup.people[0].0.email, "password": PASSWORD });
    let tokens = account
        .post_json("/api/v1/auth/login", &log_in)
        .await
        .json();
    let account = account.with_token(tokens["accessToken"].as_str().unwrap());
    let request = account.request(Method::DELETE, "/api/v1/me");
    let deleted = account
        .send(request.json(&json!({ "password": PASSWORD })))
        .await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    assert_eq!(setup.names().await, ["Bob"]);
    let path = format!("/api/v1/certificates/{}", ada.serial);
    assert_eq!(app.client().get(&path).await.status, StatusCode::NOT_FOUND);
    // A later run gives none to an account without a name.
    setup.issue("SEATED").await;
    assert_eq!(setup.names().await, ["Bob"]);
}

async fn the_certificates_of_a_deleted_competition_are_gone(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    setup.issue("SEATED").await;
    let serial = setup.certificates().await.remove(0).serial;
    let competitions = &app.services.competitions;
    competitions
        .delete(setup.actor(), setup.competition.id, None)
        .await
        .unwrap();
    let path = format!("/api/v1/certificates/{serial}");
    assert_eq!(app.client().get(&path).await.status, StatusCode::NOT_FOUND);
    app.run_jobs_with_retries().await;
    let left = certificate::Entity::find().count(app.database().read());
    assert_eq!(left.await.unwrap(), 0);
}

async fn an_export_of_an_account_has_its_certificates(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    setup.issue("SEATED").await;
    let account = app.client();
    let log_in = json!({ "email": setup.people[0].0.email, "password": PASSWORD });
    let tokens = account
        .post_json("/api/v1/auth/login", &log_in)
        .await
        .json();
    let account = account.with_token(tokens["accessToken"].as_str().unwrap());
    let export = account.get("/api/v1/me/export").await.json();
    let certificates = export["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), 1, "{export}");
    assert_eq!(certificates[0]["name"], "Ada");
}
