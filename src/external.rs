//! Services outside the installation that the application talks to, other than its database and
//! Redis: the mail relay. Imports from `model` and `ops` only.

pub mod mailer;
