//! Sentences of the page about one participant of a competition.

sentences! {
    /// Sentences of the page about one participant of a competition.
    PersonText {
        timeline;
        seat_taken;
        waitlisted;
        promoted;
        cancelled;
        queued(job: &str);
        attempt_failed(job: &str, n: u64);
        given_up(job: &str);
        written(kind: &str);
        sent(kind: &str);
        notes;
        notes_lead;
        notes_none;
        note;
        add_note;
        delete_note(author: &str);
        note_added;
        note_deleted;
        too_many_notes(n: u64);
        acts;
        cancel;
        to_list;
        open_page;
        not_sent;
    }
}
