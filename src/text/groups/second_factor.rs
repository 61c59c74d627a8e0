//! Sentences about the second factor of an account, which visitors know as two-step log-in.

sentences! {
    /// Sentences about two-step log-in.
    SecondFactorText {
        title;
        lead;
        required;
        off;
        on_since;
        codes_left(left: u64);
        set_up;
        change;
        another_secret;
        scan;
        qr_title;
        open_app;
        type_secret;
        app_code;
        app_code_hint;
        turn_on;
        codes_title;
        codes_lead;
        codes_saved;
        new_codes_title;
        new_codes_lead;
        new_codes;
        remove_lead;
        turn_off;
        step_title;
        step_lead;
        code;
        recovery_hint;
        other_account;
        begin_again;
    }
}
