//! The people who work on a competition: what each role allows, and what becomes of it.

mod costs;
mod invitations;

use mini_compete::{
    domain::Actor,
    model::{CompetitionId, CompetitionView, Role, StaffRole, UserView},
    store::{TimeLimits, entity::staff},
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};

use crate::{
    harness::{
        App, Backend, Client, Clients, PASSWORD, Reply, add_staff, draft_of, set_role, spawn_app,
        wait_for_lock_waiter,
    },
    on_both_backends,
};

on_both_backends!(
    an_editor_edits_and_neither_cancels_nor_deletes_nor_manages_the_staff,
    a_role_that_was_taken_away_or_changed_has_no_effect_at_once,
    those_who_check_in_see_names_and_no_addresses,
    a_draft_is_shown_to_those_who_work_on_it,
    a_copy_of_an_editor_belongs_to_the_owner_of_the_original,
    handing_over_gives_the_competition_another_owner_and_leaves_an_editor,
    a_competition_is_handed_over_only_to_an_organizer_who_accepted,
    the_owner_neither_leaves_nor_is_removed_nor_gets_another_role,
    everybody_else_may_leave_and_only_the_owner_removes_others,
    own_lists_have_the_competitions_on_which_one_works_in_every_order,
    a_deleted_account_works_on_nothing_and_an_export_has_the_roles,
    the_pages_show_what_a_role_allows_and_do_it_without_javascript,
    every_page_leads_those_who_work_on_a_competition_to_it,
    names_lead_to_the_pages_of_participants_for_those_who_may_open_them,
);

async fn call(client: &Client, method: Method, path: &str, body: Value) -> Reply {
    let request = client.request(method, path).json(&body);
    client.send(request).await
}

async fn delete(client: &Client, path: &str) -> u16 {
    let request = client.request(Method::DELETE, path);
    client.send(request).await.status.as_u16()
}

fn path(competition: &CompetitionView) -> String {
    format!("/api/v1/competitions/{}", competition.id)
}

/// Returns an API client that has just logged in.
async fn api(app: &App, account: &UserView) -> Client {
    let body = json!({ "email": account.email, "password": PASSWORD });
    let reply = app.client().post_json("/api/v1/auth/login", &body).await;
    let token = reply.json()["accessToken"].as_str().unwrap().to_owned();
    app.client().with_token(token)
}

/// Returns an account without a role in the application, and its client.
async fn helper(app: &App, competition: CompetitionId, role: StaffRole) -> (UserView, Client) {
    let account = app.account("Hilda", Role::Participant).await;
    add_staff(app, competition, account.id, role).await;
    let client = api(app, &account).await;
    (account, client)
}

async fn an_editor_edits_and_neither_cancels_nor_deletes_nor_manages_the_staff(app: App) {
    let competition = app.competition(3, false).await;
    let (_, editor) = helper(&app, competition.id, StaffRole::Editor).await;
    let path = path(&competition);
    let patch = async |body| call(&editor, Method::PATCH, &path, body).await;
    let changed = patch(json!({ "title": "Edited by Hilda", "capacity": 5 })).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.json()["capacity"], 5);
    assert_eq!(patch(json!({ "status": "CANCELLED" })).await.status, 403);
    assert_eq!(delete(&editor, &path).await, 403);
    let staff = format!("{path}/staff");
    let body = json!({ "email": "somebody@example.org", "role": "VIEWER" });
    assert_eq!(call(&editor, Method::POST, &staff, body).await.status, 403);
    let now = editor.get(&path).await.json();
    assert_eq!(now["status"], "PUBLISHED");
}

async fn a_role_that_was_taken_away_or_changed_has_no_effect_at_once(app: App) {
    let owner = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&owner, 3, false).await;
    let helper = app.account("Hilda", Role::Participant).await;
    let part = add_staff(&app, competition.id, helper.id, StaffRole::Editor).await;
    let (owner, helper) = (api(&app, &owner).await, api(&app, &helper).await);
    let path = path(&competition);
    let edit = async || {
        let body = json!({ "location": "Somewhere else" });
        call(&helper, Method::PATCH, &path, body).await.status
    };
    assert_eq!(edit().await, 200);
    let part = format!("{path}/staff/{part}");
    let changed = call(&owner, Method::PATCH, &part, json!({ "role": "VIEWER" })).await;
    assert_eq!(changed.json()["role"], "VIEWER");
    assert_eq!(edit().await, 403);
    let people = format!("{path}/registrations");
    assert_eq!(helper.get(&people).await.status, 200);
    assert_eq!(delete(&owner, &part).await, 204);
    assert_eq!(helper.get(&people).await.status, 403);
    assert_eq!(delete(&owner, &part).await, 404);
    let history = owner.get(&format!("{path}/audit")).await.json();
    let actions: Vec<_> = history["items"].as_array().unwrap().iter().collect();
    let role_change = actions.iter().find(|e| e["action"] == "STAFF_ROLE_CHANGE");
    let detail = &role_change.unwrap()["detail"];
    assert_eq!(detail["before"]["role"], "EDITOR");
    assert_eq!(detail["after"]["role"], "VIEWER");
    assert!(actions.iter().any(|e| e["action"] == "STAFF_REMOVE"));
}

async fn those_who_check_in_see_names_and_no_addresses(app: App) {
    let competition = app.competition(3, false).await;
    let rita = app.account("Rita", Role::Participant).await;
    app.register_all(&[Actor::from(&rita)], competition.id)
        .await;
    let (hilda, check_in) = helper(&app, competition.id, StaffRole::CheckIn).await;
    let path = format!("{}/registrations", path(&competition));
    for query in ["", "?sort=email", "?search=rita"] {
        let list = check_in.get(&format!("{path}{query}")).await;
        let items = &list.json()["items"];
        assert_eq!(items[0]["userName"], "Rita", "{query}");
        assert!(!list.text.contains("rita@example.test"), "{query}");
    }
    let csv = check_in
        .request(Method::GET, &path)
        .header("accept", "text/csv");
    assert_eq!(check_in.send(csv).await.status, 403);
    let viewer = app.account("Vera", Role::Participant).await;
    add_staff(&app, competition.id, viewer.id, StaffRole::Viewer).await;
    let list = api(&app, &viewer).await.get(&path).await;
    assert!(list.text.contains("rita@example.test"));
    let browser = Clients::log_in(&app, &hilda).await.browser;
    let page = browser
        .browse(&format!("/organize/{}/registrations", competition.id))
        .await;
    assert!(page.text.contains("Rita") && !page.text.contains("rita@example.test"));
    assert!(page.find("[data-testid=people-form]").is_none());
    assert!(page.find("[data-testid=participant-form]").is_none());
}

async fn a_draft_is_shown_to_those_who_work_on_it(app: App) {
    let owner = app.account("Olga", Role::Organizer).await;
    let draft = draft_of(&app, &owner).await;
    let (_, results) = helper(&app, draft.id, StaffRole::Results).await;
    let stranger = app.account("Sam", Role::Organizer).await;
    let stranger = api(&app, &stranger).await;
    let path = path(&draft);
    assert_eq!(results.get(&path).await.json()["status"], "DRAFT");
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(results.get(&format!("{path}/stats")).await.status, 200);
    let people = format!("{path}/registrations");
    assert_eq!(results.get(&people).await.status, 403);
}

async fn a_copy_of_an_editor_belongs_to_the_owner_of_the_original(app: App) {
    let owner = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&owner, 3, false).await;
    let (_, editor) = helper(&app, competition.id, StaffRole::Editor).await;
    let duplicate = format!("{}/duplicate", path(&competition));
    let copy = call(&editor, Method::POST, &duplicate, json!({})).await;
    assert_eq!(copy.status, 201);
    let copy = copy.json();
    assert_eq!(copy["organizerId"], owner.id.to_string());
    let copy = format!("/api/v1/competitions/{}", copy["id"].as_str().unwrap());
    let body = json!({ "title": "The next one" });
    assert_eq!(call(&editor, Method::PATCH, &copy, body).await.status, 200);
    set_role(&app, &owner, Role::Participant).await;
    let copied = call(&editor, Method::POST, &duplicate, json!({})).await;
    assert_eq!(copied.status, 403, "nobody owns it who may not");
}

async fn handing_over_gives_the_competition_another_owner_and_leaves_an_editor(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 3, false).await;
    let nora = app.account("Nora", Role::Organizer).await;
    let part = add_staff(&app, competition.id, nora.id, StaffRole::CheckIn).await;
    let (olga, successor) = (api(&app, &olga).await, api(&app, &nora).await);
    let path = path(&competition);
    // From memory, where it is kept.
    assert_eq!(
        app.client().get(&path).await.json()["organizerName"],
        "Olga"
    );
    let part = format!("{path}/staff/{part}");
    let handed = call(&olga, Method::PATCH, &part, json!({ "role": "OWNER" })).await;
    assert_eq!(handed.status, 200, "{}", handed.text);
    assert_eq!(handed.json()["role"], "OWNER");
    let now = app.client().get(&path).await.json();
    assert_eq!(now["organizerId"], nora.id.to_string());
    assert_eq!(now["organizerName"], "Nora");
    let list = successor.get(&format!("{path}/staff")).await.json();
    let roles = list["items"].as_array().unwrap().iter();
    let roles: Vec<_> = roles.map(|one| (&one["name"], &one["role"])).collect();
    assert_eq!(
        roles,
        [
            (&json!("Nora"), &json!("OWNER")),
            (&json!("Olga"), &json!("EDITOR"))
        ]
    );
    assert_eq!(delete(&olga, &path).await, 403);
    let body = json!({ "title": "Still edited by Olga" });
    assert_eq!(call(&olga, Method::PATCH, &path, body).await.status, 200);
    assert_eq!(
        call(&olga, Method::PATCH, &part, json!({ "role": "VIEWER" }))
            .await
            .status,
        403
    );
    assert_eq!(delete(&successor, &path).await, 204);
}

async fn a_competition_is_handed_over_only_to_an_organizer_who_accepted(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 3, false).await;
    let paul = app.account("Paul", Role::Participant).await;
    let part = add_staff(&app, competition.id, paul.id, StaffRole::Editor).await;
    let olga = api(&app, &olga).await;
    let staff = format!("{}/staff", path(&competition));
    let invitation = json!({ "email": "somebody@example.org", "role": "EDITOR" });
    let invited = call(&olga, Method::POST, &staff, invitation).await.json();
    for part in [&json!(part.to_string()), &invited["id"]] {
        let path = format!("{staff}/{}", part.as_str().unwrap());
        let refused = call(&olga, Method::PATCH, &path, json!({ "role": "OWNER" })).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json()["errors"][0]["field"], "role");
    }
}

async fn the_owner_neither_leaves_nor_is_removed_nor_gets_another_role(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 3, false).await;
    let olga = api(&app, &olga).await;
    let staff = format!("{}/staff", path(&competition));
    let list = olga.get(&staff).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let owner = &list["items"][0];
    assert_eq!(owner["role"], "OWNER");
    let part = format!("{staff}/{}", owner["id"].as_str().unwrap());
    let removed = olga.request(Method::DELETE, &part);
    let removed = olga.send(removed).await;
    assert_eq!(
        (removed.status.as_u16(), &*removed.problem()),
        (409, "last-owner")
    );
    let changed = call(&olga, Method::PATCH, &part, json!({ "role": "EDITOR" })).await;
    assert_eq!(
        (changed.status.as_u16(), &*changed.problem()),
        (409, "last-owner")
    );
    // The database knows it, too.
    let sql = "INSERT INTO staff (id, competition_id, user_id, role, created_at, accepted_at) \
               SELECT organizer_id, id, organizer_id, 'OWNER', created_at, created_at FROM competitions";
    let database = app.database().write();
    let statement = Statement::from_string(database.get_database_backend(), sql);
    assert!(database.execute_raw(statement).await.is_err());
}

async fn everybody_else_may_leave_and_only_the_owner_removes_others(app: App) {
    let competition = app.competition(3, false).await;
    let (hilda, helper) = helper(&app, competition.id, StaffRole::Editor).await;
    let vera = app.account("Vera", Role::Participant).await;
    let other = add_staff(&app, competition.id, vera.id, StaffRole::Viewer).await;
    let staff = format!("{}/staff", path(&competition));
    assert_eq!(delete(&helper, &format!("{staff}/{other}")).await, 403);
    let unknown = uuid::Uuid::now_v7();
    assert_eq!(delete(&helper, &format!("{staff}/{unknown}")).await, 403);
    let list = helper.get(&staff).await.json();
    let people = list["items"].as_array().unwrap();
    let with_address = people.iter().filter(|one| !one["email"].is_null());
    let with_address: Vec<_> = with_address.collect();
    assert_eq!(with_address.len(), 1, "their own: {list}");
    assert_eq!(with_address[0]["userId"], hilda.id.to_string());
    let own = format!("{staff}/{}", with_address[0]["id"].as_str().unwrap());
    assert_eq!(delete(&helper, &own).await, 204);
    assert_eq!(helper.get(&staff).await.status, 403);
}

async fn own_lists_have_the_competitions_on_which_one_works_in_every_order(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let nora = app.account("Nora", Role::Organizer).await;
    let own = draft_of(&app, &nora).await;
    let shared = draft_of(&app, &olga).await;
    draft_of(&app, &olga).await;
    add_staff(&app, shared.id, nora.id, StaffRole::Results).await;
    let helper = app.account("Hilda", Role::Participant).await;
    add_staff(&app, shared.id, helper.id, StaffRole::Viewer).await;
    let (nora, helper) = (api(&app, &nora).await, api(&app, &helper).await);
    let ids = async |client: &Client, query: &str| {
        let path = format!("/api/v1/competitions?mine=true{query}");
        let page = client.get(&path).await.json();
        let items = page["items"].as_array().unwrap().iter();
        let mut ids: Vec<String> = items
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(page["total"], ids.len(), "{query}");
        ids.sort_unstable();
        ids
    };
    let mut both = [own.id.to_string(), shared.id.to_string()];
    both.sort_unstable();
    for query in [
        "",
        "&sort=title",
        "&sort=seatsLeft",
        "&sort=newest",
        "&sort=regDeadline",
        "&status=DRAFT",
        "&search=draft",
        "&tag=running",
    ] {
        assert_eq!(ids(&nora, query).await, both, "{query}");
        assert_eq!(
            ids(&helper, query).await,
            [shared.id.to_string()],
            "{query}"
        );
    }
    assert!(ids(&nora, "&status=PUBLISHED").await.is_empty());
}

async fn a_deleted_account_works_on_nothing_and_an_export_has_the_roles(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 3, false).await;
    let (hilda, helper) = helper(&app, competition.id, StaffRole::CheckIn).await;
    let export = helper.get("/api/v1/me/export").await.json();
    assert_eq!(export["staffRoles"][0]["role"], "CHECK_IN");
    assert_eq!(
        export["staffRoles"][0]["competitionId"],
        competition.id.to_string()
    );
    let olga = api(&app, &olga).await;
    let staff = format!("{}/staff", path(&competition));
    let people = async || {
        olga.get(&staff).await.json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(people().await, 2);
    let request = helper.request(Method::DELETE, "/api/v1/me");
    let request = request.json(&json!({ "password": PASSWORD }));
    let deleted = helper.send(request).await;
    assert_eq!(deleted.status, 204, "{} {}", hilda.email, deleted.text);
    assert_eq!(people().await, 1);
}

async fn the_pages_show_what_a_role_allows_and_do_it_without_javascript(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let nora = app.account("Nora", Role::Organizer).await;
    let competition = app.competition_of(&olga, 3, false).await;
    let owner = Clients::log_in(&app, &olga).await.browser;
    let page = format!("/organize/{}/staff", competition.id);
    let shown = owner.browse(&page).await;
    let form = shown.form("[data-testid=staff-form]");
    let invited = owner
        .submit(&form.fill("email", &nora.email).fill("role", "VIEWER"))
        .await;
    assert!(
        invited
            .find("[role=status]")
            .unwrap()
            .contains(&*nora.email)
    );
    app.run_jobs_with_retries().await;
    // The person who is invited finds it where organizers look.
    let helper = Clients::log_in(&app, &nora).await.browser;
    let overview = helper.browse("/organize").await;
    assert!(overview.find("[data-testid=invitations]").is_some());
    let link = overview.text.split("/invitations/").nth(1).unwrap();
    let link = format!("/invitations/{}", link.get(..36).unwrap());
    let asked = helper.browse(&link).await;
    let accept = asked.form("form[action='/act/accept-invitation']");
    let accepted = helper.submit(&accept).await;
    assert!(
        accepted
            .find("[data-testid=own-role]")
            .unwrap()
            .contains("Viewer")
    );
    assert!(accepted.find("a[href$='/edit']").is_none());
    assert!(accepted.find("a[href$='/delete']").is_none());
    assert!(accepted.find("a[href$='/live']").is_some());
    let overview = helper.browse("/organize").await;
    assert!(overview.find("tbody .badge").is_some());
    // Another role, and the whole competition.
    let shown = owner.browse(&page).await;
    let change = shown.form("form[action='/act/change-staff-role']");
    let part = change.value("staffId").unwrap().to_owned();
    owner.submit(&change.fill("role", "EDITOR")).await;
    let overview = helper
        .browse(&format!("/organize/{}", competition.id))
        .await;
    assert!(overview.find("a[href$='/edit']").is_some());
    let question = owner.browse(&format!("{page}/hand-over?part={part}")).await;
    assert!(question.find("h1").unwrap().contains("Nora"));
    let form = question.form("form[action='/act/change-staff-role']");
    let handed = owner.submit(&form).await;
    assert!(handed.find("[role=status]").unwrap().contains("Nora"));
    // The former owner leaves.
    let former = owner.browse(&page).await;
    assert!(former.find("[data-testid=staff-form]").is_none());
    let leave = former.text.split("/staff/remove?part=").nth(1).unwrap();
    let leave = format!("{page}/remove?part={}", leave.get(..36).unwrap());
    let question = owner.browse(&leave).await;
    let form = question.form("form[action='/act/remove-staff']");
    let left = owner.submit(&form).await;
    assert!(left.url.ends_with("/organize"));
    assert_eq!(owner.browse(&page).await.status, 403);
    let history = format!("/organize/{}/audit", competition.id);
    let history = helper.browse(&history).await.text;
    for words in ["Co-organizer invited", "Handed over", "Role changed"] {
        assert!(history.contains(words), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_competition_is_not_handed_over_to_an_account_that_is_deleted_meanwhile() {
    let app = spawn_app(Backend::Postgres).await;
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 3, false).await;
    let nora = app.account("Nora", Role::Organizer).await;
    let part = add_staff(&app, competition.id, nora.id, StaffRole::Editor).await;
    let olga = api(&app, &olga).await;
    let database = app.database();
    let deleting = database.begin_within(TimeLimits::LONG).await.unwrap();
    let sql = format!(
        "UPDATE users SET role = 'PARTICIPANT', disabled_at = now() WHERE id = '{}'",
        nora.id
    );
    deleting.execute_unprepared(&sql).await.unwrap();
    let part = format!("{}/staff/{part}", path(&competition));
    let handing_over = call(&olga, Method::PATCH, &part, json!({ "role": "OWNER" }));
    let deleted = async {
        wait_for_lock_waiter(database).await;
        deleting.commit().await.unwrap();
    };
    let (refused, ()) = tokio::join!(handing_over, deleted);
    assert_eq!(refused.status, 422, "{}", refused.text);
}

async fn every_page_leads_those_who_work_on_a_competition_to_it(app: App) {
    let competition = app.competition(3, false).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    let browser = Clients::log_in(&app, &hilda).await.browser;
    let links = async |browser: &Client| {
        let page = browser.browse("/competitions").await;
        [".main-nav", ".menu-panel"]
            .map(|place| page.find(&format!("{place} a[href='/organize']")).is_some())
    };
    assert_eq!(links(&browser).await, [false; 2]);
    let part = add_staff(&app, competition.id, hilda.id, StaffRole::CheckIn).await;
    assert_eq!(links(&browser).await, [true; 2]);
    staff::Entity::delete_by_id(part)
        .exec(app.database().write())
        .await
        .unwrap();
    assert_eq!(links(&browser).await, [false; 2]);
    // A former organizer has nothing to organize either, though the competition is still there.
    let olga = app.account("Olga", Role::Organizer).await;
    app.competition_of(&olga, 3, false).await;
    let browser = Clients::log_in(&app, &olga).await.browser;
    assert_eq!(links(&browser).await, [true; 2]);
    set_role(&app, &olga, Role::Participant).await;
    assert_eq!(links(&browser).await, [false; 2]);
}

async fn names_lead_to_the_pages_of_participants_for_those_who_may_open_them(app: App) {
    let competition = app.competition(3, false).await;
    let pat = app.account("Pat", Role::Participant).await;
    app.register_all(&[Actor::from(&pat)], competition.id).await;
    let page = format!("/organize/{}", competition.id);
    for (name, role, leads) in [
        ("Edith", StaffRole::Editor, true),
        ("Vera", StaffRole::Viewer, false),
        ("Chuck", StaffRole::CheckIn, false),
    ] {
        let account = app.account(name, Role::Participant).await;
        add_staff(&app, competition.id, account.id, role).await;
        let browser = Clients::log_in(&app, &account).await.browser;
        for path in [page.clone(), format!("{page}/registrations")] {
            let shown = browser.get(&path).await;
            let link = shown.find(&format!("th a[href^='{page}/registrations/']"));
            assert_eq!(link.as_deref() == Some("Pat"), leads, "{role} {path}");
            let row = shown.find("[data-own-list] tbody th").unwrap();
            assert!(row.contains("Pat"), "{row}");
        }
    }
}
