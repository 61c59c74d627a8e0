//! Saved views of the list of participants: shared by the staff of a competition, and audiences of announcements.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, Error},
    model::{
        AnnouncementView, Audience, CompetitionView, DomainError, Language, MessageKind,
        RegistrationStatus, Role, SavedView, SavedViewId, StaffRole, UserId,
        forms::{AnnouncementInput, FieldProblem, Paging, SavedViewInput},
    },
    store::entity::{registration, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use crate::{
    harness::{App, Client, Clients, add_staff},
    on_both_backends,
};

on_both_backends!(
    staff_share_views_which_editors_save_rename_and_delete_on_the_page,
    a_name_that_cannot_be_used_is_explained_beside_its_field,
    names_are_unique_and_the_number_of_views_is_bounded,
    the_api_lists_saves_renames_and_deletes_views,
    an_announcement_reaches_those_whom_a_view_shows_when_it_is_sent_once_each,
    an_announcement_to_a_view_finds_everyone_on_every_page,
    the_review_of_an_announcement_says_how_many_people_a_view_shows,
);

fn organizer(competition: &CompetitionView) -> Actor {
    Actor::new(competition.organizer_id, Role::Organizer)
}

fn input(name: &str) -> SavedViewInput {
    SavedViewInput {
        name: name.to_owned(),
        ..SavedViewInput::default()
    }
}

async fn save(app: &App, competition: &CompetitionView, input: SavedViewInput) -> SavedView {
    let registrations = &app.services.registrations;
    let saved = registrations.save_view(organizer(competition), competition.id, input);
    saved.await.unwrap()
}

/// Returns a competition with an organizer, and a browser in which the organizer is logged in.
async fn with_browser(app: &App, capacity: i64) -> (CompetitionView, Client) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, capacity, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (competition, browser)
}

/// Inserts an account with a name and a language.
async fn person(app: &App, name: &str, language: Option<Language>) -> Actor {
    let account = app.participants(1).await.remove(0);
    rename(app, account, name, language).await;
    account
}

async fn rename(app: &App, account: Actor, name: &str, language: Option<Language>) {
    user::Entity::update_many()
        .col_expr(user::Column::Name, Expr::value(name))
        .col_expr(user::Column::Language, Expr::value(language))
        .filter(user::Column::Id.eq(account.id))
        .exec(app.database().write())
        .await
        .unwrap();
}

async fn staff_share_views_which_editors_save_rename_and_delete_on_the_page(app: App) {
    let (competition, browser) = with_browser(&app, 1).await;
    let people = app.participants(3).await;
    app.register_all(&people, competition.id).await;
    let list = format!("/organize/{}/registrations", competition.id);
    let whole = browser.get(&list).await;
    assert!(
        whole.find("[data-testid=save-view]").is_none(),
        "it shows everyone"
    );

    let waiting = format!("{list}?search=person&status=WAITLISTED&sort=-name");
    let form = browser.get(&waiting).await.form("[data-testid=save-view]");
    let saved = browser.submit(&form.fill("name", "Late ones")).await;
    assert!(
        saved.text.contains("“Late ones” is saved"),
        "{}",
        saved.text
    );
    assert!(
        saved
            .url
            .ends_with("search=person&status=WAITLISTED&sort=-name")
    );
    let current = saved.find("#saved-views [aria-current=true]").unwrap();
    assert_eq!(current, "Late ones");

    // Whoever sees participants sees the view, and only those who manage participants change it.
    let vera = app.account("Vera", Role::Participant).await;
    add_staff(&app, competition.id, vera.id, StaffRole::Viewer).await;
    let viewer = Clients::log_in(&app, &vera).await.browser;
    let seen = viewer.get(&waiting).await;
    assert!(seen.find("#saved-views").unwrap().contains("Late ones"));
    for form in ["save-view", "rename-view", "delete-view"] {
        let found = seen.find(&format!("[data-testid={form}]"));
        assert!(found.is_none(), "{form}");
    }
    let renaming = saved.form("[data-testid=rename-view]");
    let refused = viewer.submit(&renaming.clone().fill("name", "Mine")).await;
    assert!(!refused.text.contains("new name"), "{}", refused.text);

    let renamed = browser.submit(&renaming.fill("name", "Waiting")).await;
    let current = renamed.find("#saved-views [aria-current=true]").unwrap();
    assert_eq!(current, "Waiting");
    let deleted = browser
        .submit(&renamed.form("[data-testid=delete-view]"))
        .await;
    assert!(deleted.text.contains("The view is deleted."));
    assert!(deleted.find("#saved-views [aria-current=true]").is_none());
    assert!(deleted.find("[data-testid=save-view]").is_some());
}

async fn a_name_that_cannot_be_used_is_explained_beside_its_field(app: App) {
    let (competition, browser) = with_browser(&app, 1).await;
    save(&app, &competition, input("Late")).await;
    let list = format!("/organize/{}/registrations?language=de", competition.id);
    let form = browser.get(&list).await.form("[data-testid=save-view]");
    for (name, words) in [
        ("", "Enter a name for the view."),
        ("LATE", "Another view has this name."),
    ] {
        let page = browser.submit(&form.clone().fill("name", name)).await;
        assert_eq!(page.find("#view-name-error").as_deref(), Some(words));
        let again = page.form("[data-testid=save-view]");
        let value = |wanted: &str| {
            let mut fields = again.fields.iter();
            fields
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        assert_eq!(value("language").as_deref(), Some("de"));
        assert_eq!(value("name").as_deref(), Some(name), "what was typed stays");
    }
}

async fn names_are_unique_and_the_number_of_views_is_bounded(app: App) {
    let competition = app.competition(5, false).await;
    let registrations = &app.services.registrations;
    let try_save = |name: String| {
        registrations.save_view(organizer(&competition), competition.id, input(&name))
    };
    for number in 0..18 {
        try_save(format!("View {number}")).await.unwrap();
    }
    let problem = |saved: mini_compete::domain::Result<SavedView>| match saved {
        Err(Error::Domain(DomainError::Invalid(errors))) => errors.of("name").cloned(),
        _ => None,
    };
    let taken = problem(try_save("vIEW 3".to_owned()).await);
    assert_eq!(taken, Some(FieldProblem::ViewNameTaken));
    let attempts = (0..5).map(|number| try_save(format!("Last {number}")));
    let outcomes = futures::future::join_all(attempts).await;
    let saved = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(saved, 2, "{outcomes:?}");
    let many = problem(try_save("One more".to_owned()).await);
    assert_eq!(many, Some(FieldProblem::TooManyViews(20)));
    let listed = registrations.saved_views(organizer(&competition), competition.id);
    assert_eq!(listed.await.unwrap().len(), 20);
    // Another competition has views of its own.
    let other = app.competition(5, false).await;
    save(&app, &other, input("View 3")).await;
}

async fn the_api_lists_saves_renames_and_deletes_views(app: App) {
    let competition = app.competition(5, false).await;
    let client = app
        .client()
        .with_token(app.token(organizer(&competition)).await);
    let path = format!("/api/v1/competitions/{}/views", competition.id);
    let body = json!({ "name": "German", "language": "de", "sort": "name", "search": " anna ", "checkedIn": false });
    let saved = client.post_json(&path, &body).await;
    assert_eq!(saved.status, 201, "{}", saved.text);
    let view = saved.json();
    assert_eq!(
        (
            &view["name"],
            &view["language"],
            &view["search"],
            &view["status"]
        ),
        (&json!("German"), &json!("de"), &json!("anna"), &json!(null))
    );
    assert_eq!(view["checkedIn"], json!(false));
    let one = format!("{path}/{}", view["id"].as_str().unwrap());
    let patch = client
        .request(Method::PATCH, &one)
        .json(&json!({ "name": "Deutsch" }));
    assert_eq!(client.send(patch).await.json()["name"], "Deutsch");
    let listed = client.get(&path).await.json();
    assert_eq!(listed["items"][0]["name"], "Deutsch");
    for (wrong, field) in [
        (json!({ "name": "x".repeat(61) }), "name"),
        (json!({ "name": "x", "search": "x".repeat(201) }), "search"),
        (json!({ "name": "x", "sort": "age" }), "sort"),
        (json!({ "name": "x", "colour": "red" }), "colour"),
    ] {
        let refused = client.post_json(&path, &wrong).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(
            refused.json()["errors"][0]["field"],
            field,
            "{}",
            refused.text
        );
    }
    // The view of one competition is none of another.
    let other = app.competition(5, false).await;
    let elsewhere = one.replace(&competition.id.to_string(), &other.id.to_string());
    let token = app.token(organizer(&other)).await;
    let stranger = app.client().with_token(token);
    for path in [&one, &elsewhere] {
        let delete = stranger.request(Method::DELETE, path);
        let status = stranger.send(delete).await.status.as_u16();
        assert!(matches!(status, 403 | 404), "{path}: {status}");
    }
    let delete = |client: &Client| client.request(Method::DELETE, &one);
    assert_eq!(client.send(delete(&client)).await.status, 204);
    assert_eq!(client.send(delete(&client)).await.status, 404);
}

fn to_view(view: Option<SavedViewId>) -> AnnouncementInput {
    AnnouncementInput {
        audience: Audience::View,
        view_id: view,
        chosen: Vec::new(),
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        send_at: None,
    }
}

async fn announce(
    app: &App,
    competition: &CompetitionView,
    input: AnnouncementInput,
) -> AnnouncementView {
    let announcements = &app.services.announcements;
    let made = announcements.announce(organizer(competition), competition.id, None, input);
    made.await.unwrap()
}

/// Returns who has got an announcement, once for each message.
async fn recipients(app: &App) -> Vec<UserId> {
    let messages = app.messages(MessageKind::Announcement).await;
    let mut owners: Vec<_> = messages.iter().map(|message| message.user_id).collect();
    owners.sort();
    owners
}

async fn an_announcement_reaches_those_whom_a_view_shows_when_it_is_sent_once_each(app: App) {
    let competition = app.competition(3, true).await;
    let seated = person(&app, "Zoë Ångström", Some(Language::German)).await;
    let english = person(&app, "Zora Ang", Some(Language::English)).await;
    let leaves = person(&app, "Zoé Angler", Some(Language::German)).await;
    let waits = person(&app, "Angela Zo", Some(Language::German)).await;
    app.register_all(&[seated, english, leaves, waits], competition.id)
        .await;
    app.run_jobs_with_retries().await;
    let view = save(
        &app,
        &competition,
        SavedViewInput {
            search: Some("zo ang".to_owned()),
            language: Some(Language::German),
            ..input("Germans")
        },
    )
    .await;
    let cancelled = save(
        &app,
        &competition,
        SavedViewInput {
            status: Some(RegistrationStatus::Cancelled),
            ..input("Cancelled")
        },
    )
    .await;
    let later = AnnouncementInput {
        send_at: Some(app.clock.now() + TimeDelta::minutes(30)),
        ..to_view(Some(view.id))
    };
    let made = announce(&app, &competition, later).await;
    assert_eq!(
        (made.audience, made.view_id, made.view_name.as_deref()),
        (Audience::View, Some(view.id), Some("Germans"))
    );
    // Until it is sent, somebody registers, somebody changes the language, somebody leaves, and the view is deleted.
    let comes = person(&app, "Zoltan Angus", Some(Language::German)).await;
    app.register_all(&[comes], competition.id).await;
    rename(&app, english, "Zora Ang", Some(Language::German)).await;
    let registrations = &app.services.registrations;
    let row = registration::Entity::find()
        .filter(registration::Column::UserId.eq(leaves.id))
        .one(app.database().read())
        .await
        .unwrap()
        .unwrap();
    registrations.cancel(leaves, row.id).await.unwrap();
    let delete = registrations.delete_view(organizer(&competition), competition.id, view.id);
    delete.await.unwrap();
    assert_eq!(recipients(&app).await, []);
    for _ in 0..2 {
        app.clock.advance(TimeDelta::minutes(31));
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
    }
    let mut expected = [seated, english, waits, comes].map(|actor| actor.id);
    expected.sort();
    assert_eq!(recipients(&app).await, expected);
    let announcements = &app.services.announcements;
    let paging = Paging::new(None, None, 20);
    let listed = announcements.list(organizer(&competition), competition.id, paging);
    let listed = listed.await.unwrap().items.remove(0);
    assert_eq!((listed.total, listed.written), (4, 4));
    assert!(listed.finished_at.is_some());

    // Nobody who has cancelled gets an announcement.
    let none = announce(&app, &competition, to_view(Some(cancelled.id))).await;
    assert_eq!(none.total, 0);
    app.run_jobs_with_retries().await;
    assert_eq!(recipients(&app).await, expected);
    for unknown in [None, Some(view.id), Some(SavedViewId::new())] {
        let made = announcements.announce(
            organizer(&competition),
            competition.id,
            None,
            to_view(unknown),
        );
        match made.await {
            Err(Error::Domain(DomainError::Invalid(errors))) => {
                assert_eq!(errors.of("viewId"), Some(&FieldProblem::UnknownView));
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn an_announcement_to_a_view_finds_everyone_on_every_page(app: App) {
    let competition = app.competition(1_300, false).await;
    let everyone = app.participants(1_200).await;
    for at in [0, 499, 500, 777, 1_199] {
        rename(&app, everyone[at], "Klára Nováková", None).await;
    }
    app.register_all(&everyone, competition.id).await;
    app.run_jobs_with_retries().await;
    let view = SavedViewInput {
        // With a typing error.
        search: Some("novakvoa".to_owned()),
        ..input("Klára")
    };
    let view = save(&app, &competition, view).await;
    let made = announce(&app, &competition, to_view(Some(view.id))).await;
    assert_eq!(made.total, 5);
    // Whoever is found by what was typed after that does not change what the correction found.
    let newcomer = person(&app, "Novakvoa Late", None).await;
    app.register_all(&[newcomer], competition.id).await;
    app.lose_queues().await;
    app.run_jobs_with_retries().await;
    let mut expected = [0, 499, 500, 777, 1_199].map(|at: usize| everyone[at].id);
    expected.sort();
    assert_eq!(recipients(&app).await, expected);
    assert!(app.failed_jobs().await.is_empty());
}

async fn the_review_of_an_announcement_says_how_many_people_a_view_shows(app: App) {
    let (competition, browser) = with_browser(&app, 2).await;
    let people = app.participants(4).await;
    rename(&app, people[1], "Ana", Some(Language::Spanish)).await;
    rename(&app, people[3], "Eva", Some(Language::Spanish)).await;
    app.register_all(&people, competition.id).await;
    let view = SavedViewInput {
        language: Some(Language::Spanish),
        ..input("Español")
    };
    let view = save(&app, &competition, view).await;
    let path = format!("/organize/{}/announce", competition.id);
    let page = browser.get(&path).await;
    let typed = page.form("[data-testid=announcement-form]");
    assert!(page.find(".audiences").unwrap().contains("Español"));
    let typed = typed
        .fill("audience", &view.id.to_string())
        .fill("subject", "Parking")
        .fill("body", "Use gate 2.");
    let review = browser.submit(&typed).await;
    let shown = review.find("[data-testid=announcement-review]").unwrap();
    assert!(shown.contains("Send to 2 people"), "{shown}");
    let send = review.form("[data-testid=announcement-review] form");
    browser.submit(&send).await;
    browser.submit(&send).await;
    app.run_jobs_with_retries().await;
    let mut expected = [people[1].id, people[3].id];
    expected.sort();
    assert_eq!(recipients(&app).await, expected);
    let listed = browser.get(&path).await.find("[data-testid=announcements]");
    let listed = listed.unwrap();
    assert!(listed.contains("Español"), "{listed}");
    assert!(listed.contains("2 of 2 delivered"), "{listed}");
}
