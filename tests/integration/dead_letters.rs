//! Jobs that were given up: looked at, tried again, deleted.

use mini_compete::{
    domain::{Actor, operations::Selection},
    jobs::Queues,
    model::{MessageKind, Role, forms::Paging},
    store::ports::Envelope,
};
use reqwest::{Method, StatusCode};
use sea_orm::ConnectionTrait;

use crate::{
    both,
    harness::{App, Program},
};

both!(
    failures_with_one_cause_are_one_group,
    a_letter_that_is_tried_again_keeps_its_history,
    a_letter_that_works_the_second_time_is_gone,
    what_is_no_job_stays_a_dead_letter,
    many_letters_are_tried_again_or_deleted_at_once,
    the_api_shows_and_decides_for_administrators_only,
);

async fn admin(app: &App) -> Actor {
    Actor::from(&app.account("Root", Role::Admin).await)
}

async fn garbage(app: &App) {
    let garbage = [Envelope::new("{"), Envelope::new("  {")];
    app.ports
        .queue
        .push(Queues::REMINDER, &garbage)
        .await
        .unwrap();
    app.work().await;
}

async fn failures_with_one_cause_are_one_group(app: App) {
    let admin = admin(&app).await;
    app.doomed(7).await;
    garbage(&app).await;
    let operations = &app.services.operations;
    let groups = operations.failed_groups(admin).await.unwrap();
    let counts: Vec<_> = groups
        .iter()
        .map(|g| (g.queue.as_str(), g.kind.as_str(), g.count))
        .collect();
    assert_eq!(
        counts,
        [
            ("registration", "confirmation", 7),
            ("reminder", "unknown", 2)
        ]
    );
    assert!(groups[0].error.contains("missing field"));

    let page = Paging::new(Some(2), Some(5), 20);
    let group = Some(groups[0].group.as_str());
    let second = operations.failed_jobs(admin, group, page).await.unwrap();
    assert_eq!((second.items.len(), second.total), (2, 7));
}

async fn a_letter_that_is_tried_again_keeps_its_history(app: App) {
    let admin = admin(&app).await;
    app.doomed(1).await;
    let operations = &app.services.operations;
    for round in 1..=2 {
        let letter = &app.failed_jobs().await[0];
        let retried = operations
            .retry(admin, &Selection::One(letter.id))
            .await
            .unwrap();
        assert_eq!(retried.retried, 1);
        assert!(app.failed_jobs().await.is_empty());
        assert_eq!(app.sweep().await, 1, "the relay pushes it at once");
        app.finish_off().await;
        let again = &app.failed_jobs().await[0];
        assert_eq!(again.job_id, letter.job_id);
        let history = again.history.as_array().unwrap();
        assert_eq!(history.len(), round);
        let last = &history[round - 1];
        assert_eq!(last["retriedBy"], format!("user:{}", admin.id));
        assert_eq!(last["attempts"], 1);
        assert!(last["error"].as_str().unwrap().contains("missing field"));
    }
}

async fn a_letter_that_works_the_second_time_is_gone(app: App) {
    let admin = admin(&app).await;
    let competition = app.competition(1, false).await;
    app.register_all(&app.people(1).await, competition.id).await;
    let connection = app.database().write();
    let sql = "UPDATE outbox_jobs SET payload = '{}'";
    connection.execute_unprepared(sql).await.unwrap();
    app.finish_off().await;
    // Whatever was wrong with it has been put right.
    let letter = app.failed_jobs().await.remove(0);
    let id = letter.subject_id.unwrap();
    let sql = format!(
        "UPDATE failed_jobs SET payload = \
         '{{\"registrationId\":\"{id}\",\"userId\":\"{id}\",\"competitionId\":\"{id}\"}}'"
    );
    connection.execute_unprepared(&sql).await.unwrap();
    let operations = &app.services.operations;
    operations.retry(admin, &Selection::All).await.unwrap();
    app.finish_off().await;
    assert!(app.failed_jobs().await.is_empty());
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 1);
}

async fn what_is_no_job_stays_a_dead_letter(app: App) {
    let admin = admin(&app).await;
    garbage(&app).await;
    let operations = &app.services.operations;
    let letter = app.failed_jobs().await.remove(0);
    assert!(
        operations
            .retry(admin, &Selection::One(letter.id))
            .await
            .is_err()
    );
    let retried = operations.retry(admin, &Selection::All).await.unwrap();
    assert_eq!((retried.retried, retried.refused), (0, 2));
    assert_eq!(app.failed_jobs().await.len(), 2);
}

async fn many_letters_are_tried_again_or_deleted_at_once(app: App) {
    let admin = admin(&app).await;
    app.doomed(1_200).await;
    garbage(&app).await;
    let operations = &app.services.operations;
    let groups = operations.failed_groups(admin).await.unwrap();
    let group = Selection::Group(groups[0].group.clone());
    let retried = operations.retry(admin, &group).await.unwrap();
    assert_eq!(retried.retried, 1_200);
    assert_eq!(app.failed_jobs().await.len(), 2);
    app.sweep().await;
    app.finish_off().await;
    assert_eq!(app.failed_jobs().await.len(), 1_202);
    assert_eq!(operations.delete(admin, &group).await.unwrap(), 1_200);
    assert_eq!(operations.delete(admin, &Selection::All).await.unwrap(), 2);
}

async fn the_api_shows_and_decides_for_administrators_only(app: App) {
    app.doomed(2).await;
    let admin = admin(&app).await;
    let person = app.people(1).await[0];
    let as_admin = app.client().with_token(app.token(admin).await);
    let as_person = app.client().with_token(app.token(person).await);
    let base = "/api/v1/admin";

    assert_eq!(
        app.client().get(&format!("{base}/queues")).await.status,
        401
    );
    assert_eq!(as_person.get(&format!("{base}/queues")).await.status, 403);
    let queues = as_admin.get(&format!("{base}/queues")).await.json();
    assert_eq!(queues[0]["name"], "registration");
    assert_eq!(
        (&queues[0]["failed"], &queues[0]["inHand"]),
        (&2.into(), &0.into())
    );

    let page = as_admin
        .get(&format!("{base}/failed-jobs?perPage=1"))
        .await
        .json();
    assert_eq!(
        (&page["total"], page["items"].as_array().unwrap().len()),
        (&2.into(), 1)
    );
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("{base}/failed-jobs/{id}");
    let post = |path: &str| as_admin.request(Method::POST, path);
    let retried = as_admin.send(post(&format!("{one}/retry"))).await;
    assert_eq!(retried.status, StatusCode::ACCEPTED);
    assert_eq!(
        as_admin.send(post(&format!("{one}/retry"))).await.status,
        404
    );
    let delete = |path: &str| as_admin.request(Method::DELETE, path);
    let rest = app.failed_jobs().await[0].id;
    let rest = format!("{base}/failed-jobs/{rest}");
    assert_eq!(as_admin.send(delete(&rest)).await.status, 204);
    assert_eq!(as_admin.send(delete(&rest)).await.status, 404);
    let all = format!("{base}/failed-jobs");
    assert_eq!(
        as_admin.send(delete(&all)).await.status,
        422,
        "all, by mistake"
    );
    assert_eq!(
        as_admin
            .send(delete(&format!("{all}?all=true")))
            .await
            .status,
        204
    );
    let groups = as_admin.get(&format!("{all}/groups")).await;
    assert_eq!(groups.json(), serde_json::json!([]));

    // A role taken away works at once, whatever the token says.
    let sql = "UPDATE users SET role = 'PARTICIPANT' WHERE role = 'ADMIN'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    assert_eq!(as_admin.get(&format!("{base}/queues")).await.status, 403);
    assert!(app.services.operations.queues(admin).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_lists_retries_and_deletes() {
    let backend = crate::harness::Backend::Postgres;
    let app = crate::harness::spawn_app(backend).await;
    app.doomed(3).await;
    let run = |arguments: Vec<String>| {
        let place = &app.place;
        async move {
            let mut line = vec!["dead-letters"];
            line.extend(arguments.iter().map(String::as_str));
            Program::run(place, &line).await
        }
    };
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (fine, out, log) = run(words("list")).await;
    assert!(fine, "{log}");
    assert_eq!(out.lines().count(), 3);
    let letter: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    let id = letter["id"].as_str().unwrap();
    let group = letter["group"].as_str().unwrap();

    let (fine, out, log) = run(words(&format!("retry {id}"))).await;
    assert!(fine && out.contains(r#""retried":1"#), "{out} {log}");
    assert!(log.contains("cli:tester"), "{log}");
    assert_eq!(app.open_jobs().await, 1);
    let (fine, _, log) = run(words(&format!("retry {id}"))).await;
    assert!(!fine && log.contains("no such dead letter"), "{log}");
    let (fine, ..) = run(words("delete")).await;
    assert!(!fine, "which?");
    let (fine, out, _) = run(words(&format!("delete --group {group}"))).await;
    assert!(fine && out.contains(r#""deleted":2"#), "{out}");
    assert!(app.failed_jobs().await.is_empty());
}
