//! Sentences about the people who work on a competition: the page, the invitation and its letter.

use crate::model::StaffRole;

sentences! {
    /// Sentences about the people who work on a competition.
    StaffText {
        title;
        lead;
        owner;
        editor;
        check_in;
        results;
        viewer;
        does_owner;
        does_editor;
        does_check_in;
        does_results;
        does_viewer;
        as_editor;
        as_check_in;
        as_results;
        as_viewer;
        col_name;
        col_role;
        col_state;
        role;
        your_role;
        you;
        since;
        invited_until;
        expired;
        invite_title;
        invite_hint;
        email;
        invite;
        invite_again;
        change;
        remove;
        remove_title(name: &str);
        remove_words;
        remove_yes;
        withdraw;
        withdraw_title(name: &str);
        withdraw_words;
        withdraw_yes;
        leave;
        leave_title;
        leave_words;
        leave_yes;
        hand_over;
        hand_over_title(name: &str);
        hand_over_words(name: &str);
        hand_over_yes;
        keep;
        flash_invited(address: &str);
        flash_changed;
        flash_removed;
        flash_left;
        flash_handed_over(name: &str);
        flash_accepted;
        flash_declined;
        invitation_title;
        invitation_lead(organizer: &str, title: &str);
        accept;
        decline;
        no_invitation_title;
        no_invitation;
        invited_to(title: &str);
        letter_subject(title: &str);
        letter_lead(organizer: &str, title: &str);
        letter_hint(days: u64);
        already_staff;
        too_many(n: u64);
        invitation_open;
        successor_is_no_organizer;
        history_invited;
        history_accepted;
        history_declined;
        history_role;
        history_removed;
        history_handed_over;
        only_shared;
    }
}

impl StaffText {
    /// Returns the name of a role.
    #[must_use]
    pub const fn role_name(&self, role: StaffRole) -> &'static str {
        match role {
            StaffRole::Owner => self.owner,
            StaffRole::Editor => self.editor,
            StaffRole::CheckIn => self.check_in,
            StaffRole::Results => self.results,
            StaffRole::Viewer => self.viewer,
        }
    }

    /// Says what somebody with a role does.
    #[must_use]
    pub const fn role_words(&self, role: StaffRole) -> &'static str {
        match role {
            StaffRole::Owner => self.does_owner,
            StaffRole::Editor => self.does_editor,
            StaffRole::CheckIn => self.does_check_in,
            StaffRole::Results => self.does_results,
            StaffRole::Viewer => self.does_viewer,
        }
    }

    /// Says to somebody who is invited what the role allows.
    #[must_use]
    pub const fn role_lead(&self, role: StaffRole) -> &'static str {
        match role {
            StaffRole::Owner | StaffRole::Editor => self.as_editor,
            StaffRole::CheckIn => self.as_check_in,
            StaffRole::Results => self.as_results,
            StaffRole::Viewer => self.as_viewer,
        }
    }
}
