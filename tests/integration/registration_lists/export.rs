//! Exports of registrations: consistent while registrations change, limited in number, and readable as CSV.

use std::{collections::HashSet, time::Duration};

use mini_compete::{
    domain::{Actor, Error},
    model::{CompetitionId, DomainError, Role, forms::RegistrationFilter},
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    StatusCounts, assert_complete, change_registrations, insert_full_competition, organizer,
    read_remaining, registration_rows, start_export,
};
use crate::{
    harness::{App, Backend, Client, spawn_app, wait_until},
    on_both_backends,
};

on_both_backends!(
    an_export_is_a_consistent_snapshot_while_registrations_change,
    an_export_contains_every_earlier_registration_once_while_others_change,
    a_filtered_export_has_correct_waitlist_positions,
    concurrent_exports_are_limited_and_an_unread_export_ends,
    an_export_is_a_csv_file_for_spreadsheets,
);

async fn an_export_is_a_consistent_snapshot_while_registrations_change(app: App) {
    let counts = StatusCounts {
        seated: 4_500,
        waitlisted: 3_500,
        cancelled: 2_100,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let before: HashSet<_> = registration_rows(&app, competition.id)
        .await
        .into_iter()
        .map(|row| (row.id, row.status))
        .collect();
    let mut list = start_export(&app, &competition, RegistrationFilter::default()).await;
    let mut rows = list.next().await.unwrap().unwrap();
    change_registrations(&app, competition.id).await;
    rows.extend(list.next().await.unwrap().unwrap());
    change_registrations(&app, competition.id).await;
    rows.extend(read_remaining(&mut list).await);
    assert_complete(&rows, counts);
    let read: HashSet<_> = rows
        .iter()
        .map(|row| (row.registration_id, row.status))
        .collect();
    assert_eq!(read, before);
    app.assert_seat_invariant().await;
}

/// Downloads an export as an API client.
async fn download(
    client: &Client,
    competition: CompetitionId,
    query: &str,
) -> Vec<csv::StringRecord> {
    let path = format!("/api/v1/competitions/{competition}/registrations{query}");
    let request = client
        .request(reqwest::Method::GET, &path)
        .header("accept", "text/csv");
    let reply = client.send(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = reply
        .text
        .strip_prefix('\u{feff}')
        .expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().unwrap()
}

async fn an_export_contains_every_earlier_registration_once_while_others_change(app: App) {
    let counts = StatusCounts {
        seated: 3_000,
        waitlisted: 3_000,
        cancelled: 500,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);
    for round in 0..3 {
        let before: HashSet<_> = registration_rows(&app, competition.id)
            .await
            .into_iter()
            .map(|row| row.id.to_string())
            .collect();
        let (file, ()) = tokio::join!(
            download(&client, competition.id, ""),
            change_registrations(&app, competition.id)
        );
        let mut seen = HashSet::new();
        for row in &file {
            assert!(
                seen.insert(row[0].to_owned()),
                "round {round}: {row:?} twice"
            );
        }
        let missing: Vec<_> = before.difference(&seen).collect();
        assert!(missing.is_empty(), "round {round}: {missing:?} are missing");
        let positions: Vec<_> = file
            .iter()
            .map(|row| &row[5])
            .filter(|p| !p.is_empty())
            .collect();
        let expected: Vec<_> = (1..=positions.len())
            .map(|position| position.to_string())
            .collect();
        assert_eq!(positions, expected);
    }
}

async fn a_filtered_export_has_correct_waitlist_positions(app: App) {
    let counts = StatusCounts {
        seated: 1_100,
        waitlisted: 2_300,
        cancelled: 50,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);
    let waitlist = download(&client, competition.id, "?status=WAITLISTED").await;
    let all: Vec<_> = waitlist
        .iter()
        .map(|row| row[5].parse::<i32>().unwrap())
        .collect();
    assert_eq!(all, (1..=2_300).collect::<Vec<i32>>());
    let named = download(&client, competition.id, "?search=person%20999").await;
    let all = download(&client, competition.id, "").await;
    let matches = |row: &csv::StringRecord| {
        let words = format!("{} {}", row[2].to_lowercase(), &row[3]);
        let holds = |begin| {
            let mut words = words.split(|c: char| !c.is_alphanumeric());
            words.any(|word| word.starts_with(begin))
        };
        holds("person") && holds("999")
    };
    let expected: Vec<_> = all.into_iter().filter(matches).collect();
    assert!((1..100).contains(&expected.len()));
    assert_eq!(named, expected);
    let pending = download(&client, competition.id, "?status=PENDING").await;
    assert_eq!(pending.len(), 550);
}

async fn concurrent_exports_are_limited_and_an_unread_export_ends(app: App) {
    // More registrations than the pages that an export reads in advance.
    let counts = StatusCounts {
        seated: 8_000,
        waitlisted: 0,
        cancelled: 0,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let all = RegistrationFilter::default;
    let mut lists = Vec::new();
    for _ in 0..3 {
        lists.push(start_export(&app, &competition, all()).await);
    }
    let registrations = &app.services.registrations;
    let fourth = registrations.export(organizer(&competition), competition.id, all());
    let refused = fourth.await.map(|_| ());
    assert!(
        matches!(refused, Err(Error::Domain(DomainError::Overloaded { .. }))),
        "{refused:?}"
    );
    // A dropped export ends at once.
    drop(lists.pop());
    lists.push(start_export(&app, &competition, all()).await);
    // Unread exports end by themselves and free their connections.
    wait_until("another export can start", || async {
        let next = registrations.export(organizer(&competition), competition.id, all());
        match next.await {
            Ok(mut list) => {
                assert_eq!(read_remaining(&mut list).await.len(), 8_000);
                true
            }
            Err(_) => false,
        }
    })
    .await;
    // Reading on shows that the export is incomplete.
    let mut incomplete = false;
    for list in &mut lists {
        while let Some(page) = list.next().await {
            if page.is_err() {
                incomplete = true;
                break;
            }
        }
    }
    assert!(incomplete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_download_does_not_keep_its_snapshot_open() {
    let app = spawn_app(Backend::Postgres).await;
    let counts = StatusCounts {
        seated: 100_000,
        waitlisted: 0,
        cancelled: 0,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let token = app.token(organizer(&competition)).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let mut stalled = socket.connect(app.address).await.unwrap();
    let request = format!(
        "GET /api/v1/competitions/{}/registrations HTTP/1.1\r\nHost: {}\r\n\
         Connection: close\r\nAccept: text/csv\r\nAuthorization: Bearer {token}\r\n\r\n",
        competition.id, app.address
    );
    stalled.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 512];
    stalled.read_exact(&mut head).await.unwrap();
    assert!(
        head.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    let open_transactions = async || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND xact_start IS NOT NULL AND pid <> pg_backend_pid()";
        let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
        let row = app.database.read().query_one_raw(statement).await.unwrap();
        row.unwrap().try_get_by_index::<i64>(0).unwrap()
    };
    wait_until("the export has a snapshot", || async {
        open_transactions().await == 1
    })
    .await;
    wait_until("the snapshot is closed", || async {
        open_transactions().await == 0
    })
    .await;
    // The client can see that the export is incomplete.
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), stalled.read_to_end(&mut rest));
    // The connection may also be reset.
    let _result = end.await.expect("the end of the connection");
    assert!(!rest.ends_with(b"\r\n0\r\n\r\n"));
}

async fn an_export_is_a_csv_file_for_spreadsheets(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let mut input = app.competition_input(5, false);
    input.title = "Frühlingslauf 東京".to_owned();
    let competitions = &app.services.competitions;
    let competition = competitions
        .create(Actor::from(&olga), input)
        .await
        .unwrap();
    let participant = app.account("Ada;=1+1", Role::Participant).await;
    app.register_all(&[Actor::from(&participant)], competition.id)
        .await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    let file = browser
        .get(&format!("/organize/{}/registrations.csv", competition.id))
        .await;
    assert_eq!(file.status, 200);
    assert!(
        file.text.starts_with("\u{feff}registrationId,"),
        "{}",
        file.text
    );
    assert!(file.text.contains("Ada;'=1+1"), "{}", file.text);
    assert_eq!(
        file.header("content-disposition").unwrap(),
        "attachment; filename=\"registrations.csv\"; \
         filename*=UTF-8''registrations-Fr%C3%BChlingslauf%20%E6%9D%B1%E4%BA%AC.csv"
    );
    // Browsers ask for a compressed file, which has to arrive whole.
    let path = format!("/organize/{}/registrations.csv", competition.id);
    let request = browser.request(Method::GET, &path);
    let compressed = browser
        .send(request.header("accept-encoding", "gzip"))
        .await;
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    let stranger = app.client();
    app.account("Bob", Role::Participant).await;
    stranger.log_in("bob@example.test").await;
    let refused = stranger
        .browse(&format!("/organize/{}/registrations.csv", competition.id))
        .await;
    assert_eq!(refused.status, 403);
    assert!(refused.find(".site-header").is_some(), "a page of the site");
    let calendar = browser
        .get(&format!("/competitions/{}/calendar.ics", competition.id))
        .await;
    assert!(
        calendar.text.contains("\r\nPRODID:-//Mini Compete//"),
        "{}",
        calendar.text
    );
}
