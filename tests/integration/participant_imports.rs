//! Organizers import lists of participants.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, RegistrationStatus, Role},
    store::entity::{registration, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use crate::{
    harness::{App, Client, RawConnection, Reply},
    on_both_backends,
};

on_both_backends!(
    a_list_is_shown_line_by_line_before_anybody_is_added,
    people_are_added_once_and_never_beyond_the_capacity,
    a_list_that_cannot_be_read_is_refused_with_the_line,
    a_list_that_was_pasted_is_kept_when_it_is_refused,
    a_column_puts_people_into_divisions,
    our_own_csv_gives_everybody_their_name,
    a_list_of_fifty_megabytes_is_refused_early,
);

/// Creates an organizer with a competition, and logs the organizer in.
async fn organizer(app: &App, capacity: i64) -> (Client, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, capacity, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, competition)
}

/// Submits a file to be read, and returns the page that follows.
async fn read(browser: &Client, competition: &CompetitionView, file: &[u8]) -> Reply {
    read_both(browser, competition, b"", file).await
}

/// Sends lines that were pasted, and a file.
async fn read_both(
    browser: &Client,
    competition: &CompetitionView,
    people: &[u8],
    file: &[u8],
) -> Reply {
    let page = browser
        .get(&format!("/organize/{}/import", competition.id))
        .await;
    assert!(page.find("[data-testid=import-form]").is_some());
    let part = |name: &str| format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"");
    let mut body = format!("{}\r\n\r\n{}\r\n", part("competitionId"), competition.id);
    body += &format!("{}\r\n\r\n", part("people"));
    let part_of_file = format!("\r\n{}; filename=\"list.csv\"\r\n\r\n", part("file"));
    let end = b"\r\n--line--\r\n";
    let body = [body.as_bytes(), people, part_of_file.as_bytes(), file, end].concat();
    let request = browser
        .request(Method::POST, "/act/read-import-of-competition")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .header("content-type", "multipart/form-data; boundary=line")
        .body(body);
    browser.send(request).await
}

async fn registrations(app: &App) -> u64 {
    let database = app.database().read();
    registration::Entity::find().count(database).await.unwrap()
}

async fn a_list_is_shown_line_by_line_before_anybody_is_added(app: App) {
    let (browser, competition) = organizer(&app, 10).await;
    let pat = app.account("Pat", Role::Participant).await;
    app.register_all(&[Actor::from(&pat)], competition.id).await;
    let accounts = async || {
        let database = app.database().read();
        user::Entity::find().count(database).await.unwrap()
    };
    let before = accounts().await;
    let list = format!(
        "Name;E-mail\r\nAnna Ek;anna@example.org\r\nBo;bo at example.org\r\nPat;{}\r\nAnna;ANNA@example.org\r\n",
        pat.email.to_uppercase()
    );
    let page = read(&browser, &competition, list.as_bytes()).await;
    assert!(page.text.contains("Add 1 person?"), "{}", page.text);
    assert!(page.text.contains("1 person is registered already."));
    let wrong = page.find("[data-testid=wrong-lines]").unwrap();
    for words in ["3", "Bo", "5", "The same address is in line 2."] {
        assert!(wrong.contains(words), "{words} in {wrong}");
    }
    assert_eq!((registrations(&app).await, accounts().await), (1, before));

    let form = page.form("[data-testid=import-preview]");
    let page = browser.submit(&form).await;
    assert!(page.text.contains("1 person has a seat."), "{}", page.text);
    assert_eq!(
        (registrations(&app).await, accounts().await),
        (2, before + 1)
    );
}

async fn people_are_added_once_and_never_beyond_the_capacity(app: App) {
    let (browser, competition) = organizer(&app, 30).await;
    let list: String = (0..50)
        .map(|number| format!("p{number}@example.org,Person {number}\n"))
        .collect();
    let page = read(&browser, &competition, list.as_bytes()).await;
    let form = page.form("[data-testid=import-preview]");
    let (first, second) = tokio::join!(browser.submit(&form), browser.submit(&form));
    for page in [first, second] {
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.url.ends_with("/registrations"), "{}", page.url);
    }
    assert_eq!(app.assert_seat_invariant().await, 30);
    assert_eq!(registrations(&app).await, 50);
    let database = app.database().read();
    let rows = registration::Entity::find().all(database).await.unwrap();
    let waiting = rows
        .iter()
        .filter(|row| row.status == RegistrationStatus::Waitlisted);
    assert_eq!(waiting.count(), 20);
}

async fn a_list_that_cannot_be_read_is_refused_with_the_line(app: App) {
    let (browser, competition) = organizer(&app, 5).await;
    let long: String = (0..2_001)
        .map(|number| format!("p{number}@example.org,P\n"))
        .collect();
    let large = vec![b'x'; 200_000];
    let wide = format!("{}\n", "z".repeat(2_000)).repeat(300);
    for (list, words) in [
        (
            &b"anna@example.org,Anna\nbo@example.org,B\xf8\n"[..],
            "Line 2 is not in UTF-8",
        ),
        (b"Name,E-mail\n", "There is no line with an e-mail address."),
        (b"", "There is no line with an e-mail address."),
        (long.as_bytes(), "more than 2,000 lines"),
        (&large, "Line 1 is too long for one person."),
        (wide.as_bytes(), "larger than 512 KiB"),
    ] {
        let page = read(&browser, &competition, list).await;
        assert_eq!(page.status, 200);
        let error = page.find("#people-error").unwrap_or_default();
        assert!(error.contains(words), "{words} in {error}");
    }
    assert_eq!(registrations(&app).await, 0);
}

async fn a_list_that_was_pasted_is_kept_when_it_is_refused(app: App) {
    let (browser, competition) = organizer(&app, 5).await;
    let pasted = |page: &Reply| {
        let form = page.form("[data-testid=import-form]");
        form.value("people").unwrap_or_default().to_owned()
    };
    let page = read_both(&browser, &competition, b"Anna, no address", b"").await;
    assert!(page.find("#people-error").is_some(), "{}", page.text);
    assert_eq!(pasted(&page), "Anna, no address");
    let long = format!("{}\n", "z".repeat(2_000)).repeat(300);
    let page = read_both(&browser, &competition, long.as_bytes(), b"").await;
    assert!(page.text.contains("Paste it again"), "{}", page.text);
    assert_eq!(pasted(&page), "");
}

async fn our_own_csv_gives_everybody_their_name(app: App) {
    let (browser, old) = organizer(&app, 10).await;
    let actors = app.participants(4).await;
    let names = ["Räder & Co", "=1+1", "Ek, Anna", "Gone"];
    for (actor, name) in actors.iter().zip(names) {
        user::Entity::update_many()
            .col_expr(user::Column::Name, Expr::value(name))
            .filter(user::Column::Id.eq(actor.id))
            .exec(app.database().write())
            .await
            .unwrap();
    }
    app.register_all(&actors, old.id).await;
    let registrations = &app.services.registrations;
    let gone = registrations
        .live(actors[3], old.id)
        .await
        .unwrap()
        .unwrap();
    registrations
        .cancel(actors[3], gone.registration_id)
        .await
        .unwrap();
    let exported = browser
        .get(&format!("/organize/{}/registrations.csv", old.id))
        .await;
    assert_eq!(exported.status, 200, "{}", exported.text);
    let olga = Actor::new(old.organizer_id, Role::Organizer);
    let input = app.competition_input(10, true);
    let next = app.services.competitions.create(olga, input).await.unwrap();
    let page = read(&browser, &next, exported.text.as_bytes()).await;
    assert!(page.text.contains("Add 3 people?"), "{}", page.text);
    let shown = page.find("[data-testid=people-to-add]").unwrap();
    for words in ["Räder & Co", "=1+1", "Ek, Anna"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let first = registrations.live(actors[0], old.id).await.unwrap();
    let id = first.unwrap().registration_id.to_string();
    assert!(!shown.contains(&id), "{shown}");
    let wrong = page.find("[data-testid=wrong-lines]").unwrap();
    assert!(wrong.contains("This registration is cancelled."), "{wrong}");
    let page = browser
        .submit(&page.form("[data-testid=import-preview]"))
        .await;
    assert!(page.text.contains("3 people have seats."), "{}", page.text);
    let live = registrations.live(actors[2], next.id).await.unwrap();
    assert!(live.is_some(), "the same account");
}

async fn a_list_of_fifty_megabytes_is_refused_early(app: App) {
    let (browser, competition) = organizer(&app, 5).await;
    let page = read(&browser, &competition, &vec![b'x'; 50_000_000]).await;
    assert_eq!(page.status, 413);
    assert_eq!(page.find("h1").as_deref(), Some("That is too long"));
    // Without its length in advance, too.
    let mut connection = RawConnection::connect(app.address).await;
    connection
        .send(format!(
            "POST /act/read-import-of-competition HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\n\
             content-type: multipart/form-data; boundary=line\r\ntransfer-encoding: chunked\r\n\r\n",
            app.address
        ))
        .await;
    let head = "--line\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n";
    connection
        .send(format!("{:x}\r\n{head}\r\n", head.len()))
        .await;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..40 {
        connection.send(&chunk).await;
    }
    let (response, body) = connection.read_response().await;
    assert_ne!(response.status, 200, "{body}");
    assert_eq!(
        response.header("connection"),
        Some("close"),
        "the rest is not read"
    );
    assert_eq!(registrations(&app).await, 0);
    let wrong = browser.request(Method::POST, "/act/read-import-of-competition");
    let wrong = wrong
        .header("sec-fetch-site", "same-origin")
        .body("people=x");
    assert_eq!(browser.send(wrong).await.status, 400);
}

async fn a_column_puts_people_into_divisions(app: App) {
    let (browser, competition) = organizer(&app, 10).await;
    let path = format!("/api/v1/competitions/{}/divisions", competition.id);
    let token = app
        .token(Actor::new(competition.organizer_id, Role::Organizer))
        .await;
    let api = app.client().with_token(token);
    for (name, capacity) in [("5 km", 1), ("Läufer", 9)] {
        let division = serde_json::json!({ "name": name, "capacity": capacity });
        let added = api.post_json(&path, &division).await;
        assert_eq!(added.status, 201, "{}", added.text);
    }
    let page = browser
        .get(&format!("/organize/{}/import", competition.id))
        .await;
    let hint = page.find("[data-testid=division-hint]").unwrap();
    assert!(hint.contains("“Division”"), "{hint}");
    let list = "Kategorie;Name;E-Mail\r\n5 KM;Anna;anna@example.org\r\nlaufer;Bo;bo@example.org\r\n\
                10 km;Cy;cy@example.org\r\n;Di;di@example.org\r\n5 km;Eva;eva@example.org\r\n";
    let page = read(&browser, &competition, list.as_bytes()).await;
    assert!(page.text.contains("Add 3 people?"), "{}", page.text);
    let wrong = page.find("[data-testid=wrong-lines]").unwrap();
    for words in ["Cy", "no such division", "Di", "Choose a division."] {
        assert!(wrong.contains(words), "{words} in {wrong}");
    }
    let form = page.form("[data-testid=import-preview]");
    let page = browser.submit(&form).await;
    assert!(page.text.contains("2 people have seats."), "{}", page.text);
    assert!(page.text.contains("1 person is on the waitlist."));
    let divisions = api.get(&path).await.json();
    let counts: Vec<_> = divisions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["taken"].as_u64().unwrap(),
                it["waitlisted"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(counts, [(1, 1), (1, 0)]);
    // The page of a participant says in which division.
    let list = browser
        .get(&format!(
            "/organize/{}/registrations?search=bo",
            competition.id
        ))
        .await;
    let row = list.find("tbody th").unwrap();
    assert!(row.contains("Läufer"), "{row}");
    let link = list.text.split("/registrations/").nth(1).unwrap();
    let id = link.split('"').next().unwrap();
    let person = browser
        .get(&format!("/organize/{}/registrations/{id}", competition.id))
        .await;
    let facts = person.find("dl.facts").unwrap();
    assert!(
        facts.contains("Division") && facts.contains("Läufer"),
        "{facts}"
    );
    assert!(person.text.contains("Cancel registration…"), "one of them");
    assert!(!person.text.contains("Cancel registrations…"));
}
