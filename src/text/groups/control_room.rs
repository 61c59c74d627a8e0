//! Sentences of the control room.

sentences! {
    /// Sentences of the control room.
    ControlRoomText {
        title;
        opens_in;
        open_for;
        sold_out_at;
        live;
        reconnecting;
        reload;
        tiles;
        taken;
        of(n: u64);
        waiting;
        waitlist_on;
        waitlist_off;
        per_second;
        peak(n: u64, when: &str);
        looking;
        looking_note;
        sold_out_in;
        left(n: u64);
        letters;
        failed(n: u64);
        waiting_mail(n: u64);
        oldest(span: &str);
        span;
        span_minutes;
        span_hour;
        span_all;
        seconds(n: u64);
        just_in;
        nobody;
        refused;
        refused_full;
        refused_twice;
        refused_early;
        refused_paused;
        refused_fast;
        refused_other;
        refused_errors;
        seats_to_add;
        add_seats;
        add_title(n: u64);
        add_words(before: u64, after: u64);
        add_promotes(n: u64, waiting: u64);
        add_yes;
        no;
        waitlist_close;
        waitlist_open;
        waitlist_close_title;
        waitlist_open_title;
        waitlist_close_words(n: u64);
        waitlist_open_words;
        waitlist_close_yes;
        waitlist_open_yes;
        copy_link;
        copied;
        opened;
        seats_now(n: u64);
        paused;
        resumed;
        announced;
    }
}
