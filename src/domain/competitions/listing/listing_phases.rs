//! The phases of competitions as listings contain them: numbers that are kept by triggers and by a
//! scheduled task.

use super::sql_text::SqlText;
use crate::model::{CompetitionStatus, Phase, forms::CompetitionFilter};

/// The ids of late rows: their phase has ended, and the scheduled task has not noticed yet.
pub(in crate::domain::competitions) const LATE_ROWS: &str = "\
    SELECT id FROM competition_listings WHERE phase IN (-1, 0, 1, 2, 3) AND reg_deadline <= $1 \
    UNION ALL SELECT id FROM competition_listings WHERE phase = 4 AND starts_at <= $1 \
    UNION ALL SELECT id FROM competition_listings WHERE phase = 5 AND ends_at < $1";

/// The ids of competitions that open later.
pub(super) const OPENING_ROWS: &str = "SELECT id FROM competition_listings WHERE opens_at > $1";

/// Returns the number of a phase in the columns `phase`.
pub(super) const fn phase_number(phase: Phase) -> i16 {
    match phase {
        Phase::Open => 0,
        Phase::FewLeft => 1,
        Phase::Waitlist => 2,
        Phase::Full => 3,
        Phase::Paused => -1,
        Phase::Closed => 4,
        Phase::Running => 5,
        Phase::Ended => 6,
        Phase::Cancelled => 7,
        Phase::Draft => 8,
        // No row has this number: such rows are found by `opens_at`.
        Phase::OpensSoon => 9,
    }
}

/// Returns whether the phase begins by itself, without a change of the competition.
pub(super) const fn begins_by_itself(phase: Phase) -> bool {
    matches!(phase, Phase::Closed | Phase::Running | Phase::Ended)
}

/// Returns the condition that the times of a published competition are those of the phase, after ` AND `.
/// The deadline of a listing is never after its start. `order` is the column that the rows are in the order of.
pub(super) fn has_begun(sql: &SqlText, phase: Phase, order: &str) -> String {
    let conditions: &[(&str, &str)] = match phase {
        Phase::Open | Phase::FewLeft | Phase::Waitlist | Phase::Full => {
            &[("l.reg_deadline", ">"), ("l.opens_at", "<=")]
        }
        Phase::Paused => &[("l.reg_deadline", ">")],
        Phase::OpensSoon => &[("l.reg_deadline", ">"), ("l.opens_at", ">")],
        Phase::Closed => &[("l.reg_deadline", "<="), ("l.starts_at", ">")],
        Phase::Running => &[("l.starts_at", "<="), ("l.ends_at", ">=")],
        Phase::Ended => &[("l.ends_at", "<")],
        Phase::Cancelled | Phase::Draft => &[],
    };
    let conditions = conditions.iter().map(|(column, operator)| {
        let column = sql.compared(column, order);
        format!(" AND {column} {operator} {}", SqlText::NOW)
    });
    conditions.collect()
}

/// Returns the phases of the competitions that a filter selects. Drafts are for their organizer only.
pub(super) fn selected_phases(filter: &CompetitionFilter, drafts: bool) -> Vec<Phase> {
    let selected = |phase: &Phase| {
        let status = match phase {
            Phase::Draft => CompetitionStatus::Draft,
            Phase::Cancelled => CompetitionStatus::Cancelled,
            _ => CompetitionStatus::Published,
        };
        let has_seat = matches!(phase, Phase::Open | Phase::FewLeft);
        (drafts || *phase != Phase::Draft)
            && filter.status.is_none_or(|wanted| wanted == status)
            && filter.phase.is_none_or(|wanted| wanted == *phase)
            && (!filter.seats_left || has_seat)
            && (!filter.open || has_seat || *phase == Phase::Waitlist)
    };
    Phase::ALL.iter().copied().filter(selected).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_has_its_own_number_and_is_selected_unless_a_filter_excludes_it() {
        let mut numbers: Vec<_> = Phase::ALL
            .iter()
            .map(|phase| phase_number(*phase))
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let count = |filter: &CompetitionFilter| selected_phases(filter, false).len();
        let mut filter = CompetitionFilter::default();
        assert_eq!(
            (count(&filter), selected_phases(&filter, true).len()),
            (10, 11)
        );
        filter.open = true;
        assert_eq!(count(&filter), 3);
        filter.seats_left = true;
        assert_eq!(count(&filter), 2);
        filter.status = Some(CompetitionStatus::Cancelled);
        assert_eq!(count(&filter), 0);
    }
}
