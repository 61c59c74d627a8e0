//! Pictures that organizers upload: who may, what is accepted, what is served, and what becomes of the files.

mod bucket;

use std::{io::Cursor, path::PathBuf};

use image::{ImageFormat, RgbImage};
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role},
};
use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::{
    harness::{App, Client, RawConnection, Reply, draft_of},
    on_both_backends,
};

on_both_backends!(
    an_uploaded_picture_is_served_in_several_widths_and_kept_for_a_year,
    a_page_with_a_picture_shows_it_in_all_widths_and_describes_it,
    only_those_who_manage_a_competition_change_its_picture,
    files_that_are_no_usable_picture_are_refused_with_a_sentence,
    a_picture_of_more_than_ten_megabytes_is_refused,
    the_files_of_a_replaced_picture_are_deleted_by_a_job,
    the_files_of_a_deleted_competition_are_deleted_by_a_job,
    the_picture_of_a_draft_is_for_its_organizer_alone,
    an_organizer_uploads_and_removes_a_picture_on_the_page,
    a_refused_picture_is_explained_in_the_language_of_the_page,
    a_form_without_parts_is_no_error_of_the_server,
    a_new_picture_is_an_edit_that_open_pages_learn_of,
);

/// Returns a picture of one colour as a file.
fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_pixel(width, height, image::Rgb([20, 120, 200]));
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn path(competition: &CompetitionView) -> String {
    format!("/api/v1/competitions/{}/picture", competition.id)
}

async fn upload(client: &Client, to: &str, file: Vec<u8>) -> Reply {
    let request = client.request(Method::PUT, to).body(file);
    client
        .send(request.header(header::CONTENT_TYPE, "image/png"))
        .await
}

/// Returns a client with the token of the competition's organizer.
async fn organizer_of(app: &App, competition: &CompetitionView) -> Client {
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    app.client().with_token(app.token(actor).await)
}

/// Returns the files in the storage of pictures.
fn stored(app: &App) -> Vec<PathBuf> {
    fn collect(folder: &std::path::Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => collect(&entry.path(), into),
                false => into.push(entry.path()),
            }
        }
    }
    let url: url::Url = app.storage.storage_url.parse().unwrap();
    let mut files = Vec::new();
    collect(&url.to_file_path().unwrap(), &mut files);
    files
}

/// Uploads a picture, and returns its address.
async fn uploaded(client: &Client, competition: &CompetitionView) -> String {
    let picture = file(900, 700, ImageFormat::Jpeg);
    let reply = upload(client, &path(competition), picture).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()["url"].as_str().unwrap().to_owned()
}

async fn an_uploaded_picture_is_served_in_several_widths_and_kept_for_a_year(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    let anonymous = app.client();
    let api = format!("/api/v1/competitions/{}", competition.id);
    let before: Value = anonymous.get(&api).await.json();
    assert!(
        before["pictureUrl"]
            .as_str()
            .unwrap()
            .contains("/cover.svg?v=")
    );
    let jpeg = file(900, 700, ImageFormat::Jpeg);
    let reply = upload(&organizer, &path(&competition), jpeg).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let view = reply.json();
    assert_eq!(
        (&view["width"], &view["height"]),
        (&900.into(), &473.into())
    );
    let address = view["url"].as_str().unwrap();
    let after = anonymous.get(&api).await;
    assert_eq!(after.json()["pictureUrl"], address);
    for (wanted, width) in [
        ("300", 400),
        ("400", 400),
        ("401", 800),
        ("900", 900),
        ("9000", 900),
    ] {
        let wide = address.replace("&w=900", &format!("&w={wanted}"));
        let response = anonymous.request(Method::GET, &wide).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{wide}");
        assert_eq!(response.headers()["content-type"], "image/jpeg");
        assert_eq!(
            response.headers()["cache-control"],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'; sandbox"),
            "{policy}"
        );
        let etag = response.headers()["etag"].clone();
        let bytes = response.bytes().await.unwrap();
        let shown = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!(shown.width(), width, "{wide}");
        let again = anonymous
            .request(Method::GET, &wide)
            .header(header::IF_NONE_MATCH, etag);
        assert_eq!(anonymous.send(again).await.status, StatusCode::NOT_MODIFIED);
    }
    let unversioned = anonymous.get(&format!("{api}/picture.jpg")).await;
    assert_eq!(
        unversioned.header("cache-control"),
        Some("public, no-cache")
    );
    let wrong = anonymous.get(&format!("{api}/picture.jpg?w=wide")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn a_page_with_a_picture_shows_it_in_all_widths_and_describes_it(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    let to = format!("{}?alt=%20Runners%20%3Cb%3E&focus=TOP", path(&competition));
    let reply = upload(&organizer, &to, file(1300, 900, ImageFormat::WebP)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let page = app
        .client()
        .get(&format!("/competitions/{}", competition.id))
        .await;
    let document = scraper::Html::parse_document(&page.text);
    let attribute = |selector: &str, name: &str| {
        let selector = scraper::Selector::parse(selector).unwrap();
        let element = document.select(&selector).next().unwrap();
        element.attr(name).unwrap_or_default().to_owned()
    };
    let cover = ".competition-cover";
    assert_eq!(attribute(cover, "alt"), "Runners <b>");
    assert_eq!(attribute(cover, "data-focus"), "TOP");
    let widths = attribute(cover, "srcset");
    for width in ["400w", "800w", "1200w", "1300w"] {
        assert!(widths.contains(width), "{widths}");
    }
    let shared = attribute("meta[property='og:image']", "content");
    assert!(
        shared.starts_with("http") && shared.ends_with("&w=1200"),
        "{shared}"
    );
    assert_eq!(
        attribute("meta[property='og:image:height']", "content"),
        "630"
    );
    let list = app.client().get("/competitions").await;
    assert!(list.text.contains("/picture.jpg?v="), "{}", list.text);
}

async fn only_those_who_manage_a_competition_change_its_picture(app: App) {
    let competition = app.competition(5, false).await;
    let picture = || file(600, 315, ImageFormat::Png);
    let other = app.account("Otto", Role::Organizer).await;
    let participant = app.account("Paula", Role::Participant).await;
    let to = path(&competition);
    assert_eq!(upload(&app.client(), &to, picture()).await.status, 401);
    for account in [other, participant] {
        let client = app
            .client()
            .with_token(app.token(Actor::from(&account)).await);
        assert_eq!(upload(&client, &to, picture()).await.status, 403);
        let removal = client.request(Method::DELETE, &to);
        assert_eq!(client.send(removal).await.status, 403);
    }
    // Nobody else sends megabytes: the answer comes before the file.
    let stranger = app.account("Oskar", Role::Organizer).await;
    let token = app.token(Actor::from(&stranger)).await;
    let mut connection = RawConnection::connect(app.address).await;
    let head = format!(
        "PUT {to} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\ncontent-type: image/png\r\ncontent-length: 9000000\r\n\r\n",
        app.address
    );
    connection.send(head).await;
    assert_eq!(connection.read_head().await.status, 403);

    let admin = app.account("Ada", Role::Admin).await;
    let admin = app
        .client()
        .with_token(app.token(Actor::from(&admin)).await);
    assert_eq!(upload(&admin, &to, picture()).await.status, 200);
    let missing = "/api/v1/competitions/0192f0c1-7a4b-7c3d-8e5f-0123456789ab/picture";
    assert_eq!(upload(&admin, missing, picture()).await.status, 404);
    for _ in 0..2 {
        let removal = admin.request(Method::DELETE, &to);
        assert_eq!(admin.send(removal).await.status, 204);
    }
    assert_eq!(app.client().get(&format!("{to}.jpg")).await.status, 404);
}

async fn files_that_are_no_usable_picture_are_refused_with_a_sentence(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let mut bomb = file(600, 315, ImageFormat::Png);
    bomb[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let broken = file(600, 315, ImageFormat::Png)[..100].to_vec();
    for (file, status, words) in [
        (svg.to_vec(), 415, "no JPEG, PNG or WebP"),
        (b"GIF89a".to_vec(), 415, "no JPEG, PNG or WebP"),
        (Vec::new(), 415, "no JPEG, PNG or WebP"),
        (bomb, 422, "too many pixels"),
        (broken, 422, "could not be read"),
        (file(599, 315, ImageFormat::Png), 422, "too small"),
        (file(900, 200, ImageFormat::Png), 422, "too small"),
    ] {
        let reply = upload(&organizer, &path(&competition), file).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        assert!(reply.text.contains(words), "{}", reply.text);
    }
    for query in [
        "focus=MIDDLE".to_owned(),
        format!("alt={}", "x".repeat(251)),
    ] {
        let to = format!("{}?{query}", path(&competition));
        let reply = upload(&organizer, &to, file(600, 315, ImageFormat::Png)).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
    }
    assert_eq!(stored(&app), Vec::<PathBuf>::new());
}

async fn a_picture_of_more_than_ten_megabytes_is_refused(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    let mut large = file(600, 315, ImageFormat::Png);
    large.resize(10 << 20, 0);
    let accepted = upload(&organizer, &path(&competition), large.clone()).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text);
    large.push(0);
    let refused = upload(&organizer, &path(&competition), large).await;
    assert_eq!(refused.status, 413, "{}", refused.text);
    // Other requests are bounded as before.
    let request = organizer
        .request(Method::PATCH, "/api/v1/me")
        .body(vec![b' '; 1 << 20]);
    let json = request.header(header::CONTENT_TYPE, "application/json");
    assert_eq!(organizer.send(json).await.status, 413);
}

async fn the_files_of_a_replaced_picture_are_deleted_by_a_job(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    let first = uploaded(&organizer, &competition).await;
    let before = stored(&app);
    assert_eq!(before.len(), 3);
    let second = uploaded(&organizer, &competition).await;
    assert_ne!(first, second);
    assert_eq!(stored(&app).len(), 6);
    app.run_ready_jobs().await;
    let after = stored(&app);
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|file| !before.contains(file)));
    assert_eq!(app.client().get(&second).await.status, 200);
    // The address of the first shows what there is now, and is not kept.
    let outdated = app.client().get(&first).await;
    assert_eq!(outdated.header("cache-control"), Some("public, no-cache"));
}

async fn the_files_of_a_deleted_competition_are_deleted_by_a_job(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    uploaded(&organizer, &competition).await;
    let deletion = format!("/api/v1/competitions/{}", competition.id);
    let deletion = organizer.request(Method::DELETE, &deletion);
    assert_eq!(organizer.send(deletion).await.status, 204);
    app.run_ready_jobs().await;
    assert_eq!(stored(&app), Vec::<PathBuf>::new());
}

async fn the_picture_of_a_draft_is_for_its_organizer_alone(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let draft = draft_of(&app, &account).await;
    let organizer = organizer_of(&app, &draft).await;
    let address = uploaded(&organizer, &draft).await;
    let mine = organizer.get(&address).await;
    assert_eq!(mine.status, 200);
    assert_eq!(mine.header("cache-control"), Some("private, no-cache"));
    assert_eq!(app.client().get(&address).await.status, 404);
}

/// Sends the form for a picture in parts, as browsers do.
async fn submit(client: &Client, fields: &[(&str, &str)], file: &[u8]) -> Reply {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!(
            "--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(part.into_bytes());
    }
    body.extend(b"--limit\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"../p.svg\"\r\nContent-Type: image/svg+xml\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--limit--\r\n");
    let request = client
        .request(Method::POST, "/act/upload-picture")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limit")
        .body(body);
    client.send(request).await
}

async fn an_organizer_uploads_and_removes_a_picture_on_the_page(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&account, 5, false).await;
    let client = app.client();
    client.log_in(&account.email).await;
    let id = competition.id.to_string();
    let page = format!("/organize/{id}/picture");
    let form = client
        .get(&page)
        .await
        .form("form[data-testid=picture-form]");
    assert_eq!(form.value("focus"), Some("CENTER"));
    let fields = [
        ("competitionId", &*id),
        ("alt", "A bridge"),
        ("focus", "LEFT"),
    ];
    let refused = submit(&client, &fields, b"<svg/>").await;
    let error = refused.find("#picture-error").unwrap();
    assert!(error.contains("no JPEG"), "{error}");
    let kept = refused.form("form[data-testid=picture-form]");
    assert_eq!(
        (kept.value("alt"), kept.value("focus")),
        (Some("A bridge"), Some("LEFT"))
    );
    let empty = submit(&client, &fields, b"").await;
    assert_eq!(
        empty.find("#picture-error").as_deref(),
        Some("Choose a file first.")
    );
    let saved = submit(&client, &fields, &file(700, 400, ImageFormat::Png)).await;
    assert_eq!(
        saved.find("[role=status]").as_deref(),
        Some("Your picture is in place.")
    );
    assert!(saved.text.contains("/picture.jpg?v="));
    let removed = client
        .submit(&saved.form("form[action='/act/remove-picture']"))
        .await;
    assert!(!removed.text.contains("/picture.jpg"), "{}", removed.text);
    let anonymous = submit(&app.client(), &fields, b"x").await;
    assert!(anonymous.url.contains("/login"), "{}", anonymous.url);
}

async fn a_refused_picture_is_explained_in_the_language_of_the_page(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&account, 5, false).await;
    let client = app.client();
    client.log_in(&account.email).await;
    let id = competition.id.to_string();
    let fields = [("competitionId", &*id), ("alt", ""), ("focus", "CENTER")];
    let small = file(500, 400, ImageFormat::Png);
    for (language, unknown, too_small) in [
        ("de", "kein Bild im Format", "zu klein"),
        ("es", "no es una imagen", "demasiado pequeña"),
        ("fr", "pas une image", "trop petite"),
        ("ja", "画像ではありません", "小さすぎます"),
        ("ar", "ليس صورة", "صغيرة جدًا"),
    ] {
        client.get(&format!("/?lang={language}")).await;
        for (file, words) in [(&b"<svg/>"[..], unknown), (&small, too_small)] {
            let refused = submit(&client, &fields, file).await;
            let error = refused.find("#picture-error").unwrap();
            assert!(error.contains(words), "{language}: {error}");
        }
    }
}

async fn a_form_without_parts_is_no_error_of_the_server(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let client = app.client();
    client.log_in(&account.email).await;
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
        "text/plain",
    ] {
        let request = client
            .request(Method::POST, "/act/upload-picture")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, content_type)
            .body("--limit--");
        let reply = client.send(request).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{content_type}");
    }
    let broken = client
        .request(Method::POST, "/act/upload-picture")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limit")
        .body("--limit\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\nbroken");
    assert_eq!(client.send(broken).await.status, StatusCode::BAD_REQUEST);
}

async fn a_new_picture_is_an_edit_that_open_pages_learn_of(app: App) {
    let competition = app.competition(5, false).await;
    let organizer = organizer_of(&app, &competition).await;
    let watched = app.services.competitions.watch(competition.id, None).await;
    let mut seats = watched.unwrap().seats;
    let before = seats.borrow_and_update().revision;
    let api = format!("/api/v1/competitions/{}", competition.id);
    let etag = app
        .client()
        .get(&api)
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    uploaded(&organizer, &competition).await;
    let learned = seats.wait_for(|live| live.revision > before);
    let learned = tokio::time::timeout(std::time::Duration::from_secs(10), learned).await;
    assert!(learned.is_ok(), "the update arrives");
    let after = app.client().get(&api).await;
    assert_ne!(after.header("etag"), Some(&*etag));
    let participant = app.participants(1).await[0];
    let participant = app.client().with_token(app.token(participant).await);
    let registered = participant.register(competition.id, "key").await;
    assert_eq!(registered.status, 201, "{}", registered.text);
}
