//! Sentences that say how to correct a field of a form, or of a request to the API.

sentences! {
    /// Sentences that say how to correct a field.
    FieldErrorText {
        enter_name;
        enter_email;
        enter_title;
        enter_tag;
        enter_subject;
        enter_body;
        enter_password;
        choose_password;
        enter_seats;
        enter_time;
        too_short(n: u64);
        too_long(n: u64);
        no_line_breaks;
        no_control_characters;
        no_direction_changes;
        email_form;
        password_too_easy;
        password_wrong;
        six_digits;
        app_digits;
        app_or_recovery_code;
        password_or_code;
        time_form;
        time_skipped;
        time_past;
        year_bounds;
        publishes_before_closing;
        only_drafts_are_published;
        opens_before_closing;
        closes_before_start;
        ends_after_start;
        time_zone_form;
        number_bounds(most: u64);
        too_many_tags(n: u64);
        too_many_announcements(n: u64);
        comma_in_tag;
        choose_from_list;
        status_is_final;
        draft_has_nobody;
        capacity_too_small;
        in_field(field: &str, problem: &str);
        email_taken;
        nobody_chosen;
        too_many_chosen(n: u64);
        undo_too_late;
        unusable_address;
    }
}

sentences! {
    /// Sentences that say how to correct a field of a request to the API.
    RequestFieldText {
        required;
        unknown;
        twice;
        send_string;
        send_boolean;
        send_whole_number;
        send_number;
        send_array;
        send_object;
        send_time(example: &str);
        send_day(day: &str, time: &str);
        send_one_of(names: &str);
        send_id;
        send_whole_characters;
        send_other_kind;
        named;
        whole_number_bounds(most: u64);
        account_id;
        push_endpoint;
        push_key;
        name_a_group;
        not_retryable(reason: &str);
    }
}
