//! What a visitor's place in a competition is, and the one thing to do about it: every state that
//! there can be, each with its own words.

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionId, CompetitionView, IdempotencyKey, Phase, RegistrationStatus, RegistrationView,
    },
    ui::{
        address,
        components::{Glyph, Icon},
        islands::RegisterForm,
        page::Visit,
        text::text,
    },
};

/// Where a visitor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is their own competition.
    Own {
        /// Which.
        competition: CompetitionId,
        /// And only they see it.
        draft: bool,
    },
    /// They have a seat or a place in the queue.
    Has {
        /// It.
        registration: Box<RegistrationView>,
        /// How the competition stands.
        phase: Phase,
    },
    /// They can press the button.
    CanPress {
        /// Which.
        competition: CompetitionId,
        /// The key that the button sends.
        key: String,
        /// How the competition stands.
        phase: Phase,
        /// Seats left, or people ahead in the queue.
        number: u32,
        /// Whether they have to log in first.
        anonymous: bool,
    },
    /// There is nothing to press.
    Shut(Phase),
}

impl Place {
    /// Where `visit`'s visitor stands in `one`, with their live registration if they have one.
    #[must_use]
    pub fn of(
        visit: &Visit,
        one: &CompetitionView,
        registration: Option<RegistrationView>,
    ) -> Self {
        let phase = one.phase(visit.now);
        if let Some(registration) = registration {
            return Self::Has {
                registration: Box::new(registration),
                phase,
            };
        }
        if visit
            .viewer
            .as_ref()
            .is_some_and(|v| v.id == one.organizer_id)
        {
            return Self::Own {
                competition: one.id,
                draft: phase == Phase::Draft,
            };
        }
        let number = match phase {
            Phase::Open | Phase::FewLeft => one.seats_left,
            Phase::Waitlist => one.waitlisted,
            _ => return Self::Shut(phase),
        };
        // A key that was kept belongs to a request of which nobody knows how it ended.
        let kept = visit
            .typed(&format!("register-{}", one.id))
            .value("idempotencyKey");
        let key = IdempotencyKey::parse(&kept).unwrap_or_else(|_| IdempotencyKey::mint());
        Self::CanPress {
            competition: one.id,
            key: key.to_string(),
            phase,
            number,
            anonymous: visit.viewer.is_none(),
        }
    }
}

/// The panel about it.
#[component]
pub fn YourPlace(
    /// Where the visitor stands.
    place: Place,
) -> impl IntoView {
    let t = &text().competition;
    match place {
        Place::Own { competition, draft } => {
            let (title, words) = if draft {
                (t.draft_title, t.draft)
            } else {
                (t.yours_title, t.yours)
            };
            view! {
                {said("neutral", Glyph::Info, title.to_owned(), words.to_owned())}
                <a class="button primary wide" href=address::organize(competition, "")>{t.manage}</a>
            }
            .into_any()
        }
        Place::Has {
            registration,
            phase,
        } => has(&registration, phase).into_any(),
        Place::CanPress {
            competition,
            key,
            phase,
            number,
            anonymous,
        } => {
            let (label, words) = match phase {
                Phase::Waitlist => (t.join_waitlist, (t.waitlist_hint)(number)),
                Phase::FewLeft => (t.register, (t.few_hint)(number)),
                _ => (t.register, t.open_hint.to_owned()),
            };
            view! {
                <h2 id="your-place" class="sr-only">{t.your_place}</h2>
                <p class="place-hint" id="register-hint">{words}</p>
                <RegisterForm competition=competition key=key label=label.to_owned()/>
                {anonymous.then(|| view! { <p class="muted small">{t.login_hint}</p> })}
            }
            .into_any()
        }
        Place::Shut(phase) => {
            let (title, words) = match phase {
                Phase::Full => (t.full_title, t.full),
                Phase::Cancelled => (t.cancelled_title, t.cancelled),
                Phase::Past => (t.past_title, t.past),
                Phase::Running => (t.running_title, t.running),
                Phase::Draft => (t.draft_title, t.draft),
                _ => (t.closed_title, t.closed),
            };
            let tone = if phase == Phase::Cancelled {
                "bad"
            } else {
                "neutral"
            };
            view! {
                {said(tone, Glyph::Info, title.to_owned(), words.to_owned())}
                <a class="button wide" href=address::COMPETITIONS>{text().frame.see_competitions}</a>
            }
            .into_any()
        }
    }
}

/// They have a seat or a place in the queue: what it is worth, and how to give it back.
fn has(registration: &RegistrationView, phase: Phase) -> AnyView {
    let t = &text().competition;
    let over = matches!(phase, Phase::Cancelled | Phase::Past);
    let waits = registration.status == RegistrationStatus::Waitlisted;
    let (tone, glyph, title, words) = match (registration.status, phase) {
        (_, Phase::Cancelled) => (
            "bad",
            Glyph::Info,
            t.cancelled_title.to_owned(),
            t.cancelled.to_owned(),
        ),
        (RegistrationStatus::Waitlisted, Phase::Past) => (
            "neutral",
            Glyph::Info,
            t.past_title.to_owned(),
            t.waitlisted_gone.to_owned(),
        ),
        (_, Phase::Past) => (
            "neutral",
            Glyph::Check,
            t.past_title.to_owned(),
            t.had_seat.to_owned(),
        ),
        (RegistrationStatus::Waitlisted, _) => {
            let place = registration.waitlist_position;
            (
                "accent",
                Glyph::Queue,
                place.map_or_else(
                    || t.waitlisted_title_plain.to_owned(),
                    |place| (t.waitlisted_title)(place),
                ),
                place.map_or_else(String::new, |place| (t.waitlisted)(place.saturating_sub(1))),
            )
        }
        (RegistrationStatus::Pending, _) => (
            "good",
            Glyph::Check,
            t.pending_title.to_owned(),
            t.pending.to_owned(),
        ),
        _ => (
            "good",
            Glyph::Check,
            t.confirmed_title.to_owned(),
            t.confirmed.to_owned(),
        ),
    };
    let cancel = (!over).then(|| {
        let label = if waits { t.leave_waitlist } else { t.give_back };
        let href = address::cancel_registration(registration.registration_id);
        view! { <a class="button quiet wide" href=href data-confirm="">{label}</a> }
    });
    view! {
        <div data-testid="registration-status" data-status=registration.status.as_str()>
            {said(tone, glyph, title, words)}
        </div>
        <a class="button wide" href=address::MY_REGISTRATIONS>{t.my_registrations}</a>
        {cancel}
    }
    .into_any()
}

fn said(tone: &'static str, glyph: Glyph, title: String, words: String) -> AnyView {
    view! {
        <div class="place" data-tone=tone>
            <Icon glyph=glyph/>
            <div>
                <h2 id="your-place">{title}</h2>
                <p>{words}</p>
            </div>
        </div>
    }
    .into_any()
}
