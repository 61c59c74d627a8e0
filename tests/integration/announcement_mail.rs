//! The mail of announcements: to whom replies go, and what is said about mail that fails.

use mini_compete::{
    domain::Actor,
    model::{
        MessageKind, Role, StaffRole,
        forms::{AnnouncementInput, Paging, ProfileForm},
    },
};

use crate::{
    harness::{App, FakeSmtpServer, SmtpMode, add_staff, spawn_mailing_app},
    on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    replies_to_an_announcement_reach_the_contact_of_the_organizer,
    mail_that_fails_is_counted_and_the_mailbox_has_the_message,
);

fn form() -> AnnouncementInput {
    AnnouncementInput {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        ..AnnouncementInput::default()
    }
}

async fn replies_to_an_announcement_reach_the_contact_of_the_organizer(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(5, false).await;
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let participants = app.participants(1).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    let accounts = &app.services.accounts;
    let announcements = &app.services.announcements;
    // The page of somebody else who writes says the same as the mail.
    let eve = app.account("Eve", Role::Participant).await;
    add_staff(&app, competition.id, eve.id, StaffRole::Editor).await;
    let editor = app.client();
    editor.log_in(&eve.email).await;
    for (contact, expected) in [
        ("club@example.org", Some("club@example.org")),
        // A page is no address to reply to.
        ("https://example.org/club", None),
        ("", None),
    ] {
        let profile = ProfileForm {
            contact: Some(contact.to_owned()),
            ..ProfileForm::default()
        };
        accounts.change_profile(organizer, &profile).await.unwrap();
        let made = announcements.announce(organizer, competition.id, None, form());
        made.await.unwrap();
        app.run_jobs_with_retries().await;
        let mail = server.received().pop().unwrap();
        assert_eq!(mail.header("reply-to").as_deref(), expected);
        let page = editor
            .get(&format!("/organize/{}/announce", competition.id))
            .await;
        let words = match expected {
            Some(address) => format!("Replies go to {address}."),
            None => "Replies reach nobody: the owner’s profile".to_owned(),
        };
        assert!(page.text.contains(&words), "{words} in {}", page.text);
    }
}

async fn mail_that_fails_is_counted_and_the_mailbox_has_the_message(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(5, false).await;
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let participants = app.participants(3).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    let refused = server.received()[0].to.clone();
    server.set_mode(SmtpMode::Rejects(refused));
    let announcements = &app.services.announcements;
    let made = announcements.announce(organizer, competition.id, None, form());
    made.await.unwrap();
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Announcement).await.len(), 3);
    let list = announcements.list(organizer, competition.id, Paging::new(None, None, 20));
    let sent = list.await.unwrap().items.remove(0);
    assert_eq!((sent.written, sent.mailed, sent.failed), (3, 2, 1));
}
