//! What people type, and what it must be. A form holds texts as they came; `parse` turns it into
//! a value that is right by construction, or says which fields are not, and why.

mod account;
mod announcement;
mod competition;
mod competition_patch;
mod errors;
mod filters;
mod request_size;
mod whole_number;

pub use account::{LoginForm, NewAccount, NewPasswordForm, ProfileForm, SignupForm};
pub use announcement::AnnouncementForm;
pub use competition::{CompetitionForm, CompetitionInput, field_limits};
pub use competition_patch::{CompetitionPatch, CompetitionTimes};
pub use errors::{FieldError, FieldErrors};
pub use filters::{CompetitionFilter, Paging, RegistrationFilter, Sort};
pub use request_size::{BYTES_PER_CHAR, LARGEST_REQUEST};
