//! The mail of announcements: to whom replies go, and what is said about mail that fails.

use chrono::{DateTime, Utc};
use mini_compete::{
    domain::Actor,
    model::{
        MailFailureReason, MessageId, MessageKind, Role, StaffRole,
        forms::{AnnouncementInput, Paging, ProfileForm},
    },
    store::entity::{failed_job, message},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    harness::{App, FakeSmtpServer, SmtpMode, add_staff, spawn_mailing_app},
    on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    replies_to_an_announcement_reach_the_contact_of_the_organizer,
    mail_that_fails_is_counted_and_the_mailbox_has_the_message,
    the_reasons_why_mail_failed_are_told_without_the_words_of_the_mail_server,
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

async fn the_reasons_why_mail_failed_are_told_without_the_words_of_the_mail_server(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(20, false).await;
    let eve = app.account("Eve", Role::Participant).await;
    add_staff(&app, competition.id, eve.id, StaffRole::Editor).await;
    let editor = Actor::from(&eve);
    let participants = app.participants(8).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    let refused = server.received()[0].to.clone();
    server.set_mode(SmtpMode::Rejects(refused));
    let announcements = &app.services.announcements;
    let made = announcements.announce(editor, competition.id, None, form());
    made.await.unwrap();
    app.run_jobs_with_retries().await;
    let list = announcements.list(editor, competition.id, Paging::new(None, None, 20));
    let sent = list.await.unwrap().items.remove(0);
    let told: Vec<_> = sent
        .failures
        .iter()
        .map(|one| (one.reason, one.status.as_deref(), one.count))
        .collect();
    let by_address = (MailFailureReason::AddressRefused, Some("550 5.1.1"), 1);
    assert_eq!(told, [by_address]);

    // The mail to the others failed as well, for other reasons and once for the same.
    let connection = app.database().write();
    let failed = app.failed_jobs().await.remove(0);
    let sent = app.messages(MessageKind::Announcement).await;
    let sent = sent.iter().filter(|message| message.sent_at.is_some());
    let errors = [
        "the SMTP server refused the mail: permanent error (550): 5.1.1 user quux is unknown",
        "the SMTP server refused the mail: permanent error (554): 5.7.1 spam from quux",
        "the SMTP server refused the mail: permanent error (552): 5.2.2 quux is full",
        "the SMTP server cannot accept the mail now: transient error (452): 4.2.2 quux is full",
        "the SMTP server is unavailable: connection error to quux",
        "took longer than 20 s for quux",
        "the SMTP server refused the mail: permanent error (551): 5.1.6 quux has moved",
    ];
    for (message, error) in sent.zip(errors) {
        message::Entity::update_many()
            .col_expr(message::Column::SentAt, Expr::value(None::<DateTime<Utc>>))
            .filter(message::Column::Id.eq(message.id))
            .exec(connection)
            .await
            .unwrap();
        let another = failed_job::ActiveModel {
            id: Set(MessageId::new().0),
            subject_id: Set(Some(message.id.0)),
            error: Set(error.to_owned()),
            ..failed.clone().into()
        };
        failed_job::Entity::insert(another)
            .exec_without_returning(connection)
            .await
            .unwrap();
    }
    let client = app.client();
    client.log_in(&eve.email).await;
    let page = client
        .get(&format!("/organize/{}/announce", competition.id))
        .await;
    let told = page.find("[data-testid=failures]").unwrap();
    // The most frequent first, and of the six others four.
    assert!(
        told.starts_with("2 · The mail server refused the address (550 5.1.1)"),
        "{told}"
    );
    assert!(told.ends_with("2 · Other reasons"), "{told}");
    assert!(!page.text.contains("quux"), "{}", page.text);
}
