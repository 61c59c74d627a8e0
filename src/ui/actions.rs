//! Server functions: what forms post to, with and without JavaScript.
//!
//! Each is a thin adapter: it reads the fields, calls the domain, keeps flash data for the next page, and
//! responds with status 303. It never responds with an error page: an error is shown on the page that the
//! visitor came from, with the input. An infrastructure error is logged, and the page says that nothing
//! happened.
//!
//! Cross-site requests are refused before they come here (the web layer checks `Origin` and
//! `Sec-Fetch-Site`), and none of these functions can be called with GET.

mod account;
mod action_response;
mod administration;
mod announce;
mod answers;
mod api_keys;
mod brackets;
mod certificates;
mod check_in;
mod closing;
mod codes;
mod common_questions;
mod competition;
mod competition_fields;
mod credentials;
mod deletion;
mod divisions;
mod edit_conflict;
mod import;
mod mailbox;
mod multipart;
mod notes;
mod organizer_requests;
mod participants;
mod picture;
mod presets;
mod questions;
mod registration;
mod reminder;
mod results;
mod saved_views;
mod second_factor;
mod sessions;
mod staff;
mod stages;
mod start_numbers;
mod webhooks;

pub use account::{Login, Logout, SendLogInCode, ShowBeforeLogIn, Signup, UpdateProfile};
pub use action_response::{ActionResult, UnreadableForm};
pub use administration::{
    ACCOUNT_FORM, ChangeAccount, ConfirmAccountEmail, DeleteFailedJobs, PauseQueue, RepairSeats,
    ResumeQueue, RetryFailedJobs, SignOutAccount,
};
pub use announce::{
    ANNOUNCEMENT_FORM, Announce, REVIEWED, ReviewAnnouncement, TestAnnouncement,
    WithdrawAnnouncement,
};
pub use answers::{ANSWERS_FORM, ChangeAnswers};
pub use api_keys::{ApiKeySaved, CreateApiKey, DeleteApiKey};
pub use brackets::{
    AddBracket, BRACKET_FIELD, BRACKET_FORM, BRACKET_READ, ChangeEntrant, MATCH_FIELD, MATCH_FORM,
    PublishBracket, ReadBracket, RecordMatch, RemoveBracket, UndoMatch,
};
pub use certificates::{
    CERTIFICATES_FORM, IssueCertificateAgain, IssueCertificates, RevokeCertificate,
};
pub use check_in::{CHECK_IN_FORM, CheckIn, UndoCheckIn};
pub use closing::{CloseRegistration, REOPENING_FORM, ReopenRegistration};
pub use codes::{
    AddCode, CODE_FIELD, CODE_FORM, CODES_FORM, ChangeCode, ChangeEligibility, ELIGIBILITY_FORM,
    GenerateCodes, RemoveCode,
};
pub use common_questions::CommonQuestion;
pub use competition::{
    CallOffCompetition, ChangeCapacity, ChangeWaitlist, CreateCompetition, DuplicateCompetition,
    EditCompetition, NOTIFY, NOTIFY_NOBODY, PREVIEW, PROMOTING, PauseCompetition,
    PublishCompetition, ResumeCompetition,
};
pub use competition_fields::{field_label, field_words};
pub use credentials::{
    ChangeEmail, ChangePassword, ForgotPassword, ResetPassword, SendConfirmation, VerifyEmail,
};
pub use deletion::{DELETION_FORM, DeleteCompetition};
pub use divisions::{AddDivision, ChangeDivision, DIVISION_FIELD, DIVISION_FORM, RemoveDivision};
pub use edit_conflict::{CHANGED_BY_OTHERS, COMPETITION_FORM, SHOWN, shown};
pub use import::{CHECKED, IMPORT_FORM, ImportParticipants, ReadImport};
pub use mailbox::MarkRead;
pub use notes::{AddNote, DeleteNote, NOTE_ABOUT, NOTE_FORM};
pub use organizer_requests::{
    ApproveOrganizerRequest, DeclineOrganizerRequest, ORGANIZER_REQUEST_FORM, RequestOrganizerRole,
};
pub use participants::{
    ActOnRegistrations, AddParticipant, BULK_FORM, MESSAGE, PARTICIPANT_FORM, ReviewRegistrations,
    UndoRemoval, bulk_input, effects,
};
pub use picture::{PICTURE_FORM, RemovePicture, UploadPicture};
pub use presets::{PRESET, Preset};
pub use questions::{
    AddCommonQuestion, AddQuestion, ArchiveQuestion, ChangeQuestion, MoveQuestion, QUESTION_FIELD,
    QUESTION_FORM, RestoreQuestion,
};
pub use registration::{CancelRegistration, Register};
pub use reminder::RemindMe;
pub use results::{
    PublishResults, RESULT_FORM, RESULT_LIST_FORM, RESULT_LIST_READ, ReadResults, RecordResult,
    RecordResults,
};
pub use saved_views::{DeleteView, RenameView, SaveView, ShownList, VIEW_FORM};
pub use second_factor::{
    ConfirmSecondFactor, RecoveryCodesSaved, RemoveSecondFactor, ReplaceRecoveryCodes, SecondStep,
    SetUpSecondFactor,
};
pub use sessions::{ConfirmPassword, DeleteAccount, EndOtherSessions, EndSession};
pub use staff::{
    AcceptInvitation, ChangeStaffRole, DeclineInvitation, InviteStaff, RemoveStaff, STAFF_FORM,
};
pub use stages::{AddStage, ChangeStage, RemoveStage, STAGE_FIELD, STAGE_FORM};
pub use start_numbers::{GiveStartNumbers, START_NUMBERS_FORM};
pub use webhooks::{
    CreateWebhook, DeleteWebhook, ReplaceWebhookSecret, ReplayWebhookDelivery, WebhookSecretSaved,
};
