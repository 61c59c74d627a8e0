//! Exports as spreadsheets: the same list as the CSV file, in which every cell is a text.

use std::io::{Cursor, Read};

use mini_compete::{
    domain::Actor,
    model::{
        Role,
        forms::{CompetitionInput, RegistrationFilter},
    },
};
use reqwest::Method;
use zip::ZipArchive;

use super::{
    StatusCounts, change_registrations, insert_full_competition, organizer, registration_rows,
    searching::insert_account,
};
use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    a_spreadsheet_has_texts_local_times_and_the_name_of_the_competition,
    a_spreadsheet_is_a_consistent_snapshot_of_what_the_filter_selects,
);

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Downloads a file, and returns its headers and its bytes.
async fn download(client: &Client, path: &str) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let request = client
        .request(Method::GET, path)
        .header("accept", XLSX)
        .header("sec-fetch-site", "same-origin");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    (headers, response.bytes().await.unwrap().to_vec())
}

/// Returns a part of a spreadsheet, as it is stored.
fn part(file: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(file)).unwrap();
    let mut text = String::new();
    let mut part = archive.by_name(name).unwrap();
    part.read_to_string(&mut text).unwrap();
    text
}

/// Returns the texts of each row of the only sheet.
fn rows(file: &[u8]) -> Vec<Vec<String>> {
    let sheet = part(file, "xl/worksheets/sheet1.xml");
    let document = scraper::Html::parse_fragment(&sheet);
    let select = |selector| scraper::Selector::parse(selector).unwrap();
    let (row, cell) = (select("row"), select("c"));
    let rows = document.select(&row).map(|row| {
        // Empty cells are left out, so each says where it is, such as `B7`.
        let mut texts = Vec::new();
        for cell in row.select(&cell) {
            let column = usize::from(cell.attr("r").unwrap().as_bytes()[0] - b'A');
            texts.resize(texts.len().max(column + 1), String::new());
            texts[column] = cell.text().collect();
        }
        texts
    });
    rows.collect()
}

async fn a_spreadsheet_has_texts_local_times_and_the_name_of_the_competition(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let input = CompetitionInput {
        title: "Frühlingslauf 東京".to_owned(),
        time_zone: "Europe/Copenhagen".to_owned(),
        ..app.competition_input(2, true)
    };
    let competitions = &app.services.competitions;
    let competition = competitions
        .create(Actor::from(&olga), input)
        .await
        .unwrap();
    let names = ["=1+1", "@SUM(A1)", "http://example.org"];
    for (number, name) in names.into_iter().enumerate() {
        let email = format!("p{number}@example.org");
        let account = insert_account(&app, (name, &email, None)).await;
        app.register_all(&[account], competition.id).await;
    }
    app.run_open_jobs().await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    let path = format!("/organize/{}/registrations", competition.id);
    let page = browser.get(&format!("{path}?status=WAITLISTED")).await;
    let link = format!("a[download][href='{path}.xlsx?status=WAITLISTED']");
    assert_eq!(page.find(&link).as_deref(), Some("Download XLSX"));

    let (headers, file) = download(&browser, &format!("{path}.xlsx?lang=de")).await;
    assert_eq!(headers["content-type"], XLSX);
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"registrations.xlsx\"; \
         filename*=UTF-8''registrations-Fr%C3%BChlingslauf%20%E6%9D%B1%E4%BA%AC.xlsx"
    );
    assert_eq!(headers["cache-control"], "no-store");
    let found = rows(&file);
    assert_eq!(
        &found[0][..5],
        [
            "Name",
            "E-Mail",
            "Status",
            "Warteliste",
            "Angemeldet (Europe/Copenhagen)"
        ]
    );
    let people: Vec<_> = found[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(people, names);
    // The clock of the tests begins at 9 o'clock UTC.
    assert!(found[1][4].starts_with("2030-01-01 10:0"), "{:?}", found[1]);
    assert_eq!(
        (found[1][2].as_str(), found[3][3].as_str()),
        ("Bestätigt", "1")
    );
    let sheet = part(&file, "xl/worksheets/sheet1.xml");
    assert!(
        !sheet.contains("<f>") && !sheet.contains("<f "),
        "a formula"
    );
    let cells = sheet.matches("<c ").count();
    assert_eq!(
        sheet.matches("t=\"inlineStr\"").count(),
        cells,
        "a cell is no text"
    );
    assert!(!sheet.contains("hyperlink"), "a link");

    // The API has it, too, and strangers have neither.
    let token = app.token(organizer(&competition)).await;
    let api = app.client().with_token(token);
    let list = format!("/api/v1/competitions/{}/registrations", competition.id);
    let (_, file) = download(&api, &format!("{list}?status=WAITLISTED")).await;
    assert_eq!(rows(&file).len(), 2);
    app.account("Bob", Role::Participant).await;
    let stranger = app.client();
    stranger.log_in("bob@example.test").await;
    let refused = stranger.browse(&format!("{path}.xlsx")).await;
    assert_eq!(refused.status, 403);
    let anonymous = app.client().browse(&format!("{path}.xlsx")).await;
    assert!(anonymous.url.contains("/login?next="), "{}", anonymous.url);
}

async fn a_spreadsheet_is_a_consistent_snapshot_of_what_the_filter_selects(app: App) {
    let counts = StatusCounts {
        seated: 2_500,
        waitlisted: 1_500,
        cancelled: 100,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let mut before: Vec<_> = registration_rows(&app, competition.id)
        .await
        .into_iter()
        .map(|row| row.id.to_string())
        .collect();
    before.sort();
    let registrations = &app.services.registrations;
    let writing = registrations.spreadsheet(
        organizer(&competition),
        competition.id,
        RegistrationFilter::default(),
    );
    let (sheet, ()) = tokio::join!(writing, change_registrations(&app, competition.id));
    let mut sheet = sheet.unwrap();
    let mut file = Vec::new();
    sheet.file.read_to_end(&mut file).unwrap();
    assert_eq!(file.len() as u64, sheet.length);
    let found = rows(&file);
    let id = found[0].iter().position(|name| name == "registrationId");
    let mut ids: Vec<_> = found[1..]
        .iter()
        .map(|row| row[id.unwrap()].clone())
        .collect();
    ids.sort();
    // Whoever registered after the beginning may be in it or not; everybody else is, once.
    let new = ids.iter().filter(|id| before.binary_search(id).is_err());
    assert!(new.count() < before.len() / 10);
    ids.retain(|id| before.binary_search(id).is_ok());
    assert_eq!(ids, before);
}
