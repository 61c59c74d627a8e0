//! Searching, filtering and sorting the registrations of a competition.

use std::collections::HashSet;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionView, Language, Page, RegistrationId, RegistrationSort,
        RegistrationStatus, RegistrationView,
        forms::{Paging, RegistrationFilter},
    },
    store::entity::{registration, user},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{organizer, read_remaining, start_export};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_search_finds_words_without_accents_by_their_beginning_and_with_typing_errors,
    a_search_finds_the_new_name_of_an_account_and_not_the_old_one,
    a_list_has_the_order_of_each_column_and_its_reverse,
    pages_behind_a_registration_are_complete_while_others_register,
    a_page_behind_somebody_who_has_left_the_list_goes_on_where_they_stood,
    filters_by_status_and_language_are_combined_with_a_search,
    an_export_contains_what_the_filter_selects,
    the_words_of_a_registration_go_with_it,
);

/// The people of these tests: name, e-mail address and language.
const PEOPLE: [(&str, &str, Option<Language>); 7] = [
    ("Zoë Ångström", "zoe@example.org", Some(Language::English)),
    (
        "José Antonio García",
        "ja.garcia@correo.example",
        Some(Language::Spanish),
    ),
    (
        "Ada Lovelace",
        "countess@example.org",
        Some(Language::English),
    ),
    ("Émile Zola", "zola@example.org", Some(Language::French)),
    ("東京 太郎", "taro@example.jp", Some(Language::Japanese)),
    ("ada lovelock", "ada2@example.org", None),
    ("Łukasz Żak", "lukasz@example.org", None),
];

/// Inserts an account with these texts.
pub(super) async fn insert_account(
    app: &App,
    (name, email, language): (&str, &str, Option<Language>),
) -> Actor {
    let account = app.participants(1).await.remove(0);
    user::Entity::update_many()
        .col_expr(user::Column::Name, Expr::value(name))
        .col_expr(user::Column::Email, Expr::value(email))
        .col_expr(user::Column::Language, Expr::value(language))
        .filter(user::Column::Id.eq(account.id))
        .exec(app.database.write())
        .await
        .unwrap();
    account
}

/// Registers [`PEOPLE`] in their order, a second apart.
async fn competition_of_people(app: &App) -> (CompetitionView, Vec<Actor>) {
    let competition = app.competition(5, true).await;
    let mut accounts = Vec::new();
    for person in PEOPLE {
        let account = insert_account(app, person).await;
        app.clock.advance(TimeDelta::seconds(1));
        app.register_all(&[account], competition.id).await;
        accounts.push(account);
    }
    (competition, accounts)
}

pub(super) async fn read(
    app: &App,
    competition: &CompetitionView,
    filter: &RegistrationFilter,
    paging: Paging,
) -> Page<RegistrationView> {
    let registrations = &app.services.registrations;
    let page = registrations.of_competition(organizer(competition), competition.id, filter, paging);
    page.await.unwrap()
}

/// Returns the names in a list.
async fn names(
    app: &App,
    competition: &CompetitionView,
    filter: RegistrationFilter,
) -> Vec<String> {
    let page = read(app, competition, &filter, Paging::new(None, Some(100), 100)).await;
    assert_eq!(page.total, page.items.len() as u64);
    let rows = page.items.into_iter();
    rows.map(|row| row.user_name.unwrap()).collect()
}

pub(super) fn search(words: &str) -> RegistrationFilter {
    RegistrationFilter {
        search: Some(words.to_owned()),
        ..RegistrationFilter::default()
    }
}

async fn a_search_finds_words_without_accents_by_their_beginning_and_with_typing_errors(app: App) {
    let (competition, _) = competition_of_people(&app).await;
    // Somebody in another competition whom nobody finds here.
    let other = app.competition(5, false).await;
    let stranger = insert_account(&app, ("Xaver Quist", "xaver@example.org", None)).await;
    app.register_all(&[stranger], other.id).await;
    for (words, found) in [
        ("zoe angstrom", vec!["Zoë Ångström"]),
        ("ÅNGS", vec!["Zoë Ångström"]),
        ("garcia jose", vec!["José Antonio García"]),
        ("ja.garcia@correo.example", vec!["José Antonio García"]),
        ("lukasz", vec!["Łukasz Żak"]),
        ("ada", vec!["Ada Lovelace", "ada lovelock"]),
        ("lovelec", vec!["Ada Lovelace", "ada lovelock"]),
        ("lovealce", vec!["Ada Lovelace"]),
        ("olvelace", vec!["Ada Lovelace"]),
        ("zo", vec!["Zoë Ångström", "Émile Zola"]),
        ("東京", vec!["東京 太郎"]),
        ("xaver", vec![]),
        ("ada zola", vec![]),
        ("%", PEOPLE.map(|person| person.0).to_vec()),
    ] {
        assert_eq!(
            names(&app, &competition, search(words)).await,
            found,
            "{words}"
        );
    }
}

async fn a_search_finds_the_new_name_of_an_account_and_not_the_old_one(app: App) {
    let (competition, accounts) = competition_of_people(&app).await;
    assert_eq!(
        names(&app, &competition, search("zola")).await,
        ["Émile Zola"]
    );
    user::Entity::update_many()
        .col_expr(user::Column::Name, Expr::value("Alfred Dreyfus"))
        .col_expr(user::Column::Email, Expr::value("alfred@example.org"))
        .filter(user::Column::Id.eq(accounts[3].id))
        .exec(app.database.write())
        .await
        .unwrap();
    assert_eq!(
        names(&app, &competition, search("dreyfus")).await,
        ["Alfred Dreyfus"]
    );
    assert_eq!(names(&app, &competition, search("émile")).await, [""; 0]);
    let mut left = Query::select();
    left.column("word").from("roster_words");
    left.and_where(Expr::col("word").is_in(["zola", "emile"]));
    assert!(
        app.database
            .read()
            .query_all(&left)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_list_has_the_order_of_each_column_and_its_reverse(app: App) {
    use RegistrationSort as Sort;
    let (competition, accounts) = competition_of_people(&app).await;
    let cancelled = registration::Entity::find()
        .filter(registration::Column::UserId.eq(accounts[1].id))
        .one(app.database.read());
    let cancelled = cancelled.await.unwrap().unwrap().id;
    let registrations = &app.services.registrations;
    registrations.cancel(accounts[1], cancelled).await.unwrap();
    let in_order = PEOPLE.map(|person| person.0).to_vec();
    let by_name = vec![
        "Ada Lovelace",
        "ada lovelock",
        "Émile Zola",
        "José Antonio García",
        "Łukasz Żak",
        "Zoë Ångström",
        "東京 太郎",
    ];
    let by_email = vec![
        "ada lovelock",
        "Ada Lovelace",
        "José Antonio García",
        "Łukasz Żak",
        "東京 太郎",
        "Zoë Ångström",
        "Émile Zola",
    ];
    let by_status = vec![
        "Zoë Ångström",
        "Ada Lovelace",
        "Émile Zola",
        "東京 太郎",
        "ada lovelock",
        "Łukasz Żak",
        "José Antonio García",
    ];
    let reversed = |names: &[&'static str]| names.iter().rev().copied().collect::<Vec<_>>();
    for (sort, expected) in [
        (Sort::RegisteredAt, in_order.clone()),
        (Sort::RegisteredAtDescending, reversed(&in_order)),
        (Sort::Name, by_name.clone()),
        (Sort::NameDescending, reversed(&by_name)),
        (Sort::Email, by_email.clone()),
        (Sort::EmailDescending, reversed(&by_email)),
        (Sort::Status, by_status.clone()),
        (Sort::StatusDescending, reversed(&by_status)),
    ] {
        let filter = RegistrationFilter {
            sort: Some(sort),
            ..RegistrationFilter::default()
        };
        assert_eq!(
            names(&app, &competition, filter.clone()).await,
            expected,
            "{sort}"
        );
        // In pages of two: by their number, and each behind the last of the page before.
        let (mut by_number, mut behind, mut after) = (Vec::new(), Vec::new(), None);
        for number in 1..=4 {
            let paging = Paging::new(Some(number), Some(2), 2);
            let page = read(&app, &competition, &filter, paging).await;
            by_number.extend(page.items.into_iter().filter_map(|row| row.user_name));
            let filter = RegistrationFilter {
                after,
                ..filter.clone()
            };
            let page = read(&app, &competition, &filter, Paging::new(None, Some(2), 2)).await;
            after = page.items.last().map(|row| row.registration_id);
            behind.extend(page.items.into_iter().filter_map(|row| row.user_name));
        }
        assert_eq!(
            (by_number, behind),
            (
                names(&app, &competition, filter).await,
                expected.iter().map(ToString::to_string).collect()
            ),
            "{sort}"
        );
    }
}

async fn pages_behind_a_registration_are_complete_while_others_register(app: App) {
    let competition = app.competition(1_000, false).await;
    app.insert_confirmed_registrations(competition.id, 250)
        .await;
    let before = ids(&app, competition.id).await;
    let mut filter = RegistrationFilter {
        sort: Some(RegistrationSort::Name),
        ..RegistrationFilter::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = read(&app, &competition, &filter, Paging::new(None, Some(20), 20)).await;
        let Some(last) = page.items.last() else { break };
        filter.after = Some(last.registration_id);
        seen.extend(page.items.iter().map(|row| row.registration_id));
        let newcomers = app.participants(3).await;
        app.register_all(&newcomers, competition.id).await;
    }
    let distinct: HashSet<_> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len(), "a registration is repeated");
    assert!(distinct.is_superset(&before), "a registration is missing");
}

async fn a_page_behind_somebody_who_has_left_the_list_goes_on_where_they_stood(app: App) {
    let competition = app.competition(1, true).await;
    let people = app.participants(6).await;
    for person in &people {
        app.clock.advance(TimeDelta::seconds(1));
        app.register_all(std::slice::from_ref(person), competition.id)
            .await;
    }
    for sort in [RegistrationSort::RegisteredAt, RegistrationSort::Name] {
        let mut filter = RegistrationFilter {
            status: Some(RegistrationStatus::Waitlisted),
            sort: Some(sort),
            ..RegistrationFilter::default()
        };
        let paging = || Paging::new(None, Some(2), 2);
        let all = read(&app, &competition, &filter, Paging::new(None, Some(9), 9)).await;
        let second = all.items[1].clone();
        filter.after = Some(second.registration_id);
        let before = read(&app, &competition, &filter, paging()).await;
        let of_second = people.iter().find(|person| person.id == second.user_id);
        let registrations = &app.services.registrations;
        let cancelled = registrations.cancel(*of_second.unwrap(), second.registration_id);
        cancelled.await.unwrap();
        let after = read(&app, &competition, &filter, paging()).await;
        let ids = |page: &Page<RegistrationView>| -> Vec<_> {
            page.items.iter().map(|row| row.registration_id).collect()
        };
        assert!(!after.items.is_empty());
        assert_eq!(ids(&after), ids(&before));
    }
}

async fn ids(app: &App, competition: CompetitionId) -> HashSet<RegistrationId> {
    let rows = registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .all(app.database.read());
    rows.await.unwrap().into_iter().map(|row| row.id).collect()
}

async fn filters_by_status_and_language_are_combined_with_a_search(app: App) {
    let (competition, _) = competition_of_people(&app).await;
    let filter = |status, language, words: Option<&str>| RegistrationFilter {
        status,
        language,
        search: words.map(str::to_owned),
        sort: Some(RegistrationSort::Name),
        ..RegistrationFilter::default()
    };
    for (filter, found) in [
        (
            filter(Some(RegistrationStatus::Waitlisted), None, None),
            vec!["ada lovelock", "Łukasz Żak"],
        ),
        (
            filter(None, Some(Language::English), None),
            vec!["Ada Lovelace", "Zoë Ångström"],
        ),
        (
            filter(None, Some(Language::English), Some("zo")),
            vec!["Zoë Ångström"],
        ),
        (
            filter(Some(RegistrationStatus::Waitlisted), None, Some("ada")),
            vec!["ada lovelock"],
        ),
        (
            filter(Some(RegistrationStatus::Cancelled), None, Some("ada")),
            vec![],
        ),
        (
            filter(
                Some(RegistrationStatus::Pending),
                Some(Language::French),
                Some("emi"),
            ),
            vec!["Émile Zola"],
        ),
    ] {
        assert_eq!(
            names(&app, &competition, filter.clone()).await,
            found,
            "{filter:?}"
        );
    }
    // The same over HTTP.
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);
    let path = format!("/api/v1/competitions/{}/registrations", competition.id);
    let list = client
        .get(&format!("{path}?search=zo&language=en&sort=-name"))
        .await
        .json();
    assert_eq!(
        (&list["total"], &list["items"][0]["userName"]),
        (&1.into(), &"Zoë Ångström".into())
    );
    for wrong in ["language=xx", "sort=age", "after=1"] {
        let refused = client.get(&format!("{path}?{wrong}")).await;
        assert_eq!(refused.problem(), "invalid-fields", "{wrong}");
    }
}

async fn an_export_contains_what_the_filter_selects(app: App) {
    let (competition, _) = competition_of_people(&app).await;
    let filter = RegistrationFilter {
        language: Some(Language::English),
        ..search("zoe")
    };
    let mut list = start_export(&app, &competition, filter).await;
    let rows = read_remaining(&mut list).await;
    let names: Vec<_> = rows
        .iter()
        .filter_map(|row| row.user_name.as_deref())
        .collect();
    assert_eq!(names, ["Zoë Ångström"]);
    let browser = app.client();
    let organizer = app.services.accounts.find(competition.organizer_id);
    let organizer = organizer.await.unwrap().unwrap();
    browser.log_in(&organizer.email).await;
    let page = browser
        .get(&format!(
            "/organize/{}/registrations?search=ada&status=WAITLISTED",
            competition.id
        ))
        .await;
    let link = page.find("a[download]").unwrap_or_default();
    assert!(!link.is_empty());
    let file = browser
        .get(&format!(
            "/organize/{}/registrations.csv?search=ada&status=WAITLISTED",
            competition.id
        ))
        .await;
    assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    assert!(file.text.contains("ada lovelock"));
}

async fn the_words_of_a_registration_go_with_it(app: App) {
    let (competition, accounts) = competition_of_people(&app).await;
    assert_eq!(names(&app, &competition, search("zola")).await.len(), 1);
    registration::Entity::delete_many()
        .filter(registration::Column::UserId.eq(accounts[3].id))
        .exec(app.database.write())
        .await
        .unwrap();
    let count = async |table: &'static str| {
        let mut rows = Query::select();
        rows.column("registration_id").from(table);
        let rows = app.database.read().query_all(&rows).await.unwrap();
        let ids = rows
            .iter()
            .map(|row| row.try_get("", "registration_id").unwrap());
        ids.collect::<HashSet<RegistrationId>>().len()
    };
    assert_eq!(count("roster_entries").await, PEOPLE.len() - 1);
    assert_eq!(count("roster_words").await, PEOPLE.len() - 1);
}
