//! Sentences of the organizer's pages.

sentences! {
    /// Sentences of the organizer's pages.
    OrganizeText {
        title;
        lead;
        new;
        tiles;
        today;
        today_hours;
        today_by_hour(numbers: &str);
        day_before(n: u64);
        change_of_day(change: &str);
        fill;
        fill_of(taken: u64, capacity: u64);
        waitlisted;
        next_deadline;
        no_deadline;
        yours;
        none_title;
        none;
        col_title;
        col_state;
        col_seats;
        col_start;
        col_deadline;
        col_opening;
        new_title;
        edit_title;
        field_title;
        field_description;
        field_description_hint;
        field_capacity;
        field_capacity_hint;
        field_waitlist;
        field_waitlist_hint;
        field_deadline;
        field_publish;
        field_publish_hint;
        field_opens;
        field_opens_hint;
        field_zone;
        field_starts;
        field_ends;
        zone_hint;
        field_location;
        field_tags;
        field_tags_hint;
        field_status;
        status_draft;
        status_published;
        status_cancelled;
        section_what;
        section_when;
        section_seats;
        create;
        save;
        abort;
        view;
        edit;
        publish;
        duplicate;
        copy_title(title: &str);
        pause;
        pause_title;
        pause_seats(n: u64);
        pause_words;
        pause_yes;
        pause_no;
        paused_words;
        resume;
        call_off;
        call_off_title;
        call_off_yes;
        call_off_seats(n: u64);
        call_off_waiting(n: u64);
        call_off_nobody;
        call_off_final;
        no_organizer_title;
        delete;
        delete_title;
        delete_text;
        delete_yes;
        keep;
        yes;
        no;
        actions;
        people;
        people_all;
        people_none_title;
        people_none;
        people_no_match;
        people_caption(title: &str);
        col_name;
        col_email;
        col_status;
        col_registered;
        col_place;
        search_people;
        any_status;
        csv;
        xlsx;
        count(n: u64);
        to_overview;
        summary;
        no_organizer;
        ask;
        ask_reason;
        ask_reason_hint;
        asked;
        ask_waiting;
        ask_declined;
    }
}

impl OrganizeText {
    /// Says who is told that a competition is cancelled: how many people with a seat, and how many on the waitlist.
    #[must_use]
    pub fn call_off_words(&self, seats: u32, waiting: u32) -> String {
        let mut sentences = Vec::new();
        if seats > 0 {
            sentences.push(self.call_off_seats(seats.into()));
        }
        if waiting > 0 {
            sentences.push(self.call_off_waiting(waiting.into()));
        }
        if sentences.is_empty() {
            sentences.push(self.call_off_nobody.to_owned());
        }
        sentences.push(self.call_off_final.to_owned());
        sentences.join(" ")
    }
}
