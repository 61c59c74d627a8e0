//! The "no"s of an operation, as the OpenAPI document describes them.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder},
};

use super::PROBLEM_JSON;

/// A response that carries problem details.
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
    /// Nobody, or nobody we know.
    Unauthenticated = "401", "`unauthenticated`: no token or session, or one that does not hold";
    /// A wrong password.
    InvalidCredentials = "401", "`invalid-credentials`: address and password do not match";
    /// Not theirs.
    Forbidden = "403", "`forbidden`: not the role for it, or somebody else's";
    /// Nothing there.
    NotFound = "404", "`not-found`: no such thing, or not yours to see";
    /// Fields.
    Invalid = "422", "`invalid-fields`: `errors` names the fields and what to do";
    /// An address that has an account.
    EmailTaken = "409", "`email-taken`: an account with this address exists";
    /// Fewer seats than people.
    CapacityTooSmall = "409", "`capacity-below-registrations`: more seats are taken than that";
    /// Another version.
    Changed = "412", "`precondition-failed`: `If-Match` names another version";
    /// The header.
    KeyRequired = "400", "`idempotency-key-required`: the header is missing or malformed";
    /// The many ways not to get a seat.
    NoSeat = "409", "`competition-full`, `already-registered`, `registration-closed`, or `request-in-progress` (with `Retry-After`)";
    /// The same key for something else.
    KeyReused = "422", "`idempotency-key-reused`: the key belongs to another request; or `invalid-fields`: the body is not empty";
}
