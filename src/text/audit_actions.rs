//! The words for an action that the audit log records.

use super::Catalogue;
use crate::model::AuditAction;

impl Catalogue {
    /// Returns the words for an action. An action without words does not compile.
    #[must_use]
    pub const fn audit_action(&self, action: AuditAction) -> &'static str {
        let t = &self.audit_actions;
        match action {
            AuditAction::LogIn => t.log_in,
            AuditAction::LogOut => t.log_out,
            AuditAction::SignUp => t.sign_up,
            AuditAction::Access => t.access,
            AuditAction::RoleChange => t.role_change,
            AuditAction::OrganizerRequest => t.organizer_request,
            AuditAction::OrganizerRequestDecline => t.organizer_request_decline,
            AuditAction::ProfileChange => t.profile_change,
            AuditAction::EmailChange => t.email_change,
            AuditAction::PasswordChange => t.password_change,
            AuditAction::PasswordForgot => t.password_forgot,
            AuditAction::SecondFactorAdd => t.second_factor_add,
            AuditAction::SecondFactorRemove => t.second_factor_remove,
            AuditAction::RecoveryCodesReplace => t.recovery_codes_replace,
            AuditAction::EmailConfirm => t.email_confirm,
            AuditAction::AccountDisable => t.account_disable,
            AuditAction::AccountEnable => t.account_enable,
            AuditAction::AccountDelete => t.account_delete,
            AuditAction::Export => t.export,
            AuditAction::ParticipantAdd => t.participant_add,
            AuditAction::RegistrationsCancel => t.registrations_cancel,
            AuditAction::RegistrationsPromote => t.registrations_promote,
            AuditAction::RegistrationsResend => t.registrations_resend,
            AuditAction::RegistrationsRestore => t.registrations_restore,
            AuditAction::CheckIn => t.check_in,
            AuditAction::CheckInUndo => t.check_in_undo,
            AuditAction::StartNumbers => t.start_numbers,
            AuditAction::ResultsRecord => self.results.history_recorded,
            AuditAction::ResultsPublish => self.results.history_published,
            AuditAction::BracketEdit => self.brackets.history_edit,
            AuditAction::MatchResult => self.brackets.history_result,
            AuditAction::CertificatesIssue => t.certificates_issue,
            AuditAction::CertificateRevoke => t.certificate_revoke,
            AuditAction::AnswersChange => t.answers_change,
            AuditAction::CompetitionCreate => t.competition_create,
            AuditAction::CompetitionEdit => t.competition_edit,
            AuditAction::CompetitionPublish => t.competition_publish,
            AuditAction::CompetitionCancel => t.competition_cancel,
            AuditAction::CompetitionDelete => t.competition_delete,
            AuditAction::RegistrationPause => t.registration_pause,
            AuditAction::RegistrationResume => t.registration_resume,
            AuditAction::Announcement => t.announcement,
            AuditAction::AnnouncementWithdraw => t.announcement_withdraw,
            AuditAction::FailedJobRetry => t.failed_job_retry,
            AuditAction::FailedJobDelete => t.failed_job_delete,
            AuditAction::QueuePause => t.queue_pause,
            AuditAction::QueueResume => t.queue_resume,
            AuditAction::SeatRepair => t.seat_repair,
            AuditAction::ApiKeyCreate => t.api_key_create,
            AuditAction::ApiKeyDelete => t.api_key_delete,
            AuditAction::StaffInvite => self.staff.history_invited,
            AuditAction::StaffAccept => self.staff.history_accepted,
            AuditAction::StaffDecline => self.staff.history_declined,
            AuditAction::StaffRoleChange => self.staff.history_role,
            AuditAction::StaffRemove => self.staff.history_removed,
            AuditAction::CompetitionHandOver => self.staff.history_handed_over,
            AuditAction::WebhookCreate => t.webhook_create,
            AuditAction::WebhookDelete => t.webhook_delete,
            AuditAction::WebhookSecretReplace => t.webhook_secret_replace,
        }
    }
}
