//! Server functions about the people who work on a competition.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    action_response::{ActionResult, actor, fail, id, leave, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, DomainError, StaffId, StaffRole, StaffView,
        forms::{FieldErrors, FieldProblem, InvitationAnswer, StaffForm},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// The name of the form that invites somebody.
pub const STAFF_FORM: &str = "staff";

/// What was typed into the form that invites somebody.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedInvitation {
    email: String,
    role: String,
}

/// Invites somebody to work on a competition.
#[server(prefix = "/act", endpoint = "invite-staff")]
pub async fn invite_staff(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: TypedInvitation,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let page = paths::organize(competition, "staff");
    let invited: Result<StaffView, Error> = async {
        let input = StaffForm {
            email: form.email.clone(),
            role: role(&form.role)?,
        };
        let staff = &services()?.staff;
        staff.invite(actor()?, competition, &input).await
    }
    .await;
    match invited {
        Ok(invited) => {
            let address = invited.email.unwrap_or_default();
            succeed(&page, text().staff.flash_invited(&address)).await;
        }
        Err(error) => fail(&page, FormInput::of(STAFF_FORM, &form), error).await,
    }
    Ok(())
}

/// Gives somebody another role, or hands the competition over.
#[server(prefix = "/act", endpoint = "change-staff-role")]
pub async fn change_staff_role(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "staffId")]
    staff_id: String,
    #[server(default)]
    #[server(rename = "role")]
    new_role: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let page = paths::organize(competition, "staff");
    let changed: Result<StaffView, Error> = async {
        let (staff_id, new_role): (StaffId, _) = (id(&staff_id)?, role(&new_role)?);
        let staff = &services()?.staff;
        let changed = staff.change_role(actor()?, competition, staff_id, new_role);
        changed.await
    }
    .await;
    let t = &text().staff;
    match changed {
        Ok(changed) if changed.role == StaffRole::Owner => {
            let name = changed.name.unwrap_or_default();
            succeed(&page, t.flash_handed_over(&name)).await;
        }
        Ok(_) => succeed(&page, t.flash_changed).await,
        Err(error) => refused(&page, error).await,
    }
    Ok(())
}

/// Removes somebody, withdraws an invitation, or leaves.
#[server(prefix = "/act", endpoint = "remove-staff")]
pub async fn remove_staff(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "staffId")]
    staff_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let page = paths::organize(competition, "staff");
    let removed: Result<bool, Error> = async {
        let staff_id: StaffId = id(&staff_id)?;
        let staff = &services()?.staff;
        staff.remove(actor()?, competition, staff_id).await
    }
    .await;
    let t = &text().staff;
    match removed {
        Ok(true) => succeed(paths::ORGANIZE, t.flash_left).await,
        Ok(false) => succeed(&page, t.flash_removed).await,
        Err(error) => refused(&page, error).await,
    }
    Ok(())
}

/// Accepts an invitation to work on a competition.
#[server(prefix = "/act", endpoint = "accept-invitation")]
pub async fn accept_invitation(
    #[server(default)]
    #[server(rename = "staffId")]
    staff_id: String,
    #[server(default)] token: String,
) -> ActionResult {
    let accepted: Result<CompetitionId, Error> = async {
        let staff_id: StaffId = id(&staff_id)?;
        let answer = InvitationAnswer {
            token: Some(token.clone()),
        };
        let staff = &services()?.staff;
        staff.accept(actor()?, staff_id, answer.token()).await
    }
    .await;
    match accepted {
        Ok(competition) => {
            let page = paths::organize(competition, "");
            succeed(&page, text().staff.flash_accepted).await;
        }
        Err(error) => fail(&invitation(&staff_id, &token), FormInput::default(), error).await,
    }
    Ok(())
}

/// Declines an invitation to work on a competition.
#[server(prefix = "/act", endpoint = "decline-invitation")]
pub async fn decline_invitation(
    #[server(default)]
    #[server(rename = "staffId")]
    staff_id: String,
    #[server(default)] token: String,
) -> ActionResult {
    let declined: Result<(), Error> = async {
        let staff_id: StaffId = id(&staff_id)?;
        let answer = InvitationAnswer {
            token: Some(token.clone()),
        };
        let staff = &services()?.staff;
        staff.decline(actor()?, staff_id, answer.token()).await
    }
    .await;
    match declined {
        Ok(()) => succeed(paths::COMPETITIONS, text().staff.flash_declined).await,
        Err(error) => fail(&invitation(&staff_id, &token), FormInput::default(), error).await,
    }
    Ok(())
}

/// Returns the page of an invitation, or the mailbox if the form names none.
fn invitation(staff_id: &str, token: &str) -> String {
    match staff_id.parse() {
        Ok(staff_id) => paths::invitation(staff_id, Some(token).filter(|token| !token.is_empty())),
        Err(_) => paths::MAILBOX.to_owned(),
    }
}

fn role(text: &str) -> Result<StaffRole, DomainError> {
    text.parse()
        .map_err(|_| DomainError::Invalid(FieldErrors::one("role", FieldProblem::NotInList)))
}

/// Says beside the list why a role was not changed, since there is no form beside whose fields this could stand.
async fn refused(page: &str, error: Error) {
    if let Error::Domain(DomainError::Invalid(errors)) = &error {
        let problems = errors.iter().map(|invalid| &invalid.problem);
        let words: Vec<_> = problems
            .map(|problem| text().field_problem(problem))
            .collect();
        leave(page, &Flash::say(Tone::Bad, words.join(" "))).await;
        return;
    }
    fail(page, FormInput::default(), error).await;
}
