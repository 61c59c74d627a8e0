//! Certificates: who gets one, what it says, who verifies it, and what becomes of it.

mod changes;
mod runs;

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, rate_limits::RateLimit},
    model::{CompetitionView, MessageKind, RegistrationId, Role, UserView, forms::CertificateForm},
    store::entity::certificate,
};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use crate::{
    harness::{App, Client, Clients},
    on_both_backends, on_both_backends_rate_limited,
};

on_both_backends!(
    those_who_were_there_get_a_certificate_and_a_letter_and_nobody_else_does,
    whoever_has_the_serial_sees_what_is_printed_and_nobody_else_does,
    a_certificate_is_for_its_participant_alone_and_in_their_language,
    an_organizer_issues_revokes_and_issues_again_without_javascript,
    certificates_are_not_issued_before_the_start_or_for_a_cancelled_competition,
    badges_are_printed_by_those_who_check_in,
);
on_both_backends_rate_limited!(serials_are_not_guessed);

/// A competition that has begun, with an organizer and participants.
pub struct Setup<'a> {
    pub app: &'a App,
    pub competition: CompetitionView,
    pub organizer: UserView,
    pub owner: Clients,
    pub people: Vec<(UserView, RegistrationId)>,
}

impl<'a> Setup<'a> {
    /// Creates the competition, which begins after everybody has registered.
    pub async fn new(app: &'a App, names: &[&str]) -> Self {
        let organizer = app.account("Olga", Role::Organizer).await;
        let competition = app.competition_of(&organizer, 20, true).await;
        let mut people = Vec::new();
        for name in names {
            let account = app.account(name, Role::Participant).await;
            let actor = Actor::from(&account);
            app.register_all(&[actor], competition.id).await;
            let live = app.services.registrations.live(actor, competition.id).await;
            people.push((account, live.unwrap().unwrap().registration_id));
        }
        app.run_jobs_with_retries().await;
        let until_start = competition.starts_at - app.clock.now();
        app.clock.advance(until_start + TimeDelta::minutes(1));
        Self {
            owner: Clients::log_in(app, &organizer).await,
            app,
            competition,
            organizer,
            people,
        }
    }

    pub fn actor(&self) -> Actor {
        Actor::from(&self.organizer)
    }

    /// Checks a participant in.
    pub async fn check_in(&self, index: usize) {
        let path = format!("/api/v1/competitions/{}/check-ins", self.competition.id);
        let body = json!({ "code": self.people[index].1 });
        let reply = self.owner.api.post_json(&path, &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }

    /// Begins a run, and does all of its jobs.
    pub async fn issue(&self, audience: &str) {
        let form = CertificateForm {
            audience: audience.to_owned(),
            remark: "10 km".to_owned(),
        };
        let certificates = &self.app.services.certificates;
        let begun = certificates.issue(self.actor(), self.competition.id, &form);
        begun.await.unwrap();
        self.app.run_jobs_with_retries().await;
    }

    /// Returns all certificates in the order of their creation.
    pub async fn certificates(&self) -> Vec<certificate::Model> {
        certificate::Entity::find()
            .order_by_asc(certificate::Column::Id)
            .all(self.app.database().read())
            .await
            .unwrap()
    }

    /// Returns the names on all certificates, sorted.
    pub async fn names(&self) -> Vec<String> {
        let certificates = self.certificates().await.into_iter();
        let mut names: Vec<_> = certificates.map(|it| it.name).collect();
        names.sort();
        names
    }

    pub async fn letters(&self) -> usize {
        self.app.messages(MessageKind::Announcement).await.len()
    }

    pub fn page(&self) -> String {
        format!("/organize/{}/certificates", self.competition.id)
    }
}

/// Logs somebody in to a browser.
async fn browser(app: &App, account: &UserView) -> Client {
    let browser = app.client();
    browser.log_in(&account.email).await;
    browser
}

async fn those_who_were_there_get_a_certificate_and_a_letter_and_nobody_else_does(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob", "Cleo"]).await;
    setup.check_in(0).await;
    setup.check_in(2).await;
    setup.issue("CHECKED_IN").await;
    assert_eq!(setup.names().await, ["Ada", "Cleo"]);
    let letters = app.messages(MessageKind::Announcement).await;
    assert_eq!(letters.len(), 2);
    let id = setup.people[0].1;
    let link = format!("/me/registrations/{id}");
    let letter = letters.iter().find(|it| it.registration_id == Some(id));
    assert!(letter.unwrap().body.contains(&link), "{letter:?}");

    setup.issue("CHECKED_IN").await;
    assert_eq!(setup.names().await, ["Ada", "Cleo"], "nobody gets two");
    setup.issue("SEATED").await;
    assert_eq!(setup.names().await, ["Ada", "Bob", "Cleo"]);
    assert_eq!(setup.letters().await, 3);
}

async fn whoever_has_the_serial_sees_what_is_printed_and_nobody_else_does(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    setup.issue("SEATED").await;
    let serial = setup.certificates().await[0].serial.clone();
    assert_eq!(serial.len(), 23, "four groups of five: 100 bits");
    let stranger = app.client();
    let view = stranger
        .get(&format!("/api/v1/certificates/{serial}"))
        .await;
    assert_eq!(view.status, StatusCode::OK, "{}", view.text);
    assert_eq!(view.header("x-robots-tag"), Some("noindex"));
    assert_eq!(view.header("cache-control"), Some("no-store"));
    let view = view.json();
    assert_eq!(view["state"], "VALID");
    assert_eq!(view["name"], "Ada");
    assert_eq!(view["competitionTitle"], setup.competition.title);
    assert_eq!(view["issuerName"], "Olga");
    assert_eq!(view["remark"], "10 km");
    let text = view.to_string();
    let (account, registration) = &setup.people[0];
    for secret in [
        account.email.clone(),
        account.id.to_string(),
        registration.to_string(),
    ] {
        assert!(!text.contains(&secret), "{text}");
    }
    // As people type it.
    let typed = serial.replace('-', "").to_lowercase();
    for path in [
        format!("/certificates/{typed}"),
        format!("/certificates/{serial}"),
    ] {
        let page = stranger.browse(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert_eq!(page.header("x-robots-tag"), Some("noindex"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let shown = page.find("[data-testid=certificate]").unwrap();
        for part in [
            "Ada",
            "valid",
            setup.competition.title.as_str(),
            "10 km",
            "Olga",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!page.text.contains(&account.email));
    }
    for unknown in ["00000-00000-00000-00000", "x", "00000-00000-00000-0000U"] {
        for path in ["/api/v1/certificates", "/certificates"] {
            let reply = stranger.browse(&format!("{path}/{unknown}")).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path} {unknown}");
        }
    }
}

async fn a_certificate_is_for_its_participant_alone_and_in_their_language(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let (ada, id) = &setup.people[0];
    let own = browser(&app, ada).await;
    let path = format!("/registrations/{id}/certificate.pdf");
    assert_eq!(own.get(&path).await.status, StatusCode::NOT_FOUND);
    setup.issue("SEATED").await;
    for path in [path.clone(), format!("/api/v1{path}")] {
        let file = own.get(&path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(file.header("content-type"), Some("application/pdf"));
        assert_eq!(file.header("cache-control"), Some("no-store"));
        assert!(file.text.starts_with("%PDF-"), "{path}");
        assert!(file.text.contains("/Lang(en)"), "{path}");
        let request = own.request(Method::GET, &path);
        let arabic = own.send(request.header("accept-language", "ar")).await;
        assert!(arabic.text.contains("/Lang(ar)"), "{path}");
        assert!(arabic.text.contains("/Direction/R2L"), "{path}");
        let other = browser(&app, &setup.people[1].0).await;
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            setup.owner.browser.get(&path).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let ticket = own.browse(&format!("/me/registrations/{id}")).await;
    let link = ticket.find("[data-testid=own-certificate]").unwrap();
    assert!(link.contains("PDF"), "{link}");
    let stranger = app.client().browse(&path).await;
    assert!(stranger.url.contains("/login?"), "{}", stranger.url);
}

async fn an_organizer_issues_revokes_and_issues_again_without_javascript(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let browser = &setup.owner.browser;
    let page = browser.browse(&setup.page()).await;
    let form = page.form("[data-testid=issue-certificates]");
    let refused = browser.submit(&form.fill("remark", &"x".repeat(121))).await;
    assert!(refused.find("#remark-error").is_some(), "{}", refused.text);
    let form = refused.form("[data-testid=issue-certificates]");
    let form = form.fill("remark", "10 km").fill("audience", "SEATED");
    let begun = browser.submit(&form).await;
    let run = begun.find("[data-testid=certificate-run]").unwrap();
    assert!(run.contains("0 of 2"), "{run}");
    app.run_jobs_with_retries().await;
    let done = browser.browse(&setup.page()).await;
    let run = done.find("[data-testid=certificate-run]").unwrap();
    assert!(
        run.contains("2 of 2") && run.contains("2 certificates issued"),
        "{run}"
    );

    let found = browser
        .browse(&format!("{}?search=ada", setup.page()))
        .await;
    let listed = found.find("[data-testid=certificates]").unwrap();
    assert!(
        listed.contains("Ada") && !listed.contains("Bob"),
        "{listed}"
    );
    let revoked = browser
        .submit(&found.form("form[action='/act/revoke-certificate']"))
        .await;
    assert!(revoked.find("[role=status]").unwrap().contains("Ada"));
    let serial = setup.certificates().await[0].serial.clone();
    let path = format!("/certificates/{serial}");
    let shown = app
        .client()
        .browse(&path)
        .await
        .find("[data-testid=certificate]");
    assert!(shown.unwrap().contains("revoked"));
    let found = browser
        .browse(&format!("{}?search={serial}", setup.page()))
        .await;
    let again = browser
        .submit(&found.form("form[action='/act/issue-certificate-again']"))
        .await;
    assert!(again.find("[role=status]").unwrap().contains("Ada"));
    let valid = setup.certificates().await;
    let valid = valid.iter().filter(|it| it.revoked_at.is_none());
    assert_eq!(valid.count(), 2);
}

async fn certificates_are_not_issued_before_the_start_or_for_a_cancelled_competition(app: App) {
    let organizer = app.account("Oskar", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, true).await;
    let form = CertificateForm {
        audience: "SEATED".to_owned(),
        remark: String::new(),
    };
    let certificates = &app.services.certificates;
    let actor = Actor::from(&organizer);
    let early = certificates.issue(actor, competition.id, &form).await;
    assert!(early.is_err());

    let setup = Setup::new(&app, &["Ada"]).await;
    let id = setup.competition.id.to_string();
    let cancelled = setup
        .owner
        .browser
        .submit_in_background("/act/call-off-competition", &[("competitionId", &id)])
        .await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.text);
    let issued = certificates.issue(setup.actor(), setup.competition.id, &form);
    let refused = issued.await;
    let state = app
        .services
        .competitions
        .get_owned(setup.actor(), setup.competition.id);
    match state.await.unwrap().status {
        mini_compete::model::CompetitionStatus::Cancelled => assert!(refused.is_err()),
        status => panic!("{status}"),
    }
    app.run_jobs_with_retries().await;
    assert!(setup.certificates().await.is_empty());
}

async fn badges_are_printed_by_those_who_check_in(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob", "Cleo"]).await;
    let id = setup.competition.id;
    for path in [
        format!("/organize/{id}/badges.pdf"),
        format!("/organize/{id}/badges.pdf?size=LARGE&page=1"),
        format!("/api/v1/competitions/{id}/badges.pdf?size=LARGE"),
    ] {
        let file = setup.owner.browser.get(&path).await;
        assert_eq!(file.status, StatusCode::OK, "{path} {}", file.text);
        assert_eq!(file.header("content-type"), Some("application/pdf"));
        assert!(file.text.starts_with("%PDF-"), "{path}");
        let participant = browser(&app, &setup.people[0].0).await;
        assert_eq!(participant.get(&path).await.status, StatusCode::FORBIDDEN);
    }
    let api = &setup.owner.api;
    for (query, status) in [
        ("?page=2", StatusCode::NOT_FOUND),
        ("?page=0", StatusCode::UNPROCESSABLE_ENTITY),
        ("?size=HUGE", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let path = format!("/api/v1/competitions/{id}/badges.pdf{query}");
        assert_eq!(api.get(&path).await.status, status, "{query}");
    }
}

async fn serials_are_not_guessed(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    setup.issue("SEATED").await;
    let serial = setup.certificates().await[0].serial.clone();
    let address = "203.0.113.77";
    let client = app.client();
    let look = async |serial: &str| {
        let path = format!("/api/v1/certificates/{serial}");
        let request = client.request_from(address, Method::GET, &path);
        client.send(request).await.status
    };
    assert_eq!(look(&serial).await, StatusCode::OK);
    app.use_up(
        RateLimit::CERTIFICATES,
        address,
        RateLimit::CERTIFICATES.most(),
    )
    .await;
    assert_eq!(
        look("00000-00000-00000-00000").await,
        StatusCode::TOO_MANY_REQUESTS
    );
    let elsewhere = app
        .client()
        .get(&format!("/api/v1/certificates/{serial}"))
        .await;
    assert_eq!(elsewhere.status, StatusCode::OK);
}
