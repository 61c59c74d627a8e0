//! The pages: codes in the organizer's hands, and the field for a code where somebody registers.

use mini_compete::{domain::Actor, model::Role};
use reqwest::StatusCode;
use serde_json::json;

use super::{Setup, with_code};
use crate::{
    harness::{App, Client, Clients, PageForm, Reply},
    on_both_backends,
};

on_both_backends!(
    an_organizer_hands_out_codes,
    an_organizer_decides_who_may_register,
    a_link_brings_the_code,
    a_full_competition_has_a_form_for_those_who_have_a_code,
    a_wrong_code_is_kept_in_the_form,
    seats_that_nobody_can_use_any_more_are_named,
);

fn form_of(page: &Reply, function: &str) -> PageForm {
    let action = format!("/act/{function}");
    let mut forms = page.page_forms().into_iter();
    let form = forms.find(|form| form.action == action);
    form.unwrap_or_else(|| panic!("no form for {action}: {}", page.text))
}

async fn an_organizer_hands_out_codes(app: App) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 9, true).await.id;
    let browser = Clients::log_in(&app, &organizer).await.browser;
    let path = format!("/organize/{competition}/codes");
    let page = browser.browse(&path).await;
    let fill = |values: &'static [(&str, &str)]| {
        move |control: &crate::harness::Control| {
            let value = values.iter().find(|(name, _)| control.name == *name);
            value.map(|(_, value)| (*value).to_owned())
        }
    };
    let form = form_of(&page, "add-code");
    let wrong = browser
        .submit_page_form(&form.filled(fill(&[("code", "abc"), ("maxUses", "2")])))
        .await;
    assert!(wrong.text.contains("code-error"), "{}", wrong.text);
    let form = form_of(&wrong, "add-code");
    let values = fill(&[
        ("code", "sponsor-1"),
        ("kind", "RESERVED"),
        ("maxUses", "2"),
        ("label", "Sponsors"),
    ]);
    let added = browser.submit_page_form(&form.filled(values)).await;
    assert!(added.text.contains("SPONSOR-1") && added.text.contains("Sponsors"));
    let link = format!("/competitions/{competition}?code=SPONSOR-1");
    assert!(added.text.contains(&link), "a link to hand out");
    assert!(added.find("[data-testid=set-aside]").is_some());
    let edit = added.text.split("?edit=").nth(1).unwrap();
    let id: String = edit.chars().take(36).collect();
    let page = browser.browse(&format!("{path}?edit={id}")).await;
    let form = form_of(&page, "change-code");
    let saved = browser
        .submit_page_form(&form.filled(fill(&[("maxUses", "3"), ("label", "Friends")])))
        .await;
    assert!(saved.text.contains("Friends") && !saved.text.contains("Sponsors"));
    let page = browser.browse(&format!("{path}?generate=on")).await;
    let form = form_of(&page, "generate-codes");
    browser
        .submit_page_form(&form.filled(fill(&[("count", "60"), ("maxUses", "1")])))
        .await;
    let second = browser.browse(&format!("{path}?page=2")).await;
    assert_eq!(
        second
            .page_forms()
            .iter()
            .filter(|form| form.action == "/act/remove-code")
            .count(),
        11
    );
    let file = browser.get(&format!("{path}.csv")).await;
    assert_eq!(
        (file.status, file.text.lines().count()),
        (StatusCode::OK, 62)
    );
    let first = browser.browse(&path).await;
    let removed = browser
        .submit_page_form(&form_of(&first, "remove-code"))
        .await;
    assert!(!removed.text.contains("SPONSOR-1"));
    app.assert_seat_invariant().await;
}

async fn an_organizer_decides_who_may_register(app: App) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 9, true).await.id;
    let browser = Clients::log_in(&app, &organizer).await.browser;
    let path = format!("/organize/{competition}/codes");
    let page = browser.browse(&path).await;
    let mut form = form_of(&page, "change-eligibility").filled(|control| match &*control.name {
        "emailDomains" => Some("uni.example, @other.example\nthird.example".to_owned()),
        "ageMin" => Some("16".to_owned()),
        _ => None,
    });
    form.hidden
        .push(("codeRequired".to_owned(), "on".to_owned()));
    browser.submit_page_form(&form).await;
    let view = app
        .services
        .competitions
        .get(competition, None)
        .await
        .unwrap();
    assert_eq!(
        view.email_domains,
        ["uni.example", "other.example", "third.example"]
    );
    assert_eq!(
        (view.age_min, view.age_max, view.code_required),
        (Some(16), None, true)
    );
    let guest = guest(&app).await;
    let page = guest.browse(&format!("/competitions/{competition}")).await;
    assert!(page.find("[data-testid=conditions]").is_some());
    assert!(page.find("input[name=code][required]").is_some());
    assert!(page.text.contains("Date of birth"));
}

/// Returns the browser of a participant.
async fn guest(app: &App) -> Client {
    let guest = app.account("Guest", Role::Participant).await;
    Clients::log_in(app, &guest).await.browser
}

async fn a_link_brings_the_code(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let path = format!("/competitions/{}?code=FRIENDS", setup.competition.id);
    let without = format!("/competitions/{}", setup.competition.id);
    let stranger = app.client();
    for _ in 0..2 {
        let other = stranger.get(&without).await;
        assert!(!other.text.contains("FRIENDS"), "{}", other.text);
        let page = stranger.get(&path).await;
        let code = page.find("input[name=code][value=FRIENDS]");
        assert!(code.is_some(), "before the log-in: {}", page.text);
    }
    let guest = guest(&app).await;
    let page = guest.browse(&path).await;
    assert!(
        page.find("input[name=code][value=FRIENDS]").is_some(),
        "{}",
        page.text
    );
    let form = page
        .form("[data-testid=register-form]")
        .fill("code", "friends");
    let ticket = guest.submit(&form).await;
    assert!(ticket.url.contains("/me/registrations/"), "{}", ticket.url);
}

async fn a_full_competition_has_a_form_for_those_who_have_a_code(app: App) {
    let setup = Setup::new(&app, 1, false).await;
    setup
        .code(json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 1 }))
        .await;
    let guest = guest(&app).await;
    let path = format!("/competitions/{}", setup.competition.id);
    let page = guest.browse(&path).await;
    assert!(page.text.contains("Register with code"), "{}", page.text);
    assert_eq!(page.text.matches(" id=\"register-form\"").count(), 1);
    let form = page
        .form("[data-testid=register-form]")
        .fill("code", "sponsor");
    let ticket = guest.submit(&form).await;
    assert!(ticket.url.contains("/me/registrations/"), "{}", ticket.url);
    app.assert_seat_invariant().await;
    let (_, reply) = setup.arrive(with_code("sponsor")).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
}

async fn a_wrong_code_is_kept_in_the_form(app: App) {
    let setup = Setup::new(&app, 9, true).await;
    setup
        .code(json!({ "code": "FRIENDS", "kind": "ELIGIBILITY", "maxUses": 1 }))
        .await;
    let guest = guest(&app).await;
    let path = format!("/competitions/{}", setup.competition.id);
    let page = guest.browse(&path).await;
    let form = page
        .form("[data-testid=register-form]")
        .fill("code", "FRIEND-1");
    let again = guest.submit(&form).await;
    assert!(
        again.find("input[name=code][value=FRIEND-1]").is_some(),
        "{}",
        again.text
    );
    assert!(
        again.text.contains("This code can’t be used here"),
        "{}",
        again.text
    );
}

async fn seats_that_nobody_can_use_any_more_are_named(app: App) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 9, true).await;
    let token = app.token(Actor::from(&organizer)).await;
    let path = format!("/api/v1/competitions/{}/codes", competition.id);
    let code = json!({ "code": "SPONSOR", "kind": "RESERVED", "maxUses": 2 });
    let added = app.client().with_token(token).post_json(&path, &code).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let words = "2 seats are still set aside";
    let pages = ["codes", "live"].map(|page| format!("/organize/{}/{page}", competition.id));
    let browser = Clients::log_in(&app, &organizer).await.browser;
    // The control room shows a moment for a second to everybody who watches, so it is opened once.
    let before = browser.browse(&pages[0]).await;
    assert!(!before.text.contains(words), "{}", before.text);
    let left = competition.reg_deadline - app.clock.now();
    app.clock.advance(left + chrono::TimeDelta::seconds(1));
    let browser = Clients::log_in(&app, &organizer).await.browser;
    for page in &pages {
        assert!(browser.browse(page).await.text.contains(words), "{page}");
    }
}
