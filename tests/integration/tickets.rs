//! Tickets: what people see after they have registered, who sees it, and how long it is valid.

mod pictures;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, CompetitionView, RegistrationId, Role, UserView,
        forms::CompetitionPatch, qr_code::QrPath,
    },
};
use reqwest::StatusCode;

use crate::{
    harness::{App, Client, Reply},
    on_both_backends,
};

on_both_backends!(
    a_press_leads_to_the_ticket,
    a_log_in_after_the_press_leads_to_the_ticket,
    a_ticket_says_when_and_where_and_leads_to_calendars_and_a_map,
    confetti_is_shown_once,
    a_ticket_is_for_its_participant_alone,
    the_qr_code_contains_the_code_that_the_registration_carries,
    the_waitlist_has_a_place_and_no_ticket_until_a_seat_is_free,
    a_cancelled_registration_has_no_ticket,
    a_cancelled_competition_has_no_tickets,
    an_ended_competition_has_no_tickets,
    my_registrations_and_the_competition_lead_to_the_ticket,
);

/// A participant with a browser and an API client, and the competition that they are about to register for.
struct Setup {
    ada: UserView,
    browser: Client,
    api: Client,
    competition: CompetitionView,
}

impl Setup {
    async fn new(app: &App, capacity: i64, waitlist: bool) -> Self {
        let ada = app.account("Ada", Role::Participant).await;
        let browser = app.client();
        browser.log_in(&ada.email).await;
        let token = app.token(Actor::from(&ada)).await;
        Self {
            browser,
            api: app.client().with_token(token),
            competition: app.competition(capacity, waitlist).await,
            ada,
        }
    }

    /// Presses the register button, and returns the page that follows.
    async fn press(&self) -> Reply {
        let path = format!("/competitions/{}", self.competition.id);
        let page = self.browser.get(&path).await;
        self.browser
            .submit(&page.form("[data-testid=register-form]"))
            .await
    }

    /// Asserts that the registration has no valid ticket, neither as a page nor as a picture, and that the page says
    /// this instead.
    async fn assert_no_ticket(&self, id: RegistrationId, heading: &str) {
        let page = self.browser.get(&ticket(id)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert_eq!(page.find("main h1").as_deref(), Some(heading));
        assert_eq!(page.find("svg.qr-code"), None, "{heading}");
        assert_eq!(page.find("[data-testid=ticket-number]"), None, "{heading}");
        for kind in ["svg", "png"] {
            let reply = self.api.get(&picture(id, kind)).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{heading} {kind}");
        }
        let view = self.api.get(&registration(id)).await.json();
        assert_eq!(view.get("ticketCode"), None, "{heading}");
    }
}

fn ticket(id: RegistrationId) -> String {
    format!("/me/registrations/{id}")
}

fn registration(id: RegistrationId) -> String {
    format!("/api/v1/registrations/{id}")
}

fn picture(id: RegistrationId, kind: &str) -> String {
    format!("/api/v1/registrations/{id}/ticket.{kind}")
}

/// Returns the registration whose page this is.
fn shown(page: &Reply) -> RegistrationId {
    let (_, id) = page
        .url
        .split_once("/me/registrations/")
        .unwrap_or_else(|| panic!("{}", page.url));
    id.parse().unwrap()
}

async fn registered(client: &Client, competition: &CompetitionView) -> RegistrationId {
    let reply = client.register(competition.id, "ticket").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    reply.json()["registrationId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn edit(app: &App, competition: &CompetitionView, patch: CompetitionPatch) {
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    let edited = competitions.edit(organizer, competition.id, patch, None);
    edited.await.unwrap();
}

async fn a_press_leads_to_the_ticket(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let page = setup.press().await;
    let id = shown(&page);
    assert_eq!(page.find("main h1").as_deref(), Some("You’re in!"));
    let outcome = page.find("main [role=status]:not([hidden])").unwrap();
    assert!(outcome.contains("on its way to your mailbox"), "{outcome}");
    assert_eq!(page.find(".flash"), None, "nothing contradicts the outcome");
    assert!(page.find("svg.qr-code").is_some(), "the seat is taken");
    app.run_open_jobs().await;
    let page = setup.browser.get(&ticket(id)).await;
    let outcome = page.find("main [role=status]:not([hidden])").unwrap();
    assert!(outcome.contains("Your seat is confirmed"), "{outcome}");
    // With JavaScript, the script is told where the outcome is, and goes there.
    let bob = app.account("Bob", Role::Participant).await;
    let script = app.client();
    script.log_in(&bob.email).await;
    let fields = [
        ("competitionId", &*setup.competition.id.to_string()),
        ("idempotencyKey", "key"),
    ];
    let reply = script.submit_in_background("/act/register", &fields).await;
    let address = reply.header("location").unwrap();
    let page = script.get(address).await;
    assert_eq!(page.find("main h1").as_deref(), Some("You’re in!"));
}

async fn a_log_in_after_the_press_leads_to_the_ticket(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let path = format!("/competitions/{}", competition.id);
    let page = browser.get(&path).await;
    let login = browser
        .submit(&page.form("[data-testid=register-form]"))
        .await;
    let form = login.form("[data-testid=login-form]");
    let form = form
        .fill("email", &ada.email)
        .fill("password", crate::harness::PASSWORD);
    let page = browser.submit(&form).await;
    shown(&page);
    assert_eq!(page.find("main h1").as_deref(), Some("You’re in!"));
}

async fn a_ticket_says_when_and_where_and_leads_to_calendars_and_a_map(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let patch = CompetitionPatch {
        location: Some("Town hall & yard".to_owned()),
        time_zone: Some("Europe/Copenhagen".to_owned()),
        ..CompetitionPatch::default()
    };
    edit(&app, &setup.competition, patch).await;
    let page = setup.press().await;
    let id = setup.competition.id;
    for part in [
        "Spring Sprint",
        "Ada",
        "Town hall &amp; yard",
        "data-venue=\"Europe/Copenhagen\"",
        "https://www.openstreetmap.org/search?query=Town+hall+%26+yard",
        "https://calendar.google.com/calendar/render?action=TEMPLATE&amp;text=Spring%20Sprint&amp;",
        "ctz=Europe%2FCopenhagen",
        "https://outlook.live.com/calendar/0/deeplink/compose?",
        &format!("href=\"/competitions/{id}/calendar.ics\""),
        &format!("/api/v1/competitions/{id}/cover.svg?v="),
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let link = page.find("[data-testid=share-link]").unwrap();
    assert!(link.starts_with("http") && link.ends_with(&format!("/competitions/{id}")));
    let number = page.find("[data-testid=ticket-number]").unwrap();
    assert_eq!((number.len(), number.find('-')), (9, Some(4)), "{number}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

async fn confetti_is_shown_once(app: App) {
    let setup = Setup::new(&app, 1, true).await;
    let page = setup.press().await;
    assert!(page.find("svg.confetti").is_some());
    let page = setup.browser.get(&ticket(shown(&page))).await;
    assert_eq!(page.find("svg.confetti"), None, "after a reload");
    let bob = app.account("Bob", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&bob.email).await;
    let waiting = Setup {
        browser,
        ada: bob,
        ..setup
    };
    assert_eq!(waiting.press().await.find("svg.confetti"), None);
}

async fn a_ticket_is_for_its_participant_alone(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let admin = app.account("Root", Role::Admin).await;
    let bob = app.account("Bob", Role::Participant).await;
    let mut setup = Setup::new(&app, 5, false).await;
    setup.competition = app.competition_of(&organizer, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    for other in [&organizer, &admin, &bob] {
        let browser = app.client();
        browser.log_in(&other.email).await;
        let page = browser.get(&ticket(id)).await;
        if other.role != Role::Admin {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", other.name);
            assert!(page.text.contains("<h1"), "{}", page.text);
        }
        let api = app.client().with_token(app.token(Actor::from(other)).await);
        for kind in ["svg", "png"] {
            let reply = api.get(&picture(id, kind)).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", other.name);
        }
        let view = api.get(&registration(id)).await;
        assert!(!view.text.contains("ticketCode"), "{}", view.text);
    }
    let stranger = app.client();
    let page = stranger.get(&ticket(id)).await;
    let next = format!("/login?next=%2Fme%2Fregistrations%2F{id}");
    assert!(page.url.ends_with(&next), "{}", page.url);
    for kind in ["svg", "png"] {
        let reply = stranger.get(&picture(id, kind)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    for path in ["/me/registrations/none", &ticket(RegistrationId::new())] {
        let page = setup.browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    for kind in ["svg", "png"] {
        // A session works as well as a token.
        let reply = setup.browser.get(&picture(id, kind)).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

async fn the_qr_code_contains_the_code_that_the_registration_carries(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    let view = setup.api.get(&registration(id)).await.json();
    let code = view["ticketCode"].as_str().unwrap();
    assert!(code.starts_with("mc1."), "{code}");
    let QrPath { dark, .. } = QrPath::of(code).unwrap();
    let page = setup.browser.get(&ticket(id)).await;
    assert!(page.text.contains(&dark), "{}", page.text);
    // Nobody can compute the code of another registration from their own.
    let bob = app.account("Bob", Role::Participant).await;
    let api = app.client().with_token(app.token(Actor::from(&bob)).await);
    let other = registered(&api, &setup.competition).await;
    let view = api.get(&registration(other)).await.json();
    let other = view["ticketCode"].as_str().unwrap();
    assert_ne!(code.rsplit('.').next(), other.rsplit('.').next());
}

async fn the_waitlist_has_a_place_and_no_ticket_until_a_seat_is_free(app: App) {
    let setup = Setup::new(&app, 1, true).await;
    let bob = app.account("Bob", Role::Participant).await;
    let bob = app.client().with_token(app.token(Actor::from(&bob)).await);
    let taken = registered(&bob, &setup.competition).await;
    let page = setup.press().await;
    let id = shown(&page);
    let outcome = page.find("main [role=status]:not([hidden])").unwrap();
    assert!(outcome.contains("You are next"), "{outcome}");
    setup.assert_no_ticket(id, "Number 1 on the waitlist").await;
    assert_eq!(bob.cancel(taken).await.status, StatusCode::NO_CONTENT);
    let page = setup.browser.get(&ticket(id)).await;
    assert_eq!(page.find("main h1").as_deref(), Some("You’re in!"));
    assert!(page.find("svg.qr-code").is_some());
    let reply = setup.api.get(&picture(id, "svg")).await;
    assert_eq!(reply.status, StatusCode::OK);
}

async fn a_cancelled_registration_has_no_ticket(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    assert_eq!(setup.api.cancel(id).await.status, StatusCode::NO_CONTENT);
    setup.assert_no_ticket(id, "You are not registered").await;
    let page = setup.browser.get(&ticket(id)).await;
    assert!(!page.text.contains("/cancel\""), "nothing to cancel");
    assert!(!page.text.contains("calendar.google.com"));
}

async fn a_cancelled_competition_has_no_tickets(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    let patch = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    edit(&app, &setup.competition, patch).await;
    setup.assert_no_ticket(id, "Cancelled").await;
}

async fn an_ended_competition_has_no_tickets(app: App) {
    let setup = Setup::new(&app, 1, true).await;
    let id = registered(&setup.api, &setup.competition).await;
    let bob = app.account("Bob", Role::Participant).await;
    let api = app.client().with_token(app.token(Actor::from(&bob)).await);
    let waiting = registered(&api, &setup.competition).await;
    let patch = CompetitionPatch {
        ends_at: Some(Some(setup.competition.starts_at + TimeDelta::hours(8))),
        ..CompetitionPatch::default()
    };
    edit(&app, &setup.competition, patch).await;
    let start = setup.competition.starts_at - app.clock.now();
    app.clock.advance(start + TimeDelta::hours(1));
    // Log-ins have ended meanwhile.
    let logged_in = async |user: &UserView| {
        let browser = app.client();
        browser.log_in(&user.email).await;
        let token = app.token(Actor::from(user)).await;
        (browser, app.client().with_token(token))
    };
    let (browser, api) = logged_in(&setup.ada).await;
    let page = browser.get(&ticket(id)).await;
    assert!(page.find("svg.qr-code").is_some(), "people still arrive");
    let (waiting_browser, waiting_api) = logged_in(&bob).await;
    let without = Setup {
        browser: waiting_browser,
        api: waiting_api,
        ada: bob,
        competition: setup.competition.clone(),
    };
    without.assert_no_ticket(waiting, "Happening now").await;
    app.clock.advance(TimeDelta::hours(8));
    let setup = Setup {
        browser,
        api: app
            .client()
            .with_token(app.token(Actor::from(&setup.ada)).await),
        ..setup
    };
    drop(api);
    setup.assert_no_ticket(id, "It has ended").await;
}

async fn my_registrations_and_the_competition_lead_to_the_ticket(app: App) {
    let setup = Setup::new(&app, 1, true).await;
    let id = registered(&setup.api, &setup.competition).await;
    let href = format!("href=\"{}\"", ticket(id));
    let competition = format!("/competitions/{}", setup.competition.id);
    for path in ["/me/registrations", &competition] {
        let page = setup.browser.get(path).await;
        assert!(page.text.contains(&href), "{path}: {}", page.text);
        assert!(page.text.contains("View ticket"), "{path}");
    }
    let bob = app.account("Bob", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&bob.email).await;
    let api = app.client().with_token(app.token(Actor::from(&bob)).await);
    registered(&api, &setup.competition).await;
    for path in ["/me/registrations", &competition] {
        let page = browser.get(path).await;
        assert!(page.text.contains("View your place"), "{path}");
    }
}
