//! What can be wrong with a bracket of a competition, or with a result in it.

use serde::{Deserialize, Serialize};

/// What is wrong with a bracket or with the result of a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BracketProblem {
    /// The name of the bracket is missing.
    NoBracketName,
    /// The competition has as many brackets as it may have.
    TooManyBrackets(u64),
    /// The competition has no such division.
    NoSuchDivision,
    /// Seeds are taken from a stage whose standings are not official, or from none.
    NoOfficialStage,
    /// A stage is named, but seeds are not taken from one.
    StageWithoutSeeding,
    /// A list of entrants is there, but seeds are not taken from one.
    ListWithoutSeeding,
    /// The list names somebody who has no seat in the competition or in the division; the place in the list, from 1.
    UnknownEntrant(u64),
    /// The list names somebody twice; the place in the list, from 1.
    NamedTwice(u64),
    /// There are fewer than two entrants.
    TooFewEntrants,
    /// There are more entrants than this, which the format has room for.
    TooManyEntrants(u64),
    /// The number of rounds is not between 1 and this.
    RoundsOutOfBounds(u64),
    /// The number of rounds is for the Swiss system only.
    RoundsWithoutSwiss,
    /// The points for a victory are not between 2 and this.
    WinPointsOutOfBounds(u64),
    /// The largest number of entrants is not between 2 and this.
    LimitOutOfBounds(u64),
    /// It is not known yet who meets in the match.
    NotReady,
    /// A match of an elimination has a winner.
    NoDraw,
    /// Only one of the two scores is there.
    OneScore,
    /// A score is not between 0 and this.
    ScoreOutOfBounds(u64),
    /// The scores say that somebody else has won.
    ScoresDisagree,
    /// The match has no result.
    NothingRecorded,
    /// The next round of the Swiss system has begun.
    NextRoundBegun,
    /// The bracket has as many entries in its history as it may have.
    TooManyChanges(u64),
    /// The registration of the entrant is cancelled.
    RegistrationCancelled,
}
