//! The words for the actions that the audit log records.

sentences! {
    /// The words for the actions that the audit log records.
    AuditActionText {
        log_in;
        log_out;
        sign_up;
        access;
        role_change;
        organizer_request;
        organizer_request_decline;
        profile_change;
        email_change;
        password_change;
        password_forgot;
        second_factor_add;
        second_factor_remove;
        recovery_codes_replace;
        email_confirm;
        account_disable;
        account_enable;
        account_delete;
        export;
        participant_add;
        registrations_cancel;
        registrations_promote;
        registrations_resend;
        registrations_restore;
        check_in;
        check_in_undo;
        start_numbers;
        certificates_issue;
        certificate_revoke;
        answers_change;
        competition_create;
        competition_edit;
        competition_publish;
        competition_cancel;
        competition_delete;
        registration_pause;
        registration_resume;
        announcement;
        announcement_withdraw;
        failed_job_retry;
        failed_job_delete;
        queue_pause;
        queue_resume;
        seat_repair;
        api_key_create;
        api_key_delete;
        webhook_create;
        webhook_delete;
        webhook_secret_replace;
    }
}
