//! Bad input in every form: whatever is typed into any field, there is a sentence about it and never an error of the
//! server, a script stays text wherever it is shown, and what was typed outlasts the end of the session.

use mini_compete::{model::Language, text::catalogue};
use reqwest::Method;

use crate::{
    harness::{App, Backend, Client, Control, PageForm, Reply},
    whole_site::{Viewer, WholeSite, functions, typed},
};

mod bad_input_has_a_sentence_in_every_form_and_scripts_stay_text {
    use super::Backend;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::run(Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::run(Backend::Postgres).await;
    }
}

const SCRIPT: &str = "<script>alert(\"x\")</script>";

/// A value that nobody would type.
struct Bad {
    what: &'static str,
    value: String,
    /// Whether no field accepts it.
    refused: bool,
}

/// Returns what is typed into fields for text, one after the other.
fn texts() -> Vec<Bad> {
    let bad = |what, value: &str, refused| Bad {
        what,
        value: value.to_owned(),
        refused,
    };
    vec![
        bad("too long", &"x".repeat(60_000), true),
        bad("control characters", "a\u{1}b\u{0}c and more", true),
        bad("another direction", "abc\u{202e}def and more", true),
        bad("only invisible", "\u{200b}\u{2060}\u{feff}\u{ad}", true),
        bad("only spaces", " \u{a0}\u{3000}\t ", true),
        bad("other scripts", "Ωμέγα 競技会 مسابقة हिन्दी 🏁", false),
        bad("a script", SCRIPT, false),
    ]
}

/// Returns what is sent for a control that is no field for text.
fn other_types() -> Vec<Bad> {
    ["many", "\u{0}", "9999999999999999999999", SCRIPT]
        .map(|value| Bad {
            what: "wrong type",
            value: value.to_owned(),
            refused: false,
        })
        .into()
}

/// Returns whether people type a text into a control.
fn is_text(control: &Control) -> bool {
    matches!(
        control.kind.as_str(),
        "text" | "email" | "password" | "search" | "url" | "textarea"
    )
}

/// The functions that check nothing: they lead to another page, on which what was typed is shown again.
const UNCHECKED: [&str; 1] = ["before-log-in"];

/// Returns whether a value is not refused: an optional field stays empty, a paragraph has a direction of its own, and
/// nobody reads a password.
fn is_accepted(function: &str, control: &Control, bad: &Bad) -> bool {
    let is_blank = matches!(bad.what, "only invisible" | "only spaces");
    let is_apart = matches!(control.kind.as_str(), "textarea" | "password");
    let is_apart = is_apart && bad.what == "another direction";
    let is_optional = is_blank && !control.required;
    UNCHECKED.contains(&function) || !bad.refused || is_apart || is_optional
}

/// Returns the sentences of a page about what is wrong with what was sent.
fn sentences(page: &Reply) -> Vec<String> {
    let found = [".field-error", "[role=alert]", "h1"].map(|selector| {
        let words = page.find(selector)?;
        // A heading says what is wrong only on an error page.
        (selector != "h1" || page.status.is_client_error()).then_some(words)
    });
    found.into_iter().flatten().collect()
}

/// Returns what is wrong with the response to a form, if something is.
fn fault(page: &Reply, needs_sentence: bool) -> Option<String> {
    let internal = catalogue(Language::English).flash.internal_error;
    if page.status.is_server_error() || page.text.contains(internal) {
        return Some(format!("{} {}", page.status, page.url));
    }
    if page.text.contains("<script>alert(") {
        return Some(format!("a script is no text on {}", page.url));
    }
    let silent = needs_sentence && sentences(page).iter().all(|words| words.is_empty());
    silent.then(|| format!("no sentence: {} {}", page.status, page.url))
}

/// Sends a form whose values were changed, and notes what is wrong.
async fn send(
    (browser, form): (&Client, &PageForm),
    what: &str,
    needs_sentence: bool,
    wrong: &mut Vec<String>,
) {
    let page = browser.submit_page_form(form).await;
    if let Some(fault) = fault(&page, needs_sentence) {
        wrong.push(format!("{} {what}: {fault}", form.action));
    }
}

/// The forms that people send without a session.
const BEFORE_THE_LOG_IN: [&str; 9] = [
    "signup",
    "login",
    "before-log-in",
    "login-code",
    "forgot",
    "reset",
    "verify-email",
    "second-factor",
    // Its answers go on to the registration itself.
    "register",
];

/// Sends a form without a session, and notes what the log-in page that follows does not carry.
async fn lose_session(site: &WholeSite, function: &str, form: &PageForm, wrong: &mut Vec<String>) {
    let is_kept = |control: &&Control| {
        let is_secret = matches!(control.kind.as_str(), "password")
            || matches!(control.name.as_str(), "code" | "totp");
        is_text(control) && !is_secret && !control.value.trim().is_empty()
    };
    let typed: Vec<_> = form.controls.iter().filter(is_kept).collect();
    if typed.is_empty() || BEFORE_THE_LOG_IN.contains(&function) {
        return;
    }
    let stranger = site.browser(Viewer::Anonymous);
    let page = stranger.submit_page_form(form).await;
    let forms = page.page_forms();
    let log_in = forms.iter().find(|form| form.action == "/act/login");
    let carried = log_in.and_then(|form| {
        let mut fields = form.fields().into_iter();
        fields.find_map(|(name, value)| (name == "carried").then(|| value.to_owned()))
    });
    let carried: serde_json::Value =
        serde_json::from_str(&carried.unwrap_or_default()).unwrap_or_default();
    for control in typed {
        // Answers are carried under the names of their fields in errors.
        let answer = control.name.strip_prefix("answers[q");
        let answer = answer.and_then(|rest| rest.strip_suffix(']'));
        let field = answer.map_or(control.name.clone(), |id| format!("answers.{id}"));
        // Lines end as the browser ends them.
        let kept = carried["values"][&field].as_str();
        let kept = kept.map(|text| text.replace("\r\n", "\n"));
        if kept != Some(control.value.replace("\r\n", "\n")) {
            let name = &control.name;
            wrong.push(format!("{function}: {name} is lost with the session"));
        }
    }
}

/// Sends bad input in every field of the form of a function, one at a time. Returns the number of requests.
async fn try_form(site: &WholeSite, function: &str, wrong: &mut Vec<String>) -> usize {
    let (logged_in, form) = site.form(function).await;
    // Signing up logs in, after which there is nothing to sign up for.
    let browser = || match function {
        "signup" => site.browser(Viewer::Anonymous),
        _ => logged_in.clone(),
    };
    let filled = form.filled(typed);
    lose_session(site, function, &filled, wrong).await;
    let mut sent = 0;
    for control in &form.controls {
        let with = |value: &str| {
            filled.filled(|other| (other.name == control.name).then(|| value.to_owned()))
        };
        let name = &control.name;
        let values = match is_text(control) {
            true => texts(),
            false => other_types(),
        };
        for bad in values {
            let needs_sentence = is_text(control) && !is_accepted(function, control, &bad);
            let what = format!("{name}, {}", bad.what);
            let form = with(&bad.value);
            send((&browser(), &form), &what, needs_sentence, wrong).await;
            sent += 1;
        }
        let needs_sentence = control.required && !UNCHECKED.contains(&function);
        let form = with("");
        send(
            (&browser(), &form),
            &format!("{name}, empty"),
            needs_sentence,
            wrong,
        )
        .await;
        sent += 1;
    }
    for (index, (name, _)) in form.hidden.iter().enumerate() {
        for value in ["", "x\u{0}", SCRIPT] {
            let mut form = filled.clone();
            value.clone_into(&mut form.hidden[index].1);
            send(
                (&browser(), &form),
                &format!("{name}, {value:?}"),
                false,
                wrong,
            )
            .await;
            sent += 1;
        }
    }
    sent
}

/// Leaves a script in every text that is shown to others.
async fn write_scripts(site: &WholeSite, wrong: &mut Vec<String>) {
    let script = |control: &Control| match control.name.as_str() {
        "title" | "name" | "location" | "description" | "subject" | "body" | "reason" | "alt" => {
            Some(SCRIPT.to_owned())
        }
        "tags" => Some("<b>tag".to_owned()),
        _ => typed(control),
    };
    for function in [
        "profile",
        "create-competition",
        "edit-competition",
        "add-participant-to-competition",
        "create-api-key",
        "request-organizer-role",
        "announce",
        "signup",
    ] {
        let (browser, form) = site.form(function).await;
        let mut form = form.filled(script);
        for (name, value) in &mut form.hidden {
            if matches!(name.as_str(), "subject" | "body") {
                SCRIPT.clone_into(value);
            }
        }
        send((&browser, &form), "a script everywhere", false, wrong).await;
    }
    // The organizer whose name everybody sees, and a participant whose name organizers and administrators see.
    for viewer in [Viewer::Organizer, Viewer::Participant] {
        let browser = site.browser(viewer);
        let page = browser.browse("/me/profile").await;
        let forms = page.page_forms();
        let form = forms.iter().find(|form| form.action == "/act/profile");
        let form = form.unwrap().filled(script);
        send((&browser, &form), "a script as a name", false, wrong).await;
    }
}

/// Opens every page, file and letter, and notes where a script is no text.
async fn look_for_scripts(site: &WholeSite, wrong: &mut Vec<String>) -> usize {
    let mut shown = 0;
    let open = site.competitions.open;
    let seat = site.registrations[0];
    let mut pages = site.pages().await;
    for path in [
        format!("/competitions/{open}/calendar.ics"),
        format!("/api/v1/competitions/{open}/cover.svg"),
        format!("/organize/{open}/registrations.csv"),
        "/api/v1/competitions/suggest?q=script".to_owned(),
    ] {
        pages.push((Viewer::Organizer, path));
    }
    pages.push((
        Viewer::Participant,
        format!("/api/v1/registrations/{seat}/ticket.svg"),
    ));
    for (viewer, path) in pages {
        let page = site.browser(viewer).browse(&path).await;
        let kind = page.header("content-type").unwrap_or_default();
        let is_markup = kind.starts_with("text/html") || kind.contains("svg");
        // Other files are read as text, since browsers are told not to guess.
        let sniffed = page.header("x-content-type-options") != Some("nosniff");
        if (is_markup || sniffed) && page.text.contains("<script>alert(") {
            wrong.push(format!("{path}: a script is no text"));
        }
        shown += usize::from(page.text.contains("alert("));
        if page.status.is_server_error() {
            wrong.push(format!("{path}: {}", page.status));
        }
    }
    site.app.run_jobs_with_retries().await;
    for mail in site.server.received() {
        let html = &mail.part("text/html").text;
        if html.contains("<script>alert(") {
            wrong.push(format!("a letter: {html}"));
        }
        shown += usize::from(html.contains("alert("));
    }
    shown
}

async fn run(backend: Backend) {
    let site = WholeSite::new(backend).await;
    let (mut sent, mut wrong) = (0, Vec::new());
    let functions = functions();
    for function in &functions {
        sent += try_form(&site, function, &mut wrong).await;
    }
    write_scripts(&site, &mut wrong).await;
    let shown = look_for_scripts(&site, &mut wrong).await;
    eprintln!(
        "{} functions, {sent} requests, shown {shown} times",
        functions.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(shown > 20, "the script is hardly shown: {shown}");
    is_still_up(&site.app).await;
}

/// Asserts that the seats are right after all that.
async fn is_still_up(app: &App) {
    let request = app.client().request(Method::GET, "/readyz");
    assert_eq!(app.client().send(request).await.status, 200);
}
