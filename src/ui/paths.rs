//! The paths of pages, of server functions and of event streams, each written once.

#[cfg(feature = "ssr")]
use crate::model::{
    BracketId, CompetitionView, Language, MessageId, StaffId, StageId, UserId, WebhookId,
    forms::RegistrationFilter,
};
use crate::model::{CompetitionId, RegistrationId};

/// The page that lists competitions.
pub const COMPETITIONS: &str = "/competitions";
/// The page on which an account is created.
pub const SIGNUP: &str = "/signup";
/// The page on which people log in.
pub const LOGIN: &str = "/login";
/// The page on which people ask for a link to set a new password.
pub const FORGOT: &str = "/forgot";
/// The page on which a new password is set; links in mail lead there.
pub const RESET: &str = "/reset";
/// The page on which an e-mail address is confirmed; links in mail lead there.
pub const VERIFY_EMAIL: &str = "/verify-email";
/// The page that asks for the password before something dangerous.
pub const CONFIRM_PASSWORD: &str = "/confirm-password";
/// The page on which an account is exported and deleted.
pub const DATA: &str = "/me/data";
/// The page that lists where the account is logged in.
pub const SESSIONS: &str = "/me/sessions";
/// The page on which the password and the e-mail address are changed.
pub const SECURITY: &str = "/me/security";
/// The page on which the second factor is set up and removed.
pub const SECOND_FACTOR: &str = "/me/second-factor";
/// The page on which the owner of an account makes new recovery codes.
#[cfg(feature = "ssr")]
pub const NEW_RECOVERY_CODES: &str = "/me/second-factor?codes=new";
/// The page that asks for the second factor after the password.
pub const SECOND_STEP: &str = "/second-factor";
/// The page with the account's own registrations.
pub const MY_REGISTRATIONS: &str = "/me/registrations";
/// The page with the account's messages.
pub const MAILBOX: &str = "/me/mailbox";
/// The script that turns push messages on and off.
#[cfg(feature = "ssr")]
pub const PUSH_SCRIPT: &str = concat!("/push.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that selects everybody on a page of participants.
#[cfg(feature = "ssr")]
pub const PEOPLE_SCRIPT: &str = concat!("/people.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that shows a participant in a drawer beside the list.
#[cfg(feature = "ssr")]
pub const PERSON_DRAWER_SCRIPT: &str = concat!("/person-drawer.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that keeps parts of a page up to date which has no event stream.
#[cfg(feature = "ssr")]
pub const REFRESH_SCRIPT: &str = concat!("/refresh.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that keeps the control room up to date.
#[cfg(feature = "ssr")]
pub const CONTROL_ROOM_SCRIPT: &str = concat!("/control-room.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that keeps the choice of a division up to date.
pub const DIVISIONS_SCRIPT: &str = concat!("/divisions.js?v=", env!("CARGO_PKG_VERSION"));
/// The script with which tickets are scanned, with a network and without.
#[cfg(feature = "ssr")]
pub const CHECK_IN_SCRIPT: &str = concat!("/check-in.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that reads QR codes for browsers that can't do so by themselves.
#[cfg(feature = "ssr")]
pub const QR_READER_SCRIPT: &str = concat!("/qr-reader.js?v=", env!("CARGO_PKG_VERSION"));
/// The script that names countries in the language of the page.
#[cfg(feature = "ssr")]
pub const QUESTIONS_SCRIPT: &str = concat!("/questions.js?v=", env!("CARGO_PKG_VERSION"));
/// The page with the account's profile.
pub const PROFILE: &str = "/me/profile";
/// The page with an organizer's competitions.
pub const ORGANIZE: &str = "/organize";
/// The page with the form for a new competition.
pub const ORGANIZE_NEW: &str = "/organize/new";
/// The page on which an organizer creates and deletes API keys.
pub const API_KEYS: &str = "/organize/api-keys";
/// The page on which an organizer creates and deletes webhooks.
pub const WEBHOOKS: &str = "/organize/webhooks";
/// The page that shows administrators how the installation is.
pub const ADMIN: &str = "/admin";
/// The page on which administrators pause and resume queues.
pub const ADMIN_QUEUES: &str = "/admin/queues";
/// The page with the jobs that failed finally.
pub const ADMIN_FAILED_JOBS: &str = "/admin/failed-jobs";
/// The page on which administrators find accounts.
pub const ADMIN_USERS: &str = "/admin/users";
/// The page on which administrators decide about requests to become an organizer.
#[cfg(feature = "ssr")]
pub const ADMIN_ORGANIZER_REQUESTS: &str = "/admin/organizer-requests";
/// The page with everybody's competitions.
#[cfg(feature = "ssr")]
pub const ADMIN_COMPETITIONS: &str = "/admin/competitions";
/// The page with the settings in force.
pub const ADMIN_SETTINGS: &str = "/admin/settings";
/// The page with the audit log.
pub const ADMIN_AUDIT: &str = "/admin/audit";
/// The server function that the register form posts to.
pub const ACT_REGISTER: &str = "/act/register";
/// The server function that asks for a reminder of an opening.
pub const ACT_REMIND_ME: &str = "/act/remind-me";
/// The server function that the form for a picture posts to.
pub const ACT_UPLOAD_PICTURE: &str = "/act/upload-picture";
/// The server function that reads a list of results.
pub const ACT_READ_RESULTS: &str = "/act/read-results";
/// The server function that reads a list of participants.
pub const ACT_READ_IMPORT: &str = "/act/read-import-of-competition";
/// The server function that adds the people of a list.
pub const ACT_IMPORT: &str = "/act/import-participants-to-competition";
/// The events about the visitor's own registrations and messages (server-sent events).
pub const OWN_EVENTS: &str = "/api/v1/me/events";
/// The time of the server.
pub const SERVER_TIME: &str = "/api/v1/time";

/// Returns the path of the calendar entry of a competition's opening.
#[cfg(feature = "ssr")]
#[must_use]
pub fn opening_calendar(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}/opening.ics")
}

/// The address of the API that suggests titles while a search is typed.
#[cfg(feature = "ssr")]
pub const SUGGEST: &str = "/api/v1/competitions/suggest";

/// Returns the path of the page on which an invitation is answered, with the token of its letter.
#[cfg(feature = "ssr")]
#[must_use]
pub fn invitation(id: StaffId, token: Option<&str>) -> String {
    let page = format!("/invitations/{id}");
    match token {
        Some(token) => with_query(&page, &[("token", token)]),
        None => page,
    }
}

/// Returns the path of a competition's page.
#[must_use]
pub fn competition(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}")
}

/// Returns the path of the page about a participant, for organizers.
#[cfg(feature = "ssr")]
#[must_use]
pub fn person(competition: CompetitionId, registration: RegistrationId) -> String {
    format!("{ORGANIZE}/{competition}/registrations/{registration}")
}

/// Returns the path of a competition's seat updates (server-sent events).
#[must_use]
pub fn seat_events(id: CompetitionId) -> String {
    format!("/api/v1/competitions/{id}/events")
}

/// The width of pictures for social networks, in pixels.
#[cfg(feature = "ssr")]
const SOCIAL_CARD_WIDTH: u32 = 1200;

/// The path of pages about organizers.
#[cfg(feature = "ssr")]
pub const ORGANIZERS: &str = "/organizers";

/// Returns the path of the public page of an organizer.
#[cfg(feature = "ssr")]
#[must_use]
pub fn organizer(id: UserId) -> String {
    format!("{ORGANIZERS}/{id}")
}

/// Returns the address of the drawn cover of a competition, with its version, so that browsers keep it.
#[cfg(feature = "ssr")]
#[must_use]
pub fn cover(competition: &CompetitionView) -> String {
    competition.drawn_cover_path("svg")
}

/// Returns the address of the picture of a competition for social networks, with its version, and with the language of
/// the date on it if that is not English.
#[cfg(feature = "ssr")]
#[must_use]
pub fn social_card(competition: &CompetitionView, language: Language) -> String {
    match &competition.picture {
        Some(picture) => competition.picture_path(picture, SOCIAL_CARD_WIDTH),
        None if language == Language::English => competition.drawn_cover_path("png"),
        None => format!("{}&lang={language}", competition.drawn_cover_path("png")),
    }
}

/// Returns the width and the height of that picture, in pixels.
#[cfg(feature = "ssr")]
#[must_use]
pub fn social_card_size(competition: &CompetitionView) -> (u32, u32) {
    let width = competition
        .picture
        .as_ref()
        .map_or(SOCIAL_CARD_WIDTH, |picture| {
            picture.width_for(SOCIAL_CARD_WIDTH)
        });
    (width, (width * 630).div_ceil(1200))
}

/// Returns the address of a place on a map; `None` if the text names no place. It leads to another site, so
/// nothing may be loaded from there until somebody follows it.
#[cfg(feature = "ssr")]
#[must_use]
pub fn map(location: &str) -> Option<String> {
    let is_place = !location.is_empty() && !location.eq_ignore_ascii_case("online");
    is_place.then(|| {
        with_query(
            "https://www.openstreetmap.org/search",
            &[("query", location)],
        )
    })
}

/// Returns the path of the page on which a certificate is verified.
#[cfg(feature = "ssr")]
#[must_use]
pub fn certificate(serial: &str) -> String {
    format!("/certificates/{serial}")
}

/// Returns the path of the certificate of a registration, as a PDF.
#[cfg(feature = "ssr")]
#[must_use]
pub fn certificate_file(id: RegistrationId) -> String {
    format!("/registrations/{id}/certificate.pdf")
}

/// Returns the path of the badges of a page of those with a seat, as a PDF.
#[cfg(feature = "ssr")]
#[must_use]
pub fn badges(id: CompetitionId, page: u64, large: bool) -> String {
    let file = organize(id, "badges.pdf");
    let page = page.to_string();
    match large {
        true => with_query(&file, &[("page", &page), ("size", "LARGE")]),
        false => with_query(&file, &[("page", &page)]),
    }
}

/// Returns the path of a competition's calendar entry.
#[cfg(feature = "ssr")]
#[must_use]
pub fn calendar(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}/calendar.ics")
}

/// Returns the path of an organizer's page about one competition; `part` is empty, `edit`,
/// `registrations`, …
#[cfg(feature = "ssr")]
#[must_use]
pub fn organize(id: CompetitionId, part: &str) -> String {
    if part.is_empty() {
        format!("{ORGANIZE}/{id}")
    } else {
        format!("{ORGANIZE}/{id}/{part}")
    }
}

/// Returns the address of the list of a competition's participants with a filter.
#[cfg(feature = "ssr")]
#[must_use]
pub fn people(id: CompetitionId, filter: &RegistrationFilter) -> String {
    let query = filter.query();
    let pairs: Vec<_> = query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    with_query(&organize(id, "registrations"), &pairs)
}

/// Returns the path of the page with the deliveries of a webhook.
#[cfg(feature = "ssr")]
#[must_use]
pub fn webhook(id: WebhookId) -> String {
    format!("{WEBHOOKS}/{id}")
}

/// Returns the address of the page on which the results of a stage are recorded.
#[cfg(feature = "ssr")]
#[must_use]
pub fn results_of(id: CompetitionId, stage: StageId) -> String {
    let stage = stage.to_string();
    with_query(&organize(id, "results"), &[("stage", &stage)])
}

/// Returns the path of the public standings of a competition.
#[cfg(feature = "ssr")]
#[must_use]
pub fn standings(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}/results")
}

/// Returns the address of the public standings of a stage.
#[cfg(feature = "ssr")]
#[must_use]
pub fn standings_of(id: CompetitionId, stage: StageId) -> String {
    let stage = stage.to_string();
    with_query(&standings(id), &[("stage", &stage)])
}

/// Returns the address of the page on which the results of a bracket are recorded.
#[cfg(feature = "ssr")]
#[must_use]
pub fn organize_bracket(id: CompetitionId, bracket: BracketId) -> String {
    let bracket = bracket.to_string();
    with_query(&organize(id, "brackets"), &[("bracket", &bracket)])
}

/// Returns the path of the public brackets of a competition.
#[cfg(feature = "ssr")]
#[must_use]
pub fn brackets(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}/brackets")
}

/// Returns the address of a public bracket.
#[cfg(feature = "ssr")]
#[must_use]
pub fn bracket(id: CompetitionId, bracket: BracketId) -> String {
    let bracket = bracket.to_string();
    with_query(&brackets(id), &[("bracket", &bracket)])
}

/// Returns the path of the control room of a competition.
#[cfg(feature = "ssr")]
#[must_use]
pub fn control_room(id: CompetitionId) -> String {
    organize(id, "live")
}

/// Returns the path at which the API checks participants of a competition in.
#[cfg(feature = "ssr")]
#[must_use]
pub fn check_ins(id: CompetitionId) -> String {
    format!("/api/v1/competitions/{id}/check-ins")
}

/// Returns the path of the page with the ticket of a registration.
#[must_use]
pub fn ticket(id: RegistrationId) -> String {
    format!("{MY_REGISTRATIONS}/{id}")
}

/// Returns the address of the ticket of a registration as a picture that phones save.
#[cfg(feature = "ssr")]
#[must_use]
pub fn ticket_picture(id: RegistrationId) -> String {
    format!("/api/v1/registrations/{id}/ticket.png")
}

/// Returns the path of the page that asks before a registration is cancelled.
#[must_use]
pub fn cancel_registration(id: RegistrationId) -> String {
    format!("{MY_REGISTRATIONS}/{id}/cancel")
}

/// Returns the path of the page with the answers of a registration.
#[must_use]
pub fn answers(id: RegistrationId) -> String {
    format!("{MY_REGISTRATIONS}/{id}/answers")
}

/// Returns the path of a message in the mailbox.
#[cfg(feature = "ssr")]
#[must_use]
pub fn message(id: MessageId) -> String {
    format!("{MAILBOX}?message={id}")
}

/// Returns the path of the login page that leads on to `next`, if `next` is a path of this site
/// ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn login_then(next: &str) -> String {
    then(LOGIN, next)
}

/// Returns the path of the sign-up page that leads on to `next`, if `next` is a path of this
/// site ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn signup_then(next: &str) -> String {
    then(SIGNUP, next)
}

/// Returns the path of the log-in page that asks for a code from a mail instead of the password, and leads
/// on to `next`, if `next` is a path of this site ([`local`]). `step` is `email` or `code`.
#[cfg(feature = "ssr")]
#[must_use]
pub fn login_with_code(step: &str, next: &str) -> String {
    let next = local(next).unwrap_or_default();
    with_query(LOGIN, &[("with", step), ("next", next)])
}

/// Returns the path of the page that asks for a link to set a new password and leads on to `next`, if
/// `next` is a path of this site ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn forgot_then(next: &str) -> String {
    then(FORGOT, next)
}

/// Returns the path of the page that asks to confirm the e-mail address and leads on to `next`, if `next`
/// is a path of this site ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn verify_email_then(next: &str) -> String {
    then(VERIFY_EMAIL, next)
}

/// Returns the path of the page that asks for the password and leads on to `next`, if `next` is a path of
/// this site ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn confirm_password_then(next: &str) -> String {
    then(CONFIRM_PASSWORD, next)
}

/// Returns the path of the page that asks for the second factor and leads on to `next`, if `next` is a path of
/// this site ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn second_step_then(next: &str) -> String {
    then(SECOND_STEP, next)
}

/// Returns the path of the page on which the second factor is set up, and which leads on to `next`, if `next` is
/// a path of this site ([`local`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn second_factor_then(next: &str) -> String {
    then(SECOND_FACTOR, next)
}

/// Returns the path of `page` with `next` as a query parameter. A `next` that would not be
/// followed later is left out.
#[cfg(feature = "ssr")]
fn then(page: &str, next: &str) -> String {
    with_query(page, &[("next", local(next).unwrap_or_default())])
}

/// Returns a path with a query; pairs with an empty value are left out.
#[cfg(feature = "ssr")]
#[must_use]
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// Returns the address of the same page in another language, relative to it.
#[cfg(feature = "ssr")]
#[must_use]
pub fn in_language(address: &str, tag: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let others = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "lang");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others).append_pair("lang", tag);
    format!("?{}", query.finish())
}

/// Returns an address without the choice of a language, which the visitor may have changed by the time they
/// come back to it.
#[must_use]
pub fn without_language(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let others: Vec<_> = query
        .split('&')
        .filter(|pair| *pair != "lang" && !pair.starts_with("lang="))
        .collect();
    match others.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", others.join("&")),
    }
}

/// Returns `next`, which came from outside, if it stays on this site: a path from the root that is
/// neither `//host` nor `/\host`, which browsers read as another host. A path that is too long is
/// refused.
#[cfg(feature = "ssr")]
#[must_use]
pub fn local(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let stays = !rest.starts_with(['/', '\\'])
        && next.len() <= 1000
        && next.bytes().all(|b| b.is_ascii_graphic());
    stays.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_without_its_language() {
        for (address, kept) in [
            ("/competitions?lang=de", "/competitions"),
            (
                "/competitions?tag=a&lang=de&page=2",
                "/competitions?tag=a&page=2",
            ),
            ("/competitions?language=de", "/competitions?language=de"),
            ("/", "/"),
        ] {
            assert_eq!(without_language(address), kept);
        }
    }

    #[test]
    fn only_paths_on_this_site_are_followed() {
        for good in ["/", "/competitions/1?x=y", "/me/mailbox?message=1"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in [
            "",
            "competitions",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\n/evil",
            "/a\tb",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn empty_values_leave_no_trace_in_a_query() {
        assert_eq!(with_query("/a", &[("b", ""), ("c", "d e")]), "/a?c=d+e");
        assert_eq!(with_query("/a", &[("b", "")]), "/a");
    }

    #[test]
    fn only_what_would_be_followed_is_carried_along() {
        assert_eq!(
            login_then("/me/mailbox?a=b"),
            "/login?next=%2Fme%2Fmailbox%3Fa%3Db"
        );
        let long = format!("/competitions?search={}", "x".repeat(100_000));
        for not in [
            long.as_str(),
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
        ] {
            assert_eq!(login_then(not), "/login", "{not:.40}");
            assert_eq!(signup_then(not), "/signup", "{not:.40}");
        }
    }

    #[test]
    fn another_language_keeps_the_rest_of_the_address() {
        for (address, expected) in [
            ("/", "?lang=de"),
            (
                "/competitions?search=night+run&lang=fr&page=2",
                "?search=night+run&page=2&lang=de",
            ),
            ("", "?lang=de"),
        ] {
            assert_eq!(in_language(address, "de"), expected);
        }
    }
}
