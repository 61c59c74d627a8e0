//! Sentences that both the server and the islands in the browser use.

use crate::model::SeatsView;

catalogue! {
    /// Sentences about what changes while a page is open.
    IslandText = ISLANDS {
        seats_of(capacity: u32) => format!("of {} seats left", grouped(capacity));
        seats_said(seats: SeatsView) => seats_said(seats);
        waiting(n: u32) => format!("{} waiting", grouped(n));
        full => "full";
        few => "few left";
        plenty => "seats left";
        registering => "Registering…";
        retrying => "Connection is slow. Trying again…";
        gave_up => "We could not reach the server. Nothing is lost: press the button again.";
        theme_auto => "Theme: automatic";
        theme_light => "Theme: light";
        theme_dark => "Theme: dark";
        opens_in(seconds: i64) => format!("In {}.", span(seconds));
        unread(n: u32) => if n == 1 { "1 unread message".to_owned() } else { format!("{} unread messages", grouped(n)) };
        closes_in(seconds: i64) => format!("closes in {}", span(seconds));
        closed => "registration closed";
        suggestions => "Suggestions";
        field_for_you(zone: String, own: String) => format!("In {zone}. For you: {own}.");
        for_you(own: String) => format!(" · {own} for you");
        your_time(zone: String) => format!("Times are shown in your time zone, {zone}.");
    }
}

fn seats_said(seats: SeatsView) -> String {
    match (seats.seats_left, seats.waitlisted) {
        (0, 0) => "Every seat is taken.".to_owned(),
        (0, 1) => "Every seat is taken; 1 person is waiting.".to_owned(),
        (0, n) => format!("Every seat is taken; {} people are waiting.", grouped(n)),
        (1, _) => "1 seat left.".to_owned(),
        (n, _) => format!("{} seats left.", grouped(n)),
    }
}

/// Formats a duration in its largest one or two units: `3 d 4 h`, `2 h 05 min`, `4 min 09 s`.
#[must_use]
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (14.., _, _) => format!("{days} days"),
        (1.., 0, _) => format!("{days} d"),
        (1.., _, _) => format!("{days} d {hours} h"),
        (0, 1.., _) => format!("{hours} h {minutes:02} min"),
        (0, 0, 10..) => format!("{minutes} min"),
        _ => format!("{minutes} min {:02} s", seconds % 60),
    }
}

/// Formats a number with separators: `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(n: u32) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_time_are_said_in_their_largest_units() {
        for (seconds, words) in [
            (-5, "0 min 00 s"),
            (69, "1 min 09 s"),
            (600, "10 min"),
            (7500, "2 h 05 min"),
            (86_400, "1 d"),
            (100_000, "1 d 3 h"),
            (40 * 86_400, "40 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn long_numbers_are_grouped() {
        for (n, words) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(n), words);
        }
    }
}
