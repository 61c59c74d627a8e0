//! The page about one participant of a competition, and the notes of its organizers.

use mini_compete::{
    domain::{Actor, accounts::Origin},
    model::{RegistrationId, Role, UserView, forms::ConfirmPasswordForm},
    store::entity::registration_note,
};
use sea_orm::EntityTrait;

use crate::{
    harness::{App, Client, PASSWORD},
    on_both_backends,
};

on_both_backends!(
    an_organizer_sees_what_happened_to_a_participant_and_what_can_be_done,
    a_note_is_seen_by_organizers_and_deleted,
    notes_are_bounded_and_belong_to_the_competition,
    a_refused_note_is_not_shown_on_the_page_of_another_participant,
    notes_about_a_participant_go_with_the_account,
);

/// The selector of the form that adds a note.
const NOTE_FORM: &str = "[data-testid=note-form]";

/// An organizer who is logged in, with a competition for which somebody is registered.
struct Scene {
    browser: Client,
    organizer: UserView,
    participant: UserView,
    registration: RegistrationId,
    page: String,
}

async fn scene(app: &App) -> Scene {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 1, true).await;
    let participant = app.account("Pat", Role::Participant).await;
    let actor = Actor::from(&participant);
    app.register_all(&[actor], competition.id).await;
    app.run_jobs_with_retries().await;
    let registrations = &app.services.registrations;
    let live = registrations.live(actor, competition.id).await;
    let registration = live.unwrap().unwrap().registration_id;
    let browser = app.client();
    browser.log_in(&organizer.email).await;
    Scene {
        browser,
        organizer,
        participant,
        registration,
        page: format!("/organize/{}/registrations/{registration}", competition.id),
    }
}

async fn an_organizer_sees_what_happened_to_a_participant_and_what_can_be_done(app: App) {
    let scene = scene(&app).await;
    let list = scene.page.rsplit_once('/').unwrap().0;
    let people = scene.browser.get(list).await;
    let link = format!("a[href='{}']", scene.page);
    assert!(people.find(&link).is_some(), "the list leads to the page");
    let drawer = people.find("dialog#person .drawer-body");
    assert_eq!(drawer.as_deref(), Some(""), "a script fills the drawer");
    let page = scene.browser.get(&scene.page).await;
    let timeline = page.find("[data-testid=timeline]").unwrap();
    for words in ["Registered with a seat", "Message in the mailbox"] {
        assert!(timeline.contains(words), "{words} in {timeline}");
    }
    for (action, shown) in [("CANCEL", true), ("RESEND", true), ("PROMOTE", false)] {
        let button = page.find(&format!("button[value={action}]"));
        assert_eq!(button.is_some(), shown, "{action}");
    }
    let registrations = &app.services.registrations;
    registrations
        .cancel(Actor::from(&scene.participant), scene.registration)
        .await
        .unwrap();
    let page = scene.browser.get(&scene.page).await;
    let timeline = page.find("[data-testid=timeline]").unwrap();
    assert!(timeline.contains("Cancelled"), "{timeline}");
    assert!(page.find("button[value=CANCEL]").is_none());
}

async fn a_note_is_seen_by_organizers_and_deleted(app: App) {
    let scene = scene(&app).await;
    let form = scene.browser.get(&scene.page).await.form(NOTE_FORM);
    let text = "Comes late <script>alert(1)</script>";
    let page = scene.browser.submit(&form.fill("note", text)).await;
    let notes = page.find("[data-testid=notes]").unwrap();
    assert!(notes.contains(text) && notes.contains("Olga"), "{notes}");
    assert!(!page.text.contains("<script>alert"));

    let participant = app.client();
    participant.log_in(&scene.participant.email).await;
    let ticket = format!("/me/registrations/{}", scene.registration);
    assert!(!participant.get(&ticket).await.text.contains("Comes late"));

    let delete = page.form("form[action='/act/delete-note-of-registration-of-competition']");
    let page = scene.browser.submit(&delete).await;
    assert_eq!(page.find("[data-testid=notes]"), None);
    let page = scene.browser.submit(&delete).await;
    assert_eq!(page.status, 200, "a repeat changes nothing");
}

async fn notes_are_bounded_and_belong_to_the_competition(app: App) {
    let scene = scene(&app).await;
    let form = scene.browser.get(&scene.page).await.form(NOTE_FORM);
    for wrong in ["", " \u{200b} ", &"x".repeat(2_001)] {
        let page = scene
            .browser
            .submit(&form.clone().fill("note", wrong))
            .await;
        assert!(
            page.find("#note-error").is_some(),
            "{} characters",
            wrong.len()
        );
    }
    let organizer = Actor::from(&scene.organizer);
    let registrations = &app.services.registrations;
    let other = app.competition_of(&scene.organizer, 1, true).await;
    let misplaced = registrations.add_note(organizer, other.id, scene.registration, "Note");
    assert!(
        misplaced.await.is_err(),
        "a registration of another competition"
    );
    let competition = scene.page.split('/').nth(2).unwrap().parse().unwrap();
    for number in 0..50 {
        let text = format!("Note {number}");
        registrations
            .add_note(organizer, competition, scene.registration, &text)
            .await
            .unwrap();
    }
    let page = scene.browser.submit(&form.fill("note", "One more")).await;
    let error = page.find("#note-error").unwrap();
    assert!(error.contains("at most 50 notes"), "{error}");
}

async fn a_refused_note_is_not_shown_on_the_page_of_another_participant(app: App) {
    let scene = scene(&app).await;
    let competition = scene.page.split('/').nth(2).unwrap();
    let (id, people) = (competition.parse().unwrap(), app.participants(1).await);
    app.register_all(&people, id).await;
    let live = app.services.registrations.live(people[0], id).await;
    let other = live.unwrap().unwrap().registration_id;
    let (registration, long) = (scene.registration.to_string(), "x".repeat(2_001));
    let fields = [
        ("competitionId", competition),
        ("registrationId", registration.as_str()),
        ("note", long.as_str()),
    ];
    let action = "/act/add-note-to-registration-of-competition";
    scene.browser.submit_in_background(action, &fields).await;
    let page = format!("/organize/{competition}/registrations/{other}");
    let page = scene.browser.get(&page).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.find("#note-error"), None);
    assert!(!page.text.contains(&long));
}

async fn notes_about_a_participant_go_with_the_account(app: App) {
    let scene = scene(&app).await;
    let form = scene.browser.get(&scene.page).await.form(NOTE_FORM);
    scene
        .browser
        .submit(&form.fill("note", "Asks for help"))
        .await;
    let notes = async || {
        let database = app.database().read();
        registration_note::Entity::find()
            .all(database)
            .await
            .unwrap()
            .len()
    };
    assert_eq!(notes().await, 1);
    let deletion = &app.services.account_deletion;
    let form = ConfirmPasswordForm {
        password: PASSWORD.to_owned(),
    };
    let actor = Actor::from(&scene.participant);
    deletion
        .delete(actor, &form, &Origin::default())
        .await
        .unwrap();
    assert_eq!(notes().await, 0);
}
