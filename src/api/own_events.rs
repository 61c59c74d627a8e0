//! What is new for the caller, as server-sent events (WHATWG HTML, section 9.2).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::Stream;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::{
    caller::CallerAccount,
    error::ApiResult,
    extract::{QueryReader, QueryString},
    problem_responses::{Invalid, Unauthenticated},
    state::ApiState,
    stream_slots::StreamSlot,
    streams::Listener,
};
use crate::{
    domain::{
        ClientAddress,
        own_news::{OwnNews, OwnState},
    },
    model::{CompetitionId, RegistrationView},
};

/// The longest silence of a stream: proxies close streams that are silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream stays open. Then the client opens another one, and its account is checked again.
const MAX_AGE: Duration = Duration::from_secs(15 * 60);

/// The query of the caller's own events.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub(super) struct OwnEventsQuery {
    /// The competition that the client shows. The caller's registration for it is sent first, if there is
    /// one.
    #[param(value_type = Option<CompetitionId>)]
    competition_id: Option<String>,
}

/// The data of an `unread` event.
#[derive(Debug, Serialize)]
struct Unread {
    unread: u64,
}

/// Watch what is new for the caller
///
/// The stream sends `event: registration` with the registration as `data` when one of the caller's
/// registrations changes (a seat, a promotion, a position on the waitlist, a cancellation),
/// `event: message` with each new message of the mailbox, and `event: unread` with the number of unread
/// messages when it opens and after each change. A comment every 15 seconds keeps the connection alive.
/// The stream ends after 15 minutes; browsers reconnect by themselves. The number of streams of an
/// address and of an account is bounded: further ones get 429 with `Retry-After`.
#[utoipa::path(get, path = "/me/events", tag = "Accounts", operation_id = "watchOwnEvents",
    params(OwnEventsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "A stream of events that stays open.", body = RegistrationView, content_type = "text/event-stream"), Unauthenticated, Invalid))]
pub(super) async fn watch(
    State(api): State<ApiState>,
    address: Option<Extension<ClientAddress>>,
    account: CallerAccount,
    QueryString(query): QueryString<OwnEventsQuery>,
) -> ApiResult<Response> {
    let mut reader = QueryReader::default();
    let competition = reader.name("competitionId", &query.competition_id);
    reader.finish()?;
    let user = account.actor().id;
    let slot = api.streams.take_slot(Listener {
        address: address.map(|Extension(address)| address),
        account: Some(user),
    })?;
    let state = api.services.own_news.follow(user).await?;
    let stream = events(state, competition, slot, api.streams.stop_signal());
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Otherwise nginx would buffer the events.
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}

/// What a stream has sent so far.
struct Progress {
    state: watch::Receiver<Arc<OwnState>>,
    shown: Arc<OwnState>,
    first: Option<Bytes>,
    ends_at: Instant,
    stop: CancellationToken,
    _slot: StreamSlot,
}

/// Returns the events of one listener, with a heartbeat after each silence.
fn events(
    mut state: watch::Receiver<Arc<OwnState>>,
    competition: Option<CompetitionId>,
    slot: StreamSlot,
    stop: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    let shown = Arc::clone(&state.borrow_and_update());
    let progress = Progress {
        first: Some(opening(&shown, competition)),
        state,
        shown,
        ends_at: Instant::now() + MAX_AGE,
        stop,
        _slot: slot,
    };
    futures::stream::unfold(progress, |mut progress| async move {
        if let Some(first) = progress.first.take() {
            return Some((Ok(first), progress));
        }
        let beat = Instant::now() + HEARTBEAT;
        let bytes = tokio::select! {
            () = progress.stop.cancelled() => return None,
            () = sleep_until(progress.ends_at) => return None,
            changed = progress.state.changed() => {
                changed.ok()?;
                let newest = Arc::clone(&progress.state.borrow_and_update());
                let news = newest.since(&progress.shown);
                progress.shown = newest;
                encode(&news)
            }
            () = sleep_until(beat) => Bytes::from_static(b": beat\n\n"),
        };
        Some((Ok(bytes), progress))
    })
}

/// Encodes what a stream begins with.
fn opening(state: &OwnState, competition: Option<CompetitionId>) -> Bytes {
    let registration = competition
        .and_then(|competition| state.registration_for(competition))
        .map(|view| OwnNews::Registration(Box::new(view.clone())));
    let news: Vec<_> = registration
        .into_iter()
        .chain([OwnNews::Unread(state.unread)])
        .collect();
    // Listeners whose streams end at the same time reconnect one after the other.
    let retry = rand::random_range(2000..6000);
    let mut text = format!("retry: {retry}\n").into_bytes();
    text.extend_from_slice(&encode(&news));
    text.into()
}

/// Encodes news as events; a comment if there is none, so that a stream never sends nothing.
fn encode(news: &[OwnNews]) -> Bytes {
    let event = |news: &OwnNews| {
        let (name, data) = match news {
            OwnNews::Registration(view) => ("registration", serde_json::to_string(view)),
            OwnNews::Message(view) => ("message", serde_json::to_string(view)),
            OwnNews::Unread(unread) => {
                ("unread", serde_json::to_string(&Unread { unread: *unread }))
            }
        };
        Some(format!("event: {name}\ndata: {}\n\n", data.ok()?))
    };
    match news.iter().filter_map(event).collect::<String>() {
        nothing if nothing.is_empty() => Bytes::from_static(b": beat\n\n"),
        events => events.into(),
    }
}
