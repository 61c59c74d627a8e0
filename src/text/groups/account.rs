//! Sentences for signing up, logging in, and the profile.

use crate::model::{DELETED_ACCOUNT_NAME, Role};

sentences! {
    /// Sentences for signing up, logging in, and the profile.
    AccountText {
        signup_title;
        signup_lead;
        signup;
        have_account;
        login_title;
        login_lead;
        login;
        login_and_register;
        signup_and_register;
        login_instead;
        no_account;
        with_code;
        with_password;
        code_lead;
        send_code;
        code_title;
        code_lead_sent;
        code;
        code_wrong;
        new_code;
        wrong_password;
        forgot;
        forgot_title;
        forgot_lead;
        send_link;
        back_to_login;
        no_mail;
        sent_title;
        sent_lead;
        sent_hint;
        try_again;
        reset_title;
        reset_lead;
        reset;
        link_invalid_title;
        link_invalid_lead;
        new_link;
        verify_title;
        verify_lead;
        verify;
        verify_wait_title;
        verify_wait(address: &str);
        verify_wait_register(address: &str);
        verify_again;
        verify_done_title;
        verify_done_lead;
        verify_done_waiting(title: &str);
        verify_go_on;
        account_pages;
        security;
        security_title;
        security_lead;
        password_section;
        current_password;
        new_password;
        change_password;
        change_password_hint;
        email_section;
        email_now(address: &str);
        email_pending(address: &str);
        email_unconfirmed;
        sessions;
        sessions_title;
        sessions_lead;
        some_browser;
        api_client;
        this_session;
        logged_in_since;
        end_session;
        end_others;
        data;
        data_title;
        data_lead;
        export_section;
        export_words;
        export;
        export_confirm;
        delete_section;
        delete_words;
        delete;
        deleted;
        mail_section;
        mail_words;
        reminders;
        opening_reminders;
        announcements;
        devices_section;
        devices_words;
        push_promotions;
        push_reminders;
        push_opening_reminders;
        push_section;
        push_off;
        push_turn_on;
        push_on;
        push_turn_off;
        push_denied;
        push_failed;
        time_zone;
        time_zone_of_browser;
        confirm_title;
        confirm_lead;
        confirm;
        new_email;
        change_email;
        change_email_hint;
        name;
        name_hint;
        email;
        email_hint;
        password;
        password_hint;
        contact;
        contact_hint;
        contact_invalid;
        profile_title;
        profile_lead;
        save;
        language_label;
        language_hint;
        role;
        role_participant;
        role_organizer;
        role_admin;
        role_hint;
        since;
        errors_title;
    }
}

impl AccountText {
    /// Returns the name of a role.
    #[must_use]
    pub const fn role_name(&self, role: Role) -> &'static str {
        match role {
            Role::Participant => self.role_participant,
            Role::Organizer => self.role_organizer,
            Role::Admin => self.role_admin,
        }
    }

    /// Returns the name of an account as people read it: that of a deleted one is a sentence of their language.
    #[must_use]
    pub fn account_name<'a>(&self, name: &'a str) -> &'a str {
        match name {
            DELETED_ACCOUNT_NAME => self.deleted,
            name => name,
        }
    }
}
