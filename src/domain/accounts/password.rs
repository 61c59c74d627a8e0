//! Passwords: Argon2id (RFC 9106), off the async threads and a bounded number at a time.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::{sync::Semaphore, time::timeout};

use crate::{domain::Result, model::DomainError, store::InfrastructureError};

/// How long somebody waits for a turn before they are told to come back.
const PATIENCE: Duration = Duration::from_secs(8);

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// A hash of nothing anybody knows: verified against when there is no account.
    nobody: Arc<str>,
}

impl Passwords {
    /// At most `at_once` hashes at the same time: each takes a core and 19 MiB for some tens of
    /// milliseconds (Argon2id with m = 19 MiB, t = 2, p = 1: OWASP's recommendation).
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn new(at_once: usize) -> Result<Self, InfrastructureError> {
        let unknowable: [u8; 32] = rand::random();
        Ok(Self {
            turns: Arc::new(Semaphore::new(at_once.max(1))),
            nobody: hash(&unknowable)?.into(),
        })
    }

    /// A PHC string to store.
    ///
    /// # Errors
    /// [`DomainError::Overloaded`] if too many wait for a turn.
    pub async fn hash(&self, password: String) -> Result<String> {
        Ok(self.turn(move || hash(password.as_bytes())).await??)
    }

    /// Whether the password belongs to the hash; without a hash it does the same work and says no,
    /// and so it does with a text that is none (`!`, which seeded accounts have: nobody logs in).
    ///
    /// # Errors
    /// [`DomainError::Overloaded`] if too many wait for a turn.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let hash = hash.filter(|hash| PasswordHash::new(hash).is_ok());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let right = self
            .turn(move || {
                let hash = PasswordHash::new(&hash).map_err(InfrastructureError::internal)?;
                Ok::<_, InfrastructureError>(
                    Argon2::default()
                        .verify_password(password.as_bytes(), &hash)
                        .is_ok(),
                )
            })
            .await??;
        Ok(known && right)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let overloaded = DomainError::Overloaded { retry_after: 5 };
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_elapsed| overloaded.clone())?
            .map_err(|_closed| overloaded)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        Ok(done.await.map_err(InfrastructureError::internal)?)
    }
}

fn hash(password: &[u8]) -> Result<String, InfrastructureError> {
    Ok(Argon2::default()
        .hash_password(password)
        .map_err(InfrastructureError::internal)?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_without_a_usable_hash_takes_no_password() {
        let passwords = Passwords::new(1).unwrap();
        let real = passwords.hash("correct horse".to_owned()).await.unwrap();
        for (hash, right) in [
            (Some(real), true),
            (Some("!".to_owned()), false),
            (None, false),
        ] {
            let verified = passwords.verify("correct horse".to_owned(), hash).await;
            assert!(matches!(verified, Ok(answer) if answer == right));
        }
    }
}
