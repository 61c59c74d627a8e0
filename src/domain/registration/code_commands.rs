//! What an organizer does to the codes of a competition: the command, which is decided like registrations.

use super::code_state::CodeState;
use crate::{
    domain::Actor,
    model::{CodeId, forms::CodePatch},
    store::audit::Record,
};

/// An organizer's change of a competition's codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// The account that changes them.
    pub by: Actor,
    pub action: CodeAction,
    /// The entry of the audit log, written in the same transaction.
    pub record: Option<Record>,
}

/// What is done to codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeAction {
    /// Adds these, all or none.
    Add(Vec<CodeState>),
    /// Changes some of its fields.
    Edit(CodeId, CodePatch),
    /// Deletes the one with this id. Those who have registered with it stay registered.
    Remove(CodeId),
}
