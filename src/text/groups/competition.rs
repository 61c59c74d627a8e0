//! Sentences for the landing page, the list of competitions, and a competition's page.

use crate::model::{Phase, SeatsView};

sentences! {
    /// Sentences of the landing page.
    HomeText {
        title;
        lead;
        browse;
        run;
        featured;
        featured_none_title;
        featured_none;
        all;
        soon;
        next;
        next_line(seats: u64);
        get_ready;
        invite_title;
        invite;
        invite_button;
        tags;
        how;
        step_1;
        step_1_text;
        step_2;
        step_2_text;
        step_3;
        step_3_text;
    }
}

sentences! {
    /// Sentences of the list of competitions.
    BrowseText {
        title;
        described;
        filters;
        near_future;
        online;
        search;
        search_hint;
        state;
        any;
        open;
        published;
        more;
        from;
        to;
        place;
        seats_left;
        sort;
        sort_relevance;
        sort_starts;
        sort_deadline;
        sort_seats;
        sort_title;
        sort_newest;
        show;
        clear;
        remove_tag(tag: &str);
        remove_filter(name: &str);
        chip_from(day: &str);
        chip_to(day: &str);
        count(n: u64);
        count_of_search(n: u64);
        count_most(n: u64);
        none_title;
        none;
        empty_title;
        empty;
    }
}

sentences! {
    /// Sentences of a competition's page.
    CompetitionText {
        table_label;
        code_label;
        map;
        organizer;
        topics;
        when;
        until;
        place;
        online;
        seats;
        deadline;
        deadline_was;
        about;
        no_description;
        calendar;
        share;
        share_subject(title: &str);
        opening;
        similar;
        opening_was;
    }
}

sentences! {
    /// The state of a competition in a few words, on its card.
    ChipText {
        draft;
        cancelled;
        opens_soon;
        opens;
        ended;
        running;
        closed;
        left(n: u64);
        waitlist(waiting: u64);
        full;
        paused;
    }
}

impl ChipText {
    /// Says how many seats are left, or why there is none to take.
    #[must_use]
    pub fn words(&self, phase: Phase, seats: SeatsView) -> String {
        match phase {
            Phase::Draft => self.draft,
            Phase::Cancelled => self.cancelled,
            Phase::OpensSoon => self.opens_soon,
            Phase::Ended => self.ended,
            Phase::Running => self.running,
            Phase::Closed => self.closed,
            Phase::Open | Phase::FewLeft => return self.left(seats.seats_left.into()),
            Phase::Waitlist => return self.waitlist(seats.waitlisted.into()),
            Phase::Full => self.full,
            Phase::Paused => self.paused,
        }
        .to_owned()
    }
}

sentences! {
    /// Sentences of the public page of an organizer.
    OrganizerText {
        described(name: &str);
        ahead;
        contact;
        earlier;
    }
}
