//! Sentences for the landing page, the list of competitions, and a competition's page.

use super::islands::grouped;
use crate::model::forms::LIST_TOTAL_MAX;

catalogue! {
    /// Sentences of the landing page.
    HomeText = HOME {
        title => "Find your competition. Get your seat.";
        lead => "Hackathons, runs, chess, exams and workshops. You know the moment you register whether you’re in, and if it’s full, the waitlist is fair.";
        browse => "Browse competitions";
        run => "Run your own";
        soon => "Opening soon";
        next => "Opens next";
        next_line(seats: u32) => match seats { 1 => "1 seat. Registration opens".to_owned(), n => format!("{} seats. Registration opens", grouped(n)) };
        get_ready => "Get ready";
        featured => "Open now";
        featured_none_title => "Nothing is open right now";
        featured_none => "New competitions appear here as soon as their registration opens.";
        all => "See all competitions";
        tags => "Topics";
        how => "How it works";
        step_1 => "Register";
        step_1_text => "One press. Your seat is confirmed instantly, even when thousands press in the same second.";
        step_2 => "Get your confirmation";
        step_2_text => "It arrives in your mailbox within seconds, and stays there.";
        step_3 => "Full? Join a fair waitlist";
        step_3_text => "You see your real place in line. If a seat opens, it goes to the next person and we’ll tell you.";
        invite_title => "Running a competition?";
        invite => "Set the seats and the deadline, share one link, and watch it fill live. Free and open source.";
        invite_button => "Create a competition";
    }
}

catalogue! {
    /// Sentences of the list of competitions.
    BrowseText = BROWSE {
        title => "Competitions";
        described => "Find hackathons, runs, chess, exams and workshops with free seats, and register in one press.";
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
        filters => "Filters";
        near_future => "Next 30 days";
        online => "Online";
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
    /// The state of a competition in a few words, on its card.
    ChipText = CHIPS {
        draft => "Draft";
        cancelled => "Cancelled";
        opens_soon => "Opens soon";
        opens => "Opens";
        ended => "Ended";
        running => "Happening now";
        closed => "Registration closed";
        left(n: u32) => match n { 1 => "1 seat left".to_owned(), n => format!("{} seats left", grouped(n)) };
        waitlist(waiting: u32) => match waiting { 0 => "Full · waitlist open".to_owned(), n => format!("Full · {} on the waitlist", grouped(n)) };
        full => "Full";
    }
}

catalogue! {
    /// Sentences of the public page of an organizer.
    OrganizerText = ORGANIZER {
        described(name: &str) => format!("Competitions by {name}: dates, places and free seats.");
        ahead => "Competitions";
        earlier => "Earlier";
    }
}

catalogue! {
    /// Sentences of a competition's page.
    CompetitionText = COMPETITION {
        table_label => "Table";
        code_label => "Code";
        when => "When";
        until => "until";
        place => "Where";
        map => "Open map";
        organizer => "Organizer";
        topics => "Topics";
        online => "Place to be announced";
        seats => "Seats";
        deadline => "Registration closes";
        deadline_was => "Registration closed";
        about => "About";
        no_description => "The organizer has not written a description yet.";
        calendar => "Add to calendar";
        share => "Share";
        share_subject(title: &str) => format!("Competition: {title}");
        opening => "Registration opens";
        opening_was => "Registration opened";
    }
}
