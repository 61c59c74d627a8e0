//! Sentences about results and standings.

use crate::model::{
    PerformanceStatus, ResultAggregate, ResultDirection, StageMetric, StageState, TieRule,
    forms::ResultProblem,
};

sentences! {
    /// Sentences about results: those of the pages on which they are recorded, and those of the public standings.
    ResultsText {
        title;
        lead;
        stages;
        no_stages;
        add_stage;
        stage_name;
        metric;
        metric_time;
        metric_score;
        metric_points;
        metric_attendance;
        direction;
        direction_usual;
        direction_asc;
        direction_desc;
        unit;
        unit_hint;
        decimals;
        decimals_hint;
        aggregate;
        aggregate_best;
        aggregate_sum;
        aggregate_last;
        aggregate_mean;
        tie_rule;
        tie_shared;
        tie_dense;
        tie_countback;
        tie_earliest;
        open;
        freeze_at;
        freeze_hint;
        save;
        change;
        change_of(stage: &str);
        remove;
        remove_of(stage: &str);
        state_draft;
        state_open;
        state_provisional;
        state_official;
        version(n: &str);
        publish_title;
        publish_lead;
        publish;
        publish_official;
        leaderboard;
        one_title;
        correct_title(name: &str);
        participant;
        participant_hint;
        value;
        value_time_hint;
        value_hint;
        status;
        status_ok;
        status_dnf;
        status_dns;
        status_dsq;
        note;
        note_hint;
        record;
        list_title;
        list;
        list_hint;
        file;
        file_hint;
        check_list;
        wrong_title(n: &str);
        ready_title(n: &str);
        record_list;
        other_list;
        recorded_title;
        recorded_none;
        recorded_at;
        corrected;
        is_correction;
        correct;
        correct_of(name: &str);
        find;
        stage_added;
        stage_saved;
        stage_removed;
        recorded_flash(n: &str);
        published_flash(n: &str);
        nothing;
        rank;
        division_rank;
        all;
        by_division;
        result;
        frozen;
        published_at;
        changes_title;
        changes_lead(n: &str);
        before;
        after;
        absent;
        own_rank(rank: &str, n: &str);
        own_title;
        history_recorded;
        history_published;
        p_no_name;
        p_too_many_stages(most: u64);
        p_decimals(most: u64);
        p_has_results;
        p_state;
        p_place(most: u64);
        p_no_participant;
        p_unknown;
        p_without_seat;
        p_elsewhere;
        p_no_value;
        p_value_without;
        p_time;
        p_number;
        p_negative;
        p_attendance;
        p_large;
        p_too_exact(most: u64);
        p_status;
        p_nothing_to_correct;
        p_corrected;
        p_none;
        p_too_many(most: u64);
        p_full(most: u64);
    }
}

impl ResultsText {
    /// Returns the words for what is measured.
    #[must_use]
    pub const fn metric_name(&self, metric: StageMetric) -> &'static str {
        match metric {
            StageMetric::Time => self.metric_time,
            StageMetric::Score => self.metric_score,
            StageMetric::Points => self.metric_points,
            StageMetric::Attendance => self.metric_attendance,
        }
    }

    /// Returns the words for the values that are the best.
    #[must_use]
    pub const fn direction_name(&self, direction: ResultDirection) -> &'static str {
        match direction {
            ResultDirection::Ascending => self.direction_asc,
            ResultDirection::Descending => self.direction_desc,
        }
    }

    /// Returns the words for what counts of several results.
    #[must_use]
    pub const fn aggregate_name(&self, aggregate: ResultAggregate) -> &'static str {
        match aggregate {
            ResultAggregate::Best => self.aggregate_best,
            ResultAggregate::Sum => self.aggregate_sum,
            ResultAggregate::Last => self.aggregate_last,
            ResultAggregate::Mean => self.aggregate_mean,
        }
    }

    /// Returns the words for the rule about equal results.
    #[must_use]
    pub const fn tie_rule_name(&self, rule: TieRule) -> &'static str {
        match rule {
            TieRule::Shared => self.tie_shared,
            TieRule::Dense => self.tie_dense,
            TieRule::Countback => self.tie_countback,
            TieRule::Earliest => self.tie_earliest,
        }
    }

    /// Returns the words for the state of a stage.
    #[must_use]
    pub const fn state_name(&self, state: StageState) -> &'static str {
        match state {
            StageState::Draft => self.state_draft,
            StageState::Open => self.state_open,
            StageState::Provisional => self.state_provisional,
            StageState::Official => self.state_official,
        }
    }

    /// Returns the words for what has become of a participant.
    #[must_use]
    pub const fn status_name(&self, status: PerformanceStatus) -> &'static str {
        match status {
            PerformanceStatus::Ok => self.status_ok,
            PerformanceStatus::Dnf => self.status_dnf,
            PerformanceStatus::Dns => self.status_dns,
            PerformanceStatus::Dsq => self.status_dsq,
        }
    }

    /// Returns the sentence that says how to correct a stage or a result.
    #[must_use]
    pub fn problem(&self, problem: &ResultProblem) -> String {
        match problem {
            ResultProblem::NoStageName => self.p_no_name,
            ResultProblem::TooManyStages(most) => return self.p_too_many_stages(*most),
            ResultProblem::DecimalsOutOfBounds(most) => return self.p_decimals(*most),
            ResultProblem::StageHasResults => self.p_has_results,
            ResultProblem::StateByPublication => self.p_state,
            ResultProblem::NoSuchPlace(most) => return self.p_place(*most),
            ResultProblem::NoParticipant => self.p_no_participant,
            ResultProblem::UnknownParticipant => self.p_unknown,
            ResultProblem::ParticipantWithoutSeat => self.p_without_seat,
            ResultProblem::ParticipantElsewhere => self.p_elsewhere,
            ResultProblem::NoValue => self.p_no_value,
            ResultProblem::ValueWithoutResult => self.p_value_without,
            ResultProblem::NotATimeSpan => self.p_time,
            ResultProblem::NotAValue => self.p_number,
            ResultProblem::NegativeTime => self.p_negative,
            ResultProblem::NotAnAttendance => self.p_attendance,
            ResultProblem::ValueTooLarge => self.p_large,
            ResultProblem::TooManyDecimals(most) => return self.p_too_exact(*most),
            ResultProblem::NotAResultStatus => self.p_status,
            ResultProblem::NothingToCorrect => self.p_nothing_to_correct,
            ResultProblem::CorrectedAlready => self.p_corrected,
            ResultProblem::NoResults => self.p_none,
            ResultProblem::TooManyResults(most) => return self.p_too_many(*most),
            ResultProblem::StageIsFull(most) => return self.p_full(*most),
        }
        .to_owned()
    }
}
