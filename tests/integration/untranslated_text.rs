//! No page, form, letter or file shows a text that is not in the catalogue.
//!
//! The test runs in a process of its own, in which every English sentence has marks around it: ⟦like this⟧. What is
//! outside of marks has to be data of people, a number or a time. Other texts would be English in every language.

mod visible_text;

use std::process::Command;

use mini_compete::{
    model::{AuditAction, Language},
    text::catalogue,
};

use self::visible_text::{unmarked_in_page, unmarked_in_text};
use crate::{
    harness::{Backend, PageForm, Reply},
    whole_site::{Viewer, WholeSite, functions, typed},
};

mod every_text_on_pages_in_letters_and_files_is_in_the_catalogue {
    use super::Backend;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::in_a_process_of_its_own(Backend::Sqlite, "on_sqlite").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::in_a_process_of_its_own(Backend::Postgres, "on_postgres").await;
    }
}

/// The variable that tells a process to speak the pseudo-language. It is read by this test alone.
const VARIABLE: &str = "TEST_PSEUDO_LANGUAGE";

/// Runs a test of this file alone in another process, since the other tests of this one read English.
async fn in_a_process_of_its_own(backend: Backend, test: &str) {
    if std::env::var_os(VARIABLE).is_some() {
        mini_compete::text::speak_pseudo_language();
        return run(backend).await;
    }
    let (_, file) = module_path!().split_once("::").unwrap();
    let name =
        format!("{file}::every_text_on_pages_in_letters_and_files_is_in_the_catalogue::{test}");
    let program = std::env::current_exe().unwrap();
    let run = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(program);
        command.args([&name, "--exact", "--nocapture"]);
        command.env(VARIABLE, "on").output().unwrap()
    });
    let output = run.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What was found, each with the place where it was first.
#[derive(Default)]
struct Found(std::collections::BTreeMap<String, String>);

impl Found {
    fn add(&mut self, place: &str, texts: Vec<String>) {
        for text in texts {
            self.0.entry(text).or_insert_with(|| place.to_owned());
        }
    }

    fn page(&mut self, place: &str, page: &Reply) {
        let kind = page.header("content-type").unwrap_or_default();
        let texts = match kind.starts_with("text/html") || kind.contains("svg") {
            true => unmarked_in_page(&page.text),
            false => Vec::new(),
        };
        self.add(place, texts);
    }
}

async fn run(backend: Backend) {
    let marked = catalogue(Language::English).frame.name;
    assert_eq!(marked, "⟦Mini Compete⟧", "the pseudo-language is spoken");
    let site = WholeSite::new(backend).await;
    let mut found = Found::default();
    look_at_pages(&site, &mut found).await;
    look_at_files(&site, &mut found).await;
    look_at_forms(&site, &mut found).await;
    // Again, with what the forms have done.
    look_at_pages(&site, &mut found).await;
    look_at_letters(&site, &mut found).await;
    let Found(found) = found;
    assert!(found.is_empty(), "not in the catalogue: {found:#?}");
    for action in AuditAction::ALL {
        let words = catalogue(Language::English).audit_action(*action);
        assert!(words.starts_with('⟦'), "{action}");
    }
}

async fn look_at_pages(site: &WholeSite, found: &mut Found) {
    for (viewer, path) in site.pages().await {
        let page = site.browser(viewer).browse(&path).await;
        assert!(!page.status.is_server_error(), "{path}: {}", page.status);
        found.page(&format!("{path} ({viewer:?})"), &page);
    }
}

/// Looks at what is no page: calendar files, tickets and covers, the manifest, and problem documents.
async fn look_at_files(site: &WholeSite, found: &mut Found) {
    let (open, soon) = (site.competitions.open, site.competitions.soon);
    let seat = site.registrations[0];
    for path in [
        format!("/competitions/{open}/calendar.ics"),
        format!("/competitions/{soon}/opening.ics"),
    ] {
        let file = site.browser(Viewer::Anonymous).browse(&path).await;
        assert_eq!(file.status, 200, "{path}");
        found.add(&path, unmarked_in_calendar(&file.text));
    }
    for path in [
        format!("/api/v1/registrations/{seat}/ticket.svg"),
        format!("/api/v1/competitions/{open}/cover.svg"),
    ] {
        let file = site.browser(Viewer::Participant).browse(&path).await;
        assert_eq!(file.status, 200, "{path}");
        found.page(&path, &file);
    }
    let manifest = site
        .browser(Viewer::Anonymous)
        .get("/manifest.webmanifest")
        .await
        .json();
    let shortcuts = manifest["shortcuts"].as_array().unwrap();
    let named = shortcuts.iter().map(|shortcut| &shortcut["name"]);
    for words in named.chain([&manifest["description"], &manifest["name"]]) {
        found.add("the manifest", unmarked_in_text(words.as_str().unwrap()));
    }
    for path in [
        "/api/v1/competitions/x",
        "/api/v1/me",
        "/api/v1/competitions?page=x",
    ] {
        let problem = site.browser(Viewer::Anonymous).get(path).await.json();
        let mut words = vec![problem["detail"].clone()];
        for error in problem["errors"].as_array().into_iter().flatten() {
            words.push(error["message"].clone());
        }
        for words in words {
            found.add(path, unmarked_in_text(words.as_str().unwrap()));
        }
    }
}

/// Returns the texts of a calendar file that people read.
fn unmarked_in_calendar(file: &str) -> Vec<String> {
    let unfolded = file.replace("\r\n ", "").replace("\r\n\t", "");
    let mut texts = Vec::new();
    for line in unfolded.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.split(';').next().unwrap_or_default();
        if matches!(name, "SUMMARY" | "DESCRIPTION" | "X-WR-CALNAME" | "COMMENT") {
            let value = value.replace("\\n", "\n").replace('\\', "");
            texts.extend(unmarked_in_text(&value));
        }
    }
    texts
}

/// Sends every form: empty, with bad input, and as people fill it in, and looks at the pages that follow.
async fn look_at_forms(site: &WholeSite, found: &mut Found) {
    for function in functions() {
        let (browser, form) = site.form(function).await;
        let bad = |value: &'static str| form.filled(|_| Some(value.to_owned()));
        let long = "9".repeat(30_000);
        let tampered = PageForm {
            hidden: form
                .hidden
                .iter()
                .map(|(name, _)| (name.clone(), "7".to_owned()))
                .collect(),
            ..form.clone()
        };
        let filled = form.filled(|control| match control.name.as_str() {
            // On another device, or a picture.
            "timeZone" => Some("Europe/Berlin".to_owned()),
            _ => typed(control),
        });
        for (what, form) in [
            ("empty", bad("")),
            ("a digit", bad("7")),
            ("a control character", bad("7\u{1}")),
            ("too long", form.filled(|_| Some(long.clone()))),
            ("tampered with", tampered),
            ("filled in", filled.clone()),
            ("twice", filled),
        ] {
            let page = browser.submit_page_form(&form).await;
            assert!(
                !page.status.is_server_error(),
                "{function}, {what}: {}",
                page.text
            );
            found.page(
                &format!("the form {function}, {what}, at {}", page.url),
                &page,
            );
        }
        site.app.run_jobs_with_retries().await;
    }
}

async fn look_at_letters(site: &WholeSite, found: &mut Found) {
    site.app.run_jobs_with_retries().await;
    let mails = site.server.received();
    assert!(mails.len() > 30, "{}", mails.len());
    for mail in mails {
        let subject = mail.header("subject").unwrap_or_default().to_owned();
        let place = format!("the letter {subject:?}");
        found.add(&place, unmarked_in_text(&subject));
        found.add(&place, unmarked_in_text(&mail.part("text/plain").text));
        found.add(&place, unmarked_in_page(&mail.part("text/html").text));
        let calendars = mail
            .parts
            .iter()
            .filter(|part| part.content_type == "text/calendar");
        for calendar in calendars {
            found.add(&place, unmarked_in_calendar(&calendar.text));
        }
    }
}
