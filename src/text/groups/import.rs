//! Sentences of the page on which an organizer imports a list of participants.

sentences! {
    /// Sentences of the page on which an organizer imports a list of participants.
    ImportText {
        title;
        lead;
        file;
        file_hint;
        division_hint(column: &str);
        people;
        people_hint;
        check;
        add_title(n: u64);
        nobody_title;
        problems(n: u64);
        col_line;
        col_problem;
        already(n: u64);
        yes(n: u64);
        people_to_add;
        more(n: u64);
        other;
        done(n: u64);
        done_waiting(n: u64);
        done_already(n: u64);
        done_refused(n: u64);
        not_utf8(line: u64);
        too_many_lines(n: u64);
        too_large(kib: u64);
        long_line(line: u64);
        ragged(n: u64);
        cancelled;
        repeated(line: u64);
        empty;
        paste_again;
    }
}
