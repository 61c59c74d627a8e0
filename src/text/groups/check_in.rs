//! Sentences about check-in: of its pages, and of what else shows who is checked in.

sentences! {
    /// Sentences about check-in of participants.
    CheckInText {
        title;
        lead;
        counter(done: &str, all: &str);
        code;
        code_hint;
        check_in;
        check_in_of(name: &str);
        undo;
        undo_of(name: &str);
        search_title;
        name;
        no_match;
        done(name: &str);
        already(name: &str, time: &str, by: &str);
        undone(name: &str);
        newest;
        nobody;
        by(name: &str);
        printable;
        list_title;
        list_lead;
        col_here;
        col_number;
        filter_any;
        filter_here;
        filter_missing;
        no_shows;
        scan;
        stop;
        camera_title;
        camera_hint;
        camera_refused;
        camera_missing;
        offline_ready(n: &str);
        offline_now;
        waiting(n: &str);
        log_out_question(n: &str);
        scan_failed;
        kept(name: &str);
        not_on_list;
        refused_title;
        refused_hint;
        dismiss;
        future_time;
        time_too_old(days: u64);
        too_many_scans(n: u64);
    }
}
