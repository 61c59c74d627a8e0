//! Sentences of the page on which an organizer announces something to participants.

use crate::model::{AnnouncementView, Audience, MailFailureReason};

sentences! {
    /// Sentences of the page for announcements.
    AnnounceText {
        title;
        lead;
        draft;
        to;
        people(n: u64);
        subject;
        body;
        body_hint;
        send_at;
        send_at_hint;
        review;
        review_title;
        review_lead;
        send(n: u64);
        schedule(n: u64);
        test;
        test_sent;
        sent_flash;
        scheduled_flash;
        withdrawn_flash;
        replies(address: &str);
        no_replies;
        no_replies_to_owner;
        set_replies;
        history;
        none_title;
        none;
        progress(written: u64, total: u64);
        mailed(n: u64);
        failed(n: u64);
        failure_address;
        failure_mail;
        failure_sender;
        failure_put_off;
        failure_unreachable;
        failure_other;
        scheduled;
        withdrawn;
        withdraw;
        sending;
        refresh;
        to_all;
        to_seated;
        to_waitlisted;
        to_view;
        to_chosen;
        to_checked_in;
    }
}

impl AnnounceText {
    /// Names an audience in a list.
    #[must_use]
    pub const fn audience(&self, audience: Audience) -> &'static str {
        match audience {
            Audience::All => self.to_all,
            Audience::Seated => self.to_seated,
            Audience::Waitlisted => self.to_waitlisted,
            Audience::View => self.to_view,
            Audience::CheckedIn => self.to_checked_in,
        }
    }

    /// Says why mail failed.
    #[must_use]
    pub const fn failure(&self, reason: MailFailureReason) -> &'static str {
        match reason {
            MailFailureReason::AddressRefused => self.failure_address,
            MailFailureReason::MailRefused => self.failure_mail,
            MailFailureReason::SenderRefused => self.failure_sender,
            MailFailureReason::PutOff => self.failure_put_off,
            MailFailureReason::Unreachable => self.failure_unreachable,
            MailFailureReason::Other => self.failure_other,
        }
    }

    /// Returns what has become of an announcement, if that is not said by its numbers.
    #[must_use]
    pub fn state(&self, announcement: &AnnouncementView) -> Option<&'static str> {
        if announcement.withdrawn_at.is_some() {
            Some(self.withdrawn)
        } else if announcement.is_scheduled() {
            Some(self.scheduled)
        } else if announcement.is_being_sent() {
            Some(self.sending)
        } else {
            None
        }
    }
}
