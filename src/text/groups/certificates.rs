//! Sentences about certificates and badges: of their pages, of letters, and of what is printed.

sentences! {
    /// Sentences about certificates and badges of participants.
    CertificatesText {
        title;
        lead;
        issue_title;
        to;
        to_checked_in;
        to_seated;
        remark;
        remark_hint;
        issue;
        issue_hint;
        started;
        before_start;
        running;
        progress(done: &str, total: &str);
        issued_number(n: u64);
        list_title;
        none_title;
        none;
        search;
        no_match;
        serial;
        issued_on;
        state;
        valid;
        revoked;
        revoke;
        revoke_of(name: &str);
        again;
        again_of(name: &str);
        revoked_flash(name: &str);
        again_flash(name: &str);
        participation;
        place;
        awarded_to;
        for_participation;
        for_place;
        holder(name: &str);
        issuer_role;
        issued(date: &str);
        verify_at;
        dates(first: &str, last: &str);
        valid_lead;
        revoked_lead(date: &str);
        page_title(name: &str);
        kind;
        competition;
        issued_by;
        date;
        note;
        own_title;
        download;
        verify;
        letter_subject(title: &str);
        letter(title: &str);
        letter_hint;
        badges;
        badges_hint;
        cards;
        large;
    }
}
