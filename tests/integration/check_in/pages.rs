//! The pages about check-in, without JavaScript.

use mini_compete::model::ticket_number;

use super::Setup;
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_helper_checks_in_by_a_typed_number_and_undoes_it,
    a_helper_finds_a_name_and_checks_the_person_in,
    the_printable_list_has_everybody_with_a_seat_by_name,
    only_the_page_for_check_in_may_use_the_camera,
);

async fn a_helper_checks_in_by_a_typed_number_and_undoes_it(app: App) {
    let setup = Setup::new(&app, 5, &["Ada", "Bob"]).await;
    let browser = &setup.helper.browser;
    let path = format!("/organize/{}/check-in", setup.competition.id);
    let page = browser.get(&path).await;
    assert!(
        page.text.contains("Nobody is checked in yet."),
        "{}",
        page.text
    );
    let form = page.form("[data-testid=check-in-form]");
    let wrong = browser
        .submit(&form.clone().fill("code", "7777-7777"))
        .await;
    assert!(
        wrong
            .find("[role=alert]")
            .unwrap()
            .contains("no valid ticket"),
        "{}",
        wrong.text
    );
    let kept = wrong.form("[data-testid=check-in-form]");
    assert_eq!(
        kept.value("code"),
        Some("7777-7777"),
        "what was typed is kept"
    );
    let number = ticket_number(setup.people[0].registration);
    let done = browser.submit(&kept.fill("code", &number)).await;
    assert!(done.text.contains("Ada is checked in."), "{}", done.text);
    assert_eq!(
        done.find("[data-testid=check-in-counter]").as_deref(),
        Some("1 of 2 checked in")
    );
    let again = browser.submit(&form.fill("code", &number)).await;
    assert!(
        again.text.contains("Ada is checked in already:"),
        "{}",
        again.text
    );
    assert!(again.text.contains("by Hilda."), "{}", again.text);
    let undo = again.form("form[action='/act/undo-check-in-to-competition']");
    let undone = browser.submit(&undo).await;
    assert!(
        undone.text.contains("The check-in of Ada is undone."),
        "{}",
        undone.text
    );
    assert_eq!(
        undone.find("[data-testid=check-in-counter]").as_deref(),
        Some("0 of 2 checked in")
    );
}

async fn a_helper_finds_a_name_and_checks_the_person_in(app: App) {
    let setup = Setup::new(&app, 2, &["Ada Lovelace", "Adam", "Walt"]).await;
    let browser = &setup.helper.browser;
    let path = format!("/organize/{}/check-in", setup.competition.id);
    let found = async |search: &str| {
        let page = browser.get(&format!("{path}?search={search}")).await;
        let listed = page.find("[data-testid=found]").unwrap();
        (page, listed)
    };
    let (_, listed) = found("ada").await;
    assert!(
        listed.contains("Ada Lovelace") && listed.contains("Adam"),
        "{listed}"
    );
    let (_, listed) = found("walt").await;
    assert!(
        listed.contains("Nobody with a seat"),
        "who waits has no seat: {listed}"
    );
    let number = ticket_number(setup.people[1].registration);
    assert!(found(&number).await.1.contains("Adam"));
    let (page, _) = found("l%C3%B3v").await;
    let form = page.form("[data-testid=found] form");
    let done = browser.submit(&form).await;
    assert!(
        done.text.contains("Ada Lovelace is checked in."),
        "{}",
        done.text
    );
    let (page, listed) = found("lovelace").await;
    assert!(listed.contains("by Hilda"), "{listed}");
    assert!(
        page.find("[data-testid=found] form[action='/act/undo-check-in-to-competition']")
            .is_some()
    );
}

async fn the_printable_list_has_everybody_with_a_seat_by_name(app: App) {
    let setup = Setup::new(&app, 3, &["Zoe", "Ada", "Mia", "Walt"]).await;
    setup.scan(&setup.people[1].code).await;
    let path = format!("/organize/{}/check-in/list", setup.competition.id);
    let page = setup.helper.browser.get(&path).await;
    let table = page.find("table.check-in-sheet tbody").unwrap();
    let at = |name: &str| table.find(name);
    assert!(at("Ada") < at("Mia") && at("Mia") < at("Zoe"), "{table}");
    assert!(at("Ada").is_some() && at("Walt").is_none(), "{table}");
    assert!(
        table.contains(&ticket_number(setup.people[0].registration)),
        "{table}"
    );
    assert!(!table.contains('@'), "{table}");
}

async fn only_the_page_for_check_in_may_use_the_camera(app: App) {
    let setup = Setup::new(&app, 3, &[]).await;
    let browser = &setup.helper.browser;
    let id = setup.competition.id;
    let policy = async |path: String| {
        let page = browser.get(&path).await;
        page.header("permissions-policy").unwrap().to_owned()
    };
    assert!(
        policy(format!("/organize/{id}/check-in"))
            .await
            .contains("camera=(self)")
    );
    for path in [
        format!("/organize/{id}"),
        format!("/organize/{id}/check-in/list"),
        "/".to_owned(),
    ] {
        assert!(policy(path.clone()).await.contains("camera=()"), "{path}");
    }
}
