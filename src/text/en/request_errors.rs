//! Sentences about requests that fail before or outside of the domain.

use super::language::LANGUAGE;
use crate::text::RequestErrorText;

pub(super) const REQUEST_ERRORS: RequestErrorText = RequestErrorText {
    language: LANGUAGE,
    malformed_json: "The body is no JSON: see line {line}, column {column}.",
    malformed_body: "The body could not be read to its end.",
    malformed_query: "The query string does not read: each name at most once, as UTF-8.",
    media_type: "Send the body as application/json.",
    body_too_large: "The body is larger than any of ours can be.",
    request_too_large: "A request has at most {kibibytes} KiB.",
    proxy: "This is no proxy.",
    no_path: "A request names a path that begins with a slash.",
    no_single_host: "A request names one host, in one Host field.",
    bad_request_title: "Bad request",
    too_slow: "The request’s body did not arrive within {seconds} s. Nothing was done with it.",
    timed_out: "That took too long and was given up. Trying again is safe.",
    timed_out_title: "Took too long",
    cross_site: "This request did not come from our own pages. Open the page here and try again.",
    cross_site_title: "Came from another site",
    unreadable_form: "This is not a form of this site, or it lost a piece on its way. Nothing was changed.",
    unreadable_form_title: "Unreadable form",
    method_not_allowed: "This address can’t be used that way.",
    method_unknown: "This address does not know that method. `Allow` lists those it knows.",
    method_not_allowed_title: "Method not allowed",
    too_many_requests_title: "Too many requests",
    overloaded_title: "Very many people are here",
    unavailable: "Something we need is away for a moment. Trying again is safe.",
    unavailable_title: "Unavailable",
    internal_error: "Something went wrong on our side. It has been noted.",
    internal_error_title: "Internal error",
    back_to_front_page: "Back to the front page",
};
