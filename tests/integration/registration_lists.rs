//! Registrations as organizers read them: in pages, and as one export.

use std::{collections::HashSet, time::Duration};

use mini_compete::{
    domain::{Actor, Error, registration::Export},
    model::{
        CompetitionId, CompetitionView, DomainError, RegistrationId, RegistrationStatus,
        RegistrationView, Role,
        forms::{Paging, RegistrationFilter},
    },
    store::{
        bulk::{self, Cells},
        entity::{competition, registration},
    },
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, Statement,
    sea_query::Expr,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    both,
    harness::{App, Backend, Client, spawn_app, until},
};

both!(
    an_export_is_of_one_moment_whatever_changes_while_it_is_read,
    every_lasting_registration_is_in_the_export_once_while_others_change,
    a_filtered_export_has_the_right_waitlist_positions,
    paging_misses_and_repeats_no_registration_while_others_change,
    a_page_has_waitlist_positions,
    a_hundred_thousand_registrations_are_streamed_and_deep_pages_cost_no_more_than_first_ones,
    only_a_few_exports_are_read_at_a_time_and_an_unread_one_ends,
    an_export_is_csv_that_spreadsheets_read,
);

/// The numbers of seated, waitlisted and cancelled registrations.
#[derive(Debug, Clone, Copy)]
struct Crowd {
    seated: usize,
    queued: usize,
    cancelled: usize,
}

impl Crowd {
    fn all(self) -> usize {
        self.seated + self.queued + self.cancelled
    }
}

/// Inserts a full competition. Statuses alternate, so that no section is in the order of the rows.
async fn crowded(app: &App, crowd: Crowd) -> (CompetitionView, Vec<Actor>) {
    let competition = app
        .competition(i64::try_from(crowd.seated).unwrap(), true)
        .await;
    let people = app.people(crowd.all()).await;
    let mut left = [crowd.seated, crowd.queued, crowd.cancelled];
    let (mut statuses, mut seqs, mut seq) = (Vec::new(), Vec::new(), 0);
    while statuses.len() < people.len() {
        for (kind, left) in left.iter_mut().enumerate() {
            if *left == 0 {
                continue;
            }
            *left -= 1;
            let (status, queued) = match kind {
                0 if *left % 2 == 0 => (RegistrationStatus::Confirmed, None),
                0 => (RegistrationStatus::Pending, None),
                1 => {
                    seq += 1;
                    (RegistrationStatus::Waitlisted, Some(seq))
                }
                _ => (RegistrationStatus::Cancelled, None),
            };
            statuses.push(status.to_string());
            seqs.push(queued);
        }
    }
    let now = app.clock.now();
    let columns = vec![
        (
            "id",
            Cells::Uuid(people.iter().map(|_| RegistrationId::new().0).collect()),
        ),
        (
            "user_id",
            Cells::Uuid(people.iter().map(|p| p.id.0).collect()),
        ),
        (
            "competition_id",
            Cells::Uuid(vec![competition.id.0; people.len()]),
        ),
        ("status", Cells::Text(statuses)),
        ("waitlist_seq", Cells::MaybeBigInt(seqs)),
        ("registered_at", Cells::Moment(vec![now; people.len()])),
    ];
    let connection = app.database.write();
    bulk::insert(connection, "registrations", columns, "")
        .await
        .unwrap();
    competition::Entity::update_many()
        .col_expr(competition::Column::SeatsLeft, Expr::value(0))
        .col_expr(
            competition::Column::Waitlisted,
            Expr::value(i32::try_from(crowd.queued).unwrap()),
        )
        .col_expr(competition::Column::WaitlistSeq, Expr::value(seq))
        .filter(competition::Column::Id.eq(competition.id))
        .exec(connection)
        .await
        .unwrap();
    (competition, people)
}

fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
    }
}

async fn export(app: &App, competition: &CompetitionView, filter: RegistrationFilter) -> Export {
    let registrations = &app.services.registrations;
    let list = registrations.export(organizer(competition), competition.id, filter);
    list.await.unwrap()
}

async fn rest(list: &mut Export) -> Vec<RegistrationView> {
    let mut rows = Vec::new();
    while let Some(some) = list.next().await {
        rows.extend(some.unwrap());
    }
    rows
}

/// Asserts that every registration is there once, and that the waitlist has positions from 1, in order.
fn assert_complete(rows: &[RegistrationView], crowd: Crowd) {
    assert_eq!(rows.len(), crowd.all());
    let once: HashSet<_> = rows.iter().map(|row| row.registration_id).collect();
    assert_eq!(once.len(), rows.len(), "nobody twice");
    let places: Vec<_> = rows
        .iter()
        .filter_map(|row| row.waitlist_position)
        .collect();
    let expected: Vec<_> = (1..=u32::try_from(crowd.queued).unwrap()).collect();
    assert_eq!(places, expected);
    let seated = rows.iter().filter(|row| row.status.holds_seat()).count();
    assert_eq!(seated, crowd.seated);
}

async fn rows_of(app: &App, competition: CompetitionId) -> Vec<registration::Model> {
    registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .all(app.database.read())
        .await
        .unwrap()
}

/// Cancels every seventh live registration, and registers new participants.
async fn change_registrations(app: &App, competition: CompetitionId) {
    let rows = rows_of(app, competition).await;
    for row in rows.iter().filter(|row| row.status.is_live()).step_by(97) {
        let actor = Actor {
            id: row.user_id,
            role: Role::Participant,
            address: None,
        };
        app.services
            .registrations
            .cancel(actor, row.id)
            .await
            .unwrap();
    }
    let people = app.people(20).await;
    app.register_all(&people, competition).await;
}

async fn an_export_is_of_one_moment_whatever_changes_while_it_is_read(app: App) {
    let crowd = Crowd {
        seated: 4_500,
        queued: 3_500,
        cancelled: 2_100,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let before: HashSet<_> = rows_of(&app, competition.id)
        .await
        .into_iter()
        .map(|row| (row.id, row.status))
        .collect();
    let mut list = export(&app, &competition, RegistrationFilter::default()).await;
    let mut rows = list.next().await.unwrap().unwrap();
    change_registrations(&app, competition.id).await;
    rows.extend(list.next().await.unwrap().unwrap());
    change_registrations(&app, competition.id).await;
    rows.extend(rest(&mut list).await);
    assert_complete(&rows, crowd);
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

async fn every_lasting_registration_is_in_the_export_once_while_others_change(app: App) {
    let crowd = Crowd {
        seated: 3_000,
        queued: 3_000,
        cancelled: 500,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);
    for round in 0..3 {
        let there: HashSet<_> = rows_of(&app, competition.id)
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
        let dropped: Vec<_> = there.difference(&seen).collect();
        assert!(
            dropped.is_empty(),
            "round {round}: {dropped:?} are not there"
        );
        let places: Vec<_> = file
            .iter()
            .map(|row| &row[5])
            .filter(|p| !p.is_empty())
            .collect();
        let expected: Vec<_> = (1..=places.len()).map(|place| place.to_string()).collect();
        assert_eq!(places, expected);
    }
}

async fn a_filtered_export_has_the_right_waitlist_positions(app: App) {
    let crowd = Crowd {
        seated: 1_100,
        queued: 2_300,
        cancelled: 50,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);
    let queue = download(&client, competition.id, "?status=WAITLISTED").await;
    let all: Vec<_> = queue
        .iter()
        .map(|row| row[5].parse::<i32>().unwrap())
        .collect();
    assert_eq!(all, (1..=2_300).collect::<Vec<i32>>());
    let named = download(&client, competition.id, "?search=person%20999").await;
    let all = download(&client, competition.id, "").await;
    let matches = |row: &csv::StringRecord| {
        let holds = |word| row[2].to_lowercase().contains(word) || row[3].contains(word);
        holds("person") && holds("999")
    };
    let expected: Vec<_> = all.into_iter().filter(matches).collect();
    assert!((1..100).contains(&expected.len()));
    assert_eq!(named, expected);
    let pending = download(&client, competition.id, "?status=PENDING").await;
    assert_eq!(pending.len(), 550);
}

async fn page(
    app: &App,
    competition: &CompetitionView,
    number: u64,
    filter: &RegistrationFilter,
) -> Vec<RegistrationView> {
    let paging = Paging::new(Some(number), Some(100), 100);
    let registrations = &app.services.registrations;
    let page = registrations.of_competition(organizer(competition), competition.id, filter, paging);
    page.await.unwrap().items
}

async fn paging_misses_and_repeats_no_registration_while_others_change(app: App) {
    let crowd = Crowd {
        seated: 300,
        queued: 200,
        cancelled: 30,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let there: HashSet<_> = rows_of(&app, competition.id)
        .await
        .into_iter()
        .map(|row| row.id)
        .collect();
    let mut seen = Vec::new();
    for number in 1.. {
        let rows = page(&app, &competition, number, &RegistrationFilter::default()).await;
        if rows.is_empty() {
            break;
        }
        seen.extend(rows.into_iter().map(|row| row.registration_id));
        if number < 6 {
            change_registrations(&app, competition.id).await;
        }
    }
    let once: HashSet<_> = seen.iter().copied().collect();
    assert_eq!(once.len(), seen.len(), "nobody twice");
    assert!(once.is_superset(&there), "nobody dropped");
}

async fn a_page_has_waitlist_positions(app: App) {
    let crowd = Crowd {
        seated: 100,
        queued: 250,
        cancelled: 10,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let queued = RegistrationFilter {
        status: Some(RegistrationStatus::Waitlisted),
        search: None,
    };
    let places = |rows: &[RegistrationView]| -> Vec<u32> {
        rows.iter()
            .filter_map(|row| row.waitlist_position)
            .collect()
    };
    let second = page(&app, &competition, 2, &queued).await;
    assert_eq!(places(&second), (101..=200).collect::<Vec<_>>());
    // Among others, in the order of registration.
    let mut all = Vec::new();
    for number in 1..=4 {
        all.extend(page(&app, &competition, number, &RegistrationFilter::default()).await);
    }
    assert_eq!(places(&all), (1..=250).collect::<Vec<_>>());
    for row in all.iter().step_by(50) {
        let shown = app
            .services
            .registrations
            .get(organizer(&competition), row.registration_id);
        let shown = shown.await.unwrap().registration;
        assert_eq!(shown.waitlist_position, row.waitlist_position);
    }
}

async fn a_hundred_thousand_registrations_are_streamed_and_deep_pages_cost_no_more_than_first_ones(
    app: App,
) {
    let crowd = Crowd {
        seated: 60_000,
        queued: 30_000,
        cancelled: 10_000,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let mut list = export(&app, &competition, RegistrationFilter::default()).await;
    let rows = rest(&mut list).await;
    assert_complete(&rows, crowd);
    assert!(rows.is_sorted_by_key(|row| match row.status {
        status if status.holds_seat() => 0,
        RegistrationStatus::Waitlisted => 1,
        _ => 2,
    }));
    let deepest = page(&app, &competition, 1_000, &RegistrationFilter::default()).await;
    assert_eq!(deepest.len(), 100);
    if app.database.backend() == DatabaseBackend::Postgres {
        let connection = app.database.write();
        connection
            .execute_unprepared("VACUUM ANALYZE registrations")
            .await
            .unwrap();
        let sql = format!(
            "EXPLAIN SELECT id FROM registrations WHERE competition_id = '{}' \
             ORDER BY registered_at, id LIMIT 100 OFFSET 99900",
            competition.id
        );
        let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
        let plan = connection.query_all_raw(statement).await.unwrap();
        let plan: Vec<String> = plan
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("Index Only Scan") && !plan.contains("Sort"),
            "{plan}"
        );
    }
}

async fn only_a_few_exports_are_read_at_a_time_and_an_unread_one_ends(app: App) {
    // Longer than the pages that are read ahead.
    let crowd = Crowd {
        seated: 8_000,
        queued: 0,
        cancelled: 0,
    };
    let (competition, _) = crowded(&app, crowd).await;
    let all = RegistrationFilter::default;
    let mut lists = Vec::new();
    for _ in 0..3 {
        lists.push(export(&app, &competition, all()).await);
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
    lists.push(export(&app, &competition, all()).await);
    // Unread exports end by themselves and free their connections.
    until("there is room again", || async {
        let next = registrations.export(organizer(&competition), competition.id, all());
        match next.await {
            Ok(mut list) => {
                assert_eq!(rest(&mut list).await.len(), 8_000);
                true
            }
            Err(_) => false,
        }
    })
    .await;
    // Reading on shows that the export is incomplete.
    let mut broke_off = false;
    for list in &mut lists {
        while let Some(some) = list.next().await {
            if some.is_err() {
                broke_off = true;
                break;
            }
        }
    }
    assert!(broke_off);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_stalls_while_it_downloads_holds_no_snapshot() {
    let app = spawn_app(Backend::Postgres).await;
    let crowd = Crowd {
        seated: 100_000,
        queued: 0,
        cancelled: 0,
    };
    let (competition, _) = crowded(&app, crowd).await;
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
    let snapshots = async || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND xact_start IS NOT NULL AND pid <> pg_backend_pid()";
        let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
        let row = app.database.read().query_one_raw(statement).await.unwrap();
        row.unwrap().try_get_by_index::<i64>(0).unwrap()
    };
    until("the list is being read", || async {
        snapshots().await == 1
    })
    .await;
    until("nothing is held", || async { snapshots().await == 0 }).await;
    // And the client can see that the export is incomplete.
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), stalled.read_to_end(&mut rest));
    // An error (a reset) is as good.
    let _cut = end.await.expect("it is cut off");
    assert!(!rest.ends_with(b"\r\n0\r\n\r\n"));
}

async fn an_export_is_csv_that_spreadsheets_read(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let mut input = app.input(5, false);
    input.title = "Frühlingslauf 東京".to_owned();
    let competitions = &app.services.competitions;
    let competition = competitions
        .create(Actor::from(&olga), input)
        .await
        .unwrap();
    let person = app.account("Ada;=1+1", Role::Participant).await;
    app.register_all(&[Actor::from(&person)], competition.id)
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
    let calendar = browser
        .get(&format!("/competitions/{}/calendar.ics", competition.id))
        .await;
    assert!(
        calendar.text.contains("\r\nPRODID:-//Mini Compete//"),
        "{}",
        calendar.text
    );
}
