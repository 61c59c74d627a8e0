//! Sentences about the divisions of a competition.

use crate::model::DivisionView;

sentences! {
    /// Sentences about divisions: those of the organizer's page, and those that participants read.
    DivisionsText {
        choose;
        unknown;
        name_taken;
        too_many(n: u64);
        ages_out_of_order;
        division;
        title;
        lead;
        none_title;
        none;
        too_late;
        add;
        name;
        capacity;
        capacity_hint;
        age_min;
        age_max;
        starts_at;
        starts_at_hint;
        save;
        remove;
        added_flash;
        saved_flash;
        removed_flash;
        seats_left(left: &str, capacity: u64);
        no_limit;
        registered(n: u64);
        waiting(n: u64);
        ages(min: u64, max: u64);
        from_age(min: u64);
        to_age(max: u64);
        full;
        full_with_waitlist;
        change;
        change_of(division: &str);
        remove_of(division: &str);
    }
}

impl DivisionsText {
    /// Returns for whom a division is by its age limits, if it has any.
    #[must_use]
    pub fn age_limits(&self, division: &DivisionView) -> Option<String> {
        match (division.age_min, division.age_max) {
            (Some(min), Some(max)) => Some(self.ages(min.into(), max.into())),
            (Some(min), None) => Some(self.from_age(min.into())),
            (None, Some(max)) => Some(self.to_age(max.into())),
            (None, None) => None,
        }
    }
}
