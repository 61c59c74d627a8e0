//! The form of every server function, as a page shows it.

use chrono::TimeDelta;
use mini_compete::{
    model::{CompetitionId, Role},
    store::entity::{competition, user},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{Viewer, WholeSite, link};
use crate::{
    harness::{Client, Control, PASSWORD, PageForm, Reply},
    second_factor,
};

/// Returns the names of all server functions that forms are sent to.
pub fn functions() -> Vec<&'static str> {
    let mut all: Vec<_> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == reqwest::Method::POST)
        .map(|(path, _)| path.strip_prefix("/act/").unwrap())
        .collect();
    // A paused queue keeps letters back, so that the pause is ended at once. Nobody is checked in, answers, has a result, or
    // is in a bracket whose registration the organizer has cancelled before.
    all.sort_unstable_by_key(|function| match *function {
        "pause-queue" => "resume-",
        "undo-check-in-to-competition"
        | "change-answers"
        | "read-results"
        | "record-results"
        | "record-result"
        | "read-bracket"
        | "add-bracket"
        | "record-match"
        | "undo-match" => "act-",
        other => other,
    });
    assert!(all.len() > 50, "{all:?}");
    all
}

/// Returns the form of a page that is sent to a function.
///
/// # Panics
/// Panics if the page has none.
fn form_of(page: &Reply, function: &str) -> PageForm {
    let action = format!("/act/{function}");
    let mut forms = page.page_forms().into_iter();
    let form = forms.find(|form| form.action == action);
    form.unwrap_or_else(|| panic!("no form for {action}: {} {}", page.url, page.text))
}

/// Returns what somebody would type into a control.
pub fn typed(control: &Control) -> Option<String> {
    Some(match (control.name.as_str(), control.kind.as_str()) {
        ("email", _) => format!("{}@example.test", uuid::Uuid::now_v7().simple()),
        ("password" | "currentPassword", _) => PASSWORD.to_owned(),
        ("newPassword", _) => "another long passphrase 17".to_owned(),
        ("name", _) => "Nora".to_owned(),
        ("title", _) => "Harbour Swim".to_owned(),
        ("subject", _) => "Parking".to_owned(),
        ("body", _) => "Use gate 2.".to_owned(),
        ("reason", _) => "Chess for forty people in March.".to_owned(),
        ("alt", _) => "Boats".to_owned(),
        ("note", _) => "Comes late.".to_owned(),
        ("people", _) => "Anna,anna@example.test".to_owned(),
        ("url", _) => "http://127.0.0.1:9/hook".to_owned(),
        ("kind", "select") => "CHOICE".to_owned(),
        ("maxUses" | "count", _) => "2".to_owned(),
        ("label", _) => "Bring laptop".to_owned(),
        ("options", _) => "Sprint\nRelay".to_owned(),
        ("capacity", _) => "30".to_owned(),
        ("startsAt", _) => "2030-03-02T09:00".to_owned(),
        ("regDeadline", _) => "2030-03-01T18:00".to_owned(),
        _ => return None,
    })
}

impl WholeSite {
    /// Returns the form of a server function, and a browser in which it is shown. What the form changes is of an account
    /// of its own if the form could be sent only once.
    ///
    /// # Panics
    /// Panics if the function is not known here: say where its form is.
    pub async fn form(&self, function: &str) -> (Client, PageForm) {
        let (browser, page) = self.page_with_form(function).await;
        let mut form = form_of(&page, function);
        form.hidden.extend(self.ticked(function));
        (browser, form)
    }

    /// Returns the checkbox that has to be ticked in a form.
    fn ticked(&self, function: &str) -> Option<(String, String)> {
        let (name, value) = match function {
            "review-registrations-of-competition" => ("ids[]", self.registrations[0].to_string()),
            "create-api-key" => ("competitionsRead", "on".to_owned()),
            _ => return None,
        };
        Some((name.to_owned(), value))
    }

    async fn page_with_form(&self, function: &str) -> (Client, Reply) {
        match function {
            "signup" | "login" | "before-log-in" | "login-code" | "forgot" | "reset"
            | "verify-email" | "second-factor" => self.before_the_log_in(function).await,
            "logout"
            | "confirm-password"
            | "delete-account"
            | "email"
            | "password"
            | "end-other-sessions"
            | "end-session"
            | "send-confirmation"
            | "request-organizer-role"
            | "register"
            | "profile"
            | "remind-me" => self.of_an_account(function).await,
            "confirm-second-factor"
            | "set-up-second-factor"
            | "new-recovery-codes"
            | "recovery-codes-saved"
            | "remove-second-factor" => self.about_the_second_factor(function).await,
            "mark-read" => {
                let browser = self.browser(Viewer::Participant);
                let mailbox = browser.browse("/me/mailbox").await;
                let page = browser
                    .browse(link(&mailbox.text, "/me/mailbox?message="))
                    .await;
                (browser, page)
            }
            "revoke-certificate" => {
                // Each time a certificate that is valid.
                self.issue_again().await;
                let browser = self.browser(Viewer::Organizer);
                let running = self.competitions.running;
                let path = format!("/organize/{running}/certificates");
                let page = browser.browse(&path).await;
                (browser, page)
            }
            "accept-invitation" | "decline-invitation" => {
                let (account, browser) = self.newcomer(Role::Participant).await;
                self.invite(&account.email).await;
                let page = browser.browse("/organize").await;
                let page = browser.browse(link(&page.text, "/invitations/")).await;
                (browser, page)
            }
            "create-webhook"
            | "webhook-secret-saved"
            | "delete-webhook"
            | "replace-webhook-secret" => {
                let (_, browser) = self.newcomer(Role::Organizer).await;
                let page = browser.browse("/organize/webhooks").await;
                if function == "create-webhook" {
                    return (browser, page);
                }
                let form = form_of(&page, "create-webhook").filled(typed);
                let mut page = browser.submit_page_form(&form).await;
                if function != "webhook-secret-saved" {
                    let saved = form_of(&page, "webhook-secret-saved");
                    page = browser.submit_page_form(&saved).await;
                }
                (browser, page)
            }
            "change-answers" => {
                let path = format!("/me/registrations/{}/answers", self.registrations[0]);
                self.open(Viewer::Participant, &path).await
            }
            "cancel-registration" => {
                let path = format!("/me/registrations/{}/cancel", self.registrations[1]);
                self.open(Viewer::Participant, &path).await
            }
            "record-match" | "undo-match" => {
                let (bracket, game) = self.game().await;
                let open = self.competitions.open;
                let path = format!("/organize/{open}/brackets?bracket={bracket}&match={game}");
                self.open(Viewer::Organizer, &path).await
            }
            _ if self.path_for_organizers(function).is_some() => self.to_organize(function).await,
            _ => self.to_administer(function).await,
        }
    }

    async fn open(&self, viewer: Viewer, path: &str) -> (Client, Reply) {
        let browser = self.browser(viewer);
        let page = browser.browse(path).await;
        (browser, page)
    }

    /// Invites an address to work on a competition.
    pub async fn invite(&self, address: &str) {
        let path = format!("/organize/{}/staff", self.competitions.open);
        let (browser, page) = self.open(Viewer::Organizer, &path).await;
        let forms = page.page_forms().into_iter();
        // The other forms send an invitation again.
        let mut forms = forms.filter(|form| form.action == "/act/invite-staff");
        let empty = forms.find(|form| form.controls.iter().any(|control| control.name == "email"));
        let form = empty
            .unwrap()
            .filled(|control| (control.name == "email").then(|| address.to_owned()));
        browser.submit_page_form(&form).await;
    }

    /// Returns the token of the newest letter with a link to a page.
    fn token(&self, page: &str) -> String {
        let begin = format!("{page}?token=");
        let mails = self.server.received();
        let texts = mails.iter().rev().map(|mail| &mail.part("text/plain").text);
        let mut after = texts.filter_map(|text| Some(text.split_once(&begin)?.1));
        let rest = after.next().expect("a letter with a link");
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// Signs somebody up, whose address is not confirmed.
    async fn sign_up(&self) -> Client {
        let browser = self.browser(Viewer::Anonymous);
        let page = browser.browse("/signup").await;
        let form = form_of(&page, "signup").filled(typed);
        browser.submit_page_form(&form).await;
        browser
    }

    async fn before_the_log_in(&self, function: &str) -> (Client, Reply) {
        let browser = self.browser(Viewer::Anonymous);
        let path = match function {
            "signup" => "/signup".to_owned(),
            "login-code" => "/login?with=email".to_owned(),
            "forgot" => "/forgot".to_owned(),
            "reset" => {
                let (account, _) = self.newcomer(Role::Participant).await;
                let page = browser.browse("/forgot").await;
                let form = form_of(&page, "forgot").filled(|_| Some(account.email.clone()));
                browser.submit_page_form(&form).await;
                self.app.run_jobs_with_retries().await;
                format!("/reset?token={}", self.token("/reset"))
            }
            "verify-email" => {
                self.sign_up().await;
                self.app.run_jobs_with_retries().await;
                format!("/verify-email?token={}", self.token("/verify-email"))
            }
            "second-factor" => {
                let (account, _) = self.newcomer(Role::Participant).await;
                let owner = second_factor::owner(&self.app, account).await;
                let page = browser.log_in(&owner.user.email).await;
                return (browser, page);
            }
            _ => "/login".to_owned(),
        };
        let page = browser.browse(&path).await;
        (browser, page)
    }

    async fn of_an_account(&self, function: &str) -> (Client, Reply) {
        let path = match function {
            "confirm-password" => "/confirm-password".to_owned(),
            "delete-account" => "/me/data".to_owned(),
            "email" | "password" => "/me/security".to_owned(),
            "end-other-sessions" | "end-session" => "/me/sessions".to_owned(),
            "profile" => "/me/profile".to_owned(),
            "request-organizer-role" => "/organize".to_owned(),
            "register" => format!("/competitions/{}", self.competitions.open),
            "remind-me" => format!("/competitions/{}", self.competitions.soon),
            "send-confirmation" => {
                let browser = self.sign_up().await;
                let page = browser.browse("/verify-email").await;
                return (browser, page);
            }
            _ => "/".to_owned(),
        };
        let role = match function {
            "profile" => Role::Organizer,
            _ => Role::Participant,
        };
        let (account, browser) = self.newcomer(role).await;
        if path == "/me/sessions" {
            // On another device.
            self.app.client().log_in(&account.email).await;
        }
        let page = browser.browse(&path).await;
        (browser, page)
    }

    /// Goes through the set-up of a second factor as far as the form of a function.
    async fn about_the_second_factor(&self, function: &str) -> (Client, Reply) {
        let (_, browser) = self.newcomer(Role::Participant).await;
        let mut page = browser.browse("/me/second-factor").await;
        for step in [
            "set-up-second-factor",
            "confirm-second-factor",
            "recovery-codes-saved",
        ] {
            if step == function {
                return (browser, page);
            }
            let secret = page.find("[data-testid=totp-secret]").unwrap_or_default();
            let form = form_of(&page, step).filled(|_| Some(self.code(&secret)));
            page = browser.submit_page_form(&form).await;
        }
        let path = match function {
            "new-recovery-codes" => "/me/second-factor?codes=new",
            _ => "/me/second-factor",
        };
        page = browser.browse(path).await;
        (browser, page)
    }

    /// Returns the code that an app with this secret shows now.
    fn code(&self, secret: &str) -> String {
        second_factor::code(secret, &self.app.clock)
    }

    /// Returns the path of the page with a form for organizers; `None` if the function is not for them.
    fn path_for_organizers(&self, function: &str) -> Option<String> {
        let of = |id: CompetitionId, below: &str| Some(format!("/organize/{id}{below}"));
        let competitions = &self.competitions;
        let open = competitions.open;
        match function {
            "create-competition" => Some("/organize/new".to_owned()),
            "create-api-key" | "api-key-saved" | "delete-api-key" => {
                Some("/organize/api-keys".to_owned())
            }
            "edit-competition" => of(open, "/edit"),
            "close-registration-of-competition" => of(competitions.few_left, "/close"),
            "reopen-registration-of-competition" => of(competitions.closed, "/reopen"),
            "read-import-of-competition" | "import-participants-to-competition" => {
                of(open, "/import")
            }
            "add-note-to-registration-of-competition"
            | "delete-note-of-registration-of-competition" => {
                of(open, &format!("/registrations/{}", self.registrations[0]))
            }
            "add-division" | "change-division" | "remove-division" => {
                of(competitions.draft, "/divisions")
            }
            "add-code" | "change-code" | "remove-code" | "change-eligibility" => {
                of(competitions.draft, "/codes")
            }
            "generate-codes" => of(competitions.draft, "/codes?generate=on"),
            "check-in-to-competition" | "undo-check-in-to-competition" => of(open, "/check-in"),
            "issue-certificates" | "issue-certificate-again" => {
                of(competitions.running, "/certificates")
            }
            "give-start-numbers-of-competition" => of(open, "/start-numbers?order=NAME"),
            "add-question" | "add-common-question" | "change-question" => {
                of(competitions.draft, "/questions")
            }
            "move-question" | "archive-question" | "restore-question" => of(open, "/questions"),
            "add-stage" | "change-stage" | "remove-stage" => {
                of(competitions.draft, "/results?add=1")
            }
            "record-result" | "read-results" | "record-results" | "publish-results" => {
                of(open, "/results")
            }
            "read-bracket" | "add-bracket" => of(open, "/brackets?add=1"),
            "publish-bracket" | "remove-bracket" | "change-entrant" => of(open, "/brackets"),
            "invite-staff" | "change-staff-role" => of(open, "/staff"),
            "remove-staff" => of(open, &format!("/staff/remove?part={}", self.staff)),
            "replay-webhook-delivery" => Some(format!("/organize/webhooks/{}", self.webhook)),
            "publish-competition" => of(competitions.draft, ""),
            "duplicate-competition" => of(open, ""),
            "call-off-competition" => of(competitions.full, "/call-off"),
            "delete-competition" => of(competitions.cancelled, "/delete"),
            "pause-competition" => of(competitions.few_left, "/pause"),
            "resume-competition" => of(competitions.paused, ""),
            "change-capacity-of-competition" => of(open, "/add-seats?seats=2"),
            "change-waitlist-of-competition" => of(open, "/waitlist"),
            "announce" | "review-announcement" | "test-announcement" | "withdraw-announcement" => {
                of(open, "/announce")
            }
            "upload-picture" | "remove-picture" => of(open, "/picture"),
            // Each time another list, which nobody has saved.
            "save-view-of-competition"
            | "rename-view-of-competition"
            | "delete-view-of-competition" => of(
                open,
                &format!("/registrations?search={}", uuid::Uuid::now_v7()),
            ),
            "add-participant-to-competition"
            | "review-registrations-of-competition"
            | "act-on-registrations-of-competition"
            | "undo-removal-of-competition" => of(open, "/registrations"),
            _ => None,
        }
    }

    async fn to_organize(&self, function: &str) -> (Client, Reply) {
        let path = self.path_for_organizers(function).unwrap();
        let (browser, page) = self.open(Viewer::Organizer, &path).await;
        // The page that shows some of them comes after another form.
        let before = match function {
            "announce" | "test-announcement" => {
                form_of(&page, "review-announcement").filled(|control| {
                    match control.name.as_str() {
                        "sendAt" => None,
                        _ => typed(control),
                    }
                })
            }
            "api-key-saved" | "delete-api-key" => {
                let mut form = form_of(&page, "create-api-key").filled(typed);
                form.hidden.extend(self.ticked("create-api-key"));
                form
            }
            "act-on-registrations-of-competition" | "undo-removal-of-competition" => {
                let review = "review-registrations-of-competition";
                let mut form = form_of(&page, review);
                let actions = form.hidden.iter_mut().filter(|(name, _)| name == "action");
                for (_, value) in actions {
                    "CANCEL".clone_into(value);
                }
                match function {
                    // Somebody else may be cancelled already.
                    "undo-removal-of-competition" => {
                        let everybody = ("everybody".to_owned(), "on".to_owned());
                        form.hidden.push(everybody);
                    }
                    _ => form.hidden.extend(self.ticked(review)),
                }
                form
            }
            "undo-check-in-to-competition" => {
                form_of(&page, "check-in-to-competition").filled(|control| {
                    (control.name == "code").then(|| self.registrations[0].to_string())
                })
            }
            "change-division" | "remove-division" => form_of(&page, "add-division")
                .filled(|control| (control.name == "name").then(|| "Short course".to_owned())),
            "change-code" | "remove-code" => form_of(&page, "add-code").filled(|control| {
                let uses = || "2".to_owned();
                (control.name == "maxUses").then(uses)
            }),
            "change-question" => form_of(&page, "add-question").filled(typed),
            "change-stage" | "remove-stage" => form_of(&page, "add-stage").filled(typed),
            "record-results" => form_of(&page, "read-results").filled(|control| {
                let list = || format!("{};59.1\n", self.registrations[0]);
                (control.name == "results").then(list)
            }),
            "add-bracket" => form_of(&page, "read-bracket")
                .filled(|control| (control.name == "name").then(|| "Relay".to_owned())),
            "restore-question" => form_of(&page, "archive-question"),
            "import-participants-to-competition" => form_of(&page, "read-import-of-competition")
                .filled(|control| {
                    let list = || "name,email\nAnna,anna@example.test\nnobody\n".to_owned();
                    (control.name == "people").then(list)
                }),
            "rename-view-of-competition" | "delete-view-of-competition" => {
                let name = uuid::Uuid::now_v7().to_string();
                form_of(&page, "save-view-of-competition")
                    .filled(|control| (control.name == "name").then(|| name.clone()))
            }
            "delete-note-of-registration-of-competition" => {
                form_of(&page, "add-note-to-registration-of-competition").filled(typed)
            }
            _ => return (browser, page),
        };
        let mut page = browser.submit_page_form(&before).await;
        if function == "undo-removal-of-competition" {
            let removal = form_of(&page, "act-on-registrations-of-competition");
            page = browser.submit_page_form(&removal).await;
        }
        if function == "change-stage" {
            let edit = path.replace("add=1", "edit=");
            let edit = link(&page.text, &edit).to_owned();
            page = browser.browse(&edit).await;
        }
        if matches!(
            function,
            "change-division" | "change-question" | "change-code"
        ) {
            let edit = link(&page.text, &format!("{path}?edit=")).to_owned();
            page = browser.browse(&edit).await;
        }
        (browser, page)
    }

    async fn to_administer(&self, function: &str) -> (Client, Reply) {
        let path = match function {
            "approve-organizer-request" | "decline-organizer-request" => {
                let (_, asking) = self.newcomer(Role::Participant).await;
                let page = asking.browse("/organize").await;
                let form = form_of(&page, "request-organizer-role").filled(typed);
                asking.submit_page_form(&form).await;
                "/admin/organizer-requests".to_owned()
            }
            "change-account" | "sign-out-account" | "confirm-account-email" => {
                let (account, _) = self.newcomer(Role::Participant).await;
                user::Entity::update_many()
                    .col_expr(user::Column::EmailConfirmed, Expr::value(false))
                    .filter(user::Column::Id.eq(account.id))
                    .exec(self.app.database().write())
                    .await
                    .unwrap();
                format!("/admin/users/{}", account.id)
            }
            "retry-failed-jobs" | "delete-failed-jobs" => {
                self.app.create_dead_letters(1).await;
                match function {
                    "retry-failed-jobs" => "/admin/failed-jobs".to_owned(),
                    _ => "/admin/failed-jobs/delete?all=true".to_owned(),
                }
            }
            "pause-queue" | "resume-queue" => "/admin/queues".to_owned(),
            "repair-seats" => {
                self.create_drift().await;
                "/admin".to_owned()
            }
            _ => panic!("say in this file where the form of {function} is"),
        };
        let (browser, page) = self.open(Viewer::Administrator, &path).await;
        let already = page.text.contains("/act/resume-queue");
        if function == "resume-queue" && !already {
            let page = browser
                .submit_page_form(&form_of(&page, "pause-queue"))
                .await;
            return (browser, page);
        }
        (browser, page)
    }

    /// Makes the counter of a competition wrong, and lets the scheduled task find that.
    async fn create_drift(&self) {
        let sql = Expr::col(competition::Column::SeatsLeft).add(-1);
        competition::Entity::update_many()
            .col_expr(competition::Column::SeatsLeft, sql)
            .filter(competition::Column::Id.eq(self.competitions.draft))
            .exec(self.app.database().write())
            .await
            .unwrap();
        self.app.services.changes.everything_changed();
        self.app.clock.advance(TimeDelta::minutes(1));
        self.app.run_scheduled_tasks().await;
    }
}
