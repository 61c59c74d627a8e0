//! Dead letters: listing, retrying and deleting them.

use mini_compete::{
    domain::{Actor, operations::Selection},
    jobs::Queues,
    model::{MessageKind, Role, forms::Paging},
    store::ports::Envelope,
};
use reqwest::{Method, StatusCode};
use sea_orm::ConnectionTrait;

use crate::{
    harness::{App, Program},
    on_both_backends,
};

on_both_backends!(
    failures_with_the_same_cause_form_one_group,
    a_retried_dead_letter_keeps_its_history,
    a_dead_letter_is_removed_when_its_retry_succeeds,
    an_unreadable_job_cannot_be_retried,
    many_dead_letters_are_retried_or_deleted_at_once,
    only_administrators_can_list_retry_and_delete_dead_letters,
);

/// Creates an administrator's account.
async fn admin(app: &App) -> Actor {
    Actor::from(&app.account("Root", Role::Admin).await)
}

/// Creates two dead letters from texts that are no jobs.
async fn create_unreadable_dead_letters(app: &App) {
    let texts = [Envelope::new("{"), Envelope::new("  {")];
    app.ports
        .queue
        .push(Queues::REMINDER, &texts)
        .await
        .unwrap();
    app.run_ready_jobs().await;
}

async fn failures_with_the_same_cause_form_one_group(app: App) {
    let admin = admin(&app).await;
    app.create_dead_letters(7).await;
    create_unreadable_dead_letters(&app).await;
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

async fn a_retried_dead_letter_keeps_its_history(app: App) {
    let admin = admin(&app).await;
    app.create_dead_letters(1).await;
    let operations = &app.services.operations;
    for round in 1..=2 {
        let dead_letter = &app.failed_jobs().await[0];
        let retried = operations
            .retry(admin, &Selection::One(dead_letter.id))
            .await
            .unwrap();
        assert_eq!(retried.retried, 1);
        assert!(app.failed_jobs().await.is_empty());
        assert_eq!(app.run_relay().await, 1, "the relay pushes it at once");
        app.run_jobs_with_retries().await;
        let failed_again = &app.failed_jobs().await[0];
        assert_eq!(failed_again.job_id, dead_letter.job_id);
        let history = failed_again.history.as_array().unwrap();
        assert_eq!(history.len(), round);
        let last = &history[round - 1];
        assert_eq!(last["retriedBy"], format!("user:{}", admin.id));
        assert_eq!(last["attempts"], 1);
        assert!(last["error"].as_str().unwrap().contains("missing field"));
    }
}

async fn a_dead_letter_is_removed_when_its_retry_succeeds(app: App) {
    let admin = admin(&app).await;
    let competition = app.competition(1, false).await;
    app.register_all(&app.participants(1).await, competition.id)
        .await;
    let connection = app.database().write();
    let sql = "UPDATE outbox_jobs SET payload = '{}'";
    connection.execute_unprepared(sql).await.unwrap();
    app.run_jobs_with_retries().await;
    // The cause of the failure is corrected.
    let dead_letter = app.failed_jobs().await.remove(0);
    let id = dead_letter.subject_id.unwrap();
    let sql = format!(
        "UPDATE failed_jobs SET payload = \
         '{{\"registrationId\":\"{id}\",\"userId\":\"{id}\",\"competitionId\":\"{id}\"}}'"
    );
    connection.execute_unprepared(&sql).await.unwrap();
    let operations = &app.services.operations;
    operations.retry(admin, &Selection::All).await.unwrap();
    app.run_jobs_with_retries().await;
    assert!(app.failed_jobs().await.is_empty());
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 1);
}

async fn an_unreadable_job_cannot_be_retried(app: App) {
    let admin = admin(&app).await;
    create_unreadable_dead_letters(&app).await;
    let operations = &app.services.operations;
    let dead_letter = app.failed_jobs().await.remove(0);
    assert!(
        operations
            .retry(admin, &Selection::One(dead_letter.id))
            .await
            .is_err()
    );
    let retried = operations.retry(admin, &Selection::All).await.unwrap();
    assert_eq!((retried.retried, retried.refused), (0, 2));
    assert_eq!(app.failed_jobs().await.len(), 2);
}

async fn many_dead_letters_are_retried_or_deleted_at_once(app: App) {
    let admin = admin(&app).await;
    app.create_dead_letters(1_200).await;
    create_unreadable_dead_letters(&app).await;
    let operations = &app.services.operations;
    let groups = operations.failed_groups(admin).await.unwrap();
    let group = Selection::Group(groups[0].group.clone());
    let retried = operations.retry(admin, &group).await.unwrap();
    assert_eq!(retried.retried, 1_200);
    assert_eq!(app.failed_jobs().await.len(), 2);
    app.run_relay().await;
    app.run_jobs_with_retries().await;
    assert_eq!(app.failed_jobs().await.len(), 1_202);
    assert_eq!(operations.delete(admin, &group).await.unwrap(), 1_200);
    assert_eq!(operations.delete(admin, &Selection::All).await.unwrap(), 2);
}

async fn only_administrators_can_list_retry_and_delete_dead_letters(app: App) {
    app.create_dead_letters(2).await;
    let admin = admin(&app).await;
    let participant = app.participants(1).await[0];
    let as_admin = app.client().with_token(app.token(admin).await);
    let as_person = app.client().with_token(app.token(participant).await);
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
        "deleting all requires all=true"
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

    // The loss of the role takes effect at once, although the token still contains it.
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
async fn the_command_line_lists_retries_and_deletes_dead_letters() {
    let backend = crate::harness::Backend::Postgres;
    let app = crate::harness::spawn_app(backend).await;
    app.create_dead_letters(3).await;
    let run = |arguments: Vec<String>| {
        let storage = &app.storage;
        async move {
            let mut command = vec!["dead-letters"];
            command.extend(arguments.iter().map(String::as_str));
            Program::run(storage, &command).await
        }
    };
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (succeeded, out, log) = run(words("list")).await;
    assert!(succeeded, "{log}");
    assert_eq!(out.lines().count(), 3);
    let dead_letter: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    let id = dead_letter["id"].as_str().unwrap();
    let group = dead_letter["group"].as_str().unwrap();

    let (succeeded, out, log) = run(words(&format!("retry {id}"))).await;
    assert!(succeeded && out.contains(r#""retried":1"#), "{out} {log}");
    assert!(log.contains("cli:tester"), "{log}");
    assert_eq!(app.open_jobs().await, 1);
    let (succeeded, _, log) = run(words(&format!("retry {id}"))).await;
    assert!(!succeeded && log.contains("no such dead letter"), "{log}");
    let (succeeded, ..) = run(words("delete")).await;
    assert!(!succeeded, "the selection is missing");
    let (succeeded, out, _) = run(words(&format!("delete --group {group}"))).await;
    assert!(succeeded && out.contains(r#""deleted":2"#), "{out}");
    assert!(app.failed_jobs().await.is_empty());
}
