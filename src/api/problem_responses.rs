//! The error responses of single operations, as the OpenAPI document describes them. Those of every
//! operation are in `common_responses`.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder},
};

use super::PROBLEM_JSON;

/// Returns the description of a response that carries problem details.
pub(super) fn problem(description: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content(
            PROBLEM_JSON,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        )
        .build()
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $description:literal;)+) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([($status.to_owned(), RefOr::T(problem($description)))])
            }
        }
    )+};
}

problems! {
    /// The request carries no valid token or session.
    Unauthenticated = "401", "`unauthenticated`: the request carries no token or session, or an invalid one.";
    /// The log-in was too long ago, or there is none.
    RecentLogIn = "401", "`recent-login-required`: the log-in was more than 15 minutes ago. `unauthenticated`: the request carries no token or session, or an invalid one.";
    /// The e-mail address and the password do not match.
    InvalidCredentials = "401", "`invalid-credentials`: the e-mail address and the password do not match.";
    /// A step of the log-in failed.
    LogInFailed = "401", "`invalid-credentials`: the e-mail address and the password or code do not match. `second-factor-required`: they match, and the account has a second factor; send the same request again with `totp`. `invalid-second-factor`: `totp` is wrong, or was used before.";
    /// The second factor is wrong, or the request carries no valid token or session.
    InvalidSecondFactor = "401", "`invalid-second-factor`: the code is wrong, or was used before. `unauthenticated`: the request carries no token or session, or an invalid one.";
    /// The second factor is wrong, or the log-in was too long ago.
    RecentLogInAndCode = "401", "`invalid-second-factor`: the code is wrong, or was used before. `recent-login-required`: the log-in was more than 15 minutes ago. `unauthenticated`: the request carries no token or session, or an invalid one.";
    /// The account has a second factor already.
    SecondFactorActive = "409", "`second-factor-active`: the account has a second factor, which has to be removed first.";
    /// The address of the account is not confirmed.
    UnconfirmedAddress = "403", "`email-not-verified`: the account has neither confirmed its e-mail address nor the token of the letter. `forbidden`: the account works on too many competitions. `cross-site`: a page of another site sent this request from a browser.";
    /// There is no second factor.
    NoSecondFactor = "404", "`not-found`: the account has no second factor, or has not asked for a secret.";
    /// The account is needed, so it can't be deleted.
    AccountNeeded = "409", "`organizes-competitions`: the account organizes competitions that have not ended. `last-administrator`: no administrator who can log in would be left.";
    /// The account is the last administrator.
    LastAdministrator = "409", "`last-administrator`: no administrator who can log in would be left.";
    /// The owner of a competition keeps the role.
    LastOwner = "409", "`last-owner`: a competition has one owner, who hands it over before leaving.";
    /// The account is disabled.
    Disabled = "403", "`account-disabled`: the password is right, and the account is disabled. `cross-site`: a page of another site sent this request from a browser.";
    /// The token from a mail can't be used.
    TokenInvalid = "410", "`token-invalid`: the token is unknown, was used, or has expired.";
    /// The account may not register.
    MayNotRegister = "403", "`email-not-verified`: the account has to confirm its e-mail address first. `code-required`: nobody registers without a code. `not-eligible`: the code is not one for this account and competition at this time, or the e-mail address or the age is not one of those that the competition admits. `cross-site`: a page of another site sent this request from a browser.";
    /// The account may not do this.
    Forbidden = "403", "`forbidden`: the account lacks the role for this, or the object belongs to another account.";
    /// The object does not exist, or the account may not see it.
    NotFound = "404", "`not-found`: the object does not exist, or the account may not see it.";
    /// No push messages are sent.
    NoPush = "404", "`not-found`: this site sends no push messages.";
    /// There is no ticket.
    NoTicket = "404", "`not-found`: the registration does not exist, is not the caller's, or has no ticket: it holds no seat, or its competition has ended or was cancelled.";
    /// There is no certificate.
    NoCertificate = "404", "`not-found`: the registration does not exist, is not the caller's, or has no valid certificate.";
    /// Fields of the request are invalid.
    Invalid = "422", "`invalid-fields`: `errors` names each invalid field and says what to send instead.";
    /// The file is no picture.
    NotAPicture = "415", "`unsupported-media-type`: the content of the file is that of no JPEG, PNG or WebP picture.";
    /// The picture can't be used.
    UnusablePicture = "422", "`invalid-fields`: `picture` has too few or too many pixels or is damaged, `alt` is too long, or `focus` is unknown.";
    /// Another account has this e-mail address.
    EmailTaken = "409", "`email-taken`: another account with this e-mail address exists.";
    /// The new capacity is smaller than the number of seats that are taken.
    CapacityTooSmall = "409", "`capacity-below-registrations`: more seats are taken than the new capacity has.";
    /// The competition can't have divisions any more.
    NoDivisionsNow = "409", "`registrations-without-division`: there are live registrations already, which are in no division.";
    /// The bracket has results.
    BracketInUse = "409", "`bracket-has-results`: results were recorded in the bracket, and nothing that was recorded is deleted.";
    /// Results of later matches would become void.
    LaterMatches = "409", "`later-matches-played`: results of later matches would become void, and `confirm` is not `true`.";
    /// The stage has results.
    StageInUse = "409", "`stage-has-results`: results were recorded in the stage, and nothing that was recorded is deleted.";
    /// The division has live registrations.
    DivisionInUse = "409", "`division-has-registrations`: there are live registrations in the division.";
    /// The list does not fit into a spreadsheet.
    ListTooLong = "409", "`list-too-long`: the list has more rows than a spreadsheet may have. CSV has no bound.";
    /// The answers can't be changed any more.
    AnswersClosed = "409", "`answers-closed`: the registration or the competition is cancelled, or the competition has started.";
    /// Nobody could register anyway, so there is nothing to pause.
    Closed = "409", "`registration-closed`: the competition is not published, or its deadline has passed.";
    /// The announcement can't be withdrawn.
    AnnouncementSent = "409", "`announcement-sent`: the announcement is being sent, or was sent.";
    /// The announcement is invalid, or its key belongs to another one.
    AnnouncementKeyReused = "422", "`invalid-fields`: `errors` names each invalid field and says what to send instead. `idempotency-key-reused`: the key belongs to another announcement.";
    /// The competition has another version than `If-Match` requires.
    Changed = "412", "`precondition-failed`: an organizer changed the competition after the version in `If-Match`.";
    /// The header `Idempotency-Key` is missing or malformed.
    KeyRequired = "400", "`idempotency-key-required`: the header `Idempotency-Key` is missing or malformed.";
    /// The competition can't be registered for at the moment.
    NoSeat = "409", "`competition-full`, `division-full`, `code-used-up`, `already-registered`, `registration-closed`, `not-open-yet` (with `opensAt` and `Retry-After`), `registration-paused` (with `Retry-After`), or `request-in-progress` (with `Retry-After`): no seat was taken by this request.";
    /// The act is not possible as a whole.
    NoAct = "409", "`registration-closed`: the competition is a draft or was cancelled, so nobody is promoted and no confirmation is written.";
    /// Fields are invalid, or the key belongs to another request.
    FieldsOrKeyReused = "422", "`invalid-fields`: `errors` names each invalid field and says what to send instead. `idempotency-key-reused`: the key belongs to another request.";
    /// The participant can't be added.
    NoPlace = "409", "`competition-full`, `division-full`, `already-registered`, or `registration-closed` (a draft, or a cancelled competition): nobody was added by this request.";
    /// The participant is not checked in.
    NoCheckIn = "409", "`ticket-of-another-competition`, `ticket-cancelled`, `ticket-waitlisted`: the ticket admits nobody here. `competition-cancelled`: the competition is cancelled or a draft. `check-in-undone`: the check-in was undone after the scan.";
    /// The code is that of no ticket.
    NotATicket = "422", "`ticket-invalid`: the code is that of no valid ticket. `invalid-fields`: `errors` names each invalid field and says what to send instead.";
    /// The idempotency key belongs to another request.
    KeyReused = "422", "`idempotency-key-reused`: the key belongs to another request. `invalid-fields`: the body is not as described, `divisionId` is missing or unknown, or an answer is missing or wrong (`answers.<questionId>`).";
}
