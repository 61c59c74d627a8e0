//! Server functions of administrators: queues, failed jobs, seat counters and accounts.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, recent_actor, services, succeed};
use crate::{
    domain::{Error, operations::Selection},
    model::{
        DomainError, Role, UserId,
        forms::{AccountChange, FieldErrors, FieldProblem},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form that changes an account.
pub const ACCOUNT_FORM: &str = "account";

/// Pauses a queue of jobs.
#[server(prefix = "/act", endpoint = "pause-queue")]
pub async fn pause_queue(
    #[server(default)] queue: String,
    #[server(default)] back: String,
) -> ActionResult {
    let paused: Result<(), Error> = async {
        let operations = &services()?.operations;
        operations.pause_queue(actor()?, &queue).await
    }
    .await;
    let words = text().admin.did_pause(&queue_words(&queue));
    answer(&queue_page(&back), paused.map(|()| words)).await;
    Ok(())
}

/// Ends the pause of a queue.
#[server(prefix = "/act", endpoint = "resume-queue")]
pub async fn resume_queue(
    #[server(default)] queue: String,
    #[server(default)] back: String,
) -> ActionResult {
    let resumed: Result<(), Error> = async {
        let operations = &services()?.operations;
        operations.resume_queue(actor()?, &queue).await
    }
    .await;
    let words = text().admin.did_resume(&queue_words(&queue));
    answer(&queue_page(&back), resumed.map(|()| words)).await;
    Ok(())
}

/// Tries failed jobs again: one, those of a group or of a queue, or all.
#[server(prefix = "/act", endpoint = "retry-failed-jobs")]
pub async fn retry_failed_jobs(
    #[server(default)]
    #[server(rename = "id")]
    job: String,
    #[server(default)] group: String,
    #[server(default)] queue: String,
    #[server(default)] all: String,
) -> ActionResult {
    let retried: Result<String, Error> = async {
        let which = match (&*job, &*group, &*all) {
            ("", "", "") if !queue.is_empty() => Selection::Queue(queue),
            _ => selection(&job, &group, &all)?,
        };
        let operations = &services()?.operations;
        let retried = operations.retry(actor()?, &which).await?;
        Ok(text().admin.did_retry(retried.retried))
    }
    .await;
    let back = match job.as_str() {
        "" => paths::ADMIN_FAILED_JOBS.to_owned(),
        _ => paths::with_query(paths::ADMIN_FAILED_JOBS, &[("group", &group)]),
    };
    answer(&back, retried).await;
    Ok(())
}

/// Deletes failed jobs for good: one, those of a group, or all.
#[server(prefix = "/act", endpoint = "delete-failed-jobs")]
pub async fn delete_failed_jobs(
    #[server(default)]
    #[server(rename = "id")]
    job: String,
    #[server(default)] group: String,
    #[server(default)] all: String,
) -> ActionResult {
    let deleted: Result<String, Error> = async {
        let which = selection(&job, &group, &all)?;
        let operations = &services()?.operations;
        let deleted = operations.delete(actor()?, &which).await?;
        Ok(text().admin.did_delete(deleted))
    }
    .await;
    answer(paths::ADMIN_FAILED_JOBS, deleted).await;
    Ok(())
}

/// Corrects the seat counters that are known to be wrong.
#[server(prefix = "/act", endpoint = "repair-seats")]
pub async fn repair_seats() -> ActionResult {
    let repaired: Result<String, Error> = async {
        let repaired = services()?.seat_repair.repair(actor()?).await?;
        let t = &text().admin;
        Ok(match repaired.left {
            0 => t.did_repair(repaired.repaired),
            left => t.not_repaired(left),
        })
    }
    .await;
    answer(paths::ADMIN, repaired).await;
    Ok(())
}

/// Changes the role of an account, disables it or enables it.
#[server(prefix = "/act", endpoint = "change-account")]
pub async fn change_account(
    #[server(default)]
    #[server(rename = "id")]
    account: String,
    #[server(default)] role: String,
    #[server(default)] disabled: String,
) -> ActionResult {
    let t = &text().admin;
    let changed: Result<&'static str, Error> = async {
        let (account, actor) = (id::<UserId>(&account)?, recent_actor().await?);
        let not_in_list = |field| FieldErrors::one(field, FieldProblem::NotInList);
        let change = AccountChange {
            role: chosen::<Role>(&role).map_err(|()| not_in_list("role"))?,
            disabled: chosen(&disabled).map_err(|()| not_in_list("disabled"))?,
        };
        let accounts = &services()?.accounts;
        accounts.administer(actor, account, change).await?;
        Ok(match change.disabled {
            Some(true) => t.did_disable,
            Some(false) => t.did_enable,
            None => t.did_role,
        })
    }
    .await;
    match changed {
        Ok(words) => succeed(&account_page(&account), words).await,
        Err(error) => {
            let form_input = FormInput::of(ACCOUNT_FORM, &()).with("role", role);
            fail(&account_page(&account), form_input, error).await;
        }
    }
    Ok(())
}

/// Returns what was chosen from a list; `None` if the form does not have the list.
fn chosen<T: std::str::FromStr>(typed: &str) -> Result<Option<T>, ()> {
    match typed {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| ()),
    }
}

/// Ends all sessions of an account.
#[server(prefix = "/act", endpoint = "sign-out-account")]
pub async fn sign_out_account(
    #[server(default)]
    #[server(rename = "id")]
    account: String,
) -> ActionResult {
    let signed_out: Result<&'static str, Error> = async {
        let (account, actor) = (id::<UserId>(&account)?, recent_actor().await?);
        let accounts = &services()?.accounts;
        accounts.sign_out_by_administrator(actor, account).await?;
        Ok(text().admin.did_sign_out)
    }
    .await;
    answer(&account_page(&account), signed_out).await;
    Ok(())
}

/// Confirms the e-mail address of an account.
#[server(prefix = "/act", endpoint = "confirm-account-email")]
pub async fn confirm_account_email(
    #[server(default)]
    #[server(rename = "id")]
    account: String,
) -> ActionResult {
    let confirmed: Result<&'static str, Error> = async {
        let (account, actor) = (id::<UserId>(&account)?, recent_actor().await?);
        let accounts = &services()?.accounts;
        accounts
            .confirm_email_by_administrator(actor, account)
            .await?;
        Ok(text().admin.did_confirm_email)
    }
    .await;
    answer(&account_page(&account), confirmed).await;
    Ok(())
}

/// Returns to a page with a sentence about what happened.
async fn answer(back: &str, outcome: Result<impl Into<String>, Error>) {
    match outcome {
        Ok(words) => succeed(back, words).await,
        Err(error) => fail(back, FormInput::default(), error).await,
    }
}

/// Returns the failed jobs that a form names: exactly one of its fields has a value, or the job's group comes with it.
fn selection(job: &str, group: &str, all: &str) -> Result<Selection, Error> {
    match (job, group, all) {
        ("", "", "true") => Ok(Selection::All),
        ("", group, "") if !group.is_empty() => Ok(Selection::Group(group.to_owned())),
        (job, _, "") if !job.is_empty() => Ok(Selection::One(id(job)?)),
        _ => Err(DomainError::NotFound.into()),
    }
}

/// Returns the page with queues from which a form was sent.
fn queue_page(back: &str) -> String {
    match back {
        paths::ADMIN => paths::ADMIN.to_owned(),
        _ => paths::ADMIN_QUEUES.to_owned(),
    }
}

/// Returns the page about an account; the list, if the text is no id.
fn account_page(account: &str) -> String {
    match account.parse::<UserId>() {
        Ok(id) => format!("{}/{id}", paths::ADMIN_USERS),
        Err(_) => paths::ADMIN_USERS.to_owned(),
    }
}

fn queue_words(name: &str) -> String {
    text().admin.queue_name(name)
}
