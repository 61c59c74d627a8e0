//! Who may do what: every operation of the API, every page and every server function is requested by every kind of
//! visitor.
//!
//! The routes come from the application itself, and the rules from the tables of [`rules`]. A route without a rule
//! fails the test, so nobody can add one without saying whom it is for.

mod requests;
mod rules;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, RegistrationId, Role, StaffId, StaffRole, UserId, UserView},
    store::entity::{
        announcement, check_in, competition, failed_job, message, paused_queue, registration,
        registration_note, saved_view, staff, start_number, user,
    },
};
use reqwest::Method;
use sea_orm::{EntityTrait, Set};

use self::{
    requests::{body, call, open, query, submit},
    rules::{
        Rule, WITHOUT_EFFECT, function_rule, is_missing, is_not_told, is_not_tried, operation_rule,
        page_rule,
    },
};
use crate::{
    harness::{App, Client, Clients, add_staff, confirm_second_factor, page_templates, set_role},
    on_both_backends,
};

on_both_backends!(
    every_operation_of_the_api_is_open_to_those_that_its_rule_names_and_to_nobody_else,
    every_page_is_open_to_those_that_its_rule_names_and_to_nobody_else,
    no_server_function_does_anything_for_those_whom_it_is_not_for,
);

/// A kind of visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    Anonymous,
    /// Somebody with an account, who has nothing to do with the competition.
    Participant,
    /// The participant whose registration is requested.
    Registered,
    /// The organizer of another competition.
    OtherOrganizer,
    /// The organizer of the competition.
    Owner,
    /// An editor of the competition, who is no organizer, like the three that follow.
    Editor,
    /// Somebody who checks participants in.
    CheckIn,
    /// Somebody who sees the results.
    Results,
    /// Somebody who may see the competition.
    Viewer,
    /// The organizer of another competition of the same kind whose role was taken away after the log-in.
    Demoted,
    Administrator,
}

const VISITORS: [Visitor; 11] = [
    Visitor::Anonymous,
    Visitor::Participant,
    Visitor::Registered,
    Visitor::OtherOrganizer,
    Visitor::Owner,
    Visitor::Editor,
    Visitor::CheckIn,
    Visitor::Results,
    Visitor::Viewer,
    Visitor::Demoted,
    Visitor::Administrator,
];

/// A competition with one registration, somebody of each kind, and an account to which nobody belongs.
struct Scene {
    app: App,
    visitors: Vec<(Visitor, Clients)>,
    members: Vec<(Visitor, UserId)>,
    owner: UserView,
    former: UserView,
    registered: Actor,
    subject: UserView,
}

/// What the parameters of a path stand for.
struct Objects {
    competition: CompetitionId,
    registration: RegistrationId,
    /// An invitation that waits for an answer.
    part: StaffId,
}

impl Visitor {
    /// Returns the role in the competition that the visitor has besides the role of the account.
    const fn staff_role(self) -> Option<StaffRole> {
        match self {
            Self::Editor => Some(StaffRole::Editor),
            Self::CheckIn => Some(StaffRole::CheckIn),
            Self::Results => Some(StaffRole::Results),
            Self::Viewer => Some(StaffRole::Viewer),
            _ => None,
        }
    }
}

impl Scene {
    async fn new(app: App) -> Self {
        let owner = app.account("Olga", Role::Organizer).await;
        let former = app.account("Fritz", Role::Organizer).await;
        let registered = app.account("Rita", Role::Participant).await;
        let subject = app.account("Sam", Role::Participant).await;
        let mut members = Vec::new();
        let mut visitors = vec![(
            Visitor::Anonymous,
            Clients {
                browser: app.client(),
                api: app.client(),
            },
        )];
        for (visitor, account) in [
            (
                Visitor::Participant,
                app.account("Paula", Role::Participant).await,
            ),
            (Visitor::Registered, registered.clone()),
            (
                Visitor::OtherOrganizer,
                app.account("Oleg", Role::Organizer).await,
            ),
            (Visitor::Owner, owner.clone()),
            (
                Visitor::Editor,
                app.account("Edith", Role::Participant).await,
            ),
            (
                Visitor::CheckIn,
                app.account("Chuck", Role::Participant).await,
            ),
            (
                Visitor::Results,
                app.account("Renate", Role::Participant).await,
            ),
            (
                Visitor::Viewer,
                app.account("Vera", Role::Participant).await,
            ),
            (Visitor::Demoted, former.clone()),
            (
                Visitor::Administrator,
                app.account("Root", Role::Admin).await,
            ),
        ] {
            let clients = Clients::log_in(&app, &account).await;
            if visitor == Visitor::Administrator {
                confirm_second_factor(&app, &account).await;
            }
            visitors.push((visitor, clients));
            members.push((visitor, account.id));
        }
        assert_eq!(
            visitors
                .iter()
                .map(|(visitor, _)| *visitor)
                .collect::<Vec<_>>(),
            VISITORS
        );
        set_role(&app, &former, Role::Participant).await;
        Self {
            registered: Actor::from(&registered),
            app,
            visitors,
            members,
            owner,
            former,
            subject,
        }
    }

    /// Returns a new competition with a registration and an open invitation, of the owner or of the former organizer, in
    /// which the visitor has its role.
    async fn objects(&self, visitor: Visitor) -> Objects {
        let organizer = match visitor {
            Visitor::Demoted => &self.former,
            _ => &self.owner,
        };
        if visitor == Visitor::Demoted {
            set_role(&self.app, organizer, Role::Organizer).await;
        }
        let competition = self.app.competition_of(organizer, 10, false).await;
        if visitor == Visitor::Demoted {
            set_role(&self.app, organizer, Role::Participant).await;
        }
        self.app
            .register_all(&[self.registered], competition.id)
            .await;
        for (member, account) in &self.members {
            if *member == visitor
                && let Some(role) = visitor.staff_role()
            {
                add_staff(&self.app, competition.id, *account, role).await;
            }
        }
        let invited = invite(&self.app, competition.id).await;
        let registrations = &self.app.services.registrations;
        let live = registrations.live(self.registered, competition.id).await;
        Objects {
            competition: competition.id,
            registration: live.unwrap().unwrap().registration_id,
            part: invited,
        }
    }

    /// Returns the path with the parameters of its template filled in.
    fn path(&self, template: &str, objects: &Objects) -> String {
        let id = if template.contains("/registrations/{id}") {
            objects.registration.to_string()
        } else if template.contains("/competitions/{id}") || template.contains("/organize/{id}") {
            objects.competition.to_string()
        } else if template.contains("/organizers/{id}") {
            self.owner.id.to_string()
        } else {
            self.subject.id.to_string()
        };
        template
            .split('/')
            .map(|segment| match segment {
                "{id}" => id.clone(),
                "{name}" => "mail".to_owned(),
                "{registration}" | "{registrationId}" => objects.registration.to_string(),
                "{partId}" => objects.part.to_string(),
                other if other.starts_with('{') => self.subject.id.to_string(),
                other => other.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("/")
    }

    /// Returns the rows that must not change for those whom a request is not for.
    async fn state(&self) -> State {
        let database = self.app.database().read();
        State {
            accounts: user::Entity::find().all(database).await.unwrap(),
            announcements: announcement::Entity::find().all(database).await.unwrap(),
            check_ins: check_in::Entity::find().all(database).await.unwrap(),
            competitions: competition::Entity::find().all(database).await.unwrap(),
            failed_jobs: failed_job::Entity::find().all(database).await.unwrap(),
            messages: message::Entity::find().all(database).await.unwrap(),
            notes: registration_note::Entity::find()
                .all(database)
                .await
                .unwrap(),
            paused_queues: paused_queue::Entity::find().all(database).await.unwrap(),
            registrations: registration::Entity::find().all(database).await.unwrap(),
            saved_views: saved_view::Entity::find().all(database).await.unwrap(),
            staff: staff::Entity::find().all(database).await.unwrap(),
            start_numbers: start_number::Entity::find().all(database).await.unwrap(),
        }
    }
}

/// The rows of the tables that requests change.
#[derive(Debug, PartialEq)]
struct State {
    accounts: Vec<user::Model>,
    announcements: Vec<announcement::Model>,
    check_ins: Vec<check_in::Model>,
    competitions: Vec<competition::Model>,
    failed_jobs: Vec<failed_job::Model>,
    messages: Vec<message::Model>,
    notes: Vec<registration_note::Model>,
    paused_queues: Vec<paused_queue::Model>,
    registrations: Vec<registration::Model>,
    saved_views: Vec<saved_view::Model>,
    staff: Vec<staff::Model>,
    start_numbers: Vec<start_number::Model>,
}

/// Writes an invitation that nobody has answered.
async fn invite(app: &App, competition: CompetitionId) -> StaffId {
    let (id, now) = (StaffId::new(), app.clock.now());
    staff::Entity::insert(staff::ActiveModel {
        id: Set(id),
        competition_id: Set(competition),
        user_id: Set(None),
        invited_email: Set(Some("nobody@example.org".to_owned())),
        role: Set(StaffRole::CheckIn),
        token_hash: Set(None),
        created_at: Set(now),
        expires_at: Set(Some(now + TimeDelta::days(1))),
        accepted_at: Set(None),
    })
    .exec_without_returning(app.database().write())
    .await
    .unwrap();
    id
}

/// Returns every operation of the OpenAPI document.
async fn operations(client: &Client) -> Vec<(Method, String)> {
    let document = client.get("/api/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let all: Vec<_> = paths
        .iter()
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase().parse().unwrap(), path.clone()))
        })
        .collect();
    assert!(all.len() > 60, "{all:?}");
    all
}

/// Returns the template of every page, with parameters as in the API.
fn pages() -> Vec<String> {
    let mut all = page_templates();
    // Downloads that are no pages of the application's router.
    all.extend(
        [
            "/organize/{id}/registrations.csv",
            "/organize/{id}/registrations.xlsx",
            "/organize/{id}/codes.csv",
            "/organize/{id}/badges.pdf",
            "/registrations/{id}/certificate.pdf",
            "/competitions/{id}/calendar.ics",
            "/competitions/{id}/opening.ics",
            "/competitions/{id}/embed",
            "/competitions/{id}/badge.svg",
        ]
        .map(str::to_owned),
    );
    assert!(all.len() > 40, "{all:?}");
    all
}

async fn every_operation_of_the_api_is_open_to_those_that_its_rule_names_and_to_nobody_else(
    app: App,
) {
    let scene = Scene::new(app).await;
    let operations = operations(&scene.app.client()).await;
    assert_eq!(
        operations.len(),
        rules::count()[0],
        "a rule is of no operation"
    );
    let (mut checks, mut wrong) = (0, Vec::new());
    for (method, template) in &operations {
        let rule = operation_rule(method, template);
        for (visitor, clients) in &scene.visitors {
            let allowed = rule.allows(*visitor);
            if allowed && is_not_tried(method, template) {
                continue;
            }
            let objects = scene.objects(*visitor).await;
            let path = scene.path(template, &objects) + query(method, template);
            let before = scene.state().await;
            for (client, how) in [(&clients.api, "token"), (&clients.browser, "session")] {
                let outcome = call(client, method, &path, body(method, template)).await;
                let told = format!("{method} {template} by {visitor:?} ({how}): {outcome:?}");
                let right = match allowed {
                    true => outcome.is_open(is_missing(method, template)),
                    false => outcome.is_refusal(),
                };
                if !right {
                    wrong.push(told);
                }
                checks += 1;
                if allowed && *method != Method::GET {
                    // A second time would meet what the first has changed.
                    break;
                }
            }
            if !allowed && scene.state().await != before {
                wrong.push(format!("{method} {template} did something for {visitor:?}"));
            }
        }
    }
    eprintln!("{} operations, {checks} requests", operations.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn every_page_is_open_to_those_that_its_rule_names_and_to_nobody_else(app: App) {
    let scene = Scene::new(app).await;
    let pages = pages();
    assert_eq!(pages.len(), rules::count()[1], "a rule is of no page");
    let (mut checks, mut wrong) = (0, Vec::new());
    for template in &pages {
        let rule = page_rule(template);
        for (visitor, clients) in &scene.visitors {
            let objects = scene.objects(*visitor).await;
            let path = scene.path(template, &objects);
            let outcome = open(&clients.browser, &path).await;
            let right = match rule.allows(*visitor) {
                true => outcome.is_open(is_missing(&Method::GET, template)),
                false => outcome.is_refusal(),
            };
            if !right {
                wrong.push(format!("{template} by {visitor:?}: {outcome:?}"));
            }
            checks += 1;
        }
    }
    eprintln!("{} pages, {checks} requests", pages.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn no_server_function_does_anything_for_those_whom_it_is_not_for(app: App) {
    let scene = Scene::new(app).await;
    let mut functions: Vec<_> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == Method::POST)
        .map(|(path, _)| path)
        .collect();
    functions.sort_unstable();
    assert_eq!(
        functions.len(),
        rules::count()[2],
        "a rule is of no function"
    );
    let (mut checks, mut wrong) = (0, Vec::new());
    for function in &functions {
        let rule = function_rule(function);
        for (visitor, clients) in &scene.visitors {
            let allowed = rule.allows(*visitor);
            // Those of accounts concern the account that sends the form, so that it is nobody else's.
            if allowed && matches!(rule, Rule::Anyone | Rule::Account) {
                continue;
            }
            scene.app.create_dead_letters(1).await;
            let objects = scene.objects(*visitor).await;
            let before = scene.state().await;
            let subject = scene.subject.id;
            let outcome = submit(&clients.browser, function, &objects, subject).await;
            let changed = scene.state().await != before;
            let has_effect = !WITHOUT_EFFECT.iter().any(|name| function.ends_with(name));
            // A function that does nothing here would do nothing without a check of permissions, too: what it says tells
            // whether there is one.
            let is_told = allowed || outcome.is_refusal() || is_not_told(function);
            if changed != (allowed && has_effect) || !is_told {
                wrong.push(format!("{function} by {visitor:?}, {changed}: {outcome:?}"));
            }
            checks += 1;
        }
    }
    eprintln!("{} functions, {checks} requests", functions.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
