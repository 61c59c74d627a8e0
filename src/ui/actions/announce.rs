//! Server functions that review, test, send and withdraw announcements.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, leave, parse_key, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        AnnouncementId, CompetitionId, Language,
        forms::{AnnouncementForm, AnnouncementInput},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// The name of the form for an announcement.
pub const ANNOUNCEMENT_FORM: &str = "announcement";
/// The value of the form that says that what was typed is shown as its recipients get it.
pub const REVIEWED: &str = "reviewed";

/// Checks an announcement, and leads to the page that shows it as its recipients get it.
#[server(prefix = "/act", endpoint = "review-announcement")]
pub async fn review_announcement(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: AnnouncementForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let reviewed: Result<(), Error> = async {
        let actor = actor()?;
        let input = read(competition, &form).await?;
        let announcements = &services()?.announcements;
        // What the page shows next must not fail.
        let preview = announcements.preview(actor, competition, input, Language::default());
        preview.await.map(drop)
    }
    .await;
    let form_input = typed(&form);
    let page = paths::organize(competition, "announce");
    match reviewed {
        Ok(()) => {
            let form_input = form_input.with(REVIEWED, "on");
            leave(&page, &Flash::default().with(form_input)).await;
        }
        Err(error) => fail(&page, form_input, error).await,
    }
    Ok(())
}

/// Writes an announcement to its author alone.
#[server(prefix = "/act", endpoint = "test-announcement")]
pub async fn test_announcement(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: AnnouncementForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let sent: Result<(), Error> = async {
        let actor = actor()?;
        let input = read(competition, &form).await?;
        let announcements = &services()?.announcements;
        announcements.send_test(actor, competition, input).await
    }
    .await;
    let form_input = typed(&form);
    let page = paths::organize(competition, "announce");
    match sent {
        Ok(()) => {
            let flash = Flash::say(Tone::Good, text().announce.test_sent);
            leave(&page, &flash.with(form_input.with(REVIEWED, "on"))).await;
        }
        Err(error) => fail(&page, form_input, error).await,
    }
    Ok(())
}

/// Sends an announcement, or schedules it. A second press with the same `idempotencyKey` changes nothing.
#[server(prefix = "/act", endpoint = "announce")]
pub async fn announce(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(flatten)] form: AnnouncementForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let sent: Result<bool, Error> = async {
        let actor = actor()?;
        let key = parse_key(&idempotency_key)?;
        let input = read(competition, &form).await?;
        let announcements = &services()?.announcements;
        let sent = announcements.announce(actor, competition, Some(&key), input);
        Ok(sent.await?.send_at.is_some())
    }
    .await;
    let t = &text().announce;
    let page = paths::organize(competition, "announce");
    match sent {
        Ok(true) => succeed(&page, t.scheduled_flash).await,
        Ok(false) => succeed(&page, t.sent_flash).await,
        Err(error) => fail(&page, typed(&form), error).await,
    }
    Ok(())
}

/// Withdraws an announcement that waits for its time.
#[server(prefix = "/act", endpoint = "withdraw-announcement")]
pub async fn withdraw_announcement(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "announcementId")]
    announcement_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let withdrawn: Result<(), Error> = async {
        let announcement: AnnouncementId = id(&announcement_id)?;
        let announcements = &services()?.announcements;
        announcements
            .withdraw(actor()?, competition, announcement)
            .await
    }
    .await;
    let page = paths::organize(competition, "announce");
    match withdrawn {
        Ok(()) => succeed(&page, text().announce.withdrawn_flash).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Keeps what was typed, with the people who were chosen in the list.
fn typed(form: &AnnouncementForm) -> FormInput {
    FormInput::of(ANNOUNCEMENT_FORM, form).with_list("people", form.people.clone())
}

/// Reads the form. Its times are those of the venue.
async fn read(
    competition: CompetitionId,
    form: &AnnouncementForm,
) -> Result<AnnouncementInput, Error> {
    let competitions = &services()?.competitions;
    let competition = competitions.get_owned(actor()?, competition).await?;
    Ok(form.parse(&competition.time_zone)?)
}
