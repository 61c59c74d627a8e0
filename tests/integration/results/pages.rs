//! The pages about results, without JavaScript.

use serde_json::json;

use super::{Setup, ranks};
use crate::{
    harness::{App, Clients},
    on_both_backends,
};

on_both_backends!(
    an_organizer_adds_a_stage_records_corrects_and_publishes_on_the_page,
    a_list_with_a_bad_line_names_it_and_records_nothing,
    participants_see_their_own_rank,
);

async fn an_organizer_adds_a_stage_records_corrects_and_publishes_on_the_page(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let browser = &setup.owner.browser;
    let path = format!("/organize/{}/results", setup.competition.id);
    let page = browser.get(&path).await;
    let form = page.form("[data-testid=stage-form]");
    let wrong = browser.submit(&form.clone().fill("decimals", "7")).await;
    assert!(wrong.find(".field-error").is_some(), "{}", wrong.text);
    let page = browser.submit(&form.fill("name", "Final run")).await;
    assert!(page.text.contains("Stage added."), "{}", page.text);
    let form = page.form("[data-testid=result-form]");
    let form = form.fill("code", "1").fill("value", "1:02:03.456");
    let wrong = browser.submit(&form).await;
    assert!(
        wrong.text.contains("Too many decimals: this stage has 2."),
        "{}",
        wrong.text
    );
    let form = wrong.form("[data-testid=result-form]");
    assert_eq!(
        form.value("value"),
        Some("1:02:03.456"),
        "what was typed is kept"
    );
    let page = browser.submit(&form.fill("value", "1:02:03.45")).await;
    assert!(page.text.contains("Results recorded: 1"), "{}", page.text);
    let recorded = page.find("[data-testid=recorded-results]").unwrap();
    assert!(
        recorded.contains("1:02:03.45") && recorded.contains("Ada"),
        "{recorded}"
    );
    let correct = page.text.split("correct=").nth(1).unwrap();
    let correct = correct.split('"').next().unwrap();
    let stage = page.form("[data-testid=result-form]");
    let stage = stage.value("stageId").unwrap().to_owned();
    let page = browser
        .get(&format!("{path}?stage={stage}&correct={correct}"))
        .await;
    let form = page.form("[data-testid=result-form]");
    assert_eq!(form.value("value"), Some("1:02:03.45"));
    let page = browser.submit(&form.fill("value", "59:59")).await;
    let recorded = page.find("[data-testid=recorded-results]").unwrap();
    assert!(
        recorded.contains("Corrected") && recorded.contains("59:59.00"),
        "{recorded}"
    );
    let page = browser
        .submit(&page.form("[data-testid=publish-form]"))
        .await;
    assert!(
        page.text.contains("Version 1 is published."),
        "{}",
        page.text
    );
    let standings = setup.standings("").await;
    assert_eq!(ranks(&standings), [("Ada", Some(1))]);
    let public = format!("/competitions/{}/results", setup.competition.id);
    let public = app.client().browse(&public).await;
    let shown = public.find("[data-testid=standings]").unwrap();
    assert!(
        shown.contains("59:59.00") && shown.contains("Provisional"),
        "{shown}"
    );
}

async fn a_list_with_a_bad_line_names_it_and_records_nothing(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    let browser = &setup.helper.browser;
    let id = setup.competition.id;
    let path = format!("/organize/{id}/results?stage={stage}");
    let page = browser.get(&path).await;
    let read = async |page: &crate::harness::Reply, list: &str| {
        let mut forms = page.page_forms().into_iter();
        let form = forms.find(|form| form.action == "/act/read-results");
        let form = form.unwrap();
        let filled = form.filled(|control| (control.name == "results").then(|| list.to_owned()));
        browser.submit_page_form(&filled).await
    };
    let list = "number;value;status;note\n1;59.1\n7;1:00\n2;-1;;early\n";
    let page = read(&page, list).await;
    let wrong = page.find("[data-testid=wrong-lines]").unwrap();
    for part in [
        "3",
        "Nobody in this competition has this number or ticket.",
        "4",
        "A time can’t be negative.",
    ] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
    assert!(page.text.contains("1;59.1"), "what was typed is kept");
    assert!(page.find("[data-testid=record-results]").is_none());
    let page = read(&page, "1;59.1\n2;DNF;;fell\n").await;
    assert!(setup.recorded(&stage).await.is_empty());
    let form = page.form("[data-testid=record-results]");
    for _ in 0..2 {
        let recorded = browser.submit(&form).await;
        assert!(
            recorded.text.contains("Results recorded: 2"),
            "{}",
            recorded.text
        );
    }
    assert_eq!(
        setup.recorded(&stage).await.len(),
        2,
        "two presses record once"
    );
}

async fn participants_see_their_own_rank(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup
        .stage(json!({ "metric": "SCORE", "unit": "points" }))
        .await;
    setup.values(&stage, &[("1", 5), ("2", 9)]).await;
    let ada = Clients::log_in(&app, &setup.people[0]).await.browser;
    let id = setup.competition.id;
    let page = format!("/competitions/{id}");
    let before = ada.browse(&page).await;
    assert!(before.find("[data-testid=results]").is_none());
    setup.publish(&stage, json!({})).await;
    let own = "Rank 2 of 2 · 5 points";
    for path in [
        page.clone(),
        format!("{page}/results"),
        "/me/registrations".to_owned(),
    ] {
        let shown = ada.browse(&path).await;
        let text = shown.text.replace(['\u{2068}', '\u{2069}'], "");
        assert!(text.contains(own), "{path}: {text}");
    }
    let bob = app.client().browse(&page).await;
    assert!(bob.find("[data-testid=results]").is_some());
    assert!(!bob.text.contains("Rank 2"));
}
