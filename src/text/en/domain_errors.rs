//! Sentences that explain domain errors to people.

use super::language::LANGUAGE;
use crate::text::DomainErrorText;

pub(super) const DOMAIN_ERRORS: DomainErrorText = DomainErrorText {
    language: LANGUAGE,
    unauthenticated: "Please log in first.",
    invalid_credentials: "Wrong email or password.",
    second_factor_required: "Enter the code of your authenticator app, too.",
    invalid_second_factor: "This code is wrong, or it was used already. Wait for the next one.",
    second_factor_active: "Two-step log-in is on already. Turn it off first to set up another app.",
    recent_login_required: "Enter your password to go on.",
    token_invalid: "This link is no longer valid: it was used, or it is too old. Ask for a new one.",
    email_not_verified: "Confirm your e-mail address first: open the link in the mail that we sent you.",
    account_disabled: "This account is disabled. Ask the people who run this site.",
    organizes_competitions: "You organize competitions that haven't ended. Cancel them first.",
    forbidden: "You are not allowed to do that.",
    not_found: "It does not exist any more.",
    invalid: "Some fields need another look.",
    email_taken: "An account with this e-mail address exists already.",
    stale_form: "This form was stale. Press the button once more.",
    request_in_progress: "Your first press is still being worked on. Look again in a moment.",
    competition_full: "Every seat is taken: the last one went just before you.",
    already_registered: "You are registered already.",
    registration_closed: "Registration is closed.",
    not_open_yet: "Not open yet: registration opens on {when}.",
    capacity_below_registrations: "More seats are taken than that. Choose at least as many as are taken.",
    precondition_failed: "Somebody else saved changes while you were typing. Fields that you left alone show theirs now. Where you both changed a field, it has what you typed, and theirs stands beside it. Save again to keep it that way.",
    too_many_requests: "That was a little fast. Try again in {seconds} s.",
    unsupported_picture: "This file is no JPEG, PNG or WebP picture. Choose another one.",
    pictures_unavailable: "Pictures are not available right now. Nothing was changed: try again later.",
    overloaded: "Very many people are here right now. Nothing happened yet: trying again is safe.",
    api_recent_login_required: "Log in again to do this: your log-in was more than 15 minutes ago.",
    api_idempotency_key_required: "A valid Idempotency-Key is required: 1 to 255 visible ASCII characters.",
    api_idempotency_key_reused: "This Idempotency-Key was used for another request.",
    api_request_in_progress: "The first request with this Idempotency-Key is still being worked on.",
    api_precondition_failed: "It was changed in the meantime. Load it again and repeat your change.",
};
