//! Sentences of the registration panel and the names of phases, which the server and the browser show.

use super::islands::grouped;

catalogue! {
    /// The names of a competition's phases, as badges show them.
    PhaseText = PHASES {
        draft => "Draft";
        cancelled => "Cancelled";
        ended => "Ended";
        running => "Happening now";
        opens_soon => "Opens soon";
        closed => "Registration closed";
        open => "Open";
        few_left => "Few left";
        waitlist => "Waitlist";
        full => "Full";
    }
}

catalogue! {
    /// Sentences of the registration panel.
    PanelText = PANEL {
        your_place => "Your place";
        register => "Register";
        join_waitlist => "Join the waitlist";
        login_hint => "Log in or sign up first; then you are registered.";
        open_hint => "Your seat is confirmed instantly.";
        few_hint(n: u32) => if n == 1 { "The last seat.".to_owned() } else { format!("Only {} seats left.", grouped(n)) };
        freed_title => "A seat just opened";
        freed => "It goes to whoever registers first.";
        waitlist_hint(n: u32) => match n { 0 => "Every seat is taken. You would be the first in the queue.".to_owned(), 1 => "Every seat is taken and 1 person is ahead of you.".to_owned(), n => format!("Every seat is taken and {} people are ahead of you.", grouped(n)) };
        soon_title(when: &str) => format!("Opens {when}");
        soon => "Load this page again at that moment: then the button is here.";
        soon_live => "The button unlocks by itself. No need to reload.";
        full_title => "Every seat is taken";
        full => "There is no waitlist. A freed seat shows up here.";
        closed_title => "Registration is closed";
        closed => "The deadline has passed.";
        running_title => "Happening now";
        running => "It has begun; seats can't be taken any more.";
        past_title => "It has ended";
        past => "Thanks to everyone who came.";
        cancelled_title => "Cancelled";
        cancelled => "The organizer has cancelled this competition. Everyone who was registered has a message.";
        draft_title => "A draft";
        draft => "Only you can see this page. Publish it when it is ready.";
        seat_title => "You have a seat";
        confirmed => "Your confirmation is in your mailbox.";
        pending => "It is yours. The confirmation is on its way to your mailbox.";
        promoted => "A seat opened, and it's yours. You moved up from the waitlist.";
        waitlisted_title(place: u32) => format!("Number {} on the waitlist", grouped(place));
        waitlisted_title_plain => "You are on the waitlist";
        waitlisted(ahead: u32) => match ahead { 0 => "You are next: the first seat given back is yours.".to_owned(), 1 => "1 person is ahead of you. We'll email you when a seat is yours.".to_owned(), n => format!("{} people are ahead of you. We'll email you when a seat is yours.", grouped(n)) };
        waitlisted_gone => "You were on the waitlist; no seat became free.";
        had_seat => "You had a seat.";
        given_back_title => "You are not registered any more";
        given_back => "Your registration was cancelled.";
        give_back => "Give the seat back";
        leave_waitlist => "Leave the waitlist";
        my_registrations => "My registrations";
        yours_title => "You run this competition";
        yours => "People see the register button here.";
        yours_soon(when: &str) => format!("Registration opens {when}.");
        manage => "Manage";
        see_competitions => "Browse competitions";
        check_title => "Ready?";
        check_logged_in => "You are logged in";
        check_log_in => "Log in now, so that one press is enough";
        check_online => "You are online";
        check_offline => "You are offline";
        remind => "Remind me 15 minutes before";
        remind_not => "Don't remind me";
        remind_calendar => "Add the opening to your calendar";
    }
}
