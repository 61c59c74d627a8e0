//! Check-ins of participants, as the API returns them to those who scan tickets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CompetitionId, Problem, RegistrationId};

/// A participant who is checked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckInView {
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// The name of the participant.
    pub user_name: String,
    /// The name of the division; null where there is none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub division: Option<String>,
    /// The start number, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub start_number: Option<u32>,
    /// Whether this scan is the one that counts. It is false if another scan was earlier.
    pub first: bool,
    /// The time of the scan that counts, which is the earliest one.
    pub checked_in_at: DateTime<Utc>,
    /// The name of the person who made the scan that counts.
    pub checked_in_by: String,
}

/// What has become of one of several scans: either the check-in, or the problem why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScanResultView {
    /// The code of the scan, as it was sent.
    pub code: String,
    /// The check-in; null if the scan was refused.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub check_in: Option<CheckInView>,
    /// The reason why the scan was refused; null if it was not.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub problem: Option<Problem>,
}

/// What has become of several scans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScanResultList {
    /// The results, in the order of the scans.
    #[cfg_attr(feature = "ssr", schema(max_items = 500))]
    pub items: Vec<ScanResultView>,
}

/// How many participants of a competition are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckInCounts {
    /// The number of registrations with a seat that are checked in.
    pub checked_in: u64,
    /// The number of registrations with a seat.
    pub expected: u64,
}

/// A participant, as a device knows them that checks tickets without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OfflineEntryView {
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
    /// The number on the ticket, which people can type.
    pub ticket_number: String,
    /// The first 16 bytes of the SHA-256 of the ticket's code, in base64url without padding: a device recognizes a
    /// code by it, and can't make one.
    pub code_hash: String,
    /// The time at which the participant was checked in; null if they were not.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub checked_in_at: Option<DateTime<Utc>>,
}

/// Everybody who has a seat, at one moment, for a device that checks tickets without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OfflineListView {
    /// The competition that the list belongs to.
    pub competition_id: CompetitionId,
    /// The title of the competition.
    pub title: String,
    /// The server's time at the moment of the list. A device whose clock differs corrects the times of its scans by it.
    pub server_time: DateTime<Utc>,
    /// Whether everybody is in the list. It has room for 50,000 people.
    pub complete: bool,
    /// The participants with a seat.
    #[cfg_attr(feature = "ssr", schema(max_items = 50000))]
    pub items: Vec<OfflineEntryView>,
}

/// Somebody on the page for check-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedPersonView {
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// The name of the participant.
    pub user_name: String,
    /// The name of the division, if there is one.
    pub division: Option<String>,
    /// The start number, if there is one.
    pub start_number: Option<u32>,
    /// When the participant was checked in, and by whom, if that has happened.
    pub checked_in: Option<(DateTime<Utc>, String)>,
}
