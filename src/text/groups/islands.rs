//! Sentences that both the server and the islands in the browser use.

use crate::{model::SeatsView, text::template};

sentences! {
    /// Sentences about what changes while a page is open.
    IslandText {
        seats_of(capacity: u64);
        seats_taken(capacity: u64);
        every_seat_taken;
        every_seat_taken_waiting(n: u64);
        seats_left(n: u64);
        waiting(n: u64);
        registering;
        retrying;
        gave_up;
        theme_auto;
        theme_light;
        theme_dark;
        opens_in(span: &str);
        unread(n: u64);
        closes_in(span: &str);
        span_days(days: u64);
        span_days_short(days: u64);
        span_days_hours(days: u64, hours: u64);
        span_hours_minutes(hours: u64, minutes: &str);
        span_minutes(minutes: u64);
        span_minutes_seconds(minutes: u64, seconds: &str);
        closed;
        suggestions;
        field_for_you(zone: &str, own: &str);
        for_you(own: &str);
        your_time(zone: &str);
    }
}

impl IslandText {
    /// Returns a number with the separators of the language: `12,345` or `12.345`.
    #[must_use]
    pub fn number(&self, number: u64) -> String {
        template::render(self.language, "{number}", &[("number", number.into())])
    }

    /// Says how many seats are left, or how many people wait for one.
    #[must_use]
    pub fn seats_said(&self, seats: SeatsView) -> String {
        match (seats.seats_left, seats.waitlisted) {
            (0, 0) => self.every_seat_taken.to_owned(),
            (0, waiting) => self.every_seat_taken_waiting(waiting.into()),
            (left, _) => self.seats_left(left.into()),
        }
    }

    /// Formats a duration in its largest one or two units: `3 d 4 h`, `2 h 05 min`, `4 min 09 s`.
    #[must_use]
    pub fn span(&self, seconds: i64) -> String {
        let seconds = seconds.max(0).unsigned_abs();
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        match (days, hours, minutes) {
            (14.., _, _) => self.span_days(days),
            (1.., 0, _) => self.span_days_short(days),
            (1.., _, _) => self.span_days_hours(days, hours),
            (0, 1.., _) => self.span_hours_minutes(hours, &two_digits(minutes)),
            (0, 0, 10..) => self.span_minutes(minutes),
            _ => self.span_minutes_seconds(minutes, &two_digits(seconds % 60)),
        }
    }
}

/// Returns a number below 100 with a leading zero where it has one digit.
fn two_digits(number: u64) -> String {
    let zero = if number < 10 { "0" } else { "" };
    format!("{zero}{number}")
}
