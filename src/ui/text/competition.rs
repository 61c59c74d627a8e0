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
        opening => "Registration opens";
        opening_was => "Registration opened";
    }
}
