//! Tests of access tokens and refresh tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use migration::MigratorTrait;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use super::*;
use crate::{
    domain::{Error, accounts::log_ins::LIFETIME_DAYS},
    store::entity::user,
};

const SECRET: &[u8] = b"a secret of at least 32 bytes, really";

struct TokensFixture {
    tokens: Tokens,
    clock: Clock,
    actor: Actor,
    _folder: tempfile::TempDir,
}

async fn fixture() -> TokensFixture {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/t.db?mode=rwc", folder.path().display());
    let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
    migration::Migrator::up(&database.for_migrations().await.unwrap(), None)
        .await
        .unwrap();
    let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
    let actor = Actor {
        email_confirmed: true,
        ..Actor::new(UserId::new(), Role::Organizer)
    };
    user::ActiveModel {
        id: Set(actor.id),
        name: Set("Ada".to_owned()),
        email: Set("ada@example.org".to_owned()),
        password_hash: Set(String::new()),
        role: Set(actor.role),
        reminders: Set(true),
        opening_reminders: Set(true),
        announcements: Set(true),
        push_promotions: Set(true),
        push_reminders: Set(true),
        push_opening_reminders: Set(true),
        time_zone: Set(None),
        auth_epoch: Set(0),
        email_confirmed: Set(true),
        pending_email: Set(None),
        second_factor_at: Set(None),
        contact: Set(None),
        disabled_at: Set(None),
        language: Set(None),
        created_at: Set(clock.now()),
        updated_at: Set(clock.now()),
    }
    .insert(database.write())
    .await
    .unwrap();
    TokensFixture {
        tokens: Tokens::new(database, clock.clone(), SECRET),
        clock,
        actor,
        _folder: folder,
    }
}

impl TokensFixture {
    /// Logs in: reads the account as it is now, and has tokens issued.
    async fn issue(&self) -> Result<TokenPair> {
        let row = user::Entity::find_by_id(self.actor.id);
        let row = row.one(self.tokens.database.read()).await?.unwrap();
        self.tokens.issue(&VerifiedAccount::from(row)).await
    }
}

fn refused<T>(result: Result<T>) -> bool {
    matches!(result, Err(Error::Domain(DomainError::Unauthenticated)))
}

#[tokio::test]
async fn an_access_token_is_valid_for_fifteen_minutes() {
    let fixture = fixture().await;
    let pair = fixture.issue().await.unwrap();
    let verified = fixture.tokens.verify(&pair.access);
    assert_eq!(verified.map(|token| token.actor), Ok(fixture.actor));
    fixture
        .clock
        .advance(TimeDelta::seconds(ACCESS_SECONDS - 1));
    let verified = fixture.tokens.verify(&pair.access);
    assert_eq!(verified.map(|token| token.actor), Ok(fixture.actor));
    fixture
        .clock
        .advance(TimeDelta::seconds(1 + LEEWAY_SECONDS));
    assert!(fixture.tokens.verify(&pair.access).is_err());
}

#[tokio::test]
async fn tokens_of_another_issuer_are_refused() {
    let fixture = fixture().await;
    let now = fixture.clock.now().timestamp();
    let whole = serde_json::json!({
        "sub": fixture.actor.id, "role": "ADMIN", "iat": now, "exp": now + 60, "jti": Uuid::new_v4(),
    });
    let sign = |algorithm, claims: &serde_json::Value, secret: &[u8]| {
        let key = EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
    };
    let verify = |token: &str| fixture.tokens.verify(token);
    assert!(verify(&sign(Algorithm::HS256, &whole, SECRET)).is_ok());
    assert!(verify(&sign(Algorithm::HS512, &whole, SECRET)).is_err());
    assert!(verify(&sign(Algorithm::HS256, &whole, b"another secret")).is_err());
    for claim in ["sub", "role", "iat", "exp", "jti"] {
        let mut part = whole.clone();
        part.as_object_mut().unwrap().remove(claim);
        assert!(
            verify(&sign(Algorithm::HS256, &part, SECRET)).is_err(),
            "{claim}"
        );
    }
    let [header, body] = ["{\"alg\":\"none\",\"typ\":\"JWT\"}", &whole.to_string()]
        .map(|part| URL_SAFE_NO_PAD.encode(part));
    for token in [
        format!("{header}.{body}."),
        format!("{header}.{body}"),
        "x".repeat(9000),
    ] {
        assert!(verify(&token).is_err());
    }
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_once_and_a_second_use_revokes_its_family() {
    let fixture = fixture().await;
    let first = fixture.issue().await.unwrap().refresh;
    let (log_in, second) = fixture.tokens.rotate(&first).await.unwrap();
    assert_eq!(log_in.account, fixture.actor.id);
    let (_, third) = fixture.tokens.rotate(&second).await.unwrap();
    assert!(refused(fixture.tokens.rotate(&first).await));
    assert!(refused(fixture.tokens.rotate(&third).await));
    let other_login = fixture.issue().await.unwrap().refresh;
    assert!(fixture.tokens.rotate(&other_login).await.is_ok());
}

#[tokio::test]
async fn of_two_concurrent_exchanges_one_fails() {
    let fixture = fixture().await;
    let token = fixture.issue().await.unwrap().refresh;
    let (one, two) = tokio::join!(fixture.tokens.rotate(&token), fixture.tokens.rotate(&token));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
}

#[tokio::test]
async fn revoked_and_expired_tokens_are_refused() {
    let fixture = fixture().await;
    let token = fixture.issue().await.unwrap().refresh;
    fixture.tokens.revoke(&token).await.unwrap();
    assert!(refused(fixture.tokens.rotate(&token).await));
    let token = fixture.issue().await.unwrap().refresh;
    fixture.tokens.revoke_all(fixture.actor.id).await.unwrap();
    assert!(refused(fixture.tokens.rotate(&token).await));
    let token = fixture.issue().await.unwrap().refresh;
    fixture.clock.advance(TimeDelta::days(LIFETIME_DAYS));
    assert!(refused(fixture.tokens.rotate(&token).await));
    assert!(refused(fixture.tokens.rotate("never issued").await));
    assert!(fixture.tokens.revoke("never issued").await.is_ok());
}
