//! Tickets: what participants show at check-in, and what a registration is worth there.

use super::{CompetitionView, Phase, RegistrationId, RegistrationStatus, RegistrationView};

/// The digits of a [`ticket_number`]: Crockford's base 32, which has no letters that look like digits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The ticket of a participant, with everything that its page and its pictures show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketView {
    /// The registration that the ticket is for.
    pub registration: RegistrationView,
    /// The competition of the registration.
    pub competition: CompetitionView,
    /// The name of the participant.
    pub holder: String,
    /// What the registration is worth now.
    pub state: TicketState,
    /// The text that check-in reads from the QR code; `None` if the state admits nobody.
    pub code: Option<String>,
}

impl TicketView {
    /// Returns the short number by which people name the ticket to each other.
    #[must_use]
    pub fn number(&self) -> String {
        ticket_number(self.registration.registration_id)
    }
}

/// What a registration is worth at check-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketState {
    /// It holds a seat.
    Seated,
    /// It holds a seat, and the message that confirms it is on its way.
    Pending,
    /// It waits for a seat.
    Waiting,
    /// It waited, and the competition began without it.
    WithoutSeat,
    /// The participant or the organizer has cancelled it.
    Cancelled,
    /// The organizer has cancelled the competition.
    CalledOff,
    /// It held a seat in a competition that has ended.
    Ended,
}

impl TicketState {
    /// Returns the state of a registration in a competition.
    #[must_use]
    pub const fn of(status: RegistrationStatus, phase: Phase) -> Self {
        match (status, phase) {
            (RegistrationStatus::Cancelled, _) => Self::Cancelled,
            (_, Phase::Cancelled) => Self::CalledOff,
            (RegistrationStatus::Waitlisted, Phase::Running | Phase::Ended) => Self::WithoutSeat,
            (RegistrationStatus::Waitlisted, _) => Self::Waiting,
            (RegistrationStatus::Pending | RegistrationStatus::Confirmed, Phase::Ended) => {
                Self::Ended
            }
            (RegistrationStatus::Pending, _) => Self::Pending,
            (RegistrationStatus::Confirmed, _) => Self::Seated,
        }
    }

    /// Returns whether the participant is admitted at check-in, so that the ticket has a code. A seat is
    /// taken before its confirmation is written.
    #[must_use]
    pub const fn admits(self) -> bool {
        matches!(self, Self::Seated | Self::Pending)
    }

    /// Returns whether the participant can cancel the registration or leave the waitlist.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Seated | Self::Pending | Self::Waiting)
    }
}

/// Returns the short number of a registration, such as `7K4M-Q2XP`: 40 random bits of its id, so that two
/// tickets of one competition practically never have the same. It identifies a ticket between people and
/// proves nothing.
#[must_use]
pub fn ticket_number(id: RegistrationId) -> String {
    let mut bits = id.0.as_u128();
    let mut digits = Vec::with_capacity(9);
    for place in 0..8 {
        if place == 4 {
            digits.push('-');
        }
        let digit = usize::try_from(bits & 31).unwrap_or_default();
        digits.push(char::from(DIGITS[digit]));
        bits >>= 5;
    }
    digits.iter().rev().collect()
}

/// Reads the number of a ticket as people type it, with or without the hyphen and in any case. The letters that look
/// like digits count as these. Returns it as [`ticket_number`] does; `None` if the text is none.
#[must_use]
pub fn parse_ticket_number(text: &str) -> Option<String> {
    let mut number = String::with_capacity(9);
    for typed in text.trim().chars().filter(|c| !matches!(c, '-' | ' ')) {
        let digit = match typed.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        let is_digit = u8::try_from(digit).is_ok_and(|digit| DIGITS.contains(&digit));
        if !is_digit || number.len() == 9 {
            return None;
        }
        if number.len() == 4 {
            number.push('-');
        }
        number.push(digit);
    }
    (number.len() == 9).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_seat_in_a_competition_that_takes_place_admits() {
        use RegistrationStatus::{Cancelled, Confirmed, Pending, Waitlisted};
        for (status, phase, state, admits) in [
            (Confirmed, Phase::Open, TicketState::Seated, true),
            (Confirmed, Phase::Running, TicketState::Seated, true),
            (Pending, Phase::Full, TicketState::Pending, true),
            (Waitlisted, Phase::Waitlist, TicketState::Waiting, false),
            (Waitlisted, Phase::Closed, TicketState::Waiting, false),
            (Waitlisted, Phase::Running, TicketState::WithoutSeat, false),
            (Waitlisted, Phase::Ended, TicketState::WithoutSeat, false),
            (Cancelled, Phase::Open, TicketState::Cancelled, false),
            (Cancelled, Phase::Cancelled, TicketState::Cancelled, false),
            (Confirmed, Phase::Cancelled, TicketState::CalledOff, false),
            (Waitlisted, Phase::Cancelled, TicketState::CalledOff, false),
            (Confirmed, Phase::Ended, TicketState::Ended, false),
            (Pending, Phase::Ended, TicketState::Ended, false),
        ] {
            let found = TicketState::of(status, phase);
            assert_eq!(
                (found, found.admits()),
                (state, admits),
                "{status:?} {phase:?}"
            );
        }
    }

    #[test]
    fn a_ticket_number_is_short_and_has_no_letters_that_look_like_digits() {
        let id: RegistrationId = "0192f0c1-7a4b-7c3d-8e5f-0123456789ab".parse().unwrap();
        assert_eq!(ticket_number(id), "4D2P-F2DB");
        let zero: RegistrationId = "0192f0c1-7a4b-7c3d-8e5f-ff0000000000".parse().unwrap();
        assert_eq!(ticket_number(zero), "0000-0000");
        assert!(!DIGITS.iter().any(|digit| b"ILOU".contains(digit)));
    }

    #[test]
    fn a_ticket_number_is_read_however_it_is_typed() {
        for typed in ["4D2P-F2DB", " 4d2pf2db ", "4d2p f2db", "4-D-2-P-F-2-D-B"] {
            assert_eq!(
                parse_ticket_number(typed).as_deref(),
                Some("4D2P-F2DB"),
                "{typed}"
            );
        }
        assert_eq!(
            parse_ticket_number("oil0-1111").as_deref(),
            Some("0110-1111")
        );
        for typed in [
            "",
            "4D2P-F2D",
            "4D2P-F2DBB",
            "4D2P-F2DU",
            "4D2P-F2Dé",
            "Ada",
        ] {
            assert_eq!(parse_ticket_number(typed), None, "{typed}");
        }
        let id = RegistrationId::new();
        assert_eq!(
            parse_ticket_number(&ticket_number(id)),
            Some(ticket_number(id))
        );
    }
}
