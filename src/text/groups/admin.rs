//! Sentences of the administrator's pages.

sentences! {
    /// Sentences of the administrator's pages.
    AdminText {
        title;
        pages;
        health;
        queues;
        failed;
        users;
        competitions;
        settings;
        audit;
        reload;
        well;
        need_a_look(n: u64);
        figures;
        waiting;
        in_hand;
        oldest;
        drift;
        drift_right;
        drift_wrong(n: u64);
        drift_unknown;
        checked;
        repair(n: u64);
        mail;
        up;
        down;
        off;
        milliseconds(n: &str);
        queue_registration;
        queue_reminder;
        queue_mail;
        queue_webhook;
        col_queue;
        col_state;
        col_waiting;
        col_oldest;
        col_done;
        col_dead;
        col_minute;
        col_action;
        running;
        paused;
        pause;
        resume;
        queues_lead;
        spark_title(queue: &str);
        spark_text(now: u64, peak: u64);
        as_table;
        processes;
        processes_none;
        versions_differ;
        col_process;
        col_version;
        col_parts;
        col_started;
        col_seen;
        silent;
        part_web;
        part_worker;
        part_scheduler;
        latest;
        failed_lead;
        failed_none_title;
        failed_none;
        failed_count(n: u64);
        attempts(n: u64);
        show_group;
        all_groups;
        payload;
        error;
        retry(n: u64);
        retry_one;
        retry_all(n: u64);
        delete(n: u64);
        delete_one;
        delete_title(n: u64);
        delete_words;
        delete_yes(n: u64);
        keep;
        search;
        search_hint;
        role;
        any_role;
        role_participant;
        role_organizer;
        role_admin;
        accounts_count(n: u64);
        accounts_more(n: u64);
        accounts_none_title;
        accounts_none;
        col_name;
        col_email;
        col_created;
        active;
        disabled;
        unconfirmed;
        confirmed;
        two_step;
        one_step;
        all_accounts;
        own_account;
        save_role;
        role_hint;
        sign_out;
        confirm_email;
        disable;
        enable;
        disable_title(name: &str);
        disable_words;
        disable_yes;
        audit_of;
        settings_lead;
        col_setting;
        col_value;
        hidden;
        unset;
        audit_lead;
        col_when;
        col_who;
        col_what;
        col_subject;
        col_detail;
        any_action;
        somebody;
        refused;
        failed_outcome;
        audit_none_title;
        audit_none;
        requests;
        requests_lead;
        requests_none_title;
        requests_none;
        col_reason;
        approve;
        decline;
        did_approve;
        did_decline;
        requests_waiting(n: u64);
        competitions_lead;
        col_organizer;
        did_pause(queue: &str);
        did_resume(queue: &str);
        did_retry(n: u64);
        did_delete(n: u64);
        did_role;
        did_disable;
        did_enable;
        did_sign_out;
        did_confirm_email;
        did_repair(n: u64);
        not_repaired(n: u64);
    }
}

impl AdminText {
    /// Returns the words for a queue; its name, if this release does not know it.
    #[must_use]
    pub fn queue_name(&self, name: &str) -> String {
        match name {
            "registration" => self.queue_registration,
            "reminder" => self.queue_reminder,
            "mail" => self.queue_mail,
            "webhook" => self.queue_webhook,
            other => other,
        }
        .to_owned()
    }
}
