//! The pages of administrators and what their forms do, without JavaScript.

use chrono::TimeDelta;
use leptos::server_fn::axum::server_fn_paths;
use mini_compete::{
    domain::Actor,
    jobs::Queues,
    model::{Role, UserView},
    store::entity::user,
};
use reqwest::Method;
use sea_orm::EntityTrait;

use crate::{
    harness::{App, Client, confirm_second_factor, page_templates, set_role},
    on_both_backends,
};

on_both_backends!(
    every_page_of_administrators_is_closed_to_others,
    no_form_of_administrators_does_anything_for_others,
    failed_jobs_are_retried_by_group_and_deleted_after_a_question,
    a_long_list_of_failed_jobs_has_pages,
    an_account_is_changed_after_the_password_was_entered_again,
    a_queue_is_paused_by_a_form,
    the_failed_jobs_of_a_queue_are_listed_and_retried_from_its_row,
    everybodys_competitions_are_listed_the_newest_first,
    administrators_find_drafts_and_filter_and_sort_everybodys_competitions,
    the_settings_show_no_secret,
);

/// The server functions of administrators.
const FUNCTIONS: [&str; 8] = [
    "/act/pause-queue",
    "/act/resume-queue",
    "/act/retry-failed-jobs",
    "/act/delete-failed-jobs",
    "/act/repair-seats",
    "/act/change-account",
    "/act/sign-out-account",
    "/act/confirm-account-email",
];

/// Returns the paths of the pages of administrators, from the routes of the application.
fn pages(account: &UserView) -> Vec<String> {
    let pages: Vec<String> = page_templates()
        .iter()
        .map(|path| path.replace("{id}", &account.id.to_string()))
        .filter(|path| path.starts_with("/admin"))
        .collect();
    assert_eq!(pages.len(), 11, "{pages:?}");
    pages
}

/// Logs an administrator in whose second factor is set up.
async fn admin_browser(app: &App, name: &str) -> (UserView, Client) {
    let admin = app.account(name, Role::Admin).await;
    let browser = app.client();
    browser.log_in(&admin.email).await;
    confirm_second_factor(app, &admin).await;
    (admin, browser)
}

async fn every_page_of_administrators_is_closed_to_others(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let subject = app.account("Secret Subject", Role::Participant).await;
    app.create_dead_letters(1).await;
    for path in pages(&subject) {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.find("nav.main-nav [aria-current]").is_some(), "{path}");
    }
    let mut others = Vec::new();
    for (name, role) in [("Paula", Role::Participant), ("Olga", Role::Organizer)] {
        let account = app.account(name, role).await;
        let client = app.client();
        client.log_in(&account.email).await;
        others.push(client);
    }
    let (former, client) = admin_browser(&app, "Former").await;
    set_role(&app, &former, Role::Organizer).await;
    others.push(client);
    for path in pages(&subject) {
        let anonymous = app.client().get(&path).await;
        assert!(
            anonymous.url.contains("/login?next=%2Fadmin"),
            "{path} {}",
            anonymous.url
        );
        for other in &others {
            let page = other.get(&path).await;
            assert_eq!(page.status, 403, "{path}");
            assert_eq!(page.find("h1").unwrap(), "You don’t have access");
            assert!(!page.text.contains("Secret Subject") && !page.text.contains("href=\"/admin"));
        }
    }
}

async fn no_form_of_administrators_does_anything_for_others(app: App) {
    let all: Vec<_> = server_fn_paths().map(|(path, _)| path).collect();
    assert!(
        FUNCTIONS.iter().all(|function| all.contains(function)),
        "{all:?}"
    );
    let victim = app.account("Victim", Role::Participant).await;
    app.create_dead_letters(2).await;
    let olga = app.account("Olga", Role::Organizer).await;
    let client = app.client();
    client.log_in(&olga.email).await;
    for stranger in [app.client(), client] {
        for path in FUNCTIONS {
            let request = stranger
                .request(Method::POST, path)
                .header("sec-fetch-site", "same-origin")
                .form(&[
                    ("id", victim.id.to_string().as_str()),
                    ("role", "ADMIN"),
                    ("disabled", "true"),
                    ("queue", Queues::MAIL),
                    ("all", "true"),
                ]);
            let reply = stranger.send(request).await;
            assert!(!reply.url.ends_with(path), "{path}: {}", reply.url);
        }
        // All failed jobs, without an id.
        for path in ["/act/retry-failed-jobs", "/act/delete-failed-jobs"] {
            stranger
                .submit_in_background(path, &[("all", "true")])
                .await;
        }
    }
    let row = user::Entity::find_by_id(victim.id).one(app.database().read());
    let row = row.await.unwrap().unwrap();
    assert_eq!(
        (row.role, row.disabled_at, row.auth_epoch),
        (Role::Participant, None, 0)
    );
    assert_eq!(app.failed_jobs().await.len(), 2);
    app.worker().context.pauses.refresh().await.unwrap();
    assert!(app.worker().context.pauses.admits(Queues::MAIL));
}

async fn failed_jobs_are_retried_by_group_and_deleted_after_a_question(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let empty = browser.get("/admin/failed-jobs").await;
    assert!(empty.text.contains("No dead letters"));
    app.create_dead_letters(3).await;
    let page = browser.get("/admin/failed-jobs").await;
    assert_eq!(page.find(".group-count").unwrap(), "3");
    assert!(
        page.find(".group-cause code")
            .unwrap()
            .contains("missing field")
    );
    let retried = browser.submit(&page.form(".group form")).await;
    assert_eq!(
        retried.find(".flash").unwrap(),
        "3 jobs are in their queues again."
    );
    assert_eq!(app.open_jobs().await, 3);
    app.run_jobs_with_retries().await;

    let group = app.failed_jobs().await[0].group_key.clone();
    let page = browser
        .get(&format!("/admin/failed-jobs?group={group}"))
        .await;
    assert_eq!(page.find("h1").unwrap(), "3 dead letters");
    assert!(page.find(".payload").is_some());
    let retried = browser
        .submit(&page.form("[data-testid=failed-job] form"))
        .await;
    assert_eq!(
        retried.find(".flash").unwrap(),
        "1 job is in its queue again."
    );
    assert_eq!(app.failed_jobs().await.len(), 2);

    let id = app.failed_jobs().await[0].id;
    let question = browser
        .get(&format!("/admin/failed-jobs/delete?id={id}"))
        .await;
    assert_eq!(question.find("h1").unwrap(), "Delete 1 dead letter?");
    assert_eq!(
        app.failed_jobs().await.len(),
        2,
        "the question deletes nothing"
    );
    let deleted = browser
        .submit(&question.form("[data-testid=delete-form]"))
        .await;
    assert_eq!(deleted.find(".flash").unwrap(), "1 dead letter is deleted.");
    app.create_dead_letters(4).await;
    let count = app.failed_jobs().await.len();
    for query in [format!("group={group}"), "all=true".to_owned()] {
        let question = browser
            .get(&format!("/admin/failed-jobs/delete?{query}"))
            .await;
        assert_eq!(
            question.find("h1").unwrap(),
            format!("Delete {count} dead letters?")
        );
    }
    let question = browser.get("/admin/failed-jobs/delete?all=true").await;
    browser
        .submit(&question.form("[data-testid=delete-form]"))
        .await;
    assert!(app.failed_jobs().await.is_empty());
    for gone in [format!("?id={id}"), "?all=true".to_owned(), String::new()] {
        let form = browser
            .get(&format!("/admin/failed-jobs/delete{gone}"))
            .await;
        if !gone.starts_with("?id") {
            assert!(form.url.ends_with("/admin/failed-jobs"), "{}", form.url);
        }
    }
    let stale = question
        .form("[data-testid=delete-form]")
        .fill("all", "")
        .fill("id", &id.to_string());
    let reply = browser.submit(&stale).await;
    assert!(
        reply.find(".flash[data-tone=bad]").is_some(),
        "{}",
        reply.text
    );
}

async fn a_long_list_of_failed_jobs_has_pages(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    app.create_dead_letters(25).await;
    let group = app.failed_jobs().await[0].group_key.clone();
    let page = browser
        .get(&format!("/admin/failed-jobs?group={group}&page=2"))
        .await;
    assert_eq!(page.text.matches("data-testid=\"failed-job\"").count(), 5);
    let beyond = browser
        .get(&format!("/admin/failed-jobs?group={group}&page=9"))
        .await;
    assert!(beyond.url.ends_with("page=2"), "{}", beyond.url);
}

async fn an_account_is_changed_after_the_password_was_entered_again(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let ada = app.account("Ada", Role::Participant).await;
    let path = format!("/admin/users/{}", ada.id);
    app.clock.advance(TimeDelta::minutes(16));
    let page = browser.get(&path).await;
    let form = page
        .form("[data-testid=role-form]")
        .fill("role", "ORGANIZER");
    let asked = browser.submit(&form).await;
    assert!(
        asked
            .url
            .contains("/confirm-password?next=%2Fadmin%2Fusers"),
        "{}",
        asked.url
    );
    let confirm = asked.form("[data-testid=confirm-password-form]");
    let back = browser
        .submit(&confirm.fill("password", crate::harness::PASSWORD))
        .await;
    assert!(back.url.ends_with(&path), "{}", back.url);
    let changed = browser.submit(&form).await;
    assert_eq!(changed.find(".flash").unwrap(), "The role is changed.");
    assert!(
        changed
            .find("[data-testid=account]")
            .unwrap()
            .contains("Organizer")
    );
    let nobody = mini_compete::model::UserId::new();
    assert_eq!(
        browser.get(&format!("/admin/users/{nobody}")).await.status,
        404
    );
}

async fn a_queue_is_paused_by_a_form(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let page = browser.get("/admin").await;
    let paused = browser.submit(&page.form("tr[data-queue=mail] form")).await;
    assert!(paused.url.ends_with("/admin"), "{}", paused.url);
    assert_eq!(paused.find("tr[data-queue=mail] .badge").unwrap(), "Paused");
    assert_eq!(
        paused.find("[data-testid=overall]").unwrap(),
        "1 thing needs a look"
    );
    let unknown = page
        .form("tr[data-queue=mail] form")
        .fill("queue", "letters");
    let reply = browser
        .submit(&unknown.fill("back", "https://evil.example"))
        .await;
    assert!(reply.url.ends_with("/admin/queues"), "{}", reply.url);
    assert!(reply.find(".flash[data-tone=bad]").is_some());
}

async fn the_failed_jobs_of_a_queue_are_listed_and_retried_from_its_row(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    app.create_dead_letters(3).await;
    let page = browser.get("/admin/queues").await;
    let form = page.form("td form[action='/act/retry-failed-jobs']");
    let queue = form.value("queue").unwrap().to_owned();
    assert_ne!(queue, "mail");
    let list = async |queue: &str| {
        let page = browser
            .get(&format!("/admin/failed-jobs?queue={queue}"))
            .await;
        assert_eq!(page.status, 200);
        page.find("[data-testid=failed-group]")
    };
    assert!(list(&queue).await.unwrap().contains('3'));
    assert_eq!(list("mail").await, None);
    assert!(
        page.find(&format!("a[href='/admin/failed-jobs?queue={queue}']"))
            .is_some()
    );
    browser.submit(&form.clone().fill("queue", "mail")).await;
    assert_eq!(
        app.failed_jobs().await.len(),
        3,
        "those of another queue stay"
    );
    browser.submit(&form).await;
    assert!(app.failed_jobs().await.is_empty());
}

async fn everybodys_competitions_are_listed_the_newest_first(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let olga = app.account("Olga", Role::Organizer).await;
    app.competition_of(&olga, 5, false).await;
    let draft = crate::harness::draft_of(&app, &olga).await;
    let page = browser.get("/admin/competitions").await;
    assert_eq!(page.find("tbody th").unwrap(), draft.title);
    assert!(page.text.contains("Spring Sprint") && page.text.contains("Olga"));
    let found = browser.get("/admin/competitions?search=sprint").await;
    assert_eq!(found.find("tbody th").unwrap(), "Spring Sprint");
}

async fn administrators_find_drafts_and_filter_and_sort_everybodys_competitions(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let olga = app.account("Olga", Role::Organizer).await;
    let draft = crate::harness::draft_of(&app, &olga).await;
    let titled = async |title: &str| {
        let mut input = app.competition_input(5, false);
        title.clone_into(&mut input.title);
        let competitions = &app.services.competitions;
        let created = competitions.create(Actor::from(&olga), input);
        created.await.unwrap();
    };
    titled("Beach Cup").await;
    titled("Alpine Cup").await;
    let titles = async |query: &str| {
        let page = browser.get(&format!("/admin/competitions?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.text);
        let list = page.find("tbody").unwrap_or_default();
        let shown = ["Alpine Cup", "Beach Cup", &*draft.title];
        let mut found: Vec<_> = shown
            .into_iter()
            .filter_map(|title| Some((list.find(title)?, title)))
            .collect();
        found.sort_unstable();
        found
            .into_iter()
            .map(|(_, title)| title.to_owned())
            .collect::<Vec<_>>()
    };
    let word = draft.title.split(' ').next_back().unwrap();
    assert_eq!(titles(&format!("search={word}")).await, [&*draft.title]);
    assert_eq!(titles("search=cup&status=DRAFT").await, [""; 0]);
    assert_eq!(
        titles("search=cup&sort=title").await,
        ["Alpine Cup", "Beach Cup"]
    );
    assert_eq!(titles("status=DRAFT").await, [&*draft.title]);
    assert_eq!(
        titles("status=OPEN&sort=title").await,
        ["Alpine Cup", "Beach Cup"]
    );
    let newest_first = ["Alpine Cup", "Beach Cup", &*draft.title];
    assert_eq!(titles("").await, newest_first);
    assert_eq!(
        titles("sort=startsAt").await.len(),
        3,
        "drafts have an order as well"
    );
}

async fn the_settings_show_no_secret(app: App) {
    let (_, browser) = admin_browser(&app, "Root").await;
    let page = browser.get("/admin/settings").await;
    for secret in [
        app.storage.database_url.as_str(),
        crate::harness::process::SECRET,
    ] {
        assert!(!page.text.contains(secret));
    }
    assert!(page.text.contains("JOB_MAX_RETRIES"));
}
