//! Stages of competitions, the results of participants, and what is published of them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CompetitionId, DivisionId, PerformanceId, RegistrationId, StageId,
    enumerations::{UnknownName, enumeration},
    forms::{FieldProblem, Paging},
};

enumeration! {
    /// What is measured in a stage.
    StageMetric {
        /// A time: values are fractions of a second.
        Time = "TIME",
        /// A score, for example of an exam or of judges.
        Score = "SCORE",
        /// Points, for example for a place in a round.
        Points = "POINTS",
        /// Whether somebody was there: the value is 1 or 0.
        Attendance = "ATTENDANCE",
    }
}

impl StageMetric {
    /// Returns which values are the best where nothing else is said.
    #[must_use]
    pub const fn usual_direction(self) -> ResultDirection {
        match self {
            Self::Time => ResultDirection::Ascending,
            Self::Score | Self::Points | Self::Attendance => ResultDirection::Descending,
        }
    }
}

enumeration! {
    /// Which values are the best.
    ResultDirection {
        /// The lowest value is the best, as with times.
        Ascending = "ASC",
        /// The highest value is the best, as with points.
        Descending = "DESC",
    }
}

enumeration! {
    /// What counts if a participant has several results in a stage.
    ResultAggregate {
        /// The best of all results.
        Best = "BEST",
        /// The sum of all. Without one of them, there is no sum.
        Sum = "SUM",
        /// The one that was recorded last.
        Last = "LAST",
        /// The exact mean of all. Without one of them, there is no mean.
        Mean = "MEAN",
    }
}

enumeration! {
    /// Which ranks participants have whose results are equal.
    TieRule {
        /// They share a rank, and the ranks that they take together are skipped: 1, 1, 3.
        Shared = "SHARED",
        /// They share a rank, and none is skipped: 1, 1, 2.
        Dense = "DENSE",
        /// Their single results are compared, the best ones first. If all are equal, the rule is `SHARED`.
        Countback = "COUNTBACK",
        /// The one whose result was recorded earlier is first. If both times are equal, the rule is `SHARED`.
        Earliest = "EARLIEST",
    }
}

enumeration! {
    /// How far a stage is.
    StageState {
        /// Only those who work on the competition see it.
        Draft = "DRAFT",
        /// Everybody sees it, and nothing is published yet.
        Open = "OPEN",
        /// Its standings are published, and may change.
        Provisional = "PROVISIONAL",
        /// Its standings are final. They change by corrections only.
        Official = "OFFICIAL",
    }
}

impl StageState {
    /// Returns whether something was published in this state.
    #[must_use]
    pub const fn is_published(self) -> bool {
        matches!(self, Self::Provisional | Self::Official)
    }
}

enumeration! {
    /// What has become of a participant.
    PerformanceStatus {
        /// There is a value.
        Ok = "OK",
        /// The participant did not finish.
        Dnf = "DNF",
        /// The participant did not start.
        Dns = "DNS",
        /// The participant was disqualified.
        Dsq = "DSQ",
    }
}

/// A stage of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StageView {
    /// The id of the stage.
    pub id: StageId,
    /// The competition of which it is a part.
    pub competition_id: CompetitionId,
    /// The name, one line.
    pub name: String,
    /// What is measured in it.
    pub metric: StageMetric,
    /// Which values are the best.
    pub direction: ResultDirection,
    /// The unit of values as people read it; empty if there is none.
    pub unit: String,
    /// The number of decimals: a value of 12345 with 2 decimals is 123.45, or 2:03.45 as a time.
    pub decimals: u32,
    /// What counts if a participant has several results.
    pub aggregate: ResultAggregate,
    /// Which ranks participants have whose results are equal.
    pub tie_rule: TieRule,
    /// How far the stage is.
    pub state: StageState,
    /// The time from which on results stay unpublished until the stage is official; null if there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub freeze_at: Option<DateTime<Utc>>,
    /// The number of the newest publication; 0 if nothing was published.
    pub version: u32,
    /// The time of the newest publication; null if nothing was published.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub published_at: Option<DateTime<Utc>>,
}

/// The stages of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StageList {
    /// The stages in their order.
    #[cfg_attr(feature = "ssr", schema(max_items = 20))]
    pub items: Vec<StageView>,
}

/// What recording results has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordedPerformances {
    /// The stage to which the results belong.
    pub stage_id: StageId,
    /// The number of results that were recorded.
    pub recorded: u64,
    /// The ids of the results, in the order of the request.
    #[cfg_attr(feature = "ssr", schema(max_items = 10000))]
    pub ids: Vec<PerformanceId>,
}

/// A result as it was recorded, for those who record results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PerformanceView {
    /// The id of the result.
    pub id: PerformanceId,
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// The name of the participant.
    pub user_name: String,
    /// The name of the division; null where there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division: Option<String>,
    /// The start number; null if there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub start_number: Option<u32>,
    /// The value in the smallest unit of the stage; null unless the status is `OK`.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub value: Option<i64>,
    /// What has become of the participant.
    pub status: PerformanceStatus,
    /// What was noted with it; empty if nothing was.
    pub note: String,
    /// The time at which it was recorded.
    pub at: DateTime<Utc>,
    /// The name of the account that recorded it; empty if it does not exist any more.
    pub by: String,
    /// The result that this one corrects; null if it is the first one.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub supersedes: Option<PerformanceId>,
    /// Whether another result corrects this one, so that it does not count.
    pub superseded: bool,
}

/// What a publication has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PublicationView {
    /// The stage whose standings were published.
    pub stage_id: StageId,
    /// The number of the publication, from 1. Without any change, it is that of the one before.
    pub version: u32,
    /// How far the stage is now.
    pub state: StageState,
    /// The time of the publication.
    pub published_at: DateTime<Utc>,
    /// The number of participants in the standings.
    pub participants: u64,
    /// The number of participants for whom the standings differ from the version before.
    pub changed: u64,
}

/// Where a participant is in published standings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StandingView {
    /// The rank among all participants; null without a result that counts.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub rank: Option<u32>,
    /// The rank in the division; null without a result that counts, and where there are no divisions.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division_rank: Option<u32>,
    /// What has become of the participant.
    pub status: PerformanceStatus,
    /// What counts, in the smallest unit of the stage; a mean is rounded. Null unless the status is `OK`.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub value: Option<i64>,
}

/// A participant in published standings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StandingRowView {
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// The name of the participant; `Deleted account` if the account was deleted.
    pub user_name: String,
    /// The name of the division; null where there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division: Option<String>,
    /// The start number; null if there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub start_number: Option<u32>,
    /// The rank among all participants; null without a result that counts.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub rank: Option<u32>,
    /// The rank in the division; null without a result that counts, and where there are no divisions.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division_rank: Option<u32>,
    /// What has become of the participant.
    pub status: PerformanceStatus,
    /// What counts, in the smallest unit of the stage; a mean is rounded. Null unless the status is `OK`.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub value: Option<i64>,
}

/// What differs for a participant between two versions of standings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StandingChangeView {
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// The name of the participant; `Deleted account` if the account was deleted.
    pub user_name: String,
    /// Where the participant was; null if the participant was not in the version before.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub before: Option<StandingView>,
    /// Where the participant is; null if the participant is not in this version.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub after: Option<StandingView>,
}

/// One page of the published standings of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StandingsView {
    /// The stage whose standings these are; null as long as nothing is published.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub stage: Option<StageView>,
    /// Whether results that were recorded after the stage's `freezeAt` are left out.
    pub frozen: bool,
    /// The participants of this page, in their order: first those with a rank, then those who did not finish, who did
    /// not start, and who were disqualified.
    #[cfg_attr(feature = "ssr", schema(max_items = 100))]
    pub items: Vec<StandingRowView>,
    /// The number of this page, starting at 1.
    pub page: u64,
    /// The number of rows in a page.
    pub per_page: u64,
    /// The number of rows on all pages.
    pub total: u64,
    /// The number of participants for whom this version differs from the one before.
    pub changed: u64,
    /// What differs from the version before, for the first 50 participants in the order of the standings.
    #[cfg_attr(feature = "ssr", schema(max_items = 50))]
    pub changes: Vec<StandingChangeView>,
}

impl StandingsView {
    /// Returns the time from which on these standings are frozen, if that is ahead.
    #[must_use]
    pub fn freezes_at(&self) -> Option<DateTime<Utc>> {
        let stage = self.stage.as_ref()?;
        let is_ahead = stage.state == StageState::Provisional && !self.frozen;
        stage.freeze_at.filter(|_| is_ahead)
    }
}

/// Which part of the standings of a competition is read.
#[derive(Debug, Clone, Copy)]
pub struct StandingsPart {
    /// The stage; the last one with a publication if it is absent.
    pub stage: Option<StageId>,
    /// The division; all participants if it is absent.
    pub division: Option<DivisionId>,
    pub paging: Paging,
}

/// Where an account is in published standings, for its own pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnStandingView {
    /// The competition of the stage.
    pub competition_id: CompetitionId,
    /// The stage of the standings.
    pub stage: StageView,
    /// Where the account is.
    pub standing: StandingView,
    /// The number of participants in the standings.
    pub participants: u64,
}

/// A line of a list of results, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultLine {
    /// The number of the line, from 1.
    pub line: u64,
    /// The participant as the line names them.
    pub code: String,
    /// The value as it was typed.
    pub value: String,
    /// What is wrong with the line, if anything is.
    pub problem: Option<FieldProblem>,
}

/// What a list of results would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResultListPreview {
    /// The number of results that would be recorded.
    pub results: u64,
    /// The first lines that can't be used, at most 100. With any of them, nothing is recorded.
    pub wrong: Vec<ResultLine>,
    /// The number of lines that can't be used.
    pub wrong_lines: u64,
}
