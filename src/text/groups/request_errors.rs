//! Sentences about requests that fail before or outside of the domain.

sentences! {
    /// Sentences about requests that can't be read, and about failures of the server.
    RequestErrorText {
        malformed_json(line: u64, column: u64);
        malformed_body;
        malformed_query;
        media_type;
        body_too_large;
        request_too_large(kibibytes: u64);
        proxy;
        no_path;
        no_single_host;
        bad_request_title;
        too_slow(seconds: u64);
        timed_out;
        timed_out_title;
        cross_site;
        cross_site_title;
        unreadable_form;
        unreadable_form_title;
        method_not_allowed;
        method_unknown;
        method_not_allowed_title;
        too_many_requests_title;
        overloaded_title;
        unavailable;
        unavailable_title;
        internal_error;
        internal_error_title;
        back_to_front_page;
    }
}
