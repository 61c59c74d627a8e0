//! What people type, and what it must be. A form holds texts as they came; `parse` turns it into
//! a value that is right by construction, or says which fields are not, and why.

mod account;
mod announcement;
mod competition;
mod competition_patch;
mod errors;
mod list;
mod number;
mod size;

pub use account::{LoginForm, NewAccount, NewPasswordForm, ProfileForm, SignupForm};
pub use announcement::AnnouncementForm;
pub use competition::{CompetitionForm, CompetitionInput, limits};
pub use competition_patch::{CompetitionPatch, Times};
pub use errors::{FieldError, FieldErrors};
pub use list::{CompetitionFilter, Paging, RegistrationFilter, Sort};
pub use size::{BYTES_PER_CHAR, LARGEST_REQUEST};
