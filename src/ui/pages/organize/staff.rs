//! The people who work on a competition: who they are, and for the owner what can be done about it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::question::Question;
use crate::{
    model::{CompetitionId, CompetitionView, Permission, StaffId, StaffRole, StaffView, UserId},
    ui::{
        actions::STAFF_FORM,
        components::{Choice, ErrorSummary, Field, PageHeader, Select, TableBox, When, WhenStyle},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths::{self, with_query},
        text::text,
    },
};

/// The page `/organize/{id}/staff`: lists the people who work on a competition.
#[component]
pub fn StaffPage() -> impl IntoView {
    page(load)
}

/// What the viewer may do on the page.
struct Viewed {
    competition: CompetitionId,
    viewer: UserId,
    manages: bool,
    now: DateTime<Utc>,
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, role) = request.permitted(Permission::SeeOverview).await?;
    let people = request.services.staff.list(actor, competition.id).await?;
    let manages = role.permits(Permission::ManageStaff);
    let viewed = Viewed {
        competition: competition.id,
        viewer: actor.id,
        manages,
        now: request.now,
    };
    let t = &text().staff;
    let rows: Vec<_> = people.items.iter().map(|one| viewed.row(one)).collect();
    let invite = manages.then(|| form(&request.form_input(STAFF_FORM), competition.id));
    let actions = view! { <td></td> };
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        <TableBox label=t.title>
            <table class="table" data-testid="staff">
                <caption class="sr-only">{t.title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.col_name}</th>
                        <th scope="col">{t.col_role}</th>
                        <th scope="col">{t.col_state}</th>
                        {actions}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
        {invite}
    };
    let title = format!("{} · {}", t.title, competition.title);
    Ok(PageContent::new(title, body))
}

impl Viewed {
    fn row(&self, person: &StaffView) -> AnyView {
        let t = &text().staff;
        let is_viewer = person.user_id == Some(self.viewer);
        let you = is_viewer.then(|| view! { " "<span class="badge">{t.you}</span> });
        let address = person.name.is_some().then(|| person.email.clone());
        let address = address.flatten().map(|address| {
            view! { <br/><span class="muted" dir="ltr">{address}</span> }
        });
        let state = match (person.accepted_at, person.expires_at) {
            (Some(at), _) => view! { {t.since}" "<When time=at style=WhenStyle::Date/> }.into_any(),
            (None, Some(until)) if until > self.now => {
                view! { {t.invited_until}" "<When time=until style=WhenStyle::Date/> }.into_any()
            }
            (None, _) => t.expired.into_any(),
        };
        view! {
            <tr>
                <th scope="row"><bdi>{name_of(person)}</bdi>{you}{address}</th>
                <td data-label=t.col_role>
                    {t.role_name(person.role)}<br/><span class="muted">{t.role_words(person.role)}</span>
                </td>
                <td data-label=t.col_state>{state}</td>
                <td>{self.actions(person, is_viewer)}</td>
            </tr>
        }
        .into_any()
    }

    /// Shows what the viewer may do about somebody.
    fn actions(&self, person: &StaffView, is_viewer: bool) -> Option<AnyView> {
        let t = &text().staff;
        if person.role == StaffRole::Owner || !(self.manages || is_viewer) {
            return None;
        }
        let link = |page: &str, words: &'static str| {
            let part = person.id.to_string();
            let page = paths::organize(self.competition, page);
            let href = with_query(&page, &[("part", part.as_str())]);
            view! { <a class="button quiet" href=href data-confirm="">{words}</a> }
        };
        let is_open = person.user_id.is_none();
        let change = self.manages.then(|| self.change(person));
        let hand_over = (self.manages && !is_open).then(|| link("staff/hand-over", t.hand_over));
        let again = (self.manages && is_open).then(|| self.again(person));
        let remove = match (is_viewer, is_open) {
            (true, _) => t.leave,
            (false, true) => t.withdraw,
            (false, false) => t.remove,
        };
        Some(
            view! {
                <div class="buttons">
                    {change}
                    {again}
                    {hand_over}
                    {link("staff/remove", remove)}
                </div>
            }
            .into_any(),
        )
    }

    fn change(&self, person: &StaffView) -> AnyView {
        let t = &text().staff;
        let options = choices().into_iter().map(|(value, words)| {
            let selected = value == person.role.as_str();
            view! { <option value=value selected=selected>{words}</option> }
        });
        let label = format!("{}: {}", t.role, name_of(person));
        view! {
            <form method="post" action="/act/change-staff-role" class="buttons">
                <input type="hidden" name="competitionId" value=self.competition.to_string()/>
                <input type="hidden" name="staffId" value=person.id.to_string()/>
                <select name="role" aria-label=label>{options.collect_view()}</select>
                <button type="submit" class="button">{t.change}</button>
            </form>
        }
        .into_any()
    }

    fn again(&self, person: &StaffView) -> AnyView {
        view! {
            <form method="post" action="/act/invite-staff">
                <input type="hidden" name="competitionId" value=self.competition.to_string()/>
                <input type="hidden" name="email" value=person.email.clone()/>
                <input type="hidden" name="role" value=person.role.as_str()/>
                <button type="submit" class="button">{text().staff.invite_again}</button>
            </form>
        }
        .into_any()
    }
}

/// Returns the name of somebody, or the address that is invited.
fn name_of(person: &StaffView) -> String {
    let name = person.name.as_deref();
    let name = name.map(|name| text().account.account_name(name).to_owned());
    name.or_else(|| person.email.clone()).unwrap_or_default()
}

fn choices() -> Vec<Choice> {
    let t = &text().staff;
    let choice = |role: &StaffRole| (role.as_str(), t.role_name(*role));
    StaffRole::INVITED.iter().map(choice).collect()
}

fn form(form_input: &Arc<FormInput>, competition: CompetitionId) -> AnyView {
    let t = &text().staff;
    let role = match form_input.value("role") {
        role if role.is_empty() => StaffRole::Editor.to_string(),
        role => role,
    };
    let words = StaffRole::INVITED.iter().map(|role| {
        view! { <li><strong>{t.role_name(*role)}</strong>": "{t.role_words(*role)}</li> }
    });
    let unsaved = form_input.unsaved();
    let form_input = || Arc::clone(form_input);
    view! {
        <section class="section narrow" aria-labelledby="invite">
            <h2 id="invite">{t.invite_title}</h2>
            <form class="form" method="post" action="/act/invite-staff" data-testid="staff-form" data-unsaved=unsaved>
                <ErrorSummary form_input=form_input()/>
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                <Field form_input=form_input() name="email" kind="email" label=t.email hint=t.invite_hint max_length="254"/>
                <Select name="role" label=t.role value=role choices=choices()/>
                <ul class="muted">{words.collect_view()}</ul>
                <p class="buttons"><button type="submit" class="button primary">{t.invite}</button></p>
            </form>
        </section>
    }
    .into_any()
}

/// Returns the competition and the person that a question is about. Without one, the list is shown.
async fn asked_about(
    request: &PageRequest,
    permission: Permission,
) -> Result<(CompetitionView, StaffView, bool), PageError> {
    let (actor, competition, role) = request.permitted(permission).await?;
    let part: Option<StaffId> = request.query_as("part");
    let people = request.services.staff.list(actor, competition.id).await?;
    let mut people = people.items.into_iter();
    let person = people.find(|person| Some(person.id) == part && person.role != StaffRole::Owner);
    let is_viewer = |person: &StaffView| person.user_id == Some(actor.id);
    let manages = role.permits(Permission::ManageStaff);
    match person.filter(|person| manages || is_viewer(person)) {
        Some(person) => {
            let is_viewer = is_viewer(&person);
            Ok((competition, person, is_viewer))
        }
        None => Err(PageError::SeeOther(paths::organize(
            competition.id,
            "staff",
        ))),
    }
}

/// The page `/organize/{id}/staff/remove`: asks before somebody is removed, an invitation is withdrawn, or the viewer
/// leaves.
#[component]
pub fn RemoveStaff() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let (competition, person, is_viewer) =
            asked_about(&request, Permission::SeeOverview).await?;
        let t = &text().staff;
        let name = name_of(&person);
        let (title, words, yes) = match (is_viewer, person.user_id.is_none()) {
            (true, _) => (t.leave_title.to_owned(), t.leave_words, t.leave_yes),
            (false, true) => (t.withdraw_title(&name), t.withdraw_words, t.withdraw_yes),
            (false, false) => (t.remove_title(&name), t.remove_words, t.remove_yes),
        };
        Ok(Question {
            title,
            words: words.to_owned(),
            action: "/act/remove-staff",
            fields: vec![("staffId", person.id.to_string())],
            back: "staff",
            yes,
            no: t.keep,
            is_final: true,
        }
        .ask_about(&competition))
    })
}

/// The page `/organize/{id}/staff/hand-over`: asks before a competition is handed over.
#[component]
pub fn HandOver() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let (competition, person, _) = asked_about(&request, Permission::ManageStaff).await?;
        let t = &text().staff;
        let name = name_of(&person);
        let role = StaffRole::Owner.to_string();
        Ok(Question {
            title: t.hand_over_title(&name),
            words: t.hand_over_words(&name),
            action: "/act/change-staff-role",
            fields: vec![("staffId", person.id.to_string()), ("role", role)],
            back: "staff",
            yes: t.hand_over_yes,
            no: t.keep,
            is_final: true,
        }
        .ask_about(&competition))
    })
}
