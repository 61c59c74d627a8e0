//! Letters and calendar entries in the language of their recipient, received by an independent SMTP server whose
//! parser finds violations of the standards.

use mini_compete::{
    domain::{Actor, accounts::Origin},
    model::{CompetitionView, Language, Role, forms::ForgotPasswordForm},
    text::{DateStyle, catalogue, date_time},
};
use reqwest::StatusCode;

use crate::{
    harness::{App, Program, ReceivedMail, SmtpProcess},
    on_both_backends_with,
    smtp_delivery::app_with_smtp_server,
};

on_both_backends_with!(
    app_with_smtp_server:
    every_letter_about_a_registration_is_in_the_language_of_its_recipient,
    a_letter_about_an_account_is_in_its_language,
    a_letter_to_an_account_of_the_command_line_is_in_the_language_given_there,
    a_letter_keeps_the_language_in_which_it_was_written,
);

/// Creates participants who read these languages.
async fn readers<const N: usize>(app: &App, languages: [Language; N]) -> [Actor; N] {
    let participants: [Actor; N] = app.participants(N).await.try_into().unwrap();
    for (reader, language) in participants.iter().zip(languages) {
        let preferences = &app.services.preferences;
        preferences.set_language(*reader, language).await.unwrap();
    }
    participants
}

/// Returns the mails to an account, the oldest first. Asserts that the parser finds nothing wrong with them.
fn mails_to(server: &SmtpProcess, reader: Actor) -> Vec<ReceivedMail> {
    let address = format!("{}@example.test", reader.id);
    let mails = server.received().into_iter();
    let mails: Vec<_> = mails.filter(|mail| mail.to == [&*address]).collect();
    for mail in &mails {
        assert_eq!(mail.defects, [""; 0], "{:?}", mail.header("subject"));
    }
    mails
}

/// Asserts that a mail is in a language: its subject, greeting, date, and the declarations of its HTML.
fn assert_in(
    language: Language,
    mail: &ReceivedMail,
    subject: &str,
    competition: &CompetitionView,
) {
    assert_eq!(mail.header("subject"), Some(subject));
    let (starts_at, zone) = (competition.starts_at, &competition.time_zone);
    let when = date_time(language, DateStyle::Long, starts_at, zone);
    let (plain, html) = (&mail.part("text/plain").text, &mail.part("text/html").text);
    for part in [plain, html] {
        assert!(part.contains(&when), "{language}: {part}");
        let hello = ["Person 0", "Person 1"].map(|name| catalogue(language).letters.hello(name));
        assert!(
            hello.iter().any(|hello| part.contains(hello)),
            "{language}: {part}"
        );
    }
    let root = format!(
        "<html lang=\"{language}\" dir=\"{}\">",
        language.direction()
    );
    assert!(html.contains(&root), "{html}");
}

async fn every_letter_about_a_registration_is_in_the_language_of_its_recipient(
    app: App,
    mut server: SmtpProcess,
) {
    server.start().await;
    let [japanese, arab] = readers(&app, [Language::Japanese, Language::Arabic]).await;
    let competition = app.competition(1, true).await;
    let client = app.client().with_token(app.token(japanese).await);
    let reply = client.register(competition.id, "key").await.json();
    let registration = reply["registrationId"].as_str().unwrap();
    app.register_all(&[arab], competition.id).await;
    app.run_jobs_with_retries().await;
    let cancelled = client.cancel(registration).await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT);
    app.run_jobs_with_retries().await;

    let title = &competition.title;
    let t = &catalogue(Language::Japanese).registration_letters;
    let mails = mails_to(&server, japanese);
    assert_eq!(mails.len(), 2);
    let subject = t.confirmation_subject(title);
    assert_in(Language::Japanese, &mails[0], &subject, &competition);
    let calendar = &mails[0].part("text/calendar").text;
    let unfolded = calendar.replace("\r\n", "\n").replace("\n ", "");
    let (starts_at, zone) = (competition.starts_at, &competition.time_zone);
    let when = date_time(Language::Japanese, DateStyle::Long, starts_at, zone);
    assert!(unfolded.contains(&when), "{unfolded}");
    let subject = t.cancellation_subject(title);
    assert_eq!(mails[1].header("subject"), Some(&*subject));

    let t = &catalogue(Language::Arabic).registration_letters;
    let mails = mails_to(&server, arab);
    assert_eq!(mails.len(), 2);
    for (mail, subject) in mails
        .iter()
        .zip([t.waitlist_subject(title), t.promotion_subject(title)])
    {
        assert_in(Language::Arabic, mail, &subject, &competition);
    }
}

/// Asks for a new password, and sends the letter.
async fn forget_password(app: &App, email: &str) {
    let form = ForgotPasswordForm {
        email: email.to_owned(),
    };
    let accounts = &app.services.accounts;
    let asked = accounts.forgot_password(&form, &Origin::default()).await;
    asked.unwrap();
    app.run_jobs_with_retries().await;
}

async fn a_letter_about_an_account_is_in_its_language(app: App, mut server: SmtpProcess) {
    server.start().await;
    let account = app.account("Ada", Role::Participant).await;
    let preferences = &app.services.preferences;
    let language = Language::French;
    preferences
        .set_language(Actor::from(&account), language)
        .await
        .unwrap();
    forget_password(&app, &account.email).await;
    let mails = server.received();
    let t = catalogue(language);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].defects, [""; 0]);
    let subject = t.account_letters.reset_subject;
    assert_eq!(mails[0].header("subject"), Some(subject));
    let plain = mails[0].part("text/plain").text.replace("\r\n", "\n");
    assert!(plain.starts_with(&t.letters.hello("Ada")), "{plain}");
    assert!(plain.contains(&t.account_letters.reset_hint(60)), "{plain}");
}

async fn a_letter_to_an_account_of_the_command_line_is_in_the_language_given_there(
    app: App,
    mut server: SmtpProcess,
) {
    server.start().await;
    let create = async |email: &str, language: &[&str]| {
        let arguments = ["user", "create", "--name", "Ada", "--role", "ORGANIZER"];
        let arguments = [&arguments[..], &["--email", email], language].concat();
        let password = "a long phrase of its own";
        Program::run_with(&app.storage, &arguments, password).await
    };
    for (email, arguments, language) in [
        (
            "ja@example.test",
            &["--language", "JA"][..],
            Language::Japanese,
        ),
        ("none@example.test", &[], Language::English),
    ] {
        let (succeeded, _, log) = create(email, arguments).await;
        assert!(succeeded, "{log}");
        forget_password(&app, email).await;
        let mails = server.received();
        let mail = mails.iter().find(|mail| mail.to == [email]).unwrap();
        let subject = catalogue(language).account_letters.reset_subject;
        assert_eq!(mail.header("subject"), Some(subject), "{email}");
    }
    let (succeeded, _, log) = create("tlh@example.test", &["--language", "tlh"]).await;
    assert!(
        !succeeded && log.contains("there is no such language"),
        "{log}"
    );
}

async fn a_letter_keeps_the_language_in_which_it_was_written(app: App, mut server: SmtpProcess) {
    let [reader] = readers(&app, [Language::German]).await;
    let competition = app.competition(1, false).await;
    app.register_all(&[reader], competition.id).await;
    // Written now, and sent once there is a server.
    app.run_ready_jobs().await;
    let preferences = &app.services.preferences;
    preferences
        .set_language(reader, Language::Spanish)
        .await
        .unwrap();
    server.start().await;
    app.run_jobs_with_retries().await;
    let mails = mails_to(&server, reader);
    assert_eq!(mails.len(), 1);
    let t = &catalogue(Language::German).registration_letters;
    let subject = t.confirmation_subject(&competition.title);
    assert_eq!(mails[0].header("subject"), Some(&*subject));
}
