//! Accounts (signatures first; bodies follow).
use super::{Actor, Result};
use crate::model::{
    UserId, UserView,
    forms::{LoginForm, ProfileForm, SignupForm},
};
/// Accounts.
#[derive(Debug, Clone)]
pub struct Accounts {}
impl Accounts {
    /// Makes a participant's account.
    pub async fn sign_up(&self, _form: &SignupForm) -> Result<UserView> {
        todo!()
    }
    /// The account, if the password is right.
    pub async fn log_in(&self, _form: &LoginForm) -> Result<UserView> {
        todo!()
    }
    /// The account, if it exists.
    pub async fn find(&self, _id: UserId) -> Result<Option<UserView>> {
        todo!()
    }
    /// Changes name or address.
    pub async fn change_profile(&self, _actor: Actor, _form: &ProfileForm) -> Result<UserView> {
        todo!()
    }
}
