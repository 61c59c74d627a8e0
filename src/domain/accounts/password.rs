//! Hashing and verifying passwords with Argon2id (RFC 9106), outside the async threads and a bounded
//! number at a time.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};

use crate::{
    domain::{Result, blocking_work::BlockingWork},
    model::forms::{FieldErrors, FieldProblem},
    store::InfrastructureError,
};

/// How long a password waits to be hashed before the request is refused as overload.
const MAX_WAIT: Duration = Duration::from_secs(8);

/// The number of characters of a password whose strength is judged.
const JUDGED_LENGTH: usize = 100;

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    work: BlockingWork,
    /// The hash of a random password, verified against if the account does not exist.
    placeholder: Arc<str>,
}

impl Passwords {
    /// Computes at most `at_once` hashes at the same time. Each takes one core and 19 MiB for some tens
    /// of milliseconds (Argon2id with m = 19 MiB, t = 2, p = 1, as OWASP recommends).
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the operating system provides no random numbers.
    pub fn new(at_once: usize) -> Result<Self, InfrastructureError> {
        let random: [u8; 32] = rand::random();
        Ok(Self {
            work: BlockingWork::new(at_once.max(1), MAX_WAIT),
            placeholder: hash(&random)?.into(),
        })
    }

    /// Returns the hash of a password as a PHC string.
    ///
    /// # Errors
    /// Returns [`Overloaded`](crate::model::DomainError::Overloaded) if the password waited for eight seconds.
    pub async fn hash(&self, password: String) -> Result<String> {
        Ok(self
            .with_permit(move || hash(password.as_bytes()))
            .await??)
    }

    /// Returns whether the password belongs to the hash. Without a hash, or with a text that is no hash
    /// (`!`, which seeded accounts have), it does the same work and returns `false`.
    ///
    /// # Errors
    /// Returns [`Overloaded`](crate::model::DomainError::Overloaded) if the password waited for eight seconds.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let hash = hash.filter(|hash| PasswordHash::new(hash).is_ok());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.placeholder.to_string());
        let matches = self
            .with_permit(move || {
                let hash = PasswordHash::new(&hash).map_err(InfrastructureError::internal)?;
                Ok::<_, InfrastructureError>(
                    Argon2::default()
                        .verify_password(password.as_bytes(), &hash)
                        .is_ok(),
                )
            })
            .await??;
        Ok(known && matches)
    }

    /// Checks that a new password of a form is not among the first million that an attacker would try, in
    /// the order of zxcvbn (Wheeler, USENIX Security 2016). `about` is what an attacker knows of the account.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::model::DomainError::Invalid) for `field`, or
    /// [`Overloaded`](crate::model::DomainError::Overloaded).
    pub async fn must_resist_guessing(
        &self,
        field: &str,
        password: String,
        about: [String; 2],
    ) -> Result<()> {
        let score = self
            .with_permit(move || {
                // The work grows with the square of the length.
                let begin: String = password.chars().take(JUDGED_LENGTH).collect();
                zxcvbn::zxcvbn(&begin, &about.each_ref().map(String::as_str)).score()
            })
            .await?;
        if score >= zxcvbn::Score::Two {
            return Ok(());
        }
        Err(FieldErrors::one(field, FieldProblem::WeakPassword).into())
    }

    /// Runs `work` on a blocking thread as soon as one of the permits is free.
    async fn with_permit<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let done = self.work.run(work).await?;
        Ok(done.map_err(InfrastructureError::internal)?)
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
    async fn a_password_that_is_easy_to_guess_is_refused() {
        let passwords = Passwords::new(1).unwrap();
        let refused = async |password: &str| {
            let about = ["Ada Lovelace".to_owned(), "lovelace@example.org".to_owned()];
            let judged = passwords.must_resist_guessing("password", password.to_owned(), about);
            judged.await.is_err()
        };
        for weak in [
            "password1234",
            "passwordpassword",
            "0123456789",
            "Ada Lovelace",
        ] {
            assert!(refused(weak).await, "{weak}");
        }
        for strong in [
            "correct horse battery",
            "violet-teapot-harbour",
            &"violet teapot ".repeat(14),
        ] {
            assert!(!refused(strong).await, "{strong}");
        }
    }

    #[tokio::test]
    async fn an_account_without_a_usable_hash_accepts_no_password() {
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
