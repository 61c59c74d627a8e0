//! Sentences for the landing page, the list of competitions, and a competition's page.

use super::islands::grouped;

catalogue! {
    /// Sentences of the landing page.
    HomeText = HOME {
        title => "Find your competition. Get your seat.";
        lead => "Hackathons, runs, chess, exams and workshops. You know the moment you register whether you’re in, and if it’s full, the waitlist is fair.";
        browse => "Browse competitions";
        run => "Run your own";
        soon => "Opening soon";
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
        search_hint => "Title, place or subject";
        state => "State";
        any => "All";
        open => "Open for registration";
        published => "Announced";
        cancelled => "Called off";
        sort => "Sort by";
        sort_starts => "Soonest start";
        sort_deadline => "Soonest deadline";
        sort_seats => "Most seats left";
        sort_title => "Title";
        sort_newest => "Newest";
        show => "Show";
        filters => "Filter";
        tagged => "Subject";
        clear => "Clear all";
        remove_tag(tag: &str) => format!("Remove the subject {tag}");
        count(n: u64) => match n { 0 => "No competitions".to_owned(), 1 => "1 competition".to_owned(), n => format!("{n} competitions") };
        none_title => "No match";
        none => "Try fewer words, another subject, or look at everything.";
        empty_title => "Nothing here yet";
        empty => "The first competition will appear here as soon as it is published.";
    }
}

catalogue! {
    /// The names of a competition's phases, as badges show them.
    PhaseText = PHASES {
        draft => "Draft";
        cancelled => "Called off";
        opens_soon => "Opens soon";
        past => "Over";
        running => "Under way";
        closed => "Registration closed";
        open => "Open";
        few_left => "Few left";
        waitlist => "Waitlist";
        full => "Full";
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
        by(name: &str) => format!("by {name}");
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
