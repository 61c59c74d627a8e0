//! The vocabulary that server and browser share: ids, enumerations, forms with their validation,
//! views (the JSON shapes of the API) and domain errors.
//!
//! It does no I/O and imports no other module of the crate, so it also compiles to WebAssembly.

mod account_export;
mod administration;
mod announcements;
mod api_keys;
mod audit;
mod brackets;
mod bulk_act;
#[cfg(feature = "ssr")]
pub mod calendar_links;
mod certificates;
mod check_in;
mod codes;
mod contact;
#[cfg(feature = "ssr")]
mod control_room;
mod countries;
pub mod cover;
mod divisions;
mod domain_error;
mod email_address;
mod enumerations;
pub mod forms;
mod health;
pub mod html;
mod id;
mod idempotency_key;
mod import;
mod language;
mod live_view;
mod log_ins;
mod operations;
mod page_views;
mod person;
mod phase_rules;
pub mod picture;
mod preferences;
mod problem;
mod push;
#[cfg(feature = "ssr")]
pub mod qr_code;
mod questions;
mod registration_sort;
mod result_value;
mod results;
mod saved_views;
mod second_factor;
mod setting;
#[cfg(feature = "ssr")]
mod slug;
mod staff;
mod start_numbers;
mod statistics;
pub mod text_rules;
mod ticket;
pub mod time_zone;
mod timeline;
pub mod timestamp;
mod views;
mod webhooks;

pub use account_export::{
    AccountExportView, ExportedAnswerView, ExportedApiKeyView, ExportedAuditEventView,
    ExportedCertificateView, ExportedCompetitionView, ExportedMessageView,
    ExportedOpeningReminderView, ExportedOrganizerRequestView, ExportedPushSubscriptionView,
    ExportedRegistrationView, ExportedResultView, ExportedStaffRoleView, ExportedWebhookView,
};
pub use administration::{AccountView, OrganizerRequestView, OwnOrganizerRequest};
pub use announcements::{
    AnnouncementLetter, AnnouncementView, MailFailureReason, MailFailureView, RecipientCount,
};
pub use api_keys::{ApiKeyList, ApiKeyView};
pub use audit::AuditEventView;
pub use brackets::{
    BracketDetailView, BracketEntrantView, BracketFormat, BracketList, BracketPreview,
    BracketSeeding, BracketStandingView, BracketState, BracketTieRule, BracketView,
    MatchChangeKind, MatchChangeView, MatchOutcome, MatchSection, MatchSideView, MatchState,
    MatchView,
};
pub use bulk_act::{
    BulkAction, BulkItemView, BulkOutcome, BulkResultView, UNDO_MINUTES, UndoneView,
};
pub use certificates::{
    BadgeSize, CertificateKind, CertificateRunView, CertificateSerial, CertificateState,
    CertificateView, IssuedCertificate,
};
pub use check_in::{
    CheckInCounts, CheckInView, ExpectedPersonView, OfflineEntryView, OfflineListView,
    ScanResultList, ScanResultView,
};
pub use codes::{CodeKind, CodeList, CodeView, Eligibility, Ineligibility, ascii_domain};
pub use contact::{CONTACT_LENGTH, Contact, NoContact};
#[cfg(feature = "ssr")]
pub use control_room::{
    ControlRoomView, NewestRegistration, RoomMoment, RoomMomentKind, SecondSample,
};
pub use countries::{COUNTRIES, country_name};
pub use divisions::{DivisionList, DivisionView};
pub use domain_error::DomainError;
pub use enumerations::{
    AccountTokenPurpose, ApiKeyScope, Audience, AuditAction, AuditOutcome, AuditSubject,
    CompetitionStatus, Interval, LogInKind, MailTopic, MessageKind, Phase, ProcessPart,
    RegistrationStatus, Role, ServiceName, ServiceState, StaffRole, TallyKind, UnknownName,
};
pub use health::{
    HealthView, ProcessView, QueueHealthView, SeatDriftView, SeatRepairView, ServiceView,
};
pub use id::{
    AnnouncementId, ApiKeyId, BracketId, CertificateId, CertificateRunId, CodeId, CompetitionId,
    DivisionId, JobId, MatchChangeId, MatchId, MessageId, NoteId, PerformanceId,
    PushSubscriptionId, QuestionId, RegistrationId, SavedViewId, StaffId, StageId, UserId,
    WebhookDeliveryId, WebhookId,
};
pub use idempotency_key::{IdempotencyKey, KeyError};
pub use import::{
    IMPORT_BYTES, IMPORT_LINE_BYTES, IMPORT_LINES, IMPORT_REQUEST, ImportLine, ImportPreview,
    ImportResult,
};
pub use language::{Language, UnknownLanguage};
pub use live_view::{LiveView, SeatsView};
pub use log_ins::{LogInList, LogInView, device_of};
pub use operations::{FailedGroupView, FailedJobView, QueueView, RetriedView};
pub use page_views::{OrganizerTotalsView, OwnRegistrationView, RECENT_HOURS, RecentCountsView};
pub use person::{NoteView, PersonView};
pub use phase_rules::PhaseRules;
pub use preferences::PreferencesView;
pub use problem::{Problem, http_status, problem_title};
pub use push::{PushSubscriptionView, PushView};
pub use questions::{
    Answer, AnsweredQuestion, Answers, BIRTH_DATE, QuestionKind, QuestionList, QuestionScope,
    QuestionView, QuestionVisibility,
};
pub use registration_sort::RegistrationSort;
pub use result_value::{
    RESULT_DECIMALS_MAX, RESULT_VALUE_MAX, check_value, format_value, parse_value,
};
pub use results::{
    OwnStandingView, PerformanceStatus, PerformanceView, PublicationView, RecordedPerformances,
    ResultAggregate, ResultDirection, ResultLine, ResultListPreview, StageList, StageMetric,
    StageState, StageView, StandingChangeView, StandingRowView, StandingView, StandingsPart,
    StandingsView, TieRule,
};
pub use saved_views::{SavedView, SavedViewList};
pub use second_factor::{RecoveryCodesView, SecondFactorView, TotpSetupView};
pub use setting::{SettingValue, SettingView};
#[cfg(feature = "ssr")]
pub use slug::slug;
pub use staff::{InvitationList, InvitationView, Permission, StaffList, StaffView};
pub use start_numbers::{StartNumberOrder, StartNumberView, StartNumbersView};
pub use statistics::{CountsView, StatisticsBucket, StatisticsView, TallyView};
pub use ticket::{TicketState, TicketView, parse_ticket_number, ticket_number};
pub use timeline::{TimelineEntry, TimelineEvent};
pub use views::{
    CompetitionView, DELETED_ACCOUNT_NAME, MessageView, Page, RegistrationView, SuggestionView,
    SuggestionsView, UserView,
};
pub use webhooks::{
    WebhookDeliveryList, WebhookDeliveryStatus, WebhookDeliveryView, WebhookEvent, WebhookList,
    WebhookProblem, WebhookView,
};
