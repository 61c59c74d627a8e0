//! The panel of a competition's page: the registration of the visitor, or what the visitor can do.

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionId, CompetitionView, IdempotencyKey, Phase, RegistrationStatus,
        RegistrationView, time_zone,
    },
    ui::{
        components::{Glyph, Icon},
        islands::RegisterForm,
        page_request::PageRequest,
        paths,
        text::text,
    },
};

/// What the panel shows about a competition and its visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationPanelState {
    /// The visitor organizes the competition.
    OwnCompetition {
        competition: CompetitionId,
        /// Whether it is a draft, which only its organizer sees.
        draft: bool,
    },
    /// The visitor has a live registration.
    Registered {
        registration: Box<RegistrationView>,
        /// The phase of the competition.
        phase: Phase,
    },
    /// The visitor can register or join the waitlist.
    CanRegister {
        competition: CompetitionId,
        /// The idempotency key that the form submits.
        key: String,
        /// The phase of the competition.
        phase: Phase,
        /// The number of seats left, or of people on the waitlist.
        number: u32,
        /// Whether the visitor has to log in first.
        anonymous: bool,
    },
    /// Registration has not opened yet.
    OpensSoon {
        /// The opening, as clocks at the venue show it.
        opening: String,
    },
    /// Registration is not possible at present.
    Closed(Phase),
}

impl RegistrationPanelState {
    /// Returns the state for the viewer of `request`, with the viewer's live registration if there
    /// is one.
    #[must_use]
    pub fn of(
        request: &PageRequest,
        competition: &CompetitionView,
        registration: Option<RegistrationView>,
    ) -> Self {
        let phase = competition.phase(request.now);
        if let Some(registration) = registration {
            return Self::Registered {
                registration: Box::new(registration),
                phase,
            };
        }
        if request
            .viewer
            .as_ref()
            .is_some_and(|v| v.id == competition.organizer_id)
        {
            return Self::OwnCompetition {
                competition: competition.id,
                draft: phase == Phase::Draft,
            };
        }
        let number = match phase {
            Phase::Open | Phase::FewLeft => competition.seats_left,
            Phase::Waitlist => competition.waitlisted,
            Phase::OpensSoon => {
                let opens_at = competition.opens_at.unwrap_or(competition.reg_deadline);
                let format = "%a %-d %b, %H:%M %Z";
                let opening = time_zone::format(&competition.time_zone, opens_at, format);
                return Self::OpensSoon { opening };
            }
            _ => return Self::Closed(phase),
        };
        // A key in the flash data belongs to a request whose outcome is unknown, which is repeated with it.
        let previous_key = request
            .form_input(&format!("register-{}", competition.id))
            .value("idempotencyKey");
        let key = IdempotencyKey::parse(&previous_key).unwrap_or_else(|_| IdempotencyKey::mint());
        Self::CanRegister {
            competition: competition.id,
            key: key.to_string(),
            phase,
            number,
            anonymous: request.viewer.is_none(),
        }
    }
}

/// Shows the state and the button or link that follows from it.
#[component]
pub fn RegistrationPanel(
    /// The state that is shown.
    state: RegistrationPanelState,
) -> impl IntoView {
    let t = &text().competition;
    match state {
        RegistrationPanelState::OwnCompetition { competition, draft } => {
            let (title, words) = if draft {
                (t.draft_title, t.draft)
            } else {
                (t.yours_title, t.yours)
            };
            view! {
                {panel_message("neutral", Glyph::Info, title.to_owned(), words.to_owned())}
                <a class="button primary wide" href=paths::organize(competition, "")>{t.manage}</a>
            }
            .into_any()
        }
        RegistrationPanelState::Registered {
            registration,
            phase,
        } => registration_content(&registration, phase).into_any(),
        RegistrationPanelState::CanRegister {
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
                <p class="register-hint" id="register-hint">{words}</p>
                <RegisterForm competition=competition key=key label=label.to_owned()/>
                {anonymous.then(|| view! { <p class="muted small">{t.login_hint}</p> })}
            }
            .into_any()
        }
        RegistrationPanelState::OpensSoon { opening } => {
            let title = (t.soon_title)(&opening);
            panel_message("accent", Glyph::Clock, title, t.soon.to_owned())
        }
        RegistrationPanelState::Closed(phase) => {
            let (title, words) = match phase {
                Phase::Full => (t.full_title, t.full),
                Phase::Cancelled => (t.cancelled_title, t.cancelled),
                Phase::Ended => (t.past_title, t.past),
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
                {panel_message(tone, Glyph::Info, title.to_owned(), words.to_owned())}
                <a class="button wide" href=paths::COMPETITIONS>{text().frame.see_competitions}</a>
            }
            .into_any()
        }
    }
}

/// Shows a registration, and how to cancel it.
fn registration_content(registration: &RegistrationView, phase: Phase) -> AnyView {
    let t = &text().competition;
    let over = matches!(phase, Phase::Cancelled | Phase::Ended);
    let waits = registration.status == RegistrationStatus::Waitlisted;
    let (tone, glyph, title, words) = match (registration.status, phase) {
        (_, Phase::Cancelled) => (
            "bad",
            Glyph::Info,
            t.cancelled_title.to_owned(),
            t.cancelled.to_owned(),
        ),
        (RegistrationStatus::Waitlisted, Phase::Ended) => (
            "neutral",
            Glyph::Info,
            t.past_title.to_owned(),
            t.waitlisted_gone.to_owned(),
        ),
        (_, Phase::Ended) => (
            "neutral",
            Glyph::Check,
            t.past_title.to_owned(),
            t.had_seat.to_owned(),
        ),
        (RegistrationStatus::Waitlisted, _) => {
            let position = registration.waitlist_position;
            (
                "accent",
                Glyph::Queue,
                position.map_or_else(
                    || t.waitlisted_title_plain.to_owned(),
                    |position| (t.waitlisted_title)(position),
                ),
                position.map_or_else(String::new, |position| {
                    (t.waitlisted)(position.saturating_sub(1))
                }),
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
        let href = paths::cancel_registration(registration.registration_id);
        view! { <a class="button quiet wide" href=href data-confirm="">{label}</a> }
    });
    view! {
        <div data-testid="registration-status" data-status=registration.status.as_str()>
            {panel_message(tone, glyph, title, words)}
        </div>
        <a class="button wide" href=paths::MY_REGISTRATIONS>{t.my_registrations}</a>
        {cancel}
    }
    .into_any()
}

fn panel_message(tone: &'static str, glyph: Glyph, title: String, words: String) -> AnyView {
    view! {
        <div class="registration-state" data-tone=tone>
            <Icon glyph=glyph/>
            <div>
                <h2 id="your-place">{title}</h2>
                <p>{words}</p>
            </div>
        </div>
    }
    .into_any()
}
