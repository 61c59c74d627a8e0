//! Server functions that make brackets, and record who has won.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, leave, parse_key, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        BracketId, BracketState, CompetitionId, DomainError, MatchChangeView, MatchId,
        forms::{BracketForm, BracketPatch, EntrantPatch, MatchResultForm},
    },
    ui::{
        flash::{Flash, FormInput},
        paths,
        text::{number, text},
    },
};

/// The name of the form for a new bracket.
pub const BRACKET_FORM: &str = "bracket";
/// The field that says that the form was read, and that the seeds can be shown.
pub const BRACKET_READ: &str = "read";
/// The name of the form for the result of a match.
pub const MATCH_FORM: &str = "match";
/// The field with the id of a bracket.
pub const BRACKET_FIELD: &str = "bracketId";
/// The field with the id of a match.
pub const MATCH_FIELD: &str = "matchId";

/// Reads the form for a new bracket, and shows its seeds.
#[server(prefix = "/act", endpoint = "read-bracket")]
pub async fn read_bracket(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: BracketForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let read: Result<(), Error> = async {
        let actor = actor()?;
        let input = form.parse()?;
        let brackets = &services()?.brackets;
        brackets.preview(actor, competition, &input).await.map(drop)
    }
    .await;
    let typed = FormInput::of(BRACKET_FORM, &form);
    match read {
        Ok(()) => {
            let shown = typed.with(BRACKET_READ, "on");
            leave(&add_page(competition), &Flash::default().with(shown)).await;
        }
        Err(error) => fail(&add_page(competition), typed, error).await,
    }
    Ok(())
}

/// Adds a bracket with its entrants and matches.
#[server(prefix = "/act", endpoint = "add-bracket")]
pub async fn add_bracket(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: BracketForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<BracketId, Error> = async {
        let actor = actor()?;
        let input = form.parse()?;
        let brackets = &services()?.brackets;
        let bracket = brackets.add(actor, competition, &input).await?;
        Ok(bracket.id)
    }
    .await;
    match added {
        Ok(bracket) => {
            let page = paths::organize_bracket(competition, bracket);
            succeed(&page, text().brackets.added).await;
        }
        Err(error) => {
            let typed = FormInput::of(BRACKET_FORM, &form);
            fail(&add_page(competition), typed, error).await;
        }
    }
    Ok(())
}

/// Shows a bracket to everybody, or hides it.
#[server(prefix = "/act", endpoint = "publish-bracket")]
pub async fn publish_bracket(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "bracketId")]
    bracket_id: String,
    #[server(default)] hide: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<(), Error> = async {
        let state = match hide.is_empty() {
            true => BracketState::Published,
            false => BracketState::Draft,
        };
        let patch = BracketPatch {
            name: None,
            state: Some(state),
        };
        let bracket: BracketId = id(&bracket_id)?;
        let brackets = &services()?.brackets;
        brackets.edit(actor()?, bracket, patch).await.map(drop)
    }
    .await;
    let page = bracket_page(competition, &bracket_id);
    match changed {
        Ok(()) => succeed(&page, text().brackets.saved).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Removes a bracket without results.
#[server(prefix = "/act", endpoint = "remove-bracket")]
pub async fn remove_bracket(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "bracketId")]
    bracket_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let removed: Result<(), Error> = async {
        let bracket: BracketId = id(&bracket_id)?;
        services()?.brackets.remove(actor()?, bracket).await
    }
    .await;
    match removed {
        Ok(()) => {
            let page = paths::organize(competition, "brackets");
            succeed(&page, text().brackets.removed).await;
        }
        Err(error) => {
            let page = bracket_page(competition, &bracket_id);
            fail(&page, FormInput::default(), error).await;
        }
    }
    Ok(())
}

/// Records the result of a match, or corrects it.
#[server(prefix = "/act", endpoint = "record-match")]
pub async fn record_match(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "bracketId")]
    bracket_id: String,
    #[server(default)]
    #[server(rename = "matchId")]
    match_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(flatten)] form: MatchResultForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let recorded: Result<MatchChangeView, Error> = async {
        let actor = actor()?;
        let key = parse_key(&idempotency_key)?;
        let (bracket, game): (BracketId, MatchId) = (id(&bracket_id)?, id(&match_id)?);
        let input = form.parse()?;
        let brackets = &services()?.brackets;
        let recorded = brackets.record(actor, bracket, game, Some(&key), &input);
        Ok(recorded.await?.change)
    }
    .await;
    match recorded {
        Ok(change) => {
            let page = bracket_page(competition, &bracket_id);
            succeed(&page, done(text().brackets.recorded, &change)).await;
        }
        Err(error) => {
            let page = match_page(competition, &bracket_id, &match_id, &error);
            fail(&page, FormInput::of(MATCH_FORM, &form), error).await;
        }
    }
    Ok(())
}

/// Undoes the result of a match.
#[server(prefix = "/act", endpoint = "undo-match")]
pub async fn undo_match(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "bracketId")]
    bracket_id: String,
    #[server(default)]
    #[server(rename = "matchId")]
    match_id: String,
    #[server(default)] confirm: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let undone: Result<MatchChangeView, Error> = async {
        let (bracket, game): (BracketId, MatchId) = (id(&bracket_id)?, id(&match_id)?);
        let brackets = &services()?.brackets;
        let confirm = !confirm.is_empty();
        brackets.undo(actor()?, bracket, game, confirm).await
    }
    .await;
    match undone {
        Ok(change) => {
            let page = bracket_page(competition, &bracket_id);
            succeed(&page, done(text().brackets.undone, &change)).await;
        }
        Err(error) => {
            let page = match_page(competition, &bracket_id, &match_id, &error);
            fail(&page, FormInput::named(MATCH_FORM), error).await;
        }
    }
    Ok(())
}

/// Takes an entrant out of a bracket, or in again.
#[server(prefix = "/act", endpoint = "change-entrant")]
pub async fn change_entrant(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "bracketId")]
    bracket_id: String,
    #[server(default)] seed: String,
    #[server(default)] withdrawn: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<(), Error> = async {
        let bracket: BracketId = id(&bracket_id)?;
        let seed = seed.parse().map_err(|_| DomainError::NotFound)?;
        let patch = EntrantPatch {
            withdrawn: !withdrawn.is_empty(),
            confirm: false,
        };
        let brackets = &services()?.brackets;
        brackets
            .change_entrant(actor()?, bracket, seed, patch)
            .await
    }
    .await;
    let page = bracket_page(competition, &bracket_id);
    match changed {
        Ok(()) => succeed(&page, text().brackets.saved).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

fn add_page(competition: CompetitionId) -> String {
    let page = paths::organize(competition, "brackets");
    paths::with_query(&page, &[("add", "1")])
}

fn bracket_page(competition: CompetitionId, bracket: &str) -> String {
    let page = paths::organize(competition, "brackets");
    paths::with_query(&page, &[("bracket", bracket)])
}

/// Returns the address of the form for a match. If later results would become void, it asks whether they may.
fn match_page(competition: CompetitionId, bracket: &str, game: &str, error: &Error) -> String {
    let page = paths::organize(competition, "brackets");
    let mut query = vec![("bracket", bracket), ("match", game)];
    if matches!(error, Error::Domain(DomainError::LaterMatchesPlayed)) {
        query.push(("later", "1"));
    }
    paths::with_query(&page, &query)
}

/// Says what was done, and how many later results are void now.
fn done(words: &str, change: &MatchChangeView) -> String {
    match change.voided.len() {
        0 => words.to_owned(),
        count => format!("{words} {}", text().brackets.voided(&number(count as u64))),
    }
}
