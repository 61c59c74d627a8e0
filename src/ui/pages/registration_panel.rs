//! The panel of a competition's page: the registration of the visitor, or what the visitor can do. What it
//! shows is decided in [`islands::LivePanelData`](crate::ui::islands::LivePanelData), here and in the browser.

use std::sync::Arc;

use leptos::{prelude::*, tachys::html::InertElement};

use super::division_choice::{division_choice, may_register};
use crate::{
    model::{
        CompetitionView, IdempotencyKey, Phase, QuestionView, RegistrationView,
        forms::{CODE_MAX, answer_field},
    },
    text::{DateStyle, date_time, panel_sentences},
    ui::{
        components::{ErrorSummary, QuestionFields},
        flash::FormInput,
        islands::{LivePanelData, OwnRegistration, PanelState, REGISTER_FORM, Visitor},
        page_request::PageRequest,
        paths,
        text::{language, panel_text, text},
    },
};

/// Returns the panel for the viewer of `request`, with the viewer's live registration if there is one.
/// `reminded` says whether the viewer wants to be reminded of the opening, and `questions` what the competition asks.
pub(super) fn registration_panel(
    request: &PageRequest,
    competition: &CompetitionView,
    registration: Option<&RegistrationView>,
    reminded: bool,
    questions: &[QuestionView],
) -> AnyView {
    let now = request.now;
    let opens_at = competition.opens_at.unwrap_or(now);
    let visitor = match (registration, &request.viewer) {
        (Some(registration), _) => Visitor::Registered(OwnRegistration::from(registration)),
        (None, None) => Visitor::Anonymous,
        (None, Some(viewer)) if viewer.id == competition.organizer_id => Visitor::Organizer,
        (None, Some(_)) => Visitor::Unregistered,
    };
    let panel = PanelState {
        competition: competition.id,
        live: competition.live(now),
        revision: competition.edited_at_version,
        results_revision: competition.results_revision,
        rules: competition.rules(),
        opening: date_time(
            language(),
            DateStyle::Soon,
            opens_at,
            &competition.time_zone,
        ),
        takes_codes: competition.takes_codes,
        visitor,
        freed: false,
        promoted: false,
    };
    // A key in the flash data belongs to a request whose outcome is unknown, which is repeated with it.
    let form_input = request.form_input(&format!("register-{}", competition.id));
    let previous_key = form_input.value("idempotencyKey");
    let key = IdempotencyKey::parse(&previous_key).unwrap_or_else(|_| IdempotencyKey::mint());
    let viewer = request.viewer.as_ref();
    let confirmed = viewer
        .map(|viewer| viewer.email_confirmed)
        .filter(|_| request.services.accounts.sends_mail());
    let phase = competition.phase(now);
    let unanswered = unanswered(competition, questions, &form_input);
    let check = ready_check(competition, &panel.visitor, reminded, confirmed, unanswered);
    let choice = division_choice(competition, &panel.visitor, &form_input, phase);
    let asks = !questions.is_empty() && may_register(&panel.visitor, phase);
    let questions = asks.then(|| {
        let questions = questions.to_vec();
        view! {
            <section class="questions" aria-labelledby="questions">
                <h2 id="questions">{text().questions.ask}</h2>
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                <QuestionFields questions=questions form_input=Arc::clone(&form_input) form=REGISTER_FORM/>
            </section>
        }
    });
    let conditions = conditions(competition, &panel.visitor, phase);
    let code = code_input(request, competition, &panel.visitor, &form_input, phase);
    let data = LivePanelData {
        panel,
        key: key.to_string(),
    };
    let sentences = format!(
        "<script type=\"application/json\" id=\"panel-sentences\">{}</script>",
        panel_sentences(language())
    );
    view! {
        {InertElement::new(sentences)}
        // What belongs to the register form: the style sheet shows it where the form is, in each phase.
        <div class="registration-inputs">
        {choice}
        {conditions}
        {questions}
        {code}
        </div>
        {data.show()}
        <div class="ready" data-testid="ready-check">{check}</div>
    }
    .into_any()
}

/// Returns how many of the required answers are still to be given; nothing if none is required. A script counts on
/// (`browser::ready_check`).
fn unanswered(
    competition: &CompetitionView,
    questions: &[QuestionView],
    form_input: &FormInput,
) -> Option<u64> {
    let chooses = !competition.divisions.is_empty() && !competition.takes_codes;
    let division = chooses.then(|| "divisionId".to_owned());
    let code = competition.code_required.then(|| "code".to_owned());
    let required = questions.iter().filter(|question| question.required);
    let fields: Vec<_> = required
        .map(|question| answer_field(question.id))
        .chain(division)
        .chain(code)
        .collect();
    let missing = fields
        .iter()
        .filter(|field| form_input.value(field).is_empty());
    (!fields.is_empty()).then(|| missing.count() as u64)
}

/// Says who may register, to those who might.
fn conditions(competition: &CompetitionView, visitor: &Visitor, phase: Phase) -> Option<AnyView> {
    if !may_register(visitor, phase) {
        return None;
    }
    let domains = competition.email_domains.join(", ");
    let domains = (!domains.is_empty()).then(|| text().codes.domains_only(&domains));
    let t = &text().divisions;
    let ages = match (competition.age_min, competition.age_max) {
        (Some(min), Some(max)) => Some(t.ages(min.into(), max.into())),
        (Some(min), None) => Some(t.from_age(min.into())),
        (None, Some(max)) => Some(t.to_age(max.into())),
        (None, None) => None,
    };
    let conditions: Vec<_> = [domains, ages].into_iter().flatten().collect();
    (!conditions.is_empty()).then(|| {
        let items = conditions
            .into_iter()
            .map(|one| view! { <li><bdi>{one}</bdi></li> });
        view! { <ul class="muted small" data-testid="conditions">{items.collect_view()}</ul> }
            .into_any()
    })
}

/// Asks for the code where there are any, also where all other seats are taken: a seat may be set aside. A link may bring the
/// code (`?code=`). The field belongs to the register form of the panel.
fn code_input(
    request: &PageRequest,
    competition: &CompetitionView,
    visitor: &Visitor,
    form_input: &FormInput,
    phase: Phase,
) -> Option<AnyView> {
    let takes_one = competition.takes_codes || competition.code_required;
    if !takes_one || !may_register(visitor, phase) {
        return None;
    }
    let t = &text().codes;
    let typed = form_input.value("code");
    let linked = request.query("code").unwrap_or_default();
    let value = if typed.is_empty() { linked } else { typed };
    let value: String = value.chars().take(CODE_MAX).collect();
    let (label, hint) = match competition.code_required {
        true => (t.code, Some(t.code_needed)),
        false => (t.your_code, None),
    };
    let hint_id = hint.map(|_| "code-hint");
    let input = view! {
        <section class="questions code-input" aria-label=t.code>
            <div class="field">
                <label for="code">{label}</label>
                <input id="code" name="code" type="text" value=value form=REGISTER_FORM autocomplete="off" autocapitalize="characters"
                    spellcheck="false" maxlength=CODE_MAX.to_string() required=competition.code_required aria-describedby=hint_id/>
                {hint.map(|hint| view! { <p class="field-hint" id="code-hint">{hint}</p> })}
            </div>
        </section>
    };
    Some(input.into_any())
}

/// Shows what a visitor can prepare before the opening: to be logged in and online, to have confirmed the e-mail
/// address and answered the questions, a reminder and the calendar. The style sheet shows it in that phase, to those
/// without a registration. `confirmed` says whether the address is confirmed, if it has to be, and `unanswered` how many
/// answers are missing, if any is required.
fn ready_check(
    competition: &CompetitionView,
    visitor: &Visitor,
    reminded: bool,
    confirmed: Option<bool>,
    unanswered: Option<u64>,
) -> Option<impl IntoView + use<>> {
    let t = panel_text();
    if competition.opens_at.is_none() || *visitor == Visitor::Organizer {
        return None;
    }
    let id = competition.id;
    let (account, remind) = if *visitor == Visitor::Anonymous {
        let href = paths::login_then(&paths::competition(id));
        let log_in = view! { <li data-ready="no"><a href=href>{t.check_log_in}</a></li> };
        (log_in.into_any(), None)
    } else {
        let (label, wanted) = if reminded {
            (t.remind_not, "")
        } else {
            (t.remind, "on")
        };
        let remind = view! {
            <form method="post" action=paths::ACT_REMIND_ME>
                <input type="hidden" name="competitionId" value=id.to_string()/>
                <input type="hidden" name="wanted" value=wanted/>
                <button type="submit" class="button wide">{label}</button>
            </form>
        };
        let logged_in = view! { <li data-ready="yes">{t.check_logged_in}</li> };
        let address = confirmed.map(|confirmed| {
            if confirmed {
                view! { <li data-ready="yes">{t.check_confirmed}</li> }.into_any()
            } else {
                let href = paths::verify_email_then(&paths::competition(id));
                view! { <li data-ready="no"><a href=href>{t.check_confirm}</a></li> }.into_any()
            }
        });
        let answers = unanswered.map(|left| {
            let (ready, words) = match left {
                0 => ("yes", t.check_answered.to_owned()),
                left => ("no", t.check_answers(left)),
            };
            view! { <li data-ready=ready data-answers="">{words}</li> }
        });
        (
            view! { {logged_in}{address}{answers} }.into_any(),
            Some(remind),
        )
    };
    let check = view! {
        <h3>{t.check_title}</h3>
        <ul>
            {account}
            <li data-network="" hidden=true></li>
        </ul>
        {remind}
        <p><a href=paths::opening_calendar(id) download="">{t.remind_calendar}</a></p>
    };
    Some(check)
}
