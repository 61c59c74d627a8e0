//! What server and browser both speak: ids, closed lists, forms and their validation, views, and
//! the refusals. No I/O, no framework; compiles to WebAssembly.

mod audit;
mod domain_error;
pub mod forms;
pub mod html;
mod id;
mod key;
mod kinds;
pub mod moment;
mod operations;
mod problem;
pub mod text;
mod timeline;
mod views;

pub use audit::AuditEventView;
pub use domain_error::DomainError;
pub use id::{AnnouncementId, CompetitionId, JobId, MessageId, RegistrationId, UserId};
pub use key::{IdempotencyKey, KeyError};
pub use kinds::{
    AuditAction, AuditOutcome, AuditSubject, CompetitionStatus, MessageKind, RegistrationStatus,
    Role, UnknownName,
};
pub use operations::{FailedGroupView, FailedJobView, QueueView, RetriedView};
pub use problem::{Problem, http_status};
pub use timeline::{Event, Step};
pub use views::{CompetitionView, MessageView, Page, Phase, RegistrationView, SeatsView, UserView};
