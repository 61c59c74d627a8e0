//! What can be wrong with a stage of a competition, or with a result in it.

use serde::{Deserialize, Serialize};

/// What is wrong with a stage or a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResultProblem {
    /// The name of the stage is missing.
    NoStageName,
    /// The competition has as many stages as it may have.
    TooManyStages(u64),
    /// There are more decimals than this.
    DecimalsOutOfBounds(u64),
    /// The stage has results, whose meaning this would change.
    StageHasResults,
    /// A stage gets this state by a publication, and keeps it.
    StateByPublication,
    /// There is no stage at this place.
    NoSuchPlace(u64),
    /// Neither a code nor a registration names the participant, or both do.
    NoParticipant,
    /// The competition has no such participant with a seat.
    UnknownParticipant,
    /// The registration is cancelled, or on the waitlist.
    ParticipantWithoutSeat,
    /// The ticket is for another competition.
    ParticipantElsewhere,
    /// The value is missing.
    NoValue,
    /// There is a value although there is no result.
    ValueWithoutResult,
    /// The text is no time like `1:02:03.45`.
    NotATimeSpan,
    /// The text is no number.
    NotAValue,
    /// A time is negative.
    NegativeTime,
    /// An attendance is neither 0 nor 1.
    NotAnAttendance,
    /// The value is too large, or too small.
    ValueTooLarge,
    /// The value has more decimals than this, which the stage has.
    TooManyDecimals(u64),
    /// The text is none of the names of statuses.
    NotAResultStatus,
    /// The result that is corrected does not exist, or belongs to another stage or participant.
    NothingToCorrect,
    /// The result was corrected already.
    CorrectedAlready,
    /// The request has no results.
    NoResults,
    /// The request has more results than this.
    TooManyResults(u64),
    /// The stage has as many results as it may have.
    StageIsFull(u64),
}
