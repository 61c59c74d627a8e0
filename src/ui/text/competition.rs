//! Sentences for the landing page, the list of competitions, and a competition's page.

use super::islands::grouped;
use crate::model::forms::LIST_TOTAL_MAX;

catalogue! {
    /// Sentences of the landing page.
    HomeText = HOME {
        title => "Your seat, held for good";
        lead => "Find a competition, take a seat, get your confirmation. No double bookings, no lost mails, even at the minute registration opens.";
        browse => "Browse competitions";
        run => "Run your own";
        featured => "Open now";
        featured_none_title => "Nothing is open right now";
        featured_none => "New competitions appear here as soon as their registration opens.";
        all => "All competitions";
        tags => "Topics";
        how => "How it works";
        step_1 => "Take a seat";
        step_1_text => "One press, one seat. If the network drops, pressing again never takes a second one.";
        step_2 => "Get your confirmation";
        step_2_text => "It lies in your mailbox within seconds, exactly once.";
        step_3 => "Full? Queue honestly";
        step_3_text => "You see your place. When somebody gives a seat back, the first in the queue gets it.";
    }
}

catalogue! {
    /// Sentences of the list of competitions.
    BrowseText = BROWSE {
        title => "Competitions";
        search => "Search";
        search_hint => "Title, place or topic";
        state => "Status";
        any => "Any";
        open => "Open for registration";
        published => "Published";
        more => "More filters";
        from => "From";
        to => "Until";
        place => "Place";
        seats_left => "Seats left";
        sort => "Sort by";
        sort_relevance => "Best match";
        sort_starts => "Soonest start";
        sort_deadline => "Soonest deadline";
        sort_seats => "Most seats left";
        sort_title => "Title";
        sort_newest => "Newest";
        show => "Show";
        clear => "Clear all";
        remove_tag(tag: &str) => format!("Remove the topic {tag}");
        remove_filter(name: &str) => format!("Remove the filter {name}");
        chip_from(day: &str) => format!("From {day}");
        chip_to(day: &str) => format!("Until {day}");
        count(n: u64) => match n { 0 => "No competitions".to_owned(), 1 => "1 competition".to_owned(), LIST_TOTAL_MAX.. => "10,000 competitions or more".to_owned(), n => format!("{} competitions", grouped(u32::try_from(n).unwrap_or(u32::MAX))) };
        count_of_search(n: u64) => format!("{} competitions or more: these match best", grouped(u32::try_from(n).unwrap_or(u32::MAX)));
        none_title => "No match";
        none => "Try fewer words or filters, or look at everything.";
        empty_title => "Nothing here yet";
        empty => "The first competition will appear here as soon as it is published.";
    }
}

catalogue! {
    /// The names of a competition's phases, as badges show them.
    PhaseText = PHASES {
        draft => "Draft";
        cancelled => "Cancelled";
        opens_soon => "Opens soon";
        ended => "Ended";
        running => "Happening now";
        closed => "Registration closed";
        open => "Open";
        few_left => "Few left";
        waitlist => "Waitlist";
        full => "Full";
    }
}

catalogue! {
    /// Sentences of a competition's page.
    CompetitionText = COMPETITION {
        table_label => "Table";
        code_label => "Code";
        by(name: &str) => format!("by {name}");
        when => "When";
        until => "until";
        place => "Where";
        online => "Place to be announced";
        seats => "Seats";
        deadline => "Registration closes";
        deadline_was => "Registration closed";
        about => "About";
        no_description => "The organizer has not written a description yet.";
        calendar => "Add to calendar";
        share => "Share";
        share_subject(title: &str) => format!("Competition: {title}");
        your_place => "Your place";
        register => "Register";
        join_waitlist => "Join the waitlist";
        login_hint => "You will be asked to log in; then press the button once more.";
        open_hint => "Your seat is yours the moment you press.";
        few_hint(n: u32) => if n == 1 { "The last seat.".to_owned() } else { format!("Only {n} seats left.") };
        waitlist_hint(n: u32) => match n { 0 => "Every seat is taken. You would be the first in the queue.".to_owned(), 1 => "Every seat is taken and 1 person is ahead of you.".to_owned(), n => format!("Every seat is taken and {} people are ahead of you.", grouped(n)) };
        soon_title(when: &str) => format!("Opens {when}");
        soon => "The button appears here at that moment.";
        opening => "Registration opens";
        opening_was => "Registration opened";
        full_title => "Every seat is taken";
        full => "There is no waitlist. Seats that are given back show here at once.";
        closed_title => "Registration is closed";
        closed => "The deadline has passed.";
        running_title => "Under way";
        running => "It has begun; seats can't be taken any more.";
        past_title => "It is over";
        past => "Thanks to everyone who came.";
        cancelled_title => "Called off";
        cancelled => "The organizer has called this competition off. Everyone who had a seat was told.";
        draft_title => "A draft";
        draft => "Only you can see this page. Publish it when it is ready.";
        confirmed_title => "You have a seat";
        confirmed => "Your confirmation is in your mailbox.";
        pending_title => "You have a seat";
        pending => "It is yours. The confirmation is on its way to your mailbox.";
        waitlisted_title(place: u32) => format!("Number {} on the waitlist", grouped(place));
        waitlisted_title_plain => "You are on the waitlist";
        waitlisted(ahead: u32) => match ahead { 0 => "You are next: the first seat given back is yours.".to_owned(), 1 => "1 person is ahead of you. We write to you when a seat is yours.".to_owned(), n => format!("{} people are ahead of you. We write to you when a seat is yours.", grouped(n)) };
        waitlisted_gone => "You were on the waitlist; no seat became free.";
        had_seat => "You had a seat.";
        give_back => "Give the seat back";
        leave_waitlist => "Leave the waitlist";
        my_registrations => "My registrations";
        yours_title => "You run this competition";
        yours => "People see the register button here.";
        manage => "Manage";
    }
}
