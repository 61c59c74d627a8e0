//! The codes of a competition: listing, adding, generating, changing and deleting them.
//!
//! Changes are decided in the queue of registrations (`registration/decide/codes.rs`), so that no limit is passed.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::Competitions;
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        registration::{CodeAction, CodeChange, CodeState, request_digest},
    },
    model::{
        AuditAction, AuditOutcome, CodeId, CodeView, CompetitionId, DomainError, IdempotencyKey,
        Page, Permission,
        forms::{CODE_BATCH, CODES_MAX, CodeBatchInput, CodeInput, CodePatch, Paging},
    },
    store::{
        InfrastructureError,
        entity::code::{self, Column, Entity},
    },
};

/// The letters and digits of generated codes: those of Crockford's Base32, none of which looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of groups of a generated code, and of the characters in each.
const GROUPS: (usize, usize) = (3, 4);

/// The codes that a request has generated.
#[derive(Debug)]
pub struct GeneratedCodes {
    /// The codes in the order of their creation.
    pub codes: Vec<CodeView>,
    /// Whether an earlier request with the same key has generated them.
    pub replayed: bool,
}

/// Returns a new code of 60 random bits, like `4T7K-9QWX-02MN`.
fn generate() -> String {
    let (groups, size) = GROUPS;
    let mut bits = rand::random::<u64>();
    let mut code = String::with_capacity(groups * (size + 1));
    for at in 0..groups * size {
        if at > 0 && at % size == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[(bits % 32) as usize]));
        bits /= 32;
    }
    code
}

impl Competitions {
    /// Returns a page of the codes of a competition, in the order of their creation, for those who edit it.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn codes(
        &self,
        actor: Actor,
        competition: CompetitionId,
        paging: Paging,
    ) -> Result<Page<CodeView>> {
        self.permitted(actor, competition, Permission::Edit).await?;
        let read = self.database.read();
        let codes = Entity::find()
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::RemovedAt.is_null());
        let total = codes.clone().count(read).await?;
        let rows = codes
            .order_by_asc(Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(read)
            .await?;
        Ok(Page {
            items: rows.into_iter().map(view_of).collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns all codes of a competition, at most 10,000, as a file for those who edit it. The export is recorded.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn export_codes(
        &self,
        actor: Actor,
        competition: CompetitionId,
    ) -> Result<(String, Vec<CodeView>)> {
        let (row, _) = self.permitted(actor, competition, Permission::Edit).await?;
        let rows = Entity::find()
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::RemovedAt.is_null())
            .order_by_asc(Column::Id)
            .limit(CODES_MAX as u64)
            .all(self.database.read())
            .await?;
        let event = AuditEvent::by(actor, AuditAction::Export, AuditOutcome::Done);
        let event = event.on(Some(competition)).with(json!({ "list": "codes" }));
        self.audit.note(event).await?;
        Ok((row.title, rows.into_iter().map(view_of).collect()))
    }

    /// Returns one code, for those who edit the competition.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn code(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: CodeId,
    ) -> Result<CodeView> {
        self.permitted(actor, competition, Permission::Edit).await?;
        let row = Entity::find_by_id(id)
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::RemovedAt.is_null())
            .one(self.database.read())
            .await?;
        Ok(row.map(view_of).ok_or(DomainError::NotFound)?)
    }

    /// Adds a code. Without a chosen one, it is generated.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn add_code(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: CodeInput,
    ) -> Result<CodeView> {
        let input = input.check(self.clock.now())?;
        let added = self.add_codes(actor, competition, vec![input], None);
        let mut added = added.await?;
        Ok(added.pop().ok_or(DomainError::NotFound)?)
    }

    /// Generates codes, all or none. The same `key` with the same input generates nothing more.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`] or
    /// [`DomainError::IdempotencyKeyReused`].
    pub async fn generate_codes(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: Option<&IdempotencyKey>,
        input: CodeBatchInput,
    ) -> Result<GeneratedCodes> {
        let asked = serde_json::to_string(&input).map_err(InfrastructureError::internal)?;
        let request = key.map(|key| request_digest(actor.id, key, &asked));
        if let Some(request) = &request {
            self.permitted(actor, competition, Permission::Edit).await?;
            let codes = self.generated(competition, request).await?;
            if !codes.is_empty() {
                let replayed = true;
                return Ok(GeneratedCodes { codes, replayed });
            }
        }
        let inputs = input.check(self.clock.now())?;
        let new = self.add_codes(actor, competition, inputs, request.as_deref());
        let mut codes = new.await?;
        let first = codes.first().map(|code| code.id);
        if let Some(request) = &request {
            // Another request with the same key may have come first.
            codes = self.generated(competition, request).await?;
        }
        let replayed = !codes.iter().any(|code| Some(code.id) == first);
        Ok(GeneratedCodes { codes, replayed })
    }

    /// Returns the codes that a request has generated, without those that were deleted.
    async fn generated(&self, competition: CompetitionId, request: &str) -> Result<Vec<CodeView>> {
        let rows = Entity::find()
            .filter(Column::CompetitionId.eq(competition))
            .filter(Column::Request.eq(request))
            .filter(Column::RemovedAt.is_null())
            .order_by_asc(Column::Id)
            .limit(CODE_BATCH.unsigned_abs())
            .all(self.database.read())
            .await?;
        Ok(rows.into_iter().map(view_of).collect())
    }

    async fn add_codes(
        &self,
        actor: Actor,
        competition: CompetitionId,
        inputs: Vec<CodeInput>,
        request: Option<&str>,
    ) -> Result<Vec<CodeView>> {
        let now = self.clock.now();
        let state = |input: CodeInput| {
            let code = input.code.clone().unwrap_or_else(generate);
            CodeState {
                request: request.map(str::to_owned),
                ..CodeState::new(competition, code, &input)
            }
        };
        let codes: Vec<CodeState> = inputs.into_iter().map(state).collect();
        let added = codes.iter().map(|code| CodeView {
            id: code.id,
            code: code.code.clone(),
            label: code.label.clone(),
            kind: code.kind,
            max_uses: number(code.max_uses),
            uses: 0,
            email: code.email.clone(),
            expires_at: code.expires_at,
            division_id: code.division,
            created_at: now,
        });
        let added: Vec<_> = added.collect();
        // Neither codes nor addresses are in the log.
        let detail = json!({ "changed": ["code"], "added": added.len() });
        self.change_codes(actor, competition, CodeAction::Add(codes), detail)
            .await?;
        Ok(added)
    }

    /// Changes a code. Seats that are not set aside any more go to the waitlist.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn edit_code(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: CodeId,
        patch: CodePatch,
    ) -> Result<CodeView> {
        let action = CodeAction::Edit(id, patch.check()?);
        let detail = json!({ "changed": ["code"], "id": id });
        self.change_codes(actor, competition, action, detail)
            .await?;
        self.code(actor, competition, id).await
    }

    /// Deletes a code. Who has registered with it stays registered, and seats that are set aside go to the waitlist.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn remove_code(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: CodeId,
    ) -> Result<()> {
        let detail = json!({ "changed": ["code"], "id": id, "deleted": true });
        self.change_codes(actor, competition, CodeAction::Remove(id), detail)
            .await
    }

    async fn change_codes(
        &self,
        actor: Actor,
        competition: CompetitionId,
        action: CodeAction,
        detail: Value,
    ) -> Result<()> {
        self.owned(actor, competition).await?;
        let event = AuditEvent::by(actor, AuditAction::CompetitionEdit, AuditOutcome::Done);
        let change = CodeChange {
            by: actor,
            action,
            record: self.audit.record(event.on(Some(competition)).with(detail)),
        };
        self.registrations.change_codes(competition, change).await
    }
}

fn number(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// Returns the view of a code's row.
fn view_of(row: code::Model) -> CodeView {
    CodeView {
        id: row.id,
        code: row.code,
        label: row.label,
        kind: row.kind,
        max_uses: number(row.max_uses),
        uses: number(row.uses),
        email: row.email,
        expires_at: row.expires_at,
        division_id: row.division_id,
        created_at: row.created_at,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::forms::comparable_code;

    #[test]
    fn generated_codes_have_sixty_bits_and_are_read_as_they_are_written() {
        let codes: HashSet<String> = (0..1_000).map(|_| generate()).collect();
        assert_eq!(codes.len(), 1_000);
        for code in codes {
            assert_eq!(comparable_code(&code), Some(code.replace('-', "")));
            assert_eq!(code.len(), 14, "{code}");
        }
    }
}
