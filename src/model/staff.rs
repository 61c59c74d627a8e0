//! The roles of people who work on a competition, and what each allows: the one place where this is decided.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{CompetitionId, StaffId, StaffRole, UserId};

/// Something that is done to a competition, or seen of it, and is not for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Sees that it exists while it is a draft, its numbers over time, and who works on it.
    SeeOverview,
    /// Sees what happens while registration opens.
    SeeControlRoom,
    /// Sees the names of participants.
    SeePeople,
    /// Sees the e-mail addresses of participants, and the history of single registrations.
    SeeContacts,
    /// Exports the participants with their addresses.
    ExportPeople,
    /// Checks participants in, and undoes that.
    CheckIn,
    /// Records the results of participants, and publishes them.
    RecordResults,
    /// Adds, cancels and promotes participants, and repeats their confirmations.
    ManagePeople,
    /// Edits, publishes and copies it, pauses registration, and writes to participants.
    Edit,
    /// Cancels it, of which everybody is told.
    CallOff,
    /// Deletes it with its registrations.
    Delete,
    /// Decides who works on it, and hands it over.
    ManageStaff,
    /// Sees who changed what.
    SeeHistory,
}

impl StaffRole {
    /// The roles that somebody can be invited to.
    pub const INVITED: &'static [Self] =
        &[Self::Editor, Self::CheckIn, Self::Results, Self::Viewer];

    /// Returns whether somebody with this role may do this.
    #[must_use]
    pub const fn permits(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::SeeOverview => true,
            P::SeeControlRoom | P::SeeContacts => {
                matches!(self, Self::Owner | Self::Editor | Self::Viewer)
            }
            P::SeePeople => !matches!(self, Self::Results),
            P::CheckIn => matches!(self, Self::Owner | Self::Editor | Self::CheckIn),
            P::RecordResults => matches!(self, Self::Owner | Self::Editor | Self::Results),
            P::ExportPeople | P::ManagePeople | P::Edit => {
                matches!(self, Self::Owner | Self::Editor)
            }
            P::CallOff | P::Delete | P::ManageStaff | P::SeeHistory => {
                matches!(self, Self::Owner)
            }
        }
    }
}

/// Somebody who works on a competition, or is invited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StaffView {
    /// The id of this part of the competition.
    pub id: StaffId,
    /// The competition on which the person works.
    pub competition_id: CompetitionId,
    /// The account; null while an invitation waits for its answer.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub user_id: Option<UserId>,
    /// The name of the account; null while an invitation waits for its answer.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: Option<String>,
    /// The e-mail address; null for those who do not decide who works on the competition, but for their own one.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub email: Option<String>,
    /// What the person does for the competition.
    pub role: StaffRole,
    /// The time at which the person was invited.
    pub invited_at: DateTime<Utc>,
    /// The time at which the person accepted; null while the invitation waits for its answer.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub accepted_at: Option<DateTime<Utc>>,
    /// The time from which the invitation can't be accepted any more; null once it is accepted.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub expires_at: Option<DateTime<Utc>>,
}

/// The people who work on a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StaffList {
    /// The people: the owner first, and the others in the order in which they were invited.
    pub items: Vec<StaffView>,
}

/// An invitation to work on a competition, as the person who is invited sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// The id with which the invitation is answered.
    pub id: StaffId,
    /// The competition on which the person would work.
    pub competition_id: CompetitionId,
    /// The title of the competition.
    pub competition_title: String,
    /// The name of the competition's owner.
    pub organizer_name: String,
    /// What the person would do for the competition.
    pub role: StaffRole,
    /// The time from which it can't be accepted any more.
    pub expires_at: DateTime<Utc>,
}

/// The invitations of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InvitationList {
    /// The invitations that wait for an answer, the newest first.
    pub items: Vec<InvitationView>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_permits_what_the_table_of_the_documentation_says() {
        use Permission as P;
        let all = [
            P::SeeOverview,
            P::SeeControlRoom,
            P::SeePeople,
            P::SeeContacts,
            P::ExportPeople,
            P::CheckIn,
            P::RecordResults,
            P::ManagePeople,
            P::Edit,
            P::CallOff,
            P::Delete,
            P::ManageStaff,
            P::SeeHistory,
        ];
        let row = |role: StaffRole| {
            let permitted = all.iter().map(|permission| role.permits(*permission));
            permitted.map(|yes| if yes { 'x' } else { '-' }).collect()
        };
        let table: Vec<String> = StaffRole::ALL.iter().map(|role| row(*role)).collect();
        assert_eq!(
            table,
            [
                "xxxxxxxxxxxxx",
                "xxxxxxxxx----",
                "x-x--x-------",
                "x-----x------",
                "xxxx---------"
            ]
        );
    }
}
