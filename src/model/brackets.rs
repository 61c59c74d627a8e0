//! Brackets: who meets whom in a competition, and who advances.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    BracketId, CompetitionId, DivisionId, MatchId, RegistrationId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// Who meets whom in a bracket.
    BracketFormat {
        /// Whoever loses is out.
        SingleElimination = "SINGLE_ELIMINATION",
        /// Whoever loses twice is out.
        DoubleElimination = "DOUBLE_ELIMINATION",
        /// Everybody meets everybody once.
        RoundRobin = "ROUND_ROBIN",
        /// In each round, entrants with equal points meet, and nobody twice.
        Swiss = "SWISS",
    }
}

impl BracketFormat {
    /// Returns whether whoever loses is out, sooner or later.
    #[must_use]
    pub const fn is_elimination(self) -> bool {
        matches!(self, Self::SingleElimination | Self::DoubleElimination)
    }

    /// Returns the most entrants.
    #[must_use]
    pub const fn most_entrants(self) -> u64 {
        match self {
            Self::SingleElimination | Self::DoubleElimination => 1_024,
            Self::RoundRobin => 64,
            Self::Swiss => 512,
        }
    }
}

enumeration! {
    /// In which order entrants are seeded.
    BracketSeeding {
        /// By start number; those without one come last.
        StartNumber = "START_NUMBER",
        /// By the time of registration.
        RegisteredAt = "REGISTERED_AT",
        /// By the official standings of a stage. Only those with a rank are entrants.
        Standings = "STANDINGS",
        /// By a list, which names the entrants.
        List = "LIST",
    }
}

enumeration! {
    /// What separates entrants with equal points.
    BracketTieRule {
        /// The points from the matches between those with equal points.
        HeadToHead = "HEAD_TO_HEAD",
        /// The sum of the points of all opponents.
        Buchholz = "BUCHHOLZ",
        /// The sum of the points of the opponents that were beaten, and half of those of opponents with a draw. It is
        /// counted twice, so that it is a whole number.
        SonnebornBerger = "SONNEBORN_BERGER",
        /// The difference between the entrant's own scores and those of the opponents.
        Score = "SCORE",
    }
}

enumeration! {
    /// Who sees a bracket.
    BracketState {
        /// Only those who work on the competition see it.
        Draft = "DRAFT",
        /// Everybody sees it, with its results.
        Published = "PUBLISHED",
    }
}

enumeration! {
    /// The part of a bracket in which a match is.
    MatchSection {
        /// The bracket of those who have not lost.
        Winners = "WINNERS",
        /// The bracket of those who have lost once.
        Losers = "LOSERS",
        /// The grand final of a double elimination. The second match is played if the winner of the losers' bracket wins
        /// the first one.
        Final = "FINAL",
        /// The match between the losers of the semi-finals.
        ThirdPlace = "THIRD_PLACE",
        /// The rounds of a round robin or of the Swiss system.
        Rounds = "ROUNDS",
    }
}

enumeration! {
    /// How far a match is.
    MatchState {
        /// Earlier matches decide who meets.
        Pending = "PENDING",
        /// Both entrants are known.
        Ready = "READY",
        /// It has a result.
        Played = "PLAYED",
        /// An entrant has withdrawn, and the other one wins.
        Walkover = "WALKOVER",
        /// There is one entrant only, who advances.
        Bye = "BYE",
        /// It does not take place.
        NotNeeded = "NOT_NEEDED",
    }
}

enumeration! {
    /// How a match has ended.
    MatchOutcome {
        /// The first entrant has won.
        First = "FIRST",
        /// The second entrant has won.
        Second = "SECOND",
        /// Nobody has won. It is for a round robin and for the Swiss system only.
        Draw = "DRAW",
    }
}

enumeration! {
    /// What was done to the result of a match.
    MatchChangeKind {
        /// It was recorded, or another one instead of it.
        Recorded = "RECORDED",
        /// The result was taken back.
        Undone = "UNDONE",
        /// It has become void, because others meet in the match.
        Voided = "VOIDED",
    }
}

/// A bracket of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BracketView {
    /// The id of the bracket.
    pub id: BracketId,
    /// The competition of which it is a part.
    pub competition_id: CompetitionId,
    /// The name, one line.
    pub name: String,
    /// The rule by which entrants meet.
    pub format: BracketFormat,
    /// The division to which it is limited; null if there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division_id: Option<DivisionId>,
    /// In which order the entrants were seeded.
    pub seeding: BracketSeeding,
    /// Whether everybody sees it.
    pub state: BracketState,
    /// Whether the losers of the semi-finals meet, in a single elimination.
    pub third_place: bool,
    /// Whether the grand final of a double elimination is played again if the winner of the losers' bracket wins it.
    pub reset: bool,
    /// The number of rounds of the Swiss system; 0 for other formats.
    pub rounds: u32,
    /// The points for a victory; a draw has one.
    pub win_points: u32,
    /// What separates entrants with equal points.
    pub tie_rule: BracketTieRule,
    /// The number of entrants.
    pub entrants: u32,
    /// The number of changes so far.
    pub revision: u32,
}

/// The brackets of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BracketList {
    /// The brackets in the order in which they were added.
    #[cfg_attr(feature = "ssr", schema(max_items = 20))]
    pub items: Vec<BracketView>,
}

/// An entrant of a bracket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BracketEntrantView {
    /// The seed, from 1, which names the entrant within the bracket.
    pub seed: u32,
    /// The registration of the entrant; null if it does not exist any more.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub registration_id: Option<RegistrationId>,
    /// The name of the entrant; `Deleted account` if the account was deleted.
    pub user_name: String,
    /// The time at which the entrant withdrew: the registration was cancelled, or the organizer has taken the entrant out.
    /// Null for everybody else.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// One side of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MatchSideView {
    /// The seed of the entrant; null if nobody is there, or nobody yet.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub seed: Option<u32>,
    /// The number of the match from which the entrant comes; null if the format or the pairing names the entrant.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub from_match: Option<u32>,
    /// Whether the entrant comes as the loser of that match.
    pub as_loser: bool,
    /// The score; null if none was recorded.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub score: Option<u32>,
}

/// A match of a bracket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MatchView {
    /// The id of the match.
    pub id: MatchId,
    /// The number of the match in its bracket, from 1.
    pub number: u32,
    /// The part of the bracket.
    pub section: MatchSection,
    /// The round in that part, from 1.
    pub round: u32,
    /// The place in the round, from 0.
    pub position: u32,
    /// How far the match is.
    pub state: MatchState,
    /// The entrant on the first side.
    pub first: MatchSideView,
    /// The entrant on the second side.
    pub second: MatchSideView,
    /// Who has won, or whether it is a draw; null before the match is decided.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub outcome: Option<MatchOutcome>,
}

/// A row of the standings of a round robin or of the Swiss system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BracketStandingView {
    /// The rank, from 1. Those whom the tie rule does not separate share one.
    pub rank: u32,
    /// The seed of the entrant.
    pub seed: u32,
    /// The points for wins and draws.
    pub points: u32,
    /// The number of matches that were won.
    pub won: u32,
    /// The number of matches without a winner.
    pub drawn: u32,
    /// The number of matches that were lost.
    pub lost: u32,
    /// The number of rounds without an opponent, each of which has the points of a victory.
    pub byes: u32,
    /// What the tie rule compares.
    pub tie_break: i64,
}

/// A bracket with everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BracketDetailView {
    /// The bracket and its settings.
    pub bracket: BracketView,
    /// The entrants by their seeds.
    #[cfg_attr(feature = "ssr", schema(max_items = 1024))]
    pub entrants: Vec<BracketEntrantView>,
    /// The matches in their order. A match comes after those from which its entrants come.
    #[cfg_attr(feature = "ssr", schema(max_items = 5120))]
    pub matches: Vec<MatchView>,
    /// The standings of a round robin or of the Swiss system; empty for other formats.
    #[cfg_attr(feature = "ssr", schema(max_items = 512))]
    pub standings: Vec<BracketStandingView>,
    /// The seed of the entrant who has won the bracket; null as long as that is open, and where several share the first
    /// rank.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub champion: Option<u32>,
}

impl BracketDetailView {
    /// Returns the entrant with a seed.
    #[must_use]
    pub fn entrant(&self, seed: u32) -> Option<&BracketEntrantView> {
        let index = usize::try_from(seed.checked_sub(1)?).ok()?;
        self.entrants.get(index)
    }
}

/// What the result of a match has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MatchChangeView {
    /// The match as it is now.
    #[serde(rename = "match")]
    pub changed: MatchView,
    /// The later matches whose results are void, because others meet in them now.
    #[cfg_attr(feature = "ssr", schema(max_items = 2048))]
    pub voided: Vec<MatchId>,
}

/// Who would be in a bracket, in the order of the seeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BracketPreview {
    /// The names of the entrants, the first seed first.
    pub names: Vec<String>,
    /// The number of matches.
    pub matches: u64,
    /// The number of byes in the first round.
    pub byes: u64,
}
