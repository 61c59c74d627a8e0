//! Sentences of the charts of a competition.

sentences! {
    /// Sentences of the charts of a competition.
    StatisticsText {
        chart_title;
        chart_now(taken: u64, capacity: u64, waiting: u64);
        chart_most(n: u64, when: &str);
        chart_cancelled(n: u64);
        as_table;
        col_time;
        col_registered;
        col_cancelled;
        col_taken;
        col_waiting;
        capacity;
        section;
        none;
        referrers;
        languages;
        direct;
        others;
        attendance;
        bars_of(title: &str, values: &str);
        col_name;
        col_number;
    }
}
