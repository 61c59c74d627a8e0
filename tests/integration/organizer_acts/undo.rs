//! Undoing a removal: who was removed by mistake comes back, and nobody loses a seat to them.

mod repeated;

use chrono::TimeDelta;
use futures::future::join_all;
use mini_compete::{
    domain::{Actor, Error, Result},
    model::{
        Answer, Answers, AuditAction, CompetitionId, CompetitionStatus, CompetitionView,
        DomainError, IdempotencyKey, MessageKind, QuestionId, RegistrationId, RegistrationStatus,
        RegistrationView, Role, StaffRole, UndoneView,
        forms::{AuditFilter, CompetitionPatch, Paging},
    },
    store::entity::{code, registration, registration_note, start_number},
};
use reqwest::StatusCode;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use super::{
    act_with_key, messages_about, organizer, organizer_client, people_page::organizer_with_browser,
    register_in_order, status,
};
use crate::{
    harness::{App, Client, Reply, TableSnapshot, add_staff},
    on_both_backends,
};

on_both_backends!(
    one_who_was_removed_by_mistake_is_back_with_the_press_of_a_button,
    those_whose_seats_have_gone_to_others_wait_behind_them,
    who_waited_comes_back_to_the_same_place,
    what_belongs_to_a_participant_comes_back_too,
    a_use_of_a_code_comes_back_unless_somebody_else_has_it,
    who_has_registered_again_keeps_that_registration,
    a_removal_is_undone_once_however_often_it_is_pressed,
    it_is_too_late_after_a_quarter_of_an_hour_and_in_a_cancelled_competition,
    only_who_has_removed_them_takes_them_back,
);

/// Removes registrations by a request with this key.
async fn remove(app: &App, competition: &CompetitionView, key: &str, ids: &[RegistrationId]) {
    let client = organizer_client(app, competition).await;
    let body = json!({ "action": "CANCEL", "ids": ids });
    let reply = act_with_key(&client, competition.id, key, &body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(reply.json()["done"], ids.len(), "{}", reply.text);
}

/// Undoes the removal by the request with this key, for an account.
async fn undo_by(
    app: &App,
    actor: Actor,
    competition: &CompetitionView,
    key: &str,
) -> Result<UndoneView> {
    let removal = IdempotencyKey::parse(key).unwrap();
    let registrations = &app.services.registrations;
    registrations
        .undo_removal(actor, competition.id, &removal)
        .await
}

async fn undo(app: &App, competition: &CompetitionView, key: &str) -> Result<UndoneView> {
    undo_by(app, organizer(competition), competition, key).await
}

async fn live(app: &App, person: Actor, competition: &CompetitionView) -> Option<RegistrationView> {
    let registrations = &app.services.registrations;
    registrations.live(person, competition.id).await.unwrap()
}

/// Removes registrations on the pages of an organizer, and returns the page that follows.
async fn remove_on_page(
    browser: &Client,
    competition: CompetitionId,
    ids: &[RegistrationId],
) -> Reply {
    let list = format!("/organize/{competition}/registrations");
    let page = browser.get(&list).await;
    let mut form = page.form("form[data-testid=people-form]");
    form.fields.retain(|(name, _)| name == "competitionId");
    form.fields.push(("action".to_owned(), "CANCEL".to_owned()));
    for id in ids {
        form.fields.push(("ids[]".to_owned(), id.to_string()));
    }
    let review = browser.submit(&form).await;
    browser
        .submit(&review.form("form[data-testid=review-form]"))
        .await
}

async fn one_who_was_removed_by_mistake_is_back_with_the_press_of_a_button(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let people = app.participants(1).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_open_jobs().await;
    let removed = remove_on_page(&browser, competition.id, &ids).await;
    assert!(removed.text.contains("You can undo this for 15 minutes."));
    app.run_open_jobs().await;
    app.clock.advance(TimeDelta::minutes(1));
    let button = removed.form("form[data-testid=undo-form]");
    let done = browser.submit(&button).await;
    assert!(
        done.text.contains("1 person is back in their seat."),
        "{}",
        done.text
    );
    app.run_open_jobs().await;
    let back = live(&app, people[0], &competition).await.unwrap();
    assert_eq!(back.status, RegistrationStatus::Confirmed);
    assert_eq!(app.assert_seat_invariant().await, 1);
    // The letters are in order, about one registration each.
    assert_eq!(status(&app, ids[0]).await, RegistrationStatus::Cancelled);
    let letters = messages_about(&app, back.registration_id).await;
    let kinds: Vec<_> = letters.iter().map(|letter| letter.kind).collect();
    assert_eq!(kinds, [MessageKind::Confirmation]);
    let history = browser
        .get(&format!("/organize/{}/audit", competition.id))
        .await;
    let event = history.find("tbody tr").unwrap();
    for words in ["Cancellation of registrations undone", "1 registration"] {
        assert!(event.contains(words), "{words} in {event}");
    }
    // The second press says the same and does nothing.
    let again = browser.submit(&button).await;
    assert!(again.text.contains("1 person is back in their seat."));
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn those_whose_seats_have_gone_to_others_wait_behind_them(app: App) {
    let competition = app.competition(3, true).await;
    let people = app.participants(5).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_open_jobs().await;
    remove(&app, &competition, "removal", &ids[..3]).await;
    app.run_open_jobs().await;
    let late = app.participants(1).await;
    let undone = undo(&app, &competition, "removal").await.unwrap();
    let expected = UndoneView {
        seated: 1,
        waiting: 2,
        left_out: 0,
    };
    assert_eq!(undone, expected);
    app.register_all(&late, competition.id).await;
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 3);
    for id in &ids[3..] {
        assert_eq!(status(&app, *id).await, RegistrationStatus::Confirmed);
    }
    // Who had registered first has the free seat, and the others wait in their order.
    let first = live(&app, people[0], &competition).await.unwrap();
    assert_eq!(first.status, RegistrationStatus::Confirmed);
    for (person, place) in [(people[1], 1), (people[2], 2), (late[0], 3)] {
        let waiting = live(&app, person, &competition).await.unwrap();
        assert_eq!(waiting.waitlist_position, Some(place));
    }
    let second = live(&app, people[1], &competition).await.unwrap();
    let letters = messages_about(&app, second.registration_id).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].kind, MessageKind::Waitlist);
    let filter = AuditFilter {
        action: Some(AuditAction::RegistrationsRestore),
        ..AuditFilter::default()
    };
    let paging = Paging::new(None, None, 20);
    let audit = &app.services.audit;
    let page = audit.of_competition(organizer(&competition), competition.id, filter, paging);
    let events = page.await.unwrap().items;
    assert_eq!(events.len(), 1);
    let expected = json!({
        "act": "UNDO",
        "done": 3,
        "seated": 1,
        "waiting": 2,
        "leftOut": 0,
        "registrations": &ids[..3],
    });
    assert_eq!(events[0].detail, expected);
}

async fn who_waited_comes_back_to_the_same_place(app: App) {
    let competition = app.competition(1, true).await;
    let people = app.participants(4).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_open_jobs().await;
    remove(&app, &competition, "removal", &ids[2..3]).await;
    let undone = undo(&app, &competition, "removal").await.unwrap();
    assert_eq!((undone.seated, undone.waiting), (0, 1));
    app.run_open_jobs().await;
    for (person, place) in [(people[1], 1), (people[2], 2), (people[3], 3)] {
        let waiting = live(&app, person, &competition).await.unwrap();
        assert_eq!(waiting.waitlist_position, Some(place));
    }
    let back = live(&app, people[2], &competition).await.unwrap();
    let letters = messages_about(&app, back.registration_id).await;
    assert!(
        letters[0]
            .body
            .contains("You keep your place on the waitlist."),
        "{}",
        letters[0].body
    );
    // Two seats become free, one after the other.
    let registrations = &app.services.registrations;
    registrations.cancel(people[0], ids[0]).await.unwrap();
    registrations.cancel(people[1], ids[1]).await.unwrap();
    app.run_open_jobs().await;
    let back = live(&app, people[2], &competition).await.unwrap();
    assert_eq!(back.status, RegistrationStatus::Confirmed);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn what_belongs_to_a_participant_comes_back_too(app: App) {
    let competition = app.competition(2, false).await;
    let owner = organizer(&competition);
    let people = app.participants(1).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    let answers = Answers::from([(QuestionId::new(), Answer::Text("Ada".to_owned()))]);
    let answers = serde_json::to_value(answers).unwrap();
    registration::Entity::update_many()
        .col_expr(registration::Column::Answers, Expr::value(answers.clone()))
        .filter(registration::Column::Id.eq(ids[0]))
        .exec(app.database.write())
        .await
        .unwrap();
    start_number::Entity::insert(start_number::ActiveModel {
        registration_id: Set(ids[0]),
        competition_id: Set(competition.id),
        number: Set(17),
        assigned_at: Set(app.clock.now()),
    })
    .exec_without_returning(app.database.write())
    .await
    .unwrap();
    let registrations = &app.services.registrations;
    let noted = registrations.add_note(owner, competition.id, ids[0], "Vegetarian");
    noted.await.unwrap();
    remove(&app, &competition, "removal", &ids).await;
    undo(&app, &competition, "removal").await.unwrap();
    let back = live(&app, people[0], &competition).await.unwrap();
    let id = back.registration_id;
    let number = start_number::Entity::find_by_id(id).one(app.database.read());
    assert_eq!(number.await.unwrap().unwrap().number, 17);
    let row = registration::Entity::find_by_id(id).one(app.database.read());
    assert_eq!(row.await.unwrap().unwrap().answers, Some(answers));
    let note = registration_note::Entity::find()
        .filter(registration_note::Column::RegistrationId.eq(id))
        .one(app.database.read());
    assert_eq!(note.await.unwrap().unwrap().body, "Vegetarian");
}

/// Registers somebody with a code, and returns them.
async fn register_with_code(app: &App, competition: &CompetitionView, name: &str) -> Actor {
    let account = app.account(name, Role::Participant).await;
    let actor = Actor::from(&account);
    let client = app.client().with_token(app.token(actor).await);
    let request = client.registration_request(competition.id, "k");
    let reply = client
        .send(request.json(&json!({ "code": "SPONSOR-SEAT" })))
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    actor
}

async fn a_use_of_a_code_comes_back_unless_somebody_else_has_it(app: App) {
    let competition = app.competition(2, true).await;
    let client = organizer_client(&app, &competition).await;
    let path = format!("/api/v1/competitions/{}/codes", competition.id);
    let code = json!({ "code": "SPONSOR-SEAT", "kind": "RESERVED", "maxUses": 1 });
    let added = client.post_json(&path, &code).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    let ada = register_with_code(&app, &competition, "Ada").await;
    // The other seat is taken, and one person waits for any seat that is not set aside.
    let others = app.participants(2).await;
    register_in_order(&app, &others, competition.id).await;
    let id = live(&app, ada, &competition).await.unwrap().registration_id;
    remove(&app, &competition, "first", &[id]).await;
    let undone = undo(&app, &competition, "first").await.unwrap();
    assert_eq!((undone.seated, undone.waiting), (1, 0));
    assert_eq!(app.assert_seat_invariant().await, 2);
    let row = code::Entity::find().one(app.database.read());
    assert_eq!(row.await.unwrap().unwrap().uses, 1);

    let id = live(&app, ada, &competition).await.unwrap().registration_id;
    remove(&app, &competition, "second", &[id]).await;
    let fay = register_with_code(&app, &competition, "Fay").await;
    let undone = undo(&app, &competition, "second").await.unwrap();
    assert_eq!((undone.seated, undone.waiting), (0, 1));
    let fay = live(&app, fay, &competition).await.unwrap();
    assert!(fay.status.holds_seat());
    let ada = live(&app, ada, &competition).await.unwrap();
    assert_eq!(ada.waitlist_position, Some(2), "nobody is overtaken");
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn who_has_registered_again_keeps_that_registration(app: App) {
    let competition = app.competition(2, false).await;
    let people = app.participants(2).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    remove(&app, &competition, "removal", &ids).await;
    app.register_all(&people[..1], competition.id).await;
    let own = live(&app, people[0], &competition).await.unwrap();
    let late = app.participants(1).await;
    app.register_all(&late, competition.id).await;
    // One is there already, for the other no seat is left, and there is no waitlist.
    let undone = undo(&app, &competition, "removal").await.unwrap();
    let expected = UndoneView {
        left_out: 2,
        ..UndoneView::default()
    };
    assert_eq!(undone, expected);
    let still = live(&app, people[0], &competition).await.unwrap();
    assert_eq!(still.registration_id, own.registration_id);
    assert!(live(&app, people[1], &competition).await.is_none());
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_removal_is_undone_once_however_often_it_is_pressed(app: App) {
    let competition = app.competition(5, false).await;
    let people = app.participants(3).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_open_jobs().await;
    remove(&app, &competition, "removal", &ids).await;
    let presses = (0..4).map(|_| undo(&app, &competition, "removal"));
    for undone in join_all(presses).await {
        assert_eq!(undone.unwrap().seated, 3);
    }
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 3);
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 6);
    // Who cancels then is not registered against their will.
    let back = live(&app, people[0], &competition).await.unwrap();
    let registrations = &app.services.registrations;
    let cancelled = registrations.cancel(people[0], back.registration_id);
    cancelled.await.unwrap();
    let again = undo(&app, &competition, "removal").await.unwrap();
    assert_eq!(again.seated, 3, "the first outcome");
    assert!(live(&app, people[0], &competition).await.is_none());
    assert_eq!(TableSnapshot::read(&app.database).await.assert_seats(), 2);
}

fn is_too_late(undone: &Result<UndoneView>) -> bool {
    matches!(undone, Err(Error::Domain(DomainError::Invalid(errors))) if errors.of("removal").is_some())
}

async fn it_is_too_late_after_a_quarter_of_an_hour_and_in_a_cancelled_competition(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let people = app.participants(1).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    let removed = remove_on_page(&browser, competition.id, &ids).await;
    app.clock.advance(TimeDelta::minutes(15));
    let late = browser
        .submit(&removed.form("form[data-testid=undo-form]"))
        .await;
    assert!(
        late.text.contains("be undone any more"),
        "{} {}",
        late.url,
        late.text
    );
    assert!(live(&app, people[0], &competition).await.is_none());

    let other = app.competition(2, false).await;
    let ids = register_in_order(&app, &people, other.id).await;
    remove(&app, &other, "removal", &ids).await;
    let patch = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    let cancelled = competitions.edit(organizer(&other), other.id, patch, None);
    cancelled.await.unwrap();
    assert!(is_too_late(&undo(&app, &other, "removal").await));
    assert!(live(&app, people[0], &other).await.is_none());
}

async fn only_who_has_removed_them_takes_them_back(app: App) {
    let competition = app.competition(2, false).await;
    let people = app.participants(1).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    remove(&app, &competition, "removal", &ids).await;
    let stranger = app.account("Other Organizer", Role::Organizer).await;
    let refused = undo_by(&app, (&stranger).into(), &competition, "removal").await;
    assert!(matches!(
        refused,
        Err(Error::Domain(DomainError::Forbidden))
    ));
    let editor = app.account("Editor", Role::Organizer).await;
    add_staff(&app, competition.id, editor.id, StaffRole::Editor).await;
    let unknown = undo_by(&app, (&editor).into(), &competition, "removal").await;
    assert!(matches!(unknown, Err(Error::Domain(DomainError::NotFound))));
    // Neither is a key of another competition, or of another act, that of a removal.
    let other = app.competition(2, false).await;
    let owner = organizer(&competition);
    let elsewhere = undo_by(&app, owner, &other, "removal").await;
    assert!(elsewhere.is_err());
    let client = organizer_client(&app, &competition).await;
    let resend = json!({ "action": "RESEND", "ids": ids });
    act_with_key(&client, competition.id, "resend", &resend).await;
    let no_removal = undo(&app, &competition, "resend").await;
    assert!(matches!(
        no_removal,
        Err(Error::Domain(DomainError::NotFound))
    ));
    assert!(live(&app, people[0], &competition).await.is_none());
    assert_eq!(undo(&app, &competition, "removal").await.unwrap().seated, 1);
}
