//! The sentences about brackets and their matches.

use crate::model::{
    BracketFormat, BracketSeeding, BracketState, BracketTieRule, MatchState, forms::BracketProblem,
};

sentences! {
    /// Sentences about brackets: those of the pages on which results are recorded, and those of the public page.
    BracketsText {
        title;
        lead;
        none;
        nothing;
        add;
        bracket;
        name;
        format;
        format_single;
        format_double;
        format_round_robin;
        format_swiss;
        seeding;
        seeding_number;
        seeding_registration;
        seeding_standings;
        seeding_list;
        everybody;
        no_stage;
        stage_hint;
        entrants;
        entrants_hint;
        limit;
        limit_hint;
        third_place;
        reset;
        rounds;
        rounds_hint;
        win_points;
        win_points_hint;
        tie_rule;
        tie_head_to_head;
        tie_buchholz;
        tie_sonneborn_berger;
        tie_score;
        published;
        preview;
        preview_title;
        preview_facts(entrants: &str, matches: &str, byes: &str);
        create;
        state_draft;
        state_published;
        publish;
        hide;
        remove;
        public_page;
        winner(name: &str);
        drawing(name: &str);
        drawing_desc;
        drawing_part;
        matches;
        number(n: &str);
        number_column;
        round(n: &str);
        final_round;
        semi_finals;
        quarter_finals;
        section_winners;
        section_losers;
        section_final;
        section_third;
        again;
        state_pending;
        state_ready;
        state_played;
        state_walkover;
        state_bye;
        state_not_needed;
        winner_of(n: &str);
        loser_of(n: &str);
        first;
        second;
        result;
        wins(name: &str);
        draw;
        standings;
        points;
        won;
        drawn;
        lost;
        byes;
        tie_break;
        record;
        record_of(n: &str);
        correct;
        correct_of(n: &str);
        outcome;
        first_score;
        second_score;
        confirm;
        undo;
        seed;
        withdrawn;
        take_out;
        take_out_of(name: &str);
        take_in;
        take_in_of(name: &str);
        entrants_title;
        added;
        saved;
        removed;
        recorded;
        undone;
        voided(n: &str);
        history_edit;
        history_result;
        p_no_name;
        p_too_many_brackets(most: u64);
        p_division;
        p_stage;
        p_stage_without;
        p_list_without;
        p_unknown(place: u64);
        p_twice(place: u64);
        p_too_few;
        p_too_many(most: u64);
        p_rounds(most: u64);
        p_rounds_without;
        p_win_points(most: u64);
        p_limit(most: u64);
        p_not_ready;
        p_no_draw;
        p_one_score;
        p_score(most: u64);
        p_disagree;
        p_nothing;
        p_begun;
        p_too_many_changes(most: u64);
        p_cancelled;
    }
}

impl BracketsText {
    /// Returns the words for who meets whom.
    #[must_use]
    pub const fn format_name(&self, format: BracketFormat) -> &'static str {
        match format {
            BracketFormat::SingleElimination => self.format_single,
            BracketFormat::DoubleElimination => self.format_double,
            BracketFormat::RoundRobin => self.format_round_robin,
            BracketFormat::Swiss => self.format_swiss,
        }
    }

    /// Returns the words for the order of the seeds.
    #[must_use]
    pub const fn seeding_name(&self, seeding: BracketSeeding) -> &'static str {
        match seeding {
            BracketSeeding::StartNumber => self.seeding_number,
            BracketSeeding::RegisteredAt => self.seeding_registration,
            BracketSeeding::Standings => self.seeding_standings,
            BracketSeeding::List => self.seeding_list,
        }
    }

    /// Returns the words for what separates entrants with equal points.
    #[must_use]
    pub const fn tie_rule_name(&self, rule: BracketTieRule) -> &'static str {
        match rule {
            BracketTieRule::HeadToHead => self.tie_head_to_head,
            BracketTieRule::Buchholz => self.tie_buchholz,
            BracketTieRule::SonnebornBerger => self.tie_sonneborn_berger,
            BracketTieRule::Score => self.tie_score,
        }
    }

    /// Returns the words for who sees a bracket.
    #[must_use]
    pub const fn state_name(&self, state: BracketState) -> &'static str {
        match state {
            BracketState::Draft => self.state_draft,
            BracketState::Published => self.state_published,
        }
    }

    /// Returns the words for how far a match is.
    #[must_use]
    pub const fn match_state_name(&self, state: MatchState) -> &'static str {
        match state {
            MatchState::Pending => self.state_pending,
            MatchState::Ready => self.state_ready,
            MatchState::Played => self.state_played,
            MatchState::Walkover => self.state_walkover,
            MatchState::Bye => self.state_bye,
            MatchState::NotNeeded => self.state_not_needed,
        }
    }

    /// Returns the sentence that says how to correct a bracket or a result.
    #[must_use]
    pub fn problem(&self, problem: &BracketProblem) -> String {
        match problem {
            BracketProblem::NoBracketName => self.p_no_name,
            BracketProblem::TooManyBrackets(most) => return self.p_too_many_brackets(*most),
            BracketProblem::NoSuchDivision => self.p_division,
            BracketProblem::NoOfficialStage => self.p_stage,
            BracketProblem::StageWithoutSeeding => self.p_stage_without,
            BracketProblem::ListWithoutSeeding => self.p_list_without,
            BracketProblem::UnknownEntrant(place) => return self.p_unknown(*place),
            BracketProblem::NamedTwice(place) => return self.p_twice(*place),
            BracketProblem::TooFewEntrants => self.p_too_few,
            BracketProblem::TooManyEntrants(most) => return self.p_too_many(*most),
            BracketProblem::RoundsOutOfBounds(most) => return self.p_rounds(*most),
            BracketProblem::RoundsWithoutSwiss => self.p_rounds_without,
            BracketProblem::WinPointsOutOfBounds(most) => return self.p_win_points(*most),
            BracketProblem::LimitOutOfBounds(most) => return self.p_limit(*most),
            BracketProblem::NotReady => self.p_not_ready,
            BracketProblem::NoDraw => self.p_no_draw,
            BracketProblem::OneScore => self.p_one_score,
            BracketProblem::ScoreOutOfBounds(most) => return self.p_score(*most),
            BracketProblem::ScoresDisagree => self.p_disagree,
            BracketProblem::NothingRecorded => self.p_nothing,
            BracketProblem::NextRoundBegun => self.p_begun,
            BracketProblem::TooManyChanges(most) => return self.p_too_many_changes(*most),
            BracketProblem::RegistrationCancelled => self.p_cancelled,
        }
        .to_owned()
    }
}
